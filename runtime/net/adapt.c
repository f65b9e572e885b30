// Which adapter reads what; `request`, which gives the request itself; and how
// a parameter of a route comes to its adapter.
#include "runtime/net/adapt.h"

#include "grammar/base/utf8.h"
#include "runtime/net/params.h"
#include "runtime/net/router.h"

#include <string.h>

const struct loc adapt_body = {NULL, "body", 4, 0};

// ---- small json values ----

const struct json *json_new(struct arena *a, enum json_kind kind, value as)
{
  struct json *j = arena_alloc(a, sizeof *j);
  if (j)
    *j = (struct json){kind, as};
  return j;
}

// Bytes that are no UTF-8 count one by one; only `bytes` may take them.
const struct json *json_new_text(struct arena *a, const char *data, size_t size)
{
  const struct text *t = text_view(a, data, size);
  return t ? json_new(a, JSON_TEXT, (value){.text = t}) : NULL;
}

bool json_put(struct arena *a, struct map *m, const char *key,
              const struct json *item)
{
  const struct text *name = text_view(a, key, strlen(key));
  return item && name && map_put(a, m, name, (value){.json = item});
}

// ---- request ----

// Latin-1, where it is no UTF-8.
static const struct json *header_text(struct arena *a, const char *data,
                                      size_t size)
{
  if (utf8_check(data, size) == size)
    return json_new_text(a, data, size);
  char *text = arena_alloc(a, 2 * size), *to = text;
  for (size_t i = 0; text && i < size; i++)
    to += utf8_encode((unsigned char)data[i], to);
  return text ? json_new_text(a, text, (size_t)(to - text)) : NULL;
}

// Several headers of one name are joined, as HTTP has it.
static bool put_header(struct arena *a, struct map *m,
                       const struct adapt_pair *h)
{
  const struct text *name = text_view(a, h->name, h->name_size);
  const struct json *item = header_text(a, h->value, h->value_size);
  const value *before = name && item ? map_get(m, name) : NULL;
  if (before) {
    const struct text *x = before->json->as.text, *y = item->as.text;
    struct buf b = {.arena = a};
    buf_add(&b, x->data, x->size);
    buf_add(&b, ", ", 2);
    buf_add(&b, y->data, y->size);
    item = b.failed ? NULL : json_new_text(a, b.data, b.size);
  }
  return name && item && map_put(a, m, name, (value){.json = item});
}

static const struct json *headers_json(struct arena *a,
                                       const struct adapt_input *in)
{
  struct map *m = map_new(a, (uint32_t)in->n_headers);
  for (size_t i = 0; m && i < in->n_headers; i++)
    if (!put_header(a, m, &in->headers[i]))
      return NULL;
  return m ? json_new(a, JSON_MAP, (value){.map = m}) : NULL;
}

// A query that is no UTF-8 keeps what is.
static const struct json *query_text(struct arena *a, const char *data,
                                     size_t size)
{
  return header_text(a, data, size);
}

static const struct json *query_json(struct arena *a,
                                     const struct adapt_input *in)
{
  struct form form = {.arena = a};
  struct map *m = map_new(a, 0);
  if (!m || form_urlencoded(&form, in->query, in->query_size))
    return NULL;
  for (struct form_field *f = form.first; f; f = f->next) {
    const struct json *name = query_text(a, f->name, f->name_size);
    const struct json *item = query_text(a, f->data, f->size);
    if (!name || !item || !map_put(a, m, name->as.text, (value){.json = item}))
      return NULL;
  }
  return json_new(a, JSON_MAP, (value){.map = m});
}

static bool put_str(struct arena *a, struct map *m, const char *key,
                    const char *text)
{
  text = text ? text : "";
  return json_put(a, m, key, header_text(a, text, strlen(text)));
}

static bool read_request(struct decode *d, uint32_t type,
                         const struct adapt_input *in, value *out)
{
  struct arena *a = d->arena;
  struct map *m = map_new(a, 8);
  const struct json *all = m ? json_new(a, JSON_MAP, (value){.map = m}) : NULL;
  return all && put_str(a, m, "method", in->method) &&
         put_str(a, m, "path", in->path) &&
         json_put(a, m, "query", query_json(a, in)) &&
         json_put(a, m, "headers", headers_json(a, in)) &&
         json_put(a, m, "body", json_new_text(a, in->body, in->size)) &&
         put_str(a, m, "client", in->client) && put_str(a, m, "id", in->id) &&
         json_convert(d, type, all, &adapt_body, out);
}

// ---- all of them ----

static bool read_text(struct decode *d, uint32_t type,
                      const struct adapt_input *in, value *out)
{
  return scalar_decode(d, type, in->body, in->size, &adapt_body, out);
}

static bool read_bytes(struct decode *d, uint32_t type,
                       const struct adapt_input *in, value *out)
{
  const struct json *j = json_new_text(d->arena, in->body, in->size);
  return j && json_convert(d, type, j, &adapt_body, out);
}

bool adapt_decode(struct decode *d, enum adapter_kind kind, uint32_t type,
                  const struct adapt_input *in, value *out)
{
  if (in->size >= UINT32_MAX)
    return offence_value(d, &json_null, &adapt_body, "larger than 4 GiB");
  switch (kind) {
  case ADAPTER_text:
    return read_text(d, type, in, out);
  case ADAPTER_bytes:
    return read_bytes(d, type, in, out);
  case ADAPTER_form:
    return adapt_form(d, type, in, out);
  case ADAPTER_ndarray:
    return adapt_ndarray(d, type, in, out);
  case ADAPTER_multi_ndarray:
    return adapt_multi_ndarray(d, type, in, out);
  case ADAPTER_image:
    return adapt_image(d, type, in, out);
  case ADAPTER_table:
    return adapt_table(d, type, in, out);
  case ADAPTER_request:
    return read_request(d, type, in, out);
  default:
    return json_decode(d, type, in->body, in->size, &adapt_body, out);
  }
}

static bool fill_headers(struct arena *a, const struct http_request *http,
                         struct adapt_input *in)
{
  struct adapt_pair *pairs =
      ARENA_ARRAY(a, http->n_headers + 1, struct adapt_pair);
  for (size_t i = 0; pairs && i < http->n_headers; i++) {
    const struct http_header *h = &http->headers[i];
    pairs[i] =
        (struct adapt_pair){h->name, h->value, h->name_size, h->value_size};
  }
  in->headers = pairs;
  in->n_headers = http->n_headers;
  return pairs;
}

bool adapt_read(struct params *p, const struct plan_param *param, value *out)
{
  const struct http_request *http = p->http;
  const struct http_header *type = http_find(http, "content-type");
  struct adapt_input in = {.content_type = type ? type->value : NULL,
                           .body = http->body ? http->body : "",
                           .size = http->body_size,
                           .query = http->query,
                           .query_size = http->query_size,
                           .method = http->method_text,
                           .path = http->path,
                           .client = http->client,
                           .id = http->id};
  struct decode d = {p->service->plan, p->arena, &p->offences};
  if (!in.size && param->value != PLAN_NONE)
    return const_value(p->arena, d.plan, param->value, out);
  if (param->adapter == ADAPTER_request && !fill_headers(p->arena, http, &in))
    return false;
  return adapt_decode(&d, (enum adapter_kind)param->adapter, param->type, &in,
                      out);
}
