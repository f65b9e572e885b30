// Steps of a program as calls of kernels: what the files of the CPU backend
// share. A row of the table says which steps it takes, how many bytes it works
// in, and does it.
#ifndef SG_CPU_STEPS_H
#define SG_CPU_STEPS_H

#include "stdlib/ops/cpu/cpu.h"
#include "stdlib/ops/cpu/fuse.h"

struct cpu_row {
  bool (*takes)(const struct tensor_step *s);
  size_t (*scratch)(const struct tensor_step *s); // or NULL
  const char *(*run)(const struct tensor_step *s, void *scratch);
};

// steps_*.c
extern const struct cpu_row cpu_linear, cpu_matmul, cpu_unary, cpu_binary,
    cpu_number, cpu_from, cpu_softmax, cpu_norm, cpu_normalize, cpu_segment,
    cpu_embedding, cpu_attention;

// A tensor of f32 as rows of its last dimension.
struct cpu_rows {
  size_t rows, n, ld;
  float *data;
};
// False where rows do not lie at one distance, or elements of one apart.
bool cpu_rows_of(const struct tensor *t, struct cpu_rows *out);
static inline bool cpu_has_rows(const struct tensor *t)
{
  struct cpu_rows r;
  return cpu_rows_of(t, &r);
}
static inline struct cpu_rows cpu_rows(const struct tensor *t)
{
  struct cpu_rows r = {0};
  cpu_rows_of(t, &r);
  return r;
}
static inline struct rows_in cpu_in(const struct tensor *t)
{
  struct cpu_rows r = cpu_rows(t);
  return (struct rows_in){r.data, r.ld};
}
static inline struct rows_out cpu_out(const struct tensor *t)
{
  struct cpu_rows r = cpu_rows(t);
  return (struct rows_out){r.data, r.ld};
}
static inline bool cpu_dense(const struct tensor *t, enum dtype dtype)
{
  return t->dtype == dtype && tensor_is_dense(t);
}
static inline const struct cpu_fused *cpu_fused(const struct tensor_step *s)
{
  static const struct cpu_fused none = {.activation = UNARY_copy};
  return s->fused ? s->fused : &none;
}

#endif
