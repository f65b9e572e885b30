// The shape of what a tensor operator gives: its row's signature, with the
// dimensions of the tensors at hand in place of the names, and what the row's
// rule says of those that a signature cannot tell (shape_rules.def).
#ifndef SG_TENSOR_SHAPE_H
#define SG_TENSOR_SHAPE_H

#include "grammar/base/buf.h"
#include "grammar/defs/signature.h"
#include "runtime/value/value.h"

struct tensor_use { // an operator and what it is called with
  const struct signature *row;
  const struct tensor *const *inputs; // a list of tensors is several
  const uint32_t *params;             // which of the row's each belongs to
  uint32_t n_inputs;
  const int64_t *attributes; // as in struct tensor_node
};

// Fills in dtype, rank, dims and strides. False: what does not fit is written
// to `why`.
bool tensor_infer(const struct tensor_use *use, struct tensor *out,
                  struct buf *why);

#endif
