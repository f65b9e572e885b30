// Enters: a request for a WebSocket. Leaves: 101, or why not (RFC 6455 4.2).
#include "runtime/net/ws.h"
#include "grammar/base/shared.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>
#include <strings.h>

#define FUNCTIONS(X)                                                           \
  X(nettle_sha1_init)                                                          \
  X(nettle_sha1_update)                                                        \
  X(nettle_sha1_digest)                                                        \
  X(nettle_base64_encode_raw)
SHARED_LIBRARY("libnettle.so.8")

enum { KEY = 24, ACCEPT = BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) };

// Whether one header of that name lists the word.
static bool lists(const struct http_request *r, const char *name,
                  const char *want, const char **found)
{
  size_t size = strlen(want), n = strlen(name);
  for (size_t i = 0; i < r->n_headers; i++) {
    const struct http_header *h = &r->headers[i];
    if (h->name_size != n || memcmp(h->name, name, n))
      continue;
    for (const char *at = h->value; *at; at += *at == ',') {
      at += strspn(at, " \t");
      size_t word = strcspn(at, ", \t");
      *found = at;
      if (word == size && !strncasecmp(at, want, size))
        return true;
      at += strcspn(at, ",");
    }
  }
  return false;
}

bool ws_asked(const struct http_request *r)
{
  const char *at;
  return r->method == HTTP_M_GET && r->minor > 0 &&
         lists(r, "upgrade", "websocket", &at);
}

// The base64 of 16 bytes.
static bool is_key(const struct http_header *h)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  return h && h->value_size == KEY && strspn(h->value, digits) == KEY - 2 &&
         !strcmp(h->value + KEY - 2, "==");
}

int ws_check(const struct http_request *r, const char **why)
{
  const char *at;
  const struct http_header *version = http_find_only(r, "sec-websocket-version");
  *why = "the connection header does not say upgrade";
  if (!lists(r, "connection", "upgrade", &at))
    return 400;
  *why = "this server speaks version 13 of WebSocket";
  if (!version || strcmp(version->value, "13"))
    return 426;
  *why = "the sec-websocket-key is not 16 bytes in base64";
  if (!is_key(http_find_only(r, "sec-websocket-key")))
    return 400;
  *why = "a request for a WebSocket has no body";
  return r->body_size || http_find(r, "transfer-encoding") ? 400 : 0;
}

static void accept_key(const char *key, char *out)
{
  static const uint8_t guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  struct sha1_ctx state;
  uint8_t digest[SHA1_DIGEST_SIZE];
  lib.nettle_sha1_init(&state);
  lib.nettle_sha1_update(&state, KEY, (const uint8_t *)key);
  lib.nettle_sha1_update(&state, sizeof guid - 1, guid);
  lib.nettle_sha1_digest(&state, sizeof digest, digest);
  lib.nettle_base64_encode_raw(out, sizeof digest, digest);
}

// The offers may stand in several headers.
static size_t agree(const struct http_request *r, char *out, size_t room,
                    struct ws *w)
{
  static const char name[] = "sec-websocket-extensions";
  size_t size = 0;
  for (size_t i = 0; !size && i < r->n_headers; i++)
    if (r->headers[i].name_size == sizeof name - 1 &&
        !memcmp(r->headers[i].name, name, sizeof name - 1))
      size = ws_extension(r->headers[i].value, out, room, &w->window_bits);
  return size;
}

bool ws_accept(struct http_request *r, const char *subprotocol,
               struct ws_pool *pool, struct ws *w)
{
  char key[ACCEPT], extension[160];
  struct http_header h[3] = {{"sec-websocket-accept", key, 20, ACCEPT}};
  size_t n = 1;
  const char *at;
  if (!lib_ready())
    return false;
  accept_key(http_find(r, "sec-websocket-key")->value, key);
  size_t size = pool ? agree(r, extension, sizeof extension, w) : 0;
  w->pool = size ? pool : NULL;
  if (size)
    h[n++] = (struct http_header){"sec-websocket-extensions", extension, 24,
                                  (uint32_t)size};
  if (subprotocol && *subprotocol &&
      lists(r, "sec-websocket-protocol", subprotocol, &at) &&
      !strncmp(at, subprotocol, strlen(subprotocol)))
    h[n++] = (struct http_header){"sec-websocket-protocol", subprotocol, 22, 0};
  return http_respond_upgrade(r, "websocket", h, n);
}
