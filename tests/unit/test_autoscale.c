// The load over the look-back period, compared with sums of the same changes
// that keep every one of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/serve/autoscale.h"

#include <math.h>

enum { CHANGES = 4000 };

struct series {
  int64_t at[CHANGES];
  uint32_t load[CHANGES];
  uint32_t n;
};

// Over the last `period` before `now`, which all began at 0 with nothing.
static double over(const struct series *s, int64_t now, int64_t period,
                   int aggregation)
{
  int64_t from = now > period ? now - period : 0;
  double sum = 0, most = 0, least = 1e9;
  for (uint32_t i = 0; i <= s->n; i++) {
    int64_t begin = i ? s->at[i - 1] : 0, end = i < s->n ? s->at[i] : now;
    double load = i ? s->load[i - 1] : 0;
    if (begin < from)
      begin = from;
    if (begin >= end && i < s->n)
      continue;
    sum += load * (double)(end - begin);
    most = fmax(most, load);
    least = fmin(least, load);
  }
  return aggregation == AGGREGATE_max   ? most
         : aggregation == AGGREGATE_min ? least
                                        : sum / (double)(now - from);
}

static void compare(unsigned seed, int64_t period, int aggregation)
{
  struct arena arena = {0};
  struct scaling how = {.most = 10,
                        .target = 1,
                        .look_back = period,
                        .up_factor = 1,
                        .down_factor = 1,
                        .aggregation = aggregation};
  struct autoscale *a = autoscale_new(&arena, &how, 0);
  static struct series s;
  int64_t now = 0;
  s.n = 0;
  srand(seed);
  for (int64_t step = 1; s.n < CHANGES - 50 && step < 4000; step++) {
    int changes = rand() % 8 ? rand() % 4 : rand() % 40;
    for (int i = 0; i < changes; i++) {
      now += rand() % (SCALE_STEP / 50);
      s.at[s.n] = now;
      s.load[s.n] = (uint32_t)(rand() % 30);
      autoscale_load(a, s.load[s.n++], now);
    }
    if (rand() % 30 == 0) // a time in which nobody looks
      step += rand() % 100;
    now = step * SCALE_STEP;
    double wanted = over(&s, now, period, aggregation);
    double got = autoscale_calls(a, now);
    if (fabs(wanted - got) > 1e-6 * (1 + wanted))
      fail_msg("seed %u step %lld: %g, not %g", seed, (long long)step, got,
               wanted);
  }
  arena_free(&arena);
}

static void sums_are_those_of_all_changes(void **state)
{
  static const int64_t periods[] = {SCALE_STEP, 10ll * SCALE_STEP,
                                    300ll * SCALE_STEP, 599ll * SCALE_STEP};
  for (unsigned seed = 1; seed < 20; seed++)
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
      for (int how = AGGREGATE_mean; how <= AGGREGATE_min; how++)
        compare(seed, periods[i], how);
}

// A long period is kept in parts, and its beginning is rounded to one.
static void a_long_period_is_nearly_that(void **state)
{
  struct arena arena = {0};
  int64_t hour = 36000ll * SCALE_STEP;
  struct scaling how = {.most = 10, .target = 1, .look_back = hour};
  struct autoscale *a = autoscale_new(&arena, &how, 0);
  autoscale_load(a, 100, hour);
  for (int64_t now = hour; now <= 2 * hour; now += 601ll * SCALE_STEP) {
    double wanted = 100.0 * (double)(now - hour) / (double)hour;
    assert_true(fabs(autoscale_calls(a, now) - wanted) < 0.5);
  }
  assert_true(autoscale_calls(a, 2 * hour) == 100);
  arena_free(&arena);
}

static void nothing_and_constant_loads_settle(void **state)
{
  struct arena arena = {0};
  struct scaling how = {.least = 0,
                        .most = 10,
                        .initial = 0,
                        .target = 2,
                        .look_back = 10ll * SCALE_STEP,
                        .up_factor = 1,
                        .down_factor = 1};
  struct autoscale *a = autoscale_new(&arena, &how, 0);
  int64_t now = SCALE_STEP;
  assert_false(autoscale_step(a, 0, now));
  assert_true(autoscale_settled(a, now));
  autoscale_load(a, 1, now);
  assert_true(autoscale_wake(a, now));
  assert_false(autoscale_wake(a, now)); // it is on its way
  assert_int_equal(a->wanted, 1);
  autoscale_load(a, 8, now);
  uint32_t wanted = 0;
  int steps = 0;
  do {
    now = autoscale_next(a, now);
    autoscale_step(a, a->wanted, now);
    wanted = a->wanted;
  } while (++steps < 100 && !autoscale_settled(a, now));
  assert_int_equal(wanted, 4);
  assert_true(steps < 20);
  arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_are_those_of_all_changes),
      cmocka_unit_test(a_long_period_is_nearly_that),
      cmocka_unit_test(nothing_and_constant_loads_settle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
