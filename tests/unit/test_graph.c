// Graphs of strands: order by data alone, guards, failures, exact latency.
#include "tests/unit/sample.h"

static struct sample s;
static struct ask q;

enum { MS = 1000000 };

// deployment wait(ns: duration, x: int) -> int { sleep(ns); return x }
// and one that fails after its sleep; both without a bound.
static uint32_t wait_site_of(uint32_t which, uint32_t first)
{
  return site(&s, SITE_method, which, which, first, 2);
}

static void add_nodes(void)
{
  for (int bad = 0; bad < 2; bad++) {
    begin(&s, FUNCTION_body, bad ? "broken" : "wait", PLAN_NONE, s.integer);
    s.f.class = s.b.classes.n;
    uint32_t ns = param(&s, s.duration), x = param(&s, s.integer),
             none = slot(&s, s.none), status = slot(&s, s.integer),
             message = slot(&s, s.text);
    code(&s, OP_op, none, OPERATOR_sleep, ns);
    integer(&s, status, 500);
    string(&s, message, "broken");
    if (bad)
      code(&s, OP_fail, status, message, 0);
    else
      code(&s, OP_return, x, 0, 0);
    uint32_t c = class_of(&s, CLASS_function, end(&s));
    struct setting many = {SETTING_max_ongoing_requests, 1000000};
    binding(&s, c, bad ? "broken" : "wait", settings(&s, &many, 1));
  }
}

// A strand that calls a node: out = node(ns, in).
static uint32_t node(uint32_t which, uint32_t args, int64_t ns, uint32_t in,
                     uint32_t out)
{
  uint32_t n = strand(&s);
  integer(&s, args, ns);
  code(&s, OP_move, args + 1, in, 0);
  wide(&s, OP_call, out, wait_site_of(which, args));
  code(&s, OP_done, 0, 0, 0);
  return n;
}

static uint32_t pair(void)
{
  uint32_t n = slot(&s, s.duration);
  slot(&s, s.integer);
  return n;
}

static int64_t latency(uint32_t f, const value *args)
{
  int64_t t = engine_now(s.engine);
  call_with(&s, &q, f, args);
  return engine_now(s.engine) - t;
}

// ---- branches overlap, and nobody waits for what he does not need ----

static void test_overlap(void **state)
{
  sample_init(&s);
  add_nodes();
  begin(&s, FUNCTION_graph, "g", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), a = slot(&s, s.integer),
           b = slot(&s, s.integer), c = slot(&s, s.integer);
  uint32_t p1 = pair(), p2 = pair(), p3 = pair();
  uint32_t s1 = node(0, p1, 100 * MS, x, a);
  uint32_t s2 = node(0, p2, 150 * MS, x, b);
  uint32_t s3 = strand(&s);
  code(&s, OP_add_i, c, a, b);
  code(&s, OP_done, 0, 0, 0);
  uint32_t s4 = node(0, p3, 300 * MS, c, c);
  uint32_t s5 = strand(&s);
  code(&s, OP_return, c, 0, 0);
  node(0, pair(), 1000 * MS, x, slot(&s, s.integer)); // nobody needs it
  edge(&s, s1, s3, EDGE_data);
  edge(&s, s2, s3, EDGE_data);
  edge(&s, s3, s4, EDGE_data);
  edge(&s, s4, s5, EDGE_data);
  uint32_t g = end(&s);
  open_sample(&s);
  assert_int_equal(latency(g, &(value){.i = 21}), 450 * MS);
  assert_int_equal(q.r.result.i, 42);
  ask_free(&q);
  assert_int_equal(s.engine->deployments[0].ongoing, 0);
  close_sample(&s);
}

// ---- guards ----

// graph g(c: bool) = if c then wait(10ms, 1) else wait(20ms, 2)
static void test_guards(void **state)
{
  sample_init(&s);
  add_nodes();
  begin(&s, FUNCTION_graph, "g", PLAN_NONE, s.integer);
  uint32_t c = param(&s, s.boolean), one = slot(&s, s.integer),
           two = slot(&s, s.integer), out = slot(&s, s.integer);
  uint32_t s0 = strand(&s);
  integer(&s, one, 1);
  integer(&s, two, 2);
  code(&s, OP_choose, c, 0, 0);
  uint32_t s1 = node(0, pair(), 10 * MS, one, out);
  uint32_t s2 = node(0, pair(), 20 * MS, two, out);
  uint32_t s3 = strand(&s);
  code(&s, OP_return, out, 0, 0);
  edge(&s, s0, s1, EDGE_if);
  edge(&s, s0, s2, EDGE_unless);
  edge(&s, s1, s3, EDGE_data);
  edge(&s, s2, s3, EDGE_data);
  uint32_t g = end(&s);
  open_sample(&s);
  assert_int_equal(latency(g, &(value){.i = 1}), 10 * MS);
  assert_int_equal(q.r.result.i, 1);
  ask_free(&q);
  assert_int_equal(latency(g, &(value){.i = 0}), 20 * MS);
  assert_int_equal(q.r.result.i, 2);
  ask_free(&q);
  close_sample(&s);
}

// A branch waits on a failure, and is or is not taken later:
//   let a = broken(fails_at); let c = wait(decides_at) > 0
//   return if c then a else 7
static void guarded_failure(bool taken, int64_t fails_at, int64_t decides_at,
                            int64_t expected)
{
  sample_init(&s);
  add_nodes();
  begin(&s, FUNCTION_graph, "g", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), a = slot(&s, s.integer),
           zero = slot(&s, s.integer), w = slot(&s, s.integer),
           c = slot(&s, s.boolean), out = slot(&s, s.integer);
  uint32_t s0 = node(1, pair(), fails_at, x, a);
  uint32_t s1 = node(0, pair(), decides_at, x, w);
  uint32_t s2 = strand(&s);
  code(&s, OP_lt, c, zero, w);
  code(&s, OP_choose, c, 0, 0);
  uint32_t s3 = strand(&s);
  code(&s, OP_move, out, a, 0);
  code(&s, OP_done, 0, 0, 0);
  uint32_t s4 = strand(&s);
  integer(&s, out, 7);
  code(&s, OP_done, 0, 0, 0);
  uint32_t s5 = strand(&s);
  code(&s, OP_return, out, 0, 0);
  edge(&s, s0, s3, EDGE_data);
  edge(&s, s1, s2, EDGE_data);
  edge(&s, s2, s3, EDGE_if);
  edge(&s, s2, s4, EDGE_unless);
  edge(&s, s3, s5, EDGE_data);
  edge(&s, s4, s5, EDGE_data);
  uint32_t g = end(&s);
  open_sample(&s);
  assert_int_equal(latency(g, &(value){.i = taken}), expected);
  if (taken)
    assert_error(&q, ERROR_user, "broken");
  else
    assert_int_equal(q.r.result.i, 7);
  assert_int_equal(q.r.failed, taken);
  ask_free(&q);
  assert_int_equal(s.engine->deployments[0].ongoing, 0);
  assert_int_equal(s.engine->deployments[1].ongoing, 0);
  close_sample(&s);
}

static void test_guarded_failures(void **state)
{
  guarded_failure(false, 10 * MS, 50 * MS, 50 * MS);
  guarded_failure(true, 10 * MS, 50 * MS, 50 * MS);
  guarded_failure(false, 50 * MS, 10 * MS, 10 * MS); // what fails is not needed
  guarded_failure(true, 50 * MS, 10 * MS, 50 * MS);
}

// return broken(10ms) + wait(1000ms): fails as soon as it must.
static void test_fails_at_once(void **state)
{
  sample_init(&s);
  add_nodes();
  begin(&s, FUNCTION_graph, "g", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), a = slot(&s, s.integer),
           b = slot(&s, s.integer);
  uint32_t s0 = node(1, pair(), 10 * MS, x, a);
  uint32_t s1 = node(0, pair(), 1000 * MS, x, b);
  uint32_t s2 = strand(&s);
  code(&s, OP_add_i, a, a, b);
  code(&s, OP_return, a, 0, 0);
  edge(&s, s0, s2, EDGE_data);
  edge(&s, s1, s2, EDGE_data);
  uint32_t g = end(&s);
  open_sample(&s);
  assert_int_equal(latency(g, &(value){.i = 1}), 10 * MS);
  assert_error(&q, ERROR_user, "broken");
  ask_free(&q);
  assert_int_equal(s.engine->deployments[0].ongoing, 0); // cancelled
  assert_int_equal(s.engine->n_timers, 0);
  close_sample(&s);
}

// A skipped choose skips all that it guards; an error in a branch that is
// skipped goes nowhere.
static void test_nested_guards(void **state)
{
  sample_init(&s);
  add_nodes();
  begin(&s, FUNCTION_graph, "g", PLAN_NONE, s.integer);
  uint32_t c = param(&s, s.boolean), d = param(&s, s.boolean),
           x = slot(&s, s.integer), out = slot(&s, s.integer);
  uint32_t s0 = strand(&s);
  code(&s, OP_choose, c, 0, 0);
  uint32_t s1 = strand(&s);
  code(&s, OP_choose, d, 0, 0);
  uint32_t s2 = node(1, pair(), 5 * MS, x, out); // c and d
  uint32_t s3 = strand(&s);                      // c and not d
  integer(&s, out, 3);
  code(&s, OP_done, 0, 0, 0);
  uint32_t s4 = strand(&s); // not c
  integer(&s, out, 4);
  code(&s, OP_done, 0, 0, 0);
  uint32_t s5 = strand(&s);
  code(&s, OP_return, out, 0, 0);
  edge(&s, s0, s1, EDGE_if);
  edge(&s, s0, s4, EDGE_unless);
  edge(&s, s1, s2, EDGE_if);
  edge(&s, s1, s3, EDGE_unless);
  for (uint32_t i = s2; i <= s4; i++)
    edge(&s, i, s5, EDGE_data);
  uint32_t g = end(&s);
  open_sample(&s);
  assert_int_equal(latency(g, (value[]){{.i = 0}, {.i = 1}}), 0);
  assert_int_equal(q.r.result.i, 4);
  ask_free(&q);
  assert_int_equal(latency(g, (value[]){{.i = 1}, {.i = 0}}), 0);
  assert_int_equal(q.r.result.i, 3);
  ask_free(&q);
  assert_int_equal(latency(g, (value[]){{.i = 1}, {.i = 1}}), 5 * MS);
  assert_error(&q, ERROR_user, "broken");
  ask_free(&q);
  close_sample(&s);
}

// ---- random graphs ----

static uint32_t seed;

static uint32_t below(uint32_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return (uint32_t)(((uint64_t)(seed >> 8) * n) >> 24);
}

// Each strand waits a random time and adds 1 to the sum of what feeds it; the
// last one needs all without a follower. Latency is the longest path.
static void random_graph(uint32_t n)
{
  static int64_t ready[512], sum[512];
  static bool fed[512];
  uint32_t out[512];
  sample_init(&s);
  add_nodes();
  begin(&s, FUNCTION_graph, "g", PLAN_NONE, s.integer);
  memset(fed, 0, sizeof fed);
  for (uint32_t i = 0; i <= n; i++)
    out[i] = slot(&s, s.integer);
  uint32_t one = slot(&s, s.integer), total = slot(&s, s.integer);
  for (uint32_t i = 0; i < n; i++) {
    int64_t ns = below(5) ? below(200) * MS : 0;
    uint32_t args = pair(), k = strand(&s);
    integer(&s, one, 1);
    integer(&s, total, 1);
    ready[i] = 0;
    sum[i] = 1;
    for (uint32_t ways = i ? below(4) : 0; ways; ways--) {
      uint32_t from = below(i);
      if (s.strands[from].feeds.count >= 60)
        continue;
      edge(&s, from, k, EDGE_data);
      fed[from] = true;
      code(&s, OP_add_i, total, total, out[from]);
      sum[i] = (sum[i] + sum[from]) % 1000003;
      ready[i] = ready[i] > ready[from] ? ready[i] : ready[from];
    }
    code(&s, OP_move, out[i], total, 0);
    uint32_t most = slot(&s, s.integer);
    integer(&s, most, 1000003);
    code(&s, OP_mod_i, args + 1, total, most);
    integer(&s, args, ns);
    wide(&s, OP_call, out[i], wait_site_of(0, args));
    code(&s, OP_done, 0, 0, 0);
    ready[i] += ns;
  }
  int64_t longest = 0, all = 0;
  uint32_t last = strand(&s);
  for (uint32_t i = 0; i < n; i++)
    if (!fed[i]) {
      edge(&s, i, last, EDGE_data);
      code(&s, OP_add_i, out[n], out[n], out[i]);
      longest = ready[i] > longest ? ready[i] : longest;
      all += sum[i];
    }
  code(&s, OP_return, out[n], 0, 0);
  uint32_t g = end(&s);
  open_sample(&s);
  for (int k = 0; k < 2; k++) {
    assert_int_equal(latency(g, NULL), longest);
    assert_int_equal(q.r.result.i, all);
    ask_free(&q);
  }
  assert_int_equal(s.engine->deployments[0].ongoing, 0);
  assert_int_equal(s.engine->deployments[0].turns, 1 + 2 * n); // each once
  close_sample(&s);
}

static void test_random_graphs(void **state)
{
  for (seed = 1; seed < 1 + 200;) {
    uint32_t now = seed;
    random_graph(1 + below(200));
    seed = now + 1;
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_overlap),
      cmocka_unit_test(test_guards),
      cmocka_unit_test(test_guarded_failures),
      cmocka_unit_test(test_fails_at_once),
      cmocka_unit_test(test_nested_guards),
      cmocka_unit_test(test_random_graphs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
