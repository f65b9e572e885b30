// Comparisons, logic, choices. Nothing is equal to, less or greater than what
// is not a number.
#include "stdlib/ops/ref/elementwise.h"

#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"

#define COMPARISON(id, sign)                                                   \
  TWO_FLOATS(id, a sign b)                                                     \
  TWO_WHOLES(id, a sign b)                                                     \
  static const struct ref_function id = {id##_floats, id##_wholes, false};

COMPARISON(equal, ==)
COMPARISON(not_equal, !=)
COMPARISON(less, <)
COMPARISON(less_equal, <=)
COMPARISON(greater, >)
COMPARISON(greater_equal, >=)

#define TENSORS(id, f)                                                         \
  KERNEL(id)                                                                   \
  {                                                                            \
    return ref_two(s, &f, INPUT(0), INPUT(1));                                 \
  }
#define WITH_NUMBER(id, f)                                                     \
  KERNEL(id)                                                                   \
  {                                                                            \
    return ref_two(s, &f, INPUT(0), NUMBER(0));                                \
  }

TENSORS(tensor_equal, equal)
WITH_NUMBER(tensor_equal_number, equal)
TENSORS(tensor_not_equal, not_equal)
WITH_NUMBER(tensor_not_equal_number, not_equal)
TENSORS(tensor_less, less)
WITH_NUMBER(tensor_less_number, less)
TENSORS(tensor_less_equal, less_equal)
WITH_NUMBER(tensor_less_equal_number, less_equal)
WITH_NUMBER(tensor_greater_number, greater)
WITH_NUMBER(tensor_greater_equal_number, greater_equal)

// ---- logic: bools are 0 and 1 ----

TWO_WHOLES(both, a &b)
TWO_WHOLES(either, a | b)
static const struct ref_function both = {NULL, both_wholes, false},
                                 either = {NULL, either_wholes, false};
TENSORS(tensor_logical_and, both)
TENSORS(tensor_logical_or, either)

static void not_wholes(int64_t *x, const int64_t *y, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    x[i] = !x[i];
}

KERNEL(tensor_logical_not)
{
  static const struct ref_function f = {NULL, not_wholes, false};
  return ref_one(s, &f, NULL);
}

// ---- choices ----

KERNEL(tensor_where)
{
  struct places p;
  int64_t n = places_rows(&p, s->output), out = 0;
  for (uint32_t i = 0; i < 3; i++)
    places_add(&p, s->inputs[i], 0);
  for (; places_next(&p); out += n)
    for (int64_t i = 0; i < n; i++) {
      int64_t test;
      ref_load_whole(&test, s->inputs[0], p.at[0] + i * places_stride(&p, 0), 0,
                     1);
      uint32_t from = test ? 1 : 2;
      ref_copy(s->output, out + i, 1, s->inputs[from],
               p.at[from] + i * places_stride(&p, from), 1, 1);
    }
  return NULL;
}
