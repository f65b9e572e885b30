// The OpenAPI 3.1 document of an app or of a whole plan, in the shape that
// FastAPI gives its own.
#include "runtime/net/openapi_parts.h"
#include "runtime/codec/codec.h"
#include "runtime/net/pages.h"

#include <stdlib.h>
#include <string.h>

void openapi_text(struct writer *w, struct plan_text t)
{
  json_encode_text(plan_str(w->plan, t), t.size, w->out);
}

void openapi_schema(struct writer *w, uint32_t type)
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
  if (!const_value(&arena, w->plan, index, &v))
    w->out->failed = true;
  else if (!json_encode(w->plan, w->plan->consts[index].type, v, w->out))
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
  openapi_text(w, p->key);
  buf_addf(w->out, ",\"in\":\"%s\",\"required\":%s,\"schema\":", in[p->source],
           required ? "true" : "false");
  openapi_schema(w, p->type);
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
  openapi_schema(w, type);
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
    openapi_text(w, p->key);
    buf_addc(w->out, ':');
    openapi_schema(w, p->type);
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
    openapi_text(w, p->key);
    required = ",";
  }
  buf_adds(w->out, "]}}");
}

// Where no bytes at all can be read as well: what is taken as it is, unless it
// has limits.
static bool may_be_empty(const struct plan *p, const struct plan_param *param)
{
  const struct plan_type *t = &p->types[param->type];
  uint32_t kind = p->types[t->base].kind;
  bool plain = t->base == param->type;
  return kind == TYPE_stream || (plain && (param->adapter == ADAPTER_bytes ||
                                           param->adapter == ADAPTER_text));
}

// Whether there has to be a body: of several parts, if one has to be there.
static bool is_required(const struct plan *p, struct plan_run run,
                        const struct plan_param *first)
{
  if (!first->embed)
    return first->value == PLAN_NONE && !may_be_empty(p, first);
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_param *one = &p->params[run.first + i];
    if (!is_listed(one) && one->embed && one->value == PLAN_NONE)
      return true;
  }
  return false;
}

static void write_request_body(struct writer *w, struct plan_run run)
{
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_param *p = &w->plan->params[run.first + i];
    if (is_listed(p) || p->adapter == ADAPTER_request)
      continue;
    buf_addf(w->out, ",\"requestBody\":{\"required\":%s,\"content\":{",
             is_required(w->plan, run, p) ? "true" : "false");
    if (p->embed)
      write_parts(w, run);
    else
      write_one_body(w, p);
    buf_adds(w->out, "}}");
    return;
  }
}

// ---- routes ----
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
  openapi_text(w, w->plan->apps[r->app].name);
  buf_addc(w->out, ']');
  if (r->doc.size) {
    const char *doc = plan_str(w->plan, r->doc);
    size_t line = strcspn(doc, "\n");
    buf_adds(w->out, ",\"summary\":");
    json_encode_text(doc, line, w->out);
    if (doc[line]) // it says more than that
      buf_adds(w->out, ",\"description\":");
    if (doc[line])
      openapi_text(w, r->doc);
  }
  write_operation_id(w, r);
  security_write(w->plan, r, w->out);
  write_params(w, r->params);
  write_request_body(w, r->params);
  openapi_answers(w, r);
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
  w->out->failed |= plain.failed;
  json_encode_text(plain.size ? plain.data : "/", plain.size ? plain.size : 1,
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
    openapi_text(w, p->apps[only].name);
  else
    buf_adds(w->out, "\"ServeGraph\"");
  buf_adds(w->out, ",\"version\":\"1\"");
  if (only != PLAN_NONE && p->apps[only].doc.size) {
    buf_adds(w->out, ",\"description\":");
    openapi_text(w, p->apps[only].doc);
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
  w->out->failed |= !written;
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
    openapi_text(w, w->plan->apps[i].name);
    if (w->plan->apps[i].doc.size) {
      buf_adds(w->out, ",\"description\":");
      openapi_text(w, w->plan->apps[i].doc);
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
