// Header fields that trusted proxies write enter: X-Forwarded-For and -Proto,
// and Forwarded (RFC 7239). The client leaves.
//
// Each proxy adds who spoke to it at the right, so the rightmost address that
// is not a trusted proxy is the client; what stands left of it anybody may have
// written. Where both kinds are there and do not agree, one of them was written
// by the client and let through: then neither is believed.
#include "runtime/net/http_peer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Whom the fields name.
struct hop {
  bool there; // anybody at all
  struct address address;
  unsigned port;
  int secure; // -1: not said
};

struct piece {
  const char *at;
  size_t size;
};

int http_proxies_new(struct http_proxies **out, const char *const *texts,
                     unsigned n)
{
  struct http_proxies *p =
      calloc(1, sizeof *p + (size_t)n * sizeof(struct network));
  if (!p)
    return -1;
  for (unsigned i = 0; i < n; i++) {
    if (!strcmp(texts[i], "unix")) {
      p->local = true;
    } else if (network_read(texts[i], strlen(texts[i]), &p->of[p->n])) {
      p->n++;
    } else {
      free(p);
      return (int)i + 1;
    }
  }
  *out = p;
  return 0;
}

void http_proxies_free(struct http_proxies **at)
{
  free(*at);
  *at = NULL;
}

bool peer_trusted(const struct http_proxies *p, const struct address *a)
{
  for (unsigned i = 0; i < p->n; i++)
    if (network_has(&p->of[i], a))
      return true;
  return false;
}

bool peer_text_trusted(const struct http_proxies *p, const char *client)
{
  struct address a;
  if (!*client)
    return p->local;
  return address_read(client, strlen(client), &a) && peer_trusted(p, &a);
}

// ---- texts ----

static struct piece trimmed(struct piece p)
{
  while (p.size && (*p.at == ' ' || *p.at == '\t'))
    p.at++, p.size--;
  while (p.size && (p.at[p.size - 1] == ' ' || p.at[p.size - 1] == '\t'))
    p.size--;
  return p;
}

// The last piece behind `mark`, which it is taken off of.
static struct piece take_last(struct piece *rest, char mark)
{
  const char *found = memrchr(rest->at, mark, rest->size);
  struct piece last = *rest;
  if (found) {
    last.at = found + 1;
    last.size = rest->size - (size_t)(last.at - rest->at);
    rest->size = (size_t)(found - rest->at);
  } else {
    rest->size = 0;
    rest->at = NULL;
  }
  return trimmed(last);
}

static bool read_port(struct piece p, unsigned *port)
{
  unsigned n = 0;
  if (!p.size || p.size > 5)
    return false;
  for (size_t i = 0; i < p.size; i++) {
    if (p.at[i] < '0' || p.at[i] > '9')
      return false;
    n = n * 10 + (unsigned)(p.at[i] - '0');
  }
  *port = n;
  return n <= 65535;
}

// ADDRESS, IPV4:PORT, [IPV6] or [IPV6]:PORT.
static bool read_node(struct piece p, struct hop *out)
{
  const char *end = p.at + p.size, *stop = NULL;
  out->port = 0;
  if (p.size && *p.at == '[') {
    stop = memchr(p.at, ']', p.size);
    if (!stop || !memchr(p.at, ':', p.size) ||
        !address_read(p.at + 1, (size_t)(stop - p.at - 1), &out->address))
      return false;
    stop++;
  } else {
    const char *colon = memchr(p.at, ':', p.size);
    bool several = colon && memchr(colon + 1, ':', (size_t)(end - colon - 1));
    stop = colon && !several ? colon : end;
    if (!address_read(p.at, (size_t)(stop - p.at), &out->address))
      return false;
  }
  return stop == end ||
         (*stop == ':' &&
          read_port((struct piece){stop + 1, (size_t)(end - stop - 1)},
                    &out->port));
}

static bool is(struct piece p, const char *word)
{
  return p.size == strlen(word) && !strncasecmp(p.at, word, p.size);
}

// ---- the two kinds ----

static bool read_plain(struct piece element, struct hop *out)
{
  out->secure = -1;
  return read_node(element, out);
}

// for="[2001:db8::1]:4711";proto=https
static bool read_pairs(struct piece element, struct hop *out)
{
  bool named = false;
  out->secure = -1;
  while (element.at) {
    struct piece pair = take_last(&element, ';');
    const char *equals = memchr(pair.at, '=', pair.size);
    if (!equals)
      continue;
    struct piece name = {pair.at, (size_t)(equals - pair.at)};
    struct piece value = {equals + 1, pair.size - name.size - 1};
    if (value.size > 1 && *value.at == '"' && value.at[value.size - 1] == '"')
      value = (struct piece){value.at + 1, value.size - 2};
    if (is(name, "proto"))
      out->secure = is(value, "https");
    else if (is(name, "for") && !(named = read_node(value, out)))
      return false;
  }
  return named;
}

// From the right, over all header fields of that name.
static struct hop walk(const struct http_proxies *p,
                       const struct http_request *r, const char *name,
                       bool read(struct piece, struct hop *))
{
  struct hop found = {.secure = -1}, next;
  size_t size = strlen(name);
  for (size_t i = r->n_headers; i-- > 0;) {
    const struct http_header *h = &r->headers[i];
    if (h->name_size != size || memcmp(h->name, name, size))
      continue;
    struct piece rest = {h->value, h->value_size};
    while (rest.at) {
      if (!read(take_last(&rest, ','), &next))
        return found;
      found = next;
      found.there = true;
      if (!peer_trusted(p, &found.address))
        return found;
    }
  }
  return found;
}

static int proto_of(const struct http_request *r)
{
  struct piece last = {0};
  for (size_t i = 0; i < r->n_headers; i++) {
    const struct http_header *h = &r->headers[i];
    if (h->name_size == 17 && !memcmp(h->name, "x-forwarded-proto", 17))
      last = (struct piece){h->value, h->value_size};
  }
  return last.at ? is(take_last(&last, ','), "https") : -1;
}

void peer_forwarded(const struct http_proxies *p, struct http_request *r)
{
  struct hop x = walk(p, r, "x-forwarded-for", read_plain);
  struct hop f = walk(p, r, "forwarded", read_pairs);
  x.secure = proto_of(r);
  if (x.there && f.there &&
      memcmp(&x.address, &f.address, sizeof x.address) != 0)
    return;
  int secure = x.secure >= 0 ? x.secure : f.secure;
  if (secure >= 0)
    r->secure = secure;
  const struct hop *hop = x.there ? &x : &f;
  char *text = hop->there ? arena_alloc(&r->arena, ADDRESS_TEXT) : NULL;
  if (!text)
    return;
  address_print(&hop->address, text);
  r->client = text;
  r->client_port = hop->port;
}
