// The writer of plans: what goes in is in the image, once, and the same bytes
// every time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/plan/build.h"

static struct arena arena;

static int fresh(void **state)
{
  arena = (struct arena){0};
  return 0;
}

static int done(void **state)
{
  arena_free(&arena);
  return 0;
}

static const void *table_of(const void *image, enum plan_table t)
{
  const struct plan_header *h = image;
  return (const char *)image + h->sections[t].offset;
}

static void texts_are_stored_once(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  struct plan_text one = plan_intern(&b, "weight");
  struct plan_text two = plan_intern_text(&b, "weights", 6);
  struct plan_text empty = plan_intern(&b, "");
  assert_int_equal(one.at, two.at);
  assert_int_equal(one.size, 6);
  assert_int_equal(empty.at, 0);
  assert_int_equal(empty.size, 0);
  assert_int_equal(b.text.n, 1 + 7);
  plan_intern_text(&b, "a\0b", 3);
  assert_int_not_equal(plan_intern_text(&b, "a\0c", 3).at,
                       plan_intern_text(&b, "a\0b", 3).at);
}

static void many_texts_stay_apart(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  struct plan_text first = plan_intern(&b, "name 0");
  for (int i = 0; i < 20000; i++)
    plan_intern(&b, arena_printf(&arena, "name %d", i));
  uint32_t n = b.text.n;
  for (int i = 0; i < 20000; i++) {
    char *name = arena_printf(&arena, "name %d", i);
    struct plan_text t = plan_intern(&b, name);
    assert_memory_equal(b.text.rows + t.at, name, strlen(name) + 1);
  }
  assert_int_equal(b.text.n, n);
  assert_int_equal(plan_intern(&b, "name 0").at, first.at);
}

static void scalars_are_stored_once(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t x = plan_const_int(&b, 1, -1);
  assert_int_equal(plan_const_int(&b, 1, -1), x);
  assert_int_not_equal(plan_const_int(&b, 2, -1), x);
  assert_true(plan_bits(&b.consts.rows[x]) == UINT64_MAX);
  uint32_t f = plan_const_float(&b, 3, 1.5);
  assert_true(plan_bits(&b.consts.rows[f]) == 0x3ff8000000000000);
  uint32_t t = plan_const_text(&b, 4, "hello", 5);
  assert_int_equal(plan_const_text(&b, 4, "hello", 5), t);
  for (int i = 0; i < 1000; i++)
    plan_const_int(&b, 1, i);
  assert_int_equal(plan_const_int(&b, 1, 500), plan_const_int(&b, 1, 500));
  assert_int_equal(b.consts.n, 4 + 1000);
}

static void parts_of_a_constant_lie_together(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t x = plan_const_int(&b, 1, 7), y = plan_const_int(&b, 1, 8);
  uint32_t together = plan_const_run(&b, 2, (uint32_t[]){x, y}, 2);
  assert_int_equal(b.consts.rows[together].lo, x);
  assert_int_equal(b.consts.rows[together].hi, 2);
  uint32_t apart = plan_const_run(&b, 2, (uint32_t[]){y, x, y}, 3);
  struct plan_const c = b.consts.rows[apart];
  assert_int_equal(c.hi, 3);
  assert_int_equal(b.consts.rows[c.lo].lo, 8);
  assert_int_equal(b.consts.rows[c.lo + 1].lo, 7);
  assert_int_equal(b.consts.rows[c.lo + 2].lo, 8);
  assert_int_equal(b.consts.rows[plan_const_run(&b, 2, NULL, 0)].hi, 0);
}

static void jumps_are_aimed(void **state)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t at = plan_add_code(&b, (struct plan_code){OP_jump, 0, 0, 0});
  for (int i = 0; i < 3; i++)
    plan_add_code(&b, (struct plan_code){OP_nop, 0, 0, 0});
  plan_aim(&b, at, 3);
  assert_int_equal(plan_wide(b.code.rows[at]), 2);
  plan_aim(&b, 3, 0);
  assert_int_equal((int32_t)plan_wide(b.code.rows[3]), -4);
}

static const void *sample(struct arena *a, size_t *size)
{
  struct plan_builder b;
  plan_builder_init(&b, a);
  for (uint32_t i = 0; i < 3; i++)
    plan_add_files(&b, (struct plan_file){plan_intern(&b, "pipeline.sg")});
  plan_add_program(&b, (struct plan_program){.compiler = plan_intern(&b, "x")});
  plan_add_run_edges(&b, (struct plan_edge[]){{1, 0}, {2, 1}}, 2);
  b.edges.rows[1].strand = 9;
  const void *image = NULL;
  assert_int_equal(plan_finish(&b, &image, size), 0);
  return image;
}

static void the_image_holds_the_rows(void **state)
{
  size_t size;
  const struct plan_header *h = sample(&arena, &size);
  assert_memory_equal(h->magic, PLAN_MAGIC, 8);
  assert_int_equal(h->size, size);
  assert_int_equal(h->version, PLAN_VERSION);
  for (int i = 0; i < PLAN_TABLE_COUNT; i++)
    assert_int_equal(h->sections[i].offset % 8, 0);
  assert_int_equal(h->sections[PLAN_files].count, 3);
  const struct plan_edge *e = table_of(h, PLAN_edges);
  assert_int_equal(e[1].strand, 9);
  const struct plan_file *f = table_of(h, PLAN_files);
  assert_string_equal((const char *)table_of(h, PLAN_text) + f[2].path.at,
                      "pipeline.sg");
}

static void the_same_rows_give_the_same_bytes(void **state)
{
  struct arena other = {0};
  size_t n, m;
  const void *x = sample(&arena, &n), *y = sample(&other, &m);
  assert_int_equal(n, m);
  assert_memory_equal(x, y, n);
  arena_free(&other);
}

static void memory_that_runs_out_is_said_at_the_end(void **state)
{
  for (size_t limit = 4096; limit < 1 << 20; limit *= 2) {
    struct arena small = {.limit = limit};
    struct plan_builder b;
    plan_builder_init(&b, &small);
    for (uint32_t i = 0; i < 20000; i++) {
      plan_add_types(&b, (struct plan_type){0});
      plan_intern_text(&b, (char *)&i, sizeof i);
      plan_const_run(&b, 0, (uint32_t[]){plan_const_int(&b, 0, i), 0}, 2);
      plan_aim(&b, plan_add_code(&b, (struct plan_code){0}), 0);
    }
    const void *image;
    size_t size;
    assert_int_equal(plan_finish(&b, &image, &size), -1);
    arena_free(&small);
  }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, done)
  const struct CMUnitTest tests[] = {
    CASE(texts_are_stored_once),
    CASE(many_texts_stay_apart),
    CASE(scalars_are_stored_once),
    CASE(parts_of_a_constant_lie_together),
    CASE(jumps_are_aimed),
    CASE(the_image_holds_the_rows),
    CASE(the_same_rows_give_the_same_bytes),
    CASE(memory_that_runs_out_is_said_at_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
