// Enters: whole requests. Leaves: answers. The site owns its versions; a
// request lives in the arena of its HTTP request.
#include "runtime/net/site.h"
#include "runtime/net/answer.h"
#include "runtime/net/body_stream.h"
#include "runtime/net/guard.h"
#include "runtime/net/meter.h"
#include "runtime/net/pages.h"
#include "runtime/net/params.h"
#include "runtime/net/socket.h"
#include "runtime/net/steer.h"
#include "runtime/net/trace.h"
#include "runtime/vm/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct version {
  struct site *site;
  struct service *service; // held
  struct engine *engine;
  struct meter *meter;
  uint32_t live; // requests that began here
  struct version *older;
};

struct site {
  struct site_options opts;
  struct version *now; // newest first
  uv_timer_t sweeper;  // frees versions, outside of their engines
  struct buf piece;    // of a stream, on its way out
  struct sockets sockets;
  struct tracer tracer;
  bool draining, closing;
  void (*closed)(void *);
  void *user;
};

// A request on its way through.
struct visit {
  struct request call;
  struct http_request *http;
  struct version *version; // NULL: its body has still to come
  struct stream_answer stream;
  struct socket *socket; // of a WebSocket's route
  struct body_stream body;
  uint32_t route;        // PLAN_NONE: none was found
  bool let_in;           // its head has passed the guards
  uint64_t began, given; // when its code had an answer, or a first piece
  int64_t arrived;       // on the engine's clock
  struct trace *trace;   // or NULL
};

// ---- versions ----
static void version_free(struct version **at)
{
  struct version *v = *at;
  *at = NULL;
  if (!v)
    return;
  if (v->engine && !v->site->opts.engine)
    engine_free(&v->engine);
  meter_free(&v->meter);
  service_drop(&v->service);
  free(v);
}

static int version_new(struct version **out, struct site *site,
                       struct service *service, struct engine *home,
                       bool strict, char *why, size_t why_size)
{
  struct version *v = calloc(1, sizeof *v);
  if (!v) {
    snprintf(why, why_size, "out of memory");
    return -1;
  }
  v->site = site;
  v->service = service_hold(service);
  if (!(v->meter = meter_new(site->opts.shard, service->plan))) {
    snprintf(why, why_size, "out of memory");
    version_free(&v);
    return -1;
  }
  struct engine_options opts = {.loop = site->opts.loop,
                                .port = site->opts.port,
                                .home = home,
                                .strict = strict,
                                .metrics = site->opts.shard,
                                .seed = site->opts.seed,
                                .request_memory = site->opts.request_memory};
  if (site->opts.engine) {
    v->engine = site->opts.engine;
  } else if (engine_new(&v->engine, service->plan, &opts, why, why_size)) {
    v->engine = NULL;
    version_free(&v);
    return -1;
  }
  *out = v;
  return 0;
}

static void on_closed(uv_handle_t *h)
{
  struct site *s = h->data;
  void (*closed)(void *) = s->closed;
  void *user = s->user;
  buf_free(&s->piece);
  sockets_free(&s->sockets);
  free(s);
  closed(user);
}

// A site that closes has no requests left, and waits for its engines only.
static bool is_over(const struct site *s, const struct version *v)
{
  return (s->closing || !v->live) && (s->opts.engine || engine_idle(v->engine));
}

static void sweep(uv_timer_t *t)
{
  struct site *s = t->data;
  for (struct version **at = s->closing ? &s->now : &s->now->older; *at;) {
    struct version *v = *at;
    if (!is_over(s, v)) {
      at = &v->older;
      continue;
    }
    *at = v->older;
    version_free(&v);
  }
  if (!s->now && !uv_is_closing((uv_handle_t *)t))
    uv_close((uv_handle_t *)t, on_closed);
}

static void sweep_soon(struct site *s)
{
  uv_timer_start(&s->sweeper, sweep, 0, 0);
}

void site_on_idle(void *user)
{
  struct site *s = user;
  if (s->closing || s->now->older)
    sweep_soon(s);
}

static void version_leave(struct version *v)
{
  if (!--v->live && v != v->site->now)
    sweep_soon(v->site);
}

int site_new(struct site **out, struct service *service, struct engine *home,
             const struct site_options *opts, char *why, size_t why_size)
{
  struct site *s = calloc(1, sizeof *s);
  if (!s) {
    snprintf(why, why_size, "out of memory");
    return -1;
  }
  s->opts = *opts;
  tracer_open(&s->tracer, opts->trace_share, opts->slow, opts->access);
  if (version_new(&s->now, s, service, home, false, why, why_size)) {
    free(s);
    return -1;
  }
  uv_timer_init(opts->loop, &s->sweeper);
  uv_unref((uv_handle_t *)&s->sweeper);
  s->sweeper.data = s;
  *out = s;
  return 0;
}

int site_switch(struct site *s, struct service *next, struct engine *home,
                char *why, size_t why_size)
{
  struct version *v = NULL;
  if (version_new(&v, s, next, home, true, why, why_size))
    return -1;
  v->older = s->now;
  s->now = v;
  sweep_soon(s);
  return 0;
}

struct engine *site_engine(const struct site *s)
{
  return s->now->engine;
}

const struct plan *site_plan(const struct site *s)
{
  return s->now->service->plan;
}

bool site_serves(const struct site *s, const struct service *service)
{
  return s->now->service == service;
}

void site_stop(struct site *s)
{
  sockets_stop(&s->sockets);
  for (struct version *v = s->now; v; v = v->older)
    engine_stop(v->engine);
}

void site_drain(struct site *s)
{
  s->draining = true;
  sockets_drain(&s->sockets);
  for (struct version *v = s->now; v; v = v->older)
    engine_run(v->engine);
}

void site_close(struct site **at, void (*closed)(void *), void *user)
{
  struct site *s = *at;
  *at = NULL;
  if (!s) {
    closed(user);
    return;
  }
  s->closing = true;
  s->closed = closed;
  s->user = user;
  sweep(&s->sweeper);
}

// ---- requests ----
static int method_of(const struct http_request *r)
{
  static const int8_t methods[] = {
      [HTTP_M_OTHER] = -1,
      [HTTP_M_GET] = METHOD_GET,
      [HTTP_M_HEAD] = METHOD_HEAD,
      [HTTP_M_POST] = METHOD_POST,
      [HTTP_M_PUT] = METHOD_PUT,
      [HTTP_M_DELETE] = METHOD_DELETE,
      [HTTP_M_OPTIONS] = METHOD_OPTIONS,
      [HTTP_M_PATCH] = METHOD_PATCH,
      [HTTP_M_TRACE] = -1,
  };
  return methods[r->method];
}

// A method that no route can have still finds out what the path can do.
static enum router_found find(const struct service *s,
                              const struct http_request *r,
                              struct router_match *match)
{
  int method = method_of(r);
  if (ws_asked(r) && router_find(s->router, METHOD_WS, r->raw_path,
                                 r->raw_path_size, match) == ROUTER_FOUND)
    return ROUTER_FOUND;
  if (method >= 0)
    return router_find(s->router, (enum plan_method)method, r->raw_path,
                       r->raw_path_size, match);
  enum router_found f =
      router_find(s->router, METHOD_WS, r->raw_path, r->raw_path_size, match);
  return f == ROUTER_FOUND ? ROUTER_OTHER_METHOD : f;
}

// Of one that is under way; NULL: it is not, or not yet.
static struct visit *visit_of(const struct http_request *r)
{
  struct visit *v = r->user;
  return v && v->version ? v : NULL;
}

static struct visit *visit_begin(struct site *s, struct http_request *r)
{
  r->arena.limit = s->opts.request_memory;
  r->arena.keeps = true;
  struct visit *v = r->user ? r->user : ARENA_NEW(&r->arena, struct visit);
  if (!v)
    return NULL;
  v->http = r;
  v->route = PLAN_NONE;
  v->version = s->now;
  v->version->live++;
  v->began = uv_hrtime();
  if (!v->trace)
    v->trace = trace_new(&s->tracer, r);
  meter_begin(v->version->meter);
  r->user = v;
  return v;
}

// Its body has still to come, and may never: meanwhile no version knows of it.
static void visit_pause(struct visit *v)
{
  meter_undo(v->version->meter);
  version_leave(v->version);
  v->version = NULL;
}

static int64_t behind(const struct visit *v, int64_t timeout)
{
  int64_t at;
  if (timeout <= 0 || __builtin_add_overflow(v->arrived, timeout, &at))
    return 0;
  return at;
}

// When the call has to be done, or its first piece to be there.
static int64_t deadline_of(const struct visit *v, bool first)
{
  const struct service_route *how = &v->version->service->routes[v->route];
  int64_t all = how->timeout;
  if (!all)
    all = v->version->site->opts.request_timeout;
  int64_t whole = behind(v, all);
  int64_t begun = first ? behind(v, how->first_piece_timeout) : 0;
  return begun && (!whole || begun < whole) ? begun : whole;
}

static void on_call_done(struct request *call)
{
  struct visit *v = call->user;
  const struct service *s = v->version->service;
  if (call->timed)
    v->given = uv_hrtime();
  if (call->open && s->routes[v->route].first_piece_timeout > 0)
    request_extend(call, deadline_of(v, false));
  if (stream_answer_begin(&v->stream, s, v->route, v->version->engine, call,
                          v->http, &v->version->site->piece))
    return;
  request_end(call);
  answer_call(s, v->route, call, v->http);
}

static void on_writable(struct http_request *r)
{
  struct visit *v = r->user;
  if (v->stream.reader.stream)
    stream_answer_go_on(&v->stream);
}

static void on_body(struct http_request *r)
{
  struct visit *v = r->user;
  body_stream_feed(&v->body);
  engine_run(v->version->engine);
}

static void on_gone(struct http_request *r)
{
  struct visit *v = r->user;
  stream_answer_leave(&v->stream);
  request_cancel(&v->call);
  http_respond_abort(r);
}

static void on_socket_gone(struct http_request *r)
{
  socket_gone(((struct visit *)r->user)->socket);
}

static void on_socket_input(struct http_request *r)
{
  socket_input(((struct visit *)r->user)->socket);
}

static void on_socket_writable(struct http_request *r)
{
  socket_writable(((struct visit *)r->user)->socket);
}

static void start_socket(struct visit *v, value *args)
{
  struct http_request *r = v->http;
  v->socket = socket_new(&v->version->site->sockets, v->version->service,
                         v->route, v->version->engine, &v->call, r);
  if (!v->socket) {
    http_respond_error(r, 503, "out of memory", NULL, 0);
    return;
  }
  r->on_gone = on_socket_gone;
  r->on_input = on_socket_input;
  r->on_writable = on_socket_writable;
  socket_start(v->socket, args);
}

// Whether its calls are to be noted.
static bool is_timed(const struct visit *v)
{
  return v->trace && (v->trace->sampled || v->version->site->tracer.slow);
}

static void start(struct visit *v, value *args)
{
  const struct service *s = v->version->service;
  struct http_request *r = v->http;
  v->call = (struct request){.arena = &r->arena,
                             .id = r->id,
                             .priority = s->routes[v->route].priority,
                             .queue_timeout = s->routes[v->route].queue_timeout,
                             .timed = is_timed(v),
                             .at_once = true};
  if (!steer_read(s, r, &v->call)) {
    http_respond_error(r, 503, NULL, NULL, 0);
    return;
  }
  if (s->plan->routes[v->route].method == METHOD_WS) {
    start_socket(v, args);
    return;
  }
  uint32_t body = s->routes[v->route].streams;
  if (body != PLAN_NONE) {
    const struct plan_route *row = &s->plan->routes[v->route];
    uint32_t type = s->plan->params[row->params.first + body].type;
    args[body].stream = body_stream_new(&v->body, s->plan, type, r);
    r->on_input = on_body;
  }
  v->call.done = on_call_done;
  v->call.user = v;
  v->arrived = engine_now(v->version->engine);
  v->call.deadline = deadline_of(v, true);
  r->on_gone = on_gone;
  r->on_writable = on_writable;
  request_start(v->version->engine, &v->call,
                s->plan->routes[v->route].function, args);
}

static void call_route(struct visit *v, const struct router_match *match)
{
  const struct service *s = v->version->service;
  struct http_request *r = v->http;
  v->route = match->route;
  if (s->plan->routes[v->route].method == METHOD_WS &&
      !socket_check(&v->version->site->sockets, r))
    return;
  uint32_t n = s->plan->routes[match->route].params.count;
  value *args = ARENA_ARRAY(&r->arena, n + 1, value);
  struct params params = {s, r, match, &r->arena, {.arena = &r->arena}};
  if (!args)
    http_respond_error(r, 503, "out of memory", NULL, 0);
  else if (!params_read(&params, args))
    answer_offences(s, v->route, &params.offences, r);
  else
    start(v, args);
}

void site_on_request(struct http_request *r, void *user)
{
  struct site *s = user;
  struct router_match match;
  struct visit *v = visit_begin(s, r);
  if (!v) {
    http_respond_error(r, 503, "out of memory", NULL, 0);
    return;
  }
  const struct service *service = v->version->service;
  enum router_found found = find(service, r, &match);
  if (service->guards && !v->let_in &&
      guards_answer(service->guards, found, &match, r))
    return;
  switch (found) {
  case ROUTER_UNKNOWN:
    http_respond_error(r, 404, NULL, NULL, 0);
    break;
  case ROUTER_OTHER_METHOD:
    if (r->method != HTTP_M_GET || !(match.allow & 1u << METHOD_WS))
      answer_allow(r, match.allow);
    else // a WebSocket is there, and this is no handshake
      socket_check(&s->sockets, r);
    break;
  case ROUTER_FOUND:
    if (match.route == PLAN_NONE)
      pages_answer(service, v->version->engine, &match, r, s->draining,
                   s->opts.metrics, s->opts.traces);
    else
      call_route(v, &match);
  }
}

// Who is not let in need not send a body. False: it is answered.
static bool let_in(struct site *s, struct http_request *r,
                   enum router_found found, const struct router_match *match)
{
  struct visit *v = visit_begin(s, r);
  if (!v) {
    http_respond_error(r, 503, "out of memory", NULL, 0);
    return false;
  }
  if (guards_answer(v->version->service->guards, found, match, r))
    return false;
  v->let_in = true;
  visit_pause(v);
  return true;
}

void site_on_headers(struct http_request *r, void *user)
{
  struct site *s = user;
  struct router_match match;
  const struct service *service = s->now->service;
  if (!service->has_body_limits && !service->guards)
    return;
  enum router_found found = find(service, r, &match);
  if (service->guards && !let_in(s, r, found, &match))
    return;
  if (found != ROUTER_FOUND || match.route == PLAN_NONE)
    return;
  const struct service_route *how = &service->routes[match.route];
  if (how->max_body)
    r->body_limit = how->max_body;
  r->streams = how->streams != PLAN_NONE &&
               service->plan->routes[match.route].method != METHOD_WS;
}

// ---- what is left to do behind an answer ----

// A conversation is as long as it is, and a stream too once it has begun.
static bool is_slow(const struct visit *v, uint64_t now)
{
  const struct plan *p = v->version->service->plan;
  int64_t slow = v->version->site->tracer.slow;
  return slow && v->route != PLAN_NONE &&
         p->routes[v->route].method != METHOD_WS &&
         (int64_t)((v->given ? v->given : now) - v->began) >= slow;
}

// Kept for the page of traces, where it is told whole.
static void keep_trace(struct site *s, struct http_request *r,
                       const struct access_entry *e)
{
  struct buf out = {.arena = &r->arena};
  access_json(e, &out);
  if (!out.failed && s->opts.traces)
    traces_add(s->opts.traces, out.data, out.size);
}

static void log_visit(struct site *s, struct http_request *r, int status,
                      uint64_t sent)
{
  struct visit *v = visit_of(r);
  struct access_entry e = {.http = r, .status = status, .sent = sent};
  if (v) {
    e.trace = v->trace;
    e.slow = is_slow(v, uv_hrtime());
    if (e.slow || (v->trace && v->trace->sampled))
      e.calls = v->call.timeline;
    e.now = engine_now(v->version->engine);
    const struct plan *p = v->version->service->plan;
    const struct error *error = &v->call.error;
    e.ms = (double)(uv_hrtime() - v->began) / 1e6;
    if (v->route != PLAN_NONE)
      e.route = plan_str(p, p->routes[v->route].path);
    if (v->call.failed) {
      e.error =
          arena_copy(&r->arena, error->message ? error->message->data : "",
                     error->message ? error->message->size : 0);
      if (error->line && error->file < p->n_files)
        e.file = plan_str(p, p->files[error->file].path);
      e.line = error->line;
      e.column = error->column;
    }
  }
  access_add(s->opts.access, &e);
  if (e.slow || (e.trace && e.trace->sampled))
    keep_trace(s, r, &e);
}

void site_on_done(struct http_request *r, int status, uint64_t sent, void *user)
{
  struct site *s = user;
  struct visit *v = visit_of(r);
  if (s->opts.access || (v && v->trace && v->trace->sampled))
    log_visit(s, r, status, sent);
  if (!v)
    return;
  int method = method_of(r);
  meter_end(v->version->meter, v->route,
            method < 0 ? "" : plan_method_name((enum plan_method)method),
            status, (double)(uv_hrtime() - v->began) / 1e9);
  version_leave(v->version);
}
