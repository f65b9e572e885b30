// Damaged plans: what the verifier lets through must run without harm. A plan
// that uses every kind of instruction gets bits flipped and instructions
// exchanged, its checksum is repaired, and all of its functions are called.
//
// `test_hostile SEED COUNT` runs other mutations than the fixed ones.
#include "runtime/codec/codec.h"
#include "tests/unit/sample.h"

static struct sample s;
static uint64_t seed;
static unsigned opened, ran;

static uint32_t below(uint32_t n)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((seed >> 33) % n);
}

// ---- the plan ----

struct types {
  uint32_t ints, future, futures, map, optional, variant, step, json, pair;
};

static void method(const struct types *y)
{
  begin(&s, FUNCTION_body, "work", 0, s.integer);
  uint32_t x = param(&s, s.integer), n = slot(&s, s.integer),
           none = slot(&s, s.none), ns = slot(&s, s.duration),
           l = slot(&s, y->ints);
  integer(&s, ns, 1000);
  code(&s, OP_op, none, OPERATOR_sleep, ns);
  code(&s, OP_self, n, 0, 0);
  code(&s, OP_add_i, n, n, x);
  code(&s, OP_set_self, n, 0, 0);
  code(&s, OP_self, l, 1, 0);
  code(&s, OP_push, l, n, 0);
  code(&s, OP_set_self, l, 1, 0);
  code(&s, OP_return, n, 0, 0);
  uint32_t f = end(&s);
  struct plan_field fields[] = {
      {plan_intern(&s.b, "n"), s.integer, PLAN_NONE, {0, 0}},
      {plan_intern(&s.b, "l"), y->ints, PLAN_NONE, {0, 0}}};
  uint32_t c = class_of(&s, CLASS_deployment, f);
  s.b.classes.rows[c].fields = plan_add_run_fields(&s.b, fields, 2);
  struct setting set[] = {{SETTING_max_ongoing_requests, 2},
                          {SETTING_max_queued_requests, 4}};
  binding(&s, c, "work", settings(&s, set, 2));
}

static void values(const struct types *y)
{
  begin(&s, FUNCTION_body, "values", PLAN_NONE, s.text);
  uint32_t a = slot(&s, s.integer), b = slot(&s, s.integer),
           l = slot(&s, y->ints), t = slot(&s, s.text), u = slot(&s, s.text),
           m = slot(&s, y->map), o = slot(&s, y->optional),
           v = slot(&s, y->variant), p = slot(&s, y->pair),
           k = slot(&s, s.boolean), st = slot(&s, y->step),
           f = slot(&s, s.real), j = slot(&s, y->json);
  integer(&s, a, 3);
  integer(&s, b, 4);
  code(&s, OP_list, l, a, 2);
  code(&s, OP_push, l, b, 0);
  code(&s, OP_len, b, l, 0);
  code(&s, OP_index, a, l, a);
  string(&s, t, "key");
  code(&s, OP_text, u, l, 0);
  code(&s, OP_concat, u, t, 2);
  code(&s, OP_map, m, t, 1);
  code(&s, OP_key, u, m, t);
  code(&s, OP_wrap, o, a, 0);
  code(&s, OP_is_none, k, o, 0);
  code(&s, OP_unwrap, a, o, 0);
  code(&s, OP_tuple, p, a, 2);
  code(&s, OP_part, a, p, 1);
  code(&s, OP_union, v, 0, p);
  code(&s, OP_tag, a, v, 0);
  code(&s, OP_payload, p, v, 0);
  code(&s, OP_step, st, STEP_respond, a);
  code(&s, OP_float, f, a, 0);
  code(&s, OP_op, j, OPERATOR_to_json, l);
  code(&s, OP_text, t, j, 0);
  code(&s, OP_eq, k, l, l);
  code(&s, OP_text, t, v, 0);
  code(&s, OP_return, t, 0, 0);
  end(&s);
}

static void calls(const struct types *y)
{
  begin(&s, FUNCTION_body, "calls", PLAN_NONE, y->ints);
  uint32_t x = param(&s, s.integer), f = slot(&s, y->future),
           fs = slot(&s, y->futures), l = slot(&s, y->ints),
           e = slot(&s, s.error), k = slot(&s, s.boolean);
  uint32_t start = site(&s, SITE_method, 0, 0, x, 1);
  uint32_t again = site(&s, SITE_method, 0, 0, f, 1);
  uint32_t j = wide(&s, OP_try, e, 0);
  code(&s, OP_list, fs, f, 0);
  wide(&s, OP_start, f, start);
  code(&s, OP_push, fs, f, 0);
  wide(&s, OP_start, f, again);
  code(&s, OP_push, fs, f, 0);
  wide(&s, OP_start, f, start);
  code(&s, OP_push, fs, f, 0);
  wide(&s, OP_call, x, start);
  code(&s, OP_force, l, fs, 0);
  code(&s, OP_end_try, 0, 0, 0);
  code(&s, OP_return, l, 0, 0);
  aim(&s, j);
  code(&s, OP_lt, k, x, x);
  wide(&s, OP_jump_if, k, (uint32_t)-3);
  code(&s, OP_return, l, 0, 0);
  uint32_t n = end(&s);
  begin(&s, FUNCTION_body, "each", PLAN_NONE, y->ints);
  l = slot(&s, y->ints);
  x = slot(&s, s.integer);
  uint32_t all = slot(&s, type(&s, TYPE_list, type(&s, TYPE_future, y->ints)));
  integer(&s, x, 1);
  code(&s, OP_list, l, x, 1);
  code(&s, OP_push, l, x, 0);
  wide(&s, OP_each, all, site(&s, SITE_function, n, PLAN_NONE, l, 1));
  wide(&s, OP_each_limit, all, site(&s, SITE_function, n, PLAN_NONE, l, 2));
  code(&s, OP_return, l, 0, 0);
  end(&s);
}

// A helper with a value that it holds, a method, and one that was never made;
// called with plain arguments and with calls that are out.
static void functions(const struct types *y)
{
  uint32_t fn = type_of_fields(&s, TYPE_callable, &s.integer, NULL, 1);
  s.b.types.rows[fn].of = s.integer;
  begin(&s, FUNCTION_body, "add", PLAN_NONE, s.integer);
  uint32_t n = param(&s, s.integer), x = param(&s, s.integer);
  code(&s, OP_add_i, x, x, n);
  code(&s, OP_return, x, 0, 0);
  uint32_t add = end(&s);
  begin(&s, FUNCTION_body, "functions", PLAN_NONE, s.integer);
  uint32_t f = slot(&s, fn), a = slot(&s, s.integer), b = slot(&s, s.integer);
  uint32_t g = slot(&s, fn), out = slot(&s, y->future);
  uint32_t error = slot(&s, s.error);
  uint32_t call = site(&s, SITE_callable, 0, PLAN_NONE, f, 2);
  uint32_t again = site(&s, SITE_callable, 0, PLAN_NONE, g, 2);
  integer(&s, a, 3);
  integer(&s, b, 4);
  wide(&s, OP_closure, f, site(&s, SITE_function, add, PLAN_NONE, a, 1));
  wide(&s, OP_call, a, call);
  wide(&s, OP_spawn, 0, site(&s, SITE_function, add, PLAN_NONE, a, 2));
  code(&s, OP_move, g, f, 0);
  wide(&s, OP_closure, f, site(&s, SITE_method, 0, 0, 0, 0));
  wide(&s, OP_start, out, call);
  wide(&s, OP_start, out, again);
  uint32_t j = wide(&s, OP_try, error, 0);
  wide(&s, OP_start, out, again);
  code(&s, OP_end_try, 0, 0, 0);
  aim(&s, j);
  code(&s, OP_force, a, out, 0);
  code(&s, OP_return, a, 0, 0);
  end(&s);
}

static void graph(void)
{
  begin(&s, FUNCTION_graph, "graph", PLAN_NONE, s.integer);
  uint32_t c = param(&s, s.boolean), a = slot(&s, s.integer),
           b = slot(&s, s.integer), out = slot(&s, s.integer);
  uint32_t s0 = strand(&s);
  code(&s, OP_choose, c, 0, 0);
  uint32_t s1 = strand(&s);
  wide(&s, OP_call, a, site(&s, SITE_method, 0, 0, a, 1));
  code(&s, OP_done, 0, 0, 0);
  uint32_t s2 = strand(&s);
  code(&s, OP_div_i, b, b, a);
  code(&s, OP_done, 0, 0, 0);
  uint32_t s3 = strand(&s);
  wide(&s, OP_call, out, site(&s, SITE_method, 0, 0, b, 1));
  code(&s, OP_return, out, 0, 0);
  edge(&s, s0, s1, EDGE_if);
  edge(&s, s0, s2, EDGE_unless);
  edge(&s, s1, s2, EDGE_data);
  edge(&s, s1, s3, EDGE_data);
  edge(&s, s2, s3, EDGE_data);
  end(&s);
}

static const void *image;
static size_t image_size;

static void make_image(void)
{
  struct types y;
  sample_init(&s);
  y.ints = type(&s, TYPE_list, s.integer);
  y.future = type(&s, TYPE_future, s.integer);
  y.futures = type(&s, TYPE_list, y.future);
  y.map = type(&s, TYPE_map, s.text);
  y.optional = type(&s, TYPE_optional, s.integer);
  y.pair = type_of_fields(&s, TYPE_tuple, (uint32_t[]){s.integer, s.integer},
                          NULL, 2);
  uint32_t record =
      type_of_fields(&s, TYPE_record, (uint32_t[]){s.integer, s.integer},
                     (const char *const[]){"x", "y"}, 2);
  y.variant =
      type_of_fields(&s, TYPE_union, &record, (const char *const[]){"Pair"}, 1);
  y.pair = record;
  y.step = type(&s, TYPE_step, s.integer);
  y.json = type(&s, TYPE_json, PLAN_NONE);
  method(&y);
  values(&y);
  calls(&y);
  functions(&y);
  graph();
  plan_add_apps(&s.b, (struct plan_app){.name = plan_intern(&s.b, "app"),
                                        .bindings = {0, s.b.bindings.n}});
  assert_int_equal(plan_finish(&s.b, &image, &image_size), 0);
}

// ---- running what may be ----

static void run_function(struct engine *e, uint32_t f)
{
  struct ask q[6] = {0};
  for (int i = 0; i < 6; i++) {
    q[i].arena.limit = 1 << 20;
    q[i].r.arena = &q[i].arena;
    q[i].r.deadline = engine_now(e) + 100000000;
    request_start(e, &q[i].r, f, e->functions[f].template);
  }
  for (int turns = 0; turns < 5 && !q[5].r.ended; turns++) {
    engine_run(e);
    e->now += 400;
    timers_fire(e);
  }
  for (int i = 0; i < 6; i++) {
    if (q[i].r.ended && !q[i].r.failed) {
      struct buf b = {0};
      value_repr(e->plan, e->plan->functions[f].result, q[i].r.result, &b);
      buf_free(&b);
      ran++;
    }
    request_cancel(&q[i].r);
    arena_free(&q[i].arena);
  }
  // What was spawned belongs to nobody, and ends by itself.
  for (int turns = 0; turns < 20 && e->n_timers; turns++) {
    e->now += 1000000000;
    timers_fire(e);
    engine_run(e);
  }
  assert_null(e->ready_first);
  assert_int_equal(e->n_timers, 0);
}

static char why[300];

static bool run_plan(void *bytes, size_t size)
{
  struct plan p;
  struct engine *e;
  struct engine_options o = {.request_memory = 1 << 20};
  if (plan_open(&p, bytes, size, why, sizeof why))
    return false;
  opened++;
  if (engine_new(&e, &p, &o, why, sizeof why))
    return true;
  for (uint32_t f = 0; f < p.n_functions; f++)
    if (p.functions[f].class == PLAN_NONE)
      run_function(e, f);
  for (uint32_t i = 0; i < p.n_bindings; i++) {
    assert_int_equal(e->deployments[i].ongoing, 0);
    assert_int_equal(e->deployments[i].queued, 0);
  }
  engine_free(&e);
  return true;
}

// One damage: a bit anywhere, or an operand or instruction of the code.
static void damage(char *bytes)
{
  struct plan_header *h = (struct plan_header *)bytes;
  uint32_t first = sizeof *h;
  if (below(4) == 0) {
    uint32_t at = first + below((uint32_t)image_size - first);
    bytes[at] ^= (char)(1 << below(8));
    return;
  }
  struct plan_section c = h->sections[PLAN_code];
  uint16_t *field = (uint16_t *)(bytes + c.offset) + below(c.count) * 4;
  uint32_t which = below(4);
  field[which] = (uint16_t)(which ? below(16) : below(OPCODES));
}

static void run_damaged(unsigned count)
{
  char *bytes = aligned_alloc(8, (image_size + 7) & ~7ul);
  while (count--) {
    memcpy(bytes, image, image_size);
    for (uint32_t n = below(8) ? 1 : 3; n; n--)
      damage(bytes);
    plan_seal(bytes, image_size);
    run_plan(bytes, image_size);
  }
  free(bytes);
}

static void test_undamaged(void **state)
{
  ran = 0;
  make_image();
  if (!run_plan((void *)image, image_size))
    fail_msg("%s", why);
  assert_true(ran >= 10);
  arena_free(&s.arena);
}

static void test_damaged(void **state)
{
  make_image();
  seed = 1;
  opened = ran = 0;
  run_damaged(6000);
  assert_true(opened > 100); // else this tests the verifier alone
  assert_true(ran > 1000);
  arena_free(&s.arena);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_undamaged),
      cmocka_unit_test(test_damaged),
  };
  if (argc < 3)
    return cmocka_run_group_tests(tests, NULL, NULL);
  make_image();
  seed = strtoull(argv[1], NULL, 10);
  run_damaged((unsigned)strtoul(argv[2], NULL, 10));
  printf("%u opened, %u calls answered\n", opened, ran);
  arena_free(&s.arena);
  return 0;
}
