// The product with weights that were packed once: y = x · wᵀ, and more.
//
// x is [m, k], w is [n, k] as linear layers store theirs, y is [m, n]. Kinds:
//   GEMM_F32   floats
//   GEMM_BF16  both sides rounded to bf16, summed and given as floats
//   GEMM_INT8  w in bytes with a scale for each of its rows, x in bytes with a
//              scale for each row, found as it is read; summed exactly in steps
//              of 2048 along k, given as floats. k is at most 131072.
// A row of x with a NaN or, in bytes, an infinity gives a row of NaN, and
// touches no other.
#ifndef SG_CPU_GEMM_H
#define SG_CPU_GEMM_H

#include "stdlib/ops/cpu/cpu.h"

enum gemm_weights { WEIGHTS_F32, WEIGHTS_F16, WEIGHTS_BF16 };

// Bytes; a packed weight is aligned to 64. It is the same at every level.
size_t gemm_packed_size(enum gemm_kind kind, size_t n, size_t k);
// `w` is dense. Weights in bytes must be finite.
void gemm_pack(enum gemm_kind kind, const void *w, enum gemm_weights type,
               size_t n, size_t k, void *packed);

// What is made of the product before it is stored; NULL and 0: nothing.
struct gemm_epilogue {
  const float *bias; // [n]
  enum element_unary activation;
  struct rows_in residual; // [m, n], added in the end; not y
};

struct gemm {
  enum gemm_kind kind;
  size_t m, n, k;
  struct rows_in x;
  const void *packed;
  struct rows_out y;
  struct gemm_epilogue epilogue;
};

// Bytes that a product of at most m rows works in, aligned to 64.
size_t gemm_scratch(enum gemm_kind kind, size_t m, size_t n, size_t k);
void gemm_run(const struct gemm *g, void *scratch);

// ---- matrices that are not packed ----
// c = a · b, of floats; a is [m, k], or [k, m] where it is `transposed`, b is
// [k, n], or [n, k]. Where there are several, `step` elements lie between one
// and the next; a step of 0 is the same matrix again.
struct matmul_side {
  const float *data;
  size_t ld, step;
  bool transposed;
};

struct matmul {
  size_t count, m, n, k;
  struct matmul_side a, b;
  float *c;
  size_t ldc, step;
};

size_t matmul_scratch(size_t m, size_t n, size_t k);
void matmul_run(const struct matmul *p, void *scratch);

#endif
