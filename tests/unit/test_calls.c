// Deployments and futures: slots, queues, time limits, cancellation, and calls
// that go on beside their caller.
#include "tests/unit/sample.h"

static struct sample s;
static struct ask q;

enum { MS = 1000000 };

// deployment work(x: int) -> int { sleep(100ms); return x + 1 }, as binding
// `work`; and fn ask(x: int) -> int = work(x). Gives ask.
static uint32_t worker(const struct setting *set, uint32_t n)
{
  begin(&s, FUNCTION_body, "work", PLAN_NONE, s.integer);
  s.f.class = s.b.classes.n;
  uint32_t x = param(&s, s.integer), one = slot(&s, s.integer),
           none = slot(&s, s.none), ns = slot(&s, s.duration);
  integer(&s, ns, 100 * MS);
  code(&s, OP_op, none, OPERATOR_sleep, ns);
  integer(&s, one, 1);
  code(&s, OP_add_i, x, x, one);
  code(&s, OP_return, x, 0, 0);
  uint32_t c = class_of(&s, CLASS_function, end(&s));
  uint32_t b = binding(&s, c, "work", settings(&s, set, n));
  begin(&s, FUNCTION_body, "ask", PLAN_NONE, s.integer);
  x = param(&s, s.integer);
  wide(&s, OP_call, x, site(&s, SITE_method, c, b, x, 1));
  code(&s, OP_return, x, 0, 0);
  return end(&s);
}

// ---- slots and queues ----

enum { CROWD = 12 };
static struct ask crowd[CROWD];

static void free_crowd(void)
{
  for (int i = 0; i < CROWD; i++)
    ask_free(&crowd[i]);
  struct deployment *d = s.engine->deployments;
  assert_int_equal(d->ongoing, 0);
  assert_int_equal(d->queued, 0);
  assert_int_equal(s.engine->n_timers, 0);
  assert_null(s.engine->ready_first);
}

static void test_queue_is_exact(void **state)
{
  sample_init(&s);
  struct setting set[] = {{SETTING_max_ongoing_requests, 1},
                          {SETTING_max_queued_requests, 1},
                          {SETTING_overload_status, 429}};
  uint32_t f = worker(set, 3);
  open_sample(&s);
  for (int i = 0; i < CROWD; i++)
    ask_start(&s, &crowd[i], f, &(value){.i = i});
  assert_true(engine_run_until_done(s.engine, &crowd[CROWD - 1].r));
  for (int i = 2; i < CROWD; i++) {
    assert_error(&crowd[i], ERROR_overloaded,
                 "work is overloaded: its queue of 1 is full");
    assert_int_equal(crowd[i].r.error.status, 429);
  }
  assert_int_equal(engine_now(s.engine), 0);
  assert_true(engine_run_until_done(s.engine, &crowd[0].r));
  assert_int_equal(engine_now(s.engine), 100 * MS);
  assert_true(engine_run_until_done(s.engine, &crowd[1].r));
  assert_int_equal(engine_now(s.engine), 200 * MS);
  assert_int_equal(crowd[1].r.result.i, 2);
  free_crowd();
  close_sample(&s);
}

// Without a setting a body that sleeps has five slots, and order is kept.
static void test_five_slots(void **state)
{
  sample_init(&s);
  uint32_t f = worker(NULL, 0);
  open_sample(&s);
  for (int i = 0; i < CROWD; i++)
    ask_start(&s, &crowd[i], f, &(value){.i = i});
  for (int i = 0; i < CROWD; i++) {
    assert_true(engine_run_until_done(s.engine, &crowd[i].r));
    assert_int_equal(engine_now(s.engine), (i / 5 + 1) * 100 * MS);
    assert_int_equal(crowd[i].r.result.i, i + 1);
  }
  free_crowd();
  close_sample(&s);
}

// The fewest calls, in turn among equals.
static void test_which_replica(void **state)
{
  sample_init(&s);
  struct setting set[] = {{SETTING_num_replicas, 3},
                          {SETTING_max_ongoing_requests, 3}};
  uint32_t f = worker(set, 2);
  open_sample(&s);
  struct deployment *d = s.engine->deployments;
  struct claim c[9] = {0}, more[4] = {0};
  for (int i = 0; i < 9; i++) {
    assert_true(deployment_take(d, &c[i], 0));
    assert_int_equal(c[i].replica - d->replicas, i % 3);
  }
  assert_false(deployment_take(d, &more[3], 0));
  deployment_give(&c[1], 0);
  deployment_give(&c[4], 0);
  deployment_give(&c[2], 0);
  static const int next[] = {1, 2, 1};
  for (int i = 0; i < 3; i++) {
    assert_true(deployment_take(d, &more[i], 0));
    assert_ptr_equal(more[i].replica, &d->replicas[next[i]]);
  }
  assert_false(deployment_take(d, &more[3], 0));
  for (int i = 0; i < 9; i++)
    if (c[i].replica)
      deployment_give(&c[i], 0);
  for (int i = 0; i < 3; i++)
    deployment_give(&more[i], 0);
  assert_int_equal(d->ongoing, 0);
  assert_int_equal(call_with(&s, &q, f, &(value){.i = 1}).i, 2);
  ask_free(&q);
  close_sample(&s);
}

static void test_queue_timeout(void **state)
{
  sample_init(&s);
  struct setting set[] = {{SETTING_max_ongoing_requests, 1},
                          {SETTING_queue_timeout, 30 * MS}};
  uint32_t f = worker(set, 2);
  open_sample(&s);
  ask_start(&s, &crowd[0], f, &(value){.i = 0});
  ask_start(&s, &crowd[1], f, &(value){.i = 0});
  assert_true(engine_run_until_done(s.engine, &crowd[1].r));
  assert_int_equal(engine_now(s.engine), 30 * MS);
  assert_error(&crowd[1], ERROR_timeout,
               "work had no free replica within its queue_timeout");
  assert_int_equal(crowd[1].r.error.status, 408);
  assert_true(engine_run_until_done(s.engine, &crowd[0].r));
  assert_false(crowd[0].r.failed);
  free_crowd();
  close_sample(&s);
}

static void test_request_timeout(void **state)
{
  sample_init(&s);
  struct setting set[] = {{SETTING_max_ongoing_requests, 1},
                          {SETTING_request_timeout, 150 * MS}};
  uint32_t f = worker(set, 2);
  open_sample(&s);
  for (int i = 0; i < 3; i++)
    ask_start(&s, &crowd[i], f, &(value){.i = i});
  for (int i = 0; i < 3; i++)
    assert_true(engine_run_until_done(s.engine, &crowd[i].r));
  assert_int_equal(engine_now(s.engine), 150 * MS);
  assert_int_equal(crowd[0].r.result.i, 1);
  assert_error(&crowd[1], ERROR_timeout, "work did not answer within 0.15 s");
  assert_true(crowd[2].r.failed);
  free_crowd();
  close_sample(&s);
}

static void test_deadline(void **state)
{
  sample_init(&s);
  uint32_t f = worker(NULL, 0);
  open_sample(&s);
  q.r.deadline = 20 * MS;
  call_with(&s, &q, f, &(value){.i = 0});
  assert_error(&q, ERROR_timeout, "the deadline has passed");
  assert_int_equal(engine_now(s.engine), 20 * MS);
  ask_free(&q);
  free_crowd();
  close_sample(&s);
}

// Cancelled ones give their place to others at that moment.
static void test_cancel(void **state)
{
  sample_init(&s);
  struct setting set = {SETTING_max_ongoing_requests, 2};
  uint32_t f = worker(&set, 1);
  open_sample(&s);
  for (int i = 0; i < CROWD; i++)
    ask_start(&s, &crowd[i], f, &(value){.i = i});
  struct ask late = {0};
  q.r.deadline = 10 * MS;
  call_with(&s, &q, f, &(value){.i = 0});
  ask_free(&q);
  assert_int_equal(s.engine->deployments->queued, CROWD - 2);
  for (int i = 0; i < CROWD - 1; i++) {
    request_cancel(&crowd[i].r);
    request_cancel(&crowd[i].r); // twice does no harm
    ask_free(&crowd[i]);
  }
  assert_int_equal(s.engine->deployments->ongoing, 1);
  assert_int_equal(call_with(&s, &late, f, &(value){.i = 8}).i, 9);
  assert_int_equal(engine_now(s.engine), 110 * MS);
  ask_free(&late);
  assert_true(crowd[CROWD - 1].r.ended);
  free_crowd();
  close_sample(&s);
}

// ---- calls beside their caller ----

// fn many(n: int) -> [int]: starts n calls of work, then needs them.
static uint32_t many(uint32_t c, uint32_t b)
{
  uint32_t future = type(&s, TYPE_future, s.integer),
           futures = type(&s, TYPE_list, future),
           list = type(&s, TYPE_list, s.integer);
  begin(&s, FUNCTION_body, "many", PLAN_NONE, list);
  uint32_t n = param(&s, s.integer), i = slot(&s, s.integer),
           f = slot(&s, future), fs = slot(&s, futures), l = slot(&s, list),
           one = slot(&s, s.integer), go = slot(&s, s.boolean);
  integer(&s, one, 1);
  code(&s, OP_list, fs, f, 0);
  wide(&s, OP_start, f, site(&s, SITE_method, c, b, i, 1));
  code(&s, OP_push, fs, f, 0);
  code(&s, OP_add_i, i, i, one);
  code(&s, OP_lt, go, i, n);
  wide(&s, OP_jump_if, go, (uint32_t)-5);
  code(&s, OP_force, l, fs, 0);
  code(&s, OP_return, l, 0, 0);
  return end(&s);
}

static void test_many_futures(void **state)
{
  sample_init(&s);
  struct setting set = {SETTING_max_ongoing_requests, 100000};
  worker(&set, 1);
  uint32_t f = many(0, 0);
  open_sample(&s);
  const struct list *l = call_with(&s, &q, f, &(value){.i = 10000}).list;
  assert_int_equal(engine_now(s.engine), 100 * MS);
  assert_int_equal(l->count, 10000);
  for (uint32_t i = 0; i < l->count; i++)
    assert_int_equal(l->items[i].i, i + 1);
  ask_free(&q);
  free_crowd();
  close_sample(&s);
}

// The call of a call's result begins when that is there.
static void test_chain_of_futures(void **state)
{
  sample_init(&s);
  worker(NULL, 0);
  uint32_t future = type(&s, TYPE_future, s.integer);
  begin(&s, FUNCTION_body, "chain", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), a = slot(&s, future), b = slot(&s, future),
           y = slot(&s, s.integer);
  wide(&s, OP_start, a, site(&s, SITE_method, 0, 0, x, 1));
  wide(&s, OP_start, b, site(&s, SITE_method, 0, 0, a, 1));
  wide(&s, OP_start, a, site(&s, SITE_method, 0, 0, x, 1));
  code(&s, OP_force, y, b, 0);
  code(&s, OP_return, y, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  assert_int_equal(call_with(&s, &q, f, &(value){.i = 5}).i, 7);
  assert_int_equal(engine_now(s.engine), 200 * MS);
  ask_free(&q);
  free_crowd();
  close_sample(&s);
}

// A body that ends with calls that nobody needs ends them too.
static void test_unneeded_calls_end(void **state)
{
  sample_init(&s);
  worker(NULL, 0);
  uint32_t future = type(&s, TYPE_future, s.integer);
  begin(&s, FUNCTION_body, "leave", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), a = slot(&s, future);
  for (int i = 0; i < 8; i++) // more than there are slots
    wide(&s, OP_start, a, site(&s, SITE_method, 0, 0, x, 1));
  wide(&s, OP_start, a, site(&s, SITE_method, 0, 0, a, 1));
  code(&s, OP_return, x, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  call_with(&s, &q, f, &(value){.i = 5});
  assert_int_equal(engine_now(s.engine), 0);
  ask_free(&q);
  free_crowd();
  close_sample(&s);
}

// [half(x) for x in xs]: one call an element, and the first error at once.
static void test_each(void **state)
{
  sample_init(&s);
  worker(NULL, 0);
  uint32_t ints = type(&s, TYPE_list, s.integer),
           future = type(&s, TYPE_future, s.integer),
           futures = type(&s, TYPE_list, future);
  begin(&s, FUNCTION_body, "half", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), y = param(&s, s.integer);
  code(&s, OP_div_i, y, y, x);
  wide(&s, OP_call, x, site(&s, SITE_method, 0, 0, x, 1));
  code(&s, OP_add_i, x, x, y);
  code(&s, OP_return, x, 0, 0);
  uint32_t half = end(&s);
  begin(&s, FUNCTION_body, "all", PLAN_NONE, ints);
  uint32_t l = param(&s, ints), n = param(&s, s.integer),
           fs = slot(&s, futures);
  wide(&s, OP_each, fs, site(&s, SITE_function, half, PLAN_NONE, l, 2));
  code(&s, OP_force, l, fs, 0);
  code(&s, OP_return, l, 0, 0);
  (void)n;
  uint32_t f = end(&s);
  open_sample(&s);
  value items[12];
  struct list given = {.count = 12, .items = items};
  for (int i = 0; i < 12; i++)
    items[i].i = i + 1;
  const struct list *got =
      call_with(&s, &q, f, (value[]){{.list = &given}, {.i = 60}}).list;
  assert_int_equal(engine_now(s.engine), 300 * MS); // five at a time
  for (int i = 0; i < 12; i++)
    assert_int_equal(got->items[i].i, i + 2 + 60 / (i + 1));
  ask_free(&q);
  items[7].i = 0;
  call_with(&s, &q, f, (value[]){{.list = &given}, {.i = 60}});
  assert_error(&q, ERROR_user, "division by zero in 60 div 0");
  assert_int_equal(engine_now(s.engine), 300 * MS);
  ask_free(&q);
  given.count = 0;
  got = call_with(&s, &q, f, (value[]){{.list = &given}, {.i = 60}}).list;
  assert_int_equal(got->count, 0);
  ask_free(&q);
  free_crowd();
  close_sample(&s);
}

// Deep chains of calls that start calls end without the C stack.
static void test_deep_starts(void **state)
{
  sample_init(&s);
  uint32_t future = type(&s, TYPE_future, s.integer);
  begin(&s, FUNCTION_body, "deeper", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), a = slot(&s, future);
  wide(&s, OP_start, a, site(&s, SITE_function, 0, PLAN_NONE, x, 1));
  code(&s, OP_force, x, a, 0);
  code(&s, OP_return, x, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  call_with(&s, &q, f, &(value){.i = 5});
  assert_error(&q, ERROR_limit, "calls nest deeper than 1000");
  ask_free(&q);
  ask_start(&s, &q, f, &(value){.i = 5});
  engine_run(s.engine);
  request_cancel(&q.r);
  ask_free(&q);
  assert_null(s.engine->ready_first);
  close_sample(&s);
}

// ---- calls that repeat ----

// fn ask(x: int) -> int = work(x) with { … }; work is binding 0 of class 0.
static uint32_t ask_with(const struct setting *set, uint32_t n)
{
  begin(&s, FUNCTION_body, "ask", PLAN_NONE, s.integer);
  uint32_t x = param(&s, s.integer), k = site(&s, SITE_method, 0, 0, x, 1);
  s.b.sites.rows[k].settings = settings(&s, set, n);
  wide(&s, OP_call, x, k);
  code(&s, OP_return, x, 0, 0);
  return end(&s);
}

static void test_retries(void **state)
{
  sample_init(&s);
  struct setting set[] = {{SETTING_max_ongoing_requests, 1},
                          {SETTING_max_queued_requests, 0}};
  uint32_t f = worker(set, 2);
  struct setting some[] = {{SETTING_retries, 2}, {SETTING_backoff, 40 * MS}},
                 few[] = {{SETTING_retries, 1}, {SETTING_backoff, 40 * MS}};
  uint32_t g = ask_with(some, 2), h = ask_with(few, 2);
  open_sample(&s);
  ask_start(&s, &crowd[0], f, &(value){.i = 0});
  ask_start(&s, &crowd[1], h, &(value){.i = 0});
  assert_int_equal(call_with(&s, &q, g, &(value){.i = 5}).i, 6);
  assert_int_equal(engine_now(s.engine), (40 + 80 + 100) * MS);
  assert_error(&crowd[1], ERROR_overloaded,
               "work is overloaded: its queue of 0 is full");
  ask_free(&q);
  free_crowd();
  close_sample(&s);
}

// How many attempts are made at a call that always fails.
static uint64_t attempts(bool idempotent)
{
  sample_init(&s);
  struct setting set[] = {{SETTING_request_timeout, 30 * MS},
                          {SETTING_idempotent, idempotent},
                          {SETTING_max_ongoing_requests, 5}};
  worker(set, 3);
  struct setting some[] = {{SETTING_retries, 3}, {SETTING_timeout, 100 * MS}};
  uint32_t f = ask_with(some, 2);
  open_sample(&s);
  call_with(&s, &q, f, &(value){.i = 0});
  assert_int_equal(engine_now(s.engine), (idempotent ? 100 : 30) * MS);
  assert_int_equal(q.r.error.kind, ERROR_timeout);
  ask_free(&q);
  free_crowd();
  uint64_t turns = s.engine->deployments->turns - 1;
  close_sample(&s);
  return turns;
}

static void test_idempotent(void **state)
{
  assert_int_equal(attempts(false), 1);
  assert_int_equal(attempts(true), 4); // the last is cut off by the whole limit
}

static void test_hedge(void **state)
{
  sample_init(&s);
  struct setting set[] = {{SETTING_max_ongoing_requests, 1},
                          {SETTING_num_replicas, 2}};
  uint32_t f = worker(set, 2);
  struct setting hedge = {SETTING_hedge, 30 * MS};
  uint32_t g = ask_with(&hedge, 1);
  open_sample(&s);
  ask_start(&s, &crowd[0], f, &(value){.i = 0});
  ask_start(&s, &crowd[1], g, &(value){.i = 0});
  assert_true(engine_run_until_done(s.engine, &crowd[1].r));
  assert_int_equal(engine_now(s.engine), 100 * MS);
  assert_int_equal(s.engine->deployments->turns,
                   2 + 2 + 1); // and one handed on
  free_crowd();
  close_sample(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_queue_is_exact),
      cmocka_unit_test(test_five_slots),
      cmocka_unit_test(test_which_replica),
      cmocka_unit_test(test_queue_timeout),
      cmocka_unit_test(test_request_timeout),
      cmocka_unit_test(test_deadline),
      cmocka_unit_test(test_cancel),
      cmocka_unit_test(test_many_futures),
      cmocka_unit_test(test_chain_of_futures),
      cmocka_unit_test(test_unneeded_calls_end),
      cmocka_unit_test(test_each),
      cmocka_unit_test(test_deep_starts),
      cmocka_unit_test(test_retries),
      cmocka_unit_test(test_idempotent),
      cmocka_unit_test(test_hedge),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
