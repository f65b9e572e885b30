// Inside of the matrix product: what a level does of it.
//
// Weights lie in panels of 32 columns. A panel is `depth` times 32 units of
// four bytes: a float, two bf16 or four bytes, which belong to one, two or four
// steps along k (GEMM_STEPS). What they are multiplied with is prepared in rows
// of units too, so a tile is the same loop for all kinds.
#ifndef SG_CPU_GEMM_TILE_H
#define SG_CPU_GEMM_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gemm_kind { GEMM_F32, GEMM_BF16, GEMM_INT8, GEMM_KINDS };

enum { GEMM_PANEL = 32, GEMM_UNIT = 4, GEMM_ROWS = 12 };

// c = (add ? c : start) + a · b, for some rows and the columns of a panel.
struct gemm_tile {
  const char *a; // rows, `lda` bytes apart
  size_t lda, depth;
  const char *b;        // a panel's units
  const int32_t *start; // of bytes: 32 numbers to begin with, or NULL: 0
  float *c;             // 32 columns, rows `ldc` apart
  size_t ldc;
  bool add;
};

typedef void gemm_tile_kernel(const struct gemm_tile *t);

struct gemm_kernels {
  size_t rows; // of the greatest tile
  size_t unit; // bytes of a row's unit
  // Rows of floats into rows of units, the last one filled up with zeros.
  // Bytes: *scale is what one of them stands for, NaN where a row is not
  // finite.
  void (*prepare)(const float *x, size_t k, void *out, float *scale);
  gemm_tile_kernel *const *tiles; // [rows], from 1 on
  // A panel of floats, of n <= 32 rows of k, or of k rows of n; columns that
  // are not there are 0. Of GEMM_F32 only.
  void (*panel)(const float *w, size_t ld, size_t n, size_t k, float *out);
  void (*panel_of_columns)(const float *w, size_t ld, size_t n, size_t k,
                           float *out);
};

static inline size_t gemm_steps(enum gemm_kind kind)
{
  return kind == GEMM_INT8 ? 4 : kind == GEMM_BF16 ? 2 : 1;
}

static inline size_t gemm_depth(enum gemm_kind kind, size_t k)
{
  return (k + gemm_steps(kind) - 1) / gemm_steps(kind);
}

#endif
