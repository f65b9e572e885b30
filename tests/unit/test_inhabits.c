// What is a value of a type, and what is none (runtime/vm/inhabits.c). Only in
// a build that checks values.
#include "tests/unit/plan_sample.h"

#include "runtime/vm/vm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#ifdef SG_CHECK_VALUES
static struct plan_sample s;
static struct plan p;
static value *defaults;

static int open_plan(void **state)
{
  const void *bytes;
  size_t size;
  char why[300];
  plan_sample_build(&s);
  if (plan_finish(&s.b, &bytes, &size) ||
      plan_open(&p, bytes, size, why, sizeof why))
    return -1;
  return (defaults = value_defaults(&s.arena, &p)) ? 0 : -1;
}

static int close_plan(void **state)
{
  arena_free(&s.arena);
  return 0;
}

static void defaults_are(void **state)
{
  for (uint32_t i = 0; i < p.n_types; i++)
    if (p.types[i].base == i && !value_inhabits(&p, i, defaults[i]))
      fail_msg("the default of type %u", i);
}

static void scalars(void **state)
{
  assert_true(value_inhabits(&p, T_BOOL, (value){.i = 1}));
  assert_false(value_inhabits(&p, T_BOOL, (value){.i = 2}));
  assert_true(value_inhabits(&p, T_INT, (value){.i = INT64_MIN}));
}

static void texts(void **state)
{
  struct text good = {3, 2, "a\xC3\xA9"}, length = {3, 3, "a\xC3\xA9"},
              cut = {2, 2, "a\xC3\xA9"}, none = {1, 1, NULL};
  assert_true(value_inhabits(&p, T_STR, (value){.text = &good}));
  assert_false(value_inhabits(&p, T_STR, (value){.text = &length}));
  assert_false(value_inhabits(&p, T_STR, (value){.text = &cut}));
  assert_false(value_inhabits(&p, T_STR, (value){.text = &none}));
  assert_false(value_inhabits(&p, T_STR, (value){.text = NULL}));
  assert_true(value_inhabits(&p, T_BYTES, (value){.text = &length}));
  assert_false(value_inhabits(&p, T_BYTES, (value){.text = &good}));
}

static void words(void **state)
{
  uint32_t op = T_OP;
  struct plan_text first = p.fields[p.types[op].fields.first].name;
  struct text word = {first.size, first.size, plan_str(&p, first)},
              other = {5, 5, "other"};
  assert_int_equal(p.types[op].kind, TYPE_enum);
  assert_true(value_inhabits(&p, op, (value){.text = &word}));
  assert_false(value_inhabits(&p, op, (value){.text = &other}));
}

static void containers(void **state)
{
  struct text bad = {1, 2, "x"};
  value item = {.text = &bad};
  struct list wrong = {.count = 1, .items = &item}, gone = {.count = 1},
              over = {.count = 1, .room = 0, .items = &item};
  assert_false(value_inhabits(&p, T_TEXTS, (value){.list = &wrong}));
  assert_false(value_inhabits(&p, T_TEXTS, (value){.list = &gone}));
  bad.length = 1;
  assert_true(value_inhabits(&p, T_TEXTS, (value){.list = &over}));
  struct map_entry twice[] = {{&bad, item}, {&bad, item}};
  struct map m = {.count = 2, .room = 2, .entries = twice};
  assert_false(value_inhabits(&p, T_MAP, (value){.map = &m}));
  m.count = 1;
  assert_true(value_inhabits(&p, T_MAP, (value){.map = &m}));
}

static void tags(void **state)
{
  struct tagged v = *defaults[T_OUTCOME].tagged;
  assert_true(value_inhabits(&p, T_OUTCOME, (value){.tagged = &v}));
  v.tag = p.types[T_OUTCOME].fields.count;
  assert_false(value_inhabits(&p, T_OUTCOME, (value){.tagged = &v}));
  v = *defaults[T_STEP].tagged;
  v.tag = STEP_respond + 1;
  assert_false(value_inhabits(&p, T_STEP, (value){.tagged = &v}));
}

static void json(void **state)
{
  struct json v = {.kind = JSON_BOOL, .as.i = 1};
  assert_true(value_inhabits(&p, T_JSON, (value){.json = &v}));
  v.as.i = 3;
  assert_false(value_inhabits(&p, T_JSON, (value){.json = &v}));
  v.kind = 99;
  assert_false(value_inhabits(&p, T_JSON, (value){.json = &v}));
  assert_false(value_inhabits(&p, T_JSON, (value){.json = NULL}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are), cmocka_unit_test(scalars),
      cmocka_unit_test(texts),        cmocka_unit_test(words),
      cmocka_unit_test(containers),   cmocka_unit_test(tags),
      cmocka_unit_test(json),
  };
  return cmocka_run_group_tests(tests, open_plan, close_plan);
}
#else
static void not_in_this_build(void **state)
{
  skip();
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(not_in_this_build)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
