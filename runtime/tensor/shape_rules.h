// What rules say of dimensions (shape_rules.def), for shape.c.
#ifndef SG_SHAPE_RULES_H
#define SG_SHAPE_RULES_H

#include "runtime/tensor/shape.h"

#define SHAPE_BYTES (1ll << 40) // most of a tensor

struct shape_dims { // in place of `_` and `.._`, in their order
  int64_t dims[TENSOR_RANK];
  uint32_t n;
};

// False: `why` says what is wrong with the operator's arguments.
bool shape_told(const struct tensor_use *u, struct shape_dims *out,
                struct buf *why);

#endif
