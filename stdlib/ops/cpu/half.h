// Floats of 16 bits, one at a time: to the nearest, halves to even.
#ifndef SG_CPU_HALF_H
#define SG_CPU_HALF_H

#include <stdint.h>
#include <string.h>

static inline float float_of_f16(uint16_t h)
{
  // The exponent's place is 112 further up in a float; what is below the least
  // exponent is made by a product, which is exact.
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7fff, bits;
  float x;
  if (rest >= 0x7c00) { // infinite, or not a number
    bits = sign | 0x7f800000 | (rest & 0x3ff) << 13;
    memcpy(&x, &bits, sizeof x);
    return x;
  }
  bits = rest << 13;
  memcpy(&x, &bits, sizeof x);
  x *= 0x1p112f;
  return sign ? -x : x;
}

static inline uint16_t f16_of_float(float x)
{
  uint32_t bits, sign;
  memcpy(&bits, &x, sizeof bits);
  sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  if (bits > 0x7f800000)
    return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x3ff));
  if (bits >= 0x477ff000) // rounds to what is too great
    return (uint16_t)(sign | 0x7c00);
  if (bits < 0x38800000) { // below the least exponent: adding rounds
    float magic = 0.5f;
    memcpy(&x, &bits, sizeof x);
    x += magic;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3f000000));
  }
  bits += 0xfff + (bits >> 13 & 1);
  return (uint16_t)(sign | (bits - 0x38000000) >> 13);
}

static inline float float_of_bf16(uint16_t bits)
{
  uint32_t wide = (uint32_t)bits << 16;
  float x;
  memcpy(&x, &wide, sizeof x);
  return x;
}

static inline uint16_t bf16_of_float(float x)
{
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if (x != x)
    return (uint16_t)((bits | 0x400000) >> 16);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

#endif
