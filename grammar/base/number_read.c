// Text to numbers. Up to 19 digits go by the method of Eisel and Lemire
// ("Number parsing at a gigabyte per second", 2021), which is exact or says
// that it cannot tell; then, and for what is subnormal, strtod reads a text of
// our own making (the C locale is the only one that either program ever has).
#include "grammar/base/number.h"

#include "grammar/base/number_powers.h"
#include "grammar/base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef unsigned __int128 u128;

enum { DIGITS_KEPT = 800 }; // no double needs more to be told from another

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_space(uint32_t c)
{
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// What int() and float() leave of a text.
static void strip(const char **text, const char **end)
{
  uint32_t c;
  unsigned n;
  while ((n = utf8_decode(*text, (size_t)(*end - *text), &c)) && is_space(c))
    *text += n;
  while (*end > *text) {
    const char *last = *end - 1;
    while (last > *text && (*last & 0xC0) == 0x80)
      last--;
    n = utf8_decode(last, (size_t)(*end - last), &c);
    if (!n || !is_space(c))
      return;
    *end = last;
  }
}

// What the digits say, apart from sign and place.
struct scan {
  const char *at, *end;
  bool lax;
  bool negative;
  uint64_t mantissa; // of the first 19 digits that count
  unsigned counted;  // digits in it
  unsigned dropped;  // digits behind these
  bool rest;         // one of those was not 0
  int64_t point;     // the power of ten that the mantissa is to be taken by
  const char *first; // of the digits, sign not included
};

// A run of digits, with single underscores between when lax; false when empty
// or misspelled.
static bool scan_digits(struct scan *s, bool fraction)
{
  const char *start = s->at;
  for (; s->at < s->end; s->at++) {
    if (*s->at == '_' && s->lax && s->at > start && s->at[-1] != '_')
      continue;
    if (!is_digit(*s->at))
      break;
    if (s->counted < 19) {
      s->mantissa = s->mantissa * 10 + (uint64_t)(*s->at - '0');
      s->counted += s->mantissa != 0;
      s->point -= fraction;
    } else {
      s->rest |= *s->at != '0';
      s->dropped++;
      s->point += !fraction;
    }
  }
  return s->at > start && s->at[-1] != '_';
}

static bool scan_exponent(struct scan *s)
{
  if (s->at == s->end || (*s->at | 32) != 'e')
    return true;
  s->at++;
  bool negative = false;
  if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
    negative = *s->at++ == '-';
  const char *start = s->at;
  int64_t exponent = 0; // beyond 10^17, what the rest says is the same
  for (; s->at < s->end; s->at++) {
    if (*s->at == '_' && s->lax && s->at > start && s->at[-1] != '_')
      continue;
    if (!is_digit(*s->at))
      break;
    if (exponent < 100000000000000000)
      exponent = exponent * 10 + (*s->at - '0');
  }
  s->point += negative ? -exponent : exponent;
  return s->at > start && s->at[-1] != '_';
}

static bool scan_sign(struct scan *s)
{
  if (s->at < s->end && (*s->at == '-' || (s->lax && *s->at == '+')))
    s->negative = *s->at++ == '-';
  s->first = s->at;
  return s->at < s->end;
}

// Digits, then a point with digits (lax: either side may be empty), then an
// exponent.
static bool scan_float(struct scan *s)
{
  bool whole = s->at < s->end && *s->at != '.';
  if (whole ? !scan_digits(s, false) : !s->lax)
    return false;
  if (s->at < s->end && *s->at == '.') {
    s->at++;
    bool digits = s->at < s->end && is_digit(*s->at);
    if (digits ? !scan_digits(s, true) : !s->lax || !whole)
      return false;
  }
  return scan_exponent(s) && s->at == s->end;
}

// inf, infinity and nan, of any case.
static bool read_word(const struct scan *s, double *out)
{
  size_t n = (size_t)(s->end - s->at);
  if ((n == 3 && !strncasecmp(s->at, "inf", 3)) ||
      (n == 8 && !strncasecmp(s->at, "infinity", 8)))
    *out = __builtin_inf();
  else if (n == 3 && !strncasecmp(s->at, "nan", 3))
    *out = __builtin_nan("");
  else
    return false;
  return true;
}

// Binary from w * 10^q; false: not decided.
static bool eisel_lemire(uint64_t w, int64_t q, double *out)
{
  if (q < -300 || q > 308)
    return false;
  struct power g = *number_power((int)q);
  if (q > POWER_EXACT) // the table is rounded up, the method wants down
    g.hi -= !g.lo--;
  int shift = __builtin_clzll(w);
  w <<= shift;
  u128 product = (u128)w * g.hi;
  if (((uint64_t)(product >> 64) & 0x1FF) == 0x1FF)
    product += (u128)w * g.lo >> 64;
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  if (low == UINT64_MAX && (q < -27 || q > POWER_EXACT))
    return false;
  int upper = (int)(high >> 63);
  uint64_t m = high >> (upper + 9);
  int exponent = (int)((217706 * q) >> 16) + 63 + upper - shift + 1023;
  if (exponent <= 0 || exponent >= 0x7FE)
    return false;
  // exactly between two doubles: to the even one
  if (low <= 1 && q >= -4 && q <= 23 && (m & 3) == 1 &&
      m << (upper + 9) == high)
    m &= ~1ull;
  m = (m + (m & 1)) >> 1;
  if (m >= 2ull << 52) {
    m = 1ull << 52;
    exponent++;
  }
  uint64_t bits = (m & ~(1ull << 52)) | (uint64_t)exponent << 52;
  memcpy(out, &bits, sizeof bits);
  return true;
}

// The digits again, as many as can matter, without underscores and point.
static double read_slowly(const struct scan *s)
{
  int64_t lead = s->point + s->counted; // 0.ddd * 10^lead
  if (lead > 310 || lead < -330)
    return lead > 0 ? __builtin_inf() : 0;
  char text[DIGITS_KEPT + NUMBER_TEXT + 2];
  unsigned n = 0;
  bool more = false;
  for (const char *c = s->first; c < s->end && (*c | 32) != 'e'; c++) {
    if (!is_digit(*c) || (!n && *c == '0'))
      continue;
    if (n < DIGITS_KEPT)
      text[n++] = *c;
    else
      more |= *c != '0';
  }
  if (more)
    text[n++] = '1';
  text[n] = 'e';
  number_print_int(text + n + 1, lead - n);
  return strtod(text, NULL);
}

bool number_of_decimal(uint64_t digits, int64_t exponent, double *out)
{
  static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (digits <= 1ull << 53 && exponent >= -22 && exponent <= 22) {
    double x = (double)digits; // exact, as is the power: rounded once
    *out = exponent < 0 ? x / tens[-exponent] : x * tens[exponent];
    return true;
  }
  return digits && eisel_lemire(digits, exponent, out);
}

static double read_scanned(const struct scan *s)
{
  double x, next;
  if (!s->mantissa)
    return 0;
  if (!s->rest && number_of_decimal(s->mantissa, s->point, &x))
    return x;
  if (eisel_lemire(s->mantissa, s->point, &x) &&
      eisel_lemire(s->mantissa + 1, s->point, &next) && x == next)
    return x;
  return read_slowly(s);
}

bool number_read_float(const char *text, size_t size, bool lax, double *out)
{
  const char *end = text + size;
  if (lax)
    strip(&text, &end);
  struct scan s = {.at = text, .end = end, .lax = lax};
  double x;
  if (!scan_sign(&s))
    return false;
  if (!(lax && read_word(&s, &x))) {
    if (!scan_float(&s))
      return false;
    x = read_scanned(&s);
  }
  *out = s.negative ? -x : x;
  return true;
}

bool number_read_int(const char *text, size_t size, bool lax, int64_t *out,
                     bool *overflow)
{
  const char *end = text + size;
  *overflow = false;
  if (lax)
    strip(&text, &end);
  struct scan s = {.at = text, .end = end, .lax = lax};
  if (!scan_sign(&s) || !scan_digits(&s, false) || s.at != s.end)
    return false;
  // 19 digits fit into 64 bits without a sign
  uint64_t most = (uint64_t)INT64_MAX + s.negative;
  if (s.dropped || s.mantissa > most) {
    *overflow = true;
    return false;
  }
  *out = (int64_t)(s.negative ? 0 - s.mantissa : s.mantissa);
  return true;
}
