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

// The first of the ring of this priority, or where it would be.
static struct waiting **find_ring(struct queue *q, int32_t priority)
{
  struct waiting **at = &q->rings;
  while (*at && (*at)->priority > priority)
    at = &(*at)->lower;
  return at;
}

void queue_add(struct queue *q, struct waiting *w)
{
  struct waiting **at = find_ring(q, w->priority), *first = *at;
  w->next = w->prev = w;
  w->at = NULL;
  w->n = 1;
  if (!first || first->priority < w->priority) {
    insert_ring(at, w);
    return;
  }
  first->n++;
  w->next = first;
  w->prev = first->prev;
  w->prev->next = first->prev = w;
}

void queue_remove(struct queue *q, struct waiting *w)
{
  struct waiting *next = w->next, **at = w->at;
  uint32_t left = --(*find_ring(q, w->priority))->n;
  w->prev->next = next;
  next->prev = w->prev;
  if (at)
    remove_ring(w);
  if (at && left) {
    next->n = left;
    insert_ring(at, next);
  }
  w->next = w->prev = NULL;
}

uint32_t queue_ahead(const struct queue *q, int32_t priority)
{
  uint32_t n = 0;
  for (const struct waiting *w = q->rings; w && w->priority >= priority;
       w = w->lower)
    n += w->n;
  return n;
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

static struct waiting *first_in(struct waiting *ring,
                                bool (*may)(const struct waiting *, void *),
                                void *user)
{
  struct waiting *w = ring;
  do {
    if (may(w, user))
      return w;
    w = w->next;
  } while (w != ring);
  return NULL;
}

struct waiting *queue_first_that(const struct queue *q,
                                 bool (*may)(const struct waiting *, void *),
                                 void *user)
{
  struct waiting *best = NULL;
  for (struct waiting *ring = q->rings; ring; ring = ring->lower) {
    struct waiting *w = first_in(ring, may, user);
    if (w && (!best || rank(w) < rank(best)))
      best = w;
  }
  return best;
}
