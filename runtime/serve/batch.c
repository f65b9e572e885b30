// Queues of batches. See batch.h.
#include "runtime/serve/batch.h"

#include <stddef.h>

// ---- lists ----

void members_add(struct members *l, struct member *m)
{
  m->next = NULL;
  m->prev = l->last;
  *(m->prev ? &m->prev->next : &l->first) = m;
  l->last = m;
  l->count++;
}

void members_remove(struct members *l, struct member *m)
{
  *(m->prev ? &m->prev->next : &l->first) = m->next;
  *(m->next ? &m->next->prev : &l->last) = m->prev;
  m->next = m->prev = NULL;
  l->count--;
}

// ---- who waits ----

// Weights are cut, so that their sum has room.
void lineup_join(struct lineup *l, struct member *m, int64_t weight,
                 int64_t now)
{
  m->batch = NULL;
  m->since = now;
  m->weight = weight < INT32_MAX ? weight : INT32_MAX;
  l->weight += m->weight;
  members_add(&l->waiting, m);
}

void lineup_leave(struct lineup *l, struct member *m)
{
  l->weight -= m->weight;
  members_remove(&l->waiting, m);
}

// ---- when they go ----

static bool may_go(const struct lineup *l)
{
  return l->waiting.first && l->under_way < l->how->max_concurrent;
}

bool lineup_full(const struct lineup *l)
{
  return may_go(l) && l->weight >= l->how->max_size;
}

int64_t lineup_time(const struct lineup *l)
{
  int64_t at;
  if (!may_go(l) ||
      __builtin_add_overflow(l->waiting.first->since, l->how->wait, &at))
    return INT64_MAX;
  return at;
}

bool lineup_due(const struct lineup *l, int64_t now)
{
  return lineup_full(l) || (may_go(l) && lineup_time(l) <= now);
}

void lineup_take(struct lineup *l, struct members *out)
{
  int64_t weight = 0;
  *out = (struct members){0};
  for (struct member *m; (m = l->waiting.first);) {
    weight += m->weight;
    if (out->first && weight > l->how->max_size)
      return;
    lineup_leave(l, m);
    members_add(out, m);
  }
}
