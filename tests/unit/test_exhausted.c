// No memory: each allocation that an engine and a request ask for fails once,
// alone. They say so, or go on without it; nothing is left behind
// (LeakSanitizer looks when the program ends), and the next try is a whole one.
#include "tests/unit/sample.h"

static uint32_t allowed; // allocations until the one that fails; 0: none does

static bool refused(void)
{
  return allowed && !--allowed;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
  return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
  return refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
  return refused() ? NULL : __real_realloc(p, size);
}

static struct sample s;
enum { STRANDS = 200, GRAPHS = 5 };

// A deployment with a list as state: fn run(x: int) -> [int] { l += [x]; return
// l }
static void keeper(uint32_t ints)
{
  begin(&s, FUNCTION_body, "keep", 0, ints);
  uint32_t x = param(&s, s.integer), l = slot(&s, ints),
           none = slot(&s, s.none), ns = slot(&s, s.duration);
  integer(&s, ns, 1000);
  code(&s, OP_self, l, 0, 0);
  code(&s, OP_push, l, x, 0);
  code(&s, OP_set_self, l, 0, 0);
  code(&s, OP_op, none, OPERATOR_sleep, ns);
  code(&s, OP_return, l, 0, 0);
  struct plan_field field = {plan_intern(&s.b, "l"), ints, PLAN_NONE, {0, 0}};
  uint32_t c = class_of(&s, CLASS_deployment, end(&s));
  s.b.classes.rows[c].fields = plan_add_run_fields(&s.b, &field, 1);
  struct setting one = {SETTING_max_ongoing_requests, 1};
  binding(&s, c, "keep", settings(&s, &one, 1));
}

// Strands that call it, side by side; the last gives what the first got.
static void graph(uint32_t ints)
{
  begin(&s, FUNCTION_graph, "g", PLAN_NONE, ints);
  uint32_t x = param(&s, s.integer), out = slot(&s, ints), last = STRANDS - 1;
  for (uint32_t i = 0; i < STRANDS; i++)
    strand(&s);
  for (uint32_t i = 0; i < STRANDS; i++) {
    s.strands[i].entry = s.n_code;
    uint32_t to = i ? slot(&s, ints) : out;
    if (i < last) {
      wide(&s, OP_call, to, site(&s, SITE_method, 0, 0, x, 1));
      code(&s, OP_done, 0, 0, 0);
      if (i < 30)
        edge(&s, i, last, EDGE_data);
    } else {
      code(&s, OP_return, out, 0, 0);
    }
  }
  end(&s);
}

static void open_plan(void)
{
  const void *bytes;
  size_t size;
  char why[300] = "";
  sample_init(&s);
  uint32_t ints = type(&s, TYPE_list, s.integer);
  keeper(ints);
  for (int i = 0; i < GRAPHS; i++)
    graph(ints);
  plan_add_apps(&s.b, (struct plan_app){.name = plan_intern(&s.b, "app"),
                                        .bindings = {0, 1}});
  assert_int_equal(plan_finish(&s.b, &bytes, &size), 0);
  if (plan_open(&s.plan, bytes, size, why, sizeof why))
    fail_msg("%s", why);
}

static int engine(uint32_t fails)
{
  struct engine_options o = {0};
  char why[300] = "";
  allowed = fails;
  int failed = engine_new(&s.engine, &s.plan, &o, why, sizeof why);
  bool reached = fails && !allowed;
  allowed = 0;
  assert_true(!failed == !why[0]);
  if (failed)
    assert_non_null(strstr(why, "out of memory"));
  return failed ? -1 : reached;
}

static void test_engine(void **state)
{
  open_plan();
  uint32_t n = 1, failed = 0;
  for (; n < 1000; n++) {
    int how = engine(n);
    failed += how < 0;
    engine_free(&s.engine);
    if (!how) // it needs no more than n - 1
      break;
  }
  assert_in_range(n, GRAPHS, 999);
  assert_in_range(failed, GRAPHS, n);
  arena_free(&s.arena);
}

static bool request(uint32_t fails)
{
  struct ask q = {0};
  allowed = fails;
  call_with(&s, &q, 1, (value[]){{.i = 7}});
  bool reached = fails && !allowed;
  allowed = 0;
  if (q.r.failed)
    assert_int_equal(q.r.error.kind, ERROR_limit);
  else
    assert_in_range(q.r.result.list->count, 1, STRANDS * 2000);
  assert_true(reached || !q.r.failed);
  ask_free(&q);
  return reached;
}

// What fails leaves state, slots and queues as those find them who come next.
static void test_request(void **state)
{
  open_plan();
  assert_int_equal(engine(0), 0);
  uint32_t n = 1;
  while (n < 2000 && request(n))
    n++;
  assert_in_range(n, 2, 1999);
  assert_false(request(0));
  close_sample(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_engine),
      cmocka_unit_test(test_request),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
