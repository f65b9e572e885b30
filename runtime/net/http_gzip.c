// Bytes enter, fewer leave.
#include "runtime/net/http_gzip.h"
#include "grammar/base/shared.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define FUNCTIONS(X)                                                           \
  X(deflateInit2_)                                                             \
  X(deflateReset)                                                              \
  X(deflateBound)                                                              \
  X(deflate)                                                                   \
  X(deflateEnd)

SHARED_LIBRARY("libz.so.1")

enum {
  LEVEL = 4,        // a third of level 6's time for nearly all of its gain
  WINDOW = 15 + 16, // and gzip's frame
  MEMORY = 8,
  PIECES_WINDOW = 12 + 16,
  PIECES_MEMORY = 5,
  ROOM = 16384, // of output, at least
  KEPT = 1 << 20,
};

struct gzip {
  z_stream z;
  unsigned char *out;
  size_t room;
};

// ---- what clients and types say ----
bool gzip_suits(const char *type)
{
  static const char *const whole[] = {
      "application/json",       "application/x-ndjson", "application/xml",
      "application/javascript", "application/yaml",     "image/svg+xml"};
  size_t size = type ? strcspn(type, "; \t") : 0;
  if (size > 5 && !strncasecmp(type, "text/", 5))
    return true;
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
    if (strlen(whole[i]) == size && !strncasecmp(type, whole[i], size))
      return true;
  return size > 17 && (!strncasecmp(type + size - 5, "+json", 5) ||
                       !strncasecmp(type + size - 4, "+xml", 4));
}

// Whether a weight is above zero: q=0, q=0.0 and the like mean never.
static bool wanted(const char *at, const char *end)
{
  const char *q = memchr(at, ';', (size_t)(end - at));
  while (q && q < end && (*q == ';' || *q == ' ' || *q == '\t'))
    q++;
  if (!q || end - q < 2 || (*q | 0x20) != 'q' || q[1] != '=')
    return true;
  for (q += 2; q < end; q++)
    if (*q >= '1' && *q <= '9')
      return true;
  return false;
}

// RFC 9110 12.5.3: a coding by its name counts before `*`.
bool gzip_accepted(const char *field)
{
  bool any = false;
  while (field && *field) {
    const char *at = field + strspn(field, " \t,");
    const char *end = at + strcspn(at, ",");
    size_t size = strcspn(at, ";, \t");
    if ((size == 4 && !strncasecmp(at, "gzip", 4)) ||
        (size == 6 && !strncasecmp(at, "x-gzip", 6)))
      return wanted(at, end);
    if (size == 1 && *at == '*')
      any = wanted(at, end);
    field = end;
  }
  return any;
}

// ---- packing ----
struct gzip *gzip_new(bool pieces)
{
  struct gzip *g = lib_ready() ? calloc(1, sizeof *g) : NULL;
  int window = pieces ? PIECES_WINDOW : WINDOW;
  int memory = pieces ? PIECES_MEMORY : MEMORY;
  if (g &&
      lib.deflateInit2_(&g->z, LEVEL, Z_DEFLATED, window, memory,
                        Z_DEFAULT_STRATEGY, ZLIB_VERSION, sizeof g->z) == Z_OK)
    return g;
  free(g);
  return NULL;
}

void gzip_free(struct gzip **at)
{
  struct gzip *g = *at;
  *at = NULL;
  if (!g)
    return;
  lib.deflateEnd(&g->z);
  free(g->out);
  free(g);
}

static bool reserve(struct gzip *g, size_t room)
{
  if (room <= g->room)
    return true;
  unsigned char *out = realloc(g->out, room);
  if (!out)
    return false;
  g->out = out;
  g->room = room;
  return true;
}

static void give_back(struct gzip *g)
{
  if (g->room <= KEPT)
    return;
  free(g->out);
  g->out = NULL;
  g->room = 0;
}

const void *gzip_whole(struct gzip *g, const void *data, size_t size,
                       size_t *out_size)
{
  give_back(g);
  if (size > UINT32_MAX / 2 || lib.deflateReset(&g->z) != Z_OK ||
      !reserve(g, lib.deflateBound(&g->z, size)))
    return NULL;
  g->z.next_in = (unsigned char *)data;
  g->z.avail_in = (unsigned)size;
  g->z.next_out = g->out;
  g->z.avail_out = (unsigned)g->room;
  if (lib.deflate(&g->z, Z_FINISH) != Z_STREAM_END)
    return NULL;
  *out_size = g->room - g->z.avail_out;
  return *out_size < size ? g->out : NULL;
}

const void *gzip_piece(struct gzip *g, const void *data, size_t size, bool last,
                       size_t *out_size)
{
  int how = last ? Z_FINISH : Z_SYNC_FLUSH;
  *out_size = 0;
  g->z.next_in = (unsigned char *)data;
  g->z.avail_in = (unsigned)size;
  give_back(g);
  do {
    if (!reserve(g,
                 g->room - *out_size < ROOM / 2 ? g->room * 2 + ROOM : g->room))
      return NULL;
    g->z.next_out = g->out + *out_size;
    g->z.avail_out = (unsigned)(g->room - *out_size);
    lib.deflate(&g->z, how);
    *out_size = g->room - g->z.avail_out;
  } while (g->z.avail_out == 0);
  return g->out;
}
