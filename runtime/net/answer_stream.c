// Enters: a stream that a call gave. Leaves: an answer in pieces. The first
// piece is waited for before anything is said, so that a failure before it is
// an ordinary answer; one behind it breaks the connection.
//
// A piece is taken when the connection has room for it, and its producer goes
// on when it is taken. Who leaves, or does not read, stops the producer.
#include "runtime/net/answer_parts.h"

#include <strings.h>

enum { KEPT_PIECE = 65536 }; // larger buffers are given back

// ---- pieces as bytes ----

// A line ends in CR LF, LF or CR (the standard of server-sent events), and each
// is a line of the same event.
static void write_event(const char *data, size_t size, struct buf *out)
{
  for (const char *at = data, *end = data + size; at <= end;) {
    const char *stop = at;
    while (stop < end && *stop != '\n' && *stop != '\r')
      stop++;
    buf_adds(out, "data: ");
    buf_add(out, at, (size_t)(stop - at));
    buf_addc(out, '\n');
    at = stop + (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n') + 1;
  }
  buf_addc(out, '\n');
}

static bool is_text(const struct plan *p, uint32_t type)
{
  enum type_kind kind = service_kind(p, type);
  return kind == TYPE_str || kind == TYPE_bytes;
}

bool sse_write(const struct plan *p, uint32_t type, value v, struct buf *out)
{
  if (is_text(p, type)) {
    write_event(v.text->data, v.text->size, out);
    return true;
  }
  buf_adds(out, "data: ");
  bool said = json_encode(p, type, v, out);
  buf_adds(out, "\n\n");
  return said;
}

// False: the piece holds what JSON cannot say.
static bool write_piece(const struct stream_answer *a, value v)
{
  const struct plan *p = a->service->plan;
  if (a->form == FORM_sse)
    return sse_write(p, a->type, v, a->out);
  if (!json_encode(p, a->type, v, a->out))
    return false;
  buf_addc(a->out, '\n');
  return true;
}

// ---- the answer ----

// What comes should be shown as it comes.
static void never_cache(struct answer *head)
{
  for (size_t i = 0; i < head->n_headers; i++)
    if (!strcasecmp(head->headers[i].name, "cache-control"))
      return;
  head->headers[head->n_headers++] =
      (struct http_header){"cache-control", "no-cache", 13, 8};
}

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
  request_end(a->call);
  http_respond_end(a->http);
}

static void cannot_say(struct stream_answer *a)
{
  static const char number[] = "a piece holds a number that is not finite";
  static const char memory[] = "out of memory";
  static const struct text texts[] = {
      {sizeof number - 1, sizeof number - 1, number},
      {sizeof memory - 1, sizeof memory - 1, memory}};
  static const struct error errors[] = {
      {.kind = ERROR_user, .status = 500, .message = &texts[0]},
      {.kind = ERROR_limit, .status = 500, .message = &texts[1]}};
  fail(a, &errors[a->out->failed]);
}

// False: the next piece has to wait, or there is none.
static bool give(struct stream_answer *a, const char *data, size_t size)
{
  if (!a->begun && !begin(a))
    return false;
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
  if (write_piece(a, v) && !out->failed)
    goes_on = give(a, out->data, out->size);
  else
    cannot_say(a);
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
                         uint32_t route, struct request *call,
                         struct http_request *http, struct buf *out)
{
  uint32_t type;
  struct stream *stream =
      call->failed ? NULL : stream_of(s->plan, route, call, &type);
  if (!stream)
    return false;
  *a = (struct stream_answer){.reader = {.ready = on_ready},
                              .service = s,
                              .route = route,
                              .type = s->plan->types[type].of,
                              .call = call,
                              .http = http,
                              .out = out};
  a->form = call->reply.form;
  if (a->form == FORM_auto)
    a->form = service_form(s->plan, s->plan->routes[route].form, type);
  stream_read(stream, &a->reader);
  stream_answer_go_on(a);
  return true;
}
