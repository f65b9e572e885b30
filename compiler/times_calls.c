// Calls: whom they mean, how long they take, and what is told of them.
#include "compiler/times_parts.h"

#include <string.h>

static const struct constant *setting_of(const struct binding *b,
                                         enum setting_id id)
{
  for (const struct setting *s = b ? b->settings : NULL; s; s = s->next)
    if (s->id == id)
      return s->value;
  return NULL;
}

struct callee {
  const struct function *function;
  const struct binding *binding;
  const char *label;
};

static struct callee callee_of(struct act *a, const struct site *s)
{
  struct arena *arena = a->t->arena;
  if (s->kind == SITE_function)
    return (struct callee){s->function, a->binding, s->function->name};
  const struct method *m = s->call->method;
  const struct binding *b = s->call->binding;
  const struct fact *f = s->count ? a->s.cells[s->first].fact : NULL;
  if (s->kind == SITE_handle && f && f->kind == FACT_handle)
    b = f->binding;
  const char *name = b ? b->name->text : m->class->name->text;
  bool only = m->class->kind != CLASS_deployment;
  return (struct callee){
      m->function, b,
      only ? name : arena_printf(arena, "%s.%s", name, m->name->text)};
}

static struct timing *call(struct act *a, const struct site *s,
                           struct callee *c)
{
  const struct fact **args =
      ARENA_ARRAY(a->t->arena, s->count + 1, const struct fact *);
  uint32_t skip = s->kind == SITE_handle && s->count;
  for (uint32_t i = skip; i < s->count; i++)
    args[i - skip] = a->s.cells[s->first + i].fact;
  *c = callee_of(a, s);
  return timing_of(a->t, c->function, c->binding, args);
}

static struct moment takes(const struct timing *x, const struct callee *c)
{
  const struct constant *expected =
      setting_of(c->binding, SETTING_expected_latency);
  if (expected && (x->takes.open || x->takes.high < expected->i))
    return (struct moment){expected->i, expected->i, false};
  return x->takes;
}

static void record(struct act *a, const struct callee *c,
                   const struct timing *inside, struct moment start,
                   struct moment end, struct span span)
{
  struct event e = {c->label, start, end, inside, c->binding, span, false};
  bool helper = c->function->kind == FUNCTION_body &&
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

// Side by side; a list of unknown length is taken to have an element.
void times_each(struct act *a, const struct ins *i)
{
  const struct site *s = &a->code->sites[i->b];
  const struct fact *list = a->s.cells[s->first].fact;
  struct callee c;
  a->s.cells[s->first].fact = NULL; // the function takes one element
  struct timing *inside = call(a, s, &c);
  a->s.cells[s->first].fact = list;
  struct moment end = moment_after(a->s.now, takes(inside, &c));
  if (list && !list->n)
    end = a->s.now;
  c.label = "for each element";
  record(a, &c, inside, a->s.now, end, i->span);
  times_set(a, i->a, NULL, end);
}
