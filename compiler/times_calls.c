// Calls: whom they mean, how long they take, and what is told of them.
#include "compiler/times_parts.h"

#include <string.h>

enum { SPREAD_DEEP = 3, ROUNDS_MAX = 1000 };

struct callee {
  const struct function *function; // NULL: nobody knows
  const struct binding *binding;
  const char *label;
};

static struct callee callee_of_method(struct act *a, const struct method *m,
                                      const struct binding *b)
{
  const char *name = b ? b->name->text : m->class->name->text;
  bool only = m->class->kind != CLASS_deployment;
  return (struct callee){m->function, b,
                         only ? name
                              : arena_printf(a->t->arena, "%s.%s", name,
                                             m->name->text)};
}

static const struct fact *first_of(const struct act *a, const struct site *s)
{
  return s->count ? a->s.cells[s->first].fact : NULL;
}

static struct callee callee_of_value(struct act *a, const struct fact *f)
{
  if (!f || f->kind != FACT_function)
    return (struct callee){NULL, NULL, "a function"};
  const struct site *s = f->site;
  if (s->kind != SITE_function)
    return callee_of_method(a, s->call->method, f->binding);
  return (struct callee){s->function, f->binding, s->function->name};
}

static struct callee callee_of(struct act *a, const struct site *s)
{
  const struct fact *f = first_of(a, s);
  if (s->kind == SITE_function)
    return (struct callee){s->function, a->binding,
                           s->function->part ? s->function->part
                                             : s->function->name};
  if (s->kind == SITE_callable)
    return callee_of_value(a, f);
  const struct binding *b = s->call->binding;
  if (s->kind == SITE_handle && f && f->kind == FACT_handle)
    b = f->binding;
  return callee_of_method(a, s->call->method, b);
}

// What a value that is called holds comes before the arguments.
static struct timing *call(struct act *a, const struct site *s,
                           struct callee *c)
{
  const struct fact *value = first_of(a, s);
  uint32_t skip = s->kind == SITE_handle || s->kind == SITE_callable, held = 0;
  *c = callee_of(a, s);
  if (!c->function) {
    struct timing *unknown = ARENA_NEW(a->t->arena, struct timing);
    unknown->takes.open = true;
    return unknown;
  }
  if (s->kind == SITE_callable && value->site->kind == SITE_function)
    held = value->n;
  struct given *args =
      ARENA_ARRAY(a->t->arena, held + s->count + 1, struct given);
  for (uint32_t i = 0; i < held; i++)
    args[i].fact = fact_part(value, i);
  for (uint32_t i = skip; i < s->count; i++)
    args[held + i - skip].fact = a->s.cells[s->first + i].fact;
  return timing_of(a->t, c->function, c->binding, args);
}

static struct moment takes(const struct timing *x, const struct callee *c)
{
  const struct constant *expected =
      setting_value(c->binding ? c->binding->settings : NULL,
                    SETTING_expected_latency);
  if (expected && (x->takes.open || x->takes.high < expected->i))
    return (struct moment){expected->i, expected->i, false};
  return x->takes;
}

int64_t times_batch_wait(const struct method *m)
{
  if (setting_number(m->settings, SETTING_batch_max_size) < 2)
    return 0;
  return setting_number(m->settings, SETTING_batch_wait);
}

static void note_batch(struct timing *x, const struct method *m)
{
  if (m && (!x->batch || times_batch_wait(m) > times_batch_wait(x->batch)))
    x->batch = m;
}

static void record(struct act *a, const struct callee *c,
                   const struct timing *inside, struct moment start,
                   struct moment end, struct span span)
{
  struct event e = {c->label, start, end, inside, c->binding, span, false};
  note_batch(a->out, inside->batch);
  bool helper = c->function && c->function->kind == FUNCTION_body &&
                c->binding == a->binding && !strchr(c->label, '[');
  bool nothing =
      !inside->n_events && start.high == end.high && !inside->takes.open;
  if ((helper && nothing) || a->out->n_events == TIMES_EVENTS)
    return;
  LOWER_PUSH(a->t->arena, a->out->events, a->out->n_events, a->out->room_events,
             e);
}

static struct moment args_ready(struct act *a, const struct site *s)
{
  struct moment m = a->s.now;
  for (uint32_t i = 0; i < s->count; i++)
    m = moment_later(m, a->s.cells[s->first + i].ready);
  return m;
}

void times_call(struct act *a, const struct ins *i)
{
  const struct site *s = &a->code->sites[i->b];
  struct callee c;
  struct timing *inside = call(a, s, &c);
  struct moment start = i->op == OP_start ? args_ready(a, s) : a->s.now;
  struct moment end = moment_after(start, takes(inside, &c));
  record(a, &c, inside, start, end, i->span);
  if (i->op == OP_call)
    a->s.now = end;
  times_set(a, i->a, inside->value,
            i->op == OP_call ? (struct moment){0} : end);
}

void times_closure(struct act *a, const struct ins *i)
{
  const struct site *s = &a->code->sites[i->b];
  const struct fact **held =
      ARENA_ARRAY(a->t->arena, s->count + 1, const struct fact *);
  for (uint32_t k = 0; k < s->count; k++)
    held[k] = a->s.cells[s->first + k].fact;
  times_set(a, i->a, fact_function(a->t->arena, s, a->binding, held),
            (struct moment){0});
}

// ---- batches ----

// The element waits for others, at most so long, and then for the body.
void times_batch(struct act *a, const struct ins *i)
{
  const struct method *m = a->code->function->batch;
  struct timing *wait = ARENA_NEW(a->t->arena, struct timing);
  struct callee others = {NULL, a->binding, "wait for the batch"};
  struct callee body = {m->batch, a->binding, m->batch->name};
  struct timing *inside = timing_of(a->t, m->batch, a->binding, NULL);
  wait->takes.high = times_batch_wait(m);
  note_batch(a->out, m);
  struct moment start = a->s.now;
  a->s.now = moment_after(start, wait->takes);
  record(a, &others, wait, start, a->s.now, i->span);
  start = a->s.now;
  a->s.now = moment_after(start, takes(inside, &body));
  record(a, &body, inside, start, a->s.now, i->span);
  times_set(a, i->a, NULL, (struct moment){0});
}

// ---- models ----

// It is there, or is loaded first.
void times_model(struct act *a, const struct ins *i)
{
  const struct method *m = a->code->function->models;
  struct timing *load = ARENA_NEW(a->t->arena, struct timing);
  struct callee loader = {m->loader, a->binding, m->loader->name};
  struct timing *inside = timing_of(a->t, m->loader, a->binding, NULL);
  load->takes.high = takes(inside, &loader).high;
  struct moment start = a->s.now;
  a->s.now = moment_after(start, load->takes);
  record(a, &loader, load, start, a->s.now, i->span);
  times_set(a, i->a, NULL, (struct moment){0});
}

// ---- comprehensions ----

static int64_t until(int64_t now, int64_t at)
{
  return at > now ? at - now : 0;
}

// How long after now that is.
static struct moment moment_until(struct moment now, struct moment at)
{
  return (struct moment){until(now.high, at.low), until(now.high, at.high),
                         at.open && !now.open};
}

// Parts of parts are shared, so they are not followed without end.
static const struct spread *spread_until(struct act *a, const struct spread *s,
                                         uint32_t depth)
{
  if (!s || depth == SPREAD_DEEP)
    return NULL;
  struct spread *to = arena_alloc(
      a->t->arena, sizeof *to + s->n * sizeof(struct spread_part));
  to->n = s->n;
  for (uint32_t i = 0; i < s->n; i++)
    to->at[i] =
        (struct spread_part){moment_until(a->s.now, s->at[i].ready),
                             spread_until(a, s->at[i].parts, depth + 1)};
  return to;
}

// How many rounds of calls a list takes; of unknown length it has an element.
static int64_t rounds(const struct fact *list, const struct fact *limit)
{
  if (!list)
    return 1;
  if (!limit || limit->number < 1)
    return list->n ? 1 : 0;
  return (list->n + limit->number - 1) / limit->number;
}

void times_each(struct act *a, const struct ins *i)
{
  const struct site *s = &a->code->sites[i->b];
  bool bounded = i->op == OP_each_limit;
  const struct cell *cells = a->s.cells + s->first;
  struct given *args = ARENA_ARRAY(a->t->arena, s->count + 1, struct given);
  for (uint32_t k = 1 + bounded; k < s->count; k++) // the first is an element
    args[k - bounded] =
        (struct given){cells[k].fact, moment_until(a->s.now, cells[k].ready),
                       spread_until(a, cells[k].parts, 0)};
  struct callee c = {s->function, a->binding, "for each element"};
  struct timing *inside = timing_of(a->t, s->function, a->binding, args);
  struct moment one = takes(inside, &c), end = a->s.now;
  int64_t n = rounds(cells[0].fact, bounded ? cells[1].fact : NULL);
  for (int64_t k = 0; k < n && k < ROUNDS_MAX; k++)
    end = moment_after(end, one);
  end.open |= n > ROUNDS_MAX;
  record(a, &c, inside, a->s.now, end, i->span);
  times_set(a, i->a, NULL, end);
}
