// The table of powers is computed when it is first asked for, by whole-number
// arithmetic that cannot be inexact: it takes less time than reading a page
// from a disk, and nobody has to trust 667 constants.
#include "grammar/base/number_powers.h"

#include <pthread.h>
#include <string.h>

enum { LIMBS = 16, COUNT = POWER_MOST - POWER_LEAST + 1 };

typedef unsigned __int128 u128;

static struct power powers[COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// The highest 128 bits of a big number (limbs from the least on), and whether
// bits below them are set.
static u128 top_bits(const uint64_t *x, bool *rest)
{
  int top = LIMBS - 1;
  while (!x[top])
    top--;
  int shift = __builtin_clzll(x[top]);
  uint64_t part[3];
  for (int i = 0; i < 3; i++)
    part[i] = top >= i ? x[top - i] : 0;
  u128 high = (u128)part[0] << 64 | part[1];
  if (shift)
    high = high << shift | part[2] >> (64 - shift);
  *rest = (part[2] << shift) != 0;
  for (int i = top - 3; i >= 0; i--)
    *rest |= x[i] != 0;
  return high;
}

static void store(int k, const uint64_t *x, bool inexact)
{
  bool rest;
  u128 bits = top_bits(x, &rest);
  bits += rest || inexact;
  powers[k - POWER_LEAST] =
      (struct power){(uint64_t)(bits >> 64), (uint64_t)bits};
}

static void times_five(uint64_t *x)
{
  u128 carry = 0;
  for (int i = 0; i < LIMBS; i++) {
    carry += (u128)x[i] * 5;
    x[i] = (uint64_t)carry;
    carry >>= 64;
  }
}

// Rounding down again and again is the same as rounding down once.
static void by_five(uint64_t *x)
{
  uint64_t rest = 0;
  for (int i = LIMBS; i-- > 0;) {
    u128 part = (u128)rest << 64 | x[i];
    x[i] = (uint64_t)(part / 5);
    rest = (uint64_t)(part % 5);
  }
}

// A factor of two changes only the exponent, so powers of five are enough:
// 5^k for k >= 0, 2^1023 / 5^-k below; the latter has at least 200 bits left.
static void fill(void)
{
  uint64_t x[LIMBS] = {1};
  for (int k = 0; k <= POWER_MOST; k++, times_five(x))
    store(k, x, false);
  memset(x, 0, sizeof x);
  x[LIMBS - 1] = 1ull << 63;
  for (int k = -1; k >= POWER_LEAST; k--) {
    by_five(x);
    store(k, x, true);
  }
}

const struct power *number_power(int k)
{
  pthread_once(&once, fill);
  return &powers[k - POWER_LEAST];
}
