// Router: which route a path and method mean.
//
// Built once from a plan's routes, then only read, from any thread. The more
// specific path wins: a literal segment over `{id}` over `{rest:path}`, and
// before that a longer prefix of an app over a shorter one. A trailing slash
// makes no difference.
#ifndef SG_ROUTER_H
#define SG_ROUTER_H

#include "grammar/plan/plan.h"

struct router;

// Pages of the runtime's own stand in the same tree, where no route of the
// program has the same path. A page is named by its kind and an app.
enum router_page {
  PAGE_HEALTH,  // /-/healthz
  PAGE_ROUTES,  // /-/routes
  PAGE_OPENAPI, // /openapi.json, of all; under an app's prefix, of that app
  PAGE_DOCS,    // /docs
  PAGE_METRICS, // /-/metrics; and /metrics, where no route takes that
  PAGE_DEPLOYMENTS, // /-/deployments
  PAGE_TRACES,      // /-/traces
  PAGE_READY,       // /-/readyz
  ROUTER_PAGES,
};

enum { ROUTER_HOLES = 16 };
struct router_hole { // a part of the path that was asked for, still encoded
  const char *data;
  size_t size;
};
struct router_match {
  uint32_t route; // of the plan, or PLAN_NONE: then a page
  enum router_page page;
  uint32_t app; // the page's, or PLAN_NONE for all
  uint32_t n_holes;
  struct router_hole holes[ROUTER_HOLES]; // in the order of the route's path
  uint32_t allow; // bits of enum plan_method: what the path can do
};

enum router_found {
  ROUTER_FOUND,
  ROUTER_OTHER_METHOD, // the path is there; `allow` says for what
  ROUTER_UNKNOWN,
};

// `plan` is borrowed. 0, or -1 with a reason; then `*out` is untouched.
int router_new(struct router **out, const struct plan *plan, char *why,
               size_t why_size);
void router_free(struct router **r);

// `path` is as sent, without the query: %2F does not part segments. HEAD is
// answered by GET.
enum router_found router_find(const struct router *r, enum plan_method method,
                              const char *path, size_t size,
                              struct router_match *out);

// The number of the hole of that name in a route's path, or -1.
int router_hole(const char *route_path, const char *name);

// Percent-decodes `size` bytes into `out` (room for `size`); the length of the
// result. `plus`: a `+` is a blank. What is no escape stays as it is.
size_t router_decode(char *out, const char *in, size_t size, bool plus);

#endif
