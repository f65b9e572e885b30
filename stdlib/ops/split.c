// Texts taken apart: at white space, at separators. The parts share the bytes
// of the whole.
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// ---- white space in ASCII, 64 bytes at a time ----

#ifdef __SSE2__
static uint64_t white_16(const char *at)
{
  __m128i x = _mm_loadu_si128((const __m128i *)at);
  __m128i control = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8(8)),
                                  _mm_cmplt_epi8(x, _mm_set1_epi8(14)));
  __m128i other = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8(0x1B)),
                                _mm_cmplt_epi8(x, _mm_set1_epi8(0x21)));
  return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, other));
}

static uint64_t white_64(const char *at)
{
  return white_16(at) | white_16(at + 16) << 16 | white_16(at + 32) << 32 |
         white_16(at + 48) << 48;
}
#else
static uint64_t white_64(const char *at)
{
  uint64_t bits = 0;
  for (unsigned i = 0; i < 64; i++)
    bits |= (uint64_t)ops_is_space((unsigned char)at[i]) << i;
  return bits;
}
#endif

// A bit each, set where a byte is white; so is what lies behind the end.
static uint64_t white_bits(const char *at, size_t left)
{
  char rest[64];
  if (left >= 64)
    return white_64(at);
  memset(rest, ' ', sizeof rest);
  memcpy(rest, at, left);
  return white_64(rest);
}

// Where words begin and end, as bits; *white is whether the byte before is.
static uint64_t edges(const char *at, size_t left, uint64_t *white)
{
  uint64_t bits = white_bits(at, left), before = bits << 1 | *white;
  *white = bits >> 63;
  return bits ^ before;
}

static size_t count_words(const struct text *t)
{
  size_t n = 0;
  uint64_t white = 1;
  for (size_t at = 0; at < t->size; at += 64)
    n += (unsigned)__builtin_popcountll(
        edges(t->data + at, t->size - at, &white));
  return (n + 1) / 2; // the last may have no end
}

static bool split_ascii(struct operator_call *call, const struct text *t,
                        value *out)
{
  size_t n = count_words(t);
  struct list *l = list_new(call->arena, (uint32_t)n);
  struct text *words = arena_alloc(call->arena, (n + 1) * sizeof *words);
  if (!l || !words)
    return false;
  uint64_t white = 1;
  bool inside = false;
  struct text *next = words;
  for (size_t at = 0; at < t->size; at += 64) {
    uint64_t bits = edges(t->data + at, t->size - at, &white);
    for (; bits; bits &= bits - 1) {
      const char *edge = t->data + at + __builtin_ctzll(bits);
      if (inside) {
        next->size = next->length = (uint32_t)(edge - next->data);
        l->items[l->count++].text = next++;
      } else {
        next->data = edge;
      }
      inside = !inside;
    }
  }
  if (inside) {
    next->size = next->length = (uint32_t)(t->data + t->size - next->data);
    l->items[l->count++].text = next;
  }
  out->list = l;
  return true;
}

// ---- any text ----

// Bytes of the code point at `at`, 0 where there is none; *space is what it is.
static unsigned look(const char *at, const char *end, bool *space)
{
  uint32_t c = 0;
  unsigned n = utf8_decode(at, (size_t)(end - at), &c);
  *space = n && ops_is_space(c);
  return n || at == end ? n : 1;
}

static const char *skip_space(const char *at, const char *end, bool wanted)
{
  bool space;
  for (unsigned n; (n = look(at, end, &space)) && space == wanted;)
    at += n;
  return at;
}

static const char *trim_end(const char *start, const char *end)
{
  while (end > start) {
    const char *last = end - 1;
    bool space;
    while (last > start && ((unsigned char)*last & 0xC0) == 0x80)
      last--;
    look(last, end, &space);
    if (!space)
      break;
    end = last;
  }
  return end;
}

static const struct text *part(struct operator_call *call, bool ascii,
                               const char *from, const char *to)
{
  size_t size = (size_t)(to - from);
  return ops_text(call, from, size, ascii ? size : utf8_length(from, size));
}

OP(trim)
{
  const struct text *t = ARG(0).text;
  const char *end = t->data + t->size, *start = skip_space(t->data, end, true);
  return give(call, out,
              part(call, t->length == t->size, start, trim_end(start, end)));
}

static bool push_part(struct operator_call *call, struct list *l, bool ascii,
                      const char *from, const char *to)
{
  const struct text *t = part(call, ascii, from, to);
  return t && list_push(call->arena, l, (value){.text = t});
}

OP(split_white)
{
  const struct text *t = ARG(0).text;
  if (t->length == t->size)
    return split_ascii(call, t, out) ? OPERATOR_DONE : operator_exhausted(call);
  struct list *l = list_new(call->arena, 8);
  const char *end = t->data + t->size, *at = skip_space(t->data, end, true);
  while (l && at < end) {
    const char *stop = skip_space(at, end, false);
    if (!push_part(call, l, false, at, stop))
      return operator_exhausted(call);
    at = skip_space(stop, end, true);
  }
  return give(call, out, l);
}

static const char *find(const char *at, const char *end,
                        const struct text *what)
{
  if (at >= end)
    return NULL;
  size_t left = (size_t)(end - at);
  return what->size == 1 ? memchr(at, what->data[0], left)
                         : memmem(at, left, what->data, what->size);
}

OP(split_by)
{
  const struct text *t = ARG(0).text, *by = ARG(1).text;
  bool ascii = t->length == t->size;
  if (!by->size)
    return operator_fail(call, "empty separator");
  struct list *l = list_new(call->arena, 8);
  const char *at = t->data, *end = t->data + t->size;
  for (const char *hit; l && (hit = find(at, end, by)); at = hit + by->size)
    if (!push_part(call, l, ascii, at, hit))
      return operator_exhausted(call);
  if (!l || !push_part(call, l, ascii, at, end))
    return operator_exhausted(call);
  return give(call, out, l);
}
