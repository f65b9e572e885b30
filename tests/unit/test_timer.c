// Timers in virtual time against a list that is searched: who fires when, and
// in which order, while others are set, moved and stopped.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/vm/vm.h"

#include <string.h>

enum { TIMERS = 40, STEPS = 20000 };

static struct engine engine;
static struct timer timers[TIMERS];
static struct expected {
  int64_t at; // -1: it is not set
  uint64_t order;
} expected[TIMERS];
static uint64_t order;
static uint32_t fired;

static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % n;
}

// Near and far, and often the same.
static int64_t some_time(void)
{
  uint32_t widest = random_below(8) ? 24 : 42;
  int64_t ahead = (int64_t)random_below(1 << 20) << random_below(widest);
  if (random_below(4) == 0)
    ahead &= 3;
  int64_t at;
  if (random_below(8) == 0)
    return timers[random_below(TIMERS)].at;
  return __builtin_add_overflow(engine.now, ahead, &at) ? INT64_MAX : at;
}

static void set(uint32_t i)
{
  int64_t at = some_time();
  timer_set(&engine, &timers[i], at);
  expected[i].at = at > engine.now ? at : engine.now;
  expected[i].order = order++;
}

static void stop(uint32_t i)
{
  timer_stop(&engine, &timers[i]);
  expected[i].at = -1;
}

static uint32_t first_expected(void)
{
  uint32_t best = TIMERS;
  for (uint32_t i = 0; i < TIMERS; i++)
    if (expected[i].at >= 0 &&
        (best == TIMERS || expected[i].at < expected[best].at ||
         (expected[i].at == expected[best].at &&
          expected[i].order < expected[best].order)))
      best = i;
  return best;
}

static void on_fire(struct timer *t)
{
  uint32_t i = (uint32_t)(t - timers);
  assert_int_equal(i, first_expected());
  assert_true(expected[i].at == engine.now);
  assert_false(timer_is_set(t));
  expected[i].at = -1;
  fired++;
  if (random_below(3) == 0)
    set(random_below(TIMERS));
  if (random_below(3) == 0)
    stop(random_below(TIMERS));
}

static uint32_t count_expected(void)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < TIMERS; i++)
    n += expected[i].at >= 0;
  return n;
}

static void go_on(void)
{
  uint32_t next = first_expected();
  if (next == TIMERS)
    return;
  assert_true(timers_next(&engine) <= expected[next].at);
  if (random_below(4) == 0 && expected[next].at > engine.now + 1) {
    // Time goes on and nothing is due: as it does on a loop.
    int64_t gap = expected[next].at - engine.now;
    engine.now += gap / (2 + random_below(6));
    timers_fire(&engine);
    assert_int_equal(first_expected(), next);
    return;
  }
  int64_t at = timers_exactly_next(&engine);
  assert_true(at == expected[next].at);
  engine.now = at;
  timers_fire(&engine);
}

static void begin(uint32_t with)
{
  seed = with;
  memset(&engine, 0, sizeof engine);
  memset(timers, 0, sizeof timers);
  fired = 0;
  for (uint32_t i = 0; i < TIMERS; i++) {
    timers[i].fire = on_fire;
    expected[i].at = -1;
  }
}

static void they_fire_in_order(void **state)
{
  (void)state;
  for (uint32_t s = 1; s <= 8; s++) {
    begin(s);
    for (int step = 0; step < STEPS && engine.now < INT64_MAX / 2; step++) {
      uint32_t what = random_below(8);
      if (what < 3)
        set(random_below(TIMERS));
      else if (what == 3)
        stop(random_below(TIMERS));
      else
        go_on();
      assert_int_equal(engine.n_timers, count_expected());
    }
    assert_true(fired > 10);
    while (engine.n_timers) {
      uint32_t i = first_expected();
      assert_true(timers_exactly_next(&engine) == expected[i].at);
      stop(i);
    }
  }
}

static void the_last_moment(void **state)
{
  (void)state;
  begin(1);
  timer_set(&engine, &timers[0], INT64_MAX);
  timer_set(&engine, &timers[1], 0);
  timer_set(&engine, &timers[2], INT64_MAX - 1);
  for (uint32_t i = 0; i < 3; i++)
    expected[i] = (struct expected){timers[i].at, i};
  static const int64_t when[] = {0, INT64_MAX - 1, INT64_MAX};
  for (int i = 0; i < 3; i++) {
    engine.now = timers_exactly_next(&engine);
    assert_true(engine.now == when[i]);
    struct timer *t = &timers[i == 0 ? 1 : i == 1 ? 2 : 0];
    timer_stop(&engine, t);
    assert_false(timer_is_set(t));
  }
  assert_int_equal(engine.n_timers, 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(they_fire_in_order),
      cmocka_unit_test(the_last_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
