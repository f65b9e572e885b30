// PNG by libpng. Its errors leave by longjmp, so everything that has to outlive
// one lies in the struct that the caller owns.
#include "runtime/net/image.h"
#include "grammar/base/shared.h"

#include "runtime/codec/tensor.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

#define FUNCTIONS(X)                                                           \
  X(png_create_read_struct)                                                    \
  X(png_create_info_struct)                                                    \
  X(png_destroy_read_struct)                                                   \
  X(png_get_error_ptr)                                                         \
  X(png_get_io_ptr)                                                            \
  X(png_set_longjmp_fn)                                                        \
  X(png_set_read_fn)                                                           \
  X(png_set_user_limits)                                                       \
  X(png_set_chunk_cache_max)                                                   \
  X(png_set_chunk_malloc_max)                                                  \
  X(png_read_info)                                                             \
  X(png_set_expand)                                                            \
  X(png_set_scale_16)                                                          \
  X(png_set_interlace_handling)                                                \
  X(png_read_update_info)                                                      \
  X(png_get_image_width)                                                       \
  X(png_get_image_height)                                                      \
  X(png_get_channels)                                                          \
  X(png_get_bit_depth)                                                         \
  X(png_get_rowbytes)                                                          \
  X(png_read_row)                                                              \
  X(png_read_end)

SHARED_LIBRARY("libpng16.so.16")

static const char no_memory[] = "libpng has no memory";

struct reader {
  struct image *out;
  const unsigned char *at, *end;
  const char *why;
  png_structp png;
  png_infop info;
};

static void on_error(png_structp png, png_const_charp message)
{
  struct reader *r = lib.png_get_error_ptr(png);
  if (!r->why) {
    r->out->ours = strstr(message, "memory");
    r->why = arena_copy(r->out->arena, message, strlen(message));
    r->why = r->why ? r->why : "damaged";
  }
  longjmp(*lib.png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)), 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
}

static void on_read(png_structp png, png_bytep to, size_t size)
{
  struct reader *r = lib.png_get_io_ptr(png);
  if ((size_t)(r->end - r->at) < size) {
    r->why = "it ends too early";
    on_error(png, r->why);
  }
  memcpy(to, r->at, size);
  r->at += size;
}

// Rows of an interlaced image are read several times over.
static void read_rows(struct reader *r, uint32_t height, size_t row, int passes)
{
  unsigned char *pixels = r->out->pixels->data;
  if (passes > 1)
    memset(pixels, 0, height * row);
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < height; y++)
      lib.png_read_row(r->png, pixels + y * row, NULL);
  lib.png_read_end(r->png, NULL);
}

static void read_image(struct reader *r)
{
  lib.png_read_info(r->png, r->info);
  lib.png_set_expand(r->png);
  lib.png_set_scale_16(r->png);
  int passes = lib.png_set_interlace_handling(r->png);
  lib.png_read_update_info(r->png, r->info);
  uint32_t width = lib.png_get_image_width(r->png, r->info);
  uint32_t height = lib.png_get_image_height(r->png, r->info);
  size_t channels = lib.png_get_channels(r->png, r->info);
  size_t row = lib.png_get_rowbytes(r->png, r->info);
  if ((uint64_t)width * height > IMAGE_PIXELS) {
    r->why = "more than 41943040 pixels";
    return;
  }
  if (row != width * channels || lib.png_get_bit_depth(r->png, r->info) != 8) {
    r->why = "an unusual pixel format";
    return;
  }
  int64_t dims[] = {height, width, (int64_t)channels};
  r->out->pixels = tensor_make(r->out->arena, DTYPE_u8, 3, dims);
  if (r->out->pixels)
    read_rows(r, height, row, passes);
}

static void run(struct reader *r)
{
  if (setjmp(*lib.png_set_longjmp_fn(r->png, longjmp, sizeof(jmp_buf))))
    return;
  r->info = lib.png_create_info_struct(r->png);
  if (!r->info) {
    r->out->ours = true;
    r->why = no_memory;
    return;
  }
  lib.png_set_read_fn(r->png, r, on_read);
  lib.png_set_user_limits(r->png, 1 << 20, 1 << 20);
  lib.png_set_chunk_cache_max(r->png, 64);
  lib.png_set_chunk_malloc_max(r->png, 1 << 20);
  read_image(r);
}

const char *image_read_png(struct image *out, const void *data, size_t size)
{
  out->ours = !lib_ready();
  if (out->ours)
    return "libpng16.so.16 cannot be loaded here";
  struct reader r = {.out = out, .at = data};
  r.end = r.at + size;
  r.png = lib.png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error,
                                     on_warning);
  out->ours = !r.png;
  if (out->ours)
    return no_memory;
  run(&r);
  lib.png_destroy_read_struct(&r.png, &r.info, NULL);
  return r.why;
}
