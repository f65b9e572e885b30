// Enters: a plan's settings, then requests. Leaves: answers, or marks on
// requests that go on.
#include "runtime/net/guard_parts.h"
#include "runtime/net/http_gzip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct guard {
  struct cors *cors;
  struct auth *auth;
  struct rate *rate; // one of the guards', which own it
  bool compress;
};

// What is written once is one limit, for all routes that it holds for.
struct shared_rate {
  const struct plan_setting *row;
  struct rate *rate;
};

struct guards {
  const struct plan *plan;
  const struct router *router;
  uint32_t n, n_rates;
  struct shared_rate *rates; // as many as there are guards, at most
  struct guard of[];         // each route; behind them what is no route
};

// ---- settings ----
static const struct plan_setting *
row_in(const struct plan *p, struct plan_run run, enum setting_id id)
{
  for (uint32_t i = 0; i < run.count; i++)
    if (p->settings[run.first + i].id == id)
      return &p->settings[run.first + i];
  return NULL;
}

const struct plan_setting *guard_row(const struct guard_place *p,
                                     enum setting_id id)
{
  const struct plan_setting *s = row_in(p->plan, p->own, id);
  return s ? s : row_in(p->plan, p->server, id);
}

int64_t guard_number(const struct guard_place *p, enum setting_id id,
                     int64_t otherwise)
{
  const struct plan_setting *s = guard_row(p, id);
  return s ? (int64_t)plan_bits(&p->plan->consts[s->value]) : otherwise;
}

const char *guard_text(const struct guard_place *p, enum setting_id id,
                       const char *otherwise)
{
  const struct plan_setting *s = guard_row(p, id);
  return s ? service_text(p->plan, s->value) : otherwise;
}

char *guard_header(const struct guard_place *p, enum setting_id id,
                   const char *otherwise)
{
  char *name = strdup(guard_text(p, id, otherwise));
  for (char *c = name; c && *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c |= 0x20;
  return name;
}

struct guard_list guard_list(const struct guard_place *p, enum setting_id id)
{
  const struct plan_setting *s = guard_row(p, id);
  struct guard_list l = {.plan = p->plan};
  if (s) {
    l.first = p->plan->consts[s->value].lo;
    l.count = p->plan->consts[s->value].hi;
  }
  return l;
}

bool guard_has(const struct guard_list *l, const char *text, size_t size,
               bool loose)
{
  for (uint32_t i = 0; i < l->count; i++) {
    const char *item = guard_item(l, i);
    if (strlen(item) == size &&
        !(loose ? strncasecmp(item, text, size) : strncmp(item, text, size)))
      return true;
  }
  return false;
}

enum error_shape guard_errors(const struct guard_place *p)
{
  return service_errors(p->plan, p->own);
}

// ---- fields ----
enum { FIELDS_MOST = 12 };

static bool add_to_vary(struct http_request *r, const char *text)
{
  for (size_t i = 0; i < r->n_more; i++) {
    struct http_header *h = (struct http_header *)&r->more[i];
    if (strcmp(h->name, "vary") != 0)
      continue;
    size_t had = strlen(h->value), more = strlen(text);
    char *both = arena_alloc(&r->arena, had + more + 3);
    if (both) {
      snprintf(both, had + more + 3, "%s, %s", h->value, text);
      h->value = both;
    }
    return true;
  }
  return false;
}

void guard_add(struct http_request *r, const char *name, const char *text)
{
  if (!strcmp(name, "vary") && add_to_vary(r, text))
    return;
  if (!r->more)
    r->more = ARENA_ARRAY(&r->arena, FIELDS_MOST, struct http_header);
  text = arena_copy(&r->arena, text, strlen(text));
  if (!text || !r->more || r->n_more == FIELDS_MOST)
    return; // out of memory, which the request will find out
  struct http_header *h = (struct http_header *)&r->more[r->n_more++];
  *h = (struct http_header){.name = name, .value = text};
}

// ---- the table ----
static void guard_close(struct guard *g)
{
  cors_free(&g->cors);
  auth_free(&g->auth);
}

// False: out of memory.
static bool rate_open(struct guards *all, struct guard *g,
                      const struct guard_place *at)
{
  const struct plan_setting *row = guard_row(at, SETTING_rate_requests);
  for (uint32_t i = 0; row && i < all->n_rates; i++) {
    const struct plan_setting *had = all->rates[i].row;
    if (had->file == row->file && had->line == row->line &&
        had->value == row->value)
      g->rate = all->rates[i].rate;
  }
  if (!row || g->rate || at->test)
    return true;
  if (!rate_new(&g->rate, at))
    return false;
  all->rates[all->n_rates++] = (struct shared_rate){row, g->rate};
  return true;
}

static int guard_open(struct guards *all, struct guard *g,
                      const struct guard_place *at, char *why, size_t why_size)
{
  bool own = row_in(at->plan, at->own, SETTING_compress);
  g->compress = (at->compress && !own) || guard_number(at, SETTING_compress, 0);
  if (cors_new(&g->cors, at) && rate_open(all, g, at))
    return auth_new(&g->auth, at, why, why_size);
  snprintf(why, why_size, "out of memory");
  return -1;
}

static bool is_idle(const struct guard *g)
{
  return !g->cors && !g->compress && !g->auth && !g->rate;
}

int guards_new(struct guards **out, const struct plan *p,
               const struct router *router, bool compress, bool test, char *why,
               size_t why_size)
{
  struct guards *g =
      calloc(1, sizeof *g + ((size_t)p->n_routes + 1) * sizeof(struct guard));
  struct shared_rate *rates = calloc((size_t)p->n_routes + 1, sizeof *rates);
  bool idle = true;
  int e = 0;
  *out = NULL;
  if (!g || !rates) {
    free(g);
    free(rates);
    return snprintf(why, why_size, "out of memory"), -1;
  }
  g->rates = rates;
  g->plan = p;
  g->router = router;
  g->n = p->n_routes + 1;
  for (uint32_t i = 0; !e && i < g->n; i++) {
    struct guard_place at = {.plan = p,
                             .server = p->program[0].settings,
                             .compress = compress,
                             .test = test};
    if (i < p->n_routes)
      at.own = p->routes[i].settings;
    e = guard_open(g, &g->of[i], &at, why, why_size);
    idle = idle && is_idle(&g->of[i]);
  }
  if (e || idle)
    guards_free(&g);
  *out = g;
  return e;
}

void guards_free(struct guards **at)
{
  struct guards *g = *at;
  *at = NULL;
  if (!g)
    return;
  for (uint32_t i = 0; i < g->n; i++)
    guard_close(&g->of[i]);
  for (uint32_t i = 0; i < g->n_rates; i++)
    rate_free(&g->rates[i].rate);
  free(g->rates);
  free(g);
}

// ---- requests ----
static const struct guard *guard_for(const struct guards *g,
                                     enum router_found found,
                                     const struct router_match *m)
{
  bool route = found == ROUTER_FOUND && m->route != PLAN_NONE;
  return &g->of[route ? m->route : g->n - 1];
}

// The route that a preflight asks for; else any of that path.
static const struct guard *guard_behind(const struct guards *g,
                                        const struct http_request *r,
                                        struct router_match *m)
{
  const char *asked = http_find(r, "access-control-request-method")->value;
  enum router_found f = ROUTER_UNKNOWN;
  uint32_t allow = 0;
  for (int n = 0; n < METHODS; n++)
    if (!strcmp(asked, plan_method_name((enum plan_method)n)))
      f = router_find(g->router, (enum plan_method)n, r->raw_path,
                      r->raw_path_size, m);
  if (f == ROUTER_UNKNOWN)
    f = router_find(g->router, METHOD_WS, r->raw_path, r->raw_path_size, m);
  allow = m->allow;
  for (int n = 0; f == ROUTER_OTHER_METHOD && n < METHODS; n++)
    if (allow & 1u << n)
      f = router_find(g->router, (enum plan_method)n, r->raw_path,
                      r->raw_path_size, m);
  if (f == ROUTER_UNKNOWN)
    allow = 0;
  const struct guard *found = guard_for(g, f, m);
  m->allow = allow;
  return found;
}

// Who tries keys is counted before, and keys are counted when they hold.
static bool refuses(const struct guard *g, struct http_request *r)
{
  bool last = g->rate && rate_by_header(g->rate);
  return (g->rate && !last && rate_refuses(g->rate, r)) ||
         (g->auth && auth_refuses(g->auth, r)) ||
         (last && rate_refuses(g->rate, r));
}

static void allow_packing(struct http_request *r)
{
  const struct http_header *accept = http_find(r, "accept-encoding");
  r->gzip = accept && gzip_accepted(accept->value);
  guard_add(r, "vary", "Accept-Encoding");
}

bool guards_answer(struct guards *g, enum router_found found,
                   const struct router_match *match, struct http_request *r)
{
  if (cors_is_preflight(r)) {
    struct router_match m = {0};
    const struct guard *behind = guard_behind(g, r, &m);
    if (behind->cors) {
      cors_preflight(behind->cors, r, m.allow);
      return true;
    }
  }
  const struct guard *own = guard_for(g, found, match);
  if (own->cors)
    cors_mark(own->cors, r);
  if (own->compress)
    allow_packing(r);
  if (found == ROUTER_FOUND && match->route == PLAN_NONE &&
      (match->page == PAGE_HEALTH || match->page == PAGE_READY))
    return false;
  return refuses(own, r);
}
