// Counting requests. A route knows its series after the first request with a
// status, so that counting is a few additions.
#include "runtime/net/meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUSES = 4 }; // that a route remembers

struct route_meter {
  struct metric_series *seconds;
  struct {
    int status;
    struct metric_series *requests;
  } seen[STATUSES];
};

struct meter {
  const struct plan *plan;
  struct metric_family *requests, *seconds;
  struct metric_series *ongoing;
  struct route_meter routes[]; // the last: where none was found
};

static const char *const labels[] = {"app", "route", "method", "status"};

static bool make_families(struct meter *m, struct metric_shard *shard)
{
  struct metric_family *ongoing = metric_family(
      shard, &(struct metric_shape){.name = "servegraph_http_ongoing_requests",
                                    .help = "HTTP requests under way.",
                                    .kind = METRIC_gauge});
  m->requests = metric_family(
      shard, &(struct metric_shape){.name = "servegraph_http_requests_total",
                                    .help = "HTTP requests that were answered.",
                                    .kind = METRIC_counter,
                                    .n_labels = 4,
                                    .labels = labels});
  m->seconds = metric_family(
      shard, &(struct metric_shape){
                 .name = "servegraph_http_request_duration_seconds",
                 .help = "Time from a request's arrival to its answer's end.",
                 .kind = METRIC_histogram,
                 .n_labels = 3,
                 .labels = labels,
                 .n_bounds = metric_n_seconds,
                 .bounds = metric_seconds});
  m->ongoing = ongoing ? metric_series(ongoing, NULL) : NULL;
  return m->ongoing && m->requests && m->seconds;
}

struct meter *meter_new(struct metric_shard *shard, const struct plan *p)
{
  struct meter *m =
      calloc(1, sizeof *m + ((size_t)p->n_routes + 1) * sizeof *m->routes);
  if (!m)
    return NULL;
  m->plan = p;
  if (!make_families(m, shard))
    meter_free(&m);
  return m;
}

void meter_free(struct meter **m)
{
  free(*m);
  *m = NULL;
}

void meter_begin(struct meter *m)
{
  metric_add(m->ongoing, 1);
}

void meter_undo(struct meter *m)
{
  metric_add(m->ongoing, -1);
}

static struct metric_word word(const char *text)
{
  return (struct metric_word){text, strlen(text)};
}

// The words of a route's series; `status` is text.
static void words_of(const struct meter *m, uint32_t route, const char *method,
                     const char *status, struct metric_word out[4])
{
  const struct plan *p = m->plan;
  const struct plan_route *r = route == PLAN_NONE ? NULL : &p->routes[route];
  out[0] = word(r ? plan_str(p, p->apps[r->app].name) : "");
  out[1] = word(r ? plan_str(p, r->path) : "");
  out[2] = word(r ? plan_method_name((enum plan_method)r->method) : method);
  out[3] = word(status);
}

static struct metric_series *find(struct metric_family *f,
                                  const struct meter *m, uint32_t route,
                                  const char *method, int status)
{
  struct metric_word words[4];
  char text[16];
  snprintf(text, sizeof text, "%d", status);
  words_of(m, route, method, text, words);
  return metric_series(f, words);
}

static struct metric_series *requests_of(struct meter *m, uint32_t route,
                                         int status)
{
  struct route_meter *r = &m->routes[route];
  for (int i = 0; i < STATUSES; i++) {
    if (r->seen[i].status == status)
      return r->seen[i].requests;
    if (r->seen[i].status)
      continue;
    r->seen[i].requests = find(m->requests, m, route, "", status);
    r->seen[i].status = r->seen[i].requests ? status : 0;
    return r->seen[i].requests;
  }
  return find(m->requests, m, route, "", status);
}

void meter_end(struct meter *m, uint32_t route, const char *method, int status,
               double seconds)
{
  bool found = route != PLAN_NONE;
  struct metric_series *s = found ? requests_of(m, route, status)
                                  : find(m->requests, m, route, method, status);
  if (s)
    metric_add(s, 1);
  s = found ? m->routes[route].seconds
            : find(m->seconds, m, route, method, status);
  if (!s && found)
    s = m->routes[route].seconds = find(m->seconds, m, route, "", status);
  if (s)
    metric_observe(m->seconds, s, seconds);
  metric_add(m->ongoing, -1);
}
