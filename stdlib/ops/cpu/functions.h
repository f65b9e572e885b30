// exp, erf, tanh and what neural networks make of them, for vectors.
//
// Polynomials are minimax fits (Lawson's iteration on a dense Chebyshev grid);
// their errors are those of the fit, before rounding. Results are off by at
// most 1.5 ulp (exp, erf, tanh) or 2.5 ulp (sigmoid, silu; below 1e-36 they may
// be 0), and gelu by 3 ulp or 1e-7, whichever is greater. What is not a number
// stays so.
#ifndef SG_CPU_FUNCTIONS_H
#define SG_CPU_FUNCTIONS_H

#include "stdlib/ops/cpu/vector.h"

// 2^n times x, for whole n within ±300, also where it over- or underflows.
INLINE vf vf_times_power(vf x, vf n)
{
#if defined(__AVX512F__)
  return _mm512_scalef_ps(x, n);
#else
  vi whole = __builtin_convertvector(n, vi);
  vi half = whole >> 1;
  x *= (vf)((half + 127) << 23);
  return x * (vf)((whole - half + 127) << 23);
#endif
}

// e^x = 2^n e^r, |r| <= log(2) / 2 (Cody and Waite, 1980: log(2) in two parts);
// e^r = 1 + r + r^2 g(r), g off by 3e-9 of e^r.
INLINE vf vf_exp(vf x)
{
  vf finite = vf_min(vf_all(89.f), vf_max(vf_all(-104.f), x));
  // Adding it rounds to a whole number.
  vf big = vf_all(12582912.f);
  vf n = (finite * 1.44269504f + big) - big;
  vf r = finite - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  vf g = vf_all(0.00139504788f);
  g = g * r + 0.00836888224f;
  g = g * r + 0.041666206f;
  g = g * r + 0.166665189f;
  g = g * r + 0.50000001f;
  vf e = (g * r) * r + r + 1.f;
  return vf_times_power(e, n);
}

INLINE vf vf_sigmoid(vf x)
{
  return 1.f / (1.f + vf_exp(-x));
}

INLINE vf vf_silu(vf x)
{
  return x / (1.f + vf_exp(-x));
}

// Near 0 an odd polynomial (off by 2e-10), else 1 - 2 / (e^2|x| + 1).
INLINE vf vf_tanh(vf x)
{
  vf u = x * x, size = vf_abs(x);
  vf p = vf_all(0.00206466529f);
  p = p * u - 0.00809196854f;
  p = p * u + 0.021666347f;
  p = p * u - 0.0539405632f;
  p = p * u + 0.133331579f;
  p = p * u - 0.333333296f;
  vf near = x + x * (u * p);
  vf far = 1.f - 2.f / (vf_exp(size + size) + 1.f);
  return vf_choose(size < 0.65f, near, vf_sign(far, x));
}

// Near 0 an odd polynomial (off by 1e-9), else 1 - e^-q(|x|), where q fits
// -log(1 - erf) so that the result is off by 4e-10.
INLINE vf vf_erf(vf x)
{
  vf u = x * x, size = vf_abs(x);
  vf p = vf_all(7.88912302e-05f);
  p = p * u - 0.000802084232f;
  p = p * u + 0.00518953546f;
  p = p * u - 0.0268544447f;
  p = p * u + 0.112836002f;
  p = p * u - 0.376126271f;
  p = p * u + 0.128379166f;
  vf near = x + x * p;
  vf z = vf_min(vf_all(4.f), size);
  vf q = vf_all(2.11124887e-05f);
  q = q * z - 0.000434625823f;
  q = q * z + 0.00417165322f;
  q = q * z - 0.0251204147f;
  q = q * z + 0.10828068f;
  q = q * z + 0.633347272f;
  q = q * z + 1.12951428f;
  q = q * z - 0.000174446639f;
  vf far = vf_sign(1.f - vf_exp(-q), x);
  return vf_choose(size > 0.95f, far, near);
}

// x times the normal distribution's share below x (Hendrycks and Gimpel, 2016).
// The share below -|x| is e^-q, q fitted up to 5.6 (off by 2e-8) and going on
// straight from there; so there is no cancellation on either side.
INLINE vf vf_gelu(vf x)
{
  vf size = vf_abs(x), z = vf_min(vf_all(5.6f), size);
  vf q = vf_all(-1.80129913e-09f);
  q = q * z + 6.65538482e-08f;
  q = q * z - 1.09418737e-06f;
  q = q * z + 1.04538203e-05f;
  q = q * z - 6.22784122e-05f;
  q = q * z + 0.000210537227f;
  q = q * z - 1.34076233e-05f;
  q = q * z - 0.00481732092f;
  q = q * z + 0.0363603121f;
  q = q * z + 0.318301626f;
  q = q * z + 0.797885606f;
  q = q * z + 0.693147159f;
  vf tail = vf_exp(-q - (size - z) * 6.f);
  return x * vf_choose(x < 0.f, tail, 1.f - tail);
}

// The approximation by tanh of the same paper: 1 + tanh(u) = 2 sigmoid(2 u).
INLINE vf vf_gelu_tanh(vf x)
{
  vf u = x * (0.797884561f + 0.0356774081f * (x * x));
  return x / (1.f + vf_exp(-2.f * u));
}

// ---- shorter lanes ----
typedef uint16_t vh __attribute__((vector_size(2 * LANES)));
typedef uint8_t vb __attribute__((vector_size(LANES)));

// The low bits of each lane. (GCC 12 takes AVX-512's lanes apart for a
// conversion that C would do.)
INLINE vh vh_low(vi x)
{
#if defined(__AVX512F__)
  return (vh)_mm512_cvtepi32_epi16((__m512i)x);
#else
  return __builtin_convertvector(x & 0xffff, vh);
#endif
}

INLINE vb vb_low(vi x)
{
#if defined(__AVX512F__)
  return (vb)_mm512_cvtepi32_epi8((__m512i)x);
#else
  return __builtin_convertvector(x & 0xff, vb);
#endif
}

// The nearest bf16, halves to even, in the low bits.
INLINE vi vi_bf16(vf x)
{
  vi bits = (vi)x;
  vi rounded = bits + 0x7fff + ((bits >> 16) & 1);
  vi quiet = bits | 0x400000;
  return (vi)vf_choose(x == x, (vf)rounded, (vf)quiet) >> 16;
}

#endif
