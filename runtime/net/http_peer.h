// Peers: who a client is when proxies stand in between.
//
// A proxy that is trusted may say whom it speaks for: in a PROXY header before
// anything else (http_proxy.c), or in header fields of each request. Nobody
// else is believed.
#ifndef SG_HTTP_PEER_H
#define SG_HTTP_PEER_H

#include "grammar/base/network.h"
#include "runtime/net/http.h"

struct http_proxies {
  bool local; // peers of a Unix socket are trusted
  unsigned n;
  struct network of[];
};

// Of an address, or of a peer that has none.
bool peer_trusted(const struct http_proxies *p, const struct address *a);
// The same of a text: "" for a peer without an address.
bool peer_text_trusted(const struct http_proxies *p, const char *client);

// What header fields say: `client`, `client_port` and `secure` of a request
// whose peer is trusted. Nothing is changed where they say nothing.
void peer_forwarded(const struct http_proxies *p, struct http_request *r);

// What a PROXY header says (version 1 or 2, of haproxy's proxy-protocol.txt).
struct proxy_header {
  bool named; // false: the peer speaks for itself
  struct address source;
  uint16_t port;
};
enum { PROXY_MOST = 4096 }; // bytes of a header; longer ones are refused

// The size of the header that the bytes begin with; 0: more are needed; -1: it
// is none.
int proxy_parse(const uint8_t *data, size_t size, struct proxy_header *out);
// How many bytes behind these surely belong to the header too; 0: none may be
// read before what is there has been parsed.
size_t proxy_wants(const uint8_t *data, size_t size);

#endif
