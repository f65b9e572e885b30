// A server: its listening socket, its connections in lists by what they wait
// for, one timer for all of their deadlines, and the pools.
//
// We accept by ourselves: libuv closes clients without a word when descriptors
// run out. Here they stay in the kernel's queue until there is room again.
#include "runtime/net/http_conn.h"
#include "runtime/net/http_gzip.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  LINGER_MS = 2000,
  LEAVING_MS = 1000,
  FRESH_MS = 1000, // while draining, for the first bytes of a new connection
  TICK_MOST_MS = 500,
  TICK_LEAST_MS = 10,
  RETRY_MS = 100, // accepting after descriptors ran out
  CROWD = 256,    // connections; fewer hold little
};

static void on_listener(uv_poll_t *poll, int status, int events);

void server_log(struct http_server *s, const char *format, ...)
{
  uint64_t now = uv_now(s->loop);
  if (!s->opts.log || (s->logged_at && now - s->logged_at < 1000))
    return;
  s->logged_at = now;
  char text[256];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  s->opts.log(text, s->user);
}

// Lists.

void server_unlist(struct conn *c)
{
  struct conn_list *list = &c->server->lists[c->wait];
  if (c->prev)
    c->prev->next = c->next;
  else if (list->first == c)
    list->first = c->next;
  if (c->next)
    c->next->prev = c->prev;
  else if (list->last == c)
    list->last = c->prev;
  c->prev = c->next = NULL;
}

void server_wait(struct conn *c, enum conn_wait wait)
{
  struct http_server *s = c->server;
  struct conn_list *list = &s->lists[wait];
  c->since = uv_now(s->loop);
  if (list->last == c)
    return;
  server_unlist(c);
  c->wait = (uint8_t)wait;
  c->prev = list->last;
  if (list->last)
    list->last->next = c;
  else
    list->first = c;
  list->last = c;
}

// Pools.

struct exchange *server_lend(struct http_server *s)
{
  struct exchange *x = s->exchanges;
  if (!x)
    return exchange_new(s->opts.head_limit);
  s->exchanges = x->next;
  s->n_exchanges--;
  return x;
}

void server_take_back(struct http_server *s, struct exchange *x)
{
  if (!x)
    return;
  exchange_clear(x);
  if (s->n_exchanges == POOL_MOST) {
    exchange_free(&x);
    return;
  }
  x->next = s->exchanges;
  s->exchanges = x;
  s->n_exchanges++;
}

static void pools_free(struct http_server *s)
{
  while (s->exchanges) {
    struct exchange *x = s->exchanges;
    s->exchanges = x->next;
    exchange_free(&x);
  }
  while (s->conns) {
    struct conn *c = s->conns;
    s->conns = c->next;
    free(c);
  }
}

// The end.

static void on_handle_closed(uv_handle_t *handle)
{
  struct http_server *s = handle->data;
  if (--s->handles > 0)
    return;
  if (s->done)
    s->done(s->done_user);
  pools_free(s);
  free(s->out);
  free(s->listeners);
  gzip_free(&s->gzip);
  free(s);
}

static void listeners_close(struct http_server *s)
{
  if (!s->listening)
    return;
  s->listening = s->accepting = false;
  for (unsigned i = 0; i < s->n_listeners; i++) {
    uv_close((uv_handle_t *)&s->listeners[i].poll, on_handle_closed);
    listener_shut(&s->listeners[i]);
  }
}

static void end_if_over(struct http_server *s)
{
  if (!s->draining || s->stats.open > 0 || s->ending)
    return;
  s->ending = true;
  listeners_close(s);
  uv_close((uv_handle_t *)&s->timer, on_handle_closed);
  uv_close((uv_handle_t *)&s->idle, on_handle_closed);
}

// Connections that have something to do at the next turn.

static void on_idle(uv_idle_t *idle)
{
  struct http_server *s = idle->data;
  for (uint32_t n = s->n_soon; n > 0 && s->soon; n--) {
    struct conn *c = s->soon;
    s->soon = c->next_soon;
    if (!s->soon)
      s->soon_last = NULL;
    s->n_soon--;
    c->queued = false;
    conn_turn(c);
  }
  if (!s->soon)
    uv_idle_stop(idle);
}

void server_soon(struct conn *c)
{
  struct http_server *s = c->server;
  if (c->queued)
    return;
  c->queued = true;
  c->next_soon = NULL;
  if (s->soon_last)
    s->soon_last->next_soon = c;
  else
    s->soon = c;
  s->soon_last = c;
  s->n_soon++;
  uv_idle_start(&s->idle, on_idle);
}

static void soon_remove(struct conn *c)
{
  struct http_server *s = c->server;
  struct conn *before = NULL;
  for (struct conn *i = s->soon; i != c; i = i->next_soon)
    before = i;
  if (before)
    before->next_soon = c->next_soon;
  else
    s->soon = c->next_soon;
  if (s->soon_last == c)
    s->soon_last = before;
  s->n_soon--;
}

// Accepting.

static void accepting(struct http_server *s, bool on)
{
  if (!s->listening || s->accepting == on)
    return;
  s->accepting = on;
  for (unsigned i = 0; i < s->n_listeners; i++)
    if (on)
      uv_poll_start(&s->listeners[i].poll, UV_READABLE, on_listener);
    else
      uv_poll_stop(&s->listeners[i].poll);
}

static bool is_full(const struct http_server *s)
{
  return s->opts.max_connections && s->stats.open >= s->opts.max_connections;
}

static void timer_keep(struct http_server *s);

// False: none came, or none can be taken now.
static bool accept_one(struct listener *l)
{
  struct http_server *s = l->server;
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (is_full(s)) {
    accepting(s, false);
    return false;
  }
  int fd = accept4(l->fd, (struct sockaddr *)&peer, &size,
                   SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    int e = conn_open(s, fd, (struct sockaddr *)&peer, l->secure);
    if (e)
      server_log(s, "a client is turned away: %s", uv_strerror(e));
    timer_keep(s);
    return true;
  }
  switch (errno) {
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM:
    server_log(s, "cannot accept: %s; clients wait until there is room",
               strerror(errno));
    accepting(s, false);
    timer_keep(s);
    return false;
  case ECONNABORTED: // the client left before we came
  case EPROTO:
  case EINTR:
    return true;
  case EAGAIN:
    return false;
  default:
    server_log(s, "cannot accept: %s", strerror(errno));
    return false;
  }
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
  struct listener *l =
      (struct listener *)((char *)poll - offsetof(struct listener, poll));
  for (int i = 0; i < ACCEPT_MOST && l->server->listening && accept_one(l); i++)
    ;
}

void server_forget(struct conn *c)
{
  struct http_server *s = c->server;
  if (c->queued)
    soon_remove(c);
  if (s->n_conns == POOL_MOST) {
    free(c);
  } else {
    c->next = s->conns;
    s->conns = c;
    s->n_conns++;
  }
  s->stats.open--;
  accepting(s, true);
  end_if_over(s);
}

// Time.

static void expire(struct http_server *s, enum conn_wait wait, uint64_t now)
{
  uint64_t limit = s->waits_ms[wait];
  if ((wait == WAIT_IDLE || wait == WAIT_GREETING) && s->draining &&
      limit > FRESH_MS)
    limit = FRESH_MS;
  struct conn *c;
  while ((c = s->lists[wait].first) && now - c->since >= limit)
    conn_expired(c);
}

// Whether the loop stood still for a while: the process was stopped, or busy.
// What clients sent meanwhile came in time, so their sockets are read first,
// and deadlines are looked at when the timer fires again.
static bool stood_still(struct http_server *s, uint64_t now)
{
  uint64_t gap = now - s->ticked;
  s->ticked = now;
  s->late = !s->late && gap > 2 * uv_timer_get_repeat(&s->timer);
  return s->late;
}

// malloc keeps what clients needed who have gone, in pieces between those of
// others. When most of a crowd has gone, it is worth looking for whole pages.
static void crowd_thins(struct http_server *s)
{
  if (s->crowd < s->stats.open)
    s->crowd = s->stats.open;
  if (s->crowd < CROWD || s->stats.open > s->crowd / 2)
    return;
  s->crowd = s->stats.open;
  malloc_trim(0);
}

static void on_timer(uv_timer_t *timer)
{
  struct http_server *s = timer->data;
  uint64_t now = uv_now(s->loop);
  if (stood_still(s, now))
    return;
  crowd_thins(s);
  for (enum conn_wait w = WAIT_NONE + 1; w < WAITS; w++)
    expire(s, w, now);
  bool waiting = s->listening && !s->accepting;
  if (waiting && !is_full(s))
    accepting(s, true);
  if (s->stats.open == 0 && !waiting)
    uv_timer_stop(timer); // an idle server sleeps
}

// A deadline is met within an eighth of the shortest time.
static uint64_t tick(const struct http_server *s)
{
  uint64_t least = 8 * TICK_MOST_MS;
  for (enum conn_wait w = WAIT_NONE + 1; w < WAITS; w++)
    if (s->waits_ms[w] < least)
      least = s->waits_ms[w];
  least /= 8;
  if (s->listening && !s->accepting && least > RETRY_MS)
    least = RETRY_MS;
  return least > TICK_LEAST_MS ? least : TICK_LEAST_MS;
}

static void timer_keep(struct http_server *s)
{
  uint64_t ms = tick(s);
  if (!uv_is_active((uv_handle_t *)&s->timer) ||
      ms != uv_timer_get_repeat(&s->timer)) {
    s->ticked = uv_now(s->loop);
    uv_timer_start(&s->timer, on_timer, ms, ms);
  }
}

// The beginning.

static int fail(int code, const char *what, char *error, size_t size)
{
  if (code == UV_ENOMEM)
    snprintf(error, size, "out of memory"); // as everywhere
  else
    snprintf(error, size, "%s: %s", what, uv_strerror(code));
  return code;
}

static void fill_in(struct http_server *s, const struct http_options *o)
{
  s->opts = *o;
#define DEFAULT(field, value) s->opts.field = o->field ? o->field : (value)
  DEFAULT(backlog, 1024);
  DEFAULT(head_limit, 32768);
  DEFAULT(body_limit, (size_t)16 << 20);
  DEFAULT(head_ms, 10000);
  DEFAULT(body_ms, 30000);
  DEFAULT(idle_ms, 75000);
  DEFAULT(write_ms, 30000);
#undef DEFAULT
  s->waits_ms[WAIT_IDLE] = s->opts.idle_ms;
  s->waits_ms[WAIT_HEAD] = s->waits_ms[WAIT_GREETING] = s->opts.head_ms;
  s->waits_ms[WAIT_BODY] = s->opts.body_ms;
  s->waits_ms[WAIT_WRITE] = s->opts.write_ms;
  s->waits_ms[WAIT_LINGER] = LINGER_MS;
  s->waits_ms[WAIT_LEAVING] = LEAVING_MS;
}

static int sockets_open(struct http_server *s, char *error, size_t size)
{
  static const struct http_address anywhere;
  const struct http_options *o = &s->opts;
  unsigned n = o->n_listen ? o->n_listen : 1;
  s->listeners = calloc(n, sizeof *s->listeners);
  if (!s->listeners)
    return fail(UV_ENOMEM, "cannot start", error, size);
  for (; s->n_listeners < n; s->n_listeners++) {
    struct listener *l = &s->listeners[s->n_listeners];
    l->server = s;
    int e =
        listener_open(l, o->n_listen ? &o->listen[s->n_listeners] : &anywhere,
                      o, error, size);
    if (e)
      return e;
  }
  return 0;
}

// What was given stays with who gave it.
static void sockets_close(struct http_server *s)
{
  for (unsigned i = 0; i < s->n_listeners; i++)
    if (!s->opts.n_listen || !s->opts.listen[i].fd)
      listener_shut(&s->listeners[i]);
}

// On failure the loop may still hold some of them; then the last to be closed
// frees the server.
static int handles_open(struct http_server *s)
{
  int e = 0;
  for (unsigned i = 0; !e && i < s->n_listeners; i++) {
    struct listener *l = &s->listeners[i];
    l->poll.data = s;
    e = uv_poll_init(s->loop, &l->poll, l->fd);
    s->handles += !e;
  }
  for (unsigned i = 0; e && i < s->handles; i++)
    uv_close((uv_handle_t *)&s->listeners[i].poll, on_handle_closed);
  if (e)
    return e;
  uv_timer_init(s->loop, &s->timer);
  uv_idle_init(s->loop, &s->idle);
  s->timer.data = s->idle.data = s;
  s->handles += 2;
  s->listening = true;
  accepting(s, true);
  return 0;
}

int http_server_start(struct http_server **out, uv_loop_t *loop,
                      const struct http_options *opts, http_handler on_request,
                      void *user, char *error, size_t error_size)
{
  char nothing[8];
  int e = UV_ENOMEM;
  struct http_server *s = calloc(1, sizeof *s);
  if (!error || !error_size)
    error = nothing, error_size = sizeof nothing;
  if (!s)
    return fail(e, "cannot start", error, error_size);
  s->out = malloc(OUT_ROOM);
  if (!s->out) {
    fail(e, "cannot start", error, error_size);
    goto no_out;
  }
  fill_in(s, opts);
  s->loop = loop;
  s->on_request = on_request;
  s->user = user;
  answer_init(s);
  e = sockets_open(s, error, error_size);
  if (!e && (e = handles_open(s)))
    fail(e, "cannot poll the listening socket", error, error_size);
  if (e)
    goto no_sockets;
  s->opts.listen = NULL; // the caller's
  *out = s;
  return 0;
no_sockets:
  sockets_close(s);
  if (s->handles)
    return e;
  free(s->listeners);
  free(s->out);
no_out:
  free(s);
  return e;
}

int http_server_port(const struct http_server *s, unsigned address)
{
  return s->listeners[address].port;
}

int http_server_socket(const struct http_server *s, unsigned address)
{
  return s->listeners[address].fd;
}

struct http_stats http_server_stats(const struct http_server *s)
{
  return s->stats;
}

int http_server_adopt(struct http_server *s, int fd)
{
  struct sockaddr_storage peer = {0};
  socklen_t size = sizeof peer;
  int e = s->draining ? UV_ECANCELED : 0;
  if (!e && getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
    e = -errno;
  if (e) {
    close(fd);
    return e;
  }
  e = conn_open(s, fd, (struct sockaddr *)&peer, false);
  timer_keep(s);
  return e;
}

void http_server_drain(struct http_server *s, http_server_done done, void *user)
{
  s->done = done;
  s->done_user = user;
  if (s->draining)
    return;
  // Who has been let in by the kernel is served.
  for (unsigned i = 0; s->listening && i < s->n_listeners; i++)
    while (accept_one(&s->listeners[i]))
      ;
  s->draining = true;
  listeners_close(s);
  for (struct conn *c = s->lists[WAIT_IDLE].first; c; c = c->next)
    server_soon(c); // reads what has come in the meantime, or closes
  end_if_over(s);
}

void http_server_close(struct http_server *s, http_server_done done, void *user)
{
  s->done = done;
  s->done_user = user;
  s->draining = true;
  listeners_close(s);
  if (!s->closing) {
    s->closing = true;
    for (int w = 0; w < WAITS; w++)
      for (struct conn *c = s->lists[w].first, *next; c; c = next) {
        next = c->next;
        conn_break(c);
      }
  }
  end_if_over(s);
}
