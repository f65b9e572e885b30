// Operators, called as the engine calls them.
#include "grammar/base/utf8.h"
#include "runtime/vm/operator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// Types by number: element types first.
enum {
  NONE,
  BOOL,
  INT,
  FLOAT,
  STR,
  BYTES,
  DURATION,
  JSON,
  RECORD,
  INTS,
  FLOATS,
  STRS,
  RECORDS,
  MAP_INT,
  TENSOR,
  MAYBE_INT,
  LISTS
};

#define TYPE_OF(k, part)                                                       \
  {                                                                            \
    .kind = TYPE_##k, .of = part                                               \
  }
static struct plan_type types[] = {
    [NONE] = TYPE_OF(none, PLAN_NONE),
    [BOOL] = TYPE_OF(bool, PLAN_NONE),
    [INT] = TYPE_OF(int, PLAN_NONE),
    [FLOAT] = TYPE_OF(float, PLAN_NONE),
    [STR] = TYPE_OF(str, PLAN_NONE),
    [BYTES] = TYPE_OF(bytes, PLAN_NONE),
    [DURATION] = TYPE_OF(duration, PLAN_NONE),
    [JSON] = TYPE_OF(json, PLAN_NONE),
    [RECORD] = TYPE_OF(record, PLAN_NONE),
    [INTS] = TYPE_OF(list, INT),
    [FLOATS] = TYPE_OF(list, FLOAT),
    [STRS] = TYPE_OF(list, STR),
    [RECORDS] = TYPE_OF(list, RECORD),
    [MAP_INT] = TYPE_OF(map, INT),
    [TENSOR] = TYPE_OF(tensor, PLAN_NONE),
    [MAYBE_INT] = TYPE_OF(optional, INT),
    [LISTS] = TYPE_OF(list, INTS),
};
static struct plan plan;
static struct arena arena;
static struct error error;
static int64_t waited;

static int fresh(void **state)
{
  for (uint32_t i = 0; i < sizeof types / sizeof *types; i++)
    types[i].base = i;
  plan = (struct plan){.types = types, .n_types = sizeof types / sizeof *types};
  arena = (struct arena){.limit = 64 << 20};
  error = (struct error){0};
  return 0;
}

static int done(void **state)
{
  arena_free(&arena);
  return 0;
}

struct arg {
  uint32_t type;
  value v;
};

static enum operator_status call(enum operator_id id, uint32_t result,
                                 value *out, uint32_t n, const struct arg *args)
{
  value values[4] = {0};
  uint32_t kinds[4] = {0};
  for (uint32_t i = 0; i < n; i++) {
    values[i] = args[i].v;
    kinds[i] = args[i].type;
  }
  struct operator_call c = {.plan = &plan,
                            .arena = &arena,
                            .args = values,
                            .types = kinds,
                            .result_type = result,
                            .error = &error};
  enum operator_status status = operators[id](&c, out);
  waited = c.wait;
  return status;
}

#define ARGS(...)                                                              \
  sizeof((struct arg[]){__VA_ARGS__}) / sizeof(struct arg), (struct arg[])     \
  {                                                                            \
    __VA_ARGS__                                                                \
  }

static value run(enum operator_id id, uint32_t result, uint32_t n,
                 const struct arg *args)
{
  value out = {0};
  enum operator_status status = call(id, result, &out, n, args);
  if (status == OPERATOR_FAIL)
    print_error("%.*s\n", (int)error.message->size, error.message->data);
  assert_int_equal(status, OPERATOR_DONE);
  return out;
}

static void fails(enum operator_id id, uint32_t n, const struct arg *args,
                  enum error_kind kind, const char *message)
{
  value out = {0};
  assert_int_equal(call(id, NONE, &out, n, args), OPERATOR_FAIL);
  assert_int_equal(error.kind, kind);
  assert_int_equal(error.status, 500);
  assert_true(text_is(error.message, message, strlen(message)));
}

static struct arg i(int64_t x)
{
  return (struct arg){INT, {.i = x}};
}
static struct arg f(double x)
{
  return (struct arg){FLOAT, {.f = x}};
}
static struct arg s(const char *x)
{
  return (struct arg){STR, {.text = text_new(&arena, x, strlen(x))}};
}

static struct arg list(uint32_t type, uint32_t n, const struct arg *items)
{
  struct list *l = list_new(&arena, n);
  for (uint32_t k = 0; k < n; k++)
    list_push(&arena, l, items[k].v);
  return (struct arg){type, {.list = l}};
}

static void is_text(value v, const char *expected)
{
  char got[400];
  snprintf(got, sizeof got, "%.*s", (int)v.text->size, v.text->data);
  assert_string_equal(got, expected);
  assert_int_equal(v.text->length, utf8_length(expected, strlen(expected)));
}

static void are_texts(value v, uint32_t n, const char *const *expected)
{
  assert_int_equal(v.list->count, n);
  for (uint32_t k = 0; k < n; k++)
    is_text(v.list->items[k], expected[k]);
}
#define TEXTS(...)                                                             \
  sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[])     \
  {                                                                            \
    __VA_ARGS__                                                                \
  }

static void are_ints(value v, uint32_t n, const int64_t *expected)
{
  assert_int_equal(v.list->count, n);
  for (uint32_t k = 0; k < n; k++)
    assert_int_equal(v.list->items[k].i, expected[k]);
}
#define INTEGERS(...)                                                          \
  sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[])                            \
  {                                                                            \
    __VA_ARGS__                                                                \
  }

#define TEXT1(op, x) run(OPERATOR_##op, STR, ARGS(s(x)))
#define INT_OF(op, ...) run(OPERATOR_##op, INT, ARGS(__VA_ARGS__)).i

// ---- numbers ----
static void every_operator_is_there(void **state)
{
  for (int k = 0; k < OPERATORS; k++)
    assert_non_null(operators[k]);
}

static void int_reads_as_python_does(void **state)
{
  assert_int_equal(INT_OF(int_str, s(" -1_000\n")), -1000);
  assert_int_equal(INT_OF(int_str, s("9223372036854775807")), INT64_MAX);
  fails(OPERATOR_int_str, ARGS(s("x")), ERROR_user,
        "invalid literal for int() with base 10: 'x'");
  fails(OPERATOR_int_str, ARGS(s("it's")), ERROR_user,
        "invalid literal for int() with base 10: \"it's\"");
  fails(OPERATOR_int_str, ARGS(s("1.5")), ERROR_user,
        "invalid literal for int() with base 10: '1.5'");
  fails(OPERATOR_int_str, ARGS(s("9223372036854775808")), ERROR_user,
        "int() result does not fit in 64 bits: '9223372036854775808'");
  assert_true(run(OPERATOR_float_str, FLOAT, ARGS(s("1e3"))).f == 1000);
  fails(OPERATOR_float_str, ARGS(s("")), ERROR_user,
        "could not convert string to float: ''");
}

static void int_cuts_floats(void **state)
{
  assert_int_equal(INT_OF(int_float, f(-1.9)), -1);
  assert_int_equal(INT_OF(round_float, f(2.5)), 2);
  assert_int_equal(INT_OF(round_float, f(3.5)), 4);
  fails(OPERATOR_int_float, ARGS(f(1e19)), ERROR_user,
        "1e+19 does not fit in a 64-bit int");
  fails(OPERATOR_int_float, ARGS(f(0x1p63)), ERROR_user,
        "9.223372036854776e+18 does not fit in a 64-bit int");
  assert_int_equal(INT_OF(int_float, f(-0x1p63)), INT64_MIN);
  fails(OPERATOR_int_float, ARGS(f(__builtin_nan(""))), ERROR_user,
        "cannot convert float NaN to integer");
  fails(OPERATOR_round_float, ARGS(f(-__builtin_inf())), ERROR_user,
        "cannot convert float infinity to integer");
  fails(OPERATOR_abs_int, ARGS(i(INT64_MIN)), ERROR_user,
        "integer overflow in abs(-9223372036854775808)");
  fails(OPERATOR_sqrt, ARGS(f(-1)), ERROR_user,
        "sqrt() of a negative number: -1.0");
}

// ---- lists ----
static void sums_and_extremes(void **state)
{
  struct arg two[] = {i(INT64_MAX), i(1)};
  fails(OPERATOR_sum_int, ARGS(list(INTS, 2, two)), ERROR_user,
        "integer overflow in sum()");
  fails(OPERATOR_mean_list, ARGS(list(FLOATS, 0, NULL)), ERROR_user,
        "mean() of an empty list");
  fails(OPERATOR_min_list, ARGS(list(INTS, 0, NULL)), ERROR_user,
        "min() of an empty list");
  struct arg words[] = {s("b"), s("a"), s("ab")};
  is_text(run(OPERATOR_min_list, STR, ARGS(list(STRS, 3, words))), "a");
  is_text(run(OPERATOR_max_list, STR, ARGS(list(STRS, 3, words))), "b");
  assert_int_equal(INT_OF(max_two, i(2), i(3)), 3);
  assert_int_equal(INT_OF(min_two, i(2), i(3)), 2);
}

static void sorted_is_stable(void **state)
{
  // 0.0 and -0.0 are equal, and their signs tell them apart.
  enum { N = 1000 };
  struct arg items[N];
  for (int k = 0; k < N; k++)
    items[k] = f((double)((k * 7919) % 10) * 0 * (k % 2 ? -1 : 1) +
                 (k % 3 ? 0 : (double)((k * 31) % 50)));
  for (int k = 0; k < N; k++)
    if (items[k].v.f == 0)
      items[k].v.f = k % 2 ? -0.0 : 0.0;
  value v = run(OPERATOR_sorted, FLOATS, ARGS(list(FLOATS, N, items)));
  assert_int_equal(v.list->count, N);
  int zero = 0;
  for (int k = 0; k < N; k++) {
    assert_true(!k || v.list->items[k - 1].f <= v.list->items[k].f);
    if (v.list->items[k].f != 0)
      continue;
    while (items[zero].v.f != 0)
      zero++;
    assert_int_equal(v.list->items[k].bits, items[zero++].v.bits);
  }
  value empty = run(OPERATOR_sorted, INTS, ARGS(list(INTS, 0, NULL)));
  assert_int_equal(empty.list->count, 0);
  fails(OPERATOR_sorted, ARGS(list(RECORDS, 0, NULL)), ERROR_user,
        "values of type record have no order");
}

static void ranges_and_parts(void **state)
{
  value r = run(OPERATOR_range, INTS, ARGS(i(7)));
  are_ints(r, INTEGERS(0, 1, 2, 3, 4, 5, 6));
  struct arg seven = {INTS, r};
  are_ints(run(OPERATOR_reversed, INTS, ARGS(seven)),
           INTEGERS(6, 5, 4, 3, 2, 1, 0));
  are_ints(run(OPERATOR_slice_list, INTS, ARGS(seven, i(-3), i(INT64_MAX))),
           INTEGERS(4, 5, 6));
  are_ints(run(OPERATOR_slice_list, INTS, ARGS(seven, i(INT64_MIN), i(-6))),
           INTEGERS(0));
  assert_int_equal(
      run(OPERATOR_slice_list, INTS, ARGS(seven, i(5), i(2))).list->count, 0);
  value c = run(OPERATOR_chunks, LISTS, ARGS(seven, i(3)));
  assert_int_equal(c.list->count, 3);
  are_ints(c.list->items[2], INTEGERS(6));
  assert_int_equal(
      run(OPERATOR_chunks, LISTS, ARGS(seven, i(INT64_MAX))).list->count, 1);
  fails(OPERATOR_chunks, ARGS(seven, i(0)), ERROR_user,
        "chunks() of 0 elements");
  are_ints(run(OPERATOR_concat_list, INTS,
               ARGS({INTS, c.list->items[0]}, {INTS, c.list->items[2]})),
           INTEGERS(0, 1, 2, 6));
  assert_int_equal(INT_OF(in_list, seven, i(6)), 1);
  assert_int_equal(INT_OF(in_list, seven, i(7)), 0);
  assert_int_equal(run(OPERATOR_range, INTS, ARGS(i(-5))).list->count, 0);
}

static void what_does_not_fit_is_refused(void **state)
{
  static const char why[] = "the request needs more memory than it may have";
  fails(OPERATOR_range, ARGS(i(INT64_MAX)), ERROR_limit, why);
  fails(OPERATOR_range, ARGS(i(100000000)), ERROR_limit, why);
  fails(OPERATOR_repeat, ARGS(s("ab"), i(INT64_MAX)), ERROR_limit, why);
  fails(OPERATOR_repeat, ARGS(s("ab"), i(100000000)), ERROR_limit, why);
  struct arg big = {STR, run(OPERATOR_repeat, STR, ARGS(s("a"), i(1000000)))};
  fails(OPERATOR_replace, ARGS(big, s("a"), big), ERROR_limit, why);
}

// ---- maps ----
static void maps_keep_their_order(void **state)
{
  struct map *m = map_new(&arena, 0);
  for (int k = 0; k < 20; k++) {
    char key[8];
    snprintf(key, sizeof key, "k%d", 19 - k);
    map_put(&arena, m, s(key).v.text, (value){.i = k});
  }
  struct arg map = {MAP_INT, {.map = m}};
  assert_int_equal(INT_OF(len_map, map), 20);
  is_text(run(OPERATOR_keys, STRS, ARGS(map)).list->items[0], "k19");
  assert_int_equal(run(OPERATOR_values, INTS, ARGS(map)).list->items[19].i, 19);
  assert_int_equal(INT_OF(in_map, map, s("k3")), 1);
  assert_int_equal(INT_OF(in_map, map, s("x")), 0);
  assert_int_equal(run(OPERATOR_get, MAYBE_INT, ARGS(map, s("k3"))).box->i, 16);
  assert_null(run(OPERATOR_get, MAYBE_INT, ARGS(map, s("x"))).box);
}

// ---- texts ----
static void letters_change_as_unicode_says(void **state)
{
  is_text(TEXT1(upper, "Straße ﬁn ŉ ΐ ǆ ᾳ ı"),
          "STRASSE FIN \xCA\xBCN \xCE\x99\xCC\x88\xCC\x81 Ǆ ΑΙ I");
  is_text(TEXT1(upper, "hello, 123"), "HELLO, 123");
  is_text(TEXT1(lower, "ÀÉ İ ẞ"), "àé i̇ ß");
  is_text(TEXT1(lower, "ΟΔΥΣΣΕΥΣ Σ ΑΣ.Α ΑΣ' ΣΑ"), "οδυσσευς σ ασ.α ας' σα");
  is_text(TEXT1(upper, ""), "");
}

static void texts_are_cut_in_code_points(void **state)
{
  is_text(TEXT1(trim, " \t\n\xC2\xA0 a b\xE3\x80\x80\x1F"), "a b");
  is_text(TEXT1(trim, " \n "), "");
  is_text(run(OPERATOR_slice_str, STR, ARGS(s("äöü€😀x"), i(1), i(-1))), "öü€😀");
  is_text(run(OPERATOR_slice_str, STR, ARGS(s("abc"), i(-2), i(99))), "bc");
  is_text(run(OPERATOR_slice_str, STR, ARGS(s("äb"), i(2), i(1))), "");
  assert_int_equal(INT_OF(len_str, s("äöü€😀")), 5);
  struct arg bytes = {BYTES, run(OPERATOR_to_bytes, BYTES, ARGS(s("ä€")))};
  assert_int_equal(INT_OF(len_bytes, bytes), 5);
}

static void texts_split_and_join(void **state)
{
  are_texts(run(OPERATOR_split_white, STRS,
                ARGS(s("  a\tb \n c\xE2\x80\x83"
                       "d "))),
            TEXTS("a", "b", "c", "d"));
  assert_int_equal(run(OPERATOR_split_white, STRS, ARGS(s(" "))).list->count,
                   0);
  are_texts(run(OPERATOR_split_by, STRS, ARGS(s("a,,b,"), s(","))),
            TEXTS("a", "", "b", ""));
  are_texts(run(OPERATOR_split_by, STRS, ARGS(s(""), s(","))), TEXTS(""));
  fails(OPERATOR_split_by, ARGS(s("a"), s("")), ERROR_user, "empty separator");
  struct arg parts[] = {s("a"), s(""), s("ü")};
  is_text(run(OPERATOR_join, STR, ARGS(list(STRS, 3, parts), s("--"))),
          "a----ü");
  is_text(run(OPERATOR_join, STR, ARGS(list(STRS, 0, NULL), s("-"))), "");
  is_text(run(OPERATOR_replace, STR, ARGS(s("aXbXX"), s("X"), s("__"))),
          "a__b____");
  is_text(run(OPERATOR_replace, STR, ARGS(s("äb"), s(""), s("-"))), "-ä-b-");
  is_text(run(OPERATOR_replace, STR, ARGS(s("ab"), s("c"), s("-"))), "ab");
  is_text(run(OPERATOR_repeat, STR, ARGS(s("ä"), i(3))), "äää");
  is_text(run(OPERATOR_repeat, STR, ARGS(s("ä"), i(-3))), "");
}

static void texts_are_searched(void **state)
{
  assert_int_equal(INT_OF(in_str, s("hello"), s("ell")), 1);
  assert_int_equal(INT_OF(in_str, s("hello"), s("")), 1);
  assert_int_equal(INT_OF(in_str, s(""), s("a")), 0);
  assert_int_equal(INT_OF(starts_with, s("hello"), s("he")), 1);
  assert_int_equal(INT_OF(starts_with, s("h"), s("he")), 0);
  assert_int_equal(INT_OF(ends_with, s("hello"), s("lo")), 1);
  assert_int_equal(INT_OF(ends_with, s("o"), s("lo")), 0);
}

// ---- tensors ----
static void tensors_are_summed_by_their_strides(void **state)
{
  static uint8_t bytes[24];
  for (int k = 0; k < 24; k++)
    bytes[k] = (uint8_t)k;
  struct tensor t = {.dtype = DTYPE_u8,
                     .rank = 3,
                     .dims = {2, 3, 4},
                     .strides = {12, 4, 1},
                     .data = bytes};
  struct arg whole = {TENSOR, {.tensor = &t}};
  assert_true(run(OPERATOR_sum_tensor, FLOAT, ARGS(whole)).f == 276);
  assert_true(run(OPERATOR_mean_tensor, FLOAT, ARGS(whole)).f == 11.5);
  are_ints(run(OPERATOR_shape, INTS, ARGS(whole)), INTEGERS(2, 3, 4));
  // Every other column, rows from the last to the first.
  struct tensor part = {.dtype = DTYPE_u8,
                        .rank = 2,
                        .dims = {3, 2},
                        .strides = {-4, 2},
                        .data = bytes + 8};
  assert_true(
      run(OPERATOR_sum_tensor, FLOAT, ARGS({TENSOR, {.tensor = &part}})).f ==
      0 + 2 + 4 + 6 + 8 + 10);
  uint16_t halves[] = {0x3C00, 0xC000, 0x0001};
  struct tensor h = {.dtype = DTYPE_f16,
                     .rank = 1,
                     .dims = {3},
                     .strides = {1},
                     .data = halves};
  assert_true(
      run(OPERATOR_sum_tensor, FLOAT, ARGS({TENSOR, {.tensor = &h}})).f ==
      1 - 2 + 0x1p-24);
  struct tensor none = {
      .dtype = DTYPE_f64, .rank = 2, .dims = {3, 0}, .strides = {0, 1}};
  struct arg empty = {TENSOR, {.tensor = &none}};
  assert_true(run(OPERATOR_sum_tensor, FLOAT, ARGS(empty)).f == 0);
  fails(OPERATOR_mean_tensor, ARGS(empty), ERROR_user,
        "mean() of an empty tensor");
  double one = 2.5;
  struct tensor scalar = {.dtype = DTYPE_f64, .data = &one};
  assert_true(
      run(OPERATOR_sum_tensor, FLOAT, ARGS({TENSOR, {.tensor = &scalar}})).f ==
      2.5);
}

// ---- the rest ----
static void sleep_waits(void **state)
{
  value out;
  struct arg ms = {DURATION, {.i = 5000000}};
  assert_int_equal(call(OPERATOR_sleep, NONE, &out, 1, &ms), OPERATOR_WAIT);
  assert_int_equal(waited, 5000000);
  fails(OPERATOR_sleep, ARGS({DURATION, {.i = -1}}), ERROR_user,
        "sleep length must be non-negative");
}

static void any_value_is_said(void **state)
{
  struct arg words[] = {s("it's"), s("b\n")};
  struct arg l = list(STRS, 2, words);
  is_text(run(OPERATOR_repr, STR, ARGS(l)), "[\"it's\", 'b\\n']");
  is_text(run(OPERATOR_str, STR, ARGS(s("it's"))), "it's");
  is_text(run(OPERATOR_str, STR, ARGS(f(1e16))), "1e+16");
  struct arg json = {JSON, run(OPERATOR_to_json, JSON, ARGS(l))};
  are_texts(run(OPERATOR_from_json, STRS, ARGS(json)), TEXTS("it's", "b\n"));
  value out;
  assert_int_equal(call(OPERATOR_from_json, INTS, &out, 1, &json),
                   OPERATOR_FAIL);
  assert_non_null(memmem(error.message->data, error.message->size, "[0]", 3));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
  const struct CMUnitTest tests[] = {
      TEST(every_operator_is_there),
      TEST(int_reads_as_python_does),
      TEST(int_cuts_floats),
      TEST(sums_and_extremes),
      TEST(sorted_is_stable),
      TEST(ranges_and_parts),
      TEST(what_does_not_fit_is_refused),
      TEST(maps_keep_their_order),
      TEST(letters_change_as_unicode_says),
      TEST(texts_are_cut_in_code_points),
      TEST(texts_split_and_join),
      TEST(texts_are_searched),
      TEST(tensors_are_summed_by_their_strides),
      TEST(sleep_waits),
      TEST(any_value_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
