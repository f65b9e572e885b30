// Signatures: every row of ops.def parses, and matching binds variables.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/defs/signature.h"
#include "grammar/plan/names.h"

// A type written by hand.
struct toy {
  enum type_kind kind;
  uint32_t n;
  const struct toy *parts[2];
  enum dtype dtype;
};

static enum type_kind toy_kind(const void *owner, type_ref t)
{
  return ((const struct toy *)t)->kind;
}

static type_ref toy_part(const void *owner, type_ref t, uint32_t i)
{
  const struct toy *x = t;
  return i < x->n ? x->parts[i] : NULL;
}

static uint32_t toy_parts(const void *owner, type_ref t)
{
  return ((const struct toy *)t)->n;
}

static bool toy_same(const void *owner, type_ref x, type_ref y)
{
  const struct toy *a = x, *b = y;
  if (a->kind != b->kind || a->n != b->n)
    return false;
  for (uint32_t i = 0; i < a->n; i++)
    if (!toy_same(owner, a->parts[i], b->parts[i]))
      return false;
  return true;
}

static enum dtype toy_dtype(const void *owner, type_ref t)
{
  return ((const struct toy *)t)->dtype;
}

static const struct type_reader reader = {NULL,      toy_kind, toy_part,
                                          toy_parts, toy_same, toy_dtype};
static const struct toy integer = {.kind = TYPE_int};
static const struct toy text = {.kind = TYPE_str};
static const struct toy ints = {.kind = TYPE_list, .n = 1, .parts = {&integer}};
static const struct toy more_ints = {.kind = TYPE_list, .n = 1, .parts = {&integer}};
static const struct toy texts = {.kind = TYPE_list, .n = 1, .parts = {&text}};
static const struct toy maybe_int = {.kind = TYPE_optional, .n = 1, .parts = {&integer}};
static const struct toy int_map = {.kind = TYPE_map, .n = 1, .parts = {&integer}};

static void rows_parse(void **state)
{
  for (unsigned i = 0; i < OPERATORS; i++) {
    const struct signature *s = signature_of((enum operator_id)i);
    assert_non_null(s->result);
    assert_int_equal(s->id, i);
    assert_string_equal(s->name, operator_name((enum operator_id)i));
    for (uint32_t k = 0; k < s->n_params; k++) {
      assert_non_null(s->params[k].type);
      assert_true(strlen(s->params[k].name) > 0);
    }
  }
}

static void a_row_is_what_it_says(void **state)
{
  const struct signature *s = signature_of(OPERATOR_slice_list);
  assert_int_equal(s->n_params, 3);
  assert_string_equal(s->params[1].name, "from");
  assert_int_equal(s->params[0].type->kind, TYPE_list);
  assert_int_equal(s->params[0].type->parts[0]->form, SIGNATURE_VARIABLE);
  assert_int_equal(s->attributes, OPERATOR_PURE);
  assert_int_equal(signature_of(OPERATOR_sleep)->attributes,
                   OPERATOR_WAITS | OPERATOR_EFFECT);
}

static void variables_bind(void **state)
{
  struct signature_match m;
  const struct signature *s = signature_of(OPERATOR_concat_list);
  assert_true(signature_fits(s, &reader, (type_ref[]){&ints, &more_ints}, 2, &m));
  assert_ptr_equal(m.variables[0], &integer);
  assert_true(signature_gives(s, &reader, &m, &ints));
  assert_false(signature_gives(s, &reader, &m, &texts));
}

static void what_differs_is_named(void **state)
{
  struct signature_match m;
  const struct signature *s = signature_of(OPERATOR_concat_list);
  assert_false(signature_fits(s, &reader, (type_ref[]){&ints, &texts}, 2, &m));
  assert_int_equal(m.failed, 1);
  assert_false(signature_fits(s, &reader, (type_ref[]){&integer, &ints}, 2, &m));
  assert_int_equal(m.failed, 0);
}

static void counts_must_agree(void **state)
{
  struct signature_match m;
  const struct signature *s = signature_of(OPERATOR_concat_list);
  assert_false(signature_fits(s, &reader, (type_ref[]){&ints}, 1, &m));
  assert_false(signature_fits(s, &reader, (type_ref[]){&ints, &ints, &ints}, 3, &m));
  assert_true(signature_fits(signature_of(OPERATOR_clock), &reader, NULL, 0, &m));
}

static void parts_are_looked_into(void **state)
{
  struct signature_match m;
  const struct signature *s = signature_of(OPERATOR_get);
  assert_true(signature_fits(s, &reader, (type_ref[]){&int_map, &text}, 2, &m));
  assert_true(signature_gives(s, &reader, &m, &maybe_int));
  assert_false(signature_gives(s, &reader, &m, &integer));
}

static void a_free_result_fits_any_place(void **state)
{
  struct signature_match m;
  static const struct toy json = {.kind = TYPE_json};
  const struct signature *s = signature_of(OPERATOR_from_json);
  assert_true(signature_fits(s, &reader, (type_ref[]){&json}, 1, &m));
  assert_true(signature_gives(s, &reader, &m, &ints));
}

static const struct toy floats = {.kind = TYPE_tensor, .dtype = DTYPE_f32};
static const struct toy halves = {.kind = TYPE_tensor, .dtype = DTYPE_f16};
static const struct toy wholes = {.kind = TYPE_tensor, .dtype = DTYPE_i32};

static void dimensions_are_read(void **state)
{
  const struct signature *s = signature_of(OPERATOR_nn_linear_bias);
  const struct signature_tensor *x = s->params[0].type->tensor;
  const struct signature_tensor *w = s->params[1].type->tensor;
  assert_int_equal(s->attributes, OPERATOR_PURE | OPERATOR_TENSOR);
  assert_int_equal(s->shape, SHAPE_SIGNATURE);
  assert_true(x->variable);
  assert_int_equal(x->of, ELEMENT_F);
  assert_int_equal(x->n_dims, 2);
  assert_int_equal(x->dims[0].kind, DIM_RUN);
  assert_string_equal(s->dims[x->dims[0].name], "..");
  assert_int_equal(x->dims[1].kind, DIM_NAME);
  assert_string_equal(s->dims[x->dims[1].name], "In");
  assert_int_equal(w->dims[1].name, x->dims[1].name);
  assert_int_not_equal(w->dims[0].name, w->dims[1].name);
}

static void results_are_read(void **state)
{
  const struct signature *s = signature_of(OPERATOR_tensor_where);
  const struct signature_dim *d = s->result->tensor->dims;
  assert_int_equal(s->result->tensor->n_dims, 1);
  assert_int_equal(d->kind, DIM_BROADCAST);
  assert_int_equal(d->n_runs, 3);
  for (uint32_t i = 0; i < 3; i++)
    assert_int_equal(d->runs[i], s->params[i].type->tensor->dims[0].name);
  s = signature_of(OPERATOR_tensor_top_k);
  assert_int_equal(s->shape, SHAPE_TOP_K);
  assert_int_equal(s->result->tensor->dims[1].kind, DIM_UNKNOWN);
  s = signature_of(OPERATOR_tensor_concat);
  assert_int_equal(s->params[0].type->parts[0]->tensor->n_dims, 1);
  assert_int_equal(s->result->tensor->dims[0].kind, DIM_UNKNOWN_RUN);
  assert_null(signature_of(OPERATOR_shape)->params[0].type->tensor);
  assert_int_equal(signature_of(OPERATOR_tensor_dot)->result->tensor->n_dims, 0);
}

static void elements_must_agree(void **state)
{
  struct signature_match m;
  const struct signature *s = signature_of(OPERATOR_tensor_add);
  assert_true(signature_fits(s, &reader, (type_ref[]){&wholes, &wholes}, 2, &m));
  assert_true(signature_gives(s, &reader, &m, &wholes));
  assert_false(signature_gives(s, &reader, &m, &floats));
  assert_false(signature_fits(s, &reader, (type_ref[]){&floats, &halves}, 2, &m));
  assert_int_equal(m.failed, 1);
  s = signature_of(OPERATOR_nn_gather);
  assert_true(signature_fits(s, &reader, (type_ref[]){&halves, &wholes}, 2, &m));
  assert_true(signature_gives(s, &reader, &m, &halves));
  assert_false(signature_fits(s, &reader, (type_ref[]){&halves, &floats}, 2, &m));
  s = signature_of(OPERATOR_tensor_less);
  assert_true(signature_fits(s, &reader, (type_ref[]){&floats, &floats}, 2, &m));
  assert_false(signature_gives(s, &reader, &m, &floats));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(rows_parse),
    cmocka_unit_test(a_row_is_what_it_says),
    cmocka_unit_test(variables_bind),
    cmocka_unit_test(what_differs_is_named),
    cmocka_unit_test(counts_must_agree),
    cmocka_unit_test(parts_are_looked_into),
    cmocka_unit_test(a_free_result_fits_any_place),
    cmocka_unit_test(dimensions_are_read),
    cmocka_unit_test(results_are_read),
    cmocka_unit_test(elements_must_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
