// Timers: a wheel of wheels. To set one, to stop one and to fire one costs the
// same however many are set.
//
// A time is a number of digits of six bits. What differs from the wheel's own
// time in digit `n` and in none above lies on level `n`, in the slot of that
// digit; so all of a level come before all of the next one, and on level 0 a
// slot is one nanosecond. When the time comes to a slot further up, its timers
// go down to where they then belong, in their order: timers of equal times fire
// in the order in which they were set, and virtual time gives the same answer
// every run.
//
// The wheel's time is never behind a slot that has timers, and never ahead of
// the engine's. A timer that is set to an earlier time lies in the slot of the
// wheel's.
#include "runtime/vm/vm.h"

enum { DIGIT = 6, SLOTS = 1 << DIGIT, LOOKED_AT = 16 };

// ---- slots ----

static uint32_t digit_of(int64_t at, uint32_t level)
{
  return (uint32_t)(at >> level * DIGIT) & (SLOTS - 1);
}

static uint32_t level_of(const struct wheel *w, int64_t at)
{
  uint64_t differs = (uint64_t)at ^ (uint64_t)w->now;
  return differs ? (63 - (uint32_t)__builtin_clzll(differs)) / DIGIT : 0;
}

static void put(struct wheel *w, struct timer *t)
{
  int64_t at = t->at > w->now ? t->at : w->now;
  uint32_t level = level_of(w, at), digit = digit_of(at, level);
  struct timer **first = &w->slots[level][digit];
  t->slot = (uint16_t)(level * SLOTS + digit + 1);
  if (!*first) {
    w->filled[level] |= (uint64_t)1 << digit;
    *first = t->next = t->prev = t;
    return;
  }
  t->next = *first;
  t->prev = t->next->prev;
  t->prev->next = t->next->prev = t;
}

void timer_set(struct engine *e, struct timer *t, int64_t at)
{
  timer_stop(e, t);
  t->at = at;
  e->n_timers++;
  e->n_aside += t->aside;
  put(&e->wheel, t);
}

void timer_stop(struct engine *e, struct timer *t)
{
  if (!t->slot)
    return;
  uint32_t slot = t->slot - 1u, level = slot / SLOTS, digit = slot % SLOTS;
  struct timer **first = &e->wheel.slots[level][digit];
  t->slot = 0;
  e->n_timers--;
  e->n_aside -= t->aside;
  if (t->next == t) {
    *first = NULL;
    e->wheel.filled[level] &= ~((uint64_t)1 << digit);
    return;
  }
  t->next->prev = t->prev;
  t->prev->next = t->next;
  if (*first == t)
    *first = t->next;
}

// ---- time ----

// The first slot that has timers; there is one. Its timers are due at
// *start or later, on level 0 just then.
static uint32_t first_slot(const struct wheel *w, uint32_t *level,
                           int64_t *start)
{
  uint32_t l = 0;
  while (!w->filled[l])
    l++;
  uint32_t digit = (uint32_t)__builtin_ctzll(w->filled[l]);
  uint32_t above = (l + 1) * DIGIT;
  uint64_t high = above < 64 ? (uint64_t)w->now >> above << above : 0;
  *start = (int64_t)(high | (uint64_t)digit << l * DIGIT);
  *level = l;
  return digit;
}

// The wheel's time comes to a slot: its timers go down.
static void enter_slot(struct wheel *w, uint32_t level, uint32_t digit,
                       int64_t start)
{
  struct timer *t = w->slots[level][digit], *last = t->prev, *next;
  w->slots[level][digit] = NULL;
  w->filled[level] &= ~((uint64_t)1 << digit);
  w->now = start;
  last->next = NULL;
  for (; t; t = next) {
    next = t->next;
    put(w, t);
  }
}

void timers_fire(struct engine *e)
{
  struct wheel *w = &e->wheel;
  int64_t now = engine_now(e), start;
  uint32_t level;
  while (e->n_timers) {
    uint32_t digit = first_slot(w, &level, &start);
    if (start > now)
      break;
    if (level) {
      enter_slot(w, level, digit, start);
      continue;
    }
    w->now = start;
    struct timer *t = w->slots[0][digit];
    timer_stop(e, t);
    t->fire(t);
  }
  if (w->now < now)
    w->now = now;
}

int64_t timers_next(struct engine *e)
{
  uint32_t level;
  int64_t start, at = INT64_MAX;
  uint32_t digit = first_slot(&e->wheel, &level, &start);
  const struct timer *first = e->wheel.slots[level][digit], *t = first;
  for (int i = 0; i < LOOKED_AT; i++) {
    at = t->at < at ? t->at : at;
    if ((t = t->next) == first)
      return at;
  }
  return start;
}

int64_t timers_exactly_next(struct engine *e)
{
  uint32_t level;
  int64_t start;
  for (;;) {
    uint32_t digit = first_slot(&e->wheel, &level, &start);
    if (!level)
      return start;
    enter_slot(&e->wheel, level, digit, start);
  }
}
