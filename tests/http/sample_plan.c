// Writes a plan of routes that show the runtime's way of a request, made by
// hand so that it needs no compiler: sample_plan FILE [GREETING].
#include "grammar/plan/build.h"

#include <stdio.h>
#include <string.h>

// Records name what matters here; the rest is zero.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static struct arena arena;
static struct plan_builder b;
static const char *greeting = "hello";

enum {
  T_NONE,
  T_INT,
  T_FLOAT,
  T_STR,
  T_BOOL,
  T_BYTES,
  T_DURATION,
  T_SIZE,
  T_PERCENT,
  T_MAYBE_INT,
  T_STRS,
  T_MAP,
  T_TEXT2,
  T_STARS,
  T_REVIEW_BASE,
  T_REVIEW,
  T_OP,
  T_ITEM,
  T_PAIR,
  T_HEAD,
  T_MARKDOWN,
  T_FLOATS,
  T_LIST1,
  T_INPUT_BASE,
  T_INPUT,
  T_ALL
};

// ---- types ----
static uint32_t type(enum type_kind kind, uint32_t of, struct plan_run fields)
{
  return plan_add_types(
      &b, (struct plan_type){
              .kind = kind, .base = b.types.n, .of = of, .fields = fields});
}

static uint32_t field(const char *name, uint32_t t, uint32_t value)
{
  return plan_add_fields(
      &b, (struct plan_field){plan_intern(&b, name), t, value, {0, 0}});
}

static uint32_t limited(uint32_t base, enum limit_kind kind, uint32_t value,
                        enum limit_kind second, uint32_t value2)
{
  struct plan_limit rows[] = {{kind, value}, {second, value2}};
  struct plan_run run =
      plan_add_run_limits(&b, rows, value2 == PLAN_NONE ? 1 : 2);
  return plan_add_types(&b, (struct plan_type){.kind = b.types.rows[base].kind,
                                               .base = base,
                                               .of = b.types.rows[base].of,
                                               .limits = run});
}

static void add_review(void)
{
  struct plan_run base = {field("text", T_STR, PLAN_NONE), 2};
  field("stars", T_INT, PLAN_NONE);
  type(TYPE_record, PLAN_NONE, base);
  struct plan_run own = {field("text", T_TEXT2, PLAN_NONE), 2};
  field("stars", T_STARS, plan_const_int(&b, T_INT, 5));
  plan_add_types(&b,
                 (struct plan_type){TYPE_record, T_REVIEW_BASE, PLAN_NONE, own,
                                    .name = plan_intern(&b, "Review"),
                                    .doc = plan_intern(&b, "What one says.")});
}

static void add_op(void)
{
  struct plan_run words = {field("sum", PLAN_NONE, PLAN_NONE), 2};
  field("max", PLAN_NONE, PLAN_NONE);
  plan_add_types(&b, (struct plan_type){TYPE_enum, T_STR, PLAN_NONE, words,
                                        .name = plan_intern(&b, "Op")});
}

static void add_tuple(uint32_t x, uint32_t y, uint32_t z)
{
  struct plan_run run = {field("", x, PLAN_NONE), z == PLAN_NONE ? 2 : 3};
  field("", y, PLAN_NONE);
  if (z != PLAN_NONE)
    field("", z, PLAN_NONE);
  type(TYPE_tuple, PLAN_NONE, run);
}

static void add_input(void)
{
  struct plan_run run = {field("", T_STR, PLAN_NONE), 3};
  field("", T_LIST1, PLAN_NONE);
  field("", T_OP, PLAN_NONE);
  plan_add_types(&b,
                 (struct plan_type){TYPE_tuple, T_INPUT_BASE, PLAN_NONE, run});
}

static void add_types(void)
{
  static const enum type_kind kinds[] = {
      TYPE_none,  TYPE_int,      TYPE_float, TYPE_str,    TYPE_bool,
      TYPE_bytes, TYPE_duration, TYPE_size,  TYPE_percent};
  struct plan_run no = {0, 0};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    type(kinds[i], PLAN_NONE, no);
  type(TYPE_optional, T_INT, no);
  type(TYPE_list, T_STR, no);
  type(TYPE_map, T_STR, no);
  limited(T_STR, LIMIT_min_length, plan_const_int(&b, T_INT, 2), 0, PLAN_NONE);
  limited(T_INT, LIMIT_ge, plan_const_int(&b, T_INT, 1), LIMIT_le,
          plan_const_int(&b, T_INT, 5));
  add_review();
  add_op();
  add_tuple(T_INT, T_MAYBE_INT, T_STRS);      // T_ITEM
  add_tuple(T_REVIEW_BASE, T_INT, PLAN_NONE); // T_PAIR
  add_tuple(T_STR, T_STR, PLAN_NONE);         // T_HEAD
  plan_add_types(&b, (struct plan_type){TYPE_markdown, T_STR, PLAN_NONE, no});
  type(TYPE_list, T_FLOAT, no);
  limited(T_FLOATS, LIMIT_min_items, plan_const_int(&b, T_INT, 1), 0,
          PLAN_NONE);
  add_tuple(T_STR, T_FLOATS, T_STR); // T_INPUT_BASE
  add_input();
  add_tuple(T_MAYBE_INT, T_INT, T_STRS); // T_ALL
}

// ---- functions and routes ----
struct param {
  const char *name, *key;
  uint32_t type;
  enum source_kind source;
  uint32_t value;
  uint32_t embed;
  enum adapter_kind adapter;
};

static uint32_t function(const struct param *params, uint32_t n,
                         const uint32_t *locals, uint32_t n_locals,
                         uint32_t result, const struct plan_code *code,
                         uint32_t n_code)
{
  struct plan_run slots = {b.slots.n, n + n_locals};
  for (uint32_t i = 0; i < n; i++)
    plan_add_slots(&b, (struct plan_slot){b.types.rows[params[i].type].base,
                                          plan_intern(&b, params[i].name)});
  for (uint32_t i = 0; i < n_locals; i++)
    plan_add_slots(&b, (struct plan_slot){locals[i], {0, 0}});
  return plan_add_functions(
      &b, (struct plan_function){.name = plan_intern(&b, "f"),
                                 .kind = FUNCTION_body,
                                 .class = PLAN_NONE,
                                 .result = b.types.rows[result].base,
                                 .n_params = n,
                                 .slots = slots,
                                 .code = plan_add_run_code(&b, code, n_code)});
}

static struct plan_run settings;

static void route(enum plan_method m, const char *path,
                  const struct param *params, uint32_t n, uint32_t fn,
                  uint32_t result, enum form_kind form)
{
  struct plan_run run = {b.params.n, n};
  for (uint32_t i = 0; i < n; i++)
    plan_add_params(&b, (struct plan_param){plan_intern(&b, params[i].name),
                                            plan_intern(&b, params[i].key),
                                            params[i].source, params[i].adapter,
                                            params[i].type, params[i].value,
                                            params[i].embed, 0});
  plan_add_routes(
      &b, (struct plan_route){.method = m,
                              .path = plan_intern(&b, path),
                              .params = run,
                              .function = fn,
                              .result = result,
                              .form = form,
                              .settings = settings,
                              .app = b.apps.n - 1,
                              .line = 1,
                              .doc = plan_intern(&b, "A route.\nIt answers.")});
  settings = (struct plan_run){0, 0};
}

static void setting(enum setting_id id, uint32_t value)
{
  uint32_t at = plan_add_settings(
      &b, (struct plan_setting){id, value, ORIGIN_route, 0, 1});
  if (!settings.count)
    settings.first = at;
  settings.count++;
}

#define CODE(...)                                                              \
  (const struct plan_code[]){__VA_ARGS__},                                     \
      sizeof((const struct plan_code[]){__VA_ARGS__}) /                        \
          sizeof(struct plan_code)
#define PARAMS(...)                                                            \
  (const struct param[])                                                       \
  {                                                                            \
    __VA_ARGS__                                                                \
  }
#define LOCALS(...)                                                            \
  (const uint32_t[]){__VA_ARGS__},                                             \
      sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
#define RETURN(slot)                                                           \
  {                                                                            \
    OP_return, slot, 0, 0                                                      \
  }
#define CONST(slot, c) plan_code_wide(OP_const, slot, c)

static uint32_t text(uint32_t t, const char *s)
{
  return plan_const_text(&b, t, s, strlen(s));
}

// Gives its one parameter back.
static void echo(enum plan_method m, const char *path, struct param p,
                 enum form_kind form)
{
  uint32_t fn = function(&p, 1, NULL, 0, p.type, CODE(RETURN(0)));
  route(m, path, &p, 1, fn, p.type, form);
}

// Gives a tuple of its parameters.
static void echo_all(enum plan_method m, const char *path,
                     const struct param *params, uint32_t n, uint32_t tuple)
{
  uint32_t fn = function(params, n, LOCALS(tuple), tuple,
                         CODE({OP_tuple, n, 0, n}, RETURN(n)));
  route(m, path, params, n, fn, tuple, FORM_auto);
}

static void add_inputs(void)
{
  uint32_t none = plan_const_run(&b, T_MAYBE_INT, NULL, 0);
  uint32_t empty = plan_const_run(&b, T_STRS, NULL, 0);
  echo_all(METHOD_GET, "/items/{id}",
           PARAMS({"id", "id", T_INT, SOURCE_path, PLAN_NONE},
                  {"q", "q", T_MAYBE_INT, SOURCE_query, none},
                  {"tag", "tag", T_STRS, SOURCE_query, empty}),
           3, T_ITEM);
  echo(METHOD_GET, "/items/me",
       (struct param){"op", "op", T_OP, SOURCE_query, text(T_STR, "sum")}, 0);
  echo(METHOD_GET, "/files/{rest:path}",
       (struct param){"rest", "rest", T_STR, SOURCE_path, PLAN_NONE}, 0);
  echo(METHOD_POST, "/review",
       (struct param){"review", "review", T_REVIEW, SOURCE_body, PLAN_NONE}, 0);
  echo(METHOD_PUT, "/text",
       (struct param){"text", "text", T_TEXT2, SOURCE_body, PLAN_NONE}, 0);
  echo(METHOD_POST, "/bytes",
       (struct param){"data", "data", T_BYTES, SOURCE_adapter, PLAN_NONE, 0,
                      ADAPTER_bytes},
       0);
  echo_all(
      METHOD_POST, "/two",
      PARAMS({"review", "review", T_REVIEW, SOURCE_body, PLAN_NONE, 1},
             {"n", "n", T_INT, SOURCE_body, plan_const_int(&b, T_INT, 7), 1}),
      2, T_PAIR);
  echo_all(
      METHOD_GET, "/head",
      PARAMS({"key", "x-api-key", T_STR, SOURCE_header, PLAN_NONE},
             {"session", "session", T_STR, SOURCE_cookie, text(T_STR, "-")}),
      2, T_HEAD);
  echo(METHOD_POST, "/input",
       (struct param){"input", "input", T_INPUT, SOURCE_body, PLAN_NONE}, 0);
  echo_all(METHOD_POST, "/all/{id}",
           PARAMS({"q", "q", T_MAYBE_INT, SOURCE_query, none},
                  {"id", "id", T_INT, SOURCE_path, PLAN_NONE},
                  {"tag", "tag", T_STRS, SOURCE_body, PLAN_NONE}),
           3, T_ALL);
}

static void given(const char *path, uint32_t t, uint32_t value,
                  enum form_kind form)
{
  uint32_t fn = function(NULL, 0, LOCALS(b.types.rows[t].base), t,
                         CODE(CONST(0, value), RETURN(0)));
  route(METHOD_GET, path, NULL, 0, fn, t, form);
}

static void add_results(void)
{
  given("/hello", T_STR, text(T_STR, greeting), FORM_auto);
  given("/json", T_STR, text(T_STR, "hel\"lo"), FORM_json);
  given("/markdown", T_MARKDOWN, text(T_STR, "# hello"), FORM_auto);
  given("/html", T_STR, text(T_STR, "<p>hello"), FORM_html);
  given("/sse", T_STR, text(T_STR, "a\nb"), FORM_sse);
  given("/none", T_NONE, plan_const_bits(&b, T_NONE, 0), FORM_auto);
  given("/float", T_FLOAT, plan_const_float(&b, T_FLOAT, 1e16), FORM_auto);
  given("/nan", T_FLOAT, plan_const_float(&b, T_FLOAT, __builtin_nan("")),
        FORM_auto);
  // A status and headers.
  uint32_t parts[] = {text(T_STR, "x-more"),         text(T_STR, "yes"),
                      text(T_STR, "content-type"),   text(T_STR, "text/x-own"),
                      text(T_STR, "Content-Length"), text(T_STR, "3")};
  uint32_t map = plan_const_run(&b, T_MAP, parts, 6);
  uint32_t fn =
      function(NULL, 0, LOCALS(T_STR, T_INT, T_MAP), T_STR,
               CODE(CONST(0, text(T_STR, "made")),
                    CONST(1, plan_const_int(&b, T_INT, 201)), CONST(2, map),
                    {OP_reply, FORM_text, 1, 2}, RETURN(0)));
  route(METHOD_POST, "/made", NULL, 0, fn, T_STR, FORM_auto);
}

static void add_failures(void)
{
  uint32_t message = text(T_STR, "no \"tea\" here");
  uint32_t fn =
      function(NULL, 0, LOCALS(T_INT, T_STR, T_STR), T_STR,
               CODE(CONST(0, plan_const_int(&b, T_INT, 418)), CONST(1, message),
                    {OP_fail, 0, 1, 0}, RETURN(2)));
  route(METHOD_GET, "/fail", NULL, 0, fn, T_STR, FORM_auto);
  setting(SETTING_errors, text(T_STR, "openai"));
  route(METHOD_GET, "/fail/openai", NULL, 0, fn, T_STR, FORM_auto);
  struct param x = {"x", "x", T_STR, SOURCE_query, PLAN_NONE};
  uint32_t parse = function(&x, 1, LOCALS(T_INT), T_INT,
                            CODE({OP_op, 1, OPERATOR_int_str, 0}, RETURN(1)));
  route(METHOD_GET, "/int", &x, 1, parse, T_INT, FORM_auto);
  struct param ms = {"for", "for", T_DURATION, SOURCE_query, PLAN_NONE};
  uint32_t sleep = function(&ms, 1, LOCALS(T_NONE, T_STR), T_STR,
                            CODE({OP_op, 1, OPERATOR_sleep, 0},
                                 CONST(2, text(T_STR, "slept")), RETURN(2)));
  route(METHOD_GET, "/sleep", &ms, 1, sleep, T_STR, FORM_auto);
  setting(SETTING_request_timeout, plan_const_int(&b, T_DURATION, 50000000));
  route(METHOD_GET, "/sleep/short", &ms, 1, sleep, T_STR, FORM_auto);
  setting(SETTING_max_body, plan_const_int(&b, T_SIZE, 10));
  echo(METHOD_POST, "/small",
       (struct param){"t", "t", T_STR, SOURCE_body, PLAN_NONE}, 0);
}

static void begin_app(const char *name, const char *prefix)
{
  plan_add_apps(&b, (struct plan_app){.name = plan_intern(&b, name),
                                      .prefix = plan_intern(&b, prefix),
                                      .routes = {b.routes.n, 0},
                                      .doc = plan_intern(&b, "An app.")});
}

static void end_app(void)
{
  struct plan_app *app = &b.apps.rows[b.apps.n - 1];
  app->routes.count = b.routes.n - app->routes.first;
}

int main(int argc, char **argv)
{
  const void *bytes;
  size_t size;
  if (argc > 2)
    greeting = argv[2];
  plan_builder_init(&b, &arena);
  plan_add_program(&b,
                   (struct plan_program){.compiler = plan_intern(&b, "hand")});
  plan_add_files(&b, (struct plan_file){plan_intern(&b, "sample.sg")});
  add_types();
  begin_app("sample", "/");
  add_inputs();
  add_results();
  add_failures();
  end_app();
  begin_app("other", "/other");
  given("/other", T_STR, text(T_STR, "the other"), FORM_auto);
  given("/other/hello", T_STR, text(T_STR, "other hello"), FORM_auto);
  end_app();
  FILE *out = argc > 1 ? fopen(argv[1], "wb") : NULL;
  if (!out || plan_finish(&b, &bytes, &size) ||
      fwrite(bytes, 1, size, out) != size || fclose(out))
    return 1;
  arena_free(&arena);
  return 0;
}
