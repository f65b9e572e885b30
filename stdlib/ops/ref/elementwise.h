// Operators that compute each element of the result of the elements at the same
// place, in pieces of a row.
#ifndef SG_REF_ELEMENTWISE_H
#define SG_REF_ELEMENTWISE_H

#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/ref.h"

// x[i] becomes what x[i] and y[i] give. Of one operand, y is its parameters.
struct ref_function {
  void (*floats)(double *x, const double *y, int64_t n);
  void (*wholes)(int64_t *x, const int64_t *y, int64_t n);
  bool element; // a number beside whole numbers is made one of them first
};

// A tensor, or a number, which is rounded to the tensor's elements where they
// are floats. Whole numbers and a fraction give what both give as floats, as an
// element: cut off.
struct ref_operand {
  const struct tensor *tensor;
  double number;
};

const char *ref_two(const struct tensor_step *s, const struct ref_function *f,
                    struct ref_operand x, struct ref_operand y);
// The first input, and numbers.
const char *ref_one(const struct tensor_step *s, const struct ref_function *f,
                    const double *numbers);

// The words in which functions are written: `a` and `b` are the elements, and
// WRAP makes of an expression of x and y what wraps.
#define TWO_FLOATS(id, result)                                                 \
  static void id##_floats(double *x, const double *y, int64_t n)               \
  {                                                                            \
    for (int64_t i = 0; i < n; i++) {                                          \
      double a = x[i], b = y[i];                                               \
      x[i] = result;                                                           \
    }                                                                          \
  }
#define TWO_WHOLES(id, result)                                                 \
  static void id##_wholes(int64_t *x, const int64_t *y, int64_t n)             \
  {                                                                            \
    for (int64_t i = 0; i < n; i++) {                                          \
      int64_t a = x[i], b = y[i];                                              \
      x[i] = result;                                                           \
    }                                                                          \
  }
#define WRAP(a, sign, b) (int64_t)((uint64_t)(a)sign(uint64_t)(b))

#define INPUT(i) ((struct ref_operand){s->inputs[i], 0})
#define NUMBER(i)                                                              \
  ((struct ref_operand){NULL, attribute_float(s->attributes[i])})

#endif
