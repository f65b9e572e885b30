// Texts as Unicode sees them: cases, forms, what a reader takes for one
// character, and how far two texts are apart.
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

// What a step over a text sees.
struct walk {
  const char *at, *end;
  uint32_t code;
  unsigned size;
};

static struct walk walk_of(const struct text *t)
{
  return (struct walk){.at = t->data, .end = t->data + t->size};
}

static bool step(struct walk *w)
{
  w->at += w->size;
  w->size = utf8_decode(w->at, (size_t)(w->end - w->at), &w->code);
  return w->size;
}

static void add_code(struct buf *b, uint32_t code)
{
  char bytes[4];
  buf_add(b, bytes, utf8_encode(code, bytes));
}

// ---- words ----

static bool is_mark(uint32_t c)
{
  utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
  return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC ||
         k == UTF8PROC_CATEGORY_ME;
}

static bool is_letter(uint32_t c)
{
  utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
  return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO) || is_mark(c);
}

static bool is_digit(uint32_t c)
{
  utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
  return k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO;
}

static bool is_word(uint32_t c)
{
  return c < 0x80 ? (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z')
                  : is_letter(c) || is_digit(c);
}

static bool is_apostrophe(uint32_t c)
{
  return c == '\'' || c == 0x2019;
}

// Whether the walk stands in a word: an apostrophe does, between two letters.
static bool in_word(const struct walk *w, bool was)
{
  uint32_t c = 0;
  if (is_word(w->code))
    return true;
  return was && is_apostrophe(w->code) &&
         utf8_decode(w->at + w->size, (size_t)(w->end - w->at) - w->size, &c) &&
         is_letter(c);
}

OP(text_words)
{
  struct list *l = list_new(call->arena, 8);
  const char *from = NULL;
  bool was = false;
  struct walk w = walk_of(ARG(0).text);
  for (bool more = true; l && more;) {
    more = step(&w);
    bool is = more && in_word(&w, was);
    if (is && !was)
      from = w.at;
    if (!is && was) {
      size_t size = (size_t)(w.at - from);
      const struct text *t =
          ops_text(call, from, size, utf8_length(from, size));
      if (!t || !list_push(call->arena, l, (value){.text = t}))
        return operator_exhausted(call);
    }
    was = is;
  }
  return give(call, out, l);
}

// ---- cases ----

OP(text_title)
{
  struct buf b = {.arena = call->arena};
  bool was = false;
  struct walk w = walk_of(ARG(0).text);
  while (step(&w)) {
    utf8proc_int32_t c = (utf8proc_int32_t)w.code;
    bool is = in_word(&w, was);
    add_code(&b, (uint32_t)(is && !was ? utf8proc_totitle(c)
                                       : utf8proc_tolower(c)));
    was = is;
  }
  return ops_give_buf(call, out, &b);
}

OP(text_capitalize)
{
  const struct text *t = ARG(0).text;
  struct buf b = {.arena = call->arena};
  struct walk w = walk_of(t);
  if (!step(&w))
    return give(call, out, t);
  add_code(&b, (uint32_t)utf8proc_totitle((utf8proc_int32_t)w.code));
  buf_add(&b, w.at + w.size, t->size - w.size);
  return ops_give_buf(call, out, &b);
}

// ---- forms ----

static enum operator_status mapped(struct operator_call *call, value *out,
                                   utf8proc_option_t options)
{
  const struct text *t = ARG(0).text;
  utf8proc_uint8_t *made = NULL;
  utf8proc_ssize_t n =
      utf8proc_map((const utf8proc_uint8_t *)t->data, (utf8proc_ssize_t)t->size,
                   &made, options | UTF8PROC_STABLE);
  if (n < 0) {
    free(made);
    return n == UTF8PROC_ERROR_NOMEM
               ? operator_exhausted(call)
               : operator_fail(call, "%s", utf8proc_errmsg(n));
  }
  struct buf b = {.arena = call->arena};
  buf_add(&b, made, (size_t)n);
  free(made);
  return ops_give_buf(call, out, &b);
}

OP(text_fold)
{
  return mapped(call, out, UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE);
}

OP(text_unaccent)
{
  return mapped(call, out,
                UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_COMPAT);
}

OP(text_normalize)
{
  static const struct {
    const char *name;
    utf8proc_option_t options;
  } forms[] = {
      {"NFC", UTF8PROC_COMPOSE},
      {"NFD", UTF8PROC_DECOMPOSE},
      {"NFKC", UTF8PROC_COMPOSE | UTF8PROC_COMPAT},
      {"NFKD", UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT},
  };
  const struct text *form = ARG(1).text;
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (text_is(form, forms[i].name, strlen(forms[i].name)))
      return mapped(call, out, forms[i].options);
  return operator_fail(call, "there is no form \"%.*s\": NFC, NFD, NFKC, NFKD",
                       (int)utf8_cut(form->data, form->size, 40), form->data);
}

// ---- characters ----

OP(text_graphemes)
{
  struct list *l = list_new(call->arena, ARG(0).text->length);
  struct walk w = walk_of(ARG(0).text);
  const char *from = w.at;
  utf8proc_int32_t before = 0, state = 0;
  for (bool more = true; l && more;) {
    more = step(&w);
    bool cut = w.at > from &&
               (!more || utf8proc_grapheme_break_stateful(
                             before, (utf8proc_int32_t)w.code, &state));
    before = (utf8proc_int32_t)w.code;
    if (!cut)
      continue;
    size_t size = (size_t)(w.at - from);
    const struct text *t = ops_text(call, from, size, utf8_length(from, size));
    if (!t || !list_push(call->arena, l, (value){.text = t}))
      return operator_exhausted(call);
    from = w.at;
  }
  return give(call, out, l);
}

OP(text_width)
{
  int64_t n = 0;
  struct walk w = walk_of(ARG(0).text);
  while (step(&w)) {
    int width = utf8proc_charwidth((utf8proc_int32_t)w.code);
    n += width > 0 ? width : 0;
  }
  return give_int(out, n);
}

OP(text_code)
{
  struct walk w = walk_of(ARG(0).text);
  if (!step(&w) || w.at + w.size != w.end)
    return operator_fail(call, "code() of a text of length %u, not of 1",
                         ARG(0).text->length);
  return give_int(out, w.code);
}

OP(text_character)
{
  char bytes[4];
  int64_t code = ARG(0).i;
  unsigned n =
      code < 0 || code > 0x10FFFF ? 0 : utf8_encode((uint32_t)code, bytes);
  if (!n)
    return operator_fail(call, "%lld is no character", (long long)code);
  return give(call, out, text_new(call->arena, bytes, n));
}

OP(text_decode)
{
  const struct text *t = ARG(0).text;
  size_t good = utf8_check(t->data, t->size);
  if (good == t->size)
    return give(call, out, ops_text(call, t->data, t->size,
                                    utf8_length(t->data, t->size)));
  if (!ARG(1).i)
    return operator_fail(call, "byte %zu is not UTF-8", good);
  struct buf b = {.arena = call->arena};
  const char *at = t->data, *stop = at + t->size;
  while (at < stop && !b.failed) {
    good = utf8_check(at, (size_t)(stop - at));
    buf_add(&b, at, good);
    if ((at += good) < stop) {
      buf_adds(&b, "\xEF\xBF\xBD");
      at++;
    }
  }
  return ops_give_buf(call, out, &b);
}

// ---- trimming ----

OP(text_trim_start)
{
  const struct text *t = ARG(0).text;
  struct walk w = walk_of(t);
  uint32_t n = 0;
  while (step(&w) && ops_is_space(w.code))
    n++;
  return give(call, out,
              ops_text(call, w.at, (size_t)(w.end - w.at), t->length - n));
}

OP(text_trim_end)
{
  const struct text *t = ARG(0).text;
  struct walk w = walk_of(t);
  uint32_t n = 0, length = 0;
  size_t size = 0;
  while (step(&w)) {
    n++;
    if (!ops_is_space(w.code)) {
      length = n;
      size = (size_t)(w.at + w.size - t->data);
    }
  }
  return give(call, out, ops_text(call, t->data, size, length));
}

// ---- distance ----

enum { CELLS = 25000000 }; // of the table that is gone through; about 30 ms

static uint32_t *codes_of(struct operator_call *call, const struct text *t)
{
  uint32_t *codes = ARENA_ARRAY(call->arena, t->length + (size_t)1, uint32_t);
  struct walk w = walk_of(t);
  for (uint32_t i = 0; codes && step(&w); i++)
    codes[i] = w.code;
  return codes;
}

static uint32_t least(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

// Levenshtein's: a row of his table at a time.
OP(text_distance)
{
  uint32_t n = ARG(0).text->length, m = ARG(1).text->length;
  if ((uint64_t)n * m > CELLS)
    return operator_fail(call, "distance() of texts of %u and %u characters: "
                               "they are too long",
                         n, m);
  uint32_t *x = codes_of(call, ARG(0).text), *y = codes_of(call, ARG(1).text);
  uint32_t *row = ARENA_ARRAY(call->arena, m + (size_t)1, uint32_t);
  if (!x || !y || !row)
    return operator_exhausted(call);
  for (uint32_t j = 0; j <= m; j++)
    row[j] = j;
  for (uint32_t i = 1; i <= n; i++) {
    uint32_t corner = row[0];
    row[0] = i;
    for (uint32_t j = 1; j <= m; j++) {
      uint32_t up = row[j];
      row[j] = least(least(up, row[j - 1]) + 1, corner + (x[i - 1] != y[j - 1]));
      corner = up;
    }
  }
  return give_int(out, row[m]);
}
