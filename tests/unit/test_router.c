// The router against plans made by hand.
#include "runtime/net/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

// A plan of nothing but apps and routes.
struct sample {
  struct plan plan;
  struct plan_app *apps;
  struct plan_route *routes;
  char *text;
  struct router *router;
};

static struct plan_text add_text(struct sample *s, const char *text)
{
  struct plan_text t = {s->plan.n_text, (uint32_t)strlen(text)};
  s->text = realloc(s->text, t.at + t.size + 1);
  memcpy(s->text + t.at, text, t.size + 1);
  s->plan.n_text += t.size + 1;
  s->plan.text = s->text;
  return t;
}

static void add_app(struct sample *s, const char *prefix)
{
  s->apps = realloc(s->apps, (s->plan.n_apps + 1) * sizeof *s->apps);
  s->apps[s->plan.n_apps++] = (struct plan_app){.prefix = add_text(s, prefix)};
  s->plan.apps = s->apps;
}

// A route of the newest app.
static void add_route(struct sample *s, enum plan_method m, const char *path)
{
  if (!s->plan.n_apps)
    add_app(s, "");
  uint32_t n = s->plan.n_routes++;
  s->routes = realloc(s->routes, (n + 1) * sizeof *s->routes);
  s->routes[n] = (struct plan_route){
      .method = m, .path = add_text(s, path), .app = s->plan.n_apps - 1};
  s->plan.routes = s->routes;
}

static void build(struct sample *s)
{
  char why[200] = "";
  assert_int_equal(router_new(&s->router, &s->plan, why, sizeof why), 0);
}

static void drop(struct sample *s)
{
  router_free(&s->router);
  free(s->apps);
  free(s->routes);
  free(s->text);
}

static struct router_match match;

// "path of the route: hole, hole", "page N of app", "allow BITS" or "unknown".
static const char *ask(struct sample *s, enum plan_method m, const char *path)
{
  static char out[400];
  enum router_found f = router_find(s->router, m, path, strlen(path), &match);
  if (f == ROUTER_UNKNOWN)
    return "unknown";
  if (f == ROUTER_OTHER_METHOD)
    snprintf(out, sizeof out, "allow %u", match.allow);
  else if (match.route == PLAN_NONE)
    snprintf(out, sizeof out, "page %d of %d", (int)match.page, (int)match.app);
  else
    snprintf(out, sizeof out, "%s",
             plan_str(&s->plan, s->plan.routes[match.route].path));
  for (uint32_t i = 0; f == ROUTER_FOUND && i < match.n_holes; i++)
    snprintf(out + strlen(out), sizeof out - strlen(out), "%s%.*s",
             i ? ", " : ": ", (int)match.holes[i].size, match.holes[i].data);
  return out;
}

#define ASK(path, expected)                                                    \
  assert_string_equal(ask(&s, METHOD_GET, path), expected)

static void the_more_specific_path_wins(void **state)
{
  struct sample s = {0};
  static const char *const paths[] = {"/",     "/x/{rest:path}", "/x/{id}",
                                      "/x/me", "/x/{id}/y",      "/a/{b}/{c}"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    add_route(&s, METHOD_GET, paths[i]);
  build(&s);
  ASK("/", "/");
  ASK("/x/me", "/x/me");
  ASK("/x/me/", "/x/me");
  ASK("/x/you", "/x/{id}: you");
  ASK("/x/you/", "/x/{id}: you");
  ASK("/x/me/y", "/x/{id}/y: me");
  ASK("/x/me/z", "/x/{rest:path}: me/z");
  ASK("/x/me/z/", "/x/{rest:path}: me/z/");
  ASK("/x", "/x/{rest:path}: ");
  ASK("/x//y", "/x/{rest:path}: /y");
  ASK("/a/1/2", "/a/{b}/{c}: 1, 2");
  ASK("/a//2", "unknown");
  ASK("/a/1", "unknown");
  ASK("/a/1/2/3", "unknown");
  ASK("//", "/");
  ASK("///", "unknown");
  ASK("", "unknown");
  ASK("x/me", "unknown");
  ASK("*", "unknown");
  drop(&s);
}

static void an_escaped_slash_parts_nothing(void **state)
{
  struct sample s = {0};
  add_route(&s, METHOD_GET, "/f/{name}");
  add_route(&s, METHOD_GET,
            "/gr\xC3\xB6\xC3\x9F"
            "e");
  build(&s);
  ASK("/f/a%2Fb", "/f/{name}: a%2Fb");
  ASK("/%66/a", "/f/{name}: a");
  ASK("/f%2Fa", "unknown");
  ASK("/gr%C3%B6%c3%9fe", "/gr\xC3\xB6\xC3\x9F"
                          "e");
  ASK("/gr%C3%B6%c3%9", "unknown");
  char out[16];
  size_t n = router_decode(out, "a%2Fb+%zz%4", 11, true);
  assert_int_equal(n, 9);
  assert_memory_equal(out, "a/b %zz%4", 9);
  drop(&s);
}

static void methods_are_told(void **state)
{
  struct sample s = {0};
  add_route(&s, METHOD_GET, "/x/me");
  add_route(&s, METHOD_POST, "/x/{id}");
  add_route(&s, METHOD_PUT, "/x/{id}");
  build(&s);
  assert_string_equal(ask(&s, METHOD_HEAD, "/x/me"), "/x/me");
  assert_string_equal(ask(&s, METHOD_POST, "/x/me"), "/x/{id}: me");
  assert_string_equal(ask(&s, METHOD_DELETE, "/x/you"), "allow 12");
  assert_string_equal(ask(&s, METHOD_DELETE, "/x/me"), "allow 13");
  assert_string_equal(ask(&s, METHOD_OPTIONS, "/x/me"), "allow 13");
  assert_string_equal(ask(&s, METHOD_POST, "/docs"), "allow 1");
  drop(&s);
}

static void longer_prefixes_win(void **state)
{
  struct sample s = {0};
  add_app(&s, "");
  add_route(&s, METHOD_GET, "/v1/{x}");
  add_route(&s, METHOD_GET, "/v1/only/here");
  add_app(&s, "/v1");
  add_route(&s, METHOD_GET, "/v1/{rest:path}");
  add_app(&s, "/v1/deep");
  add_route(&s, METHOD_GET, "/v1/deep");
  add_route(&s, METHOD_GET, "/v1/deep/{z}");
  add_app(&s, "/alone/");
  add_route(&s, METHOD_GET, "/alone/");
  build(&s);
  ASK("/v1/a", "/v1/{rest:path}: a");
  ASK("/v1/only/here", "/v1/{rest:path}: only/here");
  ASK("/v1/deep", "/v1/deep");
  ASK("/v1/deep/a", "/v1/deep/{z}: a");
  ASK("/v1/deep/a/b", "/v1/{rest:path}: deep/a/b");
  ASK("/alone", "/alone/");
  ASK("/alone/docs", "page 3 of 3");
  ASK("/v1/docs", "page 3 of 1");
  ASK("/docs", "page 3 of -1");
  drop(&s);
}

static void pages_give_way_to_routes(void **state)
{
  struct sample s = {0};
  add_route(&s, METHOD_GET, "/docs");
  add_route(&s, METHOD_GET, "/{rest:path}");
  build(&s);
  ASK("/docs", "/docs");
  ASK("/openapi.json", "page 2 of -1");
  ASK("/-/healthz", "page 0 of -1");
  ASK("/-/readyz", "page 7 of -1");
  ASK("/-/other", "/{rest:path}: -/other");
  drop(&s);
}

static void bad_paths_are_refused(void **state)
{
  static const char *const paths[] = {
      "/{rest:path}/x", "/v{n}/x",
      "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    struct sample s = {0};
    char why[300] = "";
    add_route(&s, METHOD_GET, paths[i]);
    assert_int_equal(router_new(&s.router, &s.plan, why, sizeof why), -1);
    assert_non_null(strstr(why, paths[i]));
    assert_null(s.router);
    drop(&s);
  }
}

static void holes_have_names(void **state)
{
  assert_int_equal(router_hole("/a/{b}/{rest:path}", "b"), 0);
  assert_int_equal(router_hole("/a/{b}/{rest:path}", "rest"), 1);
  assert_int_equal(router_hole("/a/{b}/{rest:path}", "a"), -1);
}

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// A quadratic way would take minutes.
static void many_routes_load_at_once(void **state)
{
  struct sample s = {0};
  char path[64];
  for (int i = 0; i < 10000; i++) {
    snprintf(path, sizeof path, "/group%d/item%d/{id}", i % 100, i);
    add_route(&s, METHOD_GET, path);
  }
  double start = seconds();
  build(&s);
  assert_true(seconds() - start < 1);
  ASK("/group99/item9999/7", "/group99/item9999/{id}: 7");
  ASK("/group98/item9999/7", "unknown");
  drop(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_more_specific_path_wins),
      cmocka_unit_test(an_escaped_slash_parts_nothing),
      cmocka_unit_test(methods_are_told),
      cmocka_unit_test(longer_prefixes_win),
      cmocka_unit_test(pages_give_way_to_routes),
      cmocka_unit_test(bad_paths_are_refused),
      cmocka_unit_test(holes_have_names),
      cmocka_unit_test(many_routes_load_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
