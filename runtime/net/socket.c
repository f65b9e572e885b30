// The life of a socket. Two things run side by side: the call of the route's
// function, until `ended`, and the client's messages, until it is `deaf`. When
// both are over the request is. A client that is not heard any more, since it
// said close, or did something wrong, still gets what the code answers to what
// it sent before, for a moment; then our close.
//
// The engine may take a piece of the inbox at any time, so reading goes on from
// inside of it: nothing that is called from there ends the call or the request.
#include "runtime/net/socket_parts.h"

#include "runtime/net/answer.h"

#include <stdio.h>
#include <string.h>

static const int64_t close_wait = 5000000000; // for the client's close
static const int64_t last_words = 1000000000; // before ours answers it

enum { LOST = 1000 }; // pieces for nobody, until the code has to wait

// ---- the list ----

static void enlist(struct sockets *all, struct socket *s)
{
  s->all = all;
  s->next = all->first;
  s->at = &all->first;
  if (s->next)
    s->next->at = &s->next;
  all->first = s;
}

static void unlist(struct socket *s)
{
  socket_forget(s);
  *s->at = s->next;
  if (s->next)
    s->next->at = s->at;
}

// ---- time ----

static void set_timer(struct socket *s, int64_t after)
{
  timer_set(s->engine, &s->timer, engine_now(s->engine) + after);
}

// The route's code is left alone for so long.
static void begin_grace(struct socket *s)
{
  if (!s->grace)
    s->until = engine_now(s->engine) + s->how->grace;
  s->grace = true;
  timer_set(s->engine, &s->timer, s->until);
}

// ---- the end ----

// The request is over; the socket is gone.
static void finish(struct socket *s)
{
  timer_stop(s->engine, &s->timer);
  ws_free(&s->ws);
  unlist(s);
  if (s->gone)
    http_respond_abort(s->http);
  else
    http_respond_end(s->http);
}

static void say_close(struct socket *s, unsigned code, const char *why,
                      size_t size)
{
  char frame[2 + WS_CONTROL];
  bool empty = code == WS_NO_CODE;
  if (s->said || s->gone)
    return;
  s->said = true;
  size = utf8_cut(why, size, WS_CONTROL - 2);
  size_t n = ws_head(frame, WS_OP_CLOSE, false, empty ? 0 : 2 + size);
  if (!empty) {
    frame[n++] = (char)(code >> 8);
    frame[n++] = (char)code;
    memcpy(frame + n, why, size);
    n += size;
  }
  http_respond_piece(s->http, frame, n);
}

static void say_why_deaf(struct socket *s)
{
  say_close(s, s->code, s->why, s->why_size);
}

// The call is over. False: the socket is gone.
static bool ended(struct socket *s, unsigned code, const char *why, size_t size)
{
  s->ended = true;
  s->inbox = NULL;
  if (s->deaf) {
    say_why_deaf(s);
    finish(s);
    return false;
  }
  say_close(s, code, why, size);
  set_timer(s, close_wait);
  return true;
}

void socket_deafen(struct socket *s, unsigned code, const char *why,
                   size_t size)
{
  s->code = (uint16_t)code;
  s->why = why;
  s->why_size = size;
  s->deaf = s->no_more = true;
  socket_feed(s);
  if (s->ended) // who reads finishes
    return;
  if (s->in_type == PLAN_NONE) // the client is all that it was for
    s->until = engine_now(s->engine), s->grace = true;
  begin_grace(s);
  if (!s->gone && s->until > engine_now(s->engine) + last_words)
    set_timer(s, last_words);
}

// ---- what goes out ----

// The code that a failure closes with: one that the program chose, or 1011.
static unsigned code_of(const struct error *e)
{
  return e->status >= 3000 && e->status <= 4999 ? (unsigned)e->status
                                                : WS_ERROR;
}

// The message may be in memory that the call holds no longer.
static bool failed(struct socket *s, const struct error *error)
{
  const struct text *m = error->message;
  m = m ? text_new(&s->http->arena, m->data, m->size) : NULL;
  s->call->failed = true;
  s->call->error = *error;
  s->call->error.message = m ? m : &text_empty;
  request_end(s->call);
  return ended(s, code_of(error), s->call->error.message->data,
               s->call->error.message->size);
}

static bool over(struct socket *s)
{
  request_end(s->call);
  return ended(s, s->all->draining ? WS_GOING_AWAY : WS_ENDED, "", 0);
}

// The next pieces, as many as there are and the client takes. False: the socket
// is gone.
static bool go_on(struct socket *s)
{
  const struct error *error;
  value v;
  while (s->reader.stream && !s->full && s->n_lost < LOST) {
    switch (stream_next(&s->reader, &v, &error)) {
    case STREAM_PIECE:
      if (s->said || s->gone)
        s->n_lost++;
      else if ((error = socket_send(s, v)))
        return failed(s, error);
      break;
    case STREAM_WAIT:
      return true;
    case STREAM_END:
      return over(s);
    case STREAM_ERROR:
      return failed(s, error);
    }
  }
  return true;
}

static void on_ready(struct stream_reader *r)
{
  go_on((struct socket *)r);
}

void socket_writable(struct socket *s)
{
  s->full = false;
  if (!go_on(s))
    return;
  if (socket_read(s))
    engine_run(s->engine);
  else
    finish(s);
}

// ---- the beginning ----

bool socket_accept(struct socket *s)
{
  if (s->accepted)
    return true;
  if (!s->all->pool)
    s->all->pool = ws_pool_new();
  s->accepted = ws_accept(s->http, s->how->subprotocol, s->all->pool, &s->ws);
  s->heard = engine_now(s->engine);
  if (s->accepted && s->all->draining)
    begin_grace(s);
  else if (s->accepted)
    set_timer(s, s->how->ping);
  return s->accepted;
}

static void answer(struct socket *s, const struct error *e)
{
  struct http_request *http = s->http;
  const struct service *service = s->service;
  uint32_t route = s->route;
  timer_stop(s->engine, &s->timer);
  unlist(s);
  if (s->gone)
    http_respond_abort(http);
  else
    answer_error(service, route, e, http);
}

static void cannot_accept(struct socket *s)
{
  static const char why[] =
      "WebSockets need libnettle.so.8, which cannot be loaded";
  static const struct text text = {sizeof why - 1, sizeof why - 1, why};
  static const struct error error = {
      .kind = ERROR_internal, .status = 500, .message = &text};
  request_cancel(s->call);
  answer(s, &error);
}

static void on_done(struct request *call)
{
  struct socket *s = call->user;
  if (call->failed)
    s->inbox = NULL;
  if (call->failed && !s->accepted)
    answer(s, &call->error);
  else if (call->failed)
    failed(s, &call->error);
  else if (!s->gone && !socket_accept(s))
    cannot_accept(s);
  else if (s->out_type == PLAN_NONE)
    over(s);
  else {
    s->reader = (struct stream_reader){.ready = on_ready};
    stream_read(call->result.stream, &s->reader);
    go_on(s);
  }
}

// ---- the client ----

void socket_input(struct socket *s)
{
  s->heard = engine_now(s->engine);
  s->pinged = false;
  if (socket_read(s))
    engine_run(s->engine);
  else
    finish(s);
}

void socket_gone(struct socket *s)
{
  struct engine *e = s->engine;
  s->gone = true;
  s->full = false;
  if (!s->accepted) {
    request_cancel(s->call);
    timer_stop(s->engine, &s->timer);
    unlist(s);
    http_respond_abort(s->http);
    return;
  }
  s->left = true; // what it sent before still counts
  if (s->ended || (go_on(s) && !socket_read(s)))
    finish(s);
  engine_run(e); // for the body, whose inbox may have ended
}

// Nothing has come for a while.
static void ping(struct socket *s)
{
  char frame[WS_HEAD];
  int64_t now = engine_now(s->engine), silent = now - s->heard;
  bool deaf = s->full || socket_is_full(s); // it may have sent something
  if (!deaf && silent < s->how->ping) {
    timer_set(s->engine, &s->timer, s->heard + s->how->ping);
    return;
  }
  if (!deaf && s->pinged) {
    s->gone = true;
    socket_deafen(s, WS_NO_CODE, "", 0);
    return;
  }
  if (!deaf) {
    s->pinged = true;
    http_respond_piece(s->http, frame, ws_head(frame, WS_OP_PING, false, 0));
  }
  set_timer(s, s->how->ping);
}

static void cut(struct socket *s)
{
  static const char why[] = "the grace time is over";
  request_cancel(s->call);
  if (s->deaf)
    say_why_deaf(s);
  say_close(s, WS_GOING_AWAY, why, sizeof why - 1);
  s->deaf = true;
  ended(s, WS_GOING_AWAY, why, sizeof why - 1);
}

// What the route's code answers from now on comes too late.
static void grace_passes(struct socket *s)
{
  if (engine_now(s->engine) >= s->until) {
    cut(s);
    return;
  }
  say_why_deaf(s);
  begin_grace(s);
}

static void on_time(struct timer *t)
{
  struct socket *s =
      (struct socket *)((char *)t - offsetof(struct socket, timer));
  if (s->ended)
    finish(s); // its close did not come
  else if (s->grace)
    grace_passes(s);
  else
    ping(s);
}

// ---- from the site ----

bool socket_check(const struct sockets *all, struct http_request *r)
{
  static const struct http_header headers[] = {
      {"sec-websocket-version", "13", 21, 2},
      {"upgrade", "websocket", 7, 9},
      {"connection", "upgrade", 10, 7}};
  const char *why = "a WebSocket is needed";
  int status = ws_asked(r) ? ws_check(r, &why) : 426;
  if (!status && all->draining) {
    status = 503;
    why = NULL;
  }
  if (status)
    http_respond_error(r, status, why, headers, status == 426 ? 3 : 0);
  return !status;
}

static int64_t deadline_of(const struct socket *s)
{
  int64_t at;
  bool over =
      __builtin_add_overflow(engine_now(s->engine), s->how->timeout, &at);
  return s->how->timeout <= 0 || over ? 0 : at;
}

struct socket *socket_new(struct sockets *all, const struct service *service,
                          uint32_t route, struct engine *engine,
                          struct request *call, struct http_request *http)
{
  const struct plan *p = service->plan;
  uint32_t result = p->routes[route].result;
  struct socket *s = ARENA_NEW(&http->arena, struct socket);
  if (!s)
    return NULL;
  s->service = service;
  s->how = &service->routes[route];
  s->route = route;
  s->engine = engine;
  s->call = call;
  s->http = http;
  s->timer.fire = on_time;
  s->in_type = PLAN_NONE;
  s->ws.max_message = http->body_limit;
  s->out_type =
      p->types[result].kind == TYPE_stream ? p->types[result].of : PLAN_NONE;
  enlist(all, s);
  return s;
}

void socket_start(struct socket *s, value *args)
{
  const struct plan *p = s->service->plan;
  const struct plan_route *row = &p->routes[s->route];
  uint32_t i = s->how->streams;
  if (i != PLAN_NONE) {
    if (!socket_inbox(s, p, p->params[row->params.first + i].type)) {
      unlist(s);
      http_respond_error(s->http, 503, "out of memory", NULL, 0);
      return;
    }
    args[i].stream = s->inbox;
  }
  s->call->done = on_done;
  s->call->user = s;
  s->call->deadline = deadline_of(s);
  request_start(s->engine, s->call, row->function, args);
}

void sockets_drain(struct sockets *all)
{
  all->draining = true;
  for (struct socket *s = all->first; s; s = s->next) {
    s->no_more = true;
    socket_feed(s);
    if (s->accepted && !s->ended)
      begin_grace(s);
  }
}

// Who was not let in yet is told by the server.
void sockets_stop(struct sockets *all)
{
  for (struct socket *s = all->first, *next; s; s = next) {
    next = s->next;
    if (s->accepted)
      cut(s);
  }
}

void sockets_free(struct sockets *all)
{
  ws_pool_free(&all->pool);
  buf_free(&all->out);
  buf_free(&all->packed);
}
