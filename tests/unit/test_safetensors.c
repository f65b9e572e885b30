// Headers of safetensors files: what is read, and what is refused, with the
// reason.
#include "runtime/tensor/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

static struct arena arena;
static struct safetensors got;
static char why[1024];

static int read_bytes(const void *bytes, size_t size)
{
  void *exact = arena_alloc(&arena, size + 1);
  memcpy(exact, bytes, size);
  return safetensors_read(&got, &arena, exact, size, why, sizeof why);
}

// A file with this header and so many bytes of data.
static int read_file(const char *header, size_t data)
{
  size_t n = strlen(header);
  char *file = calloc(1, 8 + n + data + 1);
  for (int i = 0; i < 8; i++)
    file[i] = (char)(n >> 8 * i);
  memcpy(file + 8, header, n);
  int bad = read_bytes(file, 8 + n + data);
  free(file);
  return bad;
}

static void refused(const char *header, size_t data, const char *reason)
{
  why[0] = 0;
  assert_int_equal(read_file(header, data), -1);
  if (!strstr(why, reason))
    fail_msg("%s: `%s` instead of `%s`", header, why, reason);
}

#define ONE(fields) "{\"x\":{" fields "}}"
#define X "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]"

static void reads_what_is_right(void **state)
{
  assert_int_equal(
      read_file("{\"__metadata__\":{\"format\":\"pt\"},"
                "\"b.weight\":{\"dtype\":\"BF16\",\"shape\":[2,3],"
                "\"data_offsets\":[4,16]},"
                "\"a\":{\"shape\":[],\"data_offsets\":[0,4],\"dtype\":\"F32\"},"
                "\"e\":{\"dtype\":\"I64\",\"shape\":[0,9],"
                "\"data_offsets\":[16,16]}}   ",
                16),
      0);
  assert_int_equal(got.count, 3);
  assert_int_equal(got.size, 16);
  const struct safetensors_entry *b = safetensors_find(&got, "b.weight", 8);
  assert_ptr_equal(b, &got.entries[1]);
  assert_int_equal(b->dtype, SAFETENSORS_BF16);
  assert_int_equal(safetensors_dtype_here(b->dtype), DTYPE_bf16);
  assert_int_equal(b->rank, 2);
  assert_int_equal(b->dims[1], 3);
  assert_int_equal(b->begin, 4);
  assert_int_equal(b->end, 16);
  assert_int_equal(got.entries[0].rank, 0);
  assert_null(safetensors_find(&got, "b", 1));
  assert_null(safetensors_find(&got, "f", 1));
}

static void reads_what_is_unusual(void **state)
{
  assert_int_equal(read_file("{}", 0), 0);
  assert_int_equal(got.count, 0);
  assert_int_equal(read_file(ONE(X) "\n\t ", 8), 0);
  assert_int_equal(read_file("{\"__metadata__\":null}", 0), 0);
  // Escapes mean what they stand for, and other fields nothing.
  assert_int_equal(read_file("{\"\\u0078\\n\":{\"\\u0064type\":\"F\\u00332\","
                             "\"shape\":[2],\"data_offsets\":[0,8],"
                             "\"more\":[{\"a\":1.5},null]}}",
                             8),
                   0);
  assert_non_null(safetensors_find(&got, "x\n", 2));
  // Six bits an element, as long as they fill bytes.
  assert_int_equal(read_file("{\"x\":{\"dtype\":\"F6_E2M3\",\"shape\":[2,2],"
                             "\"data_offsets\":[0,3]}}",
                             3),
                   0);
  assert_int_equal(safetensors_dtype_here(got.entries[0].dtype), DTYPES);
}

static void refuses_lengths(void **state)
{
  assert_int_equal(read_bytes("\2\0\0\0\0\0\0", 7), -1);
  assert_non_null(strstr(why, "too few"));
  assert_int_equal(read_bytes("\3\0\0\0\0\0\0\0{}", 10), -1);
  assert_non_null(strstr(why, "is it whole?"));
  assert_int_equal(read_bytes("\2\0\0\0\0\0\0\1{}", 10), -1);
  assert_non_null(strstr(why, "is it a safetensors"));
  assert_int_equal(read_bytes("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10), -1);
  assert_int_equal(read_bytes("\0\0\0\0\0\0\0\0{}", 10), -1);
  assert_non_null(strstr(why, "does not begin with `{`"));
}

static void refuses_no_json(void **state)
{
  refused(" {}", 0, "does not begin");
  refused("[]", 0, "does not begin");
  refused("{", 0, "Expecting property name");
  refused("{}x", 0, "Extra data, at byte 2");
  refused("{}{}", 0, "Extra data");
  refused("{\"x\":1}", 0, "Expecting an object");
  refused("{\"\xff\":1}", 0, "no UTF-8");
  refused("{\"x\ny\":1}", 0, "Invalid control character");
  refused("{\"\\ud800\":1}", 0, "surrogate");
  refused(ONE(X ","), 8, "Expecting property name");
  refused("{\"x\":{" X "},}", 8, "Expecting property name");
  refused("{\"x\" {" X "}}", 8, "':'");
  refused(ONE(X " \"more\":1"), 8, "','");
  refused(ONE(X ",\"more\":01"), 8, "','");
  refused(ONE(X ",\"more\":1e999"), 8, "a number is too large");
  char deep[2000] = "{\"x\":{\"more\":";
  memset(deep + strlen(deep), '[', 1500);
  refused(deep, 8, "nested too deeply");
}

static void refuses_what_is_no_tensor(void **state)
{
  refused(ONE("\"shape\":[2],\"data_offsets\":[0,8]"), 8,
          "`x`: it has no dtype");
  refused(ONE("\"dtype\":\"F32\",\"data_offsets\":[0,8]"), 8, "no shape");
  refused(ONE("\"dtype\":\"F32\",\"shape\":[2]"), 8, "no data_offsets");
  refused(ONE(X ",\"dtype\":\"F32\""), 8, "its dtype twice");
  refused(ONE(X ",\"shape\":[2]"), 8, "its shape twice");
  refused(ONE(X ",\"data_offsets\":[0,8]"), 8, "its data_offsets twice");
  refused(ONE("\"dtype\":\"F33\""), 8, "there is no dtype \"F33\"");
  refused(ONE("\"dtype\":\"f32\""), 8, "no dtype");
  refused(ONE("\"dtype\":7"), 8, "Expecting a string");
  refused(ONE("\"shape\":[2.0]"), 8, "whole numbers");
  refused(ONE("\"shape\":[1e2]"), 8, "whole numbers");
  refused(ONE("\"shape\":[-1]"), 8, "whole numbers");
  refused(ONE("\"shape\":[-0]"), 8, "whole numbers");
  refused(ONE("\"shape\":[02]"), 8, "whole numbers");
  refused(ONE("\"shape\":[\"2\"]"), 8, "whole numbers");
  refused(ONE("\"shape\":[99999999999999999999]"), 8, "whole numbers");
  refused(ONE("\"shape\":[1,]"), 8, "whole numbers");
  refused(ONE("\"shape\":2"), 8, "no list");
  refused(ONE("\"shape\":[1,1,1,1,1,1,1,1,1]"), 8, "more than 8");
  refused(ONE("\"data_offsets\":[0]"), 8, "two numbers");
  refused(ONE("\"data_offsets\":[0,1,2]"), 8, "more than 2");
}

static void refuses_sizes(void **state)
{
#define AS(dtype, shape, offsets)                                              \
  ONE("\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets)
  refused(AS("F32", "[2]", "[0,4]"), 4, "needs 8 bytes, and its data have 4");
  refused(AS("F32", "[2]", "[8,0]"), 8, "end before they begin");
  refused(AS("F32", "[2]", "[0,8]"), 7, "the file has 7 bytes");
  refused(AS("F32", "[2]", "[0,8]"), 9, "8 bytes, and 9 stand");
  refused(AS("F32", "[2]", "[4,12]"), 12, "a hole is in the data before it");
  refused(AS("F32", "[4611686018427387904,4]", "[0,0]"), 0, "too large");
  refused(AS("U8", "[0,9223372036854775807,3]", "[0,0]"), 0, "too large");
  refused(AS("F4", "[3]", "[0,1]"), 1, "no whole number of bytes");
  refused("{}", 1, "0 bytes, and 1 stand");
#define BOTH(x, y)                                                             \
  "{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" x                 \
  "},\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" y "}}"
  refused(BOTH("[0,4]", "[0,4]"), 4, "overlap");
  refused(BOTH("[0,4]", "[2,6]"), 6, "`y`: its data overlap");
  refused(BOTH("[5,9]", "[0,4]"), 9, "`x`: a hole");
  assert_int_equal(read_file(BOTH("[4,8]", "[0,4]"), 8), 0);
}

static void refuses_names_twice(void **state)
{
  refused("{\"x\":{" X "},\"x\":{\"dtype\":\"F32\",\"shape\":[0],"
          "\"data_offsets\":[8,8]}}",
          8, "`x`: it is there twice");
  refused("{\"x\":{" X "},\"\\u0078\":{" X "}}", 8, "twice");
  refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ twice");
  refused("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}", 0, "a key twice");
  refused("{\"__metadata__\":{\"a\":1}}", 0, "strings");
  refused("{\"__metadata__\":[]}", 0, "no object");
}

// Whatever a name is, the reason stays one line of a bounded length.
static void shows_names_safely(void **state)
{
  char header[4000];
  snprintf(header, sizeof header, "{\"a\\n%0900d\":{}}", 0);
  refused(header, 0, "`a\\n0");
  assert_true(strlen(why) < 400);
  assert_null(strchr(why, '\n'));
}

static void says_when_memory_is_out(void **state)
{
  struct arena small = {.limit = 8};
  const char file[] = "\x02\0\0\0\0\0\0\0{}";
  assert_int_equal(safetensors_read(&got, &small, file, 10, why, sizeof why),
                   -1);
  assert_string_equal(why, "out of memory");
  arena_free(&small);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_is_right),
      cmocka_unit_test(reads_what_is_unusual),
      cmocka_unit_test(refuses_lengths),
      cmocka_unit_test(refuses_no_json),
      cmocka_unit_test(refuses_what_is_no_tensor),
      cmocka_unit_test(refuses_sizes),
      cmocka_unit_test(refuses_names_twice),
      cmocka_unit_test(shows_names_safely),
      cmocka_unit_test(says_when_memory_is_out),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  arena_free(&arena);
  return failed;
}
