// Numbers to text. Floats go by the Schubfach method (R. Giulietti, "The
// Schubfach way to render doubles", 2020): of the decimals that read back as x
// it finds the shortest, and of those the nearest.
#include "grammar/base/number.h"

#include "grammar/base/number_powers.h"

#include <string.h>

typedef unsigned __int128 u128;

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

static unsigned count_digits(uint64_t x)
{
  static const uint64_t powers[] = {0,    1e1,  1e2,  1e3,
                                    1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 10000000000000000000u};
  unsigned guess = (64 - (unsigned)__builtin_clzll(x | 1)) * 1233 >> 12;
  return guess + (x >= powers[guess]);
}

// Digits of x; their number.
static unsigned print_digits(char *out, uint64_t x)
{
  unsigned n = count_digits(x), at = n;
  for (; x >= 100; x /= 100) {
    at -= 2;
    memcpy(out + at, pairs + x % 100 * 2, 2);
  }
  if (x >= 10)
    memcpy(out, pairs + x * 2, 2);
  else
    out[0] = (char)('0' + x);
  return n;
}

size_t number_print_int(char out[NUMBER_TEXT], int64_t x)
{
  char *at = out;
  if (x < 0)
    *at++ = '-';
  at += print_digits(at, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
  *at = 0;
  return (size_t)(at - out);
}

// g * c / 2^127, where a lost part stays visible as an odd result.
static uint64_t round_to_odd(const struct power *g, uint64_t c)
{
  u128 low = (u128)g->lo * c >> 64;
  u128 sum = (u128)g->hi * c + low;
  return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

struct decimal { // digits * 10^exponent
  uint64_t digits;
  int exponent;
};

// Of the multiples of `step` around v (s * step just below it) the one inside
// the bounds when it is alone there: 0 or 1 steps up, -1 when none or both are.
static int alone_inside(uint64_t below, uint64_t step, uint64_t lower,
                        uint64_t upper)
{
  bool low = lower <= below, high = below + step <= upper;
  return low == high ? -1 : high;
}

// Everything is in quarters of 10^k, so that the bounds, half a unit of the
// last binary place away, are whole numbers.
static struct decimal shortest(uint64_t c, int q, bool uneven)
{
  int k = (q * 1262611 - (uneven ? 524031 : 0)) >> 22; // floor(log10(2^q))
  int h = q + ((-k * 1741647) >> 19) + 1; // scales c to the table's exponent
  const struct power *g = number_power(-k);
  uint64_t odd = c & 1; // only even c owns its bounds
  uint64_t lower = round_to_odd(g, (4 * c - 2 + uneven) << h) + odd;
  uint64_t v = round_to_odd(g, (4 * c) << h);
  uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
  uint64_t s = v / 4;
  if (s >= 10) {
    int up = alone_inside(s / 10 * 40, 40, lower, upper);
    if (up >= 0)
      return (struct decimal){s / 10 + (uint64_t)up, k + 1};
  }
  int up = alone_inside(s * 4, 4, lower, upper);
  if (up < 0)
    up = v > 4 * s + 2 || (v == 4 * s + 2 && (s & 1));
  return (struct decimal){s + (uint64_t)up, k};
}

// A number with at most three places, such as prices and times have. No other
// text of up to 15 digits reads back as it.
static bool few_places(double x, struct decimal *out)
{
  if (!(x < 1e12 && x >= 1e-3))
    return false;
  uint64_t n = (uint64_t)(x * 1000 + 0.5);
  if ((double)n / 1000 != x)
    return false;
  *out = (struct decimal){n, -3};
  return true;
}

static struct decimal float_decimal(double x, uint64_t bits)
{
  struct decimal few;
  if (few_places(x, &few))
    return few;
  uint64_t fraction = bits & ((1ull << 52) - 1);
  int exponent = (int)(bits >> 52 & 0x7FF);
  uint64_t c = exponent ? fraction | 1ull << 52 : fraction;
  int q = (exponent ? exponent : 1) - 1075;
  if (q <= 0 && q > -53 && !(c & ((1ull << -q) - 1)))
    return (struct decimal){c >> -q, 0}; // a whole number
  return shortest(c, q, !fraction && exponent > 1);
}

static char *print_exponent(char *at, int exponent)
{
  *at++ = 'e';
  *at++ = exponent < 0 ? '-' : '+';
  unsigned e = (unsigned)(exponent < 0 ? -exponent : exponent);
  if (e < 10)
    *at++ = '0';
  return at + print_digits(at, e);
}

// `n` digits with the point behind the first `point` of them (which may lie
// outside), as repr() does it.
static char *print_places(char *at, const char *digits, int n, int point)
{
  if (point <= -4 || point > 16) {
    *at++ = digits[0];
    if (n > 1) {
      *at++ = '.';
      memcpy(at, digits + 1, (size_t)n - 1);
      at += n - 1;
    }
    return print_exponent(at, point - 1);
  }
  int whole = point < 0 ? 0 : point < n ? point : n;
  memcpy(at, digits, (size_t)whole);
  at += whole;
  for (int i = whole; i < point; i++)
    *at++ = '0';
  if (point <= 0)
    *at++ = '0';
  *at++ = '.';
  for (int i = point; i < 0; i++)
    *at++ = '0';
  memcpy(at, digits + whole, (size_t)(n - whole));
  at += n - whole;
  if (n == whole)
    *at++ = '0';
  return at;
}

size_t number_print_float(char out[NUMBER_TEXT], double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  char *at = out;
  if (bits >> 63 && x == x)
    *at++ = '-';
  bits &= ~(1ull << 63);
  if (bits >= 0x7FFull << 52) {
    memcpy(at, x == x ? "inf" : "nan", 4);
    return (size_t)(at + 3 - out);
  }
  char digits[20] = "0";
  unsigned n = 1;
  int exponent = 0;
  if (bits) {
    struct decimal d = float_decimal(x < 0 ? -x : x, bits);
    n = print_digits(digits, d.digits);
    exponent = d.exponent;
  }
  int point = (int)n + exponent;
  while (n > 1 && digits[n - 1] == '0')
    n--;
  if (!bits)
    point = 1;
  at = print_places(at, digits, (int)n, point);
  *at = 0;
  return (size_t)(at - out);
}

// ---- durations and sizes ----

static uint64_t magnitude(int64_t x, char **at)
{
  if (x >= 0)
    return (uint64_t)x;
  *(*at)++ = '-';
  return 0 - (uint64_t)x;
}

static size_t finish(char *out, char *at, const char *unit)
{
  size_t n = strlen(unit);
  memcpy(at, unit, n + 1);
  return (size_t)(at - out) + n;
}

// Whole hours and minutes as such, else a decimal of the unit that gives the
// least number from 1 on.
size_t number_print_duration(char out[NUMBER_TEXT], int64_t ns)
{
  static const struct {
    uint64_t size;
    const char *name;
    bool whole;
  } units[] = {{3600000000000, "h", true}, {60000000000, "m", true},
               {1000000000, "s", false},   {1000000, "ms", false},
               {1000, "us", false},        {1, "ns", false}};
  char *at = out;
  uint64_t x = magnitude(ns, &at);
  if (!x)
    return finish(out, at + print_digits(at, 0), "s");
  unsigned u = 0;
  while (x < units[u].size || (units[u].whole && x % units[u].size))
    u++;
  at += print_digits(at, x / units[u].size);
  uint64_t rest = x % units[u].size, place = units[u].size;
  if (rest)
    *at++ = '.';
  while (rest) {
    place /= 10;
    *at++ = (char)('0' + rest / place);
    rest %= place;
  }
  return finish(out, at, units[u].name);
}

// The whole number with the fewest digits; powers of 1024 win ties.
size_t number_print_size(char out[NUMBER_TEXT], int64_t bytes)
{
  static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  static const char *const tens[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  char *at = out;
  uint64_t x = magnitude(bytes, &at), two = x, ten = x;
  unsigned u = 0, t = 0;
  for (; x && u < 5 && two % 1024 == 0; u++)
    two /= 1024;
  for (; x && t < 5 && ten % 1000 == 0; t++)
    ten /= 1000;
  at += print_digits(at, two <= ten ? two : ten);
  return finish(out, at, two <= ten ? names[u] : tens[t]);
}
