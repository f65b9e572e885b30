// Vectors of floats, of the width of the level that is being compiled.
//
// Included behind a `#pragma GCC target`: 16 lanes where that has AVX-512, 8
// where it has AVX2, else 4, which every compiler can do. Arithmetic, shifts
// and comparisons of `vf` and `vi` are C's own operators (GCC's vector
// extensions); what C has no operator for is here. Sums of products are
// contracted to fused ones where the level has them.
#ifndef SG_CPU_VECTOR_H
#define SG_CPU_VECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

#define INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));

INLINE vf vf_all(float x)
{
  return x - (vf){0};
}

INLINE vi vi_all(int32_t x)
{
  return x - (vi){0};
}

INLINE vf vf_load(const float *p)
{
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void vf_store(float *p, vf v)
{
  memcpy(p, &v, sizeof v);
}

// The first n lanes, n < LANES; the others are 0, and their memory is left
// alone. None are the usual case, and then there is no store: what is read
// there next would have to wait for it.
INLINE vf vf_load_part(const float *p, size_t n)
{
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#else
  vf v = {0};
  for (size_t i = 0; i < n; i++)
    v[i] = p[i];
  return v;
#endif
}

INLINE void vf_store_part(float *p, vf v, size_t n)
{
#if defined(__AVX512F__)
  if (n)
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
#else
  for (size_t i = 0; i < n; i++)
    p[i] = v[i];
#endif
}

// a where the mask has ones, else b. Masks are what comparisons give.
INLINE vf vf_choose(vi mask, vf a, vf b)
{
#if defined(__AVX512F__)
  __mmask16 m = _mm512_movepi32_mask((__m512i)mask);
  return _mm512_mask_mov_ps(b, m, a);
#elif defined(__AVX2__)
  return _mm256_blendv_ps(b, a, (__m256)mask);
#else
  return (vf)((mask & (vi)a) | (~mask & (vi)b));
#endif
}

INLINE bool vi_any(vi mask)
{
#if defined(__AVX512F__)
  return _mm512_movepi32_mask((__m512i)mask);
#elif defined(__AVX2__)
  return _mm256_movemask_ps((__m256)mask);
#else
  return mask[0] | mask[1] | mask[2] | mask[3];
#endif
}

// The greater and the lesser; b where one of them is not a number.
INLINE vf vf_max(vf a, vf b)
{
#if defined(__AVX512F__)
  return _mm512_max_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_max_ps(a, b);
#else
  return vf_choose(a > b, a, b);
#endif
}

INLINE vf vf_min(vf a, vf b)
{
#if defined(__AVX512F__)
  return _mm512_min_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_min_ps(a, b);
#else
  return vf_choose(a < b, a, b);
#endif
}

INLINE vi vi_max(vi a, vi b)
{
#if defined(__AVX512F__)
  return (vi)_mm512_max_epi32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (vi)_mm256_max_epi32((__m256i)a, (__m256i)b);
#else
  vi more = a > b;
  return (a & more) | (b & ~more);
#endif
}

INLINE vf vf_sqrt(vf x)
{
#if defined(__AVX512F__)
  return _mm512_sqrt_ps(x);
#elif defined(__AVX2__)
  return _mm256_sqrt_ps(x);
#else
  for (int i = 0; i < LANES; i++)
    x[i] = sqrtf(x[i]);
  return x;
#endif
}

INLINE vf vf_abs(vf x)
{
  return (vf)((vi)x & 0x7fffffff);
}

// The size of a, the sign of b.
INLINE vf vf_sign(vf a, vf b)
{
  return (vf)(((vi)a & 0x7fffffff) | ((vi)b & INT32_MIN));
}

// The sum, and the greatest, of the lanes, in a fixed order.
INLINE float vf_sum(vf v)
{
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps(v);
#else
  for (int half = LANES / 2; half; half /= 2)
    for (int i = 0; i < half; i++)
      v[i] += v[i + half];
  return v[0];
#endif
}

INLINE float vf_greatest(vf v)
{
#if defined(__AVX512F__)
  return _mm512_reduce_max_ps(v);
#else
  float most = v[0];
  for (int i = 1; i < LANES; i++)
    most = v[i] > most ? v[i] : most;
  return most;
#endif
}

#endif
