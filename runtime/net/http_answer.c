// What a handler says enters; HTTP leaves to http_out.c. Heads are put together
// by copying: status lines, the date of this second and request ids are ready
// text.
#include "runtime/net/http_conn.h"
#include "runtime/net/http_gzip.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

enum {
  FIRST_STATUS = 100,
  LAST_STATUS = 599,
  HEAD_FIXED = 512, // all of a head but content type and extra headers
  HEAD_MOST = OUT_ROOM / 2,
  CHUNK_FRAME = 24, // size line and line end of a chunk
  UPGRADE_HEADERS = 4,
  DATE_SIZE = 29,
};

// How the end of a body is told, where its length is not known before.
static const uint64_t IN_CHUNKS = UINT64_MAX, UNTIL_CLOSE = UINT64_MAX - 1,
                      NO_LENGTH = UINT64_MAX - 2, UPGRADED = UINT64_MAX - 3;

struct status_line {
  const char *text, *line;
  size_t size; // of line
};

static const struct status_line statuses[LAST_STATUS + 1 - FIRST_STATUS] = {
#define LINE(number, text) "HTTP/1.1 " #number " " text "\r\ndate: "
#define STATUS(number, text)                                                   \
  [number - FIRST_STATUS] = {text, LINE(number, text),                         \
                             sizeof LINE(number, text) - 1},
#include "runtime/net/http_statuses.def"
#undef STATUS
#undef LINE
};

static const struct status_line *status_of(int status)
{
  if (status < FIRST_STATUS || status > LAST_STATUS ||
      !statuses[status - FIRST_STATUS].text)
    return NULL;
  return &statuses[status - FIRST_STATUS];
}

const char *http_status_text(int status)
{
  const struct status_line *s = status_of(status);
  return s ? s->text : "Unknown";
}

static char *put(char *to, const char *text, size_t size)
{
  memcpy(to, text, size);
  return to + size;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

static char *put_number(char *to, uint64_t n)
{
  char digits[20];
  int i = sizeof digits;
  do
    digits[--i] = (char)('0' + n % 10);
  while (n /= 10);
  return put(to, digits + i, sizeof digits - (size_t)i);
}

// Eight digits of a number at once: its nibbles are spread over the bytes of a
// word, the most significant first in memory, and turned to text together.
static uint64_t hex_word(uint32_t n)
{
  uint64_t x = __builtin_bswap32(n);
  x = (x | x << 16) & 0x0000ffff0000ffff;
  x = (x | x << 8) & 0x00ff00ff00ff00ff;
  x = (x >> 4 | x << 8) & 0x0f0f0f0f0f0f0f0f;
  uint64_t letters = (x + 0x0606060606060606) >> 4 & 0x0101010101010101;
  return x + 0x3030303030303030 + letters * ('a' - '0' - 10);
}

static char *put_hex(char *to, uint64_t n)
{
  uint64_t words[2] = {hex_word((uint32_t)(n >> 32)), hex_word((uint32_t)n)};
  return put(to, (const char *)words, sizeof words);
}

void answer_init(struct http_server *s)
{
  uint64_t random[2];
  if (getrandom(random, sizeof random, GRND_NONBLOCK) != sizeof random) {
    random[0] = uv_hrtime() ^ (uintptr_t)s; // ids need to differ, not to hide
    random[1] = uv_hrtime() * 0x9e3779b97f4a7c15u;
  }
  put_hex(s->id_prefix, random[0]);
  s->id_next = random[1];
}

// 32 hex digits, which are also a sound trace id: the prefix is the server's,
// the rest counts.
void answer_made_id(struct http_server *s, struct http_request *r)
{
  char *end =
      put_hex(put(r->id, s->id_prefix, sizeof s->id_prefix), s->id_next++);
  *end = 0;
  r->id_size = (uint8_t)(end - r->id);
}

// RFC 9110 5.6.7, in English whatever the locale.
static void date_make(struct http_server *s, uint64_t now)
{
  static const char days[] = "SunMonTueWedThuFriSat";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  struct timespec at;
  struct tm t;
  clock_gettime(CLOCK_REALTIME, &at);
  gmtime_r(&at.tv_sec, &t);
  snprintf(s->date, sizeof s->date, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
           days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon,
           t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  s->date_until = now + 1000 - (uint64_t)at.tv_nsec / 1000000;
}

static char *put_date(char *to, struct http_server *s)
{
  uint64_t now = uv_now(s->loop);
  if (now >= s->date_until)
    date_make(s, now);
  return put(to, s->date, DATE_SIZE);
}

static bool has_control(const char *text, size_t size)
{
  const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  uint64_t found = 0;
  size_t i = 0;
  // Eight at a time, below ' ' or DEL; a tab is looked at again.
  for (; i + 8 <= size; i += 8) {
    uint64_t word, del;
    memcpy(&word, text + i, 8);
    del = word ^ ones * 127;
    found |= ((word - ones * ' ') & ~word) | ((del - ones) & ~del);
  }
  if (!(found & tops) && i == size)
    return false;
  for (i = found & tops ? 0 : i; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((c < ' ' && c != '\t') || c == 127)
      return true;
  }
  return false;
}

// The size of a text that may stand in a head, or -1.
static ssize_t sound(const char *text, size_t size)
{
  if (size == 0)
    size = strlen(text);
  return has_control(text, size) ? -1 : (ssize_t)size;
}

static ssize_t sound_name(const char *text, size_t size)
{
  ssize_t n = sound(text, size);
  for (ssize_t i = 0; i < n; i++)
    if (strchr("\t ()<>@,;:\\\"/[]?={}", text[i]) || text[i] & 0x80)
      return -1;
  return n == 0 ? -1 : n;
}

// What a field takes, or 0 if it must not be sent.
static size_t field_most(const struct http_header *h)
{
  ssize_t name = sound_name(h->name, h->name_size);
  ssize_t value = sound(h->value, h->value_size);
  return name < 0 || value < 0 ? 0 : (size_t)name + (size_t)value + 4;
}

// What a head takes at most, or 0 if it must not be sent.
static size_t head_most(const struct http_request *r, const char *type,
                        const struct http_header *extra, size_t n)
{
  ssize_t size = type ? sound(type, 0) : 0;
  size_t most = HEAD_FIXED + (size_t)size;
  if (size < 0)
    return 0;
  for (size_t i = 0; i < n + r->n_more; i++) {
    size_t field = field_most(i < n ? &extra[i] : &r->more[i - n]);
    most += field;
    if (!field || most > HEAD_MOST)
      return 0;
  }
  return most;
}

// Whether a request's own fields displace it; `vary` is a list of all.
static bool is_displaced(const struct http_request *r,
                         const struct http_header *h)
{
  for (size_t i = 0; i < r->n_more; i++)
    if (!strcasecmp(r->more[i].name, h->name) && strcasecmp(h->name, "vary"))
      return true;
  return false;
}

static char *put_extra(char *to, const struct http_header *h)
{
  to = put(to, h->name, h->name_size ? h->name_size : strlen(h->name));
  to = PUT(to, ": ");
  to = put(to, h->value, h->value_size ? h->value_size : strlen(h->value));
  return PUT(to, "\r\n");
}

static char *put_length(char *to, uint64_t length)
{
  if (length == IN_CHUNKS)
    return PUT(to, "\r\ntransfer-encoding: chunked");
  if (length >= UPGRADED)
    return to;
  return put_number(PUT(to, "\r\ncontent-length: "), length);
}

// The connection ends after this answer: by the client's wish, by ours, or
// because what it still sends is not worth reading.
static bool is_last(struct conn *c)
{
  struct exchange *x = c->x;
  if (c->state == CONN_READING && !exchange_body_here(x))
    c->last = c->unread = true;
  if (!x->req.keep_alive)
    c->last = true;
  if (!c->last && c->server->draining)
    c->last = c->unread = true; // its next request may be on the way
  return c->last;
}

static void put_head(struct conn *c, int status, const char *type,
                     uint64_t length, size_t most,
                     const struct http_header *extra, size_t n)
{
  struct http_request *r = &c->x->req;
  const struct status_line *line = &statuses[status - FIRST_STATUS];
  char *start = out_reserve(c, most);
  char *to = put_date(put(start, line->line, line->size), c->server);
  if (type)
    to = put(PUT(to, "\r\ncontent-type: "), type, strlen(type));
  to = put_length(to, length);
  to = put(PUT(to, "\r\nx-request-id: "), r->id, r->id_size);
  if (length == UPGRADED)
    to = PUT(to, "\r\nconnection: Upgrade\r\n");
  else if (is_last(c))
    to = PUT(to, "\r\nconnection: close\r\n");
  else if (r->minor == 0)
    to = PUT(to, "\r\nconnection: keep-alive\r\n");
  else
    to = PUT(to, "\r\n");
  for (size_t i = 0; i < n; i++)
    if (!r->n_more || !is_displaced(r, &extra[i]))
      to = put_extra(to, &extra[i]);
  for (size_t i = 0; i < r->n_more; i++)
    to = put_extra(to, &r->more[i]);
  to = PUT(to, "\r\n");
  out_wrote(c, (size_t)(to - start));
}

// The answer is complete. What has come of a body that streams is thrown away;
// behind one that goes on, there is no next request.
static void leave_body(struct conn *c)
{
  struct exchange *x = c->x;
  while (exchange_streams(x) && x->parsed < x->filled) {
    x->body_at = x->body_filled;
    exchange_pull(x);
  }
  if (x->streams && x->phase != PHASE_DONE)
    c->last = c->unread = true;
}

static void ended(struct conn *c, int status)
{
  struct exchange *x = c->x;
  leave_body(c);
  x->answer = ANSWER_ENDED;
  if (c->server->opts.on_done)
    c->server->opts.on_done(&x->req, status, x->sent, c->server->user);
  conn_ended(c);
}

// A body that this status or method never has.
static bool has_no_body(const struct http_request *r, int status)
{
  return r->method == HTTP_M_HEAD || status < 200 || status == 204 ||
         status == 304;
}

// Bytes that the head may take; 0: it cannot be sent.
static size_t head_room(const struct http_request *r, int status,
                        const char *type, const struct http_header *extra,
                        size_t n)
{
  return status_of(status) ? head_most(r, type, extra, n) : 0;
}

// ---- gzip ----

// The answer has no other form already, and a type that gets smaller.
static bool is_packable(const char *type, const struct http_header *extra,
                        size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!strcasecmp(extra[i].name, "content-encoding") ||
        !strcasecmp(extra[i].name, "content-range"))
      return false;
  return gzip_suits(type);
}

// The fields of a request with what a packed answer says too; NULL: no memory.
static bool say_packed(struct http_request *r)
{
  struct http_header *list =
      ARENA_ARRAY(&r->arena, r->n_more + 1, struct http_header);
  if (!list)
    return false;
  if (r->n_more)
    memcpy(list, r->more, r->n_more * sizeof *list);
  list[r->n_more] =
      (struct http_header){.name = "content-encoding", .value = "gzip"};
  r->more = list;
  r->n_more++;
  return true;
}

static const void *pack(struct http_request *r, const char *type,
                        const void *body, size_t *size,
                        const struct http_header *extra, size_t n)
{
  struct http_server *s = ((struct exchange *)r)->conn->server;
  size_t packed_size;
  if (*size < GZIP_LEAST || !is_packable(type, extra, n))
    return body;
  if (!s->gzip)
    s->gzip = gzip_new(false);
  const void *packed =
      s->gzip ? gzip_whole(s->gzip, body, *size, &packed_size) : NULL;
  if (!packed || !say_packed(r))
    return body;
  *size = packed_size;
  return packed;
}

static void begin_packing(struct exchange *x, const char *type,
                          const struct http_header *extra, size_t n)
{
  if (!is_packable(type, extra, n) || !(x->gzip = gzip_new(true)))
    return;
  if (!say_packed(&x->req))
    gzip_free(&x->gzip);
}

// ---- answers ----

void http_respond(struct http_request *r, int status, const char *type,
                  const void *body, size_t size,
                  const struct http_header *extra, size_t n)
{
  struct exchange *x = (struct exchange *)r;
  struct conn *c = x->conn;
  if (r->gzip && x->answer == ANSWER_NONE)
    body = pack(r, type, body, &size, extra, n);
  size_t most = head_room(r, status, type, extra, n);
  if (x->answer != ANSWER_NONE)
    return;
  if (!most) {
    r->n_more = 0; // it may be they
    http_respond_error(r, 500, NULL, NULL, 0);
    return;
  }
  if (!c->dead) {
    bool bodiless = has_no_body(r, status);
    leave_body(c);
    bool no_length = bodiless && r->method != HTTP_M_HEAD;
    if (status == 204)
      no_length = true;
    put_head(c, status, type, no_length ? NO_LENGTH : size, most, extra, n);
    if (!bodiless) {
      out_add(c, body, size);
      x->sent = size;
    }
  }
  ended(c, status);
}

// A JSON string without its quotes; cut where `room` ends.
static size_t put_json(char *to, size_t room, const char *text)
{
  size_t n = 0;
  for (; *text && n + 6 < room; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      to[n++] = '\\', to[n++] = (char)c;
    else if (c < ' ')
      n += (size_t)snprintf(to + n, 7, "\\u%04x", c);
    else
      to[n++] = (char)c;
  }
  return n;
}

void http_respond_error(struct http_request *r, int status, const char *detail,
                        const struct http_header *extra, size_t n)
{
  char body[1024];
  if (!status_of(status))
    status = 500;
  char *to = PUT(body, "{\"detail\":\"");
  to += put_json(to, sizeof body - 16,
                 detail ? detail : http_status_text(status));
  to = PUT(to, "\"}");
  http_respond(r, status, "application/json", body, (size_t)(to - body), extra,
               n);
}

void answer_refuse(struct conn *c, int status, const char *why)
{
  struct http_request *r = &c->x->req;
  c->last = c->unread = true;
  c->server->stats.refused++;
  r->client = c->client;
  r->client_port = c->port;
  if (!r->id_size)
    answer_made_id(c->server, r);
  http_respond_error(r, status, why, NULL, 0);
}

void answer_continue(struct conn *c)
{
  static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
  out_add(c, line, sizeof line - 1);
}

bool http_respond_begin(struct http_request *r, int status, const char *type,
                        const struct http_header *extra, size_t n)
{
  struct exchange *x = (struct exchange *)r;
  struct conn *c = x->conn;
  if (!head_room(r, status, type, extra, n) || x->answer != ANSWER_NONE)
    return false;
  x->answer = ANSWER_BEGUN;
  x->status = status;
  x->bare = has_no_body(r, status);
  x->in_chunks = r->minor > 0 && !x->bare;
  if (r->gzip && x->in_chunks)
    begin_packing(x, type, extra, n);
  size_t most = head_room(r, status, type, extra, n);
  if (c->dead)
    return true;
  uint64_t length = r->minor > 0 ? IN_CHUNKS : UNTIL_CLOSE;
  if (x->bare && r->method != HTTP_M_HEAD)
    length = NO_LENGTH;
  if (length == UNTIL_CLOSE)
    c->last = true;
  put_head(c, status, type, length, most, extra, n);
  if (!c->busy)
    conn_settle(c);
  return true;
}

bool http_respond_upgrade(struct http_request *r, const char *protocol,
                          const struct http_header *extra, size_t n)
{
  struct exchange *x = (struct exchange *)r;
  struct conn *c = x->conn;
  struct http_header all[UPGRADE_HEADERS + 1] = {{"upgrade", protocol, 7, 0}};
  if (x->answer != ANSWER_NONE || r->minor == 0 || r->body_size || x->chunked ||
      n > UPGRADE_HEADERS)
    return false;
  if (n)
    memcpy(all + 1, extra, n * sizeof *extra);
  size_t most = head_room(r, 101, NULL, all, n + 1);
  if (!most || !exchange_flow(x))
    return false;
  x->answer = ANSWER_BEGUN;
  x->status = 101;
  c->last = c->unread = true; // it speaks HTTP no more
  if (c->dead)
    return true;
  put_head(c, 101, NULL, UPGRADED, most, all, n + 1);
  conn_flows(c);
  return true;
}

static void put_chunk(struct conn *c, const char *data, size_t size)
{
  char *start = out_reserve(c, CHUNK_FRAME);
  out_wrote(c, (size_t)snprintf(start, CHUNK_FRAME, "%zx\r\n", size));
  out_add(c, data, size);
  out_add(c, "\r\n", 2);
}

static void put_piece(struct exchange *x, const void *data, size_t size,
                      bool last)
{
  struct conn *c = x->conn;
  if (x->gzip && !(data = gzip_piece(x->gzip, data, size, last, &size))) {
    server_log(c->server, "out of memory: an answer is broken off");
    c->dead = c->reset = true;
    return;
  }
  x->sent += size;
  if (x->in_chunks)
    put_chunk(c, data, size);
  else
    out_add(c, data, size);
}

int http_respond_piece(struct http_request *r, const void *data, size_t size)
{
  struct exchange *x = (struct exchange *)r;
  struct conn *c = x->conn;
  if (x->answer != ANSWER_BEGUN || c->dead)
    return HTTP_GONE;
  if (size > 0 && !x->bare)
    put_piece(x, data, size, false);
  if (!c->busy)
    conn_settle(c);
  if (c->dead)
    return HTTP_GONE;
  if (x->bare)
    return HTTP_BARE;
  return out_left(c) >= OUT_HIGH ? HTTP_FULL : HTTP_TAKEN;
}

void http_respond_end(struct http_request *r)
{
  struct exchange *x = (struct exchange *)r;
  if (x->answer == ANSWER_NONE)
    http_respond_error(r, 500, NULL, NULL, 0); // an end without a beginning
  if (x->answer != ANSWER_BEGUN)
    return;
  if (x->gzip && !x->conn->dead)
    put_piece(x, NULL, 0, true);
  if (x->in_chunks && !x->conn->dead)
    out_add(x->conn, "0\r\n\r\n", 5);
  ended(x->conn, x->status);
}

void http_respond_abort(struct http_request *r)
{
  struct exchange *x = (struct exchange *)r;
  struct conn *c = x->conn;
  if (x->answer == ANSWER_ENDED)
    return;
  c->last = true;
  // The end of the connection would look like the end of the answer.
  c->reset = x->answer == ANSWER_BEGUN && !x->in_chunks;
  ended(c, 0);
}
