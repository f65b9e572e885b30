// Enters: what happened. Leaves: lines. The log owns its buffer and a timer.
#include "runtime/net/access.h"
#include "grammar/base/buf.h"
#include "grammar/base/number.h"
#include "runtime/codec/codec.h"
#include "runtime/net/trace.h"
#include "runtime/vm/engine.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  PERIOD_MS = 100,
  FULL = 32 << 10, // written at once
  MOST = 4 << 20,  // dropped beyond
  PIECE = 4096,    // what a pipe that is writable takes without waiting
};

struct access {
  enum access_form form;
  bool only_slow;
  struct buf buf;
  size_t written; // of the buffer
  uint64_t dropped;
  uv_timer_t timer;
  time_t second; // that `stamp` says
  char stamp[24];
};

static bool writable(void)
{
  struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

// All loops write to one output, each a whole line after the other. Where the
// output took a part of a line, the others wait for the rest of it.
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static const struct access *amid; // whose line it is; or NULL

// Whole lines, as many as a piece holds; or a piece of one that is longer.
static size_t next_piece(const struct access *a)
{
  const char *from = a->buf.data + a->written;
  size_t left = a->buf.size - a->written;
  size_t most = left < PIECE ? left : PIECE;
  const char *end = memrchr(from, '\n', most);
  return end ? (size_t)(end - from) + 1 : most;
}

static void write_lines(struct access *a, bool patient)
{
  while (a->written < a->buf.size && (patient || writable())) {
    ssize_t n = write(STDOUT_FILENO, a->buf.data + a->written, next_piece(a));
    if (n < 0 && errno != EINTR)
      a->written = a->buf.size; // nobody will ever read it
    if (n > 0)
      a->written += (size_t)n;
    amid = a->written && a->buf.data[a->written - 1] != '\n' ? a : NULL;
  }
}

// One who is patient is at its end, and waits for nobody.
static void flush(struct access *a, bool patient)
{
  pthread_mutex_lock(&output);
  if (patient || !amid || amid == a)
    write_lines(a, patient);
  pthread_mutex_unlock(&output);
  if (a->written == a->buf.size)
    a->written = a->buf.size = 0;
}

static void on_timer(uv_timer_t *t)
{
  struct access *a = t->data;
  flush(a, false);
  if (a->buf.size)
    uv_timer_start(t, on_timer, PERIOD_MS, 0);
}

struct access *access_new(uv_loop_t *loop, enum access_form form, bool slow)
{
  struct access *a = form != ACCESS_NONE || slow ? calloc(1, sizeof *a) : NULL;
  if (!a)
    return NULL;
  a->only_slow = form == ACCESS_NONE;
  a->form = a->only_slow ? ACCESS_TEXT : form;
  uv_timer_init(loop, &a->timer);
  uv_unref((uv_handle_t *)&a->timer);
  a->timer.data = a;
  return a;
}

static void on_closed(uv_handle_t *h)
{
  struct access *a = h->data;
  buf_free(&a->buf);
  free(a);
}

void access_close(struct access **at)
{
  struct access *a = *at;
  *at = NULL;
  if (!a)
    return;
  flush(a, true);
  uv_close((uv_handle_t *)&a->timer, on_closed);
}

// A second's text serves all its lines.
static void add_time(struct access *a)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != a->second || !a->stamp[0]) {
    struct tm t;
    gmtime_r(&now.tv_sec, &t);
    strftime(a->stamp, sizeof a->stamp, "%Y-%m-%dT%H:%M:%S.", &t);
    a->second = now.tv_sec;
  }
  long ms = now.tv_nsec / 1000000;
  char rest[] = {(char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
                 (char)('0' + ms % 10), 'Z'};
  buf_adds(&a->buf, a->stamp);
  buf_add(&a->buf, rest, sizeof rest);
}

static void add_string(struct buf *b, const char *key, const char *text,
                       size_t size)
{
  buf_adds(b, ",\"");
  buf_adds(b, key);
  buf_adds(b, "\":");
  json_encode_text(text, size, b);
}

static void add_number(struct buf *b, const char *key, int64_t x)
{
  buf_adds(b, ",\"");
  buf_adds(b, key);
  buf_adds(b, "\":");
  number_add_int(b, x);
}

// To the microsecond, as "%.3f" has it: printf costs more than all the rest.
static void add_ms(struct buf *b, double ms)
{
  int64_t us = llround(ms * 1000), part = us % 1000;
  char rest[] = {'.', (char)('0' + part / 100), (char)('0' + part / 10 % 10),
                 (char)('0' + part % 10)};
  number_add_int(b, us / 1000);
  buf_add(b, rest, sizeof rest);
}

static void add_trace(struct buf *b, const struct trace *t)
{
  add_string(b, "trace_id", t->id, strlen(t->id));
  add_string(b, "span_id", t->span, strlen(t->span));
  if (t->parent[0])
    add_string(b, "parent_id", t->parent, strlen(t->parent));
  if (t->state)
    add_string(b, "tracestate", t->state, strlen(t->state));
}

// All behind the time.
static void add_fields(struct buf *b, const struct access_entry *e)
{
  const struct http_request *r = e->http;
  add_string(b, "id", r->id, r->id_size);
  if (e->trace)
    add_trace(b, e->trace);
  add_string(b, "client", r->client, strlen(r->client));
  if (r->secure)
    buf_adds(b, ",\"scheme\":\"https\"");
  add_string(b, "method", r->method_text, strlen(r->method_text));
  add_string(b, "path", r->path, r->path_size);
  if (e->route)
    add_string(b, "route", e->route, strlen(e->route));
  add_number(b, "status", e->status);
  add_number(b, "bytes", (int64_t)e->sent);
  buf_adds(b, ",\"ms\":");
  add_ms(b, e->ms);
  if (e->error)
    add_string(b, "error", e->error, strlen(e->error));
  if (e->error && e->file) {
    add_number(b, "line", e->line);
    add_number(b, "column", e->column);
    add_string(b, "file", e->file, strlen(e->file));
  }
  if (e->slow)
    buf_adds(b, ",\"slow\":true");
  if (e->calls) {
    buf_addc(b, ',');
    timeline_json(e->calls, e->now, b);
  }
  buf_addc(b, '}');
}

static void add_json(struct access *a, const struct access_entry *e)
{
  buf_adds(&a->buf, "{\"time\":\"");
  add_time(a);
  buf_addc(&a->buf, '"');
  add_fields(&a->buf, e);
  buf_addc(&a->buf, '\n');
}

void access_json(const struct access_entry *e, struct buf *out)
{
  char at[40];
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  size_t n =
      moment_print_time(at, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
  buf_addf(out, "{\"time\":\"%.*s\"", (int)n, at);
  add_fields(out, e);
}

// What a client chose cannot begin a line of its own or colour a terminal.
static void add_safe(struct buf *b, const char *text, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20 || c == 0x7F)
      buf_addf(b, "\\x%02x", c);
    else
      buf_addc(b, (char)c);
  }
}

static void add_text(struct access *a, const struct access_entry *e)
{
  struct buf *b = &a->buf;
  const struct http_request *r = e->http;
  add_time(a);
  buf_addc(b, ' ');
  buf_adds(b, *r->client ? r->client : "-");
  buf_addc(b, ' ');
  add_safe(b, r->method_text, strlen(r->method_text));
  buf_addc(b, ' ');
  add_safe(b, r->path, r->path_size);
  buf_addc(b, ' ');
  number_add_int(b, e->status);
  buf_addc(b, ' ');
  number_add_int(b, (int64_t)e->sent);
  buf_addc(b, ' ');
  add_ms(b, e->ms);
  buf_adds(b, "ms ");
  add_safe(b, r->id, r->id_size);
  if (e->error) {
    buf_adds(b, " error: ");
    add_safe(b, e->error, strlen(e->error));
  }
  if (e->error && e->file)
    buf_addf(b, " (%s:%u:%u)", e->file, e->line, e->column);
  if (e->slow)
    buf_adds(b, " slow");
  if (e->calls) {
    buf_adds(b, " calls: ");
    timeline_line(e->calls, e->now, b);
  }
  buf_addc(b, '\n');
}

static void note_dropped(struct access *a)
{
  if (!a->dropped || a->buf.size > MOST / 2)
    return;
  buf_addf(&a->buf,
           a->form == ACCESS_JSON ? "{\"dropped\":%llu}\n"
                                  : "dropped %llu lines\n",
           (unsigned long long)a->dropped);
  a->dropped = 0;
}

void access_add(struct access *a, const struct access_entry *e)
{
  if (!a || (a->only_slow && !e->slow))
    return;
  size_t before = a->buf.size;
  uint64_t dropped = a->dropped;
  note_dropped(a);
  if (a->buf.size > MOST) {
    a->dropped++;
    return;
  }
  if (a->form == ACCESS_JSON)
    add_json(a, e);
  else
    add_text(a, e);
  if (a->buf.failed) { // no memory: none of it, and the next line tries again
    a->buf.failed = false;
    a->buf.size = before;
    a->dropped = dropped + 1;
  }
  if (a->buf.size - a->written > FULL)
    flush(a, false);
  if (a->buf.size && !uv_is_active((uv_handle_t *)&a->timer))
    uv_timer_start(&a->timer, on_timer, PERIOD_MS, 0);
}
