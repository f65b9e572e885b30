// Pauses between starts that fail.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/serve/health.h"

static const int64_t second = 1000000000;

static void test_pauses_grow_to_a_minute(void **state)
{
  (void)state;
  static const int64_t seconds[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
  for (uint64_t seed = 0; seed < 1000; seed++) {
    struct backoff b = {.seed = seed};
    for (int i = 0; i < 9; i++) {
      int64_t pause = backoff_pause(&b), least = seconds[i] * second;
      assert_true(pause >= least && pause < least + least / 4);
      assert_int_equal(b.failed, i + 1);
    }
    b.failed = UINT32_MAX; // they do not begin anew by themselves
    assert_true(backoff_pause(&b) >= 60 * second);
    assert_int_equal(b.failed, UINT32_MAX);
  }
}

static void test_pauses_differ_by_seed_only(void **state)
{
  (void)state;
  int same = 0;
  for (uint64_t seed = 0; seed < 1000; seed++) {
    struct backoff one = {.seed = seed}, again = one, other = {.seed = ~seed};
    for (int i = 0; i < 9; i++) {
      int64_t pause = backoff_pause(&one);
      assert_int_equal(pause, backoff_pause(&again));
      same += pause == backoff_pause(&other);
    }
  }
  assert_true(same < 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pauses_grow_to_a_minute),
      cmocka_unit_test(test_pauses_differ_by_seed_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
