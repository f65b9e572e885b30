// UTF-8 in pieces: what utf8_feed says of any cut is what utf8_check says of
// the whole, and a wrong beginning is told before its end has come.
#include "grammar/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

static bool fed(const char *text, size_t size, size_t cut)
{
  struct utf8_feed f = {0};
  return utf8_feed(&f, text, cut) && utf8_feed(&f, text + cut, size - cut) &&
         !f.size;
}

static bool fed_by_bytes(const char *text, size_t size)
{
  struct utf8_feed f = {0};
  for (size_t i = 0; i < size; i++)
    if (!utf8_feed(&f, text + i, 1))
      return false;
  return !f.size;
}

static void expect_same(const char *text, size_t size)
{
  bool sound = utf8_check(text, size) == size;
  assert_int_equal(fed_by_bytes(text, size), sound);
  for (size_t cut = 0; cut <= size; cut++)
    assert_int_equal(fed(text, size, cut), sound);
}

static void cuts_make_no_difference(void **state)
{
  static const char *const texts[] = {"",
                                      "a",
                                      "a\xC3\xA9z",
                                      "\xE2\x82\xAC\xF0\x9F\x98\x80",
                                      "\xED\xA0\x80",
                                      "\xC0\xAF",
                                      "\xF4\x90\x80\x80",
                                      "a\xC3",
                                      "\x80",
                                      "\xE0\x80\xAF",
                                      "\xF0\x80\x80\x80",
                                      "\xF0\x9F\x98"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    expect_same(texts[i], strlen(texts[i]));
}

// All pairs of a lead and what follows it, with two bytes behind.
static void every_second_byte(void **state)
{
  for (int lead = 0x80; lead < 0x100; lead++)
    for (int second = 0; second < 0x100; second++) {
      char text[] = {(char)lead, (char)second, (char)0x80, (char)0x80};
      for (size_t size = 1; size <= sizeof text; size++)
        expect_same(text, size);
    }
}

static void wrong_is_told_at_once(void **state)
{
  struct utf8_feed f = {0};
  assert_true(utf8_feed(&f, "a\xF4", 2));
  assert_false(utf8_feed(&f, "\x90", 1));
  f = (struct utf8_feed){0};
  assert_false(utf8_feed(&f, "\xED\xA0", 2));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cuts_make_no_difference),
      cmocka_unit_test(every_second_byte),
      cmocka_unit_test(wrong_is_told_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
