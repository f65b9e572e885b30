// Attention beside plain loops in double, at every level.
#include "tests/unit/kernel_sample.h"

struct layout {
  size_t heads, key_heads, width, value_width;
  bool causal;
  int32_t queries[3], keys[3]; // lengths; keys < 0: the same as queries
};

static const struct layout layouts[] = {
    {1, 1, 32, 32, false, {5, 1, 17}, {-1, -1, -1}},
    {3, 3, 40, 40, false, {0, 13, 2}, {-1, -1, -1}},
    {4, 2, 64, 64, true, {30, 7, 1}, {-1, -1, -1}},
    {2, 1, 7, 5, true, {4, 1, 9}, {150, 131, 9}},
    {2, 2, 80, 33, false, {3, 1, 5}, {257, 1, 0}},
    {6, 2, 16, 128, true, {1, 1, 1}, {300, 1, 129}},
    {1, 1, 256, 96, true, {9, 5, 6}, {2, 0, 6}},
    {1, 1, 32, 32, true, {210, 1, 1}, {-1, -1, -1}},
};

static int32_t keys_of(const struct layout *l, size_t s)
{
  return l->keys[s] < 0 ? l->queries[s] : l->keys[s];
}

static double score(const struct attention *a, size_t query, size_t key,
                    size_t head)
{
  size_t key_head = head / (a->heads / a->key_heads);
  double sum = 0;
  for (size_t i = 0; i < a->width; i++)
    sum += (double)a->q.data[query * a->q.ld + head * a->width + i] *
           a->k.data[key * a->k.ld + key_head * a->width + i];
  return sum * a->scale;
}

static void expect_query(const struct attention *a, size_t s, size_t i,
                         size_t head)
{
  size_t query = (size_t)a->queries.starts[s] + i;
  size_t first = (size_t)a->keys.starts[s];
  int32_t seen = a->keys.lengths[s];
  if (a->causal)
    seen += (int32_t)i + 1 - a->queries.lengths[s];
  double weights[512], total = 0, most = -INFINITY;
  for (int32_t j = 0; j < seen; j++)
    most = fmax(most, score(a, query, first + (size_t)j, head));
  for (int32_t j = 0; j < seen; j++)
    total += weights[j] = exp(score(a, query, first + (size_t)j, head) - most);
  size_t at = head / (a->heads / a->key_heads) * a->value_width;
  for (size_t c = 0; c < a->value_width; c++) {
    double y = 0;
    for (int32_t j = 0; j < seen; j++)
      y += weights[j] / total *
           a->v.data[(first + (size_t)j) * a->v.ld + at + c];
    expect_near(a->out.data[query * a->out.ld + head * a->value_width + c], y,
                1e-5);
  }
}

static void expect_attention(const struct attention *a)
{
  for (size_t s = 0; s < a->queries.count; s++)
    for (size_t i = 0; i < (size_t)a->queries.lengths[s]; i++)
      for (size_t h = 0; h < a->heads; h++)
        expect_query(a, s, i, h);
}

static struct rows_in some_rows(size_t rows, size_t n)
{
  size_t ld = n + any_of(5);
  return (struct rows_in){numbers(rows * ld), ld};
}

// Keys lie in the other order than queries, with a row between them.
static struct attention attention_of(const struct layout *l)
{
  int32_t *at = block(12 * sizeof *at), rows = 0, keys = 0;
  for (size_t s = 0; s < 3; s++) {
    at[s] = rows;
    rows += at[3 + s] = l->queries[s];
    at[8 - s] = keys;
    keys += at[11 - s] = keys_of(l, 2 - s);
    keys++;
  }
  size_t n = (size_t)rows, m = (size_t)keys;
  struct attention a = {.heads = l->heads,
                        .key_heads = l->key_heads,
                        .width = l->width,
                        .value_width = l->value_width,
                        .q = some_rows(n, l->heads * l->width),
                        .k = some_rows(m, l->key_heads * l->width),
                        .v = some_rows(m, l->key_heads * l->value_width),
                        .queries = {3, at, at + 3},
                        .keys = {3, at + 6, at + 9},
                        .scale = 1.7f,
                        .causal = l->causal};
  a.out.ld = l->heads * l->value_width + 1;
  a.out.data = numbers(n * a.out.ld);
  return a;
}

static void run(const struct attention *a)
{
  const struct attention_kernels *k = cpu_kernels()->attention;
  k->run(a, aligned_block(k->scratch(a)));
}

static void all_layouts(void)
{
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
    struct attention a = attention_of(&layouts[i]);
    a.scale = i % 3 ? 1.7f : -0.9f;
    run(&a);
    expect_attention(&a);
    free_all();
  }
}

static void sequences_attend_to_themselves(void **state)
{
  at_each_level(all_layouts);
}

// Scores that grow from block to block, far beyond what exp can bear.
static void growing(void)
{
  struct layout l = {1, 1, 1, 4, false, {5, 1, 3}, {400, 300, 200}};
  struct attention a = attention_of(&l);
  float *q = (float *)a.q.data, *k = (float *)a.k.data;
  for (size_t i = 0; i < 9; i++)
    q[i * a.q.ld] = (float)i / 4 - 1; // so that scores are exact
  for (size_t i = 0; i < 903; i++)
    k[i * a.k.ld] = (float)i;
  a.scale = 3;
  run(&a);
  expect_attention(&a);
}

static void scores_may_be_great(void **state)
{
  at_each_level(growing);
}

static void bad_sequence(void)
{
  struct layout l = {2, 2, 32, 32, false, {20, 6, 1}, {-1, -1, -1}};
  struct attention a = attention_of(&l);
  ((float *)a.k.data)[(size_t)a.keys.starts[1] * a.k.ld + 40] = NAN; // head 1
  run(&a);
  for (size_t row = 0; row < 27; row++)
    for (size_t i = 0; i < 64; i++)
      assert_int_equal(isnan(a.out.data[row * a.out.ld + i]) != 0,
                       row >= 20 && row < 26 && i >= 32);
}

static void nan_stays_in_its_sequence(void **state)
{
  at_each_level(bad_sequence);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sequences_attend_to_themselves),
      cmocka_unit_test(scores_may_be_great),
      cmocka_unit_test(nan_stays_in_its_sequence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
