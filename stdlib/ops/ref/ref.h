// The reference backend: one plain C function an operator, which says what the
// operator means. Any strides, any element type of its row; sums and functions
// of floats are made in double and rounded once. Other backends are compared
// with it; where none of them supports a step, it is what runs.
#ifndef SG_REF_H
#define SG_REF_H

#include "runtime/tensor/backend.h"

// Computes a step (backend.h): NULL, or what is wrong, a constant text.
typedef const char *ref_kernel(const struct tensor_step *s);

#define OPERATOR(id, name, signature, attributes, cost, doc)
#define TENSOR_OPERATOR(id, name, signature, shape, cost, doc)                 \
  ref_kernel ref_##id;
#include "grammar/defs/ops.def"
#undef OPERATOR

#define KERNEL(id) const char *ref_##id(const struct tensor_step *s)

extern const struct backend reference_backend;

#endif
