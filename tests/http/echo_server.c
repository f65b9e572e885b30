// A server for the tests of runtime/net: fixed routes, limits by options.
//   /            hello          /echo        the body (method and length in
//   /slow?ms=N   after N ms     /stream?n=N&size=M&ms=T   N pieces   headers)
//   /head        refused with 404 before the body is read
//   /limit       takes bodies up to 10 bytes
//   /never       ends when the client has gone; /gone counts those
//   /show        what was understood of the request, one thing a line
//   /stats       counters
// Prints "ready PORT" to stdout. SIGTERM drains, SIGINT closes at once.
#include "grammar/base/buf.h"
#include "runtime/net/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct http_server *server;
static uv_loop_t loop;
static uv_signal_t on_term, on_int;
static unsigned gone, not_whole;
static uint64_t done_count;

struct wait { // of /slow and /stream
  uv_timer_t timer;
  struct http_request *request;
  long left, size, ms;
  struct wait *next;
};

static struct wait *waits; // unused ones

static struct wait *wait_new(struct http_request *r)
{
  struct wait *w = waits;
  if (w) {
    waits = w->next;
  } else {
    w = calloc(1, sizeof *w);
    if (!w)
      abort();
    uv_timer_init(&loop, &w->timer);
    w->timer.data = w;
  }
  w->request = r;
  r->user = w;
  return w;
}

static void wait_end(struct wait *w)
{
  uv_timer_stop(&w->timer);
  w->next = waits;
  waits = w;
}

static long query_number(const struct http_request *r, const char *name,
                         long otherwise)
{
  size_t n = strlen(name);
  for (const char *p = r->query; p && *p; p = strchr(p, '&'), p += p != NULL)
    if (!strncmp(p, name, n) && p[n] == '=')
      return strtol(p + n + 1, NULL, 10);
  return otherwise;
}

static void text(struct http_request *r, int status, const char *body)
{
  http_respond(r, status, "text/plain; charset=utf-8", body, strlen(body), NULL,
               0);
}

static void on_slow_done(uv_timer_t *timer)
{
  struct wait *w = timer->data;
  struct http_request *r = w->request;
  wait_end(w);
  text(r, 200, "slow");
}

static void on_slow_gone(struct http_request *r)
{
  gone++;
  wait_end(r->user);
  http_respond_abort(r);
}

static void on_never_gone(struct http_request *r)
{
  gone++;
  http_respond_abort(r);
}

static void stream_more(struct http_request *r)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
  static char piece[1 << 20];
  struct wait *w = r->user;
  while (w->left > 0) {
    memset(piece, letters[w->left % 26], sizeof piece);
    w->left--;
    int e = http_respond_piece(r, piece, (size_t)w->size);
    if (e == HTTP_GONE) {
      http_respond_abort(r);
      wait_end(w);
      return;
    }
    if (e == HTTP_FULL)
      return; // on_writable goes on
    if (w->ms)
      return; // the timer goes on
  }
  wait_end(w);
  if (query_number(r, "abort", 0))
    http_respond_abort(r);
  else
    http_respond_end(r);
}

static void on_stream_tick(uv_timer_t *timer)
{
  struct wait *w = timer->data;
  stream_more(w->request);
}

static void stream(struct http_request *r)
{
  struct wait *w = wait_new(r);
  w->left = query_number(r, "n", 3);
  w->size = query_number(r, "size", 5);
  w->ms = query_number(r, "ms", 0);
  r->on_writable = w->ms ? NULL : stream_more;
  r->on_gone = on_slow_gone;
  http_respond_begin(r, 200, "text/plain", NULL, 0);
  if (w->ms)
    uv_timer_start(&w->timer, on_stream_tick, (uint64_t)w->ms, (uint64_t)w->ms);
  else
    stream_more(r);
}

static void show(struct http_request *r)
{
  struct buf b = {.arena = &r->arena};
  buf_addf(&b, "method %s %d\n", r->method_text, (int)r->method);
  buf_addf(&b, "target %s\npath %s\nraw %.*s\nquery %s\n", r->target, r->path,
           (int)r->raw_path_size, r->raw_path, r->query);
  buf_addf(&b, "minor %d keep %d host %s\n", r->minor, r->keep_alive, r->host);
  buf_addf(&b, "sizes %d\n",
           r->target_size == strlen(r->target) &&
               r->path_size == strlen(r->path) &&
               r->query_size == strlen(r->query));
  buf_addf(&b, "client %s %d\nid %s\n", r->client, r->client_port > 0, r->id);
  buf_addf(&b, "secure %d\n", r->secure);
  for (size_t i = 0; i < r->n_headers; i++)
    buf_addf(&b, "header %s=%s\n", r->headers[i].name, r->headers[i].value);
  buf_addf(&b, "body %zu %.*s\n", r->body_size, (int)r->body_size, r->body);
  http_respond(r, 200, "text/plain", b.data, b.size, NULL, 0);
}

static void stats(struct http_request *r)
{
  struct http_stats s = http_server_stats(server);
  char out[300];
  snprintf(out, sizeof out,
           "accepted %llu\nrequests %llu\nrefused %llu\nopen %u\nworking %u\n"
           "gone %u\ndone %llu\nbroken %u\n",
           (unsigned long long)s.accepted, (unsigned long long)s.requests,
           (unsigned long long)s.refused, s.open, s.working, gone,
           (unsigned long long)done_count, not_whole);
  text(r, 200, out);
}

static void echo(struct http_request *r)
{
  const struct http_header *type = http_find(r, "content-type");
  struct http_header extra = {.name = "x-method", .value = r->method_text};
  http_respond(r, 200, type ? type->value : NULL, r->body, r->body_size, &extra,
               1);
}

static bool at(const struct http_request *r, const char *path)
{
  return !strcmp(r->path, path);
}

static void slow(struct http_request *r)
{
  struct wait *w = wait_new(r);
  r->on_gone = query_number(r, "stay", 0) ? NULL : on_slow_gone;
  uv_timer_start(&w->timer, on_slow_done, (uint64_t)query_number(r, "ms", 100),
                 0);
}

static void on_request(struct http_request *r, void *user)
{
  if (at(r, "/"))
    text(r, 200, "hello");
  else if (at(r, "/echo") || at(r, "/limit") || at(r, "/lower"))
    echo(r);
  else if (at(r, "/slow"))
    slow(r);
  else if (at(r, "/stream"))
    stream(r);
  else if (at(r, "/never"))
    r->on_gone = on_never_gone;
  else if (at(r, "/show") || at(r, "*") || !strncmp(r->path, "/show/", 6))
    show(r);
  else if (at(r, "/stats"))
    stats(r);
  else if (at(r, "/empty"))
    http_respond(r, 204, NULL, NULL, 0, NULL, 0);
  else if (at(r, "/bad"))
    http_respond(r, 200, "text/plain", "x", 1,
                 &(struct http_header){.name = "x-a", .value = "1\r\nx-b: 2"},
                 1);
  else
    http_respond_error(r, 404, NULL, NULL, 0);
}

static void on_headers(struct http_request *r, void *user)
{
  if (at(r, "/head"))
    http_respond_error(r, 404, "refused \"early\"", NULL, 0);
  if (at(r, "/limit"))
    r->body_limit = 10;
}

static void on_done(struct http_request *r, int status, uint64_t sent,
                    void *user)
{
  done_count++;
  not_whole += status == 0;
}

static void print_log(const char *line, void *user)
{
  fprintf(stderr, "%s\n", line);
}

static void on_timer_closed(uv_handle_t *handle)
{
  free(handle->data);
}

static void on_server_done(void *user)
{
  uv_close((uv_handle_t *)&on_term, NULL);
  uv_close((uv_handle_t *)&on_int, NULL);
  while (waits) {
    struct wait *w = waits;
    waits = w->next;
    uv_close((uv_handle_t *)&w->timer, on_timer_closed);
  }
}

static void on_signal(uv_signal_t *signal, int number)
{
  if (number == SIGTERM)
    http_server_drain(server, on_server_done, NULL);
  else
    http_server_close(server, on_server_done, NULL);
}

static struct http_address address;
static const char *cert, *proxies;
static struct http_tls *tls;
static struct http_proxies *trusted;

static void option(struct http_options *o, const char *arg)
{
  const char *value = strchr(arg, '=');
  long n = value ? strtol(value + 1, NULL, 10) : 0;
  if (!strncmp(arg, "port=", 5))
    address.port = (int)n;
  else if (!strncmp(arg, "head_ms=", 8))
    o->head_ms = (uint32_t)n;
  else if (!strncmp(arg, "body_ms=", 8))
    o->body_ms = (uint32_t)n;
  else if (!strncmp(arg, "idle_ms=", 8))
    o->idle_ms = (uint32_t)n;
  else if (!strncmp(arg, "write_ms=", 9))
    o->write_ms = (uint32_t)n;
  else if (!strncmp(arg, "body_limit=", 11))
    o->body_limit = (size_t)n;
  else if (!strncmp(arg, "max=", 4))
    o->max_connections = (uint32_t)n;
  else if (!strncmp(arg, "fd=", 3))
    address.fd = (int)n;
  else if (!strncmp(arg, "shared=", 7))
    o->reuseport = n != 0;
  else if (!strncmp(arg, "host=", 5))
    address.host = value + 1;
  else if (!strncmp(arg, "path=", 5))
    address.path = value + 1;
  else if (!strncmp(arg, "cert=", 5)) // and its key, in one file
    cert = value + 1;
  else if (!strncmp(arg, "proxies=", 8))
    proxies = value + 1;
  else if (!strncmp(arg, "proxy=", 6))
    o->proxy_protocol = n != 0;
  else if (!strncmp(arg, "bare", 4))
    o->on_headers = NULL, o->on_done = NULL;
}

int main(int argc, char **argv)
{
  char error[300];
  struct http_options o = {
      .on_headers = on_headers, .on_done = on_done, .log = print_log};
  o.listen = &address;
  o.n_listen = 1;
  for (int i = 1; i < argc; i++)
    option(&o, argv[i]);
  uv_loop_init(&loop);
  if ((cert && http_tls_new(&tls, cert, cert, error, sizeof error)) ||
      (proxies && http_proxies_new(&trusted, &proxies, 1))) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  signal(SIGPIPE, SIG_IGN); // TLS writes without MSG_NOSIGNAL
  address.secure = tls != NULL;
  o.tls = tls;
  o.proxies = trusted;
  if (http_server_start(&server, &loop, &o, on_request, NULL, error,
                        sizeof error)) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  uv_signal_init(&loop, &on_term);
  uv_signal_init(&loop, &on_int);
  uv_signal_start(&on_term, on_signal, SIGTERM);
  uv_signal_start(&on_int, on_signal, SIGINT);
  printf("ready %d\n", http_server_port(server, 0));
  fflush(stdout);
  uv_run(&loop, UV_RUN_DEFAULT);
  http_tls_free(&tls);
  http_proxies_free(&trusted);
  return uv_loop_close(&loop) ? 2 : 0;
}
