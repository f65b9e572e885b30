// Numbers: reading, converting, rounding. Python's functions of these names
// decide what comes out, and what an error says; an int has 64 bits.
#include "grammar/base/number.h"
#include "grammar/base/utf8.h"
#include "runtime/codec/codec.h"
#include "stdlib/ops/ops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// "what: 'text'", the text as Python's repr() shows it, shortened when long.
static enum operator_status fail_reading(struct operator_call *call,
                                         const char *what)
{
  struct buf b = {.arena = call->arena};
  const struct text *whole = ARG(0).text;
  struct text shown = *whole;
  shown.size = (uint32_t)utf8_cut(whole->data, whole->size, 200);
  value_repr(call->plan, call->types[0], (value){.text = &shown}, &b);
  if (b.failed)
    return operator_exhausted(call);
  return operator_fail(call, "%s: %s%s", what, b.data,
                       shown.size < whole->size ? "…" : "");
}

OP(int_str)
{
  int64_t x;
  bool overflow = false;
  const struct text *t = ARG(0).text;
  if (number_read_int(t->data, t->size, true, &x, &overflow))
    return give_int(out, x);
  return fail_reading(call, overflow
                                ? "int() result does not fit in 64 bits"
                                : "invalid literal for int() with base 10");
}

static enum operator_status whole(struct operator_call *call, value *out,
                                  double x)
{
  if (isnan(x))
    return operator_fail(call, "cannot convert float NaN to integer");
  if (isinf(x))
    return operator_fail(call, "cannot convert float infinity to integer");
  if (x < -0x1p63 || x >= 0x1p63) {
    char text[NUMBER_TEXT];
    number_print_float(text, x);
    return operator_fail(call, "%s does not fit in a 64-bit int", text);
  }
  return give_int(out, (int64_t)x);
}

OP(int_float)
{
  return whole(call, out, ARG(0).f);
}

OP(int_int)
{
  return give_int(out, ARG(0).i);
}

OP(int_bool)
{
  return give_int(out, ARG(0).i != 0);
}

OP(float_str)
{
  double x;
  const struct text *t = ARG(0).text;
  if (number_read_float(t->data, t->size, true, &x))
    return give_float(out, x);
  return fail_reading(call, "could not convert string to float");
}

OP(float_int)
{
  return give_float(out, (double)ARG(0).i);
}

OP(float_float)
{
  return give_float(out, ARG(0).f);
}

OP(float_percent)
{
  return give_float(out, ARG(0).f);
}

OP(bool_t)
{
  return give_int(out, ARG(0).i != 0);
}

OP(abs_int)
{
  if (ARG(0).i == INT64_MIN)
    return operator_fail(call, "integer overflow in abs(%lld)",
                         (long long)INT64_MIN);
  return give_int(out, ARG(0).i < 0 ? -ARG(0).i : ARG(0).i);
}

OP(abs_float)
{
  return give_float(out, fabs(ARG(0).f));
}

OP(round_float)
{
  return whole(call, out,
               rint(ARG(0).f)); // the mode is to nearest, halves to even
}

OP(sqrt)
{
  if (ARG(0).f < 0) {
    char text[NUMBER_TEXT];
    number_print_float(text, ARG(0).f);
    return operator_fail(call, "sqrt() of a negative number: %s", text);
  }
  return give_float(out, sqrt(ARG(0).f));
}

static enum operator_status fail_float(struct operator_call *call,
                                       const char *what, double x)
{
  char text[NUMBER_TEXT];
  number_print_float(text, x);
  return operator_fail(call, "%s: %s", what, text);
}

// By squaring; the base is squared only where it is still needed, so that it
// overflows only where the result does.
OP(pow_int)
{
  int64_t x = ARG(0).i, n = ARG(1).i, power = 1;
  if (n < 0)
    return operator_fail(call, "pow() with a negative whole power: %lld",
                         (long long)n);
  bool over = false;
  while (n && !over) {
    if (n & 1)
      over = __builtin_mul_overflow(power, x, &power);
    n >>= 1;
    if (n && !over)
      over = __builtin_mul_overflow(x, x, &x);
  }
  return over ? operator_fail(call, "integer overflow in pow(%lld, %lld)",
                              (long long)ARG(0).i, (long long)ARG(1).i)
              : give_int(out, power);
}

OP(pow_float)
{
  double x = pow(ARG(0).f, ARG(1).f);
  if (isnan(x) && !isnan(ARG(0).f) && !isnan(ARG(1).f))
    return fail_float(call, "a broken power of a negative number", ARG(0).f);
  if (isinf(x) && isfinite(ARG(0).f) && isfinite(ARG(1).f))
    return fail_float(call, "the result of pow() is too large", ARG(0).f);
  return give_float(out, x);
}

OP(exp)
{
  double x = exp(ARG(0).f);
  return isinf(x) && isfinite(ARG(0).f)
             ? fail_float(call, "the result of exp() is too large", ARG(0).f)
             : give_float(out, x);
}

OP(log)
{
  if (ARG(0).f <= 0)
    return fail_float(call, "log() of what is not positive", ARG(0).f);
  return give_float(out, log(ARG(0).f));
}

OP(floor)
{
  return whole(call, out, floor(ARG(0).f));
}

OP(ceil)
{
  return whole(call, out, ceil(ARG(0).f));
}

static double read_back(const char *text, int size, double otherwise)
{
  double x;
  return size > 0 && number_read_float(text, (size_t)size, false, &x)
             ? x
             : otherwise;
}

// Whether a number is more than half of the next power of ten, by all of its
// digits, "d.ddde+dd".
static bool over_half(const char *digits)
{
  bool minus = *digits == '-';
  const char *rest = digits + minus + 1;
  if (digits[minus] != '5')
    return digits[minus] > '5';
  return rest[1 + strspn(rest + 1, "0")] != 'e';
}

// To a power of ten, `n` digits left of the point.
static double round_left(double x, int64_t n)
{
  char text[512];
  int size = snprintf(text, sizeof text, "%.400e", x);
  const char *e = strchr(text, 'e');
  int exponent = e ? (int)strtol(e + 1, NULL, 10) : 0;
  if (n > exponent + 1 || (n == exponent + 1 && !over_half(text)))
    return copysign(0, x);
  if (n > exponent)
    size = snprintf(text, sizeof text, "%s1e%d", x < 0 ? "-" : "", (int)n);
  else
    size = snprintf(text, sizeof text, "%.*e", (int)(exponent - n), x);
  return read_back(text, size, x);
}

// Python rounds the exact value, and printing does the same; what is beyond
// 17 digits changes nothing.
OP(round_places)
{
  double x = ARG(0).f;
  int64_t places = ARG(1).i;
  char text[400];
  if (!isfinite(x) || places > 330)
    return give_float(out, x);
  if (places < 0)
    return give_float(out, round_left(x, places < -330 ? 330 : -places));
  int n = snprintf(text, sizeof text, "%.*f", (int)places, x);
  if ((size_t)n >= sizeof text) // too large to have decimals
    return give_float(out, x);
  return give_float(out, read_back(text, n, x));
}
