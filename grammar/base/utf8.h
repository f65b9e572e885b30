// UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, up to U+10FFFF.
#ifndef SG_UTF8_H
#define SG_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads one code point of `size` bytes; the bytes it took (1 to 4), or 0 when
// they are no code point (or there are none).
unsigned utf8_decode(const char *text, size_t size, uint32_t *code);

// Writes one code point; the bytes it took, 0 when `code` is none.
unsigned utf8_encode(uint32_t code, char out[4]);

// The offset of the first byte that is not UTF-8; `size` when there is none.
size_t utf8_check(const char *text, size_t size);

// Code points in valid text (a byte that is none counts as one).
size_t utf8_length(const char *text, size_t size);

// How many of the first `most` bytes of valid text are whole code points.
size_t utf8_cut(const char *text, size_t size, size_t most);

// Text that comes in pieces, cut anywhere: a zeroed one has seen none. What it
// has seen of a code point that is not whole yet lies in `rest`.
struct utf8_feed {
  char rest[4];
  unsigned size;
};
// False: this is not how text can go on. It is whole when `size` is 0.
bool utf8_feed(struct utf8_feed *f, const char *text, size_t size);

#endif
