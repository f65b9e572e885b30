// See plan_run.h. Tests and functions of the plan are called, and its routes
// are asked as clients ask, from the request to the answer; only sockets are
// missing.
#include "tests/fuzz/plan_run.h"

#include "grammar/base/buf.h"
#include "grammar/plan/build.h"
#include "runtime/net/answer.h"
#include "runtime/net/pages.h"
#include "runtime/net/params.h"
#include "runtime/vm/engine.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 4 << 20, TURNS = 300, CALLS = 8, ROUTES = 4 };

static void require(bool holds)
{
  if (!holds)
    abort();
}

// ---- answers, in place of the server's ----
static unsigned answers;

void __wrap_http_respond(struct http_request *r, int status, const char *type,
                         const void *body, size_t size,
                         const struct http_header *extra, size_t n_extra);
void __wrap_http_respond_error(struct http_request *r, int status,
                               const char *detail,
                               const struct http_header *extra, size_t n_extra);

void __wrap_http_respond(struct http_request *r, int status, const char *type,
                         const void *body, size_t size,
                         const struct http_header *extra, size_t n_extra)
{
  unsigned sum = 0;
  require(status >= 200 && status <= 599);
  for (size_t i = 0; i < size; i++) // all of it can be read
    sum += ((const unsigned char *)body)[i];
  for (size_t i = 0; i < n_extra; i++)
    sum += (unsigned)(strlen(extra[i].name) + strlen(extra[i].value));
  answers += sum < UINT32_MAX;
}

void __wrap_http_respond_error(struct http_request *r, int status,
                               const char *detail,
                               const struct http_header *extra, size_t n_extra)
{
  __wrap_http_respond(r, status, NULL, "", 0, extra, n_extra);
}

// ---- requests ----
static const struct sample {
  const char *type, *body;
} samples[] = {
    {"application/json", "[\"5\", [1, 2], \"sum\"]"},
    {"application/json", "{\"array\": [[1, 2], [3, 4]], \"text\": \"a\"}"},
    {"multipart/form-data; boundary=b",
     "--b\r\ncontent-disposition: form-data; name=\"img\"\r\n\r\n"
     "\x89PNG\r\n\x1a\n\r\n--b--\r\n"},
};

static void call_route(struct engine *e, const struct service *s,
                       struct params *params, uint32_t route)
{
  struct http_request *http = params->http;
  const struct plan_route *row = &s->plan->routes[route];
  value *args = ARENA_ARRAY(&http->arena, row->params.count + 1, value);
  if (!args)
    return;
  if (!params_read(params, args)) {
    answer_offences(s, route, &params->offences, http);
    return;
  }
  struct request call = {.arena = &http->arena,
                         .id = "fuzz",
                         .deadline = engine_now(e) + 1000000000};
  request_start(e, &call, row->function, args);
  if (engine_run_until_done(e, &call))
    answer_call(s, route, &call, http);
  else
    request_cancel(&call);
  request_end(&call);
}

static void ask(struct engine *e, const struct service *s, uint32_t route,
                const struct sample *sample)
{
  struct http_header headers[] = {
      {"content-type", sample->type, 12, (uint32_t)strlen(sample->type)},
      {"cookie", "x=5; session=a", 6, 14}};
  struct http_request http = {.method = HTTP_M_POST,
                              .method_text = "POST",
                              .path = "/",
                              .target = "/",
                              .raw_path = "/",
                              .raw_path_size = 1,
                              .path_size = 1,
                              .target_size = 1,
                              .query = "x=5&y=a&y=b",
                              .query_size = 11,
                              .headers = headers,
                              .n_headers = 2,
                              .host = "a",
                              .client = "::1",
                              .id = "fuzz",
                              .id_size = 4,
                              .body = sample->body,
                              .body_size = strlen(sample->body),
                              .arena = {.limit = MEMORY}};
  struct router_match match = {.route = route, .n_holes = ROUTER_HOLES};
  for (int i = 0; i < ROUTER_HOLES; i++)
    match.holes[i] = (struct router_hole){"5", 1};
  struct params params = {
      s, &http, &match, &http.arena, {.arena = &http.arena}};
  call_route(e, s, &params, route);
  arena_free(&http.arena);
}

static void find(const struct service *s, uint32_t route)
{
  const struct plan *p = s->plan;
  struct router_match match;
  struct buf path = {0};
  buf_adds(&path, plan_str(p, p->apps[p->routes[route].app].prefix));
  buf_adds(&path, plan_str(p, p->routes[route].path));
  for (int m = METHOD_GET; m <= METHOD_WS; m++)
    if (router_find(s->router, (enum plan_method)m, path.data, path.size,
                    &match) == ROUTER_FOUND &&
        match.route != PLAN_NONE)
      require(match.route < p->n_routes);
  buf_free(&path);
}

static void ask_all(struct engine *e, const struct plan *p)
{
  char why[300] = "";
  struct service *s;
  struct loaded loaded = {.plan = *p};
  struct buf api = {0};
  if (service_new(&s, &loaded, why, sizeof why)) {
    require(*why);
    return;
  }
  for (uint32_t i = 0; i < p->n_routes && i < ROUTES; i++) {
    find(s, i);
    for (size_t k = 0; k < sizeof samples / sizeof *samples; k++)
      ask(e, s, i, &samples[k]);
  }
  openapi_write(p, PLAN_NONE, &api);
  buf_free(&api);
  service_drop(&s);
}

// ---- calls ----
static void call(struct engine *e, const struct plan *p, uint32_t function,
                 const value *defaults)
{
  const struct plan_function *f = &p->functions[function];
  struct arena arena = {.limit = MEMORY};
  struct request r = {
      .arena = &arena, .id = "fuzz", .deadline = engine_now(e) + 1000000000};
  value *args = calloc(f->n_params + 1, sizeof *args);
  for (uint32_t k = 0; k < f->n_params; k++)
    args[k] = defaults[p->slots[f->slots.first + k].type];
  request_start(e, &r, function, args);
  if (!engine_run_until_done(e, &r))
    request_cancel(&r);
  request_end(&r); // where it has streams, which nobody reads
  free(args);
  arena_free(&arena);
}

static void call_all(struct engine *e, const struct plan *p)
{
  struct arena arena = {0};
  value *defaults = value_defaults(&arena, p);
  require(defaults);
  for (uint32_t i = 0; i < p->n_tests && i < CALLS; i++)
    call(e, p, p->tests[i].function, defaults);
  for (uint32_t i = 0, n = 0; i < p->n_functions && n < CALLS; i++)
    if (p->functions[i].class == PLAN_NONE) { // it needs no replica
      call(e, p, i, defaults);
      n++;
    }
  arena_free(&arena);
}

static void run(const struct plan *p)
{
  char why[300] = "";
  struct engine *e;
  struct engine_options options = {.request_memory = MEMORY, .turns = TURNS};
  if (engine_new(&e, p, &options, why, sizeof why)) {
    require(*why);
    return;
  }
  call_all(e, p);
  ask_all(e, p);
  engine_free(&e);
}

static void print(const struct plan *p)
{
  struct buf out = {0};
  plan_dump(p, &out);
  require(!out.failed);
  buf_free(&out);
}

bool plan_run(const void *bytes, size_t size)
{
  struct plan p;
  char why[300] = "";
  if (plan_open(&p, bytes, size, why, sizeof why)) {
    require(*why && !strchr(why, '\n')); // one line of reason
    return false;
  }
  print(&p);
  run(&p);
  return true;
}

bool plan_run_repaired(void *bytes, size_t size)
{
  if (size >= sizeof(struct plan_header)) {
    ((struct plan_header *)bytes)->size = (uint32_t)size;
    plan_seal(bytes, size);
  }
  return plan_run(bytes, size);
}
