// SentencePiece's own normalizer: a map from characters to what they become, in
// a double-array trie behind which the texts lie, each ended by a NUL.
//
// As in the reference a grapheme of fewer than six bytes is looked up as a
// whole, by the shortest of its beginnings that the map knows; else its
// characters are.
#include "stdlib/ops/tokenize/parts.h"

#include <utf8proc.h>

enum { WHOLE = 6 };

struct charsmap {
  const uint32_t *units;
  uint32_t n_units;
  const char *texts;
  size_t size;
};

static int sextet(char c)
{
  return c >= 'A' && c <= 'Z'   ? c - 'A'
         : c >= 'a' && c <= 'z' ? c - 'a' + 26
         : c >= '0' && c <= '9' ? c - '0' + 52
         : c == '+'             ? 62
         : c == '/'             ? 63
                                : -1;
}

// The bytes; false if it is no base64.
static bool from_base64(const char *text, size_t size, unsigned char *out,
                        size_t *n)
{
  uint32_t bits = 0, held = 0;
  *n = 0;
  while (size && text[size - 1] == '=')
    size--;
  for (size_t i = 0; i < size; i++) {
    int six = sextet(text[i]);
    if (six < 0)
      return false;
    bits = bits << 6 | (uint32_t)six;
    held += 6;
    if (held >= 8)
      out[(*n)++] = (unsigned char)(bits >> (held -= 8));
  }
  return true;
}

static uint32_t word_at(const unsigned char *p)
{
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
         (uint32_t)p[3] << 24;
}

const struct charsmap *charsmap_read(struct arena *a, const char *text,
                                     size_t size)
{
  size_t n;
  unsigned char *bytes = arena_alloc(a, size + 4);
  struct charsmap *map = ARENA_NEW(a, struct charsmap);
  if (!bytes || !map || !from_base64(text, size, bytes, &n) || n < 4)
    return NULL;
  uint32_t trie = word_at(bytes);
  if (trie > n - 4 || trie % 4)
    return NULL;
  uint32_t *units = ARENA_ARRAY(a, trie / 4 + 1, uint32_t);
  if (!units)
    return NULL;
  for (uint32_t i = 0; i < trie / 4; i++)
    units[i] = word_at(bytes + 4 + i * 4);
  *map = (struct charsmap){units, trie / 4, (char *)bytes + 4 + trie,
                           n - 4 - trie};
  return map;
}

static uint32_t offset_of(uint32_t unit)
{
  return (unit >> 10) << ((unit & 1u << 9) >> 6);
}

// What the shortest known beginning becomes; NULL if there is none.
static const char *look_up(const struct charsmap *m, const char *key,
                           size_t size, size_t *n)
{
  uint32_t at = m->n_units ? offset_of(m->units[0]) : 0;
  for (size_t i = 0; i < size && key[i]; i++) {
    unsigned char c = (unsigned char)key[i];
    at ^= c;
    if (at >= m->n_units || (m->units[at] & (1u << 31 | 255)) != c)
      return NULL;
    uint32_t unit = m->units[at];
    at ^= offset_of(unit);
    if (!(unit >> 8 & 1))
      continue;
    uint32_t text = at < m->n_units ? m->units[at] & ~(1u << 31) : UINT32_MAX;
    if (text >= m->size)
      return NULL;
    *n = strnlen(m->texts + text, m->size - text);
    return m->texts + text;
  }
  return NULL;
}

static size_t grapheme_end(const struct line *l, size_t at)
{
  utf8proc_int32_t state = 0;
  uint32_t one, two;
  at += point_at(l->data + at, &one);
  while (at < l->size) {
    unsigned n = point_at(l->data + at, &two);
    if ((one < 0x80 && two < 0x80 && one != '\r') ||
        utf8proc_grapheme_break_stateful((utf8proc_int32_t)one,
                                         (utf8proc_int32_t)two, &state))
      break;
    one = two;
    at += n;
  }
  return at;
}

static bool mapped(struct work *w, const struct charsmap *m, size_t at,
                   size_t n)
{
  size_t size = 0;
  const char *to = look_up(m, w->now.data + at, n, &size);
  if (to)
    line_add(w, &w->next_line, to, size, place_of(w, at, n));
  return to;
}

void normal_precompiled(struct work *w, const struct charsmap *m)
{
  for (size_t at = 0, to; at < w->now.size && !w->failed; at = to) {
    to = grapheme_end(&w->now, at);
    if (to - at < WHOLE && mapped(w, m, at, to - at))
      continue;
    for (uint32_t code; at < to;) {
      unsigned n = point_at(w->now.data + at, &code);
      if (!mapped(w, m, at, n))
        line_copy(w, &w->next_line, at, n);
      at += n;
    }
  }
  line_swap(w);
}
