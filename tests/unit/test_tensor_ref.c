// The reference backend against what NumPy and torch say (tensor_cases.txt,
// made by tests/models/make_tensor_cases.py), with inputs that are dense and
// inputs whose elements lie apart.
#include "tests/unit/tensor_steps.h"

#include "stdlib/ops/ref/ref.h"

static const char *const ids[] = {
#define OPERATOR(id, name, signature, attributes, cost, doc) #id,
#include "grammar/defs/ops.def"
#undef OPERATOR
};
static const char *const dtypes[] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
};

static unsigned number_of(const char *const *names, unsigned n,
                          const char *name)
{
  for (unsigned i = 0; i < n; i++)
    if (!strcmp(names[i], name))
      return i;
  fail_msg("nothing is called %s", name);
  return n;
}

// ---- reading ----

struct expected {
  struct call call;
  const struct tensor *result; // or NULL
  char why[100];
  int line;
};

static unsigned nibble(char c)
{
  return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

// "f32 2,3 0000803f…"; no dimensions, and no elements, are "-".
static const struct tensor *read_tensor(struct arena *a, char *at)
{
  const char *dtype = strsep(&at, " "), *shape = strsep(&at, " ");
  int64_t dims[TENSOR_RANK];
  uint32_t rank = 0;
  for (; *shape && *shape != '-'; shape += *shape == ',') {
    char *end;
    dims[rank++] = strtoll(shape, &end, 10);
    shape = end;
  }
  struct tensor *t =
      tensor_zero(a, (enum dtype)number_of(dtypes, DTYPES, dtype), rank, dims);
  size_t size = (size_t)tensor_size(t) * dtype_size[t->dtype];
  assert_int_equal(strlen(at), size ? 2 * size : 1);
  for (size_t i = 0; i < size; i++)
    ((uint8_t *)t->data)[i] =
        (uint8_t)(nibble(at[2 * i]) << 4 | nibble(at[2 * i + 1]));
  return t;
}

static void read_numbers(struct call *c, char *at)
{
  for (char *word; (word = strsep(&at, " "));)
    c->attributes[c->n_attributes++] = strtoll(word, NULL, 10);
}

// The next case; false at the end.
static bool read_case(FILE *f, struct arena *a, struct expected *e)
{
  static char *line;
  static size_t room;
  *e = (struct expected){.line = e->line};
  for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
    e->line++;
    line[n - 1] = '\0';
    if (line[0] == '#')
      continue;
    if (line[1] != ' ')
      e->call.op = (enum operator_id)number_of(ids, OPERATORS, line);
    else if (*line == 'i')
      e->call.inputs[e->call.n_inputs++] = read_tensor(a, line + 2);
    else if (*line == 'a')
      read_numbers(&e->call, line + 2);
    else if (*line == 'o')
      e->result = read_tensor(a, line + 2);
    else
      snprintf(e->why, sizeof e->why, "%s", line + 2);
    if (*line == 'o' || *line == 'e')
      return true;
  }
  free(line);
  line = NULL;
  return false;
}

// ---- running ----

// Casts are exact; elsewhere a rounding may go the other way.
static double slack_of(enum operator_id op)
{
  return op >= OPERATOR_tensor_f32 && op <= OPERATOR_tensor_bool ? 0 : 1.01;
}

static void check(struct arena *a, const struct expected *e, const char *as)
{
  struct tensor_step *s = call_step(a, &e->call);
  int64_t at;
  if (!reference_backend.supports(s))
    fail_msg("there is no kernel for %s", ids[s->op]);
  const char *why = step_run(&reference_backend, s);
  if (strcmp(why ? why : "", e->why))
    fail_msg("line %d, %s, %s: %s", e->line, ids[s->op], as,
             why ? why : "nothing is wrong");
  if (!why && !tensors_close(s->output, e->result, slack_of(s->op), 1e-13, &at))
    fail_msg("line %d, %s, %s: element %lld is %.17g instead of %.17g", e->line,
             ids[s->op], as, (long long)at,
             at < 0 ? 0 : tensor_element(s->output, at),
             at < 0 ? 0 : tensor_element(e->result, at));
}

static void test_cases(void **state)
{
  FILE *f = fopen("tests/unit/tensor_cases.txt", "r");
  struct expected e = {0};
  struct arena a = {0};
  unsigned n = 0;
  assert_non_null(f);
  for (; read_case(f, &a, &e); n++, arena_reset(&a)) {
    check(&a, &e, "dense");
    for (unsigned how = 1; how < 6; how += 2) {
      struct expected apart = e;
      for (uint32_t i = 0; i < e.call.n_inputs; i++)
        apart.call.inputs[i] = tensor_apart(&a, e.call.inputs[i], how + i);
      check(&a, &apart, "apart");
    }
  }
  arena_free(&a);
  fclose(f);
  assert_true(n > 500);
}

// Every operator has a kernel, and every kernel a case.
static void test_all_are_there(void **state)
{
  static const enum operator_id all[] = {
#define OPERATOR(id, name, signature, attributes, cost, doc)
#define TENSOR_OPERATOR(id, name, signature, shape, cost, doc) OPERATOR_##id,
#include "grammar/defs/ops.def"
#undef OPERATOR
  };
  FILE *f = fopen("tests/unit/tensor_cases.txt", "r");
  struct expected e = {0};
  struct arena a = {0};
  bool tested[OPERATORS] = {0};
  assert_non_null(f);
  for (; read_case(f, &a, &e); arena_reset(&a))
    tested[e.call.op] = true;
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
    struct tensor_step s = {.op = all[i]};
    if (!reference_backend.supports(&s) || !tested[all[i]])
      fail_msg("%s has no kernel, or no case", ids[all[i]]);
  }
  arena_free(&a);
  fclose(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),
      cmocka_unit_test(test_all_are_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
