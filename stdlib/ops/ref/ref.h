// The reference backend: one plain C function an operator, which says what the
// operator means. Any strides, any element type of its row; sums and functions
// of floats are made in double and rounded once. Whole numbers keep all their
// bits, and wrap where a result has more. Other backends are compared with it;
// where none of them supports a step, it is what runs.
#ifndef SG_REF_H
#define SG_REF_H

#include "runtime/tensor/backend.h"

// Computes a step (backend.h): NULL, or what is wrong, a constant text. `room`
// is as large as the step's row of the table says.
typedef const char *ref_kernel(const struct tensor_step *s, void *room);

#define OPERATOR(id, name, signature, attributes, cost, doc)
#define TENSOR_OPERATOR(id, name, signature, shape, cost, doc)                 \
  ref_kernel ref_##id;
#include "grammar/defs/ops.def"
#undef OPERATOR

#define KERNEL(id) const char *ref_##id(const struct tensor_step *s, void *room)

// What kernels work in, in bytes.
typedef size_t ref_room(const struct tensor_step *s);
ref_room ref_room_axis;      // the longest dimension of an input, four times
ref_room ref_room_product;   // rows of a product
ref_room ref_room_conv;      // the same of patches
ref_room ref_room_image;     // all but the first dimension
ref_room ref_room_attention; // scores and a row of values

extern const struct backend reference_backend;

#endif
