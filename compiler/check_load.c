// Loads that cannot be carried, by Little's law: requests a second, times how
// long each stays, are the requests that are there at a time.
//
// Routes with `expected_rps` are walked along what their timing knows to happen
// surely; what depends on data counts with its shortest way. A deployment that
// blocks has num_replicas times max_ongoing_requests places.
#include "compiler/blocks.h"
#include "compiler/compile.h"
#include "compiler/times.h"
#include "grammar/base/number.h"

#include <math.h>

struct load { // of a binding
  const struct binding *binding;
  double calls; // at a time
  double longest_rps;
  int64_t latency;           // of the route that brings most
  const struct setting *rps; // of that route
  struct load *next;
};

struct loads {
  struct compile *c;
  struct times *times;
  struct load *first;
};

static struct load *load_of(struct loads *l, const struct binding *b)
{
  struct load *x = l->first;
  while (x && x->binding != b)
    x = x->next;
  if (!x) {
    x = ARENA_NEW(l->c->arena, struct load);
    x->binding = b;
    x->next = l->first;
    l->first = x;
  }
  return x;
}

static void add(struct loads *l, const struct event *e,
                const struct setting *rps)
{
  int64_t stays = e->end.low - e->start.low;
  struct load *x = load_of(l, e->binding);
  x->calls += rps->value->f * (double)stays / 1e9;
  if (rps->value->f > x->longest_rps) {
    x->longest_rps = rps->value->f;
    x->latency = stays;
    x->rps = rps;
  }
}

// `steps` bounds a tree whose branches are shared: what is over is not counted.
static void walk(struct loads *l, const struct timing *t,
                 const struct setting *rps, uint32_t *steps)
{
  for (uint32_t i = 0; i < t->n_events && *steps; i++) {
    const struct event *e = &t->events[i];
    --*steps;
    if (e->binding && e->end.low > e->start.low)
      add(l, e, rps);
    walk(l, e->inside, rps, steps);
  }
}

static void check_binding(struct loads *l, const struct load *x)
{
  const struct binding *b = x->binding;
  bool scales = setting_find(b->settings, SETTING_autoscaling_max);
  int64_t replicas = setting_number(
      b->settings, scales ? SETTING_autoscaling_max : SETTING_num_replicas);
  int64_t each = setting_number(b->settings, SETTING_max_ongoing_requests);
  double places = (double)replicas * (double)each;
  if (!binding_blocks(b) || x->calls <= places)
    return;
  char stays[NUMBER_TEXT];
  number_print_duration(stays, x->latency);
  struct diag *d = diag_report(
      &l->c->diags, DIAG_load_too_high, x->rps->span,
      "this load keeps %.4g calls of `%s` running at a time, and %.4g may run",
      x->calls, b->name->text, places);
  diag_note(&l->c->diags, d, b->span, "%lld replica%s of %lld; a call takes %s",
            (long long)replicas, replicas == 1 ? "" : "s", (long long)each,
            stays);
  diag_hint(&l->c->diags, d, "%s: %.0f carries it",
            scales ? "max_replicas" : "num_replicas",
            ceil(x->calls / (double)each));
}

void check_load(struct compile *c, struct times *t, const struct program *p)
{
  struct loads l = {.c = c, .times = t};
  for (const struct app *a = p->apps; a; a = a->next)
    for (const struct route *r = a->routes; r; r = r->next) {
      const struct setting *rps =
          setting_find(r->settings, SETTING_expected_rps);
      uint32_t steps = 100000;
      if (rps)
        walk(&l, times_of(l.times, r->function, NULL), rps, &steps);
    }
  for (const struct load *x = l.first; x; x = x->next)
    check_binding(&l, x);
}
