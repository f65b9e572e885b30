// Replicas: parameters, lets, state; the order in which they start; real time.
#include "tests/unit/sample.h"

#include <unistd.h>
#include <uv.h>

static struct sample s;
static struct ask q;

enum { MS = 1000000 };

// deployment Counter(first: int, names: [str]) {
//   let double: int = first * 2
//   state n: int = 0
//   state seen: [str] = []
//   fn run(x: str) -> [str] { n = n + 1; seen = seen + [x]; return seen }
// }
// The class is number 0; its methods: run, and count() = n + double.
static void counter(int64_t first, bool overflows)
{
  begin(&s, FUNCTION_init, "args", PLAN_NONE, PLAN_NONE);
  uint32_t pair =
      type_of_fields(&s, TYPE_tuple, (uint32_t[]){s.integer, s.texts}, NULL, 2);
  s.f.result = pair;
  uint32_t t = slot(&s, pair), a = slot(&s, s.integer), l = slot(&s, s.texts),
           x = slot(&s, s.text);
  integer(&s, a, first);
  string(&s, x, "first");
  code(&s, OP_list, l, x, 1);
  code(&s, OP_tuple, t, a, 2);
  code(&s, OP_return, t, 0, 0);
  uint32_t args = end(&s);
  begin(&s, FUNCTION_init, "init", 0, s.none);
  a = slot(&s, s.integer);
  uint32_t b = slot(&s, s.integer), none = slot(&s, s.none);
  l = slot(&s, s.texts);
  code(&s, OP_self, a, 0, 0);
  integer(&s, b, overflows ? INT64_MAX : 2);
  code(&s, OP_mul_i, a, a, b);
  code(&s, OP_set_self, a, 2, 0);
  code(&s, OP_self, l, 1, 0);
  code(&s, OP_set_self, l, 4, 0); // seen begins with the names
  code(&s, OP_return, none, 0, 0);
  uint32_t init = end(&s);
  begin(&s, FUNCTION_body, "run", 0, s.texts);
  x = param(&s, s.text);
  l = slot(&s, s.texts);
  uint32_t old = slot(&s, s.texts), n = slot(&s, s.integer),
           one = slot(&s, s.integer);
  code(&s, OP_self, n, 3, 0);
  integer(&s, one, 1);
  code(&s, OP_add_i, n, n, one);
  code(&s, OP_set_self, n, 3, 0);
  code(&s, OP_self, old, 4, 0);
  code(&s, OP_self, l, 4, 0);
  code(&s, OP_push, l, x, 0);
  code(&s, OP_set_self, l, 4, 0);
  code(&s, OP_return, old, 0, 0); // as it was, and still readable
  uint32_t run = end(&s);
  begin(&s, FUNCTION_body, "count", 0, s.integer);
  n = slot(&s, s.integer);
  one = slot(&s, s.integer);
  code(&s, OP_self, n, 3, 0);
  code(&s, OP_self, one, 2, 0);
  code(&s, OP_add_i, n, n, one);
  code(&s, OP_return, n, 0, 0);
  uint32_t count = end(&s);
  uint32_t types[] = {s.integer, s.texts, s.integer, s.integer, s.texts};
  struct plan_field fields[5];
  for (int i = 0; i < 5; i++)
    fields[i] = (struct plan_field){.name = plan_intern(&s.b, "field"),
                                    .type = types[i],
                                    .value = PLAN_NONE};
  struct plan_method_row methods[] = {
      {.name = plan_intern(&s.b, "run"), .class = 0, .function = run,
       .batch = PLAN_NONE, .loader = PLAN_NONE},
      {.name = plan_intern(&s.b, "count"), .class = 0, .function = count,
       .batch = PLAN_NONE, .loader = PLAN_NONE}};
  plan_add_classes(
      &s.b,
      (struct plan_class){.name = plan_intern(&s.b, "Counter"),
                          .fields = plan_add_run_fields(&s.b, fields, 5),
                          .n_params = 2,
                          .n_lets = 1,
                          .init = init,
                          .methods = plan_add_run_methods(&s.b, methods, 2)});
  struct setting two = {SETTING_num_replicas, 2};
  uint32_t c = binding(&s, 0, "counter", settings(&s, &two, 1));
  s.b.bindings.rows[c].args = args;
}

static uint32_t through(uint32_t method, uint32_t from, uint32_t result)
{
  begin(&s, FUNCTION_body, "through", PLAN_NONE, result);
  uint32_t x = from == PLAN_NONE ? 0 : param(&s, from);
  uint32_t to = slot(&s, result);
  wide(&s, OP_call, to, site(&s, SITE_method, method, 0, x, from != PLAN_NONE));
  code(&s, OP_return, to, 0, 0);
  return end(&s);
}

static void test_state(void **state)
{
  sample_init(&s);
  counter(21, false);
  uint32_t run = through(0, s.text, s.texts),
           count = through(1, PLAN_NONE, s.integer);
  open_sample(&s);
  const struct text x = {1, 1, "x"};
  for (uint32_t i = 0; i < 6; i++) { // two replicas, in turn
    const struct list *l = call_with(&s, &q, run, &(value){.text = &x}).list;
    assert_int_equal(l->count, 1 + i / 2);
    assert_true(text_is(l->items[0].text, "first", 5));
    ask_free(&q);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(call_with(&s, &q, count, NULL).i, 42 + 3);
    ask_free(&q);
  }
  close_sample(&s);
}

static void test_init_fails(void **state)
{
  sample_init(&s);
  counter(21, true);
  const void *bytes;
  size_t size;
  char why[300] = "";
  plan_add_apps(&s.b, (struct plan_app){.name = plan_intern(&s.b, "app"),
                                        .bindings = {0, 1}});
  assert_int_equal(plan_finish(&s.b, &bytes, &size), 0);
  assert_int_equal(plan_open(&s.plan, bytes, size, why, sizeof why), 0);
  struct engine_options o = {0};
  assert_int_equal(engine_new(&s.engine, &s.plan, &o, why, sizeof why), -1);
  assert_string_equal(why, "sample.sg:2:1: counter could not start: integer "
                           "overflow in 21 * 9223372036854775807");
  assert_null(s.engine);
  close_sample(&s);
}

// A binding that another's initialiser calls starts first, whatever its number.
static void test_order(void **state)
{
  sample_init(&s);
  uint32_t late = 1; // the binding that the first one needs
  begin(&s, FUNCTION_init, "init", 0, s.none);
  uint32_t n = slot(&s, s.integer), none = slot(&s, s.none);
  wide(&s, OP_call, n, site(&s, SITE_method, 1, late, n, 0));
  code(&s, OP_set_self, n, 0, 0);
  code(&s, OP_return, none, 0, 0);
  uint32_t init = end(&s);
  begin(&s, FUNCTION_init, "init", 1, s.none);
  n = slot(&s, s.integer);
  none = slot(&s, s.none);
  integer(&s, n, 7);
  code(&s, OP_set_self, n, 0, 0);
  code(&s, OP_return, none, 0, 0);
  uint32_t other = end(&s);
  for (uint32_t c = 0; c < 2; c++) {
    begin(&s, FUNCTION_body, "run", c, s.integer);
    n = slot(&s, s.integer);
    code(&s, OP_self, n, 0, 0);
    code(&s, OP_return, n, 0, 0);
    uint32_t run = end(&s);
    struct plan_field field = {
        .name = plan_intern(&s.b, "n"), .type = s.integer, .value = PLAN_NONE};
    struct plan_method_row m = {
        .name = plan_intern(&s.b, "run"), .class = c, .function = run,
        .batch = PLAN_NONE, .loader = PLAN_NONE};
    plan_add_classes(&s.b, (struct plan_class){
                               .name = plan_intern(&s.b, "C"),
                               .fields = plan_add_run_fields(&s.b, &field, 1),
                               .n_lets = 1,
                               .init = c ? other : init,
                               .methods = plan_add_run_methods(&s.b, &m, 1)});
  }
  binding(&s, 0, "first", settings(&s, NULL, 0));
  binding(&s, 1, "second", settings(&s, NULL, 0));
  uint32_t f = through(0, PLAN_NONE, s.integer);
  open_sample(&s);
  assert_int_equal(call_with(&s, &q, f, NULL).i, 7);
  ask_free(&q);
  close_sample(&s);
}

// ---- real time ----

static int ended;

static void on_done(struct request *r)
{
  ended++;
}

static uint32_t sleeper(int64_t ns)
{
  begin(&s, FUNCTION_body, "sleeper", PLAN_NONE, s.none);
  uint32_t none = slot(&s, s.none), d = slot(&s, s.duration);
  integer(&s, d, ns);
  code(&s, OP_op, none, OPERATOR_sleep, d);
  code(&s, OP_return, none, 0, 0);
  return end(&s);
}

static uint32_t spinner(void)
{
  begin(&s, FUNCTION_body, "spinner", PLAN_NONE, s.none);
  slot(&s, s.none);
  wide(&s, OP_jump, 0, (uint32_t)-1);
  code(&s, OP_return, 0, 0, 0);
  return end(&s);
}

static void open_on(uv_loop_t *loop)
{
  open_sample(&s);
  engine_free(&s.engine);
  struct engine_options o = {.loop = loop};
  char why[300];
  assert_int_equal(engine_new(&s.engine, &s.plan, &o, why, sizeof why), 0);
}

static void close_on(uv_loop_t *loop)
{
  engine_free(&s.engine);
  uv_run(loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(loop), 0);
  close_sample(&s);
}

// A sleep never ends early, and the loop runs nothing meanwhile.
static void test_sleep(void **state)
{
  uv_loop_t loop;
  uv_loop_init(&loop);
  sample_init(&s);
  uint32_t f = sleeper(20 * MS + 1);
  open_on(&loop);
  q.r.done = on_done;
  int64_t t = engine_now(s.engine);
  clock_t cpu = clock();
  ended = 0;
  ask_start(&s, &q, f, NULL);
  uv_run(&loop, UV_RUN_DEFAULT); // until no timer is left
  t = engine_now(s.engine) - t;
  assert_int_equal(ended, 1);
  assert_true(t > 20 * MS);
  assert_true(clock() - cpu < 10 * CLOCKS_PER_SEC / 1000);
  ask_free(&q);
  close_on(&loop);
}

// Code that never waits keeps nobody else, and its deadline ends it.
static void test_spinning(void **state)
{
  uv_loop_t loop;
  uv_loop_init(&loop);
  sample_init(&s);
  uint32_t f = spinner(), g = sleeper(5 * MS);
  open_on(&loop);
  struct ask other = {.r.done = on_done};
  q.r.done = on_done;
  q.r.at_once = true;
  q.r.deadline = engine_now(s.engine) + 1000 * MS;
  ended = 0;
  ask_start(&s, &q, f, NULL);
  ask_start(&s, &other, g, NULL);
  while (!ended)
    uv_run(&loop, UV_RUN_NOWAIT);
  assert_true(other.r.ended && !other.r.failed);
  assert_false(q.r.ended);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(ended, 2);
  assert_error(&q, ERROR_timeout, "the deadline has passed");
  ask_free(&q);
  ask_free(&other);
  close_on(&loop);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_state),    cmocka_unit_test(test_init_fails),
      cmocka_unit_test(test_order),    cmocka_unit_test(test_sleep),
      cmocka_unit_test(test_spinning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
