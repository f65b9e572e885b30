// The OpenAPI 3.1 document of an app or of a whole plan, in the shape that
// FastAPI gives its own.
#include "runtime/codec/codec.h"
#include "runtime/net/pages.h"
#include "runtime/net/service.h"

#include <stdlib.h>
#include <string.h>

struct writer {
  const struct plan *plan;
  uint32_t app; // PLAN_NONE: all
  struct buf *out;
  uint8_t *wanted;
  bool checked;      // some route has parameters, so that 422 is described
  bool fails;        // the code of some route does
  const char *comma; // before the next response
  const char *own;   // before the names of our own schemas
};

static void add_text(struct writer *w, struct plan_text t)
{
  json_encode_text(plan_str(w->plan, t), t.size, w->out);
}

static void add_schema(struct writer *w, uint32_t type)
{
  schema_write(w->plan, type, w->wanted, w->out);
}

// ---- parameters ----
static bool is_listed(const struct plan_param *p)
{
  return p->source != SOURCE_body && p->source != SOURCE_adapter;
}

static void write_default(struct writer *w, uint32_t index)
{
  if (w->out->failed)
    return;
  struct arena arena = {0};
  value v;
  size_t before = w->out->size - 1; // without the schema's closing brace
  w->out->size = before;
  buf_adds(w->out,
           w->out->data[before - 1] == '{' ? "\"default\":" : ",\"default\":");
  if (!const_value(&arena, w->plan, index, &v) ||
      !json_encode(w->plan, w->plan->consts[index].type, v, w->out))
    w->out->size = before;
  buf_addc(w->out, '}');
  arena_free(&arena);
}

static void write_param(struct writer *w, const struct plan_param *p)
{
  static const char *const in[] = {[SOURCE_query] = "query",
                                   [SOURCE_path] = "path",
                                   [SOURCE_header] = "header",
                                   [SOURCE_cookie] = "cookie"};
  bool required = p->value == PLAN_NONE || p->source == SOURCE_path;
  buf_adds(w->out, "{\"name\":");
  add_text(w, p->key);
  buf_addf(w->out, ",\"in\":\"%s\",\"required\":%s,\"schema\":", in[p->source],
           required ? "true" : "false");
  add_schema(w, p->type);
  if (p->value != PLAN_NONE)
    write_default(w, p->value);
  buf_addc(w->out, '}');
}

static void write_params(struct writer *w, struct plan_run run)
{
  bool any = false;
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_param *p = &w->plan->params[run.first + i];
    if (!is_listed(p))
      continue;
    buf_adds(w->out, any ? "," : ",\"parameters\":[");
    write_param(w, p);
    any = true;
  }
  if (any)
    buf_addc(w->out, ']');
}

// ---- the body ----
static const char dtype_words[] = "\"int\",\"float\""
#define DTYPE(name, bytes, numpy) ",\"" numpy "\""
#include "grammar/defs/dtypes.def"
#undef DTYPE
    ;
// `%s`: the words.
#define ARRAY_SCHEMA                                                           \
  "{\"type\":\"object\",\"properties\":{\"array\":{\"type\":\"array\","        \
  "\"items\":{}},\"shape\":{\"type\":\"array\",\"items\":{\"type\":"           \
  "\"integer\"}},\"dtype\":{\"type\":\"string\",\"enum\":[%s]}},"              \
  "\"required\":[\"array\"]}"
#define BINARY "{\"type\":\"string\",\"format\":\"binary\"}"

// What a body is, besides what the type says; NULL: the type's schema as JSON.
static const char *const adapter_bodies[ADAPTERS] = {
    [ADAPTER_bytes] = "\"application/octet-stream\":{\"schema\":" BINARY "}",
    [ADAPTER_ndarray] = "\"application/json\":{\"schema\":" ARRAY_SCHEMA "}",
    [ADAPTER_multi_ndarray] =
        "\"application/json\":{\"schema\":{\"type\":\"object\","
        "\"additionalProperties\":" ARRAY_SCHEMA "}}",
    [ADAPTER_image] =
        "\"multipart/form-data\":{\"schema\":{\"type\":\"object\","
        "\"properties\":{\"img\":" BINARY "},\"required\":[\"img\"]}},"
        "\"image/png\":{\"schema\":" BINARY "},"
        "\"image/jpeg\":{\"schema\":" BINARY "}",
    [ADAPTER_table] = "\"application/json\":{\"schema\":{}}",
};

static void add_content(struct writer *w, const char *content_type,
                        uint32_t type, const char *behind)
{
  buf_addf(w->out, "\"%s\":{\"schema\":", content_type);
  add_schema(w, type);
  buf_addf(w->out, "}%s", behind);
}

static void write_one_body(struct writer *w, const struct plan_param *p)
{
  enum type_kind kind =
      (enum type_kind)w->plan->types[w->plan->types[p->type].base].kind;
  uint32_t of = w->plan->types[w->plan->types[p->type].base].of;
  if (kind == TYPE_stream) {
    kind = (enum type_kind)w->plan->types[w->plan->types[of].base].kind;
    if (kind == TYPE_bytes)
      buf_adds(w->out, adapter_bodies[ADAPTER_bytes]);
    else
      add_content(w, kind == TYPE_str ? "text/plain" : "application/x-ndjson",
                  w->plan->types[p->type].of, "");
  } else if (adapter_bodies[p->adapter]) {
    buf_addf(w->out, adapter_bodies[p->adapter], dtype_words);
  } else if (p->adapter == ADAPTER_text) {
    add_content(w, "text/plain", p->type, "");
  } else if (p->adapter == ADAPTER_form) {
    add_content(w, "application/x-www-form-urlencoded", p->type, ",");
    add_content(w, "multipart/form-data", p->type, "");
  } else {
    if (p->adapter == ADAPTER_none && kind == TYPE_str)
      add_content(w, "text/plain", p->type, ",");
    add_content(w, "application/json", p->type, "");
  }
}

static void write_parts(struct writer *w, struct plan_run run)
{
  const char *comma = "", *required = "";
  buf_adds(w->out, "\"application/json\":{\"schema\":{\"type\":\"object\","
                   "\"properties\":{");
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_param *p = &w->plan->params[run.first + i];
    if (is_listed(p) || !p->embed)
      continue;
    buf_adds(w->out, comma);
    add_text(w, p->key);
    buf_addc(w->out, ':');
    add_schema(w, p->type);
    if (p->value != PLAN_NONE)
      write_default(w, p->value);
    comma = ",";
  }
  buf_adds(w->out, "},\"required\":[");
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_param *p = &w->plan->params[run.first + i];
    if (is_listed(p) || !p->embed || p->value != PLAN_NONE)
      continue;
    buf_adds(w->out, required);
    add_text(w, p->key);
    required = ",";
  }
  buf_adds(w->out, "]}}");
}

static void write_request_body(struct writer *w, struct plan_run run)
{
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_param *p = &w->plan->params[run.first + i];
    if (is_listed(p) || p->adapter == ADAPTER_request)
      continue;
    buf_addf(w->out, ",\"requestBody\":{\"required\":%s,\"content\":{",
             p->value == PLAN_NONE ? "true" : "false");
    if (p->embed)
      write_parts(w, run);
    else
      write_one_body(w, p);
    buf_adds(w->out, "}}");
    return;
  }
}

// ---- routes ----
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
    add_schema(w, type);
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

static void write_invalid(struct writer *w)
{
  begin_response(w, 422);
  w->checked = true;
  buf_adds(w->out, "\"Validation Error\"");
  write_own(w, "HTTPValidationError");
  buf_addc(w->out, '}');
}

// What code fails with, all messages of one status.
static void write_failed(struct writer *w, const struct plan_route *r,
                         const struct plan_outcome *o, uint32_t n)
{
  struct buf all = {0};
  begin_response(w, o->status);
  for (uint32_t i = 0; i < n; i++)
    buf_addf(&all, "%s%s", i ? "\n" : "", plan_str(w->plan, o[i].message));
  json_encode_text(all.data ? all.data : "", all.size, w->out);
  w->out->failed |= all.failed;
  buf_free(&all);
  if (service_errors(w->plan, r->settings) == SHAPE_FASTAPI) {
    w->fails = true;
    write_own(w, "HTTPError");
  }
  buf_addc(w->out, '}');
}

// Answers are known by status; 422 may stand for code and for what is read.
static void write_responses(struct writer *w, const struct plan_route *r)
{
  const struct plan_outcome *o = &w->plan->outcomes[r->outcomes.first];
  const struct plan_outcome *end = o + r->outcomes.count;
  bool invalid = r->params.count;
  w->comma = "";
  buf_adds(w->out, ",\"responses\":{");
  if (o == end || o->failed || o->status > 299)
    write_success(w, r, 200);
  while (o < end) {
    const struct plan_outcome *first = o;
    while (o < end && o->status == first->status)
      o++;
    if (invalid && first->status >= 422) {
      write_invalid(w);
      invalid = false;
      if (first->status == 422)
        continue;
    }
    if (first->failed)
      write_failed(w, r, first, (uint32_t)(o - first));
    else
      write_success(w, r, first->status);
  }
  if (invalid)
    write_invalid(w);
  buf_addc(w->out, '}');
}

// post_my_dag, from POST /my-dag.
static void write_operation_id(struct writer *w, const struct plan_route *r)
{
  const char *method = plan_method_name((enum plan_method)r->method);
  buf_adds(w->out, ",\"operationId\":\"");
  for (; *method; method++)
    buf_addc(w->out, (char)(*method | 0x20));
  for (const char *at = plan_str(w->plan, r->path); *at; at++) {
    bool word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                (*at >= '0' && *at <= '9');
    buf_addc(w->out, word ? *at : '_');
  }
  buf_addc(w->out, '"');
}

static void write_route(struct writer *w, const struct plan_route *r)
{
  const char *method = plan_method_name((enum plan_method)r->method);
  buf_addc(w->out, '"');
  for (; *method; method++)
    buf_addc(w->out, (char)(*method | 0x20));
  buf_adds(w->out, "\":{\"tags\":[");
  add_text(w, w->plan->apps[r->app].name);
  buf_addc(w->out, ']');
  if (r->doc.size) {
    const char *doc = plan_str(w->plan, r->doc);
    size_t line = strcspn(doc, "\n");
    buf_adds(w->out, ",\"summary\":");
    json_encode_text(doc, line, w->out);
    if (doc[line]) // it says more than that
      buf_adds(w->out, ",\"description\":");
    if (doc[line])
      add_text(w, r->doc);
  }
  write_operation_id(w, r);
  security_write(w->plan, r, w->out);
  write_params(w, r->params);
  write_request_body(w, r->params);
  write_responses(w, r);
  buf_addc(w->out, '}');
}

// OpenAPI's paths have no `{rest:path}`, only `{rest}`.
static void write_path(struct writer *w, const char *path)
{
  struct buf plain = {0};
  for (const char *at = path; *at; at++) {
    if (!strncmp(at, ":path}", 6))
      at += 5;
    buf_addc(&plain, *at);
  }
  json_encode_text(plain.data ? plain.data : "/", plain.data ? plain.size : 1,
                   w->out);
  buf_free(&plain);
}

static int by_path(const void *x, const void *y, void *plan)
{
  const struct plan *p = plan;
  uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
  int order =
      strcmp(plan_str(p, p->routes[a].path), plan_str(p, p->routes[b].path));
  return order ? order : a < b ? -1 : a > b;
}

static bool is_shown(const struct writer *w, const struct plan_route *r)
{
  return r->method != METHOD_WS && (w->app == PLAN_NONE || w->app == r->app);
}

// Routes of one path are members of one object, so they are sorted by path.
static void write_paths(struct writer *w)
{
  const struct plan *p = w->plan;
  uint32_t *order = calloc((size_t)p->n_routes + 1, sizeof *order), n = 0;
  if (!order) {
    w->out->failed = true;
    return;
  }
  for (uint32_t i = 0; i < p->n_routes; i++)
    if (is_shown(w, &p->routes[i]))
      order[n++] = i;
  qsort_r(order, n, sizeof *order, by_path, (void *)p);
  const char *path = NULL;
  for (uint32_t i = 0; i < n; i++) {
    const struct plan_route *r = &p->routes[order[i]];
    const char *own = plan_str(p, r->path);
    if (path && !strcmp(path, own)) {
      buf_addc(w->out, ',');
    } else {
      buf_adds(w->out, path ? "}," : "");
      write_path(w, own);
      buf_adds(w->out, ":{");
    }
    path = own;
    write_route(w, r);
  }
  if (path)
    buf_addc(w->out, '}');
  free(order);
}

// ---- the whole ----
static void write_info(struct writer *w)
{
  const struct plan *p = w->plan;
  uint32_t only = p->n_apps == 1 ? 0 : w->app;
  buf_adds(w->out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
  if (only != PLAN_NONE)
    add_text(w, p->apps[only].name);
  else
    buf_adds(w->out, "\"ServeGraph\"");
  buf_adds(w->out, ",\"version\":\"1\"");
  if (only != PLAN_NONE && p->apps[only].doc.size) {
    buf_adds(w->out, ",\"description\":");
    add_text(w, p->apps[only].doc);
  }
  buf_adds(w->out, "},\"paths\":{");
}

#define ERROR_SCHEMA                                                           \
  "%s\"%sHTTPError\":{\"type\":\"object\",\"properties\":{\"detail\":{"        \
  "\"type\":\"string\"}},\"required\":[\"detail\"]}"
#define VALIDATION_SCHEMAS                                                     \
  "%s\"%sHTTPValidationError\":{\"type\":\"object\",\"properties\":"           \
  "{\"detail\":{\"type\":\"array\",\"items\":{\"$ref\":"                       \
  "\"#/components/schemas/%sValidationError\"}}}},"                            \
  "\"%sValidationError\":{\"type\":\"object\",\"properties\":{\"loc\":"        \
  "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"string\"},"           \
  "{\"type\":\"integer\"}]}},\"msg\":{\"type\":\"string\"},\"type\":"          \
  "{\"type\":\"string\"},\"input\":{},\"ctx\":{\"type\":\"object\"}},"         \
  "\"required\":[\"loc\",\"msg\",\"type\"]}"

// What goes before the names of our own schemas: nothing, unless the program
// has types of these names.
static const char *own_prefix(const struct plan *p)
{
  static const char *const own[] = {"HTTPError", "HTTPValidationError",
                                    "ValidationError"};
  for (uint32_t t = 0; t < p->n_types; t++)
    for (size_t i = 0; p->types[t].name.size && i < sizeof own / sizeof *own;
         i++)
      if (!strcmp(plan_str(p, p->types[t].name), own[i]))
        return "ServeGraph.";
  return "";
}

// An entry may ask for others, before and behind it.
static void write_schemas(struct writer *w)
{
  uint32_t n = w->plan->n_types;
  uint8_t *written = calloc(n / 8 + 1, 1);
  const char *comma = "";
  for (bool again = written != NULL; again;) {
    again = false;
    for (uint32_t t = 0; t < n; t++) {
      uint8_t bit = (uint8_t)(1u << t % 8);
      if (!(w->wanted[t / 8] & ~written[t / 8] & bit))
        continue;
      written[t / 8] |= bit;
      buf_adds(w->out, comma);
      schema_write_entry(w->plan, t, w->wanted, w->out);
      comma = ",";
      again = true;
    }
  }
  free(written);
  if (w->fails)
    buf_addf(w->out, ERROR_SCHEMA, comma, w->own);
  comma = w->fails ? "," : comma;
  if (w->checked)
    buf_addf(w->out, VALIDATION_SCHEMAS, comma, w->own, w->own, w->own);
}

static void write_tags(struct writer *w)
{
  const char *comma = "";
  for (uint32_t i = 0; i < w->plan->n_apps; i++) {
    if (w->app != PLAN_NONE && w->app != i)
      continue;
    buf_addf(w->out, "%s{\"name\":", comma);
    add_text(w, w->plan->apps[i].name);
    if (w->plan->apps[i].doc.size) {
      buf_adds(w->out, ",\"description\":");
      add_text(w, w->plan->apps[i].doc);
    }
    buf_addc(w->out, '}');
    comma = ",";
  }
}

void openapi_write(const struct plan *p, uint32_t app, struct buf *out)
{
  struct writer w = {.plan = p, .app = app, .out = out, .own = own_prefix(p)};
  w.wanted = calloc(p->n_types / 8 + 1, 1);
  if (!w.wanted) {
    out->failed = true;
    return;
  }
  write_info(&w);
  write_paths(&w);
  buf_adds(out, "},\"components\":{\"schemas\":{");
  write_schemas(&w);
  buf_addc(out, '}');
  security_schemes_write(p, out);
  buf_adds(out, "},\"tags\":[");
  write_tags(&w);
  buf_adds(out, "]}");
  free(w.wanted);
}
