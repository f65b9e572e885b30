// Steps of tensor programs made by hand, for tests of backends.
#ifndef SG_TENSOR_STEPS_H
#define SG_TENSOR_STEPS_H

#include "runtime/tensor/backend.h"
#include "runtime/tensor/shape.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEP_INPUTS = 24, STEP_ATTRIBUTES = 24 };

struct call { // what an operator is called with
  enum operator_id op;
  const struct tensor *inputs[STEP_INPUTS];
  int64_t attributes[STEP_ATTRIBUTES];
  uint32_t n_inputs, n_attributes;
};

// Dense; its elements are zero.
struct tensor *tensor_zero(struct arena *a, enum dtype dtype, uint32_t rank,
                           const int64_t *dims);
// The same elements, but apart: dimensions lie in another order, and there are
// gaps between elements. `how` is any number.
const struct tensor *tensor_apart(struct arena *a, const struct tensor *t,
                                  unsigned how);

// The shape that the operator gives. False: `why` says what is wrong.
bool call_shape(const struct call *c, struct tensor *out, struct buf *why);
// A step whose output, as the shape says, has its place.
struct tensor_step *call_step(struct arena *a, const struct call *c);
// Runs it in its scratch; what is wrong, or NULL.
const char *step_run(const struct backend *b, struct tensor_step *s);

int64_t float_attribute(double x);

// Whether two tensors have one shape and the same elements: whole numbers
// exactly, floats within `slack` times what their type can tell apart, or
// within `least`. NaNs are equal. *at is the first element that differs.
bool tensors_close(const struct tensor *x, const struct tensor *y, double slack,
                   double least, int64_t *at);
double tensor_element(const struct tensor *t, int64_t number);

#endif
