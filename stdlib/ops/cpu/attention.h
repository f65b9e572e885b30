// Attention of sequences that lie one behind the other in rows, without the
// matrix of all scores.
#ifndef SG_CPU_ATTENTION_H
#define SG_CPU_ATTENTION_H

#include "stdlib/ops/cpu/rows.h"

// out = softmax(q · kᵀ * scale) · v for each sequence and head. Query head h
// looks at head h / (heads / key_heads) of keys and values.
struct attention {
  size_t heads, key_heads; // the former is a multiple of the latter
  size_t width;            // of a head of q and k
  size_t value_width;      // of a head of v and out
  struct rows_in q, k, v;  // heads side by side in a row
  struct rows_out out;
  struct segments queries,
      keys; // as many of either; rows of q and out, k and v
  float scale;
  // Query i of a sequence sees keys up to keys - queries + i: the last one sees
  // all. A query that sees none is given zeros.
  bool causal;
};

struct attention_kernels {
  // A sequence with a NaN touches no other. Within one a query is NaN if it is
  // NaN itself or sees a key that is; causal ones also if one of the next 11
  // rows' values is.
  void (*run)(const struct attention *a, void *scratch);
  // Bytes, for sequences of any length; aligned to 64.
  size_t (*scratch)(const struct attention *a);
};

#endif
