// Floats of 16 bits, one at a time: as the compiler converts them, to the
// nearest and halves to even.
#ifndef SG_CPU_HALF_H
#define SG_CPU_HALF_H

#include <stdint.h>
#include <string.h>

static inline float float_of_f16(uint16_t bits)
{
  _Float16 h;
  memcpy(&h, &bits, sizeof h);
  return (float)h;
}

static inline uint16_t f16_of_float(float x)
{
  _Float16 h = (_Float16)x;
  uint16_t bits;
  memcpy(&bits, &h, sizeof bits);
  return bits;
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
