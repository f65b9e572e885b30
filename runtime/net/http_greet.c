// A new connection enters; one that is ready for HTTP leaves, or none. First a
// PROXY header, if the server wants one, then TLS's handshake: both have the
// time that a head has. Nothing of it concerns a connection without them.
//
// Of the socket it takes not a byte too many: what is behind a header belongs
// to TLS or HTTP.
#include "runtime/net/http_conn.h"
#include "runtime/net/http_peer.h"
#include "runtime/net/http_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct intro {
  size_t size;
  uint8_t data[PROXY_MOST];
};

static void on_greeting(uv_poll_t *poll, int status, int events);

static void wait_for(struct conn *c, int events)
{
  if (c->events == events)
    return;
  c->events = (uint8_t)events;
  uv_poll_start(&c->poll, events, on_greeting);
}

void greet_end(struct conn *c)
{
  free(c->intro);
  c->intro = NULL;
  tls_free(&c->tls);
}

static void turn_away(struct conn *c, const char *why)
{
  c->server->stats.refused++;
  server_log(c->server, "a client is turned away: %s", why);
  conn_close(c);
}

// ---- PROXY ----

static void take_header(struct conn *c, const struct proxy_header *h)
{
  const struct http_proxies *p = c->server->opts.proxies;
  free(c->intro);
  c->intro = NULL;
  if (!h->named)
    return;
  address_print(&h->source, c->client);
  c->port = h->port;
  c->trusted = p && peer_trusted(p, &h->source);
}

// True: the header is there.
static bool read_header(struct conn *c)
{
  struct intro *i = c->intro;
  struct proxy_header h;
  for (;;) {
    size_t wants = proxy_wants(i->data, i->size);
    ssize_t n = recv(c->fd, i->data + i->size, wants, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      wait_for(c, UV_READABLE);
      return false;
    }
    if (n <= 0) {
      conn_close(c);
      return false;
    }
    i->size += (size_t)n;
    int size = proxy_parse(i->data, i->size, &h);
    if (size < 0) {
      turn_away(c, "it does not begin with a PROXY header");
      return false;
    }
    if (size > 0) {
      take_header(c, &h);
      return true;
    }
  }
}

// ---- TLS ----

// Somebody who took the address for one of plain HTTP gets to know it.
static void answer_plain(struct conn *c)
{
  static const char text[] =
      "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
      "content-length: 57\r\nconnection: close\r\n\r\n"
      "{\"detail\":\"this address speaks TLS: use https, not http\"}";
  c->server->stats.refused++;
  send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL);
  c->events = 0; // the greeting's
  conn_linger(c);
}

// The first byte of a handshake is its type. False: not yet, or never.
static bool open_tls(struct conn *c)
{
  unsigned char first;
  ssize_t n = recv(c->fd, &first, 1, MSG_PEEK);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    wait_for(c, UV_READABLE);
  else if (n <= 0)
    conn_close(c);
  else if (first >= 'A' && first <= 'Z')
    answer_plain(c);
  else if (!(c->tls = tls_open(c->server->opts.tls, c->fd)))
    turn_away(c, "out of memory");
  return c->tls;
}

static bool shake_hands(struct conn *c)
{
  if (!c->tls && !open_tls(c))
    return false;
  switch (tls_handshake(c->tls)) {
  case TLS_READS:
    wait_for(c, UV_READABLE);
    return false;
  case TLS_WRITES:
    wait_for(c, UV_WRITABLE);
    return false;
  case TLS_READY:
    return true;
  case TLS_FAILED:
    break;
  }
  c->server->stats.refused++;
  conn_close(c);
  return false;
}

// ---- both ----

static void greet(struct conn *c)
{
  if (c->intro && !read_header(c))
    return;
  if (c->secure && !shake_hands(c))
    return;
  conn_greeted(c);
}

static void on_greeting(uv_poll_t *poll, int status, int events)
{
  struct conn *c = poll->data;
  if (status < 0)
    conn_close(c);
  else
    greet(c);
}

void greet_begin(struct conn *c)
{
  const struct http_options *o = &c->server->opts;
  c->state = CONN_GREETING;
  server_wait(c, WAIT_GREETING);
  if (o->proxy_protocol && o->proxies && !c->trusted)
    turn_away(c, "it is no trusted proxy");
  else if (o->proxy_protocol && !(c->intro = calloc(1, sizeof *c->intro)))
    turn_away(c, "out of memory");
  else
    greet(c);
}
