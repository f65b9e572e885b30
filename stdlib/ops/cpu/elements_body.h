// Kernels for each element by itself; compiled for every level (elements.h).
#ifndef SG_CPU_ELEMENTS_BODY_H
#define SG_CPU_ELEMENTS_BODY_H

#include "stdlib/ops/cpu/elements.h"
#include "stdlib/ops/cpu/functions.h"
#include "stdlib/ops/cpu/half.h"

#define UNARY(name, of)                                                        \
  INLINE vf vf_of_##name(vf x)                                                 \
  {                                                                            \
    return of;                                                                 \
  }                                                                            \
  static void unary_##name(size_t n, const float *x, float *out)               \
  {                                                                            \
    for (; n >= LANES; n -= LANES, x += LANES, out += LANES)                   \
      vf_store(out, vf_of_##name(vf_load(x)));                                 \
    vf_store_part(out, vf_of_##name(vf_load_part(x, n)), n);                   \
  }
#include "stdlib/ops/cpu/elements.def"

#define BINARY(name, of)                                                       \
  INLINE vf vf_by_##name(vf x, vf y)                                           \
  {                                                                            \
    return of;                                                                 \
  }                                                                            \
  static void binary_##name(size_t n, const float *x, const float *y,          \
                            float *out)                                        \
  {                                                                            \
    size_t i = 0;                                                              \
    for (; i + LANES <= n; i += LANES)                                         \
      vf_store(out + i, vf_by_##name(vf_load(x + i), vf_load(y + i)));         \
    vf last =                                                                  \
        vf_by_##name(vf_load_part(x + i, n - i), vf_load_part(y + i, n - i));  \
    vf_store_part(out + i, last, n - i);                                       \
  }                                                                            \
  static void number_##name(size_t n, const float *x, float y, float *out)     \
  {                                                                            \
    for (; n >= LANES; n -= LANES, x += LANES, out += LANES)                   \
      vf_store(out, vf_by_##name(vf_load(x), vf_all(y)));                      \
    vf_store_part(out, vf_by_##name(vf_load_part(x, n), vf_all(y)), n);        \
  }                                                                            \
  static void from_##name(size_t n, const float *x, float y, float *out)       \
  {                                                                            \
    for (; n >= LANES; n -= LANES, x += LANES, out += LANES)                   \
      vf_store(out, vf_by_##name(vf_all(y), vf_load(x)));                      \
    vf_store_part(out, vf_by_##name(vf_all(y), vf_load_part(x, n)), n);        \
  }
#include "stdlib/ops/cpu/elements.def"

// Those that may follow a product; others are made of it in a second pass.
INLINE vf finish_activation(enum element_unary f, vf x)
{
  switch (f) {
#define UNARY(name, of)                                                        \
  case UNARY_##name:                                                           \
    return vf_of_##name(x);
#include "stdlib/ops/cpu/elements.def"
  default:
    return x;
  }
}

INLINE vf finish_one(vf x, const struct element_finish *f, size_t i, size_t n)
{
#define AT(p) (n < LANES ? vf_load_part((p) + i, n) : vf_load((p) + i))
  if (f->column_scale)
    x = x * (f->row_scale * AT(f->column_scale));
  if (f->bias)
    x = x + AT(f->bias);
  x = finish_activation(f->activation, x);
  if (f->residual)
    x = x + AT(f->residual);
#undef AT
  return x;
}

static void finish(size_t n, const float *x, const struct element_finish *f,
                   float *out)
{
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    vf_store(out + i, finish_one(vf_load(x + i), f, i, LANES));
  if (i < n)
    vf_store_part(out + i, finish_one(vf_load_part(x + i, n - i), f, i, n - i),
                  n - i);
}

static void to_f16(size_t n, const float *x, uint16_t *out)
{
#if defined(__AVX512F__)
  for (; n >= LANES; n -= LANES, x += LANES, out += LANES) {
    __m256i h = _mm512_cvtps_ph(vf_load(x), _MM_FROUND_TO_NEAREST_INT);
    memcpy(out, &h, sizeof h);
  }
#elif defined(__F16C__)
  for (; n >= LANES; n -= LANES, x += LANES, out += LANES) {
    __m128i h = _mm256_cvtps_ph(vf_load(x), _MM_FROUND_TO_NEAREST_INT);
    memcpy(out, &h, sizeof h);
  }
#endif
  for (size_t i = 0; i < n; i++)
    out[i] = f16_of_float(x[i]);
}

static void from_f16(size_t n, const uint16_t *x, float *out)
{
#if defined(__AVX512F__)
  for (; n >= LANES; n -= LANES, x += LANES, out += LANES)
    vf_store(out, _mm512_cvtph_ps(_mm256_loadu_si256((const void *)x)));
#elif defined(__F16C__)
  for (; n >= LANES; n -= LANES, x += LANES, out += LANES)
    vf_store(out, _mm256_cvtph_ps(_mm_loadu_si128((const void *)x)));
#endif
  for (size_t i = 0; i < n; i++)
    out[i] = float_of_f16(x[i]);
}

static void to_bf16(size_t n, const float *x, uint16_t *out)
{
  for (; n >= LANES; n -= LANES, x += LANES, out += LANES) {
    vh h = vh_low(vi_bf16(vf_load(x)));
    memcpy(out, &h, sizeof h);
  }
  for (size_t i = 0; i < n; i++)
    out[i] = bf16_of_float(x[i]);
}

static void from_bf16(size_t n, const uint16_t *x, float *out)
{
  for (; n >= LANES; n -= LANES, x += LANES, out += LANES) {
    vh h;
    memcpy(&h, x, sizeof h);
    vf_store(out, (vf)(__builtin_convertvector(h, vi) << 16));
  }
  for (size_t i = 0; i < n; i++)
    out[i] = float_of_bf16(x[i]);
}

static const struct element_kernels element_kernels = {
    .unary =
        {
#define UNARY(name, of) unary_##name,
#include "stdlib/ops/cpu/elements.def"
        },
    .binary =
        {
#define BINARY(name, of) binary_##name,
#include "stdlib/ops/cpu/elements.def"
        },
    .number =
        {
#define BINARY(name, of) number_##name,
#include "stdlib/ops/cpu/elements.def"
        },
    .from =
        {
#define BINARY(name, of) from_##name,
#include "stdlib/ops/cpu/elements.def"
        },
    .finish = finish,
    .to_f16 = to_f16,
    .to_bf16 = to_bf16,
    .from_f16 = from_f16,
    .from_bf16 = from_bf16,
};

#endif
