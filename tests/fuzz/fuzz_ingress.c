// What proxies say: PROXY headers, read as a connection reads them and all at
// once; and the fields X-Forwarded-For, X-Forwarded-Proto, Forwarded and
// Accept-Encoding. Byte 0 of the input chooses; fields are lines whose first
// byte says which.
#include "runtime/net/http_gzip.h"
#include "runtime/net/http_peer.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 16 };

// Never a byte too many is asked for, and pieces come to what the whole does.
static void read_proxy(const uint8_t *data, size_t size)
{
  struct proxy_header whole = {0}, pieces = {0};
  int all = proxy_parse(data, size, &whole), now = 0;
  size_t had = 0;
  while (now == 0 && had < size) {
    size_t wants = proxy_wants(data, had);
    MUST(wants > 0 && had + wants <= PROXY_MOST);
    had = had + wants < size ? had + wants : size;
    uint8_t *copy = malloc(had); // so that reading beyond is seen
    MUST(copy);
    memcpy(copy, data, had);
    now = proxy_parse(copy, had, &pieces);
    free(copy);
    MUST(now <= 0 || (size_t)now == had);
  }
  MUST(all == now);
  MUST(all <= 0 || (whole.named == pieces.named &&
                    !memcmp(&whole.source, &pieces.source, 16) &&
                    whole.port == pieces.port));
}

static void take_field(struct http_header *h, char *line, size_t size)
{
  static const char *const names[] = {"x-forwarded-for", "x-forwarded-proto",
                                      "forwarded", "accept-encoding"};
  h->name = names[(unsigned char)line[0] % 4];
  h->name_size = (uint32_t)strlen(h->name);
  h->value = line + 1;
  h->value_size = (uint32_t)(size - 1);
  gzip_accepted(h->value);
}

static void read_fields(const uint8_t *data, size_t size)
{
  static const char *const trusted[] = {"127.0.0.0/8", "10.0.0.0/9", "::1",
                                        "2001:db8::/33", "unix"};
  struct http_proxies *p = NULL;
  struct http_header headers[FIELDS];
  struct http_request r = {.headers = headers, .client = "127.0.0.1"};
  struct address a;
  char *text = malloc(size + 1), *save = NULL;
  MUST(text && !http_proxies_new(&p, trusted, 5));
  memcpy(text, data, size);
  text[size] = 0;
  for (char *line = strtok_r(text, "\n", &save); line && r.n_headers < FIELDS;
       line = strtok_r(NULL, "\n", &save))
    take_field(&headers[r.n_headers++], line, strlen(line));
  peer_forwarded(p, &r);
  MUST(address_read(r.client, strlen(r.client), &a));
  MUST(r.client_port <= 65535);
  arena_free(&r.arena);
  http_proxies_free(&p);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size && data[0] % 2)
    read_proxy(data + 1, size - 1);
  else if (size)
    read_fields(data + 1, size - 1);
  return 0;
}
