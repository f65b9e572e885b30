// permessage-deflate: what a client may offer and we agree to, and zlib, which
// is loaded for the first connection that compresses.
//
// Without context takeover, in both directions: a server may ask for that
// whatever was offered (RFC 7692 7.1.1), and every client has to follow.
#include "runtime/net/ws.h"
#include "grammar/base/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define FUNCTIONS(X)                                                           \
  X(deflateInit2_)                                                             \
  X(deflateBound)                                                              \
  X(deflateReset)                                                              \
  X(deflate)                                                                   \
  X(deflateEnd)                                                                \
  X(inflateInit2_)                                                             \
  X(inflateReset)                                                              \
  X(inflate)                                                                   \
  X(inflateEnd)
SHARED_LIBRARY("libz.so.1")

enum {
  MOST_BITS = 15, // of a window; the least that zlib can write is 9
  LEAST_BITS = 9,
  KEPT = 8,        // inflaters for later
  SMALL = 128,     // messages that are not worth it
  LARGE = 1 << 20, // and those that would hold the loop up
  LEVEL = 1,
  AT_BLOCK = 128, // in data_type: zlib is between two blocks
};

// Behind a message, and left out of it (RFC 7692 7.2.1).
static const char tail[4] = {0, 0, (char)0xff, (char)0xff};

struct ws_inflater {
  z_stream z;
  struct ws_inflater *next;
  size_t tail_at;
};

struct ws_pool {
  struct ws_inflater *inflaters;
  unsigned n_inflaters;
  bool writes; // `out` is there
  unsigned bits;
  z_stream out;
};

struct ws_pool *ws_pool_new(void)
{
  return lib_ready() ? calloc(1, sizeof(struct ws_pool)) : NULL;
}

void ws_pool_free(struct ws_pool **at)
{
  struct ws_pool *p = *at;
  *at = NULL;
  if (!p)
    return;
  for (struct ws_inflater *i = p->inflaters, *next; i; i = next) {
    next = i->next;
    lib.inflateEnd(&i->z);
    free(i);
  }
  if (p->writes)
    lib.deflateEnd(&p->out);
  free(p);
}

// ---- writing ----

static bool open_writer(struct ws_pool *p, unsigned bits)
{
  if (p->writes && p->bits == bits)
    return lib.deflateReset(&p->out) == Z_OK;
  if (p->writes)
    lib.deflateEnd(&p->out);
  p->out = (z_stream){0};
  p->bits = bits;
  p->writes = lib.deflateInit2_(&p->out, LEVEL, Z_DEFLATED, -(int)bits, 8,
                                Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                                sizeof(z_stream)) == Z_OK;
  return p->writes;
}

bool ws_deflate(struct ws_pool *p, unsigned bits, const char *data, size_t size,
                struct buf *out)
{
  if (!p || size < SMALL || size > LARGE || !open_writer(p, bits))
    return false;
  size_t room = lib.deflateBound(&p->out, size) + 16, before = out->size;
  if (!buf_reserve(out, room))
    return false;
  p->out.next_in = (Bytef *)data;
  p->out.avail_in = (uInt)size;
  p->out.next_out = (Bytef *)out->data + before;
  p->out.avail_out = (uInt)room;
  int e = lib.deflate(&p->out, Z_SYNC_FLUSH);
  size_t made = room - p->out.avail_out;
  if (e != Z_OK || p->out.avail_in || made < sizeof tail ||
      made - sizeof tail >= size)
    return false;
  out->size = before + made - sizeof tail;
  return true;
}

// ---- reading ----

struct ws_inflater *ws_inflater_lend(struct ws_pool *p)
{
  struct ws_inflater *i = p->inflaters;
  if (i) {
    p->inflaters = i->next;
    p->n_inflaters--;
    i->tail_at = 0;
    return i;
  }
  i = calloc(1, sizeof *i);
  if (i && lib.inflateInit2_(&i->z, -MOST_BITS, ZLIB_VERSION,
                             sizeof(z_stream)) != Z_OK) {
    free(i);
    return NULL;
  }
  return i;
}

void ws_inflater_back(struct ws_pool *p, struct ws_inflater *i)
{
  if (p->n_inflaters == KEPT || lib.inflateReset(&i->z) != Z_OK) {
    lib.inflateEnd(&i->z);
    free(i);
    return;
  }
  i->next = p->inflaters;
  p->inflaters = i;
  p->n_inflaters++;
}

enum ws_inflated ws_inflate(struct ws_inflater *i, const char **data,
                            size_t *size, char *out, size_t *room)
{
  z_stream *z = &i->z;
  z->next_in = (Bytef *)*data;
  z->avail_in = (uInt)*size;
  z->next_out = (Bytef *)out;
  z->avail_out = (uInt)*room;
  int e;
  do { // once without input too: there may be bytes that had no room
    e = lib.inflate(z, Z_SYNC_FLUSH);
    if (e == Z_STREAM_END) { // the block said that it is the last one
      e = lib.inflateReset(z);
      z->data_type = AT_BLOCK;
    }
  } while (e == Z_OK && z->avail_out && z->avail_in);
  *data += *size - z->avail_in;
  *size = z->avail_in;
  *room -= z->avail_out;
  if (e != Z_OK && e != Z_BUF_ERROR)
    return INFLATED_BAD;
  // With no room left zlib may hold back bytes that it has.
  return z->avail_in || !z->avail_out ? INFLATED_ROOM : INFLATED_ALL;
}

enum ws_inflated ws_inflate_end(struct ws_inflater *i, char *out, size_t *room)
{
  const char *at = tail + i->tail_at;
  size_t size = sizeof tail - i->tail_at;
  enum ws_inflated how = ws_inflate(i, &at, &size, out, room);
  i->tail_at = sizeof tail - size;
  bool cut = how == INFLATED_ALL && !(i->z.data_type & AT_BLOCK);
  return cut ? INFLATED_BAD : how;
}

// ---- what is agreed on ----

struct offer {
  const char *at, *end; // of what is left
  bool good;
  unsigned server_bits; // 0: not said
};

static void skip_blanks(struct offer *o)
{
  while (o->at < o->end && (*o->at == ' ' || *o->at == '\t'))
    o->at++;
}

// A word, which may stand in quotes; its size.
static size_t word(struct offer *o, const char **out)
{
  skip_blanks(o);
  bool quoted = o->at < o->end && *o->at == '"';
  const char *stops = quoted ? "\"" : ";,= \t\"";
  o->at += quoted;
  *out = o->at;
  while (o->at < o->end && !strchr(stops, *o->at))
    o->at++;
  size_t size = (size_t)(o->at - *out);
  o->at += quoted && o->at < o->end;
  skip_blanks(o);
  return size;
}

static bool is(const char *text, size_t size, const char *name)
{
  return size == strlen(name) && !strncasecmp(text, name, size);
}

// 8 to 15; 0: it is no such number.
static unsigned read_bits(const char *text, size_t size)
{
  unsigned n = size == 1 ? (unsigned)text[0] - '0'
               : size == 2
                   ? ((unsigned)text[0] - '0') * 10 + ((unsigned)text[1] - '0')
                   : 0;
  return n >= 8 && n <= MOST_BITS && text[0] != '0' ? n : 0;
}

enum {
  SEEN_server = 1,
  SEEN_client = 2,
  SEEN_server_bits = 4,
  SEEN_client_bits = 8
};

static unsigned parameter(struct offer *o, const char *name, size_t size,
                          const char *text, size_t text_size, bool valued)
{
  if (is(name, size, "server_no_context_takeover"))
    return valued ? 0 : SEEN_server;
  if (is(name, size, "client_no_context_takeover"))
    return valued ? 0 : SEEN_client;
  if (is(name, size, "client_max_window_bits"))
    return !valued || read_bits(text, text_size) ? SEEN_client_bits : 0;
  if (!is(name, size, "server_max_window_bits") || !valued)
    return 0;
  o->server_bits = read_bits(text, text_size);
  return o->server_bits >= LEAST_BITS ? SEEN_server_bits : 0;
}

// One offer of the list, up to its comma. What is unknown, twice, or more than
// we can, declines it.
static void read_offer(struct offer *o)
{
  const char *name, *text = NULL;
  size_t size = word(o, &name), text_size = 0;
  unsigned seen = 0;
  o->good = is(name, size, "permessage-deflate");
  o->server_bits = 0;
  while (o->at < o->end && *o->at == ';') {
    o->at++;
    size = word(o, &name);
    bool valued = o->at < o->end && *o->at == '=';
    o->at += valued;
    if (valued)
      text_size = word(o, &text);
    unsigned bit = parameter(o, name, size, text, text_size, valued);
    o->good = o->good && bit && !(seen & bit);
    seen |= bit;
  }
  if (o->at < o->end && *o->at != ',')
    o->good = false;
  while (o->at < o->end && *o->at++ != ',')
    ;
}

size_t ws_extension(const char *offers, char *out, size_t room,
                    uint8_t *window_bits)
{
  struct offer o = {.at = offers, .end = offers + strlen(offers)};
  while (!o.good && o.at < o.end)
    read_offer(&o);
  if (!o.good)
    return 0;
  *window_bits = (uint8_t)(o.server_bits ? o.server_bits : MOST_BITS);
  int n = snprintf(out, room,
                   "permessage-deflate; server_no_context_takeover; "
                   "client_no_context_takeover");
  if (o.server_bits)
    n += snprintf(out + n, room - (size_t)n, "; server_max_window_bits=%u",
                  o.server_bits);
  return (size_t)n;
}
