// Steps that the CPU does better together.
#ifndef SG_CPU_FUSE_H
#define SG_CPU_FUSE_H

#include "runtime/tensor/program.h"
#include "stdlib/ops/cpu/elements.h"

// What a step has taken along (tensor_step.fused). Inputs are the step's own,
// then the residual where there is one; of an embedding, a table and its ids
// for each that is added.
struct cpu_fused {
  enum element_unary activation; // of a linear layer, before the residual
  bool residual;                 // added behind a linear layer, before a norm
  uint32_t tables;               // of an embedding
};

void cpu_fuse(struct tensor_program *p);
bool cpu_supports(const struct tensor_step *s);

extern const struct backend cpu_backend;

#endif
