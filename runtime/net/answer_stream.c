// Enters: a stream that a call gave. Leaves: an answer in pieces. The first
// piece is waited for before anything is said, so that a failure before it is
// an ordinary answer; one behind it breaks the connection.
//
// A piece is taken when the connection has room for it, and its producer goes
// on when it is taken. Who leaves, or does not read, stops the producer.
#include "runtime/net/answer_parts.h"

#include <string.h>
#include <strings.h>

enum { KEPT_PIECE = 65536 }; // larger buffers are given back

// ---- pieces as bytes ----

static bool is_text(const struct plan *p, uint32_t type)
{
  enum type_kind kind = service_kind(p, type);
  return kind == TYPE_str || kind == TYPE_bytes;
}

// NULL, or why it cannot be said.
static const char *write_piece(const struct stream_answer *a, value v)
{
  if (a->form == FORM_sse)
    return sse_write(&a->sse, v, a->out);
  if (!json_encode(a->service->plan, a->type, v, a->out))
    return "a piece holds a number that is not finite";
  buf_addc(a->out, '\n');
  return NULL;
}

// ---- the head ----

// What comes should be shown as it comes.
static void never_cache(struct answer *head)
{
  for (size_t i = 0; i < head->n_headers; i++)
    if (!strcasecmp(head->headers[i].name, "cache-control"))
      return;
  head->headers[head->n_headers++] =
      (struct http_header){"cache-control", "no-cache", 13, 8};
}

// ---- silence ----

static int64_t ping_of(const struct stream_answer *a)
{
  return a->service->routes[a->route].ping;
}

static void watch(struct stream_answer *a)
{
  struct engine *e = a->engine;
  a->said = engine_now(e);
  timer_set(e, &a->ping, a->said + ping_of(a));
}

// A comment, which clients and what is between take for life.
static void on_silence(struct timer *t)
{
  struct stream_answer *a =
      (struct stream_answer *)((char *)t -
                               offsetof(struct stream_answer, ping));
  struct engine *e = a->engine;
  int64_t now = engine_now(e);
  if (now - a->said >= ping_of(a)) {
    a->said = now;
    if (a->reader.waits) // else the client is what is waited for
      http_respond_piece(a->http, ":\n\n", 3);
  }
  timer_set(e, &a->ping, a->said + ping_of(a));
}

void stream_answer_leave(struct stream_answer *a)
{
  if (a->engine)
    timer_stop(a->engine, &a->ping);
}

// ---- the answer ----

static bool begin(struct stream_answer *a)
{
  struct answer head = {.plan = a->service->plan, .http = a->http};
  const char *why = answer_head(&head, &a->call->reply, a->form, true);
  if (!why && a->form == FORM_sse)
    never_cache(&head);
  if (!why && !http_respond_begin(a->http, head.status, head.type, head.headers,
                                  head.n_headers))
    why = "the headers of the answer cannot be sent";
  a->begun = !why;
  if (!why && a->form == FORM_sse)
    watch(a);
  if (!why)
    return true;
  request_end(a->call);
  answer_fail(a->service, a->route, why, a->http);
  return false;
}

// The message may be in memory that the call holds no longer.
static void fail(struct stream_answer *a, const struct error *error)
{
  const struct text *m = error->message;
  a->call->failed = true;
  a->call->error = *error;
  m = m ? text_new(&a->http->arena, m->data, m->size) : NULL;
  a->call->error.message = m ? m : &text_empty;
  stream_answer_leave(a);
  request_end(a->call);
  if (a->begun)
    http_respond_abort(a->http);
  else
    answer_error(a->service, a->route, &a->call->error, a->http);
}

static void end(struct stream_answer *a)
{
  if (!a->begun && !begin(a))
    return;
  stream_answer_leave(a);
  request_end(a->call);
  http_respond_end(a->http);
}

static void cannot_say(struct stream_answer *a, const char *why)
{
  bool memory = a->out->failed;
  const char *text = memory ? "out of memory" : why;
  uint32_t size = (uint32_t)strlen(text);
  struct text message = {size, size, text};
  fail(a, &(struct error){.kind = memory ? ERROR_limit : ERROR_user,
                          .status = 500,
                          .message = &message});
}

// False: the next piece has to wait, or there is none.
static bool give(struct stream_answer *a, const char *data, size_t size)
{
  if (!a->begun && !begin(a))
    return false;
  if (a->form == FORM_sse)
    a->said = engine_now(a->engine);
  int taken = http_respond_piece(a->http, data, size);
  if (taken == HTTP_BARE)
    end(a);
  return taken == HTTP_TAKEN;
}

static bool send_piece(struct stream_answer *a, value v)
{
  struct buf *out = a->out;
  if (a->form != FORM_sse && is_text(a->service->plan, a->type))
    return give(a, v.text->data, v.text->size);
  out->size = 0;
  bool goes_on = false;
  const char *why = write_piece(a, v);
  if (why || out->failed)
    cannot_say(a, why);
  else
    goes_on = give(a, out->data, out->size);
  if (out->room > KEPT_PIECE || out->failed) {
    buf_free(out);
    *out = (struct buf){0};
  }
  return goes_on;
}

void stream_answer_go_on(struct stream_answer *a)
{
  const struct error *error;
  value v;
  for (;;) {
    switch (stream_next(&a->reader, &v, &error)) {
    case STREAM_PIECE:
      if (!send_piece(a, v))
        return;
      break;
    case STREAM_WAIT:
      return;
    case STREAM_END:
      end(a);
      return;
    case STREAM_ERROR:
      fail(a, error);
      return;
    }
  }
}

static void on_ready(struct stream_reader *r)
{
  stream_answer_go_on((struct stream_answer *)r);
}

// The stream that is to be answered with, and its type; or NULL.
static struct stream *stream_of(const struct plan *p, uint32_t route,
                                const struct request *call, uint32_t *type)
{
  struct plan_either either;
  *type = p->routes[route].result;
  if (p->types[*type].kind == TYPE_stream)
    return call->result.stream;
  if (!plan_stream_or_value(p, *type, &either) || !call->result.parts[0].box)
    return NULL;
  *type = either.stream;
  return call->result.parts[0].box->stream;
}

bool stream_answer_begin(struct stream_answer *a, const struct service *s,
                         uint32_t route, struct engine *engine,
                         struct request *call, struct http_request *http,
                         struct buf *out)
{
  uint32_t type;
  struct stream *stream =
      call->failed ? NULL : stream_of(s->plan, route, call, &type);
  if (!stream)
    return false;
  *a = (struct stream_answer){.reader = {.ready = on_ready},
                              .service = s,
                              .route = route,
                              .engine = engine,
                              .type = s->plan->types[type].of,
                              .call = call,
                              .http = http,
                              .out = out,
                              .ping = {.fire = on_silence}};
  a->form = call->reply.form;
  if (a->form == FORM_auto)
    a->form = service_form(s->plan, s->plan->routes[route].form, type);
  if (a->form == FORM_sse)
    sse_open(&a->sse, s->plan, a->type);
  stream_limit(stream, s->routes[route].piece_timeout);
  stream_read(stream, &a->reader);
  stream_answer_go_on(a);
  return true;
}
