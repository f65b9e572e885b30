// Kernels for each element by itself, and conversions.
#ifndef SG_CPU_ELEMENTS_H
#define SG_CPU_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

enum element_unary {
#define UNARY(name, of) UNARY_##name,
#include "stdlib/ops/cpu/elements.def"
  UNARIES
};

enum element_binary {
#define BINARY(name, of) BINARY_##name,
#include "stdlib/ops/cpu/elements.def"
  BINARIES
};

// out[i] = f(x[i]). `out` may be x.
typedef void element_unary_kernel(size_t n, const float *x, float *out);
// out[i] = f(x[i], y[i]). `out` may be x or y.
typedef void element_binary_kernel(size_t n, const float *x, const float *y,
                                   float *out);
// One of the two is a number.
typedef void element_number_kernel(size_t n, const float *x, float y,
                                   float *out);

// out[i] = f(x[i] * row_scale * column_scale[i] + bias[i]) + residual[i]; what
// is NULL is left out. `out` may be x, and so may `residual`.
struct element_finish {
  float row_scale; // used with column_scale only
  const float *column_scale, *bias, *residual;
  enum element_unary activation; // copy: none
};

struct element_kernels {
  element_unary_kernel *unary[UNARIES];
  element_binary_kernel *binary[BINARIES];
  element_number_kernel *number[BINARIES]; // f(x[i], y)
  element_number_kernel *from[BINARIES];   // f(y, x[i])
  void (*finish)(size_t n, const float *x, const struct element_finish *f,
                 float *out);
  // Halves are given as their bits. Rounded to the nearest, halfway cases to
  // even; what is too great becomes infinite, and NaN stays NaN.
  void (*to_f16)(size_t n, const float *x, uint16_t *out);
  void (*to_bf16)(size_t n, const float *x, uint16_t *out);
  void (*from_f16)(size_t n, const uint16_t *x, float *out);
  void (*from_bf16)(size_t n, const uint16_t *x, float *out);
};

#endif
