// Enters: what a client sent. Leaves: values of the types that the route asks
// for, or every offence at once. FastAPI's rules say what is read from where.
#include "runtime/net/params.h"
#include "grammar/base/utf8.h"
#include "runtime/net/adapt.h"
#include "runtime/net/fields.h"

#include <string.h>
#include <strings.h>

struct reader {
  struct params *p;
  const struct plan *plan;
  struct decode decode;
  const struct plan_param *param;
  const struct service_param *how;
  value *out;
};

static const struct loc loc_body = {NULL, "body", 4, 0};

bool params_is_json(const char *type)
{
  if (!type)
    return false;
  size_t size = strcspn(type, "; \t");
  return (size == 16 && !strncasecmp(type, "application/json", 16)) ||
         (size > 5 && !strncasecmp(type + size - 5, "+json", 5));
}

static void print_loc(const char *source, const char *key, struct buf *out)
{
  buf_addc(out, '[');
  json_encode_text(source, strlen(source), out);
  if (key) {
    buf_addc(out, ',');
    json_encode_text(key, strlen(key), out);
  }
  buf_addc(out, ']');
}

static bool offend(struct reader *r, const char *source, const char *key,
                   const char *type, const char *message)
{
  struct buf loc = {.arena = r->p->arena};
  print_loc(source, key, &loc);
  if (!loc.failed)
    offence_add(&r->p->offences, type, loc.data, "null", NULL, "%s", message);
  return false;
}

// What stands for a parameter that did not come.
static bool absent(struct reader *r, const char *source, const char *key)
{
  if (r->param->value != PLAN_NONE)
    return const_value(r->p->arena, r->plan, r->param->value, r->out);
  return offend(r, source, key, "missing", "Field required");
}

// ---- query, path, header, cookie ----
static const char *const source_names[] = {
    [SOURCE_query] = "query",   [SOURCE_path] = "path",
    [SOURCE_header] = "header", [SOURCE_cookie] = "cookie",
    [SOURCE_body] = "body",     [SOURCE_adapter] = "body"};

static bool find_fields(struct reader *r, const char *key, struct fields *f)
{
  struct http_request *http = r->p->http;
  switch ((enum source_kind)r->param->source) {
  case SOURCE_query:
    return fields_of_query(f, http->query, http->query_size, key);
  case SOURCE_header:
    return fields_of_headers(f, http, key);
  case SOURCE_cookie:
    return fields_of_cookies(f, http, key);
  default:
    return fields_of_path(f, &r->p->match->holes[r->how->hole]);
  }
}

// Many values of one name are read as a JSON list of strings, by the lax rules.
static bool read_list(struct reader *r, const struct fields *f,
                      const struct loc *at)
{
  struct buf json = {.arena = r->p->arena};
  buf_addc(&json, '[');
  for (const struct field *one = f->first; one; one = one->next) {
    if (one != f->first)
      buf_addc(&json, ',');
    json_encode_text(one->data, one->size, &json);
  }
  buf_addc(&json, ']');
  return !json.failed && json_decode(&r->decode, r->param->type, json.data,
                                     json.size, at, r->out);
}

static bool read_field(struct reader *r)
{
  const char *key = plan_str(r->plan, r->param->key);
  const char *source = source_names[r->param->source];
  struct fields f = {.arena = r->p->arena};
  if (!find_fields(r, key, &f))
    return false; // out of memory
  if (!f.first)
    return absent(r, source, key);
  for (const struct field *one = f.first; one; one = one->next)
    if (utf8_check(one->data, one->size) != one->size)
      return offend(r, source, key, "string_unicode",
                    "Input should be a valid string, unable to parse raw data "
                    "as a unicode string");
  struct loc up = {NULL, source, strlen(source), 0};
  struct loc at = {&up, key, r->param->key.size, 0};
  if (r->how->several)
    return read_list(r, &f, &at);
  return scalar_decode(&r->decode, r->param->type, f.last->data, f.last->size,
                       &at, r->out);
}

// ---- the body ----
static bool read_text(struct reader *r)
{
  const struct http_request *http = r->p->http;
  if (utf8_check(http->body, http->body_size) != http->body_size)
    return offend(r, "body", NULL, "string_unicode",
                  "Input should be a valid string, unable to parse raw data "
                  "as a unicode string");
  return scalar_decode(&r->decode, r->param->type, http->body, http->body_size,
                       &loc_body, r->out);
}

static bool read_bytes(struct reader *r)
{
  const struct http_request *http = r->p->http;
  struct text *t = ARENA_NEW(r->p->arena, struct text);
  if (!t || http->body_size > UINT32_MAX)
    return false;
  uint32_t size = (uint32_t)http->body_size;
  *t = (struct text){size, size, http->body};
  r->out->text = t;
  return true;
}

static bool read_json(struct reader *r)
{
  const struct http_request *http = r->p->http;
  if (!http->body_size)
    return absent(r, "body", NULL);
  return (r->param->nested_text ? json_decode_nested : json_decode)(
      &r->decode, r->param->type, http->body, http->body_size, &loc_body,
      r->out);
}

// A body without an adapter: JSON, but for a str or bytes, whose bytes are
// meant unless the content type says JSON.
static bool read_plain(struct reader *r)
{
  const struct http_header *type = http_find(r->p->http, "content-type");
  if (!r->how->raw || params_is_json(type ? type->value : NULL))
    return read_json(r);
  if (!r->p->http->body_size && r->param->value != PLAN_NONE)
    return absent(r, "body", NULL);
  return service_kind(r->plan, r->param->type) == TYPE_bytes ? read_bytes(r)
                                                             : read_text(r);
}

static bool read_body(struct reader *r)
{
  switch ((enum adapter_kind)r->param->adapter) {
  case ADAPTER_none:
    return read_plain(r);
  case ADAPTER_json:
    return read_json(r);
  case ADAPTER_text:
    return read_text(r);
  case ADAPTER_bytes:
    return read_bytes(r);
  default:
    break;
  }
  return adapt_read(r->p, r->param, r->out);
}

// ---- parameters that are fields of one object ----
static bool is_part(const struct plan_param *param)
{
  return param->source == SOURCE_body && param->embed;
}

static bool absent_parts(struct reader *r, const struct json_part *parts,
                         uint32_t n)
{
  bool good = true;
  for (uint32_t i = 0; i < n; i++) {
    if (parts[i].fallback)
      *parts[i].out = *parts[i].fallback;
    else
      good = offend(r, "body", parts[i].key, "missing", "Field required");
  }
  return good;
}

static bool fill_part(struct reader *r, const struct plan_param *param,
                      struct json_part *part, value *out)
{
  *part =
      (struct json_part){plan_str(r->plan, param->key), param->type, NULL, out};
  if (param->value == PLAN_NONE)
    return true;
  value *fallback = ARENA_NEW(r->p->arena, value);
  part->fallback = fallback;
  return fallback && const_value(r->p->arena, r->plan, param->value, fallback);
}

static bool read_parts(struct reader *r, struct plan_run run, value *args)
{
  const struct http_request *http = r->p->http;
  struct json_part *parts =
      ARENA_ARRAY(r->p->arena, run.count, struct json_part);
  uint32_t n = 0;
  for (uint32_t i = 0; parts && i < run.count; i++) {
    const struct plan_param *param = &r->plan->params[run.first + i];
    if (is_part(param) && !fill_part(r, param, &parts[n++], &args[i]))
      return false;
  }
  if (!parts)
    return false;
  if (!http->body_size)
    return absent_parts(r, parts, n);
  return json_decode_parts(&r->decode, parts, n, http->body, http->body_size,
                           &loc_body);
}

bool params_read(struct params *p, value *args)
{
  const struct plan *plan = p->service->plan;
  struct plan_run run = plan->routes[p->match->route].params;
  struct reader r = {
      .p = p, .plan = plan, .decode = {plan, p->arena, &p->offences}};
  bool good = true, parts = false;
  for (uint32_t turn = 0; turn < run.count; turn++) {
    uint32_t i = p->service->params[run.first + turn].order;
    r.param = &plan->params[run.first + i];
    r.how = &p->service->params[run.first + i];
    r.out = &args[i];
    if (plan->types[r.param->type].kind == TYPE_stream) {
      args[i].stream = NULL; // it is fed as its pieces come
    } else if (is_part(r.param)) {
      good &= parts || read_parts(&r, run, args);
      parts = true;
    } else if (r.param->source == SOURCE_body ||
               r.param->source == SOURCE_adapter) {
      good &= read_body(&r);
    } else {
      good &= read_field(&r);
    }
  }
  return good;
}
