// Enters: a result or an error. Leaves: one response. Everything that is put
// together lies in the request's arena.
#include "runtime/net/answer_parts.h"
#include "runtime/net/image.h"

#include <stdio.h>
#include <string.h>

const char answer_no_memory[] =
    "the request needs more memory than it may have";

// ---- errors ----
static int status_of(const struct error *e)
{
  static const int by_kind[ERROR_KINDS] = {
      [ERROR_invalid] = 422,    [ERROR_user] = 500,
      [ERROR_timeout] = 408,    [ERROR_cancelled] = 503,
      [ERROR_overloaded] = 503, [ERROR_unavailable] = 502,
      [ERROR_upstream] = 502,   [ERROR_limit] = 500,
      [ERROR_internal] = 500};
  if (e->status >= 300 && e->status <= 599)
    return e->status;
  return by_kind[e->kind < ERROR_KINDS ? e->kind : ERROR_internal];
}

static void write_openai(int status, const char *text, size_t size,
                         struct buf *out)
{
  buf_adds(out, "{\"error\":{\"message\":");
  json_encode_text(text, size, out);
  buf_addf(out, ",\"type\":\"%s\",\"param\":null,\"code\":null}}",
           status == 429  ? "rate_limit_error"
           : status < 500 ? "invalid_request_error"
                          : "server_error");
}

static void write_error(enum error_shape shape, int status, const char *text,
                        size_t size, struct buf *out)
{
  if (shape == SHAPE_OPENAI) {
    write_openai(status, text, size, out);
    return;
  }
  buf_adds(out, shape == SHAPE_FASTAPI ? "{\"detail\":" : "{\"error\":");
  json_encode_text(text, size, out);
  buf_addc(out, '}');
}

static void send_error_with(enum error_shape shape, int status,
                            const char *text, size_t size,
                            const struct http_header *extra, size_t n,
                            struct http_request *http)
{
  struct buf body = {.arena = &http->arena};
  write_error(shape, status, text, size, &body);
  if (body.failed)
    http_respond_error(http, status, status == 500 ? answer_no_memory : NULL,
                       extra, n);
  else
    http_respond(http, status, "application/json", body.data, body.size, extra,
                 n);
}

static void send_error(enum error_shape shape, int status, const char *text,
                       size_t size, struct http_request *http)
{
  send_error_with(shape, status, text, size, NULL, 0, http);
}

// With the time after which it is worth while to ask again.
static void send_later(enum error_shape shape, int status, const char *text,
                       size_t size, uint32_t seconds, struct http_request *http)
{
  char number[12];
  int n = snprintf(number, sizeof number, "%u", seconds ? seconds : 1u);
  char *kept = arena_copy(&http->arena, number, (size_t)n);
  struct http_header later = {"retry-after", kept, 11, (uint32_t)n};
  send_error_with(shape, status, text, size, &later, kept != NULL, http);
}

void answer_refusal(enum error_shape shape, int status, const char *text,
                    const struct http_header *extra, size_t n,
                    struct http_request *http)
{
  send_error_with(shape, status, text, strlen(text), extra, n, http);
}

void answer_error(const struct service *s, uint32_t route,
                  const struct error *e, struct http_request *http)
{
  const struct service_route *how = &s->routes[route];
  int status = status_of(e);
  if (e->kind == ERROR_overloaded && how->overload_status)
    status = how->overload_status;
  const char *text = http_status_text(status);
  size_t size = strlen(text);
  if (e->message && e->message->size) {
    text = e->message->data;
    size = e->message->size;
  }
  if (status == 503 || status == 429)
    send_later(how->errors, status, text, size, e->retry_after, http);
  else
    send_error(how->errors, status, text, size, http);
}

void answer_fail(const struct service *s, uint32_t route, const char *message,
                 struct http_request *http)
{
  send_error(s->routes[route].errors, 500, message, strlen(message), http);
}

void answer_offences(const struct service *s, uint32_t route,
                     const struct offences *o, struct http_request *http)
{
  enum error_shape shape = s->routes[route].errors;
  struct buf body = {.arena = &http->arena};
  if (o->first && shape == SHAPE_FASTAPI)
    offences_print(o, &body);
  else if (o->first)
    buf_addf(&body, "%s: %s", o->first->loc, o->first->msg);
  if (!o->first || body.failed)
    answer_fail(s, route, o->fault ? o->fault : answer_no_memory, http);
  else if (shape == SHAPE_FASTAPI)
    http_respond(http, 422, "application/json", body.data, body.size, NULL, 0);
  else
    send_error(shape, shape == SHAPE_OPENAI ? 400 : 422, body.data, body.size,
               http);
}

void answer_allow(struct http_request *http, uint32_t allow)
{
  bool options = http->method == HTTP_M_OPTIONS;
  char list[128];
  size_t n = 0;
  if (allow & 1u << METHOD_WS) // a WebSocket begins as a GET
    allow |= 1u << METHOD_GET;
  if (allow & 1u << METHOD_GET)
    allow |= 1u << METHOD_HEAD;
  if (options)
    allow |= 1u << METHOD_OPTIONS;
  for (int m = 0; m < METHOD_WS; m++) {
    const char *name = plan_method_name((enum plan_method)m);
    if (!(allow & 1u << m))
      continue;
    if (n)
      memcpy(list + n, ", ", 2), n += 2;
    memcpy(list + n, name, strlen(name));
    n += strlen(name);
  }
  struct http_header header = {"allow", list, 5, (uint32_t)n};
  if (options)
    http_respond(http, 204, NULL, "", 0, &header, 1);
  else
    http_respond_error(http, 405, NULL, &header, 1);
}

// ---- results ----
static const char *const content_types[] = {
#define FORM(name, content_type) [FORM_##name] = content_type,
#include "grammar/defs/adapters.def"
};

static bool is_own_header(const struct text *name)
{
  static const char *const own[] = {"date", "content-length", "x-request-id",
                                    "connection", "transfer-encoding"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (name->size == strlen(own[i]) &&
        !strncasecmp(name->data, own[i], name->size))
      return true;
  return false;
}

// What the route said about headers; false: the arena is exhausted.
static bool take_headers(struct answer *a, const struct map *m)
{
  struct http_header *list =
      ARENA_ARRAY(&a->http->arena, m->count + 2, struct http_header);
  if (!list)
    return false;
  a->headers = list;
  for (uint32_t i = 0; i < m->count; i++) {
    const struct text *name = m->entries[i].key,
                      *item = m->entries[i].item.text;
    if (is_own_header(name))
      continue;
    char *text = arena_copy(&a->http->arena, item->data, item->size);
    char *key = arena_copy(&a->http->arena, name->data, name->size);
    if (!text || !key)
      return false;
    if (!strcasecmp(key, "content-type"))
      a->type = text;
    else // an empty name or a value with a NUL is refused by the server
      list[a->n_headers++] =
          (struct http_header){key, text, name->size, item->size};
  }
  return true;
}

static void send_bytes(const struct answer *a, const char *data, size_t size)
{
  http_respond(a->http, a->status, a->type, data, size, a->headers,
               a->n_headers);
}

// What the client gets as it is; NULL when the value is no text.
static const struct text *as_text(const struct answer *a, uint32_t type,
                                  value v)
{
  enum type_kind kind = service_kind(a->plan, type);
  return kind == TYPE_str || kind == TYPE_bytes ? v.text : NULL;
}

// NULL, or why the value cannot be said in that form.
static const char *write_form(const struct answer *a, enum form_kind form,
                              uint32_t type, value v, struct buf *out)
{
  static const char not_finite[] =
      "the result holds a number that is not finite";
  switch (form) {
  case FORM_json:
    return json_encode(a->plan, type, v, out) ? NULL : not_finite;
  case FORM_sse: {
    struct sse sse;
    sse_open(&sse, a->plan, type);
    return sse_write(&sse, v, out);
  }
  case FORM_csv:
    return csv_write(a->plan, type, v, out) ? NULL
                                            : "the result is no table for csv";
  case FORM_png:
    return image_write_png(v.tensor, out);
  default:
    value_text(a->plan, type, v, out);
    return NULL;
  }
}

static void send_value(const struct service *s, uint32_t route,
                       struct answer *a, enum form_kind form, uint32_t type,
                       value v)
{
  const struct text *t = form == FORM_json || form == FORM_sse ||
                                 form == FORM_csv || form == FORM_png
                             ? NULL
                             : as_text(a, type, v);
  if (t) {
    send_bytes(a, t->data, t->size);
    return;
  }
  struct buf body = {.arena = &a->http->arena};
  const char *why = write_form(a, form, type, v, &body);
  if (body.failed)
    why = answer_no_memory;
  if (why)
    answer_fail(s, route, why, a->http);
  else
    send_bytes(a, body.data ? body.data : "", body.size);
}

const char *answer_head(struct answer *a, const struct reply *reply,
                        enum form_kind form, bool stream)
{
  a->status = reply->status ? reply->status : 200;
  a->type = stream && form == FORM_json ? "application/x-ndjson"
                                        : content_types[form];
  if (a->status < 200 || a->status > 599)
    return "the status of the answer is not from 200 to 599";
  return take_headers(a, reply->headers ? reply->headers : &map_empty)
             ? NULL
             : answer_no_memory;
}

// Of a route that gives a stream or a value: the value, since there is no
// stream.
static uint32_t take_value(const struct plan *p, uint32_t type, value *v,
                           enum form_kind *form)
{
  struct plan_either either;
  if (!plan_stream_or_value(p, type, &either))
    return type;
  *form = FORM_auto; // the route's is that of the stream
  *v = v->parts[1];
  if (!v->box && p->types[either.value].kind != TYPE_none)
    return p->fields[p->types[type].fields.first + 1].type;
  if (v->box)
    *v = *v->box;
  return either.value;
}

static void answer_result(const struct service *s, uint32_t route,
                          const struct request *call, struct http_request *http)
{
  struct answer a = {.plan = s->plan, .http = http};
  value v = call->result;
  const struct plan_route *row = &s->plan->routes[route];
  enum form_kind form = (enum form_kind)row->form;
  uint32_t type = take_value(s->plan, row->result, &v, &form);
  if (call->reply.form != FORM_auto)
    form = call->reply.form;
  form = service_form(s->plan, form, type);
  bool none = s->plan->types[type].kind == TYPE_none && form == FORM_json;
  const char *why = answer_head(&a, &call->reply, form, false);
  if (none)
    a.type = NULL;
  if (why)
    answer_fail(s, route, why, http);
  else if (none)
    send_bytes(&a, "", 0);
  else
    send_value(s, route, &a, form, type, v);
}

void answer_call(const struct service *s, uint32_t route,
                 const struct request *call, struct http_request *http)
{
  if (call->failed)
    answer_error(s, route, &call->error, http);
  else
    answer_result(s, route, call, http);
}
