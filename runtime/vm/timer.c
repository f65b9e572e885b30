// Timers: a heap by time, and by order of setting where times are equal, so
// that virtual time gives the same answer every run.
#include "runtime/vm/vm.h"

#include <stdlib.h>

static bool before(const struct timer_entry *x, const struct timer_entry *y)
{
  return x->at != y->at ? x->at < y->at : x->order < y->order;
}

static void put(struct engine *e, uint32_t at, struct timer_entry entry)
{
  e->timers[at] = entry;
  entry.timer->heap = at + 1;
}

static void rise(struct engine *e, uint32_t at, struct timer_entry entry)
{
  while (at && before(&entry, &e->timers[(at - 1) / 2])) {
    put(e, at, e->timers[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put(e, at, entry);
}

static void sink(struct engine *e, uint32_t at, struct timer_entry entry)
{
  uint32_t child;
  while ((child = 2 * at + 1) < e->n_timers) {
    if (child + 1 < e->n_timers &&
        before(&e->timers[child + 1], &e->timers[child]))
      child++;
    if (!before(&e->timers[child], &entry))
      break;
    put(e, at, e->timers[child]);
    at = child;
  }
  put(e, at, entry);
}

static bool widen(struct engine *e)
{
  uint32_t room = e->timer_room ? e->timer_room * 2 : 64;
  void *p = realloc(e->timers, room * sizeof *e->timers);
  if (!p)
    return false;
  e->timers = p;
  e->timer_room = room;
  return true;
}

bool timer_set(struct engine *e, struct timer *t, int64_t at)
{
  timer_stop(e, t);
  if (e->n_timers == e->timer_room && !widen(e))
    return false;
  t->at = at;
  rise(e, e->n_timers++, (struct timer_entry){at, e->timer_order++, t});
  return true;
}

void timer_stop(struct engine *e, struct timer *t)
{
  if (!t->heap)
    return;
  uint32_t at = t->heap - 1;
  struct timer_entry last = e->timers[--e->n_timers];
  t->heap = 0;
  if (at == e->n_timers)
    return;
  if (at && before(&last, &e->timers[(at - 1) / 2]))
    rise(e, at, last);
  else
    sink(e, at, last);
}

void timers_fire(struct engine *e)
{
  int64_t now = engine_now(e);
  while (e->n_timers && e->timers[0].at <= now) {
    struct timer *t = e->timers[0].timer;
    timer_stop(e, t);
    t->fire(t);
  }
}
