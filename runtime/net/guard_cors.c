// Requests of pages from other origins enter (the Fetch standard, 3.2); fields
// that tell a browser what it may do leave. What is answered is what
// Starlette's CORSMiddleware answers.
#include "runtime/net/guard_parts.h"
#include "grammar/base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct cors {
  struct guard_list origins, methods, headers;
  bool any_origin, any_method, any_header, credentials;
  struct buf expose, allow_methods, allow_headers, max_age; // as they are sent
};

static const char *const simple[] = {"Accept", "Accept-Language",
                                     "Content-Language", "Content-Type"};
enum { SIMPLE = sizeof simple / sizeof *simple };

// ---- settings ----
static void join(struct buf *b, const char *text)
{
  if (b->size)
    buf_adds(b, ", ");
  buf_adds(b, text);
}

static void join_list(struct buf *b, const struct guard_list *l)
{
  for (uint32_t i = 0; i < l->count; i++)
    join(b, guard_item(l, i));
}

static bool is_simple(const char *name, size_t size)
{
  for (int i = 0; i < SIMPLE; i++)
    if (strlen(simple[i]) == size && !strncasecmp(simple[i], name, size))
      return true;
  return false;
}

static bool has_any(const struct guard_list *l)
{
  return guard_has(l, "*", 1, false);
}

static void write_texts(struct cors *c, const struct guard_place *p)
{
  struct guard_list expose = guard_list(p, SETTING_cors_expose);
  int64_t age = guard_number(p, SETTING_cors_max_age, 600000000000);
  join_list(&c->expose, &expose);
  if (c->any_method)
    buf_adds(&c->allow_methods, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
  else
    join_list(&c->allow_methods, &c->methods);
  for (int i = 0; i < SIMPLE; i++)
    join(&c->allow_headers, simple[i]);
  for (uint32_t i = 0; i < c->headers.count; i++) {
    const char *name = guard_item(&c->headers, i);
    if (!is_simple(name, strlen(name)))
      join(&c->allow_headers, name);
  }
  buf_addf(&c->max_age, "%lld", (long long)(age / 1000000000));
}

bool cors_new(struct cors **out, const struct guard_place *p)
{
  struct guard_list origins = guard_list(p, SETTING_cors_origins);
  if (!origins.count)
    return true;
  struct cors *c = calloc(1, sizeof *c);
  if (!c)
    return false;
  c->origins = origins;
  c->methods = guard_list(p, SETTING_cors_methods);
  c->headers = guard_list(p, SETTING_cors_headers);
  c->any_origin = has_any(&c->origins);
  c->any_method = has_any(&c->methods);
  c->any_header = has_any(&c->headers);
  c->credentials = guard_number(p, SETTING_cors_credentials, 0);
  write_texts(c, p);
  if (c->expose.failed || c->allow_methods.failed || c->allow_headers.failed ||
      c->max_age.failed)
    cors_free(&c);
  *out = c;
  return c;
}

void cors_free(struct cors **at)
{
  struct cors *c = *at;
  *at = NULL;
  if (!c)
    return;
  buf_free(&c->expose);
  buf_free(&c->allow_methods);
  buf_free(&c->allow_headers);
  buf_free(&c->max_age);
  free(c);
}

// ---- requests ----
static bool may_call(const struct cors *c, const struct http_header *origin)
{
  return c->any_origin ||
         guard_has(&c->origins, origin->value, origin->value_size, false);
}

// What depends on the origin must not be kept for another.
static void name_origin(struct http_request *r, const char *origin)
{
  guard_add(r, "access-control-allow-origin", origin);
  guard_add(r, "vary", "Origin");
}

void cors_mark(const struct cors *c, struct http_request *r)
{
  const struct http_header *origin = http_find(r, "origin");
  if (!origin)
    return;
  if (c->any_origin && !http_find(r, "cookie"))
    guard_add(r, "access-control-allow-origin", "*");
  else if (may_call(c, origin))
    name_origin(r, origin->value);
  if (c->credentials)
    guard_add(r, "access-control-allow-credentials", "true");
  if (c->expose.size)
    guard_add(r, "access-control-expose-headers", c->expose.data);
}

bool cors_is_preflight(const struct http_request *r)
{
  return r->method == HTTP_M_OPTIONS && http_find(r, "origin") &&
         http_find(r, "access-control-request-method");
}

static bool may_send(const struct cors *c, const char *list)
{
  while (*list) {
    size_t blank = strspn(list, " \t,");
    size_t size = strcspn(list + blank, ",");
    const char *name = list + blank;
    list = name + size;
    while (size && (name[size - 1] == ' ' || name[size - 1] == '\t'))
      size--;
    if (size && !is_simple(name, size) &&
        !guard_has(&c->headers, name, size, true))
      return false;
  }
  return true;
}

// The methods of the path, where none are set.
static bool may_use(const struct cors *c, const char *method, uint32_t allow,
                    struct buf *names)
{
  bool found = false;
  if (c->allow_methods.size) {
    buf_adds(names, c->allow_methods.data);
    return c->any_method ||
           guard_has(&c->methods, method, strlen(method), false);
  }
  if (allow & 1u << METHOD_GET) {
    join(names, "HEAD");
    found = !strcmp(method, "HEAD");
  }
  for (int m = 0; m < METHOD_WS; m++) {
    const char *name = plan_method_name((enum plan_method)m);
    if (!(allow & 1u << m))
      continue;
    join(names, name);
    found = found || !strcmp(method, name);
  }
  return found;
}

static void refuse(struct http_request *r, const struct buf *what)
{
  struct buf text = {.arena = &r->arena};
  buf_addf(&text, "Disallowed CORS %s", what->data);
  if (text.failed)
    http_respond_error(r, 503, "out of memory", NULL, 0);
  else
    http_respond(r, 400, "text/plain; charset=utf-8", text.data, text.size,
                 NULL, 0);
}

void cors_preflight(const struct cors *c, struct http_request *r,
                    uint32_t allow)
{
  const struct http_header *origin = http_find(r, "origin"),
                           *headers =
                               http_find(r, "access-control-request-headers");
  struct buf wrong = {.arena = &r->arena}, methods = {.arena = &r->arena};
  if (!may_call(c, origin))
    join(&wrong, "origin");
  else if (c->any_origin && !c->credentials)
    guard_add(r, "access-control-allow-origin", "*");
  else
    name_origin(r, origin->value);
  if (!may_use(c, http_find(r, "access-control-request-method")->value, allow,
               &methods))
    join(&wrong, "method");
  if (headers && !c->any_header && !may_send(c, headers->value))
    join(&wrong, "headers");
  if (methods.size)
    guard_add(r, "access-control-allow-methods", methods.data);
  if (!c->any_header)
    guard_add(r, "access-control-allow-headers", c->allow_headers.data);
  else if (headers)
    guard_add(r, "access-control-allow-headers", headers->value);
  guard_add(r, "access-control-max-age", c->max_age.data);
  if (c->credentials)
    guard_add(r, "access-control-allow-credentials", "true");
  if (wrong.failed || methods.failed)
    http_respond_error(r, 503, "out of memory", NULL, 0);
  else if (wrong.size)
    refuse(r, &wrong);
  else
    http_respond(r, 200, "text/plain; charset=utf-8", "OK", 2, NULL, 0);
}
