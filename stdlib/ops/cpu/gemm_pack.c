// Packs weights for the product (gemm.h).
//
// The panels of gemm_tile.h, one for every 32 rows of the weight; rows that are
// not there are zeros. In front of bytes stand two arrays of as many numbers as
// there are columns in all panels: the scale of each, and what its sum begins
// with. Rows of x are bytes with 128 on top, and that takes it away again.
#include "stdlib/ops/cpu/gemm.h"

#include <math.h>
#include <string.h>

#include "stdlib/ops/cpu/gemm_panels.h"
#include "stdlib/ops/cpu/half.h"

// Of one row of the weight, at a time.
enum { PIECE = 256 };

size_t gemm_packed_size(enum gemm_kind kind, size_t n, size_t k)
{
  return gemm_header(kind, n) +
         gemm_columns(n) * gemm_depth(kind, k) * GEMM_UNIT;
}

static void weight_floats(const void *w, enum gemm_weights type, size_t at,
                          size_t count, float *out)
{
  const struct element_kernels *e = cpu_kernels()->elements;
  const uint16_t *halves = w;
  if (type == WEIGHTS_F16)
    e->from_f16(count, halves + at, out);
  else if (type == WEIGHTS_BF16)
    e->from_bf16(count, halves + at, out);
  else
    memcpy(out, (const float *)w + at, count * sizeof *out);
}

// A row to be packed: where from, and its first unit in its panel.
struct column {
  const void *w;
  enum gemm_weights type;
  size_t first, k; // its elements
  char *out;
};

static float column_size(const struct column *c)
{
  float x[PIECE], size = 0;
  for (size_t i = 0; i < c->k; i += PIECE) {
    size_t n = c->k - i < PIECE ? c->k - i : PIECE;
    weight_floats(c->w, c->type, c->first + i, n, x);
    for (size_t j = 0; j < n; j++)
      size = fabsf(x[j]) > size ? fabsf(x[j]) : size;
  }
  return size;
}

// Puts step i, which is of `bytes`, to its place.
static void column_put(const struct column *c, size_t i, const void *step,
                       size_t bytes)
{
  size_t steps = GEMM_UNIT / bytes;
  memcpy(c->out + i / steps * GEMM_PANEL * GEMM_UNIT + i % steps * bytes, step,
         bytes);
}

static void pack_floats(const struct column *c, const float *x, size_t i,
                        size_t n)
{
  for (size_t j = 0; j < n; j++)
    column_put(c, i + j, x + j, sizeof *x);
}

static void pack_bf16(const struct column *c, const float *x, size_t i,
                      size_t n)
{
  for (size_t j = 0; j < n; j++) {
    uint16_t h = bf16_of_float(x[j]);
    column_put(c, i + j, &h, sizeof h);
  }
}

// Their sum.
static int32_t pack_bytes(const struct column *c, const float *x, size_t i,
                          size_t n, float by)
{
  int32_t sum = 0;
  for (size_t j = 0; j < n; j++) {
    int8_t b = (int8_t)lrintf(x[j] * by);
    column_put(c, i + j, &b, sizeof b);
    sum += b;
  }
  return sum;
}

static void pack_column(enum gemm_kind kind, const struct column *c,
                        float *scale, int32_t *start)
{
  float x[PIECE], by = 0;
  int32_t sum = 0;
  if (kind == GEMM_INT8) {
    float size = column_size(c);
    *scale = size / 127;
    by = *scale > 1e-30f ? 127 / size : 0;
  }
  for (size_t i = 0; i < c->k; i += PIECE) {
    size_t n = c->k - i < PIECE ? c->k - i : PIECE;
    weight_floats(c->w, c->type, c->first + i, n, x);
    if (kind == GEMM_F32)
      pack_floats(c, x, i, n);
    else if (kind == GEMM_BF16)
      pack_bf16(c, x, i, n);
    else
      sum += pack_bytes(c, x, i, n, by);
  }
  if (kind == GEMM_INT8)
    *start = -128 * sum;
}

static void pack_f32_panels(const float *w, size_t n, size_t k, float *out)
{
  for (size_t j = 0; j < n; j += GEMM_PANEL)
    cpu_kernels()->gemm[GEMM_F32]->panel(
        w + j * k, k, n - j < GEMM_PANEL ? n - j : GEMM_PANEL, k, out + j * k);
}

void gemm_pack(enum gemm_kind kind, const void *w, enum gemm_weights type,
               size_t n, size_t k, void *packed)
{
  if (kind == GEMM_F32 && type == WEIGHTS_F32) {
    pack_f32_panels(w, n, k, packed);
    return;
  }
  memset(packed, 0, gemm_packed_size(kind, n, k));
  float *scales = packed;
  int32_t *starts = (int32_t *)(scales + gemm_columns(n));
  char *panels = (char *)packed + gemm_header(kind, n);
  size_t panel = GEMM_PANEL * GEMM_UNIT * gemm_depth(kind, k);
  for (size_t j = 0; j < n; j++) {
    struct column c = {w, type, j * k, k,
                       panels + j / GEMM_PANEL * panel +
                           j % GEMM_PANEL * GEMM_UNIT};
    pack_column(kind, &c, scales + j, starts + j);
  }
}
