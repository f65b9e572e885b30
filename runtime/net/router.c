// Enters: the routes of a plan, then paths. Leaves: matches. The router owns
// its arrays; texts are the plan's.
//
// Nodes are numbers. All literal steps of all trees are in one hash table,
// keyed by (node, segment), so that building is linear and a step costs one
// look-up. Node 0 is the root of a tree of the apps' prefixes; a node of it may
// have a tree of routes. A request tries the trees on its way, the deepest
// first.
#include "runtime/net/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct node {
  uint32_t hole, rest; // children, 0: none
  uint32_t tree;       // of a prefix: root of its routes, 0: none
  uint32_t end;        // into `ends`, + 1; 0: no path ends here
};

struct end {
  uint32_t allow;
  uint32_t target[METHODS]; // a route; behind the routes, a page
};

struct step {
  uint32_t from, to;
  const char *segment;
  uint32_t size;
};

struct page {
  enum router_page page;
  uint32_t app;
};

struct router {
  const struct plan *plan;
  struct node *nodes;
  struct end *ends;
  struct step *steps;
  uint32_t *table; // of steps, + 1; open addressing
  struct page *pages;
  uint32_t n_nodes, n_ends, n_steps, n_pages, mask;
};

// ---- segments ----
struct segments {
  const char *at, *end; // at NULL: none left
};

static struct segments segments_of(const char *path, size_t size)
{
  const char *end = path + size;
  if (size && *path == '/')
    path++;
  if (end > path && end[-1] == '/')
    end--;
  return (struct segments){path < end ? path : NULL, end};
}

static struct router_hole segment_next(struct segments *s)
{
  const char *stop = memchr(s->at, '/', (size_t)(s->end - s->at));
  struct router_hole seg = {s->at, (size_t)((stop ? stop : s->end) - s->at)};
  s->at = stop ? stop + 1 : NULL;
  return seg;
}

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t router_decode(char *out, const char *in, size_t size, bool plus)
{
  char *to = out;
  for (size_t i = 0; i < size; i++) {
    int high = -1, low = -1;
    if (in[i] == '%' && i + 2 < size) {
      high = hex(in[i + 1]);
      low = hex(in[i + 2]);
    }
    if (high >= 0 && low >= 0) {
      *to++ = (char)(high << 4 | low);
      i += 2;
    } else {
      *to++ = plus && in[i] == '+' ? ' ' : in[i];
    }
  }
  return (size_t)(to - out);
}

// ---- the table of steps ----
static uint32_t *place_of(const struct router *r, uint32_t from,
                          const char *segment, size_t size)
{
  uint32_t i = (uint32_t)XXH3_64bits_withSeed(segment, size, from) & r->mask;
  for (;; i = (i + 1) & r->mask) {
    if (!r->table[i])
      return &r->table[i];
    const struct step *s = &r->steps[r->table[i] - 1];
    if (s->from == from && s->size == size &&
        !memcmp(s->segment, segment, size))
      return &r->table[i];
  }
}

static uint32_t child(const struct router *r, uint32_t from,
                      struct router_hole seg)
{
  char decoded[1024]; // no literal is as long, encoded or not
  if (seg.size > sizeof decoded)
    return 0;
  if (memchr(seg.data, '%', seg.size)) {
    seg.size = router_decode(decoded, seg.data, seg.size, false);
    seg.data = decoded;
  }
  uint32_t found = *place_of(r, from, seg.data, seg.size);
  return found ? r->steps[found - 1].to : 0;
}

// ---- building ----
static uint32_t add_child(struct router *r, uint32_t from,
                          struct router_hole seg)
{
  uint32_t *place = place_of(r, from, seg.data, seg.size);
  if (!*place) {
    r->steps[r->n_steps++] =
        (struct step){from, r->n_nodes++, seg.data, (uint32_t)seg.size};
    *place = r->n_steps;
  }
  return r->steps[*place - 1].to;
}

static bool is_hole(struct router_hole s)
{
  return s.size > 2 && s.data[0] == '{' && s.data[s.size - 1] == '}';
}

static bool is_rest(struct router_hole s)
{
  return is_hole(s) && s.size > 7 && !memcmp(s.data + s.size - 6, ":path}", 6);
}

// What is wrong with a segment of a route's path, or NULL.
static const char *segment_fault(struct router_hole s, bool last,
                                 uint32_t holes)
{
  if (is_rest(s) && !last)
    return "a {name:path} that is not at the end";
  if (is_hole(s))
    return holes >= ROUTER_HOLES ? "more than 16 parameters" : NULL;
  if (memchr(s.data, '{', s.size))
    return "a parameter that is only a part of a segment";
  return s.size > 256 ? "a segment of more than 256 bytes" : NULL;
}

// The node for one path below `node`, made where it is not there; 0 with a
// fault when the path cannot be served.
static uint32_t add_path(struct router *r, uint32_t node, struct segments s,
                         const char **fault)
{
  uint32_t holes = 0;
  while (s.at) {
    struct router_hole seg = segment_next(&s);
    if ((*fault = segment_fault(seg, !s.at, holes)))
      return 0;
    if (!is_hole(seg)) {
      node = add_child(r, node, seg);
      continue;
    }
    uint32_t *to = is_rest(seg) ? &r->nodes[node].rest : &r->nodes[node].hole;
    if (!*to)
      *to = r->n_nodes++;
    node = *to;
    holes++;
  }
  return node;
}

static void add_end(struct router *r, uint32_t node, enum plan_method m,
                    uint32_t target)
{
  struct node *n = &r->nodes[node];
  if (!n->end) {
    memset(r->ends[r->n_ends].target, 0xFF, sizeof r->ends[0].target);
    n->end = ++r->n_ends;
  }
  struct end *e = &r->ends[n->end - 1];
  if (e->target[m] == PLAN_NONE)
    e->target[m] = target;
  e->allow |= 1u << m;
}

// The tree of the routes under a prefix, as far as it is literal; what is left
// of `path` behind that prefix.
static uint32_t add_tree(struct router *r, const char *prefix, size_t size,
                         struct segments *path)
{
  uint32_t node = 0;
  for (struct segments s = segments_of(prefix, size); s.at;) {
    struct router_hole seg = segment_next(&s);
    if (is_hole(seg))
      break;
    struct segments ahead = *path;
    struct router_hole own = ahead.at ? segment_next(&ahead) : seg;
    if (!path->at || own.size != seg.size ||
        memcmp(own.data, seg.data, seg.size))
      break;
    *path = ahead;
    node = add_child(r, node, seg);
  }
  if (!r->nodes[node].tree)
    r->nodes[node].tree = r->n_nodes++;
  return r->nodes[node].tree;
}

static int add_route(struct router *r, uint32_t i, char *why, size_t why_size)
{
  const struct plan *p = r->plan;
  const struct plan_route *route = &p->routes[i];
  struct plan_text prefix = p->apps[route->app].prefix;
  struct segments s = segments_of(plan_str(p, route->path), route->path.size);
  uint32_t tree = add_tree(r, plan_str(p, prefix), prefix.size, &s);
  const char *fault = NULL;
  uint32_t node = add_path(r, tree, s, &fault);
  if (!node) {
    snprintf(why, why_size, "route %s %.200s has %s",
             plan_method_name(route->method), plan_str(p, route->path), fault);
    return -1;
  }
  add_end(r, node, route->method, i);
  return 0;
}

static void add_page(struct router *r, uint32_t app, enum router_page page,
                     const char *path)
{
  const struct plan *p = r->plan;
  const char *prefix = app == PLAN_NONE ? "" : plan_str(p, p->apps[app].prefix);
  size_t size = strlen(prefix);
  const char *fault = NULL;
  struct segments none = segments_of(prefix, size);
  uint32_t tree = add_tree(r, prefix, size, &none);
  uint32_t node = add_path(r, tree, segments_of(path, strlen(path)), &fault);
  r->pages[r->n_pages] = (struct page){page, app};
  add_end(r, node, METHOD_GET, p->n_routes + r->n_pages++);
}

static void add_pages(struct router *r)
{
  add_page(r, PLAN_NONE, PAGE_HEALTH, "/-/healthz");
  add_page(r, PLAN_NONE, PAGE_READY, "/-/readyz");
  add_page(r, PLAN_NONE, PAGE_ROUTES, "/-/routes");
  add_page(r, PLAN_NONE, PAGE_DEPLOYMENTS, "/-/deployments");
  add_page(r, PLAN_NONE, PAGE_TRACES, "/-/traces");
  add_page(r, PLAN_NONE, PAGE_OPENAPI, "/openapi.json");
  add_page(r, PLAN_NONE, PAGE_DOCS, "/docs");
  add_page(r, PLAN_NONE, PAGE_METRICS, "/-/metrics");
  struct router_match taken;
  if (router_find(r, METHOD_GET, "/metrics", 8, &taken) != ROUTER_FOUND)
    add_page(r, PLAN_NONE, PAGE_METRICS, "/metrics");
  for (uint32_t i = 0; i < r->plan->n_apps; i++)
    if (r->plan->apps[i].prefix.size > 1) {
      add_page(r, i, PAGE_OPENAPI, "/openapi.json");
      add_page(r, i, PAGE_DOCS, "/docs");
    }
}

static size_t count_segments(const struct plan *p)
{
  size_t n = 16; // of the pages, and the roots
  for (uint32_t i = 0; i < p->n_routes + p->n_apps; i++) {
    struct plan_text t =
        i < p->n_routes ? p->routes[i].path : p->apps[i - p->n_routes].prefix;
    n += 4;
    for (uint32_t k = 0; k < t.size; k++)
      n += p->text[t.at + k] == '/';
  }
  return n;
}

static int make_room(struct router *r, const struct plan *p)
{
  size_t n = count_segments(p), places = 64;
  while (places < 2 * n)
    places *= 2;
  if (places > UINT32_MAX)
    return -1;
  r->plan = p;
  r->mask = (uint32_t)(places - 1);
  r->n_nodes = 1;
  r->nodes = calloc(n, sizeof *r->nodes);
  r->ends = calloc(n, sizeof *r->ends);
  r->steps = calloc(n, sizeof *r->steps);
  r->table = calloc(places, sizeof *r->table);
  r->pages = calloc(ROUTER_PAGES + 1 + 2 * (size_t)p->n_apps, sizeof *r->pages);
  return r->nodes && r->ends && r->steps && r->table && r->pages ? 0 : -1;
}

int router_new(struct router **out, const struct plan *plan, char *why,
               size_t why_size)
{
  struct router *r = calloc(1, sizeof *r);
  if (!r || make_room(r, plan)) {
    snprintf(why, why_size, "out of memory");
    goto fail;
  }
  for (uint32_t i = 0; i < plan->n_routes; i++)
    if (add_route(r, i, why, why_size))
      goto fail;
  add_pages(r);
  *out = r;
  return 0;
fail:
  router_free(&r);
  return -1;
}

void router_free(struct router **r)
{
  if (!*r)
    return;
  free((*r)->nodes);
  free((*r)->ends);
  free((*r)->steps);
  free((*r)->table);
  free((*r)->pages);
  free(*r);
  *r = NULL;
}

// ---- finding ----
struct walk {
  const struct router *r;
  enum plan_method method;
  const char *end; // of the path, with a trailing slash
  struct router_match *out;
};

static bool arrive(struct walk *w, uint32_t node)
{
  const struct router *r = w->r;
  if (!r->nodes[node].end)
    return false;
  const struct end *e = &r->ends[r->nodes[node].end - 1];
  uint32_t target = e->target[w->method];
  if (target == PLAN_NONE && w->method == METHOD_HEAD)
    target = e->target[METHOD_GET];
  w->out->allow |= e->allow;
  if (target == PLAN_NONE)
    return false;
  w->out->route = target;
  if (target >= r->plan->n_routes) {
    const struct page *page = &r->pages[target - r->plan->n_routes];
    w->out->route = PLAN_NONE;
    w->out->page = page->page;
    w->out->app = page->app;
  }
  return true;
}

static void hold(struct walk *w, const char *data, size_t size)
{
  w->out->holes[w->out->n_holes++] = (struct router_hole){data, size};
}

// Every node is reached by one way only, so that trying the ways in turn costs
// at most a visit to each node.
static bool walk(struct walk *w, uint32_t node, struct segments s)
{
  const struct node *n = &w->r->nodes[node];
  const char *start = s.at ? s.at : w->end;
  if (!s.at && arrive(w, node))
    return true;
  if (s.at) {
    struct router_hole seg = segment_next(&s);
    uint32_t next = child(w->r, node, seg);
    if (next && walk(w, next, s))
      return true;
    if (n->hole && seg.size) {
      hold(w, seg.data, seg.size);
      if (walk(w, n->hole, s))
        return true;
      w->out->n_holes--;
    }
  }
  if (!n->rest)
    return false;
  hold(w, start, (size_t)(w->end - start));
  if (arrive(w, n->rest))
    return true;
  w->out->n_holes--;
  return false;
}

// Goes down the prefixes and tries their trees on the way back.
static bool find(struct walk *w, uint32_t prefix, struct segments s)
{
  struct segments rest = s;
  if (s.at) {
    uint32_t next = child(w->r, prefix, segment_next(&rest));
    if (next && find(w, next, rest))
      return true;
  }
  uint32_t tree = w->r->nodes[prefix].tree;
  return tree && walk(w, tree, s);
}

enum router_found router_find(const struct router *r, enum plan_method method,
                              const char *path, size_t size,
                              struct router_match *out)
{
  struct walk w = {r, method, path + size, out};
  out->n_holes = 0;
  out->allow = 0;
  if (size && *path == '/' && find(&w, 0, segments_of(path, size)))
    return ROUTER_FOUND;
  return out->allow ? ROUTER_OTHER_METHOD : ROUTER_UNKNOWN;
}

int router_hole(const char *route_path, const char *name)
{
  struct segments s = segments_of(route_path, strlen(route_path));
  size_t size = strlen(name);
  for (int n = 0; s.at;) {
    struct router_hole seg = segment_next(&s);
    if (!is_hole(seg))
      continue;
    size_t own = seg.size - (is_rest(seg) ? 7 : 2);
    if (own == size && !memcmp(seg.data + 1, name, size))
      return n;
    n++;
  }
  return -1;
}
