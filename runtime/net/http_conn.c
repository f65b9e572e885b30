// A connection's life: bytes come, requests go to the handler, answers leave,
// one after the other. Every event ends in conn_settle, which decides what the
// connection waits for next; the answer to a handler's question "who frees
// this?" is there too.
#include "runtime/net/http_conn.h"
#include "runtime/net/http_peer.h"
#include "runtime/net/http_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READS_A_TURN = 4 };

static void on_poll(uv_poll_t *poll, int status, int events);
static void on_tls_poll(uv_poll_t *poll, int status, int events);

static void on_closed(uv_handle_t *handle)
{
  server_forget(handle->data);
}

// Bytes are behind it that the client has not got; or it is gone.
static bool ends_well(const struct conn *c)
{
  return !c->dead && !c->reset && c->state != CONN_GREETING;
}

void conn_close(struct conn *c)
{
  struct http_server *s = c->server;
  if (c->state == CONN_CLOSED)
    return;
  if (s->out_of == c)
    s->out_of = NULL;
  if (c->state == CONN_WORKING)
    s->stats.working--;
  if (c->tls && ends_well(c))
    tls_farewell(c->tls);
  c->state = CONN_CLOSED;
  server_take_back(s, c->x);
  c->x = NULL;
  free(c->out);
  c->out = NULL;
  c->out_size = c->out_sent = c->out_room = 0;
  server_unlist(c);
  if (c->reset)
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
               sizeof(struct linger));
  greet_end(c);
  uv_close((uv_handle_t *)&c->poll, on_closed);
  close(c->fd);
}

// An IPv4 client of an IPv6 socket is known by its own address.
static const void *mapped_v4(const struct in6_addr *a)
{
  return IN6_IS_ADDR_V4MAPPED(a) ? a->s6_addr + 12 : NULL;
}

static void peer_take(struct conn *c, const struct sockaddr *peer)
{
  c->client[0] = 0;
  c->port = 0;
  if (peer->sa_family == AF_INET) {
    const struct sockaddr_in *a = (const struct sockaddr_in *)peer;
    inet_ntop(AF_INET, &a->sin_addr, c->client, sizeof c->client);
    c->port = ntohs(a->sin_port);
  } else if (peer->sa_family == AF_INET6) {
    const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)peer;
    const void *v4 = mapped_v4(&a->sin6_addr);
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? v4 : &a->sin6_addr, c->client,
              sizeof c->client);
    c->port = ntohs(a->sin6_port);
  }
}

static struct conn *conn_new(struct http_server *s)
{
  struct conn *c = s->conns;
  if (!c)
    return calloc(1, sizeof *c);
  s->conns = c->next;
  s->n_conns--;
  memset(c, 0, offsetof(struct conn, poll));
  return c;
}

int conn_open(struct http_server *s, int fd, const struct sockaddr *peer,
              bool secure)
{
  struct conn *c = conn_new(s);
  int e = c ? uv_poll_init(s->loop, &c->poll, fd) : UV_ENOMEM;
  if (e) {
    free(c);
    close(fd);
    return e;
  }
  c->server = s;
  c->fd = fd;
  c->poll.data = c;
  peer_take(c, peer);
  s->stats.open++;
  s->stats.accepted++;
  c->secure = secure;
  c->trusted = s->opts.proxies && peer_text_trusted(s->opts.proxies, c->client);
  if (secure || s->opts.proxy_protocol)
    greet_begin(c);
  else
    conn_greeted(c);
  return 0;
}

void conn_greeted(struct conn *c)
{
  c->state = CONN_READING;
  c->events = 0; // the greeting's
  server_wait(c, WAIT_IDLE);
  conn_settle(c);
}

static void ask(struct conn *c, int events)
{
  if (c->events == events)
    return;
  c->events = (uint8_t)events;
  uv_poll_start(&c->poll, events, c->tls ? on_tls_poll : on_poll);
}

// The handler learns that nobody waits for its answer.
static void tell_gone(struct conn *c)
{
  struct http_request *r = &c->x->req;
  if (c->gone_told)
    return;
  c->gone_told = true;
  if (r->on_gone)
    r->on_gone(r);
}

static void conn_lost(struct conn *c)
{
  c->dead = true;
  conn_settle(c);
}

// The answer is complete, and no code of the handler is running.
static void finish(struct conn *c)
{
  if (c->state == CONN_WORKING)
    c->server->stats.working--;
  c->served = true;
  c->gone_told = false;
  if (c->wait == WAIT_HEAD || c->wait == WAIT_BODY)
    server_wait(c, WAIT_NONE); // the next head has its own time
  c->state = CONN_FLUSHING;
  if (c->last)
    return;
  exchange_next(c->x);
  if (out_left(c) == 0)
    c->state = CONN_READING;
}

static void go_on_with_tls(struct conn *c);

void conn_ended(struct conn *c)
{
  if (c->busy)
    return;
  finish(c);
  if (c->state == CONN_READING && !exchange_empty(c->x))
    server_soon(c);
  conn_settle(c);
  if (c->tls)
    go_on_with_tls(c);
}

static void refuse(struct conn *c, int status, const char *why)
{
  c->busy = true;
  answer_refuse(c, status, why);
  c->busy = false;
  finish(c);
}

static void take_marks(const struct conn *c, struct http_request *r)
{
  r->secure = c->secure;
  if (c->trusted)
    peer_forwarded(c->server->opts.proxies, r);
}

static void hand_over(struct conn *c)
{
  struct http_server *s = c->server;
  c->state = CONN_WORKING;
  s->stats.working++;
  c->busy = true;
  s->on_request(&c->x->req, s->user);
  c->busy = false;
  if (c->x->answer == ANSWER_ENDED)
    finish(c);
}

static void head_came(struct conn *c)
{
  struct http_server *s = c->server;
  struct exchange *x = c->x;
  struct http_request *r = &x->req;
  r->client = c->client;
  r->client_port = c->port;
  if (c->secure | c->trusted)
    take_marks(c, r);
  r->body_limit = s->opts.body_limit;
  if (!r->id_size)
    answer_made_id(s, r);
  s->stats.requests++;
  if (s->opts.on_headers) {
    c->busy = true;
    s->opts.on_headers(r, s->user);
    if (x->answer == ANSWER_BEGUN) // a stream cannot begin here
      http_respond_abort(r);
    c->busy = false;
    if (x->answer == ANSWER_ENDED) {
      finish(c);
      return;
    }
  }
  if (!exchange_open_body(x))
    refuse(c, x->bad, x->why);
  else if (x->streams)
    hand_over(c);
  else if (x->expects_continue && !exchange_body_here(x))
    answer_continue(c);
}

// As many requests as have arrived, until one keeps its handler busy.
static void run(struct conn *c)
{
  while (c->state == CONN_READING && !c->dead) {
    switch (exchange_parse(c->x)) {
    case PARSE_MORE:
      return;
    case PARSE_BAD:
      refuse(c, c->x->bad, c->x->why);
      return;
    case PARSE_HEAD:
      head_came(c);
      if (exchange_empty(c->x))
        return;
      break;
    case PARSE_DONE:
      hand_over(c);
      if (exchange_empty(c->x))
        return;
      break;
    }
  }
}

// What a refused client still sends is thrown away, so that the kernel does
// not answer it with a reset that would overtake our answer.
static void linger(struct conn *c)
{
  char waste[16384];
  for (int i = 0; i < READS_A_TURN; i++) {
    ssize_t n = recv(c->fd, waste, sizeof waste, 0);
    if (n > 0 || (n < 0 && errno == EINTR))
      continue;
    if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
      conn_close(c);
    return;
  }
}

// Bytes that are the handler's at once.
static void input_came(struct conn *c)
{
  struct http_request *r = &c->x->req;
  c->x->hungry = false;
  if (c->x->answer == ANSWER_ENDED || !r->on_input)
    return;
  c->busy = true;
  r->on_input(r);
  c->busy = false;
  if (c->x->answer == ANSWER_ENDED)
    finish(c);
}

// What came with the request itself is told at the next turn.
void conn_flows(struct conn *c)
{
  if (c->x->filled > c->x->parsed)
    server_soon(c);
  if (!c->busy)
    conn_settle(c);
}

// One recv. True: there may be more, and it is wanted.
static bool read_some(struct conn *c)
{
  char *at;
  size_t room = exchange_space(c->x, &at);
  if (room == 0) {
    if (c->state == CONN_READING)
      run(c); // it says why
    return false;
  }
  ssize_t n = c->tls ? tls_recv(c->tls, at, room, &c->blocked)
                     : recv(c->fd, at, room, 0);
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
    c->dead = true;
  if (n == 0)
    c->eof = true;
  if (n <= 0)
    return false;
  exchange_took(c->x, (size_t)n);
  if (c->state == CONN_WORKING &&
      (c->x->phase == PHASE_FLOW || exchange_streams(c->x))) {
    input_came(c);
    return (size_t)n == room && c->state == CONN_WORKING;
  }
  if (c->state != CONN_READING)
    return false;
  run(c);
  return (size_t)n == room && c->state == CONN_READING;
}

// An end of what the client sends may be that of its connection, or only say
// that this was all: no packet tells which. One that has sent a whole request
// is sent bytes, to which the kernel of a client that is gone answers with a
// reset; again and again, since it may still go.
static bool may_still_read(const struct conn *c)
{
  const struct exchange *x = c->x;
  return x->req.minor > 0 && x->phase != PHASE_FLOW && !exchange_streams(x);
}

static void ask_if_there(struct conn *c)
{
  if (c->x->answer != ANSWER_NONE) { // nothing can be said between two pieces
    tell_gone(c);
    return;
  }
  answer_continue(c); // as often as one likes (RFC 9110 15.2)
  server_wait(c, WAIT_LEAVING);
  conn_settle(c);
}

static void conn_read(struct conn *c)
{
  if (c->state == CONN_LINGERING) {
    linger(c);
    return;
  }
  if (c->state == CONN_FLUSHING || c->dead || c->eof) {
    conn_settle(c);
    return;
  }
  if (!c->x && !(c->x = server_lend(c->server))) {
    server_log(c->server, "out of memory: a client is turned away");
    conn_close(c);
    return;
  }
  c->x->conn = c;
  for (int i = 0; i < READS_A_TURN && read_some(c); i++)
    ;
  conn_settle(c);
  if (!c->eof || c->state != CONN_WORKING)
    return;
  if (!may_still_read(c))
    tell_gone(c);
  else if (c->x->answer == ANSWER_NONE && c->x->req.on_gone)
    ask_if_there(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
  struct conn *c = poll->data;
  if (status < 0) {
    conn_lost(c);
    return;
  }
  if (events & UV_WRITABLE) {
    size_t before = c->out_sent;
    out_write_more(c);
    if (c->out_sent != before)
      server_wait(c, WAIT_NONE); // progress: its time starts again
    bool room = out_left(c) == 0;
    conn_settle(c);
    if (room && c->state == CONN_WORKING && !c->dead && c->x->req.on_writable)
      c->x->req.on_writable(&c->x->req);
  }
  if ((events & UV_READABLE) && c->state != CONN_CLOSED)
    conn_read(c);
  else if (events == UV_PRIORITIZED)
    conn_lost(c);
}

static bool has_room(struct conn *c)
{
  char *at;
  return c->state == CONN_WORKING && exchange_space(c->x, &at) > 0;
}

// TLS reads whole records, and what it keeps of one no poll tells of; nor may
// it be asked to read while the socket has to take bytes first.
static void go_on_with_tls(struct conn *c)
{
  if (c->state == CONN_CLOSED || c->dead)
    return;
  if (c->blocked) {
    c->events = UV_WRITABLE;
    uv_poll_start(&c->poll, UV_WRITABLE, on_tls_poll);
  } else if (!c->eof && tls_pending(c->tls) &&
             (c->state == CONN_READING || has_room(c))) {
    server_soon(c);
  }
}

static void on_tls_poll(uv_poll_t *poll, int status, int events)
{
  struct conn *c = poll->data;
  if (c->blocked)
    events |= UV_READABLE;
  c->blocked = false;
  on_poll(poll, status, events);
  go_on_with_tls(c);
}

void conn_took(struct conn *c)
{
  conn_settle(c);
  if (c->tls)
    go_on_with_tls(c);
}

static void settle_dead(struct conn *c)
{
  if (c->state != CONN_WORKING) {
    conn_close(c);
    return;
  }
  if (c->events)
    uv_poll_stop(&c->poll);
  c->events = 0;
  if (c->wait != WAIT_NONE)
    server_wait(c, WAIT_NONE);
  if (!c->gone_told)
    server_soon(c);
}

void conn_linger(struct conn *c)
{
  if (c->tls)
    tls_farewell(c->tls);
  shutdown(c->fd, SHUT_WR);
  c->state = CONN_LINGERING;
  server_take_back(c->server, c->x);
  c->x = NULL;
  ask(c, UV_READABLE);
  server_wait(c, WAIT_LINGER);
}

static void settle_last(struct conn *c)
{
  if (!c->unread || c->eof || c->reset)
    conn_close(c);
  else
    conn_linger(c);
}

static enum conn_wait wait_of_working(const struct conn *c)
{
  if (c->x->hungry && exchange_streams(c->x))
    return WAIT_BODY;
  return c->eof && c->x->req.on_gone && !c->gone_told ? WAIT_LEAVING
                                                      : WAIT_NONE;
}

static void settle_working(struct conn *c)
{
  char *at;
  bool reads = !c->eof && exchange_space(c->x, &at) > 0;
  bool writes = out_left(c) > 0;
  // Something has to be asked for, or a reset would not be heard.
  ask(c, (reads ? UV_READABLE : UV_PRIORITIZED) | (writes ? UV_WRITABLE : 0));
  enum conn_wait wait = writes ? WAIT_WRITE : wait_of_working(c);
  bool progress = wait == WAIT_BODY || c->x->answer == ANSWER_BEGUN;
  if (c->wait != wait || (progress && wait != WAIT_WRITE))
    server_wait(c, wait); // its time starts again
}

static void settle_reading(struct conn *c)
{
  struct exchange *x = c->x;
  if (x && x->phase == PHASE_HEAD && exchange_empty(x) && !x->bad) {
    server_take_back(c->server, x);
    c->x = x = NULL;
  }
  bool over = c->eof || (c->server->draining && c->served);
  if (over && (!x || c->eof) && !c->queued) {
    conn_close(c);
    return;
  }
  ask(c, c->eof ? UV_PRIORITIZED : UV_READABLE);
  if (!x)
    server_wait(c, WAIT_IDLE);
  else if (x->phase != PHASE_HEAD)
    server_wait(c, WAIT_BODY);
  else if (c->wait != WAIT_HEAD)
    server_wait(c, WAIT_HEAD);
}

void conn_settle(struct conn *c)
{
  if (c->state == CONN_CLOSED || c->busy)
    return;
  out_flush(c);
  if (c->dead) {
    settle_dead(c);
    return;
  }
  if (c->state == CONN_READING && out_left(c) > 0)
    c->state = CONN_FLUSHING;
  if (c->state == CONN_FLUSHING && out_left(c) == 0) {
    if (c->last) {
      settle_last(c);
      return;
    }
    c->state = CONN_READING;
    if (!exchange_empty(c->x))
      server_soon(c);
  }
  if (c->state == CONN_FLUSHING) {
    ask(c, UV_WRITABLE);
    if (c->wait != WAIT_WRITE)
      server_wait(c, WAIT_WRITE);
  } else if (c->state == CONN_WORKING) {
    settle_working(c);
  } else if (c->state == CONN_READING) {
    settle_reading(c);
  }
}

static void turn(struct conn *c)
{
  if (c->state == CONN_WORKING && c->dead) {
    tell_gone(c);
    return;
  }
  if (c->state == CONN_WORKING && c->x->phase == PHASE_FLOW) {
    input_came(c);
    if (!c->tls || c->state != CONN_WORKING) {
      conn_settle(c);
      return;
    }
  }
  if (c->state == CONN_WORKING && c->tls)
    conn_read(c);
  if (c->state != CONN_READING)
    return;
  if (c->x)
    run(c);
  if (c->state == CONN_READING && !c->dead)
    conn_read(c);
  else
    conn_settle(c);
}

void conn_turn(struct conn *c)
{
  turn(c);
  if (c->tls)
    go_on_with_tls(c);
}

void conn_expired(struct conn *c)
{
  switch (c->wait) {
  case WAIT_HEAD:
  case WAIT_BODY:
    if (c->state == CONN_WORKING) { // the handler finds out
      exchange_refuse(c->x, 408, NULL);
      input_came(c);
    } else {
      refuse(c, 408, NULL);
    }
    conn_settle(c);
    break;
  case WAIT_WRITE:
    c->reset = true;
    conn_lost(c);
    break;
  case WAIT_LEAVING:
    ask_if_there(c);
    break;
  default:
    conn_close(c);
  }
}

void conn_break(struct conn *c)
{
  c->reset = c->state == CONN_WORKING || c->state == CONN_FLUSHING;
  conn_lost(c);
}
