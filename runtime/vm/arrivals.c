// Calls in the order in which they end: a stream of their numbers in a list.
//
// Every call that is out tells of its end once; the stream is fed from what has
// ended and was not taken yet. Who reads it asks the call itself what it came
// to, so an error is found where it is needed, and the stream never fails.
#include "runtime/vm/vm.h"

struct arrivals {
  struct stream *stream; // NULL: nobody reads it any more
  uint32_t n, ended, given;
  uint32_t order[]; // numbers of those that have ended
};

static void give(struct arrivals *a)
{
  struct stream *s = a->stream;
  if (!s || s->full)
    return;
  if (a->given < a->ended) {
    stream_put(s, (value){.i = a->order[a->given++]});
  } else if (a->given == a->n) {
    a->stream = NULL;
    stream_over(s, NULL);
  }
}

static void on_want(struct stream *s)
{
  give(s->user);
}

static void on_drop(struct stream *s)
{
  struct arrivals *a = s->user;
  a->stream = NULL;
}

static const struct stream_source source = {.want = on_want, .drop = on_drop};

size_t arrivals_size(const struct arrivals *a)
{
  return sizeof *a + a->n * sizeof *a->order;
}

bool stream_arrives(const struct stream *s)
{
  return s->source == &source;
}

void arrivals_came(struct arrivals *a, uint32_t i)
{
  a->order[a->ended++] = i;
  give(a);
}

// False when memory is out, or *error is set.
static bool watch(struct task *t, struct arrivals *a, const struct list *calls,
                  const struct error **error)
{
  for (uint32_t i = 0; i < calls->count; i++) {
    struct future *f = calls->items[i].future;
    if (!f)
      *error = error_make(t, ERROR_internal, 500,
                          "a call that was never made is waited for");
    else if (f->state != FUTURE_OUT)
      a->order[a->ended++] = i;
    if (!f || (f->state == FUTURE_OUT && !future_watch(t->run, f, a, i)))
      return false;
  }
  return true;
}

const struct error *arrivals_begin(struct task *t, const struct list *calls,
                                   uint32_t of, value *out)
{
  const struct error *error = NULL;
  struct arena *arena = t->run->arena;
  struct arrivals *a =
      arena_alloc(arena, sizeof *a + calls->count * sizeof *a->order);
  if (!a)
    return error_memory(t);
  *a = (struct arrivals){.n = calls->count};
  if (!watch(t, a, calls, &error))
    return error ? error : error_memory(t);
  struct stream *s = stream_new(t->run, &t->frame->streams, of);
  if (!s)
    return error_memory(t);
  s->source = &source;
  s->user = a;
  a->stream = s;
  give(a);
  out->stream = s;
  return NULL;
}

void calls_abandon(struct frame *f, const struct list *calls)
{
  struct task *next;
  for (uint32_t i = 0; i < calls->count; i++) {
    struct future *one = calls->items[i].future;
    if (one)
      one->unwanted = one->state == FUTURE_OUT;
  }
  for (struct task *t = f->calls; t; t = next) {
    next = t->sibling;
    if (t->future && t->future->unwanted)
      task_cancel(t, NULL);
  }
}
