// Tensors that are noted and then computed: when, how often, and what becomes
// of errors.
#include "tests/unit/sample.h"

#include "runtime/value/tensor_node.h"

static struct sample s;
static struct ask q;
static uint32_t tensor; // tensor f32[..]

static void start_sample(void)
{
  sample_init(&s);
  tensor = type(&s, TYPE_tensor, PLAN_NONE);
  s.b.types.rows[tensor].detail = DTYPE_f32;
}

// A vector in the request's memory.
static value vector(const float *x, uint32_t n)
{
  struct tensor *t = arena_zalloc(&q.arena, sizeof *t);
  float *data = arena_alloc(&q.arena, n * sizeof *x + 1);
  memcpy(data, x, n * sizeof *x);
  *t =
      (struct tensor){.dtype = DTYPE_f32, .rank = 1, .dims = {n}, .data = data};
  tensor_lay_out(t);
  return (value){.tensor = t};
}

// helper(x, y) = relu(x + y), whose result stays to be computed.
static uint32_t helper(void)
{
  begin(&s, FUNCTION_body, "helper", PLAN_NONE, tensor);
  uint32_t x = param(&s, tensor);
  param(&s, tensor);
  code(&s, OP_op, x, OPERATOR_tensor_add, x);
  code(&s, OP_op, x, OPERATOR_nn_relu, x);
  code(&s, OP_ready, x, 1, 0);
  code(&s, OP_return, x, 0, 0);
  return end(&s);
}

// Nothing is computed that nobody needs.
static void test_result_of_a_helper_stays(void **state)
{
  start_sample();
  uint32_t h = helper();
  begin(&s, FUNCTION_body, "f", PLAN_NONE, tensor);
  uint32_t x = param(&s, tensor);
  param(&s, tensor);
  wide(&s, OP_call, x, site(&s, SITE_function, h, PLAN_NONE, x, 2));
  code(&s, OP_return, x, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  value args[] = {vector((float[]){1, -2, 3}, 3),
                  vector((float[]){1, 1, 1}, 3)};
  value v = call_with(&s, &q, f, args);
  assert_true(tensor_is_out(v.tensor));
  assert_int_equal(v.tensor->dims[0], 3);
  ask_free(&q);
  close_sample(&s);
}

// Dimensions that do not fit are an error where the operator stands.
static void test_wrong_dimensions(void **state)
{
  start_sample();
  begin(&s, FUNCTION_body, "f", PLAN_NONE, tensor);
  uint32_t x = param(&s, tensor);
  param(&s, tensor);
  code(&s, OP_op, x, OPERATOR_tensor_add, x);
  code(&s, OP_return, x, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  value args[] = {vector((float[]){1, 2, 3}, 3), vector((float[]){1, 1}, 2)};
  call_with(&s, &q, f, args);
  assert_error(&q, ERROR_user,
               "tensor.add: the dimensions [3] and [2] do not broadcast");
  assert_int_equal(q.r.error.line, 1);
  ask_free(&q);
  close_sample(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_result_of_a_helper_stays),
      cmocka_unit_test(test_wrong_dimensions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
