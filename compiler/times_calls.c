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
  const struct fact **args = ARENA_ARRAY(
      a->t->arena, held + s->count + 1, const struct fact *);
  for (uint32_t i = 0; i < held; i++)
    args[i] = fact_part(value, i);
  for (uint32_t i = skip; i < s->count; i++)
    args[held + i - skip] = a->s.cells[s->first + i].fact;
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
