// What is still to be computed: operators of tensors do not run where code
// meets them, they are noted, and run together when somebody needs an element.
//
// A node lies in the arena of its run, as the tensors do that it was noted for
// and that it reads. Only compaction moves it.
#ifndef SG_TENSOR_NODE_H
#define SG_TENSOR_NODE_H

#include "runtime/value/value.h"

struct tensor_node {
  uint64_t number; // no other node of the process has it
  enum operator_id op;
  uint32_t n_inputs;     // of the signature's parameters those that are tensors
  uint32_t n_attributes; // what the other parameters say
  const void *place[2];  // where in the code, as the engine knows it
  // Numbers as they are, floats by their bits, texts by their first 8 bytes, a
  // list as its length and its elements; in the order of the parameters.
  int64_t *attributes; // behind the inputs
  const struct tensor *inputs[];
};

static inline size_t tensor_node_size(const struct tensor_node *n)
{
  return sizeof *n + n->n_inputs * sizeof *n->inputs +
         n->n_attributes * sizeof *n->attributes;
}

// An attribute that is a float, and one that is a text: its first 8 bytes.
static inline double attribute_float(int64_t bits)
{
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}
static inline int64_t attribute_text(const char *text, size_t size)
{
  int64_t word = 0;
  __builtin_memcpy(&word, text, size < 8 ? size : 8);
  return word;
}

// Whether there is something to compute before its elements can be read.
static inline bool tensor_is_out(const struct tensor *t)
{
  return !t->data;
}

#endif
