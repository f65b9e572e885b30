// Numbers as text: Python's forms, both ways.
#include "grammar/base/number.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

static void expect_float(double x, const char *text)
{
  char out[NUMBER_TEXT];
  size_t n = number_print_float(out, x);
  assert_string_equal(out, text);
  assert_int_equal(n, strlen(text));
}

static void prints_floats_as_repr(void **state)
{
  expect_float(0.0, "0.0");
  expect_float(-0.0, "-0.0");
  expect_float(1.0, "1.0");
  expect_float(1.5, "1.5");
  expect_float(0.1 + 0.2, "0.30000000000000004");
  expect_float(1e15, "1000000000000000.0");
  expect_float(1e16, "1e+16");
  expect_float(0.0001, "0.0001");
  expect_float(0.00001, "1e-05");
  expect_float(123456789012345680.0, "1.2345678901234568e+17");
  expect_float(5e-324, "5e-324");
  expect_float(2e-323, "2e-323");
  expect_float(1.7976931348623157e308, "1.7976931348623157e+308");
  expect_float(-2.2250738585072014e-308, "-2.2250738585072014e-308");
  expect_float(9007199254740993.0, "9007199254740992.0");
  expect_float(__builtin_inf(), "inf");
  expect_float(-__builtin_inf(), "-inf");
  expect_float(__builtin_nan(""), "nan");
}

// What is printed reads back, and no shorter text does.
static void floats_survive(void **state)
{
  uint64_t bits = 88172645463325252u;
  for (int i = 0; i < 200000; i++) {
    bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
    uint64_t b = i % 3 ? bits : bits & ~((1ull << 52) - 1);
    double x, y = 0;
    memcpy(&x, &b, sizeof x);
    if (x - x != 0)
      continue;
    char out[NUMBER_TEXT];
    size_t n = number_print_float(out, x);
    assert_true(number_read_float(out, n, false, &y));
    assert_memory_equal(&x, &y, sizeof x);
  }
}

static void expect_read(const char *text, bool lax, double wanted)
{
  double x = 42;
  if (!number_read_float(text, strlen(text), lax, &x))
    fail_msg("%s is not read", text);
  assert_memory_equal(&x, &wanted, sizeof x);
}

static void refuse_float(const char *text, bool lax)
{
  double x = 42;
  if (number_read_float(text, strlen(text), lax, &x))
    fail_msg("%s is read", text);
  assert_true(x == 42);
}

static void reads_floats(void **state)
{
  expect_read("1", false, 1);
  expect_read("-0", false, -0.0);
  expect_read("1e400", false, __builtin_inf());
  expect_read("-1e-400", false, -0.0);
  // halfway between two doubles, and a hair above it
  expect_read("9007199254740993", false, 9007199254740992.0);
  expect_read("9007199254740993.00000000000000000000000000001", false,
              9007199254740994.0);
  expect_read("2.2250738585072011e-308", false, 2.2250738585072011e-308);
  expect_read("0e99999999999999999999999", false, 0);
  expect_read(" \t+1_000.5e1\n", true, 10005);
  expect_read("\xc2\xa0-.5\xe3\x80\x80", true, -0.5);
  expect_read("-iNFinity", true, -__builtin_inf());
  static const char *const strict[] = {"",   "-",  "1.",  ".5",  "1e",  "1e+",
                                       "+1", " 1", "1_0", "inf", "0x1", "1.e5"};
  for (size_t i = 0; i < sizeof strict / sizeof *strict; i++)
    refuse_float(strict[i], false);
  static const char *const lax[] = {"",    ".",    "1__0", "_1",  "1_",
                                    "1_.", "1._0", "e5",   "1 2", "infin"};
  for (size_t i = 0; i < sizeof lax / sizeof *lax; i++)
    refuse_float(lax[i], true);
}

static void reads_ints(void **state)
{
  static const struct {
    const char *text;
    bool lax, ok, overflow;
    int64_t value;
  } cases[] = {
      {"0", false, true, false, 0},
      {"-9223372036854775808", false, true, false, INT64_MIN},
      {"9223372036854775807", false, true, false, INT64_MAX},
      {"9223372036854775808", false, false, true, 0},
      {"-9223372036854775809", false, false, true, 0},
      {"100000000000000000000", false, false, true, 0},
      {"000000000000000000000000000007", true, true, false, 7},
      {" +1_0 ", true, true, false, 10},
      {"1.0", true, false, false, 0},
      {"x", true, false, false, 0},
      {"", true, false, false, 0},
      {"1_0", false, false, false, 0},
      {"0x10", true, false, false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t x = 0;
    bool overflow = true;
    const char *text = cases[i].text;
    bool ok = number_read_int(text, strlen(text), cases[i].lax, &x, &overflow);
    assert_int_equal(ok, cases[i].ok);
    assert_int_equal(overflow, cases[i].overflow);
    assert_true(!ok || x == cases[i].value);
  }
}

static void prints_units(void **state)
{
  static const struct {
    int64_t x;
    const char *duration, *size;
  } cases[] = {
      {0, "0s", "0B"},
      {1500000000, "1.5s", "1500MB"},
      {450000000, "450ms", "450MB"},
      {300000000000, "5m", "300GB"},
      {2147483648, "2.147483648s", "2GiB"},
      {512000000, "512ms", "512MB"},
      {-1536, "-1.536us", "-1536B"},
      {7200000000000, "2h", "7200GB"},
  };
  char out[NUMBER_TEXT];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    number_print_duration(out, cases[i].x);
    assert_string_equal(out, cases[i].duration);
    number_print_size(out, cases[i].x);
    assert_string_equal(out, cases[i].size);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prints_floats_as_repr), cmocka_unit_test(floats_survive),
      cmocka_unit_test(reads_floats),          cmocka_unit_test(reads_ints),
      cmocka_unit_test(prints_units),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
