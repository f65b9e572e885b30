// Enters: requests of tests. Leaves: answers. The server is there from a test's
// first request to its end; each request has a connection of its own, a pair of
// sockets, over which bytes go to and fro until nothing moves any more. Then
// the engine's clock may move.
#include "runtime/net/rehearsal.h"
#include "runtime/net/http.h"
#include "runtime/net/question.h"
#include "runtime/net/site.h"
#include "runtime/serve/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { QUIET = 4 }; // looks at the loop without news, and there is none

struct inquiry {
  struct inquiry *next;
  struct question question;
  struct stream *stream; // of the answer; NULL: nobody wants it
  int fd;                // -1: closed
};

struct rehearsal {
  struct outside outside; // first
  struct service *service;
  struct engine *engine;
  uv_loop_t loop;
  struct metrics *metrics;
  struct site *site;
  struct http_server *server;
  struct inquiry *inquiries;
  bool open, over; // the server is there; it has ended
};

// ---- the server ----

// A server listens somewhere; nobody knows where, and nobody comes.
static int listen_nowhere(void)
{
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && (bind(fd, (struct sockaddr *)&name, sizeof(sa_family_t)) ||
                  listen(fd, 1))) {
    close(fd);
    fd = -1;
  }
  return fd;
}

static bool serve(struct rehearsal *r)
{
  char why[256];
  struct http_address nowhere = {.fd = listen_nowhere()};
  struct http_options http = {
      .listen = &nowhere, .n_listen = 1, .on_headers = site_on_headers};
  if (nowhere.fd < 0)
    return false;
  if (http_server_start(&r->server, &r->loop, &http, site_on_request, r->site,
                        why, sizeof why))
    return false; // the socket is the server's
  return true;
}

static void on_over(void *user)
{
  ((struct rehearsal *)user)->over = true;
}

static void close_site(struct rehearsal *r)
{
  r->over = false;
  site_close(&r->site, on_over, r);
  while (!r->over)
    uv_run(&r->loop, UV_RUN_ONCE);
}

static bool open_server(struct rehearsal *r)
{
  char why[256];
  if (uv_loop_init(&r->loop))
    return false;
  struct site_options opts = {.loop = &r->loop,
                              .engine = r->engine,
                              .metrics = r->metrics,
                              .shard = metrics_shard(r->metrics, 0)};
  if (site_new(&r->site, r->service, NULL, &opts, why, sizeof why)) {
    uv_loop_close(&r->loop);
    return false;
  }
  if (!serve(r)) {
    close_site(r);
    uv_loop_close(&r->loop);
    return false;
  }
  r->open = true;
  return true;
}

// ---- requests ----

static void hang_up(struct inquiry *v)
{
  if (v->fd >= 0)
    close(v->fd);
  v->fd = -1;
}

static void on_taken(struct stream *s)
{
  ((struct inquiry *)stream_user(s))->stream = NULL;
  stream_over(s, NULL);
}

static void on_unwanted(struct stream *s)
{
  struct inquiry *v = stream_user(s);
  v->stream = NULL;
  hang_up(v);
}

static const struct stream_source source = {.want = on_taken,
                                            .drop = on_unwanted};

static bool connect_to(struct rehearsal *r, struct inquiry *v)
{
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair))
    return false;
  v->fd = pair[0];
  if (!http_server_adopt(r->server, pair[1]))
    return true;
  hang_up(v);
  return false;
}

static struct stream *ask(struct outside *o, struct arena *a, uint32_t of,
                          const struct asked *asked, const char **why)
{
  struct rehearsal *r = (struct rehearsal *)o;
  struct inquiry *v = ARENA_NEW(a, struct inquiry);
  *why = v ? question_ask(&v->question, a, asked) : "there is no memory";
  if (*why)
    return NULL;
  *why = "there is no server";
  if ((!r->open && !open_server(r)) || !connect_to(r, v))
    return NULL;
  v->stream = stream_fed(a, of, &source, v);
  if (!v->stream) {
    hang_up(v);
    return NULL;
  }
  v->next = r->inquiries;
  r->inquiries = v;
  return v->stream;
}

// ---- bytes ----

static bool send_more(struct inquiry *v)
{
  struct question *q = &v->question;
  if (q->sent == q->out.size)
    return false;
  ssize_t n =
      send(v->fd, q->out.data + q->sent, q->out.size - q->sent, MSG_NOSIGNAL);
  if (n > 0)
    q->sent += (size_t)n;
  else if (errno != EAGAIN && errno != EINTR)
    q->sent = q->out.size; // it is answered already, or never will be
  return n > 0;
}

static bool read_more(struct inquiry *v)
{
  char bytes[16 << 10];
  ssize_t n = recv(v->fd, bytes, sizeof bytes, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  question_read(&v->question, bytes, n > 0 ? (size_t)n : 0);
  return true;
}

static void answer(struct inquiry *v)
{
  value piece;
  hang_up(v);
  if (!v->stream)
    return;
  if (question_answer(&v->question, &piece)) {
    stream_put(v->stream, piece);
    return;
  }
  struct stream *s = v->stream;
  v->stream = NULL;
  stream_over(s, NULL);
}

static bool move(struct rehearsal *r)
{
  bool moved = false;
  for (struct inquiry **at = &r->inquiries; *at;) {
    struct inquiry *v = *at;
    if (v->fd >= 0)
      moved |= send_more(v) | read_more(v);
    if (v->fd >= 0 && !v->question.done) {
      at = &v->next;
      continue;
    }
    *at = v->next;
    answer(v);
  }
  return moved;
}

static void turn(struct outside *o)
{
  struct rehearsal *r = (struct rehearsal *)o;
  for (int quiet = 0; r->inquiries && quiet < QUIET; quiet++) {
    uv_run(&r->loop, UV_RUN_NOWAIT);
    if (move(r))
      quiet = 0;
  }
}

// ---- a test ----

static void begin(struct outside *o, struct engine *engine)
{
  ((struct rehearsal *)o)->engine = engine;
}

// Requests that are still under way see that their clients leave.
static void end(struct outside *o)
{
  struct rehearsal *r = (struct rehearsal *)o;
  for (struct inquiry *v = r->inquiries; v; v = v->next)
    hang_up(v);
  r->inquiries = NULL;
  if (!r->open)
    return;
  r->over = false;
  http_server_close(r->server, on_over, r);
  while (!r->over)
    uv_run(&r->loop, UV_RUN_ONCE);
  close_site(r);
  while (uv_loop_close(&r->loop) == UV_EBUSY)
    uv_run(&r->loop, UV_RUN_ONCE);
  r->open = false;
}

struct outside *rehearsal_new(struct service *service)
{
  struct rehearsal *r = calloc(1, sizeof *r);
  if (!r)
    return NULL;
  r->service = service;
  r->outside = (struct outside){begin, ask, turn, end};
  if (metrics_new(&r->metrics, 1)) {
    free(r);
    return NULL;
  }
  return &r->outside;
}

void rehearsal_free(struct outside **o)
{
  struct rehearsal *r = (struct rehearsal *)*o;
  *o = NULL;
  if (!r)
    return;
  metrics_free(&r->metrics);
  free(r);
}
