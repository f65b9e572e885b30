// Programs of tensors: whatever is asked for, and however memory is used again,
// every element is what its operators say. Programs are random, and each is
// compared with one step after the other in memory of its own.
#include "tests/unit/tensor_steps.h"

#include "runtime/tensor/program.h"
#include "stdlib/ops/ref/ref.h"

static struct arena arena;

static int done(void **state)
{
  arena_free(&arena);
  return 0;
}

// ---- noting ----

// What the operator gives is noted; NULL where that does not fit.
static struct tensor *note(const struct call *c)
{
  static uint64_t numbers;
  struct tensor *t = arena_zalloc(&arena, sizeof *t);
  struct buf why = {.arena = &arena};
  if (!call_shape(c, t, &why))
    return NULL;
  struct tensor_node *n =
      arena_zalloc(&arena, sizeof *n + c->n_inputs * sizeof *c->inputs +
                               c->n_attributes * sizeof *c->attributes);
  *n = (struct tensor_node){.number = numbers++,
                            .op = c->op,
                            .n_inputs = c->n_inputs,
                            .n_attributes = c->n_attributes};
  n->attributes = (int64_t *)(n->inputs + n->n_inputs);
  memcpy(n->inputs, c->inputs, c->n_inputs * sizeof *c->inputs);
  memcpy(n->attributes, c->attributes, c->n_attributes * sizeof *c->attributes);
  t->node = n;
  return t;
}

#define NOTE(id, n, ...)                                                       \
  note(&(struct call){.op = OPERATOR_##id, .n_inputs = n, __VA_ARGS__})

static struct tensor *counted(uint32_t rank, const int64_t *dims)
{
  struct tensor *t = tensor_zero(&arena, DTYPE_f32, rank, dims);
  for (int64_t i = 0; i < tensor_size(t); i++)
    ((float *)t->data)[i] = (float)i;
  return t;
}

// Runs a program that is asked for these.
static struct tensor_program *run(struct tensor *const *asked, uint32_t n)
{
  struct tensor_program *p = tensor_program_new();
  assert_non_null(p);
  for (uint32_t i = 0; i < n; i++)
    assert_true(tensor_program_need(p, asked[i]));
  if (!tensor_program_plan(p) || !tensor_program_run(p, NULL))
    fail_msg("%s", p->why);
  return p;
}

// ---- views ----

static void elements_are(const struct tensor_program *p, const struct tensor *t,
                         const float *expected, int64_t n)
{
  const struct tensor *r = tensor_program_result(p, t->node->number);
  assert_non_null(r);
  assert_int_equal(tensor_size(r), n);
  assert_true(tensor_is_dense(r));
  assert_int_equal((uintptr_t)r->data % 64, 0);
  for (int64_t i = 0; i < n; i++)
    assert_true(((const float *)r->data)[i] == expected[i]);
}

// Views of views of what was there, and of what was computed; nothing but that
// is computed.
static void test_views_of_views(void **state)
{
  struct tensor *x = counted(2, (int64_t[]){3, 4});
  struct tensor *y = NOTE(tensor_add, 2, .inputs = {x, x});
  for (int computed = 0; computed < 2; computed++) {
    struct tensor *all[4];
    all[0] = NOTE(tensor_transpose, 1, .inputs = {computed ? y : x});
    all[1] = NOTE(tensor_slice, 1, .inputs = {all[0]}, .attributes = {1, 3, 0},
                  .n_attributes = 3);
    all[2] = NOTE(tensor_index, 1, .inputs = {all[1]}, .attributes = {-1},
                  .n_attributes = 1);
    all[3] = NOTE(tensor_broadcast_to, 1, .inputs = {all[2]},
                  .attributes = {2, 2, 3}, .n_attributes = 3);
    struct tensor_program *p = run(all, 4);
    float by = computed ? 2 : 1;
    elements_are(p, all[1],
                 (float[]){by, 5 * by, 9 * by, 2 * by, 6 * by, 10 * by}, 6);
    elements_are(p, all[2], (float[]){2 * by, 6 * by, 10 * by}, 3);
    elements_are(p, all[3],
                 (float[]){2 * by, 6 * by, 10 * by, 2 * by, 6 * by, 10 * by},
                 6);
    for (struct tensor_step *s = p->first; s; s = s->next)
      assert_int_equal(s->view, s->op != OPERATOR_tensor_add);
    tensor_program_free(p);
  }
}

// A reshape that splits and joins evenly is a view of what is not dense, and
// another is a copy.
static void test_reshape(void **state)
{
  struct tensor *x = counted(2, (int64_t[]){3, 8});
  struct tensor *part = NOTE(tensor_slice, 1, .inputs = {x},
                             .attributes = {2, 6, 1}, .n_attributes = 3);
  struct tensor *both[2];
  both[0] = NOTE(tensor_reshape, 1, .inputs = {part},
                 .attributes = {3, 3, 2, 2}, .n_attributes = 4);
  both[1] = NOTE(tensor_reshape, 1, .inputs = {part}, .attributes = {1, 12},
                 .n_attributes = 2);
  struct tensor_program *p = run(both, 2);
  static const float expected[] = {2, 3, 4, 5, 10, 11, 12, 13, 18, 19, 20, 21};
  elements_are(p, both[0], expected, 12);
  elements_are(p, both[1], expected, 12);
  for (struct tensor_step *s = p->first; s; s = s->next)
    assert_int_equal(s->view,
                     s->op == OPERATOR_tensor_slice || s->output->rank == 3);
  tensor_program_free(p);
}

// ---- memory ----

// A chain needs the place of two, however long it is.
static void test_memory_is_used_again(void **state)
{
  struct tensor *t = counted(1, (int64_t[]){1000});
  for (int i = 0; i < 100; i++)
    t = NOTE(tensor_add, 2, .inputs = {t, t});
  struct tensor_program *p = run(&t, 1);
  assert_in_range(p->held, 0, 2 * 4032);
  tensor_program_free(p);
}

// ---- random programs ----

static uint64_t seed;

static unsigned below(unsigned n)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(seed >> 33) % n;
}

enum { TENSORS = 40 };
struct pool {
  struct tensor *all[TENSORS];
  uint32_t n;
};

static struct tensor *leaf_new(void)
{
  int64_t dims[3] = {1 + below(3), 1 + below(4), 1 + below(3)};
  struct tensor *t = tensor_zero(&arena, DTYPE_f32, below(4), dims);
  for (int64_t i = 0; i < tensor_size(t); i++)
    ((float *)t->data)[i] = (float)(int)below(9) - 4;
  return below(2) ? t : (struct tensor *)tensor_apart(&arena, t, below(16));
}

// A call of any operator that keeps numbers small; it may not fit.
static struct call any_call(const struct pool *p)
{
  static const enum operator_id ops[] = {OPERATOR_tensor_add,
                                         OPERATOR_tensor_maximum,
                                         OPERATOR_nn_tanh,
                                         OPERATOR_nn_relu,
                                         OPERATOR_tensor_concat,
                                         OPERATOR_tensor_append,
                                         OPERATOR_tensor_transpose,
                                         OPERATOR_tensor_index,
                                         OPERATOR_tensor_slice,
                                         OPERATOR_tensor_expand_dims,
                                         OPERATOR_tensor_squeeze,
                                         OPERATOR_nn_softmax,
                                         OPERATOR_tensor_mean,
                                         OPERATOR_tensor_cumsum,
                                         OPERATOR_tensor_reshape,
                                         OPERATOR_tensor_broadcast_to,
                                         OPERATOR_tensor_transpose_axes};
  struct call c = {.op = ops[below(sizeof ops / sizeof *ops)]};
  const struct tensor *x = p->all[below(p->n)];
  bool two = c.op == OPERATOR_tensor_add || c.op == OPERATOR_tensor_maximum ||
             c.op == OPERATOR_tensor_concat || c.op == OPERATOR_tensor_append;
  c.inputs[c.n_inputs++] = x;
  if (two) // often with itself, so that it fits
    c.inputs[c.n_inputs++] = below(2) ? x : p->all[below(p->n)];
  for (c.n_attributes = 0; c.n_attributes < 3; c.n_attributes++)
    c.attributes[c.n_attributes] = below(2);
  if (c.op == OPERATOR_tensor_slice)
    c.attributes[1] = 1 + below(3);
  if (c.op == OPERATOR_tensor_reshape)
    c.attributes[0] = 2, c.attributes[1] = x->rank ? x->dims[0] : 1,
    c.attributes[2] = -1;
  if (c.op == OPERATOR_tensor_transpose_axes)
    c.attributes[0] = 2, c.attributes[1] = 1, c.attributes[2] = 0;
  if (c.op == OPERATOR_tensor_broadcast_to)
    c.attributes[0] = 2, c.attributes[1] = 2,
    c.attributes[2] = x->rank ? x->dims[x->rank - 1] : 3;
  return c;
}

static void grow_pool(struct pool *p)
{
  p->n = 0;
  while (p->n < 4)
    p->all[p->n++] = leaf_new();
  for (int tries = 0; p->n < TENSORS && tries < 2000; tries++) {
    struct call c = any_call(p);
    struct tensor *t = note(&c);
    if (t && tensor_size(t) <= 4000)
      p->all[p->n++] = t;
  }
  assert_true(p->n > 20);
}

// One step after the other, by the reference, each with memory of its own.
static const struct tensor *alone(const struct pool *p,
                                  const struct tensor **known, uint32_t which)
{
  const struct tensor_node *n = p->all[which]->node;
  if (!n)
    return p->all[which];
  struct call c = {
      .op = n->op, .n_inputs = n->n_inputs, .n_attributes = n->n_attributes};
  for (uint32_t i = 0; i < n->n_inputs; i++)
    for (uint32_t k = 0; k < which; k++)
      if (p->all[k] == n->inputs[i])
        c.inputs[i] = known[k];
  memcpy(c.attributes, n->attributes, n->n_attributes * sizeof *n->attributes);
  struct tensor_step *s = call_step(&arena, &c);
  assert_null(step_run(&reference_backend, s));
  return s->output;
}

static void compare(const struct pool *p, const struct tensor **known,
                    const struct tensor_program *of, uint64_t began)
{
  int64_t at;
  for (uint32_t i = 0; i < p->n; i++) {
    const struct tensor_node *n = p->all[i]->node;
    const struct tensor *r = n ? tensor_program_result(of, n->number) : NULL;
    if (r && !tensors_close(r, known[i], 64, 1e-5, &at))
      fail_msg("seed %llu, tensor %u, %s, element %lld",
               (unsigned long long)began, i, operator_name(n->op),
               (long long)at);
  }
}

// Asked for a few, or for all.
static void test_random_programs(void **state)
{
  for (uint64_t n = 1; n <= 200; n++, arena_reset(&arena)) {
    struct pool p;
    struct tensor *asked[TENSORS];
    const struct tensor *known[TENSORS];
    seed = n;
    grow_pool(&p);
    for (uint32_t i = 0; i < p.n; i++)
      known[i] = alone(&p, known, i);
    for (unsigned share = 1; share <= 8; share += 7) {
      uint32_t count = 0;
      for (uint32_t i = p.n; i-- > 4;)
        if (i == p.n - 1 || below(8) < share)
          asked[count++] = p.all[i];
      struct tensor_program *program = run(asked, count);
      compare(&p, known, program, n);
      tensor_program_free(program);
    }
  }
}

// ---- what goes wrong ----

static void test_a_step_fails(void **state)
{
  struct tensor *x = counted(2, (int64_t[]){3, 4});
  struct tensor *ids = tensor_zero(&arena, DTYPE_i32, 1, (int64_t[]){2});
  ((int32_t *)ids->data)[1] = 3;
  struct tensor *sum = NOTE(tensor_add, 2, .inputs = {x, x});
  struct tensor *rows = NOTE(nn_gather, 2, .inputs = {sum, ids});
  struct tensor *last = NOTE(nn_relu, 1, .inputs = {rows});
  struct tensor_program *p = tensor_program_new();
  assert_true(tensor_program_need(p, last) && tensor_program_plan(p));
  assert_false(tensor_program_run(p, NULL));
  assert_int_equal(p->failed->op, OPERATOR_nn_gather);
  assert_string_equal(p->why, "a row's number lies outside of the table");
  tensor_program_free(p);
}

// What nobody waits for ends between two steps.
static void test_unwanted(void **state)
{
  struct tensor *x = counted(1, (int64_t[]){4});
  struct tensor *sum = NOTE(tensor_add, 2, .inputs = {x, x});
  _Atomic bool unwanted = true;
  struct tensor_program *p = tensor_program_new();
  assert_true(tensor_program_need(p, sum) && tensor_program_plan(p));
  assert_false(tensor_program_run(p, &unwanted));
  assert_ptr_equal(p->failed, p->first);
  tensor_program_free(p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_views_of_views),
      cmocka_unit_test(test_reshape),
      cmocka_unit_test(test_memory_is_used_again),
      cmocka_unit_test(test_random_programs),
      cmocka_unit_test(test_a_step_fails),
      cmocka_unit_test(test_unwanted),
  };
  return cmocka_run_group_tests(tests, NULL, done);
}
