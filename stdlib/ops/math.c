// The library `math`: functions of C's, which are not asked where they have no
// answer, whole numbers, and lists of numbers as vectors and as samples.
#include "grammar/base/number.h"
#include "stdlib/ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum operator_status fail_at(struct operator_call *call, const char *name,
                                    const char *what, double x)
{
  char text[NUMBER_TEXT];
  number_print_float(text, x);
  return operator_fail(call, "%s(%s) %s", name, text, what);
}

// A result for which there is none, or none that fits, is an error.
static enum operator_status checked(struct operator_call *call, value *out,
                                    const char *name, double y)
{
  double x = ARG(0).f;
  if (isnan(y) && !isnan(x))
    return fail_at(call, name, "is not defined", x);
  if (isinf(y) && isfinite(x))
    return fail_at(call, name, "is too large", x);
  return give_float(out, y);
}

#define OF_ONE(name, of)                                                       \
  OP(math_##name) { return checked(call, out, #name, of(ARG(0).f)); }
OF_ONE(sin, sin)
OF_ONE(cos, cos)
OF_ONE(tan, tan)
OF_ONE(asin, asin)
OF_ONE(acos, acos)
OF_ONE(atan, atan)
OF_ONE(sinh, sinh)
OF_ONE(cosh, cosh)
OF_ONE(tanh, tanh)
OF_ONE(log2, log2)
OF_ONE(log10, log10)
OF_ONE(log1p, log1p)
OF_ONE(expm1, expm1)
OF_ONE(cbrt, cbrt)
OF_ONE(erf, erf)
OF_ONE(gamma, tgamma)

OP(math_atan2) { return give_float(out, atan2(ARG(0).f, ARG(1).f)); }
OP(math_hypot) { return give_float(out, hypot(ARG(0).f, ARG(1).f)); }
OP(math_pi) { return give_float(out, M_PI); }
OP(math_e) { return give_float(out, M_E); }
OP(math_inf) { return give_float(out, INFINITY); }
OP(math_is_finite) { return give_int(out, isfinite(ARG(0).f)); }

OP(math_sigmoid)
{
  double x = ARG(0).f; // the small side, so that nothing overflows
  return give_float(out, x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)));
}

// ---- whole numbers ----

static uint64_t size_of(int64_t x)
{
  return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

static uint64_t common(uint64_t x, uint64_t y)
{
  while (y) {
    uint64_t rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}

static enum operator_status give_size(struct operator_call *call, value *out,
                                      const char *name, uint64_t x)
{
  if (x > INT64_MAX)
    return operator_fail(call, "integer overflow in %s()", name);
  return give_int(out, (int64_t)x);
}

OP(math_gcd)
{
  return give_size(call, out, "gcd", common(size_of(ARG(0).i), size_of(ARG(1).i)));
}

OP(math_lcm)
{
  uint64_t x = size_of(ARG(0).i), y = size_of(ARG(1).i), all = 0;
  if (x && y && __builtin_mul_overflow(x / common(x, y), y, &all))
    all = UINT64_MAX;
  return give_size(call, out, "lcm", all);
}

OP(math_factorial)
{
  int64_t n = ARG(0).i, all = 1;
  if (n < 0 || n > 20)
    return operator_fail(call, "factorial(%lld): from 0 to 20 fits",
                         (long long)n);
  for (int64_t i = 2; i <= n; i++)
    all *= i;
  return give_int(out, all);
}

OP(math_choose)
{
  int64_t n = ARG(0).i, k = ARG(1).i;
  unsigned __int128 all = 1;
  if (n < 0 || k < 0)
    return operator_fail(call, "choose(%lld, %lld) of what is negative",
                         (long long)n, (long long)k);
  if (k > n)
    return give_int(out, 0);
  k = k > n - k ? n - k : k;
  for (int64_t i = 1; i <= k && all <= INT64_MAX; i++)
    all = all * (unsigned __int128)(n - k + i) / (unsigned __int128)i;
  if (all > INT64_MAX)
    return operator_fail(call, "integer overflow in choose(%lld, %lld)",
                         (long long)n, (long long)ARG(1).i);
  return give_int(out, (int64_t)all);
}

OP(math_product_int)
{
  int64_t all = 1;
  const struct list *l = ARG(0).list;
  for (uint32_t i = 0; i < l->count; i++)
    if (__builtin_mul_overflow(all, l->items[i].i, &all))
      return operator_fail(call, "integer overflow in product()");
  return give_int(out, all);
}

OP(math_product_float)
{
  double all = 1;
  const struct list *l = ARG(0).list;
  for (uint32_t i = 0; i < l->count; i++)
    all *= l->items[i].f;
  return give_float(out, all);
}

// ---- vectors ----

static bool same_size(struct operator_call *call, const char *name)
{
  uint32_t n = ARG(0).list->count, m = ARG(1).list->count;
  if (n != m)
    operator_fail(call, "%s() of %u and %u numbers", name, n, m);
  return n == m;
}

static double dot(const struct list *x, const struct list *y)
{
  double sum = 0;
  for (uint32_t i = 0; i < x->count; i++)
    sum += x->items[i].f * y->items[i].f;
  return sum;
}

OP(math_dot)
{
  if (!same_size(call, "dot"))
    return OPERATOR_FAIL;
  return give_float(out, dot(ARG(0).list, ARG(1).list));
}

OP(math_norm)
{
  return give_float(out, sqrt(dot(ARG(0).list, ARG(0).list)));
}

OP(math_cosine)
{
  if (!same_size(call, "cosine"))
    return OPERATOR_FAIL;
  double sizes = sqrt(dot(ARG(0).list, ARG(0).list)) *
                 sqrt(dot(ARG(1).list, ARG(1).list));
  return give_float(out, sizes > 0 ? dot(ARG(0).list, ARG(1).list) / sizes : 0);
}

static struct list *numbers(struct operator_call *call, uint32_t count)
{
  struct list *l = list_new(call->arena, count);
  if (l)
    l->count = count;
  return l;
}

OP(math_softmax)
{
  const struct list *x = ARG(0).list;
  struct list *made = numbers(call, x->count);
  double most = -INFINITY, sum = 0;
  for (uint32_t i = 0; i < x->count; i++)
    most = fmax(most, x->items[i].f);
  for (uint32_t i = 0; made && i < x->count; i++) {
    made->items[i].f = exp(x->items[i].f - most);
    sum += made->items[i].f;
  }
  for (uint32_t i = 0; made && i < x->count; i++)
    made->items[i].f /= sum;
  return give(call, out, made);
}

// ---- samples ----

// In two passes: the mean, then what is around it.
static double squares(const struct list *x)
{
  double mean = 0, sum = 0;
  for (uint32_t i = 0; i < x->count; i++)
    mean += x->items[i].f;
  mean /= x->count;
  for (uint32_t i = 0; i < x->count; i++)
    sum += (x->items[i].f - mean) * (x->items[i].f - mean);
  return sum;
}

OP(math_variance)
{
  const struct list *x = ARG(0).list;
  if (x->count < 2)
    return operator_fail(call, "variance() of fewer than two numbers");
  return give_float(out, squares(x) / (x->count - 1));
}

static int ascending(const void *x, const void *y)
{
  double a = ((const value *)x)->f, b = ((const value *)y)->f;
  return a < b ? -1 : a > b;
}

// Between the two nearest in order, as NumPy does it.
OP(math_quantile)
{
  const struct list *x = ARG(0).list;
  double q = ARG(1).f;
  if (!x->count)
    return operator_fail(call, "quantile() of an empty list");
  if (!(q >= 0 && q <= 1))
    return fail_at(call, "quantile", "is not from 0 to 1", q);
  struct list *sorted = numbers(call, x->count);
  if (!sorted)
    return operator_exhausted(call);
  memcpy(sorted->items, x->items, x->count * sizeof(value));
  qsort(sorted->items, x->count, sizeof(value), ascending);
  double at = q * (x->count - 1);
  uint32_t low = (uint32_t)at, high = low + (low + 1 < x->count);
  double from = sorted->items[low].f, to = sorted->items[high].f;
  return give_float(out, from + (to - from) * (at - low));
}
