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

static void assert_vector(const struct tensor *t, const float *x, uint32_t n)
{
  assert_false(tensor_is_out(t));
  assert_int_equal(t->rank, 1);
  assert_int_equal(t->dims[0], n);
  assert_memory_equal(t->data, x, n * sizeof *x);
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

static void test_result_of_a_request(void **state)
{
  start_sample();
  uint32_t h = helper();
  begin(&s, FUNCTION_body, "f", PLAN_NONE, tensor);
  uint32_t x = param(&s, tensor), y = param(&s, tensor);
  wide(&s, OP_call, x, site(&s, SITE_function, h, PLAN_NONE, x, 2));
  wide(&s, OP_call, x, site(&s, SITE_function, h, PLAN_NONE, x, 2));
  code(&s, OP_ready, x, 1, 0);
  code(&s, OP_return, x, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  value args[] = {vector((float[]){1, -2, 3}, 3),
                  vector((float[]){10, 1, -4}, 3)};
  value v = call_with(&s, &q, f, args);
  assert_false(q.r.failed);
  assert_vector(v.tensor, (float[]){21, 1, 0}, 3);
  (void)y;
  ask_free(&q);
  close_sample(&s);
}

// What another slot holds of what is computed is there behind it.
static void test_computed_once(void **state)
{
  start_sample();
  begin(&s, FUNCTION_body, "f", PLAN_NONE, tensor);
  uint32_t x = param(&s, tensor), h = slot(&s, tensor), y = slot(&s, tensor);
  code(&s, OP_op, h, OPERATOR_nn_relu, x);
  code(&s, OP_op, y, OPERATOR_nn_relu, h);
  code(&s, OP_ready, y, 0, 0);
  code(&s, OP_return, h, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  value arg = vector((float[]){1, -2}, 2);
  value v = call_with(&s, &q, f, &arg);
  assert_vector(v.tensor, (float[]){1, 0}, 2);
  ask_free(&q);
  close_sample(&s);
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

// b and c both go on from a: the first in place, the second in a copy.
static void test_rows_behind_rows(void **state)
{
  start_sample();
  uint32_t tensors = type(&s, TYPE_list, tensor);
  begin(&s, FUNCTION_body, "f", PLAN_NONE, tensors);
  uint32_t x = param(&s, tensor), r = param(&s, tensor);
  uint32_t run = slot(&s, tensor), b = slot(&s, tensor), c = slot(&s, tensor);
  uint32_t args = slot(&s, tensor), more = slot(&s, tensor);
  uint32_t list = slot(&s, tensors);
  code(&s, OP_op, run, OPERATOR_tensor_append, x);
  code(&s, OP_ready, run, 0, 0);
  code(&s, OP_move, args, run, 0);
  code(&s, OP_move, more, r, 0);
  code(&s, OP_op, b, OPERATOR_tensor_append, args);
  code(&s, OP_ready, b, 0, 0);
  code(&s, OP_move, more, x, 0);
  code(&s, OP_op, c, OPERATOR_tensor_append, args);
  code(&s, OP_list, list, run, 3);
  code(&s, OP_ready, list, 1, 0);
  code(&s, OP_return, list, 0, 0);
  uint32_t f = end(&s);
  open_sample(&s);
  value args_of[] = {vector((float[]){1}, 1), vector((float[]){2, 3}, 2)};
  const struct list *l = call_with(&s, &q, f, args_of).list;
  if (q.r.failed)
    fail_msg("%.*s", (int)q.r.error.message->size, q.r.error.message->data);
  const struct tensor *t[] = {l->items[0].tensor, l->items[1].tensor,
                              l->items[2].tensor};
  assert_vector(t[0], (float[]){1, 2, 3}, 3);
  assert_vector(t[1], (float[]){1, 2, 3, 2, 3}, 5);
  assert_vector(t[2], (float[]){1, 2, 3, 1}, 4);
  assert_ptr_equal(t[0]->owner, t[1]->owner);
  assert_ptr_not_equal(t[0]->owner, t[2]->owner);
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
      cmocka_unit_test(test_result_of_a_request),
      cmocka_unit_test(test_computed_once),
      cmocka_unit_test(test_result_of_a_helper_stays),
      cmocka_unit_test(test_wrong_dimensions),
      cmocka_unit_test(test_rows_behind_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
