// Futures: calls that may still be out, and waiting for those in a value.
//
// A task that needs a value waits for every future in it at once, and learns of
// the first that fails. It is woken once, so a list of many futures is walked
// twice, not once for each.
#include "runtime/vm/vm.h"

struct search {
  struct task *task;
  const struct plan *plan;
  const bool *has_future;
  uint32_t left; // parts that may still be looked at
  const struct error *error;
};

static bool search(struct search *s, uint32_t type, value v, uint32_t depth);

static const struct error *too_large(struct task *t)
{
  return error_make(t, ERROR_limit, 500,
                    "a value is too deep, or has too many parts");
}

static bool add_waiter(struct run *run, struct future *f, struct waiter is)
{
  struct waiter *w = run->waiters;
  if (w)
    run->waiters = w->next;
  else if (!(w = arena_alloc(run->own, sizeof *w)))
    return false;
  *w = is;
  w->next = f->waiters;
  f->waiters = w;
  return true;
}

static bool wait_for(struct search *s, struct future *f)
{
  struct task *t = s->task;
  if (!add_waiter(t->run, f, (struct waiter){NULL, t, NULL, t->generation}))
    return (s->error = error_memory(t)) == NULL;
  t->out++;
  return true;
}

bool future_watch(struct run *run, struct future *f, struct arrivals *a,
                  uint32_t i)
{
  return add_waiter(run, f, (struct waiter){NULL, NULL, a, i});
}

static bool search_future(struct search *s, uint32_t of, struct future *f,
                          uint32_t depth)
{
  if (!f) {
    s->error = error_make(s->task, ERROR_internal, 500,
                          "a call that was never made is waited for");
    return false;
  }
  if (f->state == FUTURE_OUT)
    return wait_for(s, f);
  if (f->state == FUTURE_FAILED) {
    s->error = f->error;
    return false;
  }
  return search(s, of, f->value, depth);
}

static bool search_parts(struct search *s, const struct plan_type *t,
                         const value *parts, uint32_t depth)
{
  for (uint32_t i = 0; i < t->fields.count; i++)
    if (!search(s, s->plan->fields[t->fields.first + i].type, parts[i], depth))
      return false;
  return true;
}

static bool search_list(struct search *s, uint32_t of, const struct list *l,
                        uint32_t depth)
{
  for (uint32_t i = 0; i < l->count; i++)
    if (!search(s, of, l->items[i], depth))
      return false;
  return true;
}

static bool search_map(struct search *s, uint32_t of, const struct map *m,
                       uint32_t depth)
{
  for (uint32_t i = 0; i < m->count; i++)
    if (!search(s, of, m->entries[i].item, depth))
      return false;
  return true;
}

// False when the value cannot be had; s->error says why.
static bool search(struct search *s, uint32_t type, value v, uint32_t depth)
{
  if (!s->has_future[type])
    return true;
  if (depth++ >= VALUE_DEPTH || !s->left) {
    s->error = too_large(s->task);
    return false;
  }
  s->left--;
  const struct plan_type *t = &s->plan->types[type];
  switch (t->kind) {
  case TYPE_future:
    return search_future(s, t->of, v.future, depth);
  case TYPE_list:
    return search_list(s, t->of, v.list, depth);
  case TYPE_map:
    return search_map(s, t->of, v.map, depth);
  case TYPE_tuple:
  case TYPE_record:
    return search_parts(s, t, v.parts, depth);
  default: // optional
    return !v.box || search(s, t->of, *v.box, depth);
  }
}

void gather_begin(struct task *t)
{
  t->generation++;
  t->out = 0;
}

enum gathered gather(struct task *t, uint32_t type, value v,
                     const struct error **error)
{
  const struct engine *e = t->run->engine;
  struct search s = {.task = t,
                     .plan = e->plan,
                     .has_future = e->has_future,
                     .left = VALUE_PARTS};
  if (!search(&s, type, v, 0)) {
    t->generation++; // those that it waited for are of no use
    *error = s.error;
    return GATHER_FAILED;
  }
  return t->out ? GATHER_OUT : GATHER_THERE;
}

// ---- taking them out ----

static bool take_out(struct task *t, uint32_t type, value v, uint32_t depth,
                     value *out);

static bool take_list(struct task *t, uint32_t of, const struct list *l,
                      uint32_t depth, value *out)
{
  struct list *to = list_new(t->run->arena, l->count);
  if (!to)
    return false;
  for (; to->count < l->count; to->count++)
    if (!take_out(t, of, l->items[to->count], depth, &to->items[to->count]))
      return false;
  out->list = to;
  return true;
}

static bool take_map(struct task *t, uint32_t of, const struct map *m,
                     uint32_t depth, value *out)
{
  struct map *to = map_new(t->run->arena, m->count);
  if (!to)
    return false;
  for (uint32_t i = 0; i < m->count; i++) {
    value v;
    if (!take_out(t, of, m->entries[i].item, depth, &v) ||
        !map_put(t->run->arena, to, m->entries[i].key, v))
      return false;
  }
  out->map = to;
  return true;
}

static bool take_parts(struct task *t, const struct plan_type *type,
                       const value *parts, uint32_t depth, value *out)
{
  const struct plan_field *fields =
      t->run->engine->plan->fields + type->fields.first;
  value *to = ARENA_ARRAY(t->run->arena, type->fields.count, value);
  if (!to)
    return false;
  for (uint32_t i = 0; i < type->fields.count; i++)
    if (!take_out(t, fields[i].type, parts[i], depth, &to[i]))
      return false;
  out->parts = to;
  return true;
}

static bool take_box(struct task *t, uint32_t of, const value *box,
                     uint32_t depth, value *out)
{
  value v;
  if (!box) {
    out->box = NULL;
    return true;
  }
  if (!take_out(t, of, *box, depth, &v))
    return false;
  *out = value_wrap(t->run->arena, v);
  return out->box != NULL;
}

// The search went the same way before, so the depth is known to be bearable;
// only code that changes a list meanwhile could make it otherwise.
static bool take_out(struct task *t, uint32_t type, value v, uint32_t depth,
                     value *out)
{
  const struct engine *e = t->run->engine;
  const struct plan_type *row = &e->plan->types[type];
  if (!e->has_future[type]) {
    *out = v;
    return true;
  }
  if (depth++ > VALUE_DEPTH)
    return false;
  switch (row->kind) {
  case TYPE_future:
    return v.future && v.future->state == FUTURE_THERE &&
           take_out(t, row->of, v.future->value, depth, out);
  case TYPE_list:
    return take_list(t, row->of, v.list, depth, out);
  case TYPE_map:
    return take_map(t, row->of, v.map, depth, out);
  case TYPE_tuple:
  case TYPE_record:
    return take_parts(t, row, v.parts, depth, out);
  default:
    return take_box(t, row->of, v.box, depth, out);
  }
}

bool future_resolve(struct task *t, uint32_t type, value v, value *out)
{
  return take_out(t, type, v, 0, out);
}

// ---- their end ----

static void tell(struct waiter *w, const struct error *error)
{
  struct task *t = w->task;
  if (w->arrivals) {
    arrivals_came(w->arrivals, w->generation);
    return;
  }
  if (w->generation != t->generation)
    return;
  if (error) {
    t->generation++;
    t->error = error;
    task_ready(t);
  } else if (--t->out == 0) {
    task_ready(t);
  }
}

void future_complete(struct run *run, struct future *f, value v,
                     const struct error *error)
{
  f->state = error ? FUTURE_FAILED : FUTURE_THERE;
  f->value = v;
  f->error = error;
  struct waiter *w = f->waiters, *oldest = NULL;
  f->waiters = NULL;
  while (w) {
    struct waiter *next = w->next;
    w->next = oldest;
    oldest = w;
    w = next;
  }
  while ((w = oldest)) {
    oldest = w->next;
    tell(w, error);
    w->next = run->waiters;
    run->waiters = w;
  }
}
