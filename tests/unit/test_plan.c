// Plans as files: headers, damage, every bit of one flipped; and as text.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/base/buf.h"
#include "tests/unit/plan_sample.h"

// Records name what matters here; the rest is zero.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static char why[512];

// ---- the file ----
struct image {
  struct plan_sample s;
  char *bytes; // of malloc, so that a read behind the end is seen
  size_t size;
};

static void image_make(struct image *m)
{
  const void *bytes;
  plan_sample_build(&m->s);
  assert_int_equal(plan_finish(&m->s.b, &bytes, &m->size), 0);
  m->bytes = malloc(m->size);
  memcpy(m->bytes, bytes, m->size);
}

static void image_free(struct image *m)
{
  free(m->bytes);
  arena_free(&m->s.arena);
}

static void is_refused(const void *bytes, size_t size, const char *reason)
{
  struct plan p;
  *why = 0;
  assert_int_equal(plan_open(&p, bytes, size, why, sizeof why), -1);
  if (!strstr(why, reason))
    fail_msg("wanted \"%s\", got \"%s\"", reason, why);
}

static void a_file_cut_short_is_truncated(void **state)
{
  struct image m;
  image_make(&m);
  for (size_t size = 0; size < m.size; size++) {
    char *part = malloc(size ? size : 1);
    memcpy(part, m.bytes, size);
    is_refused(part, size, "truncated: ");
    free(part);
  }
  image_free(&m);
}

static void a_foreign_file_is_no_plan(void **state)
{
  static const _Alignas(8) char zip[600] = "PK\3\4", elf[3] = "\x7F" "E";
  is_refused(zip, sizeof zip, "not a plan");
  is_refused(elf, 2, "not a plan");
  struct image m;
  image_make(&m);
  memmove(m.bytes + 6, m.bytes + 7, m.size - 7); // \r\n became \n
  is_refused(m.bytes, m.size - 1, "line ends were changed");
  is_refused(m.bytes + 1, m.size - 1, "not aligned");
  image_free(&m);
}

// X(reason, what is changed in the header h)
#define HEADERS(X)                                                             \
  X("too new: needs a reader of version 7, this one is of version 1",          \
    h->version = 9; h->oldest_reader = 7)                                      \
  X("damaged: version 0", h->version = 0)                                      \
  X("damaged: version 1, for readers of version 2", h->oldest_reader = 2)      \
  X("truncated: ", h->size += 8)                                               \
  X("8 bytes behind its end", h->size -= 8)                                    \
  X("damaged: 24 sections", h->n_sections--)                                   \
  X("damaged: 26 sections", h->n_sections++)                                   \
  X("damaged: 4294967295 sections", h->version = 2; h->n_sections = UINT32_MAX)\
  X("section types begins at 0", h->sections[PLAN_types].offset = 0)           \
  X("section types begins at", h->sections[PLAN_types].offset += 8)            \
  X("section text goes beyond the end", h->sections[PLAN_text].count += 8)     \
  X("section types goes beyond the end",                                       \
    h->sections[PLAN_types].count = UINT32_MAX)                                \
  X("section files begins at", h->sections[PLAN_program].count = 0)            \
  X("something lies behind the last section", h->sections[PLAN_text].count -= 8)

static void a_spoiled_header_is_refused(void **state)
{
  struct image m;
  struct plan_header *h;
#define SPOIL_HEADER(reason, ...)                                              \
  image_make(&m);                                                              \
  h = (struct plan_header *)m.bytes;                                           \
  __VA_ARGS__;                                                                 \
  plan_seal(m.bytes, m.size);                                                  \
  is_refused(m.bytes, m.size, reason);                                         \
  image_free(&m);
  HEADERS(SPOIL_HEADER)
}

static void later_versions_are_read_when_they_allow_it(void **state)
{
  struct image m;
  struct plan p;
  image_make(&m);
  ((struct plan_header *)m.bytes)->version = PLAN_VERSION + 1;
  plan_seal(m.bytes, m.size);
  assert_int_equal(plan_open(&p, m.bytes, m.size, why, sizeof why), 0);
  image_free(&m);
}

static void what_lies_between_sections_is_zero(void **state)
{
  struct image m;
  image_make(&m);
  const struct plan_header *h = (struct plan_header *)m.bytes;
  size_t end = h->sections[PLAN_files].offset + sizeof(struct plan_file);
  if (end % 8 == 0) // then that of the last one
    end = h->sections[PLAN_text].offset + h->sections[PLAN_text].count;
  assert_int_not_equal(end % 8, 0);
  m.bytes[end] = 1;
  plan_seal(m.bytes, m.size);
  is_refused(m.bytes, m.size, "something lies ");
  image_free(&m);
}

// ---- bits ----
static void dump_of(const struct plan *p, struct buf *out)
{
  plan_dump(p, out);
  assert_false(out->failed);
}

static void no_bit_flips_unnoticed(void **state)
{
  struct image m;
  image_make(&m);
  for (size_t bit = 0; bit < m.size * 8; bit++) {
    m.bytes[bit / 8] ^= (char)(1 << bit % 8);
    is_refused(m.bytes, m.size, "");
    assert_true(*why);
    m.bytes[bit / 8] ^= (char)(1 << bit % 8);
  }
  image_free(&m);
}

// With the checksum repaired a flip is refused or changes what can be printed.
static void no_bit_flip_harms(void **state)
{
  struct image m;
  size_t refused = 0;
  image_make(&m);
  for (size_t bit = 0; bit < m.size * 8; bit++) {
    struct plan p;
    struct buf out = {0};
    m.bytes[bit / 8] ^= (char)(1 << bit % 8);
    plan_seal(m.bytes, m.size);
    if (!plan_open(&p, m.bytes, m.size, why, sizeof why))
      dump_of(&p, &out);
    else
      refused++;
    buf_free(&out);
    m.bytes[bit / 8] ^= (char)(1 << bit % 8);
  }
  assert_true(refused > m.size * 4); // more than half of all bits mean something
  image_free(&m);
}

// ---- as text ----
static void dumps_are_complete_and_repeat(void **state)
{
  struct image m;
  struct plan p;
  struct buf one = {0}, two = {0};
  image_make(&m);
  assert_int_equal(plan_open(&p, m.bytes, m.size, why, sizeof why), 0);
  dump_of(&p, &one);
  dump_of(&p, &two);
  assert_string_equal(one.data, two.data);
  static const char *const lines[] = {
    "\ntype 8: kind enum base 4 str fields 0+2 name \"Op\" = \"sum\" | \"max\"\n",
    "\n  slot 0:x str parameter\n",
    "\n  strand 1 'test' inputs 1 feeds if 2, unless 3, data 4\n",
    "\n     2 add_i 0:s, 0:s, 1:s\n",
    "\n     0 start 1:out, site 1 'm1' 'forward'\n",
    "\n    62 jump -> 64\n",
    "\n    47 closure 27:s, site 6 'helper'\n",
    "\n    48 spawn site 0 'helper'\n    49 each_limit 8:s, site 8 'helper'\n",
    "\n     2 stub 2, site 7 'm1' 'forward'\n",
    "\n     0 yield 0:x\n     1 end\n",
    "\n    52 more 5:s, 28:s\n    53 piece 3:s, 28:s\n    54 close 28:s\n    55 arrivals 31:s, 8:s\n"
    "    56 abandon 8:s\n",
    "\nconst 13: type 25 bytes lo 347 hi 3 = \"\\xff\\x00\\x80\"\n",
    "path \"/v1/my-dag/{id}/{rest:path}\" params 0+2 function 5 '/my-dag'",
    " = tensor f64[2, N]\n",
  };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (!strstr(one.data, lines[i]))
      fail_msg("there is no %s", lines[i]);
  buf_free(&one);
  buf_free(&two);
  image_free(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_file_cut_short_is_truncated),
    cmocka_unit_test(a_foreign_file_is_no_plan),
    cmocka_unit_test(a_spoiled_header_is_refused),
    cmocka_unit_test(later_versions_are_read_when_they_allow_it),
    cmocka_unit_test(what_lies_between_sections_is_zero),
    cmocka_unit_test(no_bit_flips_unnoticed),
    cmocka_unit_test(no_bit_flip_harms),
    cmocka_unit_test(dumps_are_complete_and_repeat),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
