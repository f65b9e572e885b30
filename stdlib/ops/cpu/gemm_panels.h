// Inside of the matrix product: rows times panels, however these were made.
#ifndef SG_CPU_GEMM_PANELS_H
#define SG_CPU_GEMM_PANELS_H

#include "stdlib/ops/cpu/cpu.h"

// Columns of all panels of a weight.
static inline size_t gemm_columns(size_t n)
{
  return (n + GEMM_PANEL - 1) / GEMM_PANEL * GEMM_PANEL;
}

// Bytes in front of the panels of a packed weight.
static inline size_t gemm_header(enum gemm_kind kind, size_t n)
{
  return kind == GEMM_INT8 ? 2 * 4 * gemm_columns(n) : 0;
}

struct gemm_product {
  const struct gemm_kernels *kernels;
  const struct element_kernels *elements;
  size_t m, n, depth;
  const char *a; // rows of units, `lda` bytes apart
  size_t lda;
  const char *panels;
  const int32_t *starts;  // of bytes, or NULL
  const float *row_scale; // of bytes, for each row; or NULL
  struct rows_out y;
  struct element_finish finish;
  size_t residual_ld;
};

// Fills y.
void gemm_product(const struct gemm_product *p);

#endif
