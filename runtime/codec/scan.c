// The words of JSON: strings, words, white space (numbers: scan_number.c).
// Bytes enter that are known to be UTF-8; tokens that point into them leave.
// Strict, with the errors and places of Python's json, except that an unpaired
// surrogate is refused.
#include "runtime/codec/parts.h"

#include "grammar/base/utf8.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

bool scan_fail(struct scan *s, const char *at, const char *error)
{
  s->error = error;
  s->error_at = at;
  return false;
}

static bool is_space(char c)
{
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

char scan_peek(struct scan *s)
{
  while (s->at < s->end && is_space(*s->at))
    s->at++;
  return s->at < s->end ? *s->at : 0;
}

// ---- strings ----

// Over plain characters up to a quote, a backslash, a control character or the
// end; adds the bytes that begin no code point to *inner.
static const char *skip_plain(const char *at, const char *end, size_t *inner)
{
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F), lead = _mm_set1_epi8(-64);
  while (end - at >= 16) {
    __m128i x = _mm_loadu_si128((const __m128i *)at);
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, control), x);
    __m128i stop = _mm_or_si128(
        low, _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash)));
    unsigned stops = (unsigned)_mm_movemask_epi8(stop);
    unsigned more = (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(x, lead));
    if (stops)
      more &= (1u << __builtin_ctz(stops)) - 1;
    if (more)
      *inner += (size_t)__builtin_popcount(more);
    if (stops)
      return at + __builtin_ctz(stops);
    at += 16;
  }
#endif
  while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at > 0x1F)
    *inner += (*at++ & 0xC0) == 0x80;
  return at;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Four digits behind \u.
static bool read_hex(const char *at, const char *end, uint32_t *out)
{
  uint32_t code = 0;
  for (int i = 0; i < 4; i++) {
    int digit = at + i < end ? hex_digit(at[i]) : -1;
    if (digit < 0)
      return false;
    code = code << 4 | (uint32_t)digit;
  }
  *out = code;
  return true;
}

// The escape whose backslash is at s->at. A surrogate alone is left to the end
// of the string, so that what else is wrong comes first.
static bool scan_escape(struct scan *s, const char *quote, const char **lone)
{
  const char *at = s->at + 1;
  uint32_t code, low;
  if (at == s->end)
    return scan_fail(s, quote, "Unterminated string starting at");
  if (*at != 'u') {
    if (!*at || !strchr("\"\\/bfnrt", *at))
      return scan_fail(s, at - 1, "Invalid \\escape");
    s->at += 2;
    return true;
  }
  if (!read_hex(at + 1, s->end, &code) || at + 5 == s->end)
    return scan_fail(s, at, "Invalid \\uXXXX escape");
  s->at += 6;
  if (code < 0xD800 || code > 0xDFFF)
    return true;
  bool pair = code < 0xDC00 && s->end - s->at > 6 && s->at[0] == '\\' &&
              s->at[1] == 'u';
  if (pair && !read_hex(s->at + 2, s->end, &low))
    return scan_fail(s, s->at + 1, "Invalid \\uXXXX escape");
  if (pair && low >= 0xDC00 && low <= 0xDFFF)
    s->at += 6;
  else
    *lone = at - 1;
  return true;
}

bool scan_string(struct scan *s, struct token *out)
{
  const char *from = s->at, *lone = NULL;
  size_t inner = 0;
  bool plain = true;
  for (;;) {
    s->at = skip_plain(s->at, s->end, &inner);
    if (s->at == s->end)
      return scan_fail(s, from - 1, "Unterminated string starting at");
    if (*s->at == '"')
      break;
    if (*s->at != '\\')
      return scan_fail(s, s->at, "Invalid control character at");
    if (!scan_escape(s, from - 1, &lone))
      return false;
    plain = false;
  }
  if (lone)
    return scan_fail(s, lone, "Unpaired surrogate in \\uXXXX escape");
  size_t size = (size_t)(s->at++ - from);
  *out = (struct token){from, size, (uint32_t)(size - inner), plain};
  return true;
}

// Over an escape that scan_escape has seen.
static const char *unescape(const char *at, char **out)
{
  static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
  uint32_t code, low;
  if (at[1] != 'u') {
    const char *known = strchr(from, at[1]);
    *(*out)++ = known ? to[known - from] : at[1];
    return at + 2;
  }
  read_hex(at + 2, at + 6, &code);
  at += 6;
  if (code >= 0xD800 && code < 0xDC00) {
    read_hex(at + 2, at + 6, &low);
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    at += 6;
  }
  *out += utf8_encode(code, *out);
  return at;
}

const struct text *text_over(struct arena *a, const char *data, size_t size,
                             size_t length)
{
  struct text *t = arena_alloc(a, sizeof *t);
  if (t)
    *t = (struct text){(uint32_t)size, (uint32_t)length, data};
  return t;
}

const struct text *text_of_token(struct arena *a, const struct token *t)
{
  if (t->plain)
    return text_over(a, t->data, t->size, t->length);
  char *data = arena_alloc(a, t->size), *to = data;
  if (!data)
    return NULL;
  const char *at = t->data, *end = at + t->size;
  while (at < end) {
    const char *next = memchr(at, '\\', (size_t)(end - at));
    size_t n = (size_t)((next ? next : end) - at);
    memcpy(to, at, n);
    to += n;
    at += n;
    if (next)
      at = unescape(at, &to);
  }
  size_t size = (size_t)(to - data);
  return text_over(a, data, size, utf8_length(data, size));
}

// ---- objects ----

bool scan_object(struct scan *s, scan_member *member, void *user)
{
  struct token key;
  if (scan_peek(s) != '{')
    return scan_fail(s, s->at, "Expecting an object");
  s->at++;
  if (scan_peek(s) == '}')
    return scan_take(s, '}');
  do {
    if (scan_peek(s) != '"')
      return scan_fail(s, s->at,
                       "Expecting property name enclosed in double quotes");
    s->at++;
    if (!scan_string(s, &key))
      return false;
    if (scan_peek(s) != ':')
      return scan_fail(s, s->at, "Expecting ':' delimiter");
    s->at++;
    if (!member(s, &key, user))
      return false;
  } while (scan_peek(s) == ',' && scan_take(s, ','));
  return scan_take(s, '}') || scan_fail(s, s->at, "Expecting ',' delimiter");
}

// ---- words, and what nobody wants ----

bool scan_word(struct scan *s, const char *word, size_t size)
{
  if ((size_t)(s->end - s->at) < size || memcmp(s->at, word, size))
    return scan_fail(s, s->at, "Expecting value");
  s->at += size;
  return true;
}

static bool skip_members(struct scan *s, char close)
{
  struct token t;
  if (++s->depth > JSON_DEPTH)
    return false;
  s->at++;
  if (scan_peek(s) != close)
    do {
      scan_peek(s);
      if (close == '}' && !(scan_take(s, '"') && scan_string(s, &t) &&
                            scan_peek(s) == ':' && scan_take(s, ':')))
        return false;
      if (!scan_skip(s))
        return false;
    } while (scan_peek(s) == ',' && scan_take(s, ','));
  s->depth--;
  return scan_take(s, close);
}

// Whether an int or a float holds the number; if in doubt, not.
static bool is_small(const struct token *t)
{
  const char *end = t->data + t->size, *e = t->data;
  if (t->plain)
    return t->size <= 18;
  while (e < end && (*e | 32) != 'e')
    e++;
  return t->size < 200 &&
         (end - e <= 3 || (end - e == 4 && (e[1] == '-' || e[1] == '+')));
}

bool scan_skip(struct scan *s)
{
  struct token t;
  switch (scan_peek(s)) {
  case '{':
    return skip_members(s, '}');
  case '[':
    return skip_members(s, ']');
  case '"':
    s->at++;
    return scan_string(s, &t);
  case 't':
    return scan_word(s, "true", 4);
  case 'f':
    return scan_word(s, "false", 5);
  case 'n':
    return scan_word(s, "null", 4);
  default:
    return scan_numeral(s, &t) && is_small(&t);
  }
}

bool stack_push(struct stack *s, value v)
{
  if (s->count == s->room) {
    value *more = arena_alloc(s->arena, (size_t)s->room * 2 * sizeof *more);
    if (!more)
      return false;
    memcpy(more, s->items, s->count * sizeof *more);
    s->items = more;
    s->room *= 2;
  }
  s->items[s->count++] = v;
  return true;
}
