// Who waits for which batch, with settings that change meanwhile: nobody is
// lost, nobody is in two, no batch holds more than it may.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/serve/batch.h"

enum { MEMBERS = 200, STEPS = 20000 };

struct crowd {
  struct batching how;
  struct lineup lineup;
  struct member members[MEMBERS];
  enum { AWAY, WAITS, RUNS } is[MEMBERS];
  int64_t came[MEMBERS], comings, now;
  uint64_t random;
};

static uint32_t any(struct crowd *c, uint32_t below)
{
  c->random = c->random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(c->random >> 33) % below;
}

static void change(struct crowd *c)
{
  c->how.max_size = 1 + any(c, 20);
  c->how.wait = any(c, 50);
  c->how.max_concurrent = 1 + any(c, 3);
}

static void come_or_leave(struct crowd *c, uint32_t i)
{
  if (c->is[i] == RUNS)
    return;
  if (c->is[i] == WAITS) {
    lineup_leave(&c->lineup, &c->members[i]);
  } else {
    lineup_join(&c->lineup, &c->members[i], any(c, 6), c->now);
    c->came[i] = ++c->comings;
  }
  c->is[i] = c->is[i] == WAITS ? AWAY : WAITS;
}

// They all wait, in the order of coming, and are no more than may be.
static void take(struct crowd *c)
{
  struct members out;
  int64_t weight = 0, last = 0;
  assert_true(c->lineup.under_way < c->how.max_concurrent);
  lineup_take(&c->lineup, &out);
  assert_true(out.count > 0);
  for (struct member *m = out.first; m; m = m->next) {
    size_t i = (size_t)(m - c->members);
    assert_int_equal(c->is[i], WAITS);
    assert_true(c->came[i] > last);
    last = c->came[i];
    weight += m->weight;
    c->is[i] = RUNS;
  }
  assert_true(weight <= c->how.max_size || out.count == 1);
  c->lineup.under_way++;
}

static void all_end(struct crowd *c)
{
  for (uint32_t i = 0; i < MEMBERS; i++)
    c->is[i] = c->is[i] == RUNS ? AWAY : c->is[i];
  c->lineup.under_way = 0;
}

static void look(const struct crowd *c)
{
  uint32_t count = 0;
  int64_t weight = 0;
  for (uint32_t i = 0; i < MEMBERS; i++)
    if (c->is[i] == WAITS) {
      count++;
      weight += c->members[i].weight;
    }
  assert_int_equal(c->lineup.waiting.count, count);
  assert_int_equal(c->lineup.weight, weight);
}

static void test_settings_change_while_calls_wait(void **state)
{
  (void)state;
  for (uint64_t seed = 0; seed < 20; seed++) {
    struct crowd *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->random = seed;
    c->lineup.how = &c->how;
    change(c);
    for (int step = 0; step < STEPS; step++, c->now++) {
      if (!any(c, 20))
        change(c);
      if (!any(c, 10))
        all_end(c);
      come_or_leave(c, any(c, MEMBERS));
      while (lineup_due(&c->lineup, c->now))
        take(c);
      look(c);
    }
    change(c); // and all who wait go in the end
    all_end(c);
    for (c->now += c->how.wait; lineup_due(&c->lineup, c->now); all_end(c))
      take(c);
    assert_int_equal(c->lineup.waiting.count, 0);
    free(c);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_settings_change_while_calls_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
