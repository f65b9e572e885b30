// Pixels to PNG by libpng, whose errors leave by longjmp: what outlives one
// lies in the struct that the caller owns.
#include "runtime/net/image.h"
#include "grammar/base/shared.h"

#include "grammar/base/buf.h"

#include <png.h>
#include <setjmp.h>

#define FUNCTIONS(X)                                                           \
  X(png_create_write_struct)                                                   \
  X(png_create_info_struct)                                                    \
  X(png_destroy_write_struct)                                                  \
  X(png_get_io_ptr)                                                            \
  X(png_set_longjmp_fn)                                                        \
  X(png_set_write_fn)                                                          \
  X(png_set_IHDR)                                                              \
  X(png_write_info)                                                            \
  X(png_write_row)                                                             \
  X(png_write_end)

SHARED_LIBRARY("libpng16.so.16")

struct writer {
  const struct tensor *pixels;
  struct buf *out;
  bool failed;
  png_structp png;
  png_infop info;
};

static void on_error(png_structp png, png_const_charp message)
{
  longjmp(*lib.png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)), 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
}

static void on_write(png_structp png, png_bytep data, size_t size)
{
  struct writer *w = lib.png_get_io_ptr(png);
  buf_add(w->out, data, size);
}

static void on_flush(png_structp png)
{
}

// A row without its strides.
static void pack_row(const struct tensor *t, int64_t y, unsigned char *row)
{
  const unsigned char *from =
      (const unsigned char *)t->data + y * t->strides[0];
  int64_t channels = t->rank == 3 ? t->dims[2] : 1;
  int64_t step = t->rank == 3 ? t->strides[2] : 0;
  for (int64_t x = 0; x < t->dims[1]; x++)
    for (int64_t c = 0; c < channels; c++)
      *row++ = from[x * t->strides[1] + c * step];
}

static void write_image(struct writer *w, unsigned char *row)
{
  static const int colours[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  const struct tensor *t = w->pixels;
  w->failed = true;
  if (setjmp(*lib.png_set_longjmp_fn(w->png, longjmp, sizeof(jmp_buf))))
    return;
  w->info = lib.png_create_info_struct(w->png);
  if (!w->info)
    return;
  lib.png_set_write_fn(w->png, w, on_write, on_flush);
  lib.png_set_IHDR(w->png, w->info, (uint32_t)t->dims[1], (uint32_t)t->dims[0],
                   8, colours[t->rank == 3 ? t->dims[2] - 1 : 0],
                   PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                   PNG_FILTER_TYPE_DEFAULT);
  lib.png_write_info(w->png, w->info);
  for (int64_t y = 0; y < t->dims[0]; y++) {
    pack_row(t, y, row);
    lib.png_write_row(w->png, row);
  }
  lib.png_write_end(w->png, w->info);
  w->failed = w->out->failed;
}

static bool drawable(const struct tensor *t)
{
  if (t->dtype != DTYPE_u8 || (t->rank != 2 && t->rank != 3) ||
      t->dims[0] < 1 || t->dims[1] < 1)
    return false;
  return (t->rank == 2 || (t->dims[2] >= 1 && t->dims[2] <= 4)) &&
         t->dims[0] <= IMAGE_PIXELS / t->dims[1];
}

const char *image_write_png(const struct tensor *pixels, struct buf *out)
{
  if (!lib_ready())
    return "libpng16.so.16 cannot be loaded here";
  if (!drawable(pixels))
    return "the result is no image: png takes u8[H, W] or u8[H, W, C] with "
           "one to four channels and at most 41943040 pixels";
  struct buf row = {.arena = out->arena};
  struct writer w = {.pixels = pixels, .out = out};
  w.png = lib.png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, on_error,
                                      on_warning);
  if (w.png && buf_reserve(&row, (size_t)pixels->dims[1] * 4))
    write_image(&w, (unsigned char *)row.data);
  else
    w.failed = true;
  if (w.png)
    lib.png_destroy_write_struct(&w.png, &w.info);
  buf_free(&row);
  return w.failed ? "there is no memory for the image" : NULL;
}
