// Images to pixels and back, by libraries that are loaded when they are first
// needed.
#ifndef SG_IMAGE_H
#define SG_IMAGE_H

#include "runtime/value/value.h"

enum { IMAGE_PIXELS = 40 << 20 }; // most; more is a bomb

struct image {
  struct arena *arena;
  struct tensor *pixels; // u8[H, W, C]; NULL: the arena was exhausted
  bool ours;             // what is wrong is here, not in the file
};

// Each NULL, or what is wrong with the file (a constant, or in the arena).
const char *image_read_png(struct image *out, const void *data, size_t size);
const char *image_read_jpeg(struct image *out, const void *data, size_t size);

// Appends the PNG of u8[H, W] (grey) or u8[H, W, C], C from 1 to 4. NULL, or
// what is wrong with the tensor.
struct buf;
const char *image_write_png(const struct tensor *pixels, struct buf *out);

#endif
