// Every backend against the reference: random steps of every operator, of every
// type of elements that its row allows, with inputs that lie dense or apart. A
// backend need not support a step; the reference supports all of them.
//
// What a step is called with is read from the operator's row: dimensions by
// their names, other parameters by theirs (numbers_of).
#include "tests/unit/tensor_steps.h"

#include "runtime/codec/tensor.h"
#include "stdlib/ops/ref/ref.h"

static uint64_t seed;

static unsigned below(unsigned n)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(seed >> 33) % n;
}

// ---- what a call is made of ----

struct maker {
  struct arena *arena;
  const struct signature *row;
  struct call call;
  uint32_t elements[ELEMENT_VARIABLES]; // enum dtype + 1
  int64_t dims[SIGNATURE_DIMS];         // by the row's number of the name; -1
  struct {
    uint32_t n;
    int64_t dims[2];
  } runs[SIGNATURE_DIMS];
  int64_t heads, groups;
  bool wrong; // numbers of rows, sequences and heads may be
};

static bool takes(const struct maker *m, const char *param)
{
  for (uint32_t i = 0; i < m->row->n_params; i++)
    if (!strcmp(m->row->params[i].name, param))
      return true;
  return false;
}

static void set_dim(struct maker *m, const char *name, int64_t size)
{
  for (uint32_t i = 0; i < m->row->n_dims; i++)
    if (!strcmp(m->row->dims[i], name))
      m->dims[i] = size;
}

static int64_t get_dim(const struct maker *m, const char *name)
{
  for (uint32_t i = 0; i < m->row->n_dims; i++)
    if (!strcmp(m->row->dims[i], name))
      return m->dims[i];
  return -1;
}

// Sometimes large enough for vectors, sometimes nothing.
static int64_t size_of_dim(void)
{
  unsigned n = below(20);
  return n == 0 ? 0 : n < 15 ? 1 + below(6) : n < 19 ? 1 + below(40) : 64;
}

static void choose_dims(struct maker *m)
{
  static const int64_t shares[] = {1, 2, 4};
  for (uint32_t i = 0; i < m->row->n_dims; i++) {
    m->dims[i] = size_of_dim();
    m->runs[i].n = below(3);
    for (uint32_t k = 0; k < 2; k++)
      m->runs[i].dims[k] = below(12) ? 1 + below(5) : 0;
  }
  m->heads = shares[below(3)];
  m->groups = shares[below(3)];
  if (takes(m, "heads")) {
    int64_t width = 2 * (1 + below(20)), keys = shares[below(3)];
    set_dim(m, "D", m->heads * width);
    set_dim(m, "KD", (keys < m->heads ? keys : m->heads) * width);
  }
  if (takes(m, "groups")) {
    set_dim(m, "C", m->groups * (1 + below(3)));
    set_dim(m, "G", 1 + below(3));
    set_dim(m, "In", m->groups * get_dim(m, "G"));
    set_dim(m, "Out", m->groups * (1 + below(3)));
  }
  if (takes(m, "ids"))
    set_dim(m, "V", 1 + below(9));
  if (takes(m, "dilation"))
    for (const char *const *k = (const char *[]){"K", "KH", "KW", NULL}; *k;
         k++)
      set_dim(m, *k, 1 + below(3));
}

// ---- tensors ----

static enum dtype dtype_of(struct maker *m, const struct signature_tensor *t)
{
  if (!t->variable)
    return t->dtype;
  while (!m->elements[t->of]) {
    enum dtype dtype = (enum dtype)below(DTYPES);
    if (element_may_be(t->of, dtype))
      m->elements[t->of] = dtype + 1;
  }
  return (enum dtype)(m->elements[t->of] - 1);
}

// Rows that sequences may lie in.
static int64_t rows_of(const struct maker *m, const char *param)
{
  int64_t n = get_dim(m, "N"), k = get_dim(m, "M");
  bool keys = !strncmp(param, "key_", 4);
  bool both = k >= 0 && !takes(m, "key_starts");
  return keys ? k : both && k < n ? k : n;
}

static int64_t right_whole(struct maker *m, const char *param, int64_t at)
{
  static int64_t starts[2][64];
  bool keys = !strncmp(param, "key_", 4);
  int64_t *start = &starts[keys][at % 64];
  if (strstr(param, "starts"))
    return *start = below((unsigned)rows_of(m, param) + 1);
  if (strstr(param, "lengths"))
    return below((unsigned)(rows_of(m, param) - *start) + 1);
  if (!strcmp(param, "ids"))
    return below(takes(m, "classes") ? 5 : (unsigned)get_dim(m, "V"));
  return !strcmp(param, "positions") ? (int)below(100) : (int)below(13) - 6;
}

static int64_t whole_of(struct maker *m, const char *param, int64_t at)
{
  int64_t x = right_whole(m, param, at);
  if (m->wrong && !below(4) && strcmp(param, "positions"))
    x += below(2) ? -3 : 100;
  return x;
}

static void fill(struct maker *m, const struct tensor *t, const char *param)
{
  bool positive = !strcmp(param, "variance");
  for (int64_t i = 0; i < tensor_size(t); i++) {
    enum dtype dtype = (enum dtype)t->dtype;
    double x =
        positive ? 0.5 + below(100) / 50.0 : (below(4001) - 2000.0) / 800;
    if (element_is_int(dtype))
      element_set_int(t->data, dtype, (size_t)i, whole_of(m, param, i));
    else
      element_set(t->data, dtype, (size_t)i, dtype == DTYPE_bool ? x > 0 : x);
  }
}

static void add_input(struct maker *m, const struct signature_tensor *s,
                      const char *param)
{
  int64_t dims[TENSOR_RANK];
  uint32_t rank = 0;
  for (uint32_t i = 0; i < s->n_dims; i++) {
    const struct signature_dim *d = &s->dims[i];
    for (uint32_t k = 0; d->kind == DIM_RUN && k < m->runs[d->name].n; k++)
      dims[rank++] = m->runs[d->name].dims[k];
    if (d->kind != DIM_RUN)
      dims[rank++] = d->kind == DIM_NUMBER ? d->size : m->dims[d->name];
  }
  struct tensor *t = tensor_zero(m->arena, dtype_of(m, s), rank, dims);
  fill(m, t, param);
  m->call.inputs[m->call.n_inputs++] = t;
}

// A list of tensors: one for each sequence where there are some, else a few.
static void add_inputs(struct maker *m, const struct signature_tensor *s,
                       const char *param)
{
  int64_t b = get_dim(m, "B"), dims[2];
  if (b < 0) {
    for (unsigned n = 1 + below(3); n--;)
      add_input(m, s, param);
    return;
  }
  b = b > 4 ? 4 : b;
  set_dim(m, "B", b);
  for (int64_t i = 0; i < b; i++) { // the values as the keys
    dims[0] = *param == 'k' ? 1 + below(6) : m->call.inputs[1 + i]->dims[0];
    dims[1] = get_dim(m, "D");
    struct tensor *t = tensor_zero(m->arena, dtype_of(m, s), 2, dims);
    fill(m, t, param);
    m->call.inputs[m->call.n_inputs++] = t;
  }
}

// ---- other parameters ----

static void told(struct maker *m, int64_t x)
{
  m->call.attributes[m->call.n_attributes++] = x;
}

static void told_list(struct maker *m, const char *param)
{
  const struct tensor *x = m->call.n_inputs ? m->call.inputs[0] : NULL;
  uint32_t rank = x ? x->rank : below(4), from = below(rank + 1);
  bool shape = !strcmp(param, "shape");
  bool joins = m->row->shape == SHAPE_RESHAPE && below(2);
  told(m, joins ? 1 : rank);
  if (joins) {
    told(m, -1);
    return;
  }
  for (uint32_t i = 0; i < rank; i++)
    told(m, shape && x               ? x->dims[i]
            : !strcmp(param, "axes") ? (int64_t)((i + from) % rank)
                                     : below(4));
}

static void told_int(struct maker *m, const char *param)
{
  uint32_t rank = m->call.n_inputs ? m->call.inputs[0]->rank : 0;
  static const struct {
    const char *name;
    int least, most;
  } ranges[] = {{"at", -2, 2},     {"from", -6, 6},   {"to", -6, 40},
                {"k", 0, 4},       {"n", 0, 20},      {"classes", 5, 7},
                {"size", 1, 3},    {"padding", 0, 1}, {"stride", 1, 2},
                {"dilation", 1, 2}};
  if (!strcmp(param, "axis"))
    told(m, (int64_t)below(2 * rank + 1) - rank);
  else if (!strcmp(param, "heads"))
    told(m, m->heads + (m->wrong && !below(4) ? 1 : 0));
  else if (!strcmp(param, "groups"))
    told(m, m->groups);
  else
    for (unsigned i = 0;; i++) {
      if (i == sizeof ranges / sizeof *ranges)
        fail_msg("%s: say here what `%s` may be", m->row->name, param);
      if (strcmp(ranges[i].name, param))
        continue;
      told(m, ranges[i].least +
                  (int)below((unsigned)(ranges[i].most - ranges[i].least + 1)));
      return;
    }
}

static void told_float(struct maker *m, const char *param)
{
  static const double numbers[] = {0.5, -1.25, 2, 3, 0.1};
  double x = numbers[below(5)];
  if (!strcmp(param, "eps"))
    x = 1e-5;
  else if (!strcmp(param, "base"))
    x = 10000;
  else if (!strcmp(param, "scale"))
    x = below(2) ? 0 : 0.3;
  told(m, float_attribute(x));
}

static void add_argument(struct maker *m, uint32_t i)
{
  const char *name = m->row->params[i].name;
  const struct signature_type *t = m->row->params[i].type;
  switch (t->kind) {
  case TYPE_tensor:
    add_input(m, t->tensor, name);
    break;
  case TYPE_list:
    if (t->parts[0]->kind == TYPE_tensor)
      add_inputs(m, t->parts[0]->tensor, name);
    else
      told_list(m, name);
    break;
  case TYPE_int:
    told_int(m, name);
    break;
  case TYPE_float:
    told_float(m, name);
    break;
  case TYPE_bool:
    told(m, below(2));
    break;
  default:
    told(m, below(2) ? attribute_text("none", 4) : attribute_text("tanh", 4));
  }
}

static struct call any_call(struct arena *a, enum operator_id op)
{
  struct maker m = {.arena = a, .row = signature_of(op), .call = {.op = op}};
  m.wrong = !below(6);
  choose_dims(&m);
  for (uint32_t i = 0; i < m.row->n_params; i++)
    add_argument(&m, i);
  return m.call;
}

// ---- comparing ----

// Backends may sum in f32 and in any order, and round once.
static bool agree(const struct tensor *x, const struct tensor *y, int64_t *at)
{
  bool half = x->dtype == DTYPE_f16 || x->dtype == DTYPE_bf16;
  double least = half ? 1e-4 : x->dtype == DTYPE_f32 ? 2e-5 : 1e-11;
  return tensors_close(x, y, half ? 2 : 64, least, at);
}

// What is wrong with the elements is the same for all of them, too.
static void compare(struct arena *a, const struct backend *b,
                    const struct call *c, uint64_t began)
{
  struct tensor_step *expected = call_step(a, c), *s;
  struct call other = *c;
  unsigned how = below(3) ? below(16) : 0;
  int64_t at;
  for (uint32_t i = 0; how && i < c->n_inputs; i++)
    other.inputs[i] = tensor_apart(a, c->inputs[i], how + i);
  s = call_step(a, &other);
  if (!b->supports(s))
    return;
  const char *right = step_run(&reference_backend, expected);
  const char *why = step_run(b, s);
  bool same = right || why ? right && why && !strcmp(right, why)
                           : agree(s->output, expected->output, &at);
  if (!same)
    fail_msg("seed %llu: %s of %s: %s, and the reference: %s; element %lld",
             (unsigned long long)began, operator_name(c->op), b->name,
             why ? why : "done", right ? right : "done",
             right || why ? 0ll : (long long)at);
}

// Random steps, of which enough have dimensions that fit.
static void try_operator(enum operator_id op)
{
  struct arena a = {0};
  unsigned fit = 0;
  for (uint64_t n = 1; n <= 2000 && fit < 40; n++, arena_reset(&a)) {
    struct tensor shape;
    struct buf why = {.arena = &a};
    seed = n * 1000 + op;
    struct call c = any_call(&a, op);
    if (!call_shape(&c, &shape, &why) || tensor_size(&shape) > 100000)
      continue;
    fit++;
    for (const struct backend *const *b = backends; *b; b++)
      compare(&a, *b, &c, n);
  }
  if (fit < 20)
    fail_msg("%s: only %u random calls fit", signature_of(op)->text, fit);
  arena_free(&a);
}

static void test_all_agree(void **state)
{
#define OPERATOR(id, name, signature, attributes, cost, doc)
#define TENSOR_OPERATOR(id, name, signature, shape, cost, doc)                 \
  try_operator(OPERATOR_##id);
#include "grammar/defs/ops.def"
#undef OPERATOR
}

// The last one takes every step; so one before it may refuse.
static void test_the_reference_is_last(void **state)
{
  const struct backend *const *b = backends;
  while (b[1])
    b++;
  assert_ptr_equal(*b, &reference_backend);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_agree),
      cmocka_unit_test(test_the_reference_is_last),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
