// JPEG by libturbojpeg: grey as one channel, CMYK as four, all else as RGB.
#include "runtime/net/image.h"
#include "grammar/base/shared.h"

#include "runtime/codec/tensor.h"

#include <string.h>
#include <turbojpeg.h>

#define FUNCTIONS(X)                                                           \
  X(tjInitDecompress)                                                          \
  X(tjDecompressHeader3)                                                       \
  X(tjDecompress2)                                                             \
  X(tjDestroy)                                                                 \
  X(tjGetErrorCode)                                                            \
  X(tjGetErrorStr2)

SHARED_LIBRARY("libturbojpeg.so.0")

// What stopped it, as a text that outlives the handle.
static const char *trouble(struct image *out, tjhandle tj)
{
  const char *words = lib.tjGetErrorStr2(tj);
  out->ours = strstr(words, "emory");
  words = arena_copy(out->arena, words, strlen(words));
  return words ? words : "damaged";
}

// A warning leaves a whole image, unless it is that data are missing.
static bool is_tolerable(tjhandle tj)
{
  return lib.tjGetErrorCode(tj) == TJERR_WARNING &&
         !strstr(lib.tjGetErrorStr2(tj), "remature");
}

static const char *decompress(struct image *out, tjhandle tj,
                              const unsigned char *data, size_t size)
{
  int width = 0, height = 0, sampling = 0, space = -1;
  if (lib.tjDecompressHeader3(tj, data, size, &width, &height, &sampling,
                              &space) < 0)
    return trouble(out, tj);
  if (width <= 0 || height <= 0)
    return "it has no header"; // which the library does not mind
  if ((int64_t)width * height > IMAGE_PIXELS)
    return "more than 41943040 pixels";
  bool grey = space == TJCS_GRAY;
  bool cmyk = space == TJCS_CMYK || space == TJCS_YCCK;
  int format = grey ? TJPF_GRAY : cmyk ? TJPF_CMYK : TJPF_RGB;
  int64_t dims[] = {height, width, grey ? 1 : cmyk ? 4 : 3};
  struct tensor *t = tensor_make(out->arena, DTYPE_u8, 3, dims);
  if (!t)
    return NULL;
  const char *why = NULL;
  if (lib.tjDecompress2(tj, data, size, t->data, width, 0, height, format,
                        TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) < 0 &&
      !is_tolerable(tj))
    why = trouble(out, tj);
  out->pixels = why ? NULL : t;
  return why;
}

const char *image_read_jpeg(struct image *out, const void *data, size_t size)
{
  out->ours = !lib_ready();
  if (out->ours)
    return "libturbojpeg.so.0 cannot be loaded here";
  tjhandle tj = lib.tjInitDecompress();
  out->ours = !tj;
  if (out->ours)
    return "libturbojpeg has no memory";
  const char *why = decompress(out, tj, data, size);
  lib.tjDestroy(tj);
  return why;
}
