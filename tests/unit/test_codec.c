// The codec's functions that are not on the way of a single body: several body
// parameters, constants, json of values, patterns of a plan, offences.
#include "runtime/codec/codec.h"
#include "tests/codec/types.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

static struct arena arena;
static const struct loc body = {NULL, "body", 4, 0};

static int reset(void **state)
{
  arena_free(&arena);
  return 0;
}

static const char *json_text(const struct plan *p, uint32_t type, value v)
{
  struct buf out = {.arena = &arena};
  assert_true(json_encode(p, type, v, &out));
  return out.data;
}

static const char *detail(const struct offences *o)
{
  struct buf out = {.arena = &arena};
  offences_print(o, &out);
  return out.data;
}

// ---- several body parameters ----

struct parts {
  struct plan plan;
  struct offences offences;
  value out[3];
  bool ok;
};

static struct parts read_parts(const char *text)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t i = types_add(&b, "\"int\""), s = types_add(&b, "\"str\"");
  struct parts p = {.plan = types_plan(&b), .offences = {.arena = &arena}};
  value seven = {.i = 7};
  struct json_part parts[] = {{"n", i, NULL, &p.out[0]},
                              {"text", s, NULL, &p.out[1]},
                              {"m", i, &seven, &p.out[2]}};
  struct decode d = {&p.plan, &arena, &p.offences};
  p.ok = json_decode_parts(&d, parts, 3, text, strlen(text), &body);
  return p;
}

static void parts_of_a_body(void **state)
{
  struct parts p = read_parts("{\"text\":\"x\",\"n\":\"5\",\"other\":[1]}");
  assert_true(p.ok);
  assert_int_equal(p.out[0].i, 5);
  assert_true(text_is(p.out[1].text, "x", 1));
  assert_int_equal(p.out[2].i, 7);
  assert_int_equal(read_parts("{\"n\":1,\"text\":\"\",\"m\":2}").out[2].i, 2);
}

static void parts_refused(void **state)
{
  static const char missing[] =
      "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"n\"],\"msg\":"
      "\"Field required\",\"input\":null},{\"type\":\"missing\",\"loc\":"
      "[\"body\",\"text\"],\"msg\":\"Field required\",\"input\":null}]}";
  static const char *const empty[] = {"", "{}", "[1]", "null", "5"};
  for (unsigned i = 0; i < sizeof empty / sizeof *empty; i++) {
    struct parts p = read_parts(empty[i]);
    assert_false(p.ok);
    assert_string_equal(detail(&p.offences), missing);
  }
  struct parts p = read_parts("{\"n\":\"x\",\"text\":1}");
  assert_int_equal(p.offences.count, 2);
  assert_string_equal(p.offences.first->loc, "[\"body\",\"n\"]");
  // of two members of one name the last counts, also when it is wrong
  assert_int_equal(read_parts("{\"n\":1,\"text\":\"\",\"n\":2}").out[0].i, 2);
  assert_false(read_parts("{\"n\":1,\"text\":\"\",\"n\":null}").ok);
  assert_false(read_parts("{\"n\":1,\"text\":\"\"}x").ok);
  assert_true(read_parts(" { \"n\" : 1 , \"\\u0074ext\":\"\"} ").ok);
  p = read_parts("{\"n\":");
  assert_string_equal(p.offences.first->type, "json_invalid");
}

// ---- constants ----

static void constants(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t type = types_add(
      &b, "{\"record\":[[\"a\",\"int\",3],[\"b\",\"str\",\"é\"],[\"c\","
          "\"float\",0.5],[\"d\",\"bool\",true],[\"e\",{\"optional\":\"int\"},"
          "null],[\"f\",{\"optional\":\"int\"},4],[\"g\",{\"list\":\"int\"},[]"
          "]]}");
  struct plan p = types_plan(&b);
  struct offences offences = {.arena = &arena};
  struct decode d = {&p, &arena, &offences};
  value v;
  assert_true(json_decode(&d, type, "{}", 2, &body, &v));
  assert_string_equal(json_text(&p, type, v),
                      "{\"a\":3,\"b\":\"é\",\"c\":0.5,\"d\":true,\"e\":null,"
                      "\"f\":4,\"g\":[]}");
  assert_int_equal(v.parts[1].text->length, 1);
}

static void constant_containers(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t map = types_add(&b, "{\"map\":\"int\"}"), str = 0, whole = 0;
  uint32_t json = types_add(&b, "\"json\"");
  while (b.types.rows[str].kind != TYPE_str && str + 1 < b.types.n)
    str++;
  str = types_add(&b, "\"str\"");
  whole = b.types.rows[map].of;
  uint32_t parts[] = {plan_const_text(&b, str, "k", 1),
                      plan_const_int(&b, whole, -1)};
  uint32_t c = plan_const_run(&b, b.types.rows[map].base, parts, 2);
  uint32_t j = plan_const_text(&b, json, "{\"a\":[1,null]}", 14);
  struct plan p = types_plan(&b);
  value v;
  assert_true(const_value(&arena, &p, c, &v));
  assert_string_equal(json_text(&p, map, v), "{\"k\":-1}");
  assert_true(const_value(&arena, &p, j, &v));
  assert_string_equal(json_text(&p, json, v), "{\"a\":[1,null]}");
}

// ---- values as json, and back ----

static void json_of_values(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t type =
      types_add(&b, "{\"tuple\":[\"int\",{\"map\":{\"list\":\"float\"}},"
                    "{\"optional\":\"str\"},\"duration\"]}");
  uint32_t json = types_add(&b, "\"json\"");
  struct plan p = types_plan(&b);
  struct offences offences = {.arena = &arena};
  struct decode d = {&p, &arena, &offences};
  const char *text = "[1,{\"a\":[1.5]},null,0.25]";
  value v, back;
  assert_true(json_decode(&d, type, text, strlen(text), &body, &v));
  value j = {.json = json_of(&arena, &p, type, v)};
  assert_non_null(j.json);
  assert_string_equal(json_text(&p, json, j), text);
  assert_true(json_convert(&d, type, j.json, NULL, &back));
  assert_string_equal(json_text(&p, type, back), text);
  assert_false(json_convert(&d, json - json + type, &json_null, NULL, &back));
  assert_string_equal(offences.first->loc, "[]");
}

static void not_finite(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t type = types_add(&b, "\"float\"");
  struct plan p = types_plan(&b);
  struct buf out = {.arena = &arena};
  assert_false(json_encode(&p, type, (value){.f = __builtin_inf()}, &out));
  assert_false(json_encode(&p, type, (value){.f = __builtin_nan("")}, &out));
  assert_null(json_of(&arena, &p, type, (value){.f = __builtin_inf()}));
}

// Code can nest json deeper than the stack is, and share parts without end.
static void endless_json(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t type = types_add(&b, "\"json\""), list = 0;
  list = types_add(&b, "{\"list\":\"json\"}");
  struct plan p = types_plan(&b);
  struct json *j = ARENA_NEW(&arena, struct json);
  for (int i = 0; i < 1000000; i++) {
    struct list *l = list_new(&arena, 2);
    struct json *outer = ARENA_NEW(&arena, struct json);
    list_push(&arena, l, (value){.json = j});
    list_push(&arena, l, (value){.json = j});
    *outer = (struct json){JSON_LIST, {.list = l}};
    j = outer;
  }
  struct arena small = {.limit = 1 << 20};
  struct buf out = {.arena = &small};
  assert_false(json_encode(&p, type, (value){.json = j}, &out));
  arena_free(&small);
  out = (struct buf){.arena = &small};
  value_repr(&p, type, (value){.json = j}, &out);
  assert_true(out.failed);
  struct decode d = {&p, &arena, NULL};
  value v;
  assert_true(json_convert(&d, list, j, NULL, &v)); // shares what is inside
  arena_free(&small);
}

// ---- patterns ----

static bool prepare(const char *pattern, char *why, size_t size)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  char *type =
      arena_printf(&arena, "{\"limit\":\"str\",\"pattern\":\"%s\"}", pattern);
  types_add(&b, type);
  struct plan p = types_plan(&b);
  return codec_prepare(&p, why, size);
}

static void patterns(void **state)
{
  char why[200] = "";
  assert_true(prepare("^[a-z]{2,}$", why, sizeof why));
  assert_true(prepare("^[a-z]{2,}$", why, sizeof why));
  assert_false(prepare("a(b", why, sizeof why));
  assert_non_null(strstr(why, "pattern 'a(b': missing closing parenthesis"));
  why[0] = 0;
  assert_false(prepare("a(b", why, sizeof why));
  assert_non_null(strstr(why, "missing"));
}

// ---- memory ----

// With any limit: read, refused with an offence, or out of memory; never wrong.
static void little_memory(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t type = types_add(&b, "{\"list\":{\"record\":[[\"a\",\"str\"],[\"b\","
                                "{\"map\":{\"optional\":\"int\"}}]]}}");
  struct plan p = types_plan(&b);
  struct buf text = {.arena = &arena};
  for (int i = 0; i < 200; i++)
    buf_adds(&text, i ? ",{\"b\":{\"x\":\"1\",\"y\":null},\"a\":\"\\u00e9\"}"
                      : "[{\"a\":\"\",\"b\":{}}");
  buf_addc(&text, ']');
  bool read = false;
  for (size_t limit = 4096; limit < 300000; limit += 4096) {
    struct arena small = {.limit = limit};
    struct offences offences = {.arena = &small};
    struct decode d = {&p, &small, &offences};
    value v;
    read = json_decode(&d, type, text.data, text.size, &body, &v);
    assert_null(offences.first);
    if (read)
      assert_int_equal(v.list->count, 200);
    arena_free(&small);
  }
  assert_true(read);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(parts_of_a_body, reset),
      cmocka_unit_test_teardown(parts_refused, reset),
      cmocka_unit_test_teardown(constants, reset),
      cmocka_unit_test_teardown(constant_containers, reset),
      cmocka_unit_test_teardown(json_of_values, reset),
      cmocka_unit_test_teardown(not_finite, reset),
      cmocka_unit_test_teardown(endless_json, reset),
      cmocka_unit_test_teardown(patterns, reset),
      cmocka_unit_test_teardown(little_memory, reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
