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

static bool together(const struct lineup *l, const struct member *x,
                     const struct member *y)
{
  return !l->mixed || l->together(x, y);
}

// Weights are cut, so that their sum has room.
void lineup_join(struct lineup *l, struct member *m, int64_t weight,
                 int64_t now)
{
  const struct member *first = l->waiting.first;
  m->batch = NULL;
  m->since = now;
  m->weight = weight < INT32_MAX ? weight : INT32_MAX;
  l->weight += m->weight;
  l->mixed = first && (l->mixed || (l->together && !l->together(first, m)));
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

static int64_t weight_with(const struct lineup *l, const struct member *first)
{
  int64_t weight = 0;
  for (const struct member *m = first; m; m = m->next)
    if (together(l, first, m))
      weight += m->weight;
  return weight;
}

static bool leads(const struct lineup *l, const struct member *m)
{
  const struct member *before = m->prev;
  while (before && !together(l, before, m))
    before = before->prev;
  return !before;
}

// The first of those that fill a batch, or NULL.
static struct member *filling(const struct lineup *l)
{
  struct member *m = l->waiting.first;
  if (l->weight < l->how->max_size)
    return NULL;
  while (m && l->mixed &&
         (!leads(l, m) || weight_with(l, m) < l->how->max_size))
    m = m->next;
  return m;
}

bool lineup_full(const struct lineup *l)
{
  return may_go(l) && filling(l);
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
  struct member *full = filling(l), *next;
  *out = (struct members){0};
  for (struct member *m = full ? full : l->waiting.first; m; m = next) {
    next = m->next;
    if (out->first && !together(l, out->first, m))
      continue;
    weight += m->weight;
    if (out->first && weight > l->how->max_size)
      return;
    lineup_leave(l, m);
    members_add(out, m);
  }
}
