// Routes: their paths, what their parameters are read from, what they answer.
#include "grammar/plan/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "grammar/defs/settings.h"
#include "grammar/plan/names.h"
#include "grammar/plan/print.h"

__attribute__((format(printf, 3, 4))) static bool
refuse(struct plan_check *c, uint32_t i, const char *format, ...)
{
  char reason[160], label[PLAN_LABEL];
  const struct plan_route *r = &c->p->routes[i];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return check_refuse(c, "route %u %s '%s': %s", i,
                      plan_method_name((enum plan_method)r->method),
                      plan_label(label, c->p, r->path), reason);
}

// ---- the path ----
struct hole {
  const char *name;
  size_t size;
};
struct path {
  const char *at, *end;
  struct hole holes[PATH_HOLES];
  unsigned n_holes;
  bool rest; // the last segment was one for the rest of a path
};

static bool is_name(const struct hole *h)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  for (size_t k = 0; k < h->size; k++)
    if (!memchr(letters, h->name[k], sizeof letters - 1) &&
        !(k && h->name[k] >= '0' && h->name[k] <= '9'))
      return false;
  return h->size != 0;
}

static bool is_same_hole(const struct hole *x, const char *name, size_t size)
{
  return x->size == size && !memcmp(x->name, name, size);
}

static const char *read_hole(struct path *p, const char *text, size_t size)
{
  static const char tail[] = ":path";
  size_t n = sizeof tail - 1;
  struct hole h = {text + 1, size - 2};
  if (h.size > n && !memcmp(h.name + h.size - n, tail, n)) {
    h.size -= n;
    p->rest = true;
  }
  if (!is_name(&h))
    return "a hole has no name";
  if (p->n_holes == PATH_HOLES)
    return "it has too many holes";
  for (unsigned k = 0; k < p->n_holes; k++)
    if (is_same_hole(&p->holes[k], h.name, h.size))
      return "two holes have one name";
  p->holes[p->n_holes++] = h;
  return NULL;
}

// Bytes that a segment outside of holes may have.
static bool is_plain(const char *text, size_t size)
{
  for (size_t k = 0; k < size; k++)
    if ((unsigned char)text[k] <= ' ' || strchr("{}?#\x7F", text[k]))
      return false;
  return true;
}

static const char *read_segment(struct path *p)
{
  if (*p->at++ != '/')
    return "it does not begin with '/'";
  const char *text = p->at;
  while (p->at < p->end && *p->at != '/')
    p->at++;
  size_t size = (size_t)(p->at - text);
  if (p->rest)
    return "something follows the rest of the path";
  if (size > 2 && text[0] == '{' && text[size - 1] == '}')
    return read_hole(p, text, size);
  return is_plain(text, size) ? NULL : "a segment is neither text nor a hole";
}

static bool read_path(struct plan_check *c, uint32_t i, struct path *path)
{
  struct plan_text t = c->p->routes[i].path;
  *path = (struct path){.at = plan_str(c->p, t)};
  path->end = path->at + t.size;
  if (!t.size || t.size > PATH_SIZE)
    return refuse(c, i, "its path has %u bytes", t.size);
  while (path->at < path->end) {
    const char *wrong = read_segment(path);
    if (wrong)
      return refuse(c, i, "%s", wrong);
  }
  return true;
}

// ---- what adapters give ----
// A type in preorder: s str, j json, y bytes, l list, m map, R any record,
// t tensor, u tensor of u8, digits: a record of so many parts.
static const char *const adapter_types[ADAPTERS] = {
  [ADAPTER_text] = "s",       [ADAPTER_bytes] = "y",
  [ADAPTER_form] = "R",       [ADAPTER_ndarray] = "t",
  [ADAPTER_multi_ndarray] = "mt", [ADAPTER_image] = "u",
  [ADAPTER_table] = "2lsllj", [ADAPTER_request] = "7ssmsmsyss",
};

static bool is_shape(const struct plan *p, uint32_t type, const char **shape)
{
  const struct plan_type *t = &p->types[base_of(p, type)];
  static const char letters[] = "sjylmRtu";
  static const uint8_t kinds[] = {TYPE_str,  TYPE_json,   TYPE_bytes,
                                  TYPE_list, TYPE_map,    TYPE_record,
                                  TYPE_tensor, TYPE_tensor};
  char s = *(*shape)++;
  if (s >= '1' && s <= '9') {
    bool good = t->kind == TYPE_record && t->fields.count == (uint32_t)s - '0';
    for (uint32_t k = 0; good && k < t->fields.count; k++)
      good = is_shape(p, p->fields[t->fields.first + k].type, shape);
    return good;
  }
  if (t->kind != kinds[strchr(letters, s) - letters] ||
      (s == 'u' && t->detail != DTYPE_u8))
    return false;
  return (s != 'l' && s != 'm') || is_shape(p, t->of, shape);
}

static bool is_read(struct plan_check *c, uint32_t i, uint32_t k,
                    const struct plan_param *m)
{
  if ((m->source == SOURCE_adapter) != (m->adapter != ADAPTER_none))
    return refuse(c, i, "parameter %u has an adapter and another source", k);
  const char *shape = adapter_types[m->adapter];
  if (shape && !is_shape(c->p, m->type, &shape))
    return refuse(c, i, "parameter %u has a type that the adapter %s does not "
                  "give", k, plan_names_ADAPTERS[m->adapter]);
  return true;
}

// ---- parameters ----
static bool is_hole(const struct plan *p, const struct path *path,
                    const struct plan_param *m)
{
  for (unsigned h = 0; h < path->n_holes; h++)
    if (is_same_hole(&path->holes[h], plan_str(p, m->key), m->key.size))
      return true;
  return false;
}

static bool is_stream(const struct plan *p, uint32_t type)
{
  return p->types[type].kind == TYPE_stream;
}

static bool is_from_body(const struct plan_param *m)
{
  return m->source == SOURCE_body ||
         (m->source == SOURCE_adapter && m->adapter != ADAPTER_request);
}

// What a client sends as it comes: a body, or a WebSocket's messages. Nothing
// else is read from there then.
static bool is_input(struct plan_check *c, uint32_t i, uint32_t k,
                     const struct plan_param *m)
{
  const struct plan_route *r = &c->p->routes[i];
  if (m->source != SOURCE_body || m->embed || m->value != PLAN_NONE)
    return refuse(c, i, "parameter %u is a stream from elsewhere", k);
  for (uint32_t n = 0; n < r->params.count; n++)
    if (n != k && is_from_body(&c->p->params[r->params.first + n]))
      return refuse(c, i, "the body is read by parameters %u and %u", k, n);
  return true;
}

// A WebSocket has no body.
static bool is_there(struct plan_check *c, uint32_t i, uint32_t k,
                     const struct plan_param *m)
{
  if (is_stream(c->p, m->type))
    return is_input(c, i, k, m);
  if (c->p->routes[i].method == METHOD_WS && is_from_body(m))
    return refuse(c, i, "parameter %u is from a body", k);
  return true;
}

static bool is_param(struct plan_check *c, uint32_t i, uint32_t k,
                     const struct path *path)
{
  const struct plan *p = c->p;
  const struct plan_route *r = &p->routes[i];
  const struct plan_param *m = &p->params[r->params.first + k];
  const struct plan_function *f = &p->functions[r->function];
  if (base_of(p, m->type) != p->slots[f->slots.first + k].type)
    return refuse(c, i, "parameter %u has another type than its slot", k);
  if (m->value != PLAN_NONE && !base_same(p, p->consts[m->value].type, m->type))
    return refuse(c, i, "the default of parameter %u has another type", k);
  if (m->source == SOURCE_path && !is_hole(p, path, m))
    return refuse(c, i, "parameter %u is not in the path", k);
  if (m->embed > 1 || m->nested_text > 1)
    return refuse(c, i, "parameter %u: embed or nested_text is not 0 or 1", k);
  return is_there(c, i, k, m) && is_read(c, i, k, m);
}

static bool is_route_function(struct plan_check *c, uint32_t i)
{
  const struct plan_route *r = &c->p->routes[i];
  const struct plan_function *f = &c->p->functions[r->function];
  if (f->class != PLAN_NONE ||
      (f->kind != FUNCTION_body && f->kind != FUNCTION_graph))
    return refuse(c, i, "function %u cannot be a route's", r->function);
  if (f->n_params != r->params.count)
    return refuse(c, i, "%u parameters for %u of function %u", r->params.count,
                  f->n_params, r->function);
  if (!base_same(c->p, f->result, r->result))
    return refuse(c, i, "function %u gives another type than it answers",
                  r->function);
  if (r->method == METHOD_WS && !is_stream(c->p, r->result) &&
      c->p->types[r->result].kind != TYPE_none)
    return refuse(c, i, "it gives no messages");
  if (!check_border(c, f))
    return refuse(c, i, "a call that may be out crosses its border");
  return true;
}

static bool is_outcome(struct plan_check *c, uint32_t i, uint32_t k)
{
  const struct plan_run run = c->p->routes[i].outcomes;
  const struct plan_outcome *o = &c->p->outcomes[run.first + k];
  if (o->status < 200 || o->status > 599)
    return refuse(c, i, "outcome %u has status %u", k, o->status);
  if (k && o->status < o[-1].status)
    return refuse(c, i, "outcome %u is not in order", k);
  return o->failed <= 1 || refuse(c, i, "outcome %u: failed is not 0 or 1", k);
}

static bool is_route(struct plan_check *c, uint32_t i)
{
  const struct plan_route *r = &c->p->routes[i];
  struct path path;
  const struct plan_run routes = c->p->apps[r->app].routes;
  if (i < routes.first || i - routes.first >= routes.count)
    return refuse(c, i, "app %u does not have it", r->app);
  if (!read_path(c, i, &path) || !is_route_function(c, i) ||
      !check_settings(c, r->settings, PLACE_ROUTE, "route", i))
    return false;
  for (uint32_t k = 0; k < r->params.count; k++)
    if (!is_param(c, i, k, &path))
      return false;
  for (uint32_t k = 0; k < r->outcomes.count; k++)
    if (!is_outcome(c, i, k))
      return false;
  return true;
}

bool check_routes(struct plan_check *c)
{
  for (uint32_t i = 0; i < c->p->n_routes; i++)
    if (!is_route(c, i))
      return false;
  return true;
}
