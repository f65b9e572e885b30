// Bytes of answers enter; the socket takes them at once if it can. Small
// pieces of one connection gather in the server's buffer, so that a head and
// its body, and the answers to pipelined requests, leave with one call. What
// the socket does not take is copied to the connection.
#include "runtime/net/http_conn.h"
#include "runtime/net/http_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static void lost(struct conn *c)
{
  c->dead = true;
  free(c->out);
  c->out = NULL;
  c->out_size = c->out_sent = c->out_room = 0;
}

// Behind what the connection already keeps.
static void keep(struct conn *c, const char *data, size_t size)
{
  if (size == 0 || c->dead)
    return;
  size_t need = c->out_size + size;
  if (need > c->out_room) {
    size_t room = c->out_room ? c->out_room : OUT_COPY;
    while (room < need)
      room *= 2;
    char *out = realloc(c->out, room);
    if (!out) {
      server_log(c->server, "out of memory: an answer is broken off");
      c->reset = true; // the answer has a hole now
      lost(c);
      return;
    }
    c->out = out;
    c->out_room = room;
  }
  memcpy(c->out + c->out_size, data, size);
  c->out_size = need;
}

// How many bytes of the parts the socket took.
static size_t send_parts(struct conn *c, struct iovec *parts, int n)
{
  ssize_t sent;
  do {
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = (size_t)n};
    if (c->tls)
      sent = tls_send(c->tls, parts, n);
    else
      sent = n == 1 ? send(c->fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
                    : sendmsg(c->fd, &m, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0)
    return (size_t)sent;
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
    lost(c);
  return 0;
}

// Sends what was gathered, and `data` behind it.
static void send_with(struct conn *c, const char *data, size_t size)
{
  struct http_server *s = c->server;
  size_t gathered = s->out_of == c ? s->out_size : 0;
  if (s->out_of == c)
    s->out_of = NULL;
  if (c->dead || gathered + size == 0)
    return;
  size_t sent = 0;
  if (c->out_size == 0) {
    struct iovec parts[2] = {{s->out, gathered}, {(char *)data, size}};
    sent = gathered == 0 ? send_parts(c, parts + 1, 1)
                         : send_parts(c, parts, size ? 2 : 1);
  }
  if (sent < gathered) {
    keep(c, s->out + sent, gathered - sent);
    keep(c, data, size);
  } else if (sent - gathered < size) {
    keep(c, data + (sent - gathered), size - (sent - gathered));
  }
}

void out_flush(struct conn *c)
{
  if (c->server->out_of == c)
    send_with(c, NULL, 0);
}

char *out_reserve(struct conn *c, size_t size)
{
  struct http_server *s = c->server;
  if (s->out_of && (s->out_of != c || OUT_ROOM - s->out_size < size))
    out_flush(s->out_of);
  if (!s->out_of) {
    s->out_of = c;
    s->out_size = 0;
  }
  return s->out + s->out_size;
}

void out_wrote(struct conn *c, size_t size)
{
  c->server->out_size += size;
}

void out_add(struct conn *c, const void *data, size_t size)
{
  if (size > OUT_COPY) {
    send_with(c, data, size);
    return;
  }
  if (size == 0)
    return;
  memcpy(out_reserve(c, size), data, size);
  out_wrote(c, size);
}

void out_write_more(struct conn *c)
{
  if (c->dead || out_left(c) == 0)
    return;
  struct iovec rest = {c->out + c->out_sent, out_left(c)};
  c->out_sent += send_parts(c, &rest, 1);
  if (c->dead || out_left(c) > 0)
    return;
  free(c->out);
  c->out = NULL;
  c->out_size = c->out_sent = c->out_room = 0;
}
