// HTTP connections over a socket pair: a client that sends, waits, stops
// reading, half-closes and vanishes as the input says, and handlers that answer
// at once, later, in pieces or never. At the end nothing may be left open.
//
// The input is a list of steps: a byte for what to do, and for sends a byte for
// how much of what follows.
#include "runtime/net/http.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uv_loop_t loop;
static struct http_server *server;
static struct http_request *pending; // the one with a handler
static bool begun;
static unsigned handed, done;

// Takes some of what has come of a body that streams; at its end says how it
// was.
static void on_input(struct http_request *r)
{
  char *at;
  const char *why;
  size_t size;
  while ((size = http_input(r, &at))) {
    MUST(!memchr(at, 0, size) || size); // all of it may be read
    http_input_took(r, r->path[1] == 'f' ? size : 1);
    if (r->path[1] == 'd') // ... and the rest later
      return;
  }
  int end = http_input_end(r, &why);
  if (!end)
    return;
  pending = NULL;
  http_respond(r, end, "text/plain", why, strlen(why), NULL, 0);
}

static void on_gone(struct http_request *r)
{
  MUST(r == pending);
  if (!strcmp(r->path, "/stay"))
    return; // ends in a later step
  pending = NULL;
  http_respond_abort(r);
}

static void on_request(struct http_request *r, void *user)
{
  MUST(!pending);
  handed++;
  if (!strcmp(r->path, "/") || !strcmp(r->path, "/skip")) {
    http_respond(r, 200, "text/plain", "hello", 5, NULL, 0);
    return;
  }
  if (!strcmp(r->path, "/echo")) {
    http_respond(r, 200, NULL, r->body, r->body_size, r->headers, r->n_headers);
    return;
  }
  pending = r;
  begun = false;
  r->on_gone = on_gone;
  if (!strcmp(r->path, "/flow") || !strcmp(r->path, "/drip")) {
    r->on_input = on_input;
    on_input(r);
    return;
  }
  if (!strncmp(r->path, "/s", 2) && strcmp(r->path, "/stay")) {
    begun = true;
    http_respond_begin(r, 200, "text/plain", NULL, 0);
  }
}

static void on_headers(struct http_request *r, void *user)
{
  r->streams = !strcmp(r->path, "/flow") || !strcmp(r->path, "/drip") ||
               !strcmp(r->path, "/skip");
  if (!strcmp(r->path, "/no"))
    http_respond_error(r, 404, NULL, NULL, 0);
  if (!strcmp(r->path, "/few"))
    r->body_limit = 5;
}

static void on_done(struct http_request *r, int status, uint64_t sent,
                    void *user)
{
  done++;
}

static void start(void)
{
  struct http_options o = {.on_headers = on_headers,
                           .on_done = on_done,
                           .head_limit = 4096,
                           .body_limit = 100000};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&loop);
  MUST(!http_server_start(&server, &loop, &o, on_request, NULL, NULL, 0));
}

static void turn(void)
{
  for (int i = 0; i < 3; i++)
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void finish_pending(uint8_t how)
{
  static const char piece[70000];
  struct http_request *r = pending;
  if (!r)
    return;
  if (r->on_input && how % 4 < 2) {
    r->on_input(r);
    return;
  }
  if (begun && how % 4 < 2) {
    http_respond_piece(r, piece, how % 4 ? sizeof piece : 10);
    return;
  }
  pending = NULL;
  if (how % 4 == 3)
    http_respond_abort(r);
  else if (begun)
    http_respond_end(r);
  else
    http_respond(r, 200, "text/plain", piece, how % 8 == 2 ? 20000 : 3, NULL,
                 0);
}

// Reads what is there; the first bytes of all must be HTTP.
static void drink(int fd, bool *first)
{
  char in[65536];
  ssize_t n = recv(fd, in, sizeof in, MSG_DONTWAIT);
  if (n >= 9 && *first)
    MUST(!memcmp(in, "HTTP/1.1 ", 9));
  if (n > 0)
    *first = false;
}

static void steps(int fd, const uint8_t *data, size_t size)
{
  bool first = true;
  for (size_t at = 0; at < size;) {
    uint8_t what = data[at++];
    size_t n = at < size ? data[at] : 0;
    switch (what % 8) {
    case 0:
    case 1:
      at += at < size;
      n = n < size - at ? n : size - at;
      if (send(fd, data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
      at += n;
      turn();
      break;
    case 2:
      drink(fd, &first);
      turn();
      break;
    case 3:
      finish_pending((uint8_t)n);
      at += at < size;
      turn();
      break;
    case 4:
      shutdown(fd, SHUT_WR);
      turn();
      break;
    case 5:
      return;
    default: // all the rest in one piece
      send(fd, data + at, size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
      turn();
      at = size;
      drink(fd, &first);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  int pair[2];
  if (!server)
    start();
  handed = done = 0;
  MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  MUST(!http_server_adopt(server, pair[1]));
  turn();
  steps(pair[0], data, size);
  turn();
  close(pair[0]);
  for (int i = 0; i < 20 && http_server_stats(server).open; i++) {
    turn();
    finish_pending(2);
  }
  struct http_stats s = http_server_stats(server);
  MUST(!pending && s.open == 0 && s.working == 0);
  MUST(done >= handed);
  return 0;
}
