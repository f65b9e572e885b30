// Who is refused or left out because of the time: in virtual time, on the code
// of runtime/serve, against the same calls where nothing is ever known and
// nobody is. What would have been served in time is served.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/serve/deployment.h"

#include <string.h>

enum { CALLS = 400, SLOTS = 3, MS = 1000000 };

static struct call {
  int64_t comes, takes, end_by;
  int64_t began; // -1: it has not
  bool waits, in_time;
  struct claim claim;
  struct waiting waiting;
} calls[CALLS];

static struct deployment d;
static struct replica replica;
static struct replica *heap[1];
static int64_t now;
static uint32_t refused, shed;

static uint32_t seed;

static int64_t random_below(int64_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return (int64_t)(seed >> 8) % n;
}

// ---- one run ----

static void on_enter(struct waiting *w)
{
  struct call *c = (struct call *)((char *)w - offsetof(struct call, waiting));
  c->waits = false;
  c->began = now;
}

static void on_late(struct waiting *w)
{
  struct call *c = (struct call *)((char *)w - offsetof(struct call, waiting));
  c->waits = false;
  shed++;
}

static void come(struct call *c)
{
  if (deployment_take(&d, &c->claim, now)) {
    c->began = now;
    return;
  }
  c->waiting = (struct waiting){.since = now,
                                .claim = &c->claim,
                                .start_by = INT64_MAX,
                                .end_by = c->end_by,
                                .enter = on_enter,
                                .late = on_late};
  c->waits = deployment_wait(&d, &c->waiting) == LINE_JOINED;
  refused += !c->waits;
}

// When something happens to it next; INT64_MAX: never.
static int64_t next_of(const struct call *c)
{
  if (c->comes >= 0)
    return c->comes;
  if (c->claim.state == CLAIM_running && c->began + c->takes < c->end_by)
    return c->began + c->takes;
  return c->waits || c->claim.state == CLAIM_running ? c->end_by : INT64_MAX;
}

static void happen(struct call *c)
{
  if (c->comes >= 0) {
    c->comes = -1;
    come(c);
  } else if (c->waits) {
    c->waits = false;
    deployment_leave(&d, &c->waiting);
  } else {
    c->in_time = c->began + c->takes <= c->end_by;
    deployment_give(&c->claim, now);
  }
}

// Of equal times slots are given back first, so that who waits gets them.
static struct call *first(void)
{
  struct call *best = NULL;
  for (int i = 0; i < CALLS; i++) {
    struct call *c = &calls[i];
    int64_t at = next_of(c);
    if (at == INT64_MAX)
      continue;
    if (!best || at < next_of(best) ||
        (at == next_of(best) && c->claim.state == CLAIM_running &&
         best->claim.state != CLAIM_running))
      best = c;
  }
  return best;
}

// How many are served in time. `knows`: the shortest call is known.
static uint32_t run(const struct call *work, bool knows, int64_t shortest)
{
  memcpy(calls, work, sizeof calls);
  d = (struct deployment){.bounded = true,
                          .n_replicas = 1,
                          .replicas = &replica,
                          .n_ready = 1,
                          .heap = heap,
                          .max_ongoing = SLOTS,
                          .max_queued = CALLS};
  replica = (struct replica){.of = &d};
  heap[0] = &replica;
  now = refused = shed = 0;
  uint32_t in_time = 0;
  for (struct call *c; (c = first());) {
    now = next_of(c);
    d.pace = knows ? (struct pace){.now = {shortest, PACE_CALLS}, .begin = now}
                   : (struct pace){.begin = now};
    happen(c);
  }
  for (int i = 0; i < CALLS; i++)
    in_time += calls[i].in_time;
  assert_int_equal(d.queued + d.ongoing, 0);
  return in_time;
}

// ---- tests ----

static struct call work[CALLS];

// All at once, with one deadline: the same ones are served.
static void a_burst_loses_nobody(void **state)
{
  (void)state;
  for (seed = 1; seed < 40 * 1664525u; seed += 1664525u) {
    int64_t shortest = (1 + random_below(20)) * MS;
    int64_t end = shortest * (1 + random_below(90)) / (1 + random_below(3));
    bool constant = random_below(2);
    for (int i = 0; i < CALLS; i++)
      work[i] = (struct call){
          .takes = shortest + (constant ? 0 : random_below(3 * shortest)),
          .end_by = end,
          .began = -1};
    static struct call without[CALLS];
    run(work, false, 0);
    memcpy(without, calls, sizeof calls);
    run(work, true, shortest);
    for (int i = 0; i < CALLS; i++)
      assert_int_equal(calls[i].in_time, without[i].in_time);
    assert_true(refused > 0);
  }
}

// More than can be done, for long: no fewer are served, and where calls that
// are too late would hold slots, more.
static void overload_serves_no_fewer(void **state)
{
  (void)state;
  uint32_t with = 0, without = 0;
  for (uint32_t s = 1; s <= 30; s++) {
    seed = s;
    int64_t shortest = 10 * MS, gap = shortest / SLOTS / (2 + random_below(9));
    int64_t patience = shortest * (2 + random_below(12));
    int64_t spread = random_below(2) ? shortest : 1;
    for (int i = 0; i < CALLS; i++)
      work[i] = (struct call){.comes = i * gap,
                              .takes = shortest + random_below(spread),
                              .end_by = i * gap + patience,
                              .began = -1};
    uint32_t x = run(work, true, shortest), y = run(work, false, 0);
    assert_true(x + 1 >= y);
    with += x;
    without += y;
  }
  print_message("%u in time, %u where nothing is known\n", (unsigned)with,
                (unsigned)without);
  assert_true(with >= without);
}

static void what_is_measured(void **state)
{
  (void)state;
  struct pace p = {0};
  int64_t second = 1000ll * MS;
  assert_int_equal(pace_retry_after(&p, 5, 1), 1);
  for (int i = 0; i < PACE_CALLS; i++) {
    assert_int_equal(pace_least(&p, i), 0);
    pace_note(&p, (i == 3 ? 2 : 4) * second, i);
  }
  assert_true(pace_least(&p, 10) == 2 * second);
  assert_true(pace_begin(&p, 7, 2, 10) == 10 + 2 * 2 * second);
  assert_int_equal(pace_begin(&p, 3, 2, 10), 10);
  // 3.8 s a call: one that waits and the one that asks, on one slot and on
  // four.
  assert_int_equal(pace_retry_after(&p, 1, 1), 8);
  assert_int_equal(pace_retry_after(&p, 1, 4), 2);
  assert_int_equal(pace_retry_after(&p, 0, UINT64_MAX), 1);
  assert_int_equal(pace_retry_after(&p, UINT32_MAX, 1), PACE_RETRY_MOST);
  // In the next span it is still known, later not.
  assert_true(pace_least(&p, 11 * second) == 2 * second);
  assert_int_equal(pace_least(&p, 25 * second), 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_burst_loses_nobody),
      cmocka_unit_test(overload_serves_no_fewer),
      cmocka_unit_test(what_is_measured),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
