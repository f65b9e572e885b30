// Deadlines that cannot hold: those below what surely has to be waited for.
//
// It asks the longest path (times.h) only where a deadline is written. What
// depends on data counts with its shortest way, and what is not known not at
// all.
#include "compiler/compile.h"
#include "compiler/times.h"
#include "grammar/base/number.h"

struct deadlines {
  struct compile *c;
  struct times *times;
};

static void check_length(struct deadlines *d, const struct setting *s,
                         int64_t takes, struct span callee)
{
  char has[NUMBER_TEXT], needs[NUMBER_TEXT];
  if (s->value->i >= takes)
    return;
  number_print_duration(has, s->value->i);
  number_print_duration(needs, takes);
  struct diag *x = diag_report(
      &d->c->diags, DIAG_timeout_too_short, s->span,
      "this allows %s, and what is called takes %s at least", has, needs);
  diag_note(&d->c->diags, x, callee, "this is what takes so long");
}

// What waits longer than its callers may ends with nobody there, unless enough
// of them come together first.
static void check_batch(struct deadlines *d, const struct setting *s,
                        const struct timing *t)
{
  char has[NUMBER_TEXT], waits[NUMBER_TEXT];
  const struct method *m = t->batch;
  if (!m || times_batch_wait(m) <= s->value->i)
    return;
  number_print_duration(has, s->value->i);
  number_print_duration(waits, times_batch_wait(m));
  struct diag *x = diag_report(
      &d->c->diags, DIAG_batch_waits_too_long, s->span,
      "this allows %s, and a batch of `%s` waits %s for its elements", has,
      m->function->name, waits);
  diag_note(&d->c->diags, x, m->span, "this is the batch");
}

static void check_deadline(struct deadlines *d, const struct setting *s,
                           const struct timing *t, struct span callee)
{
  check_length(d, s, t->takes.low, callee);
  check_batch(d, s, t);
}

// The pauses before the further tries, doubled each time.
static int64_t pauses(const struct setting *retries,
                      const struct setting *backoff)
{
  int64_t all = 0, one = backoff->value->i;
  for (int64_t i = 0; i < retries->value->i && i < 40 && all < INT64_MAX / 4;
       i++) {
    all += one;
    one = one < INT64_MAX / 4 ? one * 2 : one;
  }
  return all;
}

static void check_retries(struct deadlines *d, const struct core_call *call,
                          const struct setting *timeout)
{
  char has[NUMBER_TEXT], needs[NUMBER_TEXT];
  const struct setting *retries = setting_find(call->options, SETTING_retries);
  const struct setting *backoff = setting_find(call->options, SETTING_backoff);
  if (!retries || !backoff || pauses(retries, backoff) <= timeout->value->i)
    return;
  number_print_duration(has, timeout->value->i);
  number_print_duration(needs, pauses(retries, backoff));
  diag_report(&d->c->diags, DIAG_retries_too_long, retries->span,
              "the pauses before these tries are %s, and the call may take %s",
              needs, has);
}

static void check_call(struct deadlines *d, const struct core_call *call)
{
  const struct setting *timeout = setting_find(call->options, SETTING_timeout);
  if (!timeout || !call->method)
    return;
  check_deadline(d, timeout,
                 times_of(d->times, call->method->function, call->binding),
                 call->method->span);
  check_retries(d, call, timeout);
}

static void check_binding(struct deadlines *d, const struct binding *b)
{
  const struct setting *s = setting_find(b->settings, SETTING_request_timeout);
  for (const struct method *m = b->class->methods; s && m; m = m->next)
    check_deadline(d, s, times_of(d->times, m->function, b), m->span);
}

static void check_route(struct deadlines *d, const struct route *r)
{
  const struct setting *s = setting_find(r->settings, SETTING_request_timeout);
  if (s)
    check_deadline(d, s, times_of(d->times, r->function, NULL), r->span);
}

// A test that stubs deployments says itself how long they take.
static bool has_stubs(const struct code *k)
{
  for (uint32_t i = 0; i < k->n_ins; i++)
    if (k->ins[i].op == OP_stub)
      return true;
  return false;
}

static void check_function(struct deadlines *d, const struct function *f)
{
  const struct code *k = code_of(f);
  uint32_t n = has_stubs(k) ? 0 : k->n_sites;
  for (uint32_t i = 0; i < n; i++)
    if (k->sites[i].call)
      check_call(d, k->sites[i].call);
}

void check_times(struct compile *c, struct times *t, const struct program *p)
{
  struct deadlines d = {.c = c, .times = t};
  for (const struct app *a = p->apps; a; a = a->next) {
    for (const struct binding *b = a->bindings; b; b = b->next)
      check_binding(&d, b);
    for (const struct route *r = a->routes; r; r = r->next)
      check_route(&d, r);
  }
  for (const struct function *f = p->functions; f; f = f->next)
    check_function(&d, f);
}
