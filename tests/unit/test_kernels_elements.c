// Kernels of elements by themselves beside the C library's functions in double,
// at every level: numbers of all sizes, tails, in place, NaN, infinities.
#include "tests/unit/kernel_sample.h"

#include "stdlib/ops/cpu/half.h"

#include <float.h>

static double share_below(double x)
{
  return erfc(-x / sqrt(2)) / 2;
}

static double unary(enum element_unary f, double x)
{
  switch (f) {
  case UNARY_copy:
    return x;
  case UNARY_negative:
    return -x;
  case UNARY_abs:
    return fabs(x);
  case UNARY_square:
    return x * x;
  case UNARY_sqrt:
    return sqrt(x);
  case UNARY_rsqrt:
    return 1 / sqrt(x);
  case UNARY_exp:
    return exp(x);
  case UNARY_erf:
    return erf(x);
  case UNARY_tanh:
    return tanh(x);
  case UNARY_sigmoid:
    return 1 / (1 + exp(-x));
  case UNARY_silu:
    return x / (1 + exp(-x));
  case UNARY_relu:
    return x > 0 ? x : x != x ? x : 0;
  case UNARY_gelu:
    return x * share_below(x);
  case UNARY_gelu_tanh:
    return x / (1 + exp(-2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  default:
    fail_msg("no such function");
    return 0;
  }
}

static double binary(enum element_binary f, double x, double y)
{
  bool bad = x != x || y != y;
  switch (f) {
  case BINARY_add:
    return x + y;
  case BINARY_subtract:
    return x - y;
  case BINARY_multiply:
    return x * y;
  case BINARY_divide:
    return x / y;
  case BINARY_maximum:
    return bad ? NAN : fmax(x, y);
  case BINARY_minimum:
    return bad ? NAN : fmin(x, y);
  default:
    fail_msg("no such function");
    return 0;
  }
}

// Within 3 units of the last place of the wanted float; what is below 1e-36 may
// be 0.
static void expect_close(enum element_unary f, float x, float found)
{
  double wanted = unary(f, x);
  if (isinf((float)wanted) || isnan(wanted)) {
    expect_near(found, isnan(wanted) ? NAN : (double)(float)wanted, 0);
    return;
  }
  double ulp = fabs(wanted) * 0x1p-23;
  bool tail = f == UNARY_gelu || f == UNARY_gelu_tanh;
  expect_near(found, wanted, 3 * ulp + (tail ? 1e-7 : 1e-36));
}

static const float special[] = {
    0,     -0.f,   1,     -1,    NAN,    INFINITY, 88,     88.72f,
    88.8f, 104,    -88,   -104,  -87.4f, -103,     1e-40f, -1e-40f,
    1e38f, -1e38f, 0.65f, 0.95f, 5.6f,   -5.6f,    -13,    9};

static void unary_values(void)
{
  enum { N = 3000, SPECIAL = sizeof special / sizeof *special };
  float *x = numbers(N), *out = block(N * sizeof *out);
  for (size_t i = 0; i < N; i++)
    x[i] *= i % 3 == 0 ? 1 : i % 3 == 1 ? 12 : 100;
  memcpy(x, special, sizeof special);
  for (enum element_unary f = 0; f < UNARIES; f++) {
    cpu_kernels()->elements->unary[f](N, x, out);
    for (size_t i = 0; i < N; i++)
      expect_close(f, x[i], out[i]);
  }
}

static void functions_are_exact(void **state)
{
  at_each_level(unary_values);
}

// -inf times nothing is not a number; elsewhere it has its limit.
static void at_minus_infinity(void)
{
  static const struct {
    enum element_unary f;
    float wanted;
  } limits[] = {{UNARY_exp, 0},     {UNARY_erf, -1},  {UNARY_tanh, -1},
                {UNARY_sigmoid, 0}, {UNARY_relu, 0},  {UNARY_gelu, NAN},
                {UNARY_silu, NAN},  {UNARY_sqrt, NAN}};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    float x = -INFINITY;
    cpu_kernels()->elements->unary[limits[i].f](1, &x, &x);
    if (isnan(limits[i].wanted))
      assert_true(isnan(x) || x == 0);
    else
      expect_near(x, limits[i].wanted, 0);
  }
}

static void functions_have_limits(void **state)
{
  at_each_level(at_minus_infinity);
}

// Of every length, in place or not, and nothing behind it is touched.
static void all_lengths(void)
{
  const struct element_kernels *e = cpu_kernels()->elements;
  for (size_t n = 0; n < 70; n++) {
    float *x = numbers(n), *y = numbers(n), *out = block(n * sizeof *out);
    for (enum element_unary f = 0; f < UNARIES; f++) {
      e->unary[f](n, x, out);
      float *same = block(n * sizeof *same);
      memcpy(same, x, n * sizeof *same);
      e->unary[f](n, same, same);
      assert_memory_equal(out, same, n * sizeof *same);
    }
    for (enum element_binary f = 0; f < BINARIES; f++) {
      e->binary[f](n, x, y, out);
      for (size_t i = 0; i < n; i++)
        expect_near(out[i], (float)binary(f, x[i], y[i]), 1e-6 * fabs(out[i]));
      e->number[f](n, x, 0.7f, out);
      for (size_t i = 0; i < n; i++)
        expect_near(out[i], (float)binary(f, x[i], 0.7f), 1e-6 * fabs(out[i]));
      e->from[f](n, x, 0.7f, out);
      for (size_t i = 0; i < n; i++)
        expect_near(out[i], (float)binary(f, 0.7f, x[i]), 1e-6 * fabs(out[i]));
    }
    free_all();
  }
}

static void every_length(void **state)
{
  at_each_level(all_lengths);
}

static void binary_specials(void)
{
  enum { N = sizeof special / sizeof *special };
  float out[N];
  for (enum element_binary f = 0; f < BINARIES; f++)
    for (size_t j = 0; j < N; j++) {
      cpu_kernels()->elements->number[f](N, special, special[j], out);
      for (size_t i = 0; i < N; i++) {
        float wanted = (float)binary(f, special[i], special[j]);
        expect_near(out[i], wanted, fabs(wanted) * 1e-6 + 1e-44);
      }
    }
}

static void nan_stays(void **state)
{
  at_each_level(binary_specials);
}

static void finished(void)
{
  enum { N = 53 };
  float *x = numbers(N), *scale = numbers(N), *bias = numbers(N);
  float *residual = numbers(N), out[N];
  struct element_finish f = {2.5f, scale, bias, residual, UNARY_gelu};
  cpu_kernels()->elements->finish(N, x, &f, out);
  for (size_t i = 0; i < N; i++) {
    double y = unary(UNARY_gelu, x[i] * 2.5 * scale[i] + bias[i]);
    expect_near(out[i], y + residual[i], 1e-6);
  }
  cpu_kernels()->elements->finish(N, x, &(struct element_finish){0}, out);
  assert_memory_equal(out, x, sizeof out);
}

static void products_are_finished(void **state)
{
  at_each_level(finished);
}

// All halves go to floats and back; floats in between go to the nearest.
static void all_halves(void)
{
  enum { N = 65536 + 3 };
  const struct element_kernels *e = cpu_kernels()->elements;
  uint16_t *h = block(N * sizeof *h), *back = block(N * sizeof *back);
  float *x = block(N * sizeof *x);
  for (size_t i = 0; i < N; i++)
    h[i] = (uint16_t)i;
  for (int brain = 0; brain < 2; brain++) {
    (brain ? e->from_bf16 : e->from_f16)(N, h, x);
    (brain ? e->to_bf16 : e->to_f16)(N, x, back);
    for (size_t i = 0; i < N; i++)
      if (isnan(x[i]))
        assert_true(
            isnan(brain ? float_of_bf16(back[i]) : float_of_f16(back[i])));
      else
        assert_int_equal(back[i], h[i]);
  }
}

static void halves_keep(void **state)
{
  at_each_level(all_halves);
}

static void rounded_halves(void)
{
  static const struct {
    float x;
    uint16_t f16, bf16;
  } rows[] = {{1, 0x3c00, 0x3f80},
              {0x1.002p0f, 0x3c00, 0x3f80}, // halfway of f16: to even
              {0x1.006p0f, 0x3c02, 0x3f80},
              {0x1.01p0f, 0x3c04, 0x3f80}, // halfway of bf16
              {0x1.03p0f, 0x3c0c, 0x3f82},
              {65520, 0x7c00, 0x4780},
              {-INFINITY, 0xfc00, 0xff80},
              {FLT_MAX, 0x7c00, 0x7f80},
              {0x1p-24f, 1, 0x3380},
              {-0.f, 0x8000, 0x8000}};
  const struct element_kernels *e = cpu_kernels()->elements;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    float x[17];
    uint16_t out[17];
    for (size_t j = 0; j < 17; j++)
      x[j] = rows[i].x;
    e->to_f16(17, x, out);
    assert_int_equal(out[0], rows[i].f16);
    assert_int_equal(out[16], rows[i].f16);
    e->to_bf16(17, x, out);
    assert_int_equal(out[0], rows[i].bf16);
    assert_int_equal(out[16], rows[i].bf16);
  }
}

static void halves_are_the_nearest(void **state)
{
  at_each_level(rounded_halves);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_are_exact),
      cmocka_unit_test(functions_have_limits),
      cmocka_unit_test(every_length),
      cmocka_unit_test(nan_stays),
      cmocka_unit_test(products_are_finished),
      cmocka_unit_test(halves_keep),
      cmocka_unit_test(halves_are_the_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
