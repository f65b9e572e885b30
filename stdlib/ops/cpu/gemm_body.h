// Tiles of the matrix product; compiled for every level (gemm_tile.h).
//
// A tile keeps its sums in registers: with AVX-512 12 rows by 32 columns are 24
// of 32, which two vectors of the panel, one of the rows and what bf16 needs
// leave room for. With shorter vectors it is 6 rows, and the panel is done in
// pieces of two vectors. A tile of few rows has several sums for each element,
// so that additions need not wait for each other.
//
// Loops over rows must be unrolled, or else the sums go through memory.
#ifndef SG_CPU_GEMM_BODY_H
#define SG_CPU_GEMM_BODY_H

#include "stdlib/ops/cpu/functions.h"
#include "stdlib/ops/cpu/gemm_tile.h"
#include "stdlib/ops/cpu/half.h"

#define UNROLL _Pragma("GCC unroll 32")

#if LANES == 16
#define TILE_ROWS 12
#else
#define TILE_ROWS 6
#endif

// How a unit of a row and one of a panel are multiplied. WIDE: bf16 as floats,
// SPLIT: bytes as words of 16 bits; each in two halves.
enum dot { DOT_F32, DOT_BF16, DOT_BF16_WIDE, DOT_INT8, DOT_INT8_SPLIT };

INLINE int dot_parts(enum dot d)
{
  return d == DOT_BF16_WIDE || d == DOT_INT8_SPLIT ? 2 : 1;
}

INLINE bool dot_bytes(enum dot d)
{
  return d == DOT_INT8 || d == DOT_INT8_SPLIT;
}

INLINE vi dot_word(const char *a)
{
  int32_t word;
  memcpy(&word, a, sizeof word);
  return vi_all(word);
}

INLINE vf dot_float(const char *a)
{
  float x;
  memcpy(&x, a, sizeof x);
  return vf_all(x);
}

// A part of a row's unit, in all lanes.
INLINE vf dot_row(enum dot d, int part, const char *a)
{
  if (d == DOT_F32 || d == DOT_BF16_WIDE)
    return dot_float(a + 4 * part);
  if (d == DOT_INT8_SPLIT)
    return (vf)((part ? dot_word(a) >> 8 : dot_word(a)) & 0x00ff00ff);
  return (vf)dot_word(a);
}

INLINE vi vi_low_bytes(vi b)
{
#if defined(__AVX512BW__)
  return (vi)_mm512_srai_epi16(_mm512_slli_epi16((__m512i)b, 8), 8);
#elif defined(__AVX2__)
  return (vi)_mm256_srai_epi16(_mm256_slli_epi16((__m256i)b, 8), 8);
#else
  return ((b << 8 >> 24) << 16) | ((b << 24 >> 24) & 0xffff);
#endif
}

INLINE vi vi_high_bytes(vi b)
{
#if defined(__AVX512BW__)
  return (vi)_mm512_srai_epi16((__m512i)b, 8);
#elif defined(__AVX2__)
  return (vi)_mm256_srai_epi16((__m256i)b, 8);
#else
  return ((b >> 24) << 16) | ((b << 16 >> 24) & 0xffff);
#endif
}

// The sums of the products of each lane's two words.
INLINE vi vi_dot_words(vi a, vi b)
{
#if defined(__AVX512BW__)
  return (vi)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
  return (a >> 16) * (b >> 16) + (a << 16 >> 16) * (b << 16 >> 16);
#endif
}

// A part of a vector of a panel's units.
INLINE vf dot_column(enum dot d, int part, const char *at)
{
  vi b;
  memcpy(&b, at, sizeof b);
  if (d == DOT_BF16_WIDE)
    b = part ? b & (int32_t)0xffff0000 : b << 16;
  if (d == DOT_INT8_SPLIT)
    b = part ? vi_high_bytes(b) : vi_low_bytes(b);
  return (vf)b;
}

// The instructions themselves: GCC 12 copies the sums around the intrinsics for
// them, and then has not registers enough.
INLINE vf dot(enum dot d, vf c, vf a, vf b)
{
  if (d == DOT_F32 || d == DOT_BF16_WIDE)
    return c + a * b;
#if defined(__AVX512BF16__)
  if (d == DOT_BF16) {
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
    return c;
  }
#endif
#if defined(__AVX512VNNI__)
  if (d == DOT_INT8) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
    return c;
  }
#endif
  return (vf)((vi)c + vi_dot_words((vi)a, (vi)b));
}

INLINE vf dot_add(enum dot d, vf a, vf b)
{
  return dot_bytes(d) ? (vf)((vi)a + (vi)b) : a + b;
}

// One unit of each row with two vectors of a panel.
INLINE void tile_step(enum dot d, int rows, const char *a, size_t lda,
                      const char *b, vf (*c)[2])
{
  UNROLL for (int part = 0; part < dot_parts(d); part++)
  {
    vf b0 = dot_column(d, part, b);
    vf b1 = dot_column(d, part, b + sizeof(vf));
    UNROLL for (int r = 0; r < rows; r++)
    {
      vf x = dot_row(d, part, a + (size_t)r * lda);
      c[r][0] = dot(d, c[r][0], x, b0);
      c[r][1] = dot(d, c[r][1], x, b1);
    }
  }
}

INLINE void tile_store(enum dot d, const struct gemm_tile *t, vf sum,
                       size_t row, size_t column)
{
  float *c = t->c + row * t->ldc + column;
  if (dot_bytes(d) && t->start) {
    vi start;
    memcpy(&start, t->start + column, sizeof start);
    sum = (vf)((vi)sum + start);
  }
  if (dot_bytes(d))
    sum = __builtin_convertvector((vi)sum, vf);
  vf_store(c, t->add ? vf_load(c) + sum : sum);
}

// Bytes of a panel that are asked for before they are needed: a page, since the
// processor itself asks for none beyond the one that it is in.
enum { AHEAD = 4096 };

// Two vectors of the panel's columns.
INLINE void tile_columns(enum dot d, int rows, const struct gemm_tile *t,
                         size_t column)
{
  const int chains = rows < 2 ? 4 : rows < 4 ? 2 : 1;
  const size_t unit = d == DOT_BF16_WIDE ? 8 : 4, step = GEMM_PANEL * GEMM_UNIT;
  vf c[4 * TILE_ROWS][2];
  UNROLL for (int i = 0; i < chains * rows; i++) c[i][0] = c[i][1] = (vf){0};
  const char *a = t->a, *b = t->b + column * GEMM_UNIT;
  size_t i = t->depth;
  for (; i >= (size_t)chains; i -= (size_t)chains) {
    UNROLL for (int j = 0; j < chains; j++)
    {
      __builtin_prefetch(b + (size_t)j * step + AHEAD);
      if (LANES == 16)
        __builtin_prefetch(b + (size_t)j * step + AHEAD + 64);
      tile_step(d, rows, a + (size_t)j * unit, t->lda, b + (size_t)j * step,
                c + j * rows);
    }
    a += (size_t)chains * unit;
    b += (size_t)chains * step;
  }
  for (; chains > 1 && i; i--, a += unit, b += step)
    tile_step(d, rows, a, t->lda, b, c);
  UNROLL for (int j = rows; j < chains * rows; j++)
  {
    c[j % rows][0] = dot_add(d, c[j % rows][0], c[j][0]);
    c[j % rows][1] = dot_add(d, c[j % rows][1], c[j][1]);
  }
  UNROLL for (int r = 0; r < rows; r++)
  {
    tile_store(d, t, c[r][0], (size_t)r, column);
    tile_store(d, t, c[r][1], (size_t)r, column + LANES);
  }
}

INLINE void tile(enum dot d, int rows, const struct gemm_tile *t)
{
  for (size_t column = 0; column < GEMM_PANEL; column += 2 * LANES)
    tile_columns(d, rows, t, column);
}

// Tiles of a kind, of one row to TILE_ROWS.
#define TILE(name, dot, rows)                                                  \
  static void name##_##rows(const struct gemm_tile *t)                         \
  {                                                                            \
    tile(dot, rows, t);                                                        \
  }
#define TILES_6(name, dot)                                                     \
  TILE(name, dot, 1)                                                           \
  TILE(name, dot, 2)                                                           \
  TILE(name, dot, 3) TILE(name, dot, 4) TILE(name, dot, 5) TILE(name, dot, 6)
#if TILE_ROWS == 12
#define TILES(name, dot)                                                       \
  TILES_6(name, dot)                                                           \
  TILE(name, dot, 7)                                                           \
  TILE(name, dot, 8)                                                           \
  TILE(name, dot, 9)                                                           \
  TILE(name, dot, 10)                                                          \
  TILE(name, dot, 11)                                                          \
  TILE(name, dot, 12)                                                          \
  static gemm_tile_kernel *const name[] = {                                    \
      NULL,     name##_1, name##_2, name##_3,  name##_4,  name##_5, name##_6,  \
      name##_7, name##_8, name##_9, name##_10, name##_11, name##_12};
#else
#define TILES(name, dot)                                                       \
  TILES_6(name, dot)                                                           \
  static gemm_tile_kernel *const name[] = {                                    \
      NULL, name##_1, name##_2, name##_3, name##_4, name##_5, name##_6};
#endif

// ---- panels of floats ----
typedef float v4 __attribute__((vector_size(16)));

INLINE v4 v4_load(const float *p)
{
  v4 v;
  memcpy(&v, p, sizeof v);
  return v;
}

// Four elements of four rows, as four rows of a panel.
INLINE void panel_square(const float *w, size_t ld, float *out)
{
  v4 a = v4_load(w), b = v4_load(w + ld), c = v4_load(w + 2 * ld),
     d = v4_load(w + 3 * ld);
  v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  v4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  v4 ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  v4 cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  v4 rows[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5),
                __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5),
                __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7)};
  UNROLL for (int i = 0; i < 4; i++)
      memcpy(out + i * GEMM_PANEL, &rows[i], sizeof rows[i]);
}

// The columns of a row of the panel from n on.
INLINE void panel_zeros(size_t n, float *out)
{
  for (; n % 4; n++)
    out[n] = 0;
  for (; n < GEMM_PANEL; n += 4)
    memset(out + n, 0, 4 * sizeof *out);
}

// n <= 32 rows of k elements, each a column of the panel; the others are 0.
__attribute__((unused)) static void
panel_of_rows(const float *w, size_t ld, size_t n, size_t k, float *out)
{
  size_t squares = n / 4 * 4, whole = k / 4 * 4;
  for (size_t i = 0; i < whole; i += 4)
    for (size_t j = 0; j < squares; j += 4)
      panel_square(w + j * ld + i, ld, out + i * GEMM_PANEL + j);
  for (size_t i = 0; i < k; i++, out += GEMM_PANEL) {
    for (size_t j = i < whole ? squares : 0; j < n; j++)
      out[j] = w[j * ld + i];
    if (n < GEMM_PANEL)
      panel_zeros(n, out);
  }
}

// n <= 32 elements, a row of the panel as they are.
INLINE void panel_row(const float *x, size_t n, float *out)
{
  if (n == GEMM_PANEL) {
    memcpy(out, x, GEMM_PANEL * sizeof *out);
    return;
  }
  memcpy(out, x, n * sizeof *out);
  panel_zeros(n, out);
}

__attribute__((unused)) static void
panel_of_columns(const float *w, size_t ld, size_t n, size_t k, float *out)
{
  for (size_t i = 0; i < k; i++)
    panel_row(w + i * ld, n, out + i * GEMM_PANEL);
}

// ---- what rows are made into ----
__attribute__((unused)) static void prepare_f32(const float *x, size_t k,
                                                void *out, float *scale)
{
  memcpy(out, x, k * sizeof *x);
}

// To bf16, in two steps a unit.
__attribute__((unused)) static void prepare_bf16(const float *x, size_t k,
                                                 void *out, float *scale)
{
  uint16_t *to = out;
  size_t i = 0;
  for (; i + LANES <= k; i += LANES) {
    vh h = vh_low(vi_bf16(vf_load(x + i)));
    memcpy(to + i, &h, sizeof h);
  }
  for (; i < k; i++)
    to[i] = bf16_of_float(x[i]);
  if (k % 2)
    to[k] = 0;
}

// The same numbers, as floats.
__attribute__((unused)) static void prepare_bf16_wide(const float *x, size_t k,
                                                      void *out, float *scale)
{
  float *to = out;
  size_t i = 0;
  for (; i + LANES <= k; i += LANES)
    vf_store(to + i, (vf)(vi_bf16(vf_load(x + i)) << 16));
  for (; i < k; i++)
    to[i] = float_of_bf16(bf16_of_float(x[i]));
  if (k % 2)
    to[k] = 0;
}

// The bits of the greatest size: a NaN is greater than infinity.
INLINE int32_t row_size(size_t k, const float *x)
{
  vi a = {0}, b = {0};
  for (; k >= 2 * LANES; k -= 2 * LANES, x += 2 * LANES) {
    a = vi_max(a, (vi)vf_abs(vf_load(x)));
    b = vi_max(b, (vi)vf_abs(vf_load(x + LANES)));
  }
  for (; k >= LANES; k -= LANES, x += LANES)
    a = vi_max(a, (vi)vf_abs(vf_load(x)));
  a = vi_max(vi_max(a, b), (vi)vf_abs(vf_load_part(x, k)));
  int32_t most = 0;
  for (int i = 0; i < LANES; i++)
    most = a[i] > most ? a[i] : most;
  return most;
}

// Whole numbers in ±127, and 128 on top.
INLINE vb vb_quantized(vf x, float by)
{
  vf big = vf_all(12582912.f + 128.f);
  return vb_low((vi)(x * by + big));
}

__attribute__((unused)) static void prepare_int8(const float *x, size_t k,
                                                 void *out, float *scale)
{
  uint8_t *to = out;
  int32_t bits = row_size(k, x);
  float size;
  memcpy(&size, &bits, sizeof size);
  *scale = bits < 0x7f800000 ? size / 127.f : NAN;
  float by = *scale > 1e-30f ? 127.f / size : 0;
  size_t i = 0;
  for (; i + LANES <= k; i += LANES) {
    vb b = vb_quantized(vf_load(x + i), by);
    memcpy(to + i, &b, sizeof b);
  }
  vb b = vb_quantized(vf_load_part(x + i, k - i), by);
  for (size_t j = 0; i < k; i++, j++)
    to[i] = b[j];
  for (; i % 4; i++)
    to[i] = 0;
}

#endif
