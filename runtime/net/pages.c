// Enters: the question for a page. Leaves: the page. What is made of a plan is
// made at the first question and kept; requests may come from several loops.
#include "runtime/net/pages.h"
#include "runtime/codec/codec.h"
#include "runtime/net/http.h"
#include "runtime/net/service.h"
#include "runtime/net/trace.h"
#include "runtime/vm/engine.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// The bytes of docs.html, put there by the assembler.
__asm__(".pushsection .rodata\n"
        ".global docs_page\n"
        ".global docs_page_end\n"
        "docs_page: .incbin \"runtime/net/docs.html\"\n"
        "docs_page_end: .byte 0\n"
        ".popsection\n");
extern const char docs_page[], docs_page_end[];

struct service_pages {
  pthread_mutex_t lock;
  uint32_t n_apps;
  struct buf openapi[]; // of each app, then of all; empty: not made yet
};

struct service_pages *pages_new(const struct plan *p)
{
  struct service_pages *s =
      calloc(1, sizeof *s + ((size_t)p->n_apps + 1) * sizeof(struct buf));
  if (!s)
    return NULL;
  pthread_mutex_init(&s->lock, NULL);
  s->n_apps = p->n_apps;
  return s;
}

void pages_free(struct service_pages **at)
{
  struct service_pages *s = *at;
  *at = NULL;
  if (!s)
    return;
  for (uint32_t i = 0; i <= s->n_apps; i++)
    buf_free(&s->openapi[i]);
  pthread_mutex_destroy(&s->lock);
  free(s);
}

// Made once and never changed, so that it may be read without the lock.
static const struct buf *openapi_of(const struct service *s, uint32_t app)
{
  struct service_pages *pages = s->pages;
  struct buf *b = &pages->openapi[app == PLAN_NONE ? pages->n_apps : app];
  pthread_mutex_lock(&pages->lock);
  if (!b->size) {
    openapi_write(s->plan, app, b);
    if (b->failed)
      buf_free(b);
  }
  pthread_mutex_unlock(&pages->lock);
  return b;
}

static void answer_openapi(const struct service *s, uint32_t app,
                           struct http_request *r)
{
  const struct buf *b = openapi_of(s, app);
  if (b->size)
    http_respond(r, 200, "application/json", b->data, b->size, NULL, 0);
  else
    http_respond_error(r, 503, "out of memory", NULL, 0);
}

// Which app is under which prefix, as Ray's page of that name says it.
static void answer_routes(const struct plan *p, struct http_request *r)
{
  struct buf out = {.arena = &r->arena};
  buf_addc(&out, '{');
  for (uint32_t i = 0, n = 0; i < p->n_apps; i++) {
    struct plan_text prefix = p->apps[i].prefix, name = p->apps[i].name;
    if (!prefix.size && !p->apps[i].routes.count)
      continue; // only others call it
    if (n++)
      buf_addc(&out, ',');
    json_encode_text(prefix.size ? plan_str(p, prefix) : "/",
                     prefix.size ? prefix.size : 1, &out);
    buf_addc(&out, ':');
    json_encode_text(plan_str(p, name), name.size, &out);
  }
  buf_addc(&out, '}');
  if (out.failed)
    http_respond_error(r, 503, "out of memory", NULL, 0);
  else
    http_respond(r, 200, "application/json", out.data, out.size, NULL, 0);
}

static void answer_deployments(const struct engine *e, struct http_request *r)
{
  struct buf out = {.arena = &r->arena};
  engine_report(e, &out);
  if (out.failed)
    http_respond_error(r, 503, "out of memory", NULL, 0);
  else
    http_respond(r, 200, "application/json", out.data, out.size, NULL, 0);
}

static void answer_traces(struct traces *t, struct http_request *r)
{
  struct buf out = {.arena = &r->arena};
  traces_write(t, &out);
  if (out.failed)
    http_respond_error(r, 503, NULL, NULL, 0);
  else
    http_respond(r, 200, "application/json", out.data, out.size, NULL, 0);
}

static void answer_health(struct http_request *r, bool draining)
{
  if (draining)
    http_respond_error(r, 503, "draining", NULL, 0);
  else
    http_respond(r, 200, "text/plain; charset=utf-8", "success", 7, NULL, 0);
}

// Everybody may ask this: which deployments are not is for `/-/deployments`.
static void answer_ready(const struct engine *e, struct http_request *r,
                         bool draining)
{
  if (draining)
    answer_health(r, draining);
  else if (!engine_ready(e))
    http_respond_error(r, 503, "not ready", NULL, 0);
  else
    http_respond(r, 200, "text/plain; charset=utf-8", "ready", 5, NULL, 0);
}

// The page runs its own script and asks this server, and nothing else.
static void answer_docs(struct http_request *r)
{
  static const struct http_header safe = {
      "content-security-policy",
      "default-src 'none'; script-src 'unsafe-inline'; "
      "style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      0, 0};
  http_respond(r, 200, "text/html; charset=utf-8", docs_page,
               (size_t)(docs_page_end - docs_page), &safe, 1);
}

static void answer_metrics(const struct metrics *m, struct http_request *r)
{
  struct buf out = {.arena = &r->arena};
  metrics_write(m, &out);
  if (out.failed)
    http_respond_error(r, 503, "out of memory", NULL, 0);
  else
    http_respond(r, 200, "text/plain; version=0.0.4; charset=utf-8",
                 out.size ? out.data : "", out.size, NULL, 0);
}

void pages_answer(const struct service *s, const struct engine *e,
                  const struct router_match *m, struct http_request *r,
                  bool draining, const struct metrics *metrics,
                  struct traces *traces)
{
  switch (m->page) {
  case PAGE_HEALTH:
    answer_health(r, draining);
    break;
  case PAGE_READY:
    answer_ready(e, r, draining);
    break;
  case PAGE_ROUTES:
    answer_routes(s->plan, r);
    break;
  case PAGE_OPENAPI:
    answer_openapi(s, m->app, r);
    break;
  case PAGE_DOCS:
    answer_docs(r);
    break;
  case PAGE_METRICS:
    answer_metrics(metrics, r);
    break;
  case PAGE_DEPLOYMENTS:
    answer_deployments(e, r);
    break;
  case PAGE_TRACES:
    answer_traces(traces, r);
    break;
  case ROUTER_PAGES: // is their number
    break;
  }
}
