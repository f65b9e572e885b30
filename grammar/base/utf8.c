// UTF-8: see utf8.h for what is taken.
#include "grammar/base/utf8.h"

#include <string.h>

unsigned utf8_decode(const char *text, size_t size, uint32_t *code)
{
  const unsigned char *s = (const unsigned char *)text;
  if (!size)
    return 0;
  if (s[0] < 0x80) {
    *code = s[0];
    return 1;
  }
  unsigned n = s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
  if (!n || s[0] > 0xF4 || size < n)
    return 0;
  uint32_t c = s[0] & (0xFFu >> (n + 1));
  for (unsigned i = 1; i < n; i++) {
    if ((s[i] & 0xC0) != 0x80)
      return 0;
    c = c << 6 | (s[i] & 0x3F);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
    return 0;
  *code = c;
  return n;
}

unsigned utf8_encode(uint32_t code, char out[4])
{
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    return 0;
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  unsigned n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (unsigned i = n; --i > 0; code >>= 6)
    out[i] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)(lead[n] | code);
  return n;
}

// Bytes of a code point of two or three, which are the common ones, by their
// first four (the first lowest); 0 for all others and what is none.
static unsigned common_size(uint32_t four)
{
  if ((four & 0xC0C0F0) == 0x8080E0) {
    uint32_t high = four & 0x200F; // 0: overlong; 0x200D: a surrogate
    return high && high != 0x200D ? 3 : 0;
  }
  return (four & 0xC0E0) == 0x80C0 && (four & 0x1E) ? 2 : 0;
}

size_t utf8_check(const char *text, size_t size)
{
  size_t at = 0;
  while (size - at >= 8) {
    uint64_t eight;
    memcpy(&eight, text + at, 8);
    uint64_t high = eight & 0x8080808080808080u;
    if (!high) {
      at += 8;
      continue;
    }
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    unsigned plain = (unsigned)__builtin_ctzll(high) / 8;
    at += plain;
    if (plain > 4)
      continue;
    unsigned common = common_size((uint32_t)(eight >> (plain * 8)));
    if (common) {
      at += common;
      continue;
    }
#endif
    uint32_t code;
    unsigned n = utf8_decode(text + at, size - at, &code);
    if (!n)
      return at;
    at += n;
  }
  while (at < size) {
    uint32_t code;
    unsigned n = utf8_decode(text + at, size - at, &code);
    if (!n)
      return at;
    at += n;
  }
  return size;
}

size_t utf8_length(const char *text, size_t size)
{
  size_t more = 0, at = 0; // bytes that go on with a code point: 10xxxxxx
  for (; size - at >= 8; at += 8) {
    uint64_t eight;
    memcpy(&eight, text + at, 8);
    uint64_t high = eight & 0x8080808080808080u;
    if (high)
      more += (size_t)__builtin_popcountll(high & ~(eight << 1));
  }
  for (; at < size; at++)
    more += (text[at] & 0xC0) == 0x80;
  return size - more;
}

size_t utf8_cut(const char *text, size_t size, size_t most)
{
  if (size <= most)
    return size;
  while (most && (text[most] & 0xC0) == 0x80)
    most--;
  return most;
}

// Some code point begins so: the smallest or the greatest that could.
static bool may_begin(const char *text, size_t size)
{
  char low[4] = {0}, high[4] = {0};
  uint32_t code;
  memset(low, 0x80, sizeof low);
  memset(high, 0xBF, sizeof high);
  memcpy(low, text, size);
  memcpy(high, text, size);
  return utf8_decode(low, sizeof low, &code) > size ||
         utf8_decode(high, sizeof high, &code) > size;
}

bool utf8_feed(struct utf8_feed *f, const char *text, size_t size)
{
  uint32_t code;
  while (f->size && size) { // a byte more, until it is whole or wrong
    f->rest[f->size++] = *text++;
    size--;
    if (utf8_decode(f->rest, f->size, &code) == f->size)
      f->size = 0;
    else if (f->size == sizeof f->rest || !may_begin(f->rest, f->size))
      return false;
  }
  size_t good = utf8_check(text, size);
  if (good == size)
    return true;
  if (size - good >= sizeof f->rest || !may_begin(text + good, size - good))
    return false;
  f->size = (unsigned)(size - good);
  memcpy(f->rest, text + good, f->size);
  return true;
}
