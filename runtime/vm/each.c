// One call an element, side by side: all at once, or so many at a time.
//
// The calls are tasks of the frame whose comprehension it is. Where they are
// bounded, the end of one begins the next, as long as that frame is there: what
// is cancelled with it begins nothing.
#include "runtime/vm/vm.h"

#include <string.h>

static const struct error *begin_frame(struct task *c, const struct each *e)
{
  const struct error *error = NULL;
  struct frame *f = frame_new(c->run, e->fn);
  if (!f)
    return error_memory(c);
  f->self = e->owner->self;
  frame_is_for(f, e->owner);
  f->slots[0] = e->elements->items[e->begun];
  memcpy(f->slots + 1, e->args, e->n_args * sizeof *e->args);
  if (frame_begin(c, f, &error) == ENTRY_RUN)
    task_begins(c);
  return error;
}

static const struct error *begin_next(struct run *run, struct each *e,
                                      bool bounded)
{
  struct future *future = e->futures->items[e->begun].future;
  struct task *c = task_new(run, TASK_CALL, &e->owner->calls);
  if (!c)
    return error_exhausted(run);
  c->owner = e->owner;
  const struct error *error = begin_frame(c, e);
  if (error) {
    task_finish(c, (value){0}, error);
    return error;
  }
  c->future = future;
  c->each = bounded ? e : NULL;
  e->begun++;
  return NULL;
}

void each_next(struct run *run, struct each *e)
{
  while (e->begun < e->elements->count) {
    struct future *future = e->futures->items[e->begun].future;
    const struct error *error = begin_next(run, e, true);
    if (!error)
      return;
    e->begun++;
    future_complete(run, future, (value){0}, error);
  }
}

// `first`: the slot of the arguments behind the element; `result`: that of the
// list of futures.
static struct each *each_new(struct task *t, const struct site *s,
                             uint32_t first, uint32_t result)
{
  const struct list *elements = t->frame->slots[s->first].list;
  uint32_t n_args = s->function->n_params - 1;
  struct arena *a = t->run->arena;
  struct each *e = arena_alloc(a, sizeof *e + n_args * sizeof *e->args);
  struct list *l = list_new(a, elements->count);
  struct future *futures = ARENA_ARRAY(a, elements->count + 1, struct future);
  if (!e || !l || !futures)
    return NULL;
  const uint32_t *types = t->frame->fn->types;
  *e = (struct each){.fn = s->function,
                     .owner = t->frame,
                     .elements_type = types[s->first],
                     .futures_type = types[result],
                     .elements = elements,
                     .futures = l,
                     .n_args = n_args};
  memcpy(e->args, t->frame->slots + first, n_args * sizeof *e->args);
  for (; l->count < elements->count; l->count++)
    l->items[l->count].future = &futures[l->count];
  return e;
}

bool call_each(struct task *t, const struct site *s, int64_t limit, value *out,
               const struct error **error)
{
  bool bounded = limit != INT64_MAX;
  *error = NULL;
  struct each *e = NULL;
  if (t->frame->depth + 1 >= VM_DEPTH)
    *error = error_too_deep(t);
  else if (limit < 1)
    *error = error_make(t, ERROR_user, 500,
                        "the limit is %lld: one at a time "
                        "is the least",
                        (long long)limit);
  else if (!(e = each_new(t, s, s->first + 1u + bounded,
                          (uint32_t)(out - t->frame->slots))))
    *error = error_memory(t);
  if (!e)
    return false;
  while (e->begun < e->elements->count && e->begun < limit)
    if ((*error = begin_next(t->run, e, bounded)))
      return false;
  out->list = e->futures;
  return true;
}
