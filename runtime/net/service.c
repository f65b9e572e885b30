// Enters: a loaded plan. Leaves: a service. Everything here happens once, in
// time that grows with the number of routes.
#include "runtime/net/service.h"
#include "runtime/net/steer.h"
#include "runtime/codec/codec.h"
#include "runtime/net/guard.h"
#include "runtime/net/pages.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The defaults of kinds.def, in nanoseconds.
static const int64_t PING_INTERVAL = 15000000000, GRACE = 20000000000;

const struct plan_const *service_setting(const struct plan *p,
                                         struct plan_run settings,
                                         enum setting_id id)
{
  for (uint32_t i = 0; i < settings.count; i++) {
    const struct plan_setting *s = &p->settings[settings.first + i];
    if (s->id == id)
      return &p->consts[s->value];
  }
  return NULL;
}

static int64_t number(const struct plan *p, struct plan_run settings,
                      enum setting_id id)
{
  const struct plan_const *c = service_setting(p, settings, id);
  return c ? (int64_t)plan_bits(c) : 0;
}

static const char *word_of(const struct plan *p, struct plan_run settings,
                           enum setting_id id)
{
  const struct plan_const *c = service_setting(p, settings, id);
  return c && service_kind(p, c->type) == TYPE_str
             ? plan_str(p, (struct plan_text){c->lo, c->hi})
             : "";
}

enum error_shape service_errors(const struct plan *p, struct plan_run settings)
{
  const char *word = word_of(p, settings, SETTING_errors);
  return !strcmp(word, "openai")      ? SHAPE_OPENAI
         : !strcmp(word, "inference") ? SHAPE_INFERENCE
                                      : SHAPE_FASTAPI;
}

enum form_kind service_form(const struct plan *p, enum form_kind form,
                            uint32_t type)
{
  const struct plan_type *t = &p->types[type];
  if (form != FORM_auto)
    return form;
  if (t->kind == TYPE_stream)
    t = &p->types[t->of];
  switch ((enum type_kind)t->kind) {
  case TYPE_markdown:
    return FORM_markdown;
  case TYPE_str:
  case TYPE_enum:
    return FORM_text;
  case TYPE_bytes:
    return FORM_bytes;
  default:
    return FORM_json;
  }
}

static bool is_list(const struct plan *p, uint32_t type)
{
  type = p->types[type].base;
  if (p->types[type].kind == TYPE_optional)
    type = p->types[type].of;
  return service_kind(p, type) == TYPE_list;
}

static void prepare_param(struct service *s, const struct plan_route *route,
                          uint32_t n)
{
  const struct plan *p = s->plan;
  const struct plan_param *param = &p->params[n];
  struct service_param *to = &s->params[n];
  enum type_kind kind = service_kind(p, param->type);
  to->several = is_list(p, param->type);
  to->raw = kind == TYPE_str || kind == TYPE_bytes;
  to->hole = -1;
  if (param->source == SOURCE_path)
    to->hole = router_hole(plan_str(p, route->path), plan_str(p, param->key));
}

// Offences come out in FastAPI's order: path, query, header, cookie, body.
static void order_params(struct service *s, struct plan_run run)
{
  static const uint8_t turns[] = {SOURCE_path,   SOURCE_query, SOURCE_header,
                                  SOURCE_cookie, SOURCE_body,  SOURCE_adapter};
  uint32_t n = 0;
  for (size_t t = 0; t < sizeof turns; t++)
    for (uint32_t i = 0; i < run.count; i++)
      if (s->plan->params[run.first + i].source == turns[t])
        s->params[run.first + n++].order = i;
}

static void prepare_route(struct service *s, uint32_t i)
{
  const struct plan *p = s->plan;
  const struct plan_route *route = &p->routes[i];
  struct service_route *r = &s->routes[i];
  r->timeout = number(p, route->settings, SETTING_request_timeout);
  r->max_body = (uint64_t)number(p, route->settings, SETTING_max_body);
  r->overload_status = (int)number(p, route->settings, SETTING_overload_status);
  r->priority = (int)number(p, route->settings, SETTING_priority);
  r->queue_timeout = number(p, route->settings, SETTING_queue_timeout);
  r->first_piece_timeout =
      number(p, route->settings, SETTING_first_piece_timeout);
  r->piece_timeout = number(p, route->settings, SETTING_piece_timeout);
  r->errors = service_errors(p, route->settings);
  r->ping = number(p, route->settings, SETTING_ping_interval);
  r->ping = r->ping > 0 ? r->ping : PING_INTERVAL;
  const struct plan_const *grace =
      service_setting(p, route->settings, SETTING_shutdown_timeout);
  r->grace = grace ? (int64_t)plan_bits(grace) : GRACE;
  r->subprotocol = word_of(p, route->settings, SETTING_subprotocol);
  r->streams = PLAN_NONE;
  for (uint32_t k = 0; k < route->params.count; k++)
    if (p->types[p->params[route->params.first + k].type].kind == TYPE_stream)
      r->streams = k;
  s->has_body_limits |= r->max_body > 0 || r->streams != PLAN_NONE;
  for (uint32_t k = 0; k < route->params.count; k++)
    prepare_param(s, route, route->params.first + k);
  order_params(s, route->params);
}

static int fill(struct service *s, char *why, size_t why_size)
{
  const struct plan *p = s->plan;
  s->routes = calloc((size_t)p->n_routes + 1, sizeof *s->routes);
  s->params = calloc((size_t)p->n_params + 1, sizeof *s->params);
  s->pages = pages_new(p);
  if (!s->routes || !s->params || !s->pages) {
    snprintf(why, why_size, "out of memory");
    return -1;
  }
  if (!codec_prepare(p, why, why_size))
    return -1;
  for (uint32_t i = 0; i < p->n_routes; i++)
    prepare_route(s, i);
  if (!steer_prepare(s)) {
    snprintf(why, why_size, "out of memory");
    return -1;
  }
  return router_new(&s->router, p, why, why_size);
}

int service_new(struct service **out, struct loaded *loaded, char *why,
                size_t why_size)
{
  struct service *s = calloc(1, sizeof *s);
  if (!s) {
    snprintf(why, why_size, "out of memory");
    plan_unload(loaded);
    return -1;
  }
  s->loaded = *loaded;
  *loaded = (struct loaded){0};
  s->plan = &s->loaded.plan;
  s->users = 1;
  if (fill(s, why, why_size)) {
    service_drop(&s);
    return -1;
  }
  *out = s;
  return 0;
}

int service_guard(struct service *s, bool compress, bool test, char *why,
                  size_t why_size)
{
  return guards_new(&s->guards, s->plan, s->router, compress, test, why,
                    why_size);
}

struct service *service_hold(struct service *s)
{
  atomic_fetch_add(&s->users, 1);
  return s;
}

void service_drop(struct service **at)
{
  struct service *s = *at;
  *at = NULL;
  if (!s || atomic_fetch_sub(&s->users, 1) > 1)
    return;
  guards_free(&s->guards);
  router_free(&s->router);
  pages_free(&s->pages);
  free(s->routes);
  free(s->params);
  free(s->sessions);
  plan_unload(&s->loaded);
  free(s);
}
