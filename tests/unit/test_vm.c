// The interpreter: arithmetic, values, calls, errors, limits.
#include "tests/unit/sample.h"

static struct sample s;
static struct ask q;

// ---- arithmetic ----

// fn f(x: int, y: int) -> int = x op y
static uint32_t binary(enum opcode op)
{
  begin(&s, FUNCTION_body, "f", PLAN_NONE, s.integer);
  param(&s, s.integer);
  param(&s, s.integer);
  slot(&s, s.integer);
  code(&s, op, 2, 0, 1);
  code(&s, OP_return, 2, 0, 0);
  return end(&s);
}

static int64_t of_two(uint32_t f, int64_t x, int64_t y)
{
  value v = call_with(&s, &q, f, (value[]){{.i = x}, {.i = y}});
  assert_false(q.r.failed);
  ask_free(&q);
  return v.i;
}

static void two_fail(uint32_t f, int64_t x, int64_t y, const char *message)
{
  call_with(&s, &q, f, (value[]){{.i = x}, {.i = y}});
  assert_error(&q, ERROR_user, message);
  assert_int_equal(q.r.error.status, 500);
  assert_int_equal(q.r.error.line, f + 1);
  ask_free(&q);
}

static void test_arithmetic(void **state)
{
  sample_init(&s);
  uint32_t add = binary(OP_add_i), sub = binary(OP_sub_i),
           mul = binary(OP_mul_i), div = binary(OP_div_i),
           mod = binary(OP_mod_i);
  open_sample(&s);
  assert_int_equal(of_two(add, 2, 3), 5);
  two_fail(add, INT64_MAX, 1, "integer overflow in 9223372036854775807 + 1");
  two_fail(sub, INT64_MIN, 1, "integer overflow in -9223372036854775808 - 1");
  two_fail(mul, INT64_MAX, 2, "integer overflow in 9223372036854775807 * 2");
  assert_int_equal(of_two(div, 7, 2), 3);
  assert_int_equal(of_two(div, -7, 2), -4);
  assert_int_equal(of_two(div, 7, -2), -4);
  assert_int_equal(of_two(div, -8, 2), -4);
  two_fail(div, 1, 0, "division by zero in 1 div 0");
  two_fail(div, INT64_MIN, -1,
           "integer overflow in -9223372036854775808 div -1");
  assert_int_equal(of_two(mod, -7, 3), 2);
  assert_int_equal(of_two(mod, 7, -3), -2);
  assert_int_equal(of_two(mod, INT64_MIN, -1), 0);
  two_fail(mod, 1, 0, "division by zero in 1 % 0");
  close_sample(&s);
}

// ---- lists ----

static void test_lists(void **state)
{
  sample_init(&s);
  uint32_t ints = type(&s, TYPE_list, s.integer);
  // fn at(i: int) -> int = [10, 20, 30][i]
  begin(&s, FUNCTION_body, "at", PLAN_NONE, s.integer);
  param(&s, s.integer);
  uint32_t l = slot(&s, ints), a = slot(&s, s.integer);
  slot(&s, s.integer);
  slot(&s, s.integer);
  integer(&s, a, 10);
  integer(&s, a + 1, 20);
  integer(&s, a + 2, 30);
  code(&s, OP_list, l, a, 2);
  code(&s, OP_push, l, a + 2, 0);
  code(&s, OP_index, a, l, 0);
  code(&s, OP_return, a, 0, 0);
  uint32_t at = end(&s);
  // Pushes onto what every list starts as; must not show anywhere else.
  begin(&s, FUNCTION_body, "fresh", PLAN_NONE, s.integer);
  l = slot(&s, ints);
  a = slot(&s, s.integer);
  for (int i = 0; i < 20; i++)
    code(&s, OP_push, l, a, 0);
  code(&s, OP_len, a, l, 0);
  code(&s, OP_return, a, 0, 0);
  uint32_t fresh = end(&s);
  open_sample(&s);
  for (int64_t i = -3; i < 3; i++) {
    value v = call_with(&s, &q, at, &(value){.i = i});
    assert_int_equal(v.i, i < 0 ? (i + 4) * 10 : (i + 1) * 10);
    ask_free(&q);
  }
  call_with(&s, &q, at, &(value){.i = 3});
  assert_error(&q, ERROR_user, "index 3 is outside a list of 3 elements");
  ask_free(&q);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(call_with(&s, &q, fresh, NULL).i, 20);
    ask_free(&q);
  }
  assert_int_equal(list_empty.count, 0);
  close_sample(&s);
}

// ---- calls ----

// fn down(n: int) -> int { if n == 0 { return 0 } return down(n - 1) + 1 }
static uint32_t down(void)
{
  uint32_t self = next_function(&s);
  begin(&s, FUNCTION_body, "down", PLAN_NONE, s.integer);
  uint32_t n = param(&s, s.integer), zero = slot(&s, s.integer),
           one = slot(&s, s.integer), less = slot(&s, s.integer),
           end_ = slot(&s, s.boolean);
  code(&s, OP_eq, end_, n, zero);
  uint32_t j = wide(&s, OP_jump_not, end_, 0);
  code(&s, OP_return, zero, 0, 0);
  aim(&s, j);
  integer(&s, one, 1);
  code(&s, OP_sub_i, less, n, one);
  wide(&s, OP_call, less, site(&s, SITE_function, self, PLAN_NONE, less, 1));
  code(&s, OP_add_i, less, less, one);
  code(&s, OP_return, less, 0, 0);
  return end(&s);
}

static void test_recursion(void **state)
{
  sample_init(&s);
  uint32_t f = down();
  open_sample(&s);
  assert_int_equal(call_with(&s, &q, f, &(value){.i = 900}).i, 900);
  ask_free(&q);
  call_with(&s, &q, f, &(value){.i = 100000});
  assert_error(&q, ERROR_limit, "calls nest deeper than 1000");
  ask_free(&q);
  close_sample(&s);
}

// ---- errors ----

static void test_try(void **state)
{
  sample_init(&s);
  begin(&s, FUNCTION_body, "bad", PLAN_NONE, s.integer);
  uint32_t status = slot(&s, s.integer), message = slot(&s, s.text);
  integer(&s, status, 404);
  string(&s, message, "no such thing");
  code(&s, OP_fail, status, message, 0);
  uint32_t bad = end(&s);
  begin(&s, FUNCTION_body, "catch", PLAN_NONE, s.error);
  uint32_t e = slot(&s, s.error), n = slot(&s, s.integer);
  uint32_t j = wide(&s, OP_try, e, 0);
  wide(&s, OP_call, n, site(&s, SITE_function, bad, PLAN_NONE, n, 0));
  code(&s, OP_end_try, 0, 0, 0);
  code(&s, OP_return, e, 0, 0);
  aim(&s, j);
  code(&s, OP_return, e, 0, 0);
  uint32_t catch = end(&s);
  open_sample(&s);
  const value *parts = call_with(&s, &q, catch, NULL).parts;
  assert_true(text_is(parts[0].text, "no such thing", 13));
  assert_true(text_is(parts[1].text, "user", 4));
  assert_int_equal(parts[2].i, 404);
  ask_free(&q);
  call_with(&s, &q, bad, NULL);
  assert_error(&q, ERROR_user, "no such thing");
  assert_int_equal(q.r.error.status, 404);
  ask_free(&q);
  close_sample(&s);
}

// ---- limits ----

static uint32_t endless(void)
{
  begin(&s, FUNCTION_body, "endless", PLAN_NONE, s.none);
  slot(&s, s.none);
  wide(&s, OP_jump, 0, (uint32_t)-1);
  code(&s, OP_return, 0, 0, 0);
  return end(&s);
}

// for ever { l.push("…") }
static uint32_t greedy(void)
{
  begin(&s, FUNCTION_body, "greedy", PLAN_NONE, s.none);
  uint32_t none = slot(&s, s.none), l = slot(&s, s.texts), t = slot(&s, s.text);
  code(&s, OP_list, l, t, 0);
  code(&s, OP_push, l, t, 0);
  wide(&s, OP_jump, 0, (uint32_t)-2);
  code(&s, OP_return, none, 0, 0);
  return end(&s);
}

static void test_endless_code_yields(void **state)
{
  sample_init(&s);
  uint32_t f = endless(), g = binary(OP_add_i);
  open_sample(&s);
  struct ask other = {0};
  ask_start(&s, &q, f, NULL);
  value v = call_with(&s, &other, g, (value[]){{.i = 1}, {.i = 2}});
  assert_int_equal(v.i, 3);
  assert_false(q.r.ended);
  request_cancel(&q.r);
  ask_free(&other);
  ask_free(&q);
  close_sample(&s);
}

static void test_memory_limit(void **state)
{
  sample_init(&s);
  uint32_t f = greedy();
  open_sample(&s);
  q.arena.limit = 1 << 20;
  call_with(&s, &q, f, NULL);
  assert_error(&q, ERROR_limit,
               "the request needs more memory than it may have");
  assert_true(q.arena.held <= 1 << 20);
  ask_free(&q);
  q.arena.limit = 16; // not even the first task fits
  call_with(&s, &q, f, NULL);
  assert_error(&q, ERROR_limit,
               "the request needs more memory than it may have");
  ask_free(&q);
  close_sample(&s);
}

// A loop of helper calls holds no more memory than one.
static void test_frames_are_reused(void **state)
{
  sample_init(&s);
  uint32_t add = binary(OP_add_i);
  begin(&s, FUNCTION_body, "loop", PLAN_NONE, s.integer);
  uint32_t x = slot(&s, s.integer), one = slot(&s, s.integer),
           most = slot(&s, s.integer), go = slot(&s, s.boolean);
  integer(&s, one, 1);
  integer(&s, most, 1000000);
  wide(&s, OP_call, x, site(&s, SITE_function, add, PLAN_NONE, x, 2));
  code(&s, OP_lt, go, x, most);
  wide(&s, OP_jump_if, go, (uint32_t)-3);
  code(&s, OP_return, x, 0, 0);
  uint32_t loop = end(&s);
  open_sample(&s);
  q.arena.limit = 1 << 16;
  assert_int_equal(call_with(&s, &q, loop, NULL).i, 1000000);
  ask_free(&q);
  close_sample(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arithmetic),
      cmocka_unit_test(test_lists),
      cmocka_unit_test(test_recursion),
      cmocka_unit_test(test_try),
      cmocka_unit_test(test_endless_code_yields),
      cmocka_unit_test(test_memory_limit),
      cmocka_unit_test(test_frames_are_reused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
