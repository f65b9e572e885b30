// Functions of one element. `y` is their parameters.
#include "stdlib/ops/ref/elementwise.h"

#include <math.h>

#define ONE_FLOATS(id, result)                                                 \
  static void id##_floats(double *x, const double *y, int64_t n)               \
  {                                                                            \
    for (int64_t i = 0; i < n; i++) {                                          \
      double a = x[i];                                                         \
      x[i] = result;                                                           \
    }                                                                          \
  }
#define ONE_WHOLES(id, result)                                                 \
  static void id##_wholes(int64_t *x, const int64_t *y, int64_t n)             \
  {                                                                            \
    for (int64_t i = 0; i < n; i++) {                                          \
      int64_t a = x[i];                                                        \
      x[i] = result;                                                           \
    }                                                                          \
  }
// One of floats that takes no parameters.
#define PLAIN(id, result)                                                      \
  ONE_FLOATS(id, result)                                                       \
  KERNEL(id)                                                                   \
  {                                                                            \
    static const struct ref_function f = {id##_floats, NULL, false};           \
    return ref_one(s, &f, NULL);                                               \
  }
// One that takes a number.
#define SHAPED(id, result)                                                     \
  ONE_FLOATS(id, result)                                                       \
  KERNEL(id)                                                                   \
  {                                                                            \
    static const struct ref_function f = {id##_floats, NULL, false};           \
    double number = attribute_float(s->attributes[0]);                         \
    return ref_one(s, &f, &number);                                            \
  }

PLAIN(tensor_exp, exp(a))
PLAIN(tensor_log, log(a))
PLAIN(tensor_sqrt, sqrt(a))
PLAIN(tensor_rsqrt, 1 / sqrt(a))
PLAIN(tensor_floor, floor(a))
PLAIN(tensor_ceil, ceil(a))
PLAIN(tensor_round, rint(a))
PLAIN(tensor_sin, sin(a))
PLAIN(tensor_cos, cos(a))
PLAIN(tensor_erf, erf(a))
PLAIN(nn_relu, ref_max(a, 0))
PLAIN(nn_silu, a / (1 + exp(-a)))
PLAIN(nn_sigmoid, 1 / (1 + exp(-a)))
PLAIN(nn_tanh, tanh(a))
PLAIN(nn_softplus, ref_max(a, 0) + log1p(exp(-fabs(a))))
SHAPED(nn_leaky_relu, a > 0 ? a : *y * a)
SHAPED(nn_elu, a > 0 ? a : *y * expm1(a))

// ---- of any elements ----

ONE_FLOATS(negative, -a)
ONE_WHOLES(negative, WRAP(0, -, a))
ONE_FLOATS(absolute, fabs(a))
ONE_WHOLES(absolute, a < 0 ? WRAP(0, -, a) : a)
ONE_FLOATS(clip, ref_min(ref_max(a, y[0]), y[1]))
ONE_WHOLES(clip, a > y[1] || y[0] > y[1] ? y[1] : a < y[0] ? y[0] : a)

KERNEL(tensor_negative)
{
  static const struct ref_function f = {negative_floats, negative_wholes,
                                        false};
  return ref_one(s, &f, NULL);
}

KERNEL(tensor_abs)
{
  static const struct ref_function f = {absolute_floats, absolute_wholes,
                                        false};
  return ref_one(s, &f, NULL);
}

KERNEL(tensor_clip)
{
  static const struct ref_function f = {clip_floats, clip_wholes, true};
  double limits[2] = {attribute_float(s->attributes[0]),
                      attribute_float(s->attributes[1])};
  return ref_one(s, &f, limits);
}

// ---- gelu ----

ONE_FLOATS(gelu_exact, a / 2 * (1 + erf(a * M_SQRT1_2)))
ONE_FLOATS(gelu_tanh,
           a / 2 *
               (1 + tanh(M_2_SQRTPI * M_SQRT1_2 * (a + 0.044715 * a * a * a))))

KERNEL(nn_gelu)
{
  static const struct ref_function exact = {gelu_exact_floats, NULL, false},
                                   near = {gelu_tanh_floats, NULL, false};
  int64_t how = s->attributes[0];
  if (how == attribute_text("none", 4))
    return ref_one(s, &exact, NULL);
  if (how == attribute_text("tanh", 4))
    return ref_one(s, &near, NULL);
  return "approximate is \"none\" or \"tanh\"";
}
