// The order of those who wait. See queue.h.
#include "runtime/serve/queue.h"

#include <stddef.h>

// ---- the list of rings ----

static void insert_ring(struct waiting **at, struct waiting *first)
{
  first->at = at;
  first->lower = *at;
  if (first->lower)
    first->lower->at = &first->lower;
  *at = first;
}

static void remove_ring(struct waiting *first)
{
  *first->at = first->lower;
  if (first->lower)
    first->lower->at = first->at;
  first->at = NULL;
}

// ---- the queue ----

void queue_add(struct queue *q, struct waiting *w)
{
  struct waiting **at = &q->rings;
  while (*at && (*at)->priority > w->priority)
    at = &(*at)->lower;
  struct waiting *first = *at;
  w->next = w->prev = w;
  w->at = NULL;
  if (!first || first->priority < w->priority) {
    insert_ring(at, w);
    return;
  }
  w->next = first;
  w->prev = first->prev;
  w->prev->next = first->prev = w;
}

void queue_remove(struct waiting *w)
{
  struct waiting *next = w->next, **at = w->at;
  w->prev->next = next;
  next->prev = w->prev;
  if (at)
    remove_ring(w);
  if (at && next != w)
    insert_ring(at, next);
  w->next = w->prev = NULL;
}

// What of two comes first does not change while they wait.
static int64_t rank(const struct waiting *w)
{
  int64_t at;
  if (__builtin_sub_overflow(w->since, (int64_t)w->priority * QUEUE_RISE, &at))
    return INT64_MAX;
  return at;
}

struct waiting *queue_first(const struct queue *q)
{
  struct waiting *best = q->rings;
  for (struct waiting *w = best; w; w = w->lower)
    if (rank(w) < rank(best))
      best = w;
  return best;
}
