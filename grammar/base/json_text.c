// Texts as JSON: what must be escaped is, in its shortest form; the rest is
// copied in runs, as nearly all texts are one.
#include "grammar/base/json_text.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool is_special(char c)
{
  return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

// Over what needs no escape.
static const char *skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  for (; end - at >= 16; at += 16) {
    __m128i x = _mm_loadu_si128((const __m128i *)at);
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, control), x);
    __m128i stop = _mm_or_si128(
        low, _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash)));
    int stops = _mm_movemask_epi8(stop);
    if (stops)
      return at + __builtin_ctz((unsigned)stops);
  }
#endif
  while (at < end && !is_special(*at))
    at++;
  return at;
}

static void add_escape(char c, struct buf *out)
{
  static const char from[] = "\"\\\n\r\t\f\b", to[] = "\"\\nrtfb";
  const char *known = c ? strchr(from, c) : NULL;
  if (known)
    buf_add(out, (char[2]){'\\', to[known - from]}, 2);
  else
    buf_addf(out, "\\u%04x", (unsigned char)c);
}

void json_escape(const char *text, size_t size, struct buf *out)
{
  const char *at = text, *end = text + size;
  while (at < end) {
    const char *stop = skip_plain(at, end);
    buf_add(out, at, (size_t)(stop - at));
    if (stop < end)
      add_escape(*stop++, out);
    at = stop;
  }
}

void json_encode_text(const char *text, size_t size, struct buf *out)
{
  buf_addc(out, '"');
  json_escape(text, size, out);
  buf_addc(out, '"');
}
