// Bytes of one client enter, in any pieces; a whole request leaves.
#include "runtime/net/http_exchange.h"
#include "runtime/net/http_gzip.h"

#include <stdlib.h>
#include <string.h>

static int on_headers_complete(llhttp_t *p)
{
  p->upgrade = 0; // we speak nothing else; the request is an ordinary one
  return HPE_PAUSED;
}

static int on_message_complete(llhttp_t *p)
{
  return HPE_PAUSED;
}

static bool body_reserve(struct exchange *x, size_t size, size_t most)
{
  if (size <= x->body_room)
    return true;
  size_t room = x->body_room ? x->body_room : KEPT_BODY / 4;
  while (room < size)
    room *= 2;
  if (room > most && most >= size)
    room = most;
  char *body = realloc(x->body, room);
  if (!body)
    return exchange_refuse(x, 503, "out of memory");
  x->body = body;
  x->body_room = room;
  return true;
}

static size_t body_size(const struct exchange *x)
{
  return x->streams ? (size_t)x->got : x->req.body_size;
}

static bool body_fits(struct exchange *x, uint64_t size)
{
  size_t had = body_size(x);
  if (size <= x->req.body_limit && had <= x->req.body_limit - size)
    return true;
  return exchange_refuse(x, 413, NULL);
}

static int on_chunk_header(llhttp_t *p)
{
  return body_fits(p->data, p->content_length) ? 0 : -1;
}

// Sizes, extensions and trailers of chunks may not outweigh the body by far.
// `raw` bytes have come up to a place where no body is in between; asked before
// each piece of body, the answer does not depend on how the bytes arrive.
static bool framing_fits(struct exchange *x, uint64_t raw)
{
  size_t body = body_size(x);
  if (raw - body <= x->head_limit + 16 * (uint64_t)body)
    return true;
  return exchange_refuse(x, 431, "too much chunk framing");
}

static int on_body(llhttp_t *p, const char *at, size_t size)
{
  struct exchange *x = p->data;
  size_t had = x->streams ? x->body_filled : x->req.body_size;
  uint64_t raw = x->raw + (uint64_t)(at - (x->in + x->parsed));
  if (!framing_fits(x, raw) || !body_fits(x, size) ||
      !body_reserve(x, had + size, x->req.body_limit))
    return -1;
  memcpy(x->body + had, at, size);
  if (x->streams) {
    x->body_filled = had + size;
    x->got += size;
  } else {
    x->req.body_size = had + size;
  }
  return 0;
}

// The rest of llhttp's callbacks stay unset: heads are cut when they are whole.
static const llhttp_settings_t settings = {
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

// Empties the request; the arena keeps its first block.
static void request_clear(struct http_request *r)
{
  memset(r, 0, offsetof(struct http_request, id));
  r->id_size = 0;
  r->body = "";
  r->body_size = 0;
  r->method_text = r->target = r->path = r->raw_path = r->query = r->host = "";
  r->client = "";
  r->user = NULL;
  r->on_gone = r->on_writable = r->on_input = NULL;
  arena_reset(&r->arena);
}

static void start_over(struct exchange *x)
{
  request_clear(&x->req);
  llhttp_reset(&x->parser);
  x->parsed = x->begin;
  x->phase = PHASE_HEAD;
  x->bad = 0;
  x->why = NULL;
  x->length = x->raw = 0;
  x->chunked = x->apart = x->expects_continue = false;
  x->streams = x->hungry = false;
  x->body_at = x->body_filled = 0;
  x->got = 0;
  x->answer = ANSWER_NONE;
  x->in_chunks = x->bare = false;
  if (x->gzip)
    gzip_free(&x->gzip);
  x->status = 0;
  x->sent = 0;
  if (x->body_room > KEPT_BODY) {
    free(x->body);
    x->body = NULL;
    x->body_room = 0;
  }
  if (x->kept_head) {
    free(x->kept_head);
    x->kept_head = NULL;
  }
}

struct exchange *exchange_new(size_t head_limit)
{
  struct exchange *x = calloc(1, sizeof *x);
  if (!x)
    return NULL;
  x->in = malloc(IN_ROOM);
  if (!x->in) {
    free(x);
    return NULL;
  }
  x->room = IN_ROOM;
  x->head_limit = head_limit;
  llhttp_init(&x->parser, HTTP_REQUEST, &settings);
  x->parser.data = x;
  start_over(x);
  return x;
}

void exchange_free(struct exchange **at)
{
  struct exchange *x = *at;
  if (!x)
    return;
  *at = NULL;
  gzip_free(&x->gzip);
  arena_free(&x->req.arena);
  free(x->in);
  free(x->kept_head);
  free(x->body);
  free(x);
}

static size_t message_end(const struct exchange *x)
{
  if (x->chunked || x->streams)
    return x->parsed;
  return x->head_end + (x->apart ? 0 : (size_t)x->length);
}

void exchange_next(struct exchange *x)
{
  x->begin = x->phase == PHASE_HEAD ? x->begin : message_end(x);
  if (x->begin == x->filled)
    x->begin = x->filled = 0;
  start_over(x);
}

void exchange_clear(struct exchange *x)
{
  if (x->phase == PHASE_HEAD && exchange_empty(x) && x->room == IN_ROOM)
    return; // it has just been made ready
  x->begin = x->filled = 0;
  if (x->room > IN_ROOM) {
    char *in = realloc(x->in, IN_ROOM);
    if (in) {
      x->in = in;
      x->room = IN_ROOM;
    }
  }
  start_over(x);
}

// The head is not whole yet, so nothing points into the input.
static void head_space(struct exchange *x)
{
  if (x->begin > 0) {
    memmove(x->in, x->in + x->begin, x->filled - x->begin);
    x->parsed -= x->begin;
    x->filled -= x->begin;
    x->begin = 0;
    return;
  }
  size_t room = x->room * 2;
  char *in = realloc(x->in, room);
  if (!in) {
    exchange_refuse(x, 503, "out of memory");
    return;
  }
  x->in = in;
  x->room = room;
}

// Chunks come in behind the head, over and over; a head that leaves too little
// room for that is left behind in its buffer.
static bool chunk_room(struct exchange *x)
{
  if (x->room - x->head_end >= IN_ROOM / 4)
    return true;
  size_t rest = x->filled - x->head_end;
  char *in = malloc(IN_ROOM);
  if (!in)
    return exchange_refuse(x, 503, "out of memory");
  memcpy(in, x->in + x->head_end, rest);
  x->kept_head = x->in;
  x->in = in;
  x->room = IN_ROOM;
  x->begin = x->head_end = x->parsed = 0;
  x->filled = rest;
  return true;
}

bool exchange_flow(struct exchange *x)
{
  x->head_end = x->parsed = message_end(x);
  if (!chunk_room(x))
    return false;
  x->phase = PHASE_FLOW;
  return true;
}

// What was taken makes room.
static void flow_space(struct exchange *x)
{
  size_t rest = x->filled - x->parsed;
  if (rest && x->filled < x->room)
    return;
  memmove(x->in + x->head_end, x->in + x->parsed, rest);
  x->parsed = x->head_end;
  x->filled = x->head_end + rest;
}

size_t exchange_space(struct exchange *x, char **at)
{
  if (x->phase == PHASE_LENGTH && x->apart) {
    size_t had = x->req.body_size;
    if (had == x->body_room && !body_reserve(x, had + 1, (size_t)x->length))
      return 0;
    size_t room = x->body_room - had;
    *at = x->body + had;
    return room < x->length - had ? room : (size_t)(x->length - had);
  }
  if (x->filled == x->room && x->phase == PHASE_HEAD)
    head_space(x);
  if (x->phase == PHASE_FLOW || exchange_streams(x))
    flow_space(x);
  *at = x->in + x->filled;
  return x->room - x->filled;
}

void exchange_took(struct exchange *x, size_t size)
{
  if (x->phase == PHASE_LENGTH && x->apart)
    x->req.body_size += size;
  else
    x->filled += size;
}

// Whether a request begins with what could be a method's name (RFC 9110 9.1: a
// method that is not known is not implemented; else this is no HTTP).
static bool begins_with_word(const struct exchange *x)
{
  size_t at = x->begin;
  while (at < x->filled && ((x->in[at] >= 'A' && x->in[at] <= 'Z') ||
                            (x->in[at] >= 'a' && x->in[at] <= 'z') ||
                            x->in[at] == '-' || x->in[at] == '_'))
    at++;
  return at > x->begin && (at == x->filled || x->in[at] == ' ');
}

static enum parse_result refused(struct exchange *x, llhttp_errno_t e)
{
  switch (e) {
  case HPE_INVALID_VERSION:
    exchange_refuse(x, 505, NULL);
    break;
  case HPE_INVALID_METHOD:
    if (begins_with_word(x))
      exchange_refuse(x, 501, "this method is not supported");
    else
      exchange_refuse(x, 400, "this is not a request of HTTP");
    break;
  default:
    exchange_refuse(x, 400, llhttp_get_error_reason(&x->parser));
  }
  return PARSE_BAD;
}

// Empty lines before a request are allowed (RFC 9112 2.2). False: the only
// byte left could be half of one.
static bool skip_blank_lines(struct exchange *x)
{
  size_t at = x->begin;
  while (at + 1 < x->filled && x->in[at] == '\r' && x->in[at + 1] == '\n')
    at += 2;
  x->begin = x->parsed = at;
  if (at + 1 == x->filled && x->in[at] == '\r')
    return false;
  if (x->begin == x->filled)
    x->begin = x->parsed = x->filled = 0;
  return true;
}

static enum parse_result head_ended(struct exchange *x)
{
  x->head_end = (size_t)(llhttp_get_error_pos(&x->parser) - x->in);
  x->parsed = x->head_end;
  x->req.headers = x->headers;
  if (!head_cut(x))
    return PARSE_BAD;
  if (x->chunked != !!(x->parser.flags & F_CHUNKED)) {
    exchange_refuse(x, 400, "unclear transfer-encoding");
    return PARSE_BAD;
  }
  x->req.keep_alive = llhttp_should_keep_alive(&x->parser);
  x->phase = PHASE_DONE; // until the body is opened
  return PARSE_HEAD;
}

static enum parse_result parse_head(struct exchange *x)
{
  if (x->parsed == x->begin && !skip_blank_lines(x))
    return PARSE_MORE;
  char first = x->begin < x->filled ? x->in[x->begin] : 0;
  if (first == '\r' || first == '\n') {
    exchange_refuse(x, 400, "a line does not end in CR LF");
    return PARSE_BAD;
  }
  size_t end = x->filled;
  if (end - x->begin > x->head_limit)
    end = x->begin + x->head_limit;
  if (end > x->parsed) {
    llhttp_errno_t e =
        llhttp_execute(&x->parser, x->in + x->parsed, end - x->parsed);
    if (e == HPE_PAUSED)
      return head_ended(x);
    if (e != HPE_OK)
      return refused(x, e);
    x->parsed = end;
  }
  if (x->parser.http_major == 0 &&
      memchr(x->in + x->begin, '\n', end - x->begin)) {
    exchange_refuse(x, 505, NULL); // HTTP/0.9: no blank line will come
    return PARSE_BAD;
  }
  if (end - x->begin < x->head_limit)
    return PARSE_MORE;
  bool in_line = !memchr(x->in + x->begin, '\n', end - x->begin);
  exchange_refuse(x, in_line ? 414 : 431, NULL);
  return PARSE_BAD;
}

bool exchange_body_here(const struct exchange *x)
{
  if (x->streams)
    return x->phase == PHASE_DONE;
  if (x->chunked)
    return x->phase == PHASE_DONE && x->raw > 0;
  if (x->phase == PHASE_LENGTH && x->apart)
    return x->req.body_size == x->length;
  return x->filled - x->head_end >= x->length;
}

bool exchange_open_body(struct exchange *x)
{
  x->streams = x->req.streams && (x->chunked || x->length);
  if (x->chunked) {
    x->phase = PHASE_CHUNKS;
    llhttp_resume(&x->parser);
    return chunk_room(x);
  }
  if (x->length > x->req.body_limit)
    return exchange_refuse(x, 413, NULL);
  x->phase = PHASE_LENGTH;
  if (x->streams)
    return chunk_room(x);
  x->apart = x->length > x->room - x->head_end;
  if (!x->apart)
    return true;
  // The whole rest of the input is body.
  size_t size = x->filled - x->head_end;
  if (!body_reserve(x, size + 1, (size_t)x->length))
    return false;
  memcpy(x->body, x->in + x->head_end, size);
  x->req.body_size = size;
  x->filled = x->parsed = x->head_end;
  return true;
}

static enum parse_result parse_length(struct exchange *x)
{
  if (!exchange_body_here(x))
    return PARSE_MORE;
  x->req.body = x->apart ? x->body : x->in + x->head_end;
  x->req.body_size = (size_t)x->length;
  x->phase = PHASE_DONE;
  return PARSE_DONE;
}

static enum parse_result parse_chunks(struct exchange *x)
{
  if (x->parsed == x->filled)
    return PARSE_MORE;
  const char *at = x->in + x->parsed;
  llhttp_errno_t e = llhttp_execute(&x->parser, at, x->filled - x->parsed);
  if (x->bad)
    return PARSE_BAD;
  if (e != HPE_OK && e != HPE_PAUSED)
    return refused(x, e);
  const char *to =
      e == HPE_OK ? x->in + x->filled : llhttp_get_error_pos(&x->parser);
  x->parsed = (size_t)(to - x->in);
  x->raw += (size_t)(to - at);
  if (!framing_fits(x, x->raw))
    return PARSE_BAD;
  if (e == HPE_OK) {
    x->parsed = x->filled = x->head_end;
    return PARSE_MORE;
  }
  if (x->body && !x->streams)
    x->req.body = x->body;
  x->phase = PHASE_DONE;
  return PARSE_DONE;
}

static void pull_length(struct exchange *x)
{
  size_t size = x->filled - x->parsed;
  size = size < x->length - x->got ? size : (size_t)(x->length - x->got);
  if (!body_reserve(x, size, x->room))
    return;
  memcpy(x->body, x->in + x->parsed, size);
  x->body_filled = size;
  x->got += size;
  x->parsed += size;
  if (x->got == x->length)
    x->phase = PHASE_DONE;
}

void exchange_pull(struct exchange *x)
{
  if (!exchange_streams(x) || x->body_at < x->body_filled ||
      x->parsed == x->filled)
    return;
  x->body_at = x->body_filled = 0;
  if (x->chunked)
    parse_chunks(x);
  else
    pull_length(x);
}

enum parse_result exchange_parse(struct exchange *x)
{
  if (x->bad)
    return PARSE_BAD;
  switch (x->phase) {
  case PHASE_HEAD:
    return parse_head(x);
  case PHASE_LENGTH:
    return parse_length(x);
  case PHASE_CHUNKS:
    return parse_chunks(x);
  case PHASE_DONE:
  case PHASE_FLOW:
    break;
  }
  return PARSE_DONE;
}
