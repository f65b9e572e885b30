// Enters: bytes of a body, in any pieces. Leaves: pieces of a stream.
#include "runtime/net/body_stream.h"

#include <string.h>

static void end(struct body_stream *b, const struct error *error)
{
  struct stream *s = b->stream;
  b->stream = NULL;
  stream_over(s, error);
}

static void fail(struct body_stream *b, int status, const char *why)
{
  struct arena *a = &b->http->arena;
  struct error *e = ARENA_NEW(a, struct error);
  const struct text *m = e ? text_new(a, why, strlen(why)) : NULL;
  if (m)
    *e = (struct error){.kind = ERROR_invalid, .status = status, .message = m};
  end(b, m ? e : error_no_memory());
}

static void give(struct body_stream *b, value v)
{
  stream_put(b->stream, v);
}

// ---- bytes and texts ----

static void put_text(struct body_stream *b, const char *data, size_t size,
                     bool text)
{
  struct arena *a = stream_memory(b->stream);
  const struct text *t = text ? text_new(a, data, size) : NULL;
  struct text *bytes = text ? NULL : ARENA_NEW(a, struct text);
  const char *copy = bytes ? arena_copy(a, data, size) : NULL;
  if (copy) {
    *bytes = (struct text){(uint32_t)size, (uint32_t)size, copy};
    t = bytes;
  }
  if (t)
    give(b, (value){.text = t});
  else
    end(b, error_no_memory());
}

// What began in the piece before stands in front.
static void put_whole_text(struct body_stream *b, const char *data, size_t size)
{
  struct utf8_feed before = b->text;
  struct buf joined = {.arena = stream_memory(b->stream)};
  if (!utf8_feed(&b->text, data, size)) {
    fail(b, 422, "the body is not UTF-8");
    return;
  }
  size_t all = before.size + size - b->text.size;
  if (!all)
    return;
  if (!before.size) {
    put_text(b, data, all, true);
    return;
  }
  buf_add(&joined, before.rest, before.size);
  buf_add(&joined, data, size);
  if (joined.failed)
    end(b, error_no_memory());
  else
    put_text(b, joined.data, all, true);
}

// ---- lines of JSON ----

static bool is_blank(const char *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (!strchr(" \t\r", data[i]))
      return false;
  return true;
}

static void put_line(struct body_stream *b, const char *data, size_t size)
{
  struct arena *a = stream_memory(b->stream);
  struct offences o = {.arena = a};
  struct decode d = {b->plan, a, &o};
  struct loc up = {NULL, "body", 4, 0}, at = {&up, NULL, 0, b->n_lines++};
  struct buf why = {.arena = a};
  value v;
  if (is_blank(data, size))
    return;
  char *copy = arena_copy(a, data, size); // values may borrow its texts
  if (copy && json_decode(&d, b->type, copy, size, &at, &v)) {
    give(b, v);
    return;
  }
  if (o.first)
    buf_addf(&why, "%s: %s", o.first->loc, o.first->msg);
  if (why.size && !why.failed)
    fail(b, 422, why.data);
  else
    end(b, error_no_memory());
}

// One line, if there is a whole one; how much was taken.
static size_t take_line(struct body_stream *b, const char *data, size_t size)
{
  const char *stop = memchr(data, '\n', size);
  size_t n = stop ? (size_t)(stop - data) : size;
  if (b->line.size || !stop)
    buf_add(&b->line, data, n);
  if (b->line.failed)
    end(b, error_no_memory());
  else if (stop && b->line.size)
    put_line(b, b->line.data, b->line.size);
  else if (stop)
    put_line(b, data, n);
  if (stop)
    b->line.size = 0;
  return n + (stop != NULL);
}

// ---- the body ----

// From what is there, at most a piece; how much was taken.
static size_t take(struct body_stream *b, const char *data, size_t size)
{
  switch ((enum type_kind)b->plan->types[b->plan->types[b->type].base].kind) {
  case TYPE_bytes:
    put_text(b, data, size, false);
    return size;
  case TYPE_str:
    put_whole_text(b, data, size);
    return size;
  default:
    return take_line(b, data, size);
  }
}

static void no_more(struct body_stream *b)
{
  const char *why;
  int status = http_input_end(b->http, &why);
  if (!status)
    return;
  if (status != 200) {
    fail(b, status, why);
  } else if (b->text.size) {
    fail(b, 422, "the body is not UTF-8");
  } else if (b->line.size) { // the last line, without its end
    size_t size = b->line.size;
    b->line.size = 0;
    put_line(b, b->line.data, size);
  } else {
    end(b, NULL);
  }
}

void body_stream_feed(struct body_stream *b)
{
  char *at;
  while (b->stream && !stream_full(b->stream)) {
    size_t size = http_input(b->http, &at);
    if (size) {
      size_t took = take(b, at, size);
      http_input_took(b->http, took);
      continue;
    }
    struct stream *before = b->stream;
    no_more(b);
    if (b->stream == before && !stream_full(before))
      return;
  }
}

static void on_want(struct stream *s)
{
  body_stream_feed(stream_user(s));
}

static void on_drop(struct stream *s)
{
  struct body_stream *b = stream_user(s);
  b->stream = NULL;
}

struct stream *body_stream_new(struct body_stream *b, const struct plan *p,
                               uint32_t stream, struct http_request *http)
{
  static const struct stream_source source = {on_want, on_want, on_drop};
  *b = (struct body_stream){.http = http,
                            .plan = p,
                            .type = p->types[stream].of,
                            .line = {.arena = &http->arena}};
  b->stream =
      stream_fed(&http->arena, p->types[p->types[stream].base].of, &source, b);
  return b->stream;
}
