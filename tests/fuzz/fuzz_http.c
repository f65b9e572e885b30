// The HTTP input path without sockets: the same bytes once whole and once in
// pieces must give the same requests, and every request must keep what
// http.h promises. Byte 0 of the input chooses the pieces.
#include "runtime/net/http_exchange.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { HEAD_LIMIT = 600, BODY_LIMIT = 40000 };

// What came out, as a running hash (FNV-1a) and counts.
struct outcome {
  uint64_t hash;
  unsigned requests;
  bool bad;
};

static void mix(struct outcome *o, const void *data, size_t size)
{
  const uint8_t *at = data;
  for (size_t i = 0; i < size; i++)
    o->hash = (o->hash ^ at[i]) * 0x100000001b3;
  o->hash = (o->hash ^ size) * 0x100000001b3;
}

static void text_keeps(struct outcome *o, const char *text, size_t size)
{
  MUST(strlen(text) == size);
  mix(o, text, size);
}

static void header_keeps(struct outcome *o, const struct http_header *h)
{
  MUST(h->name_size > 0);
  text_keeps(o, h->name, h->name_size);
  text_keeps(o, h->value, h->value_size);
  for (const char *p = h->name; *p; p++)
    MUST(*p > ' ' && *p < 127 && *p != ':' && !(*p >= 'A' && *p <= 'Z'));
  for (const char *p = h->value; *p; p++)
    MUST((unsigned char)*p >= ' ' || *p == '\t');
  MUST(!strchr(" \t", h->value[0]) || !h->value[0]);
}

static void request_keeps(struct outcome *o, const struct http_request *r)
{
  unsigned hosts = 0;
  text_keeps(o, r->method_text, strlen(r->method_text));
  text_keeps(o, r->target, r->target_size);
  text_keeps(o, r->path, r->path_size);
  text_keeps(o, r->query, r->query_size);
  mix(o, r->raw_path, r->raw_path_size);
  mix(o, &r->minor, 1);
  mix(o, &r->keep_alive, 1);
  MUST(r->minor <= 1 && r->path[0] && (*r->path == '/' || *r->path == '*'));
  MUST(!strchr(r->target, '#') && r->raw_path_size <= r->target_size + 1);
  utf8proc_int32_t point;
  for (size_t i = 0; i < r->path_size;) {
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)r->path + i,
                         (utf8proc_ssize_t)(r->path_size - i), &point);
    MUST(n > 0);
    i += (size_t)n;
  }
  for (size_t i = 0; i < r->n_headers; i++) {
    header_keeps(o, &r->headers[i]);
    hosts += !strcmp(r->headers[i].name, "host");
  }
  MUST(hosts == 1 || (hosts == 0 && r->minor == 0));
  mix(o, r->id, r->id_size);
}

// As a connection does it. False: nothing more will come out.
static bool take(struct exchange *x, struct outcome *o)
{
  for (;;) {
    switch (exchange_parse(x)) {
    case PARSE_MORE:
      return true;
    case PARSE_BAD:
      MUST(x->bad >= 400 && x->bad <= 599);
      o->bad = true;
      return false;
    case PARSE_HEAD:
      request_keeps(o, &x->req);
      x->req.body_limit = BODY_LIMIT;
      if (!exchange_open_body(x)) {
        o->bad = true;
        return false;
      }
      break;
    case PARSE_DONE:
      MUST(x->req.body_size <= BODY_LIMIT);
      mix(o, x->req.body, x->req.body_size);
      o->requests++;
      exchange_next(x);
      break;
    }
  }
}

// Pieces of pseudo-random sizes from 1 to `most`.
static struct outcome drive(const uint8_t *data, size_t size, size_t most,
                            uint32_t seed)
{
  struct outcome o = {.hash = 0xcbf29ce484222325};
  struct exchange *x = exchange_new(HEAD_LIMIT);
  MUST(x);
  for (size_t at = 0; at < size;) {
    char *to;
    size_t room = exchange_space(x, &to);
    MUST(room > 0);
    seed = seed * 1103515245 + 12345;
    size_t n = 1 + (seed >> 8) % most;
    if (n > room)
      n = room;
    if (n > size - at)
      n = size - at;
    memcpy(to, data + at, n);
    exchange_took(x, n);
    at += n;
    if (!take(x, &o))
      break;
  }
  exchange_free(&x);
  return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 1)
    return 0;
  uint8_t how = data[0];
  struct outcome whole = drive(data + 1, size - 1, SIZE_MAX / 2, 1);
  struct outcome split = drive(data + 1, size - 1, how ? how : 1, how);
  MUST(whole.requests == split.requests && whole.bad == split.bad);
  MUST(whole.hash == split.hash);
  return 0;
}
