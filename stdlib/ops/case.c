// Capitals and small letters, as Python's str.upper() and str.lower() have
// them: Unicode's full mappings, where one letter may become several.
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <string.h>
#include <utf8proc.h>

static void add_code(struct buf *b, uint32_t code)
{
  char bytes[4];
  buf_add(b, bytes, utf8_encode(code, bytes));
}

// utf8proc knows the one-letter capitals only. The capital of a letter that has
// none (ß, ﬁ, ᾳ) is that of its full case folding, letter by letter.
static void add_upper(struct buf *b, uint32_t code)
{
  utf8proc_int32_t fold[8];
  utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)code);
  utf8proc_ssize_t n = 1;
  if (kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT)
    n = utf8proc_decompose_char((utf8proc_int32_t)code, fold, 8,
                                UTF8PROC_CASEFOLD, NULL);
  if (n < 2 || n > 8) {
    add_code(b, (uint32_t)utf8proc_toupper((utf8proc_int32_t)code));
    return;
  }
  for (utf8proc_ssize_t i = 0; i < n; i++)
    add_code(b, (uint32_t)utf8proc_toupper(fold[i]));
}

static bool is_cased(uint32_t c)
{
  utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
  return k == UTF8PROC_CATEGORY_LU || k == UTF8PROC_CATEGORY_LL ||
         k == UTF8PROC_CATEGORY_LT;
}

static bool is_ignored(uint32_t c)
{
  utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
  return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_ME ||
         k == UTF8PROC_CATEGORY_CF || k == UTF8PROC_CATEGORY_LM ||
         k == UTF8PROC_CATEGORY_SK || c == '\'' || c == '.' || c == ':' ||
         c == 0xB7 || c == 0x387 || c == 0x2019;
}

static bool cased_after(const char *at, const char *end)
{
  uint32_t c = 0;
  for (unsigned n; at < end; at += n) {
    n = utf8_decode(at, (size_t)(end - at), &c);
    if (!n || !is_ignored(c))
      return n && is_cased(c);
  }
  return false;
}

static bool cased_before(const char *start, const char *at)
{
  const char *end = at;
  uint32_t c = 0;
  while (at > start) {
    do
      at--;
    while (at > start && ((unsigned char)*at & 0xC0) == 0x80);
    if (!utf8_decode(at, (size_t)(end - at), &c) || !is_ignored(c))
      return is_cased(c);
  }
  return false;
}

enum {
  SIGMA = 0x3A3,
  FINAL_SIGMA = 0x3C2,
  SMALL_SIGMA = 0x3C3,
  DOTTED_I = 0x130
};

static void add_lower(struct buf *b, const struct text *t, const char *at,
                      unsigned size, uint32_t code)
{
  if (code == DOTTED_I)
    buf_adds(b, "i\xCC\x87");
  else if (code == SIGMA)
    add_code(b, cased_before(t->data, at) &&
                        !cased_after(at + size, t->data + t->size)
                    ? FINAL_SIGMA
                    : SMALL_SIGMA);
  else
    add_code(b, (uint32_t)utf8proc_tolower((utf8proc_int32_t)code));
}

static enum operator_status change(struct operator_call *call, value *out,
                                   bool up)
{
  const struct text *t = ARG(0).text;
  struct buf b = {.arena = call->arena};
  buf_reserve(&b, t->size);
  for (const char *at = t->data, *end = at + t->size; at < end && !b.failed;) {
    unsigned char c = (unsigned char)*at;
    if (c < 0x80) {
      bool flip = up ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
      buf_addc(&b, (char)(flip ? c ^ 0x20 : c));
      at++;
      continue;
    }
    uint32_t code = 0;
    unsigned n = utf8_decode(at, (size_t)(end - at), &code);
    if (!n)
      buf_addc(&b, *at), n = 1; // never in a str
    else if (up)
      add_upper(&b, code);
    else
      add_lower(&b, t, at, n, code);
    at += n;
  }
  return ops_give_buf(call, out, &b);
}

OP(upper) { return change(call, out, true); }

OP(lower) { return change(call, out, false); }
