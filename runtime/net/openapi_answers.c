// What the OpenAPI document says of a route's answers: what its code gives,
// what that fails with, and what the server answers before code runs.
#include "runtime/codec/codec.h"
#include "runtime/net/openapi_parts.h"
#include "runtime/net/pages.h"

#include <string.h>

static const char *const form_types[] = {
#define FORM(name, content_type) [FORM_##name] = content_type,
#include "grammar/defs/adapters.def"
};

// One way of answering; false where it has no body.
static bool write_result(struct writer *w, enum form_kind form, uint32_t type,
                         const char *before)
{
  const struct plan *p = w->plan;
  bool stream = p->types[type].kind == TYPE_stream;
  form = service_form(p, form, type);
  const char *name =
      stream && form == FORM_json ? "application/x-ndjson" : form_types[form];
  if (p->types[type].kind == TYPE_none)
    return false;
  buf_addf(w->out, "%s\"%.*s\":{\"schema\":", before, (int)strcspn(name, ";"),
           name);
  if (stream && form != FORM_json) // a text as a whole, whatever its pieces are
    buf_adds(w->out, form == FORM_bytes ? BINARY : "{\"type\":\"string\"}");
  else
    openapi_schema(w, type);
  buf_addc(w->out, '}');
  return true;
}

static void write_results(struct writer *w, const struct plan_route *r)
{
  const char *before = ",\"content\":{";
  enum form_kind form = (enum form_kind)r->form;
  struct plan_either either;
  bool some;
  if (plan_stream_or_value(w->plan, r->result, &either)) {
    some = write_result(w, form, either.stream, before);
    write_result(w, FORM_auto, either.value, ",");
  } else {
    some = write_result(w, form, r->result, before);
  }
  if (some)
    buf_addc(w->out, '}');
}

static void begin_response(struct writer *w, uint32_t status)
{
  buf_addf(w->out, "%s\"%u\":{\"description\":", w->comma, status);
  w->comma = ",";
}

static void write_success(struct writer *w, const struct plan_route *r,
                          uint32_t status)
{
  begin_response(w, status);
  buf_adds(w->out, "\"Successful Response\"");
  if (status != 204 && status != 304)
    write_results(w, r);
  buf_addc(w->out, '}');
}

// Behind a description: its schema, one of our own.
static void write_own(struct writer *w, const char *name)
{
  buf_addf(w->out,
           ",\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
           "\"#/components/schemas/%s%s\"}}}",
           w->own, name);
}

// What the server itself answers before code runs.
struct early {
  uint32_t status;
  const char *says, *schema, *header;
};
enum { EARLY = 3 };

static uint32_t early_of(const struct writer *w, const struct plan_route *r,
                         struct early out[EARLY])
{
  const char *error = service_errors(w->plan, r->settings) == SHAPE_FASTAPI
                          ? "HTTPError"
                          : NULL;
  uint32_t n = 0;
  if (security_asks(w->plan, r))
    out[n++] = (struct early){401, "Unauthorized", error, "WWW-Authenticate"};
  if (r->params.count)
    out[n++] =
        (struct early){422, "Validation Error", "HTTPValidationError", NULL};
  if (security_counts(w->plan, r))
    out[n++] = (struct early){429, "Too Many Requests", error, "Retry-After"};
  return n;
}

// What code fails with too has the messages of both.
static void write_early(struct writer *w, const struct early *e,
                        const struct buf *messages)
{
  struct buf all = {0};
  begin_response(w, e->status);
  buf_addf(&all, "%s%s", e->says, messages->size ? "\n" : "");
  buf_add(&all, messages->data, messages->size);
  json_encode_text(all.data ? all.data : "", all.size, w->out);
  w->out->failed |= all.failed;
  buf_free(&all);
  if (e->header)
    buf_addf(w->out, ",\"headers\":{\"%s\":{\"schema\":{\"type\":\"string\"}}}",
             e->header);
  if (e->schema)
    write_own(w, e->schema);
  w->checked |= e->status == 422;
  w->fails |= e->schema && e->status != 422;
  buf_addc(w->out, '}');
}

// What code fails with, all messages of one status.
static void write_failed(struct writer *w, const struct plan_route *r,
                         uint32_t status, const struct buf *messages)
{
  begin_response(w, status);
  json_encode_text(messages->data ? messages->data : "", messages->size,
                   w->out);
  if (service_errors(w->plan, r->settings) == SHAPE_FASTAPI) {
    w->fails = true;
    write_own(w, "HTTPError");
  }
  buf_addc(w->out, '}');
}

static void add_messages(struct writer *w, const struct plan_outcome *o,
                         uint32_t n, struct buf *out)
{
  for (uint32_t i = 0; i < n; i++)
    buf_addf(out, "%s%s", i ? "\n" : "", plan_str(w->plan, o[i].message));
  w->out->failed |= out->failed;
}

// `n` outcomes of one status, which the server may answer with as well.
static void write_outcomes(struct writer *w, const struct plan_route *r,
                           const struct plan_outcome *o, uint32_t n,
                           const struct early *also)
{
  struct buf messages = {0};
  if (o->failed && !(also && o->status == 422)) // ours has a shape of its own
    add_messages(w, o, n, &messages);
  if (also)
    write_early(w, also, &messages);
  else if (o->failed)
    write_failed(w, r, o->status, &messages);
  else
    write_success(w, r, o->status);
  buf_free(&messages);
}

// Answers are known by status.
void openapi_answers(struct writer *w, const struct plan_route *r)
{
  static const struct buf nothing;
  const struct plan_outcome *o = &w->plan->outcomes[r->outcomes.first];
  const struct plan_outcome *end = o + r->outcomes.count;
  struct early early[EARLY];
  uint32_t n = early_of(w, r, early), i = 0;
  w->comma = "";
  buf_adds(w->out, ",\"responses\":{");
  if (o == end || o->failed || o->status > 299)
    write_success(w, r, 200);
  while (o < end) {
    const struct plan_outcome *first = o;
    while (o < end && o->status == first->status)
      o++;
    for (; i < n && early[i].status < first->status; i++)
      write_early(w, &early[i], &nothing);
    bool both = i < n && early[i].status == first->status;
    write_outcomes(w, r, first, (uint32_t)(o - first),
                   both ? &early[i++] : NULL);
  }
  for (; i < n; i++)
    write_early(w, &early[i], &nothing);
  buf_addc(w->out, '}');
}
