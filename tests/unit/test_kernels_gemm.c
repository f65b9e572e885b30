// Products with packed weights, and of matrices as they lie, beside plain
// loops, at every level.
#include "tests/unit/kernel_sample.h"

#include "stdlib/ops/cpu/blas.h"
#include "stdlib/ops/cpu/half.h"

struct shape {
  size_t m, n, k;
};

static const struct shape shapes[] = {
    {1, 1, 1},     {0, 5, 3},    {3, 0, 5},      {2, 3, 0},
    {1, 32, 64},   {3, 33, 7},   {5, 31, 13},    {7, 97, 2},
    {8, 64, 129},  {12, 32, 16}, {13, 40, 17},   {16, 65, 31},
    {37, 130, 53}, {4, 35, 520}, {29, 70, 1031}, {500, 3, 5}};

static double weight(const void *w, enum gemm_weights type, size_t i)
{
  if (type == WEIGHTS_F32)
    return ((const float *)w)[i];
  uint16_t bits = ((const uint16_t *)w)[i];
  return type == WEIGHTS_F16 ? float_of_f16(bits) : float_of_bf16(bits);
}

static const void *weights_of(enum gemm_weights type, const float *w, size_t n)
{
  if (type == WEIGHTS_F32)
    return w;
  uint16_t *halves = block(n * sizeof *halves);
  for (size_t i = 0; i < n; i++)
    halves[i] = type == WEIGHTS_F16 ? f16_of_float(w[i]) : bf16_of_float(w[i]);
  return halves;
}

static double activation(enum element_unary f, double x)
{
  return f == UNARY_relu   ? fmax(x, 0)
         : f == UNARY_gelu ? x / 2 * (1 + erf(x / sqrt(2)))
         : f == UNARY_silu ? x / (1 + exp(-x))
                           : x;
}

// A row's and a column's product by the rules of the kind.
static double product(const struct gemm *g, const void *w,
                      enum gemm_weights type, size_t row, size_t column)
{
  const float *x = g->x.data + row * g->x.ld;
  double sum = 0, most_x = 0, most_w = 0;
  for (size_t i = 0; i < g->k; i++) {
    most_x = fmax(most_x, fabs(x[i]));
    most_w = fmax(most_w, fabs(weight(w, type, column * g->k + i)));
  }
  float to_x = 127.f / (float)most_x, to_w = 127.f / (float)most_w;
  for (size_t i = 0; i < g->k; i++) {
    float v = (float)weight(w, type, column * g->k + i);
    if (g->kind == GEMM_F32)
      sum += (double)x[i] * v;
    else if (g->kind == GEMM_BF16)
      sum += (double)float_of_bf16(bf16_of_float(x[i])) *
             float_of_bf16(bf16_of_float(v));
    else
      sum += (double)rintf(x[i] * to_x) * rintf(v * to_w);
  }
  return g->kind == GEMM_INT8 && g->k ? sum * most_x * most_w / 127 / 127 : sum;
}

static void expect_product(const struct gemm *g, const void *w,
                           enum gemm_weights type)
{
  const struct gemm_epilogue *e = &g->epilogue;
  double error = 1e-6 * (double)(g->k + 10);
  size_t some = g->m * g->n * g->k > 10000000 ? 37 : 1; // of the greatest
  for (size_t r = 0; r < g->m; r++)
    for (size_t c = r % some; c < g->n; c += some) {
      double y = product(g, w, type, r, c);
      y = activation(e->activation, y + (e->bias ? e->bias[c] : 0));
      if (e->residual.data)
        y += e->residual.data[r * e->residual.ld + c];
      expect_near(g->y.data[r * g->y.ld + c], y, error);
    }
}

// What lies between rows is left alone.
static void expect_gaps(const struct rows_out *y, size_t m, size_t n)
{
  for (size_t r = 0; r + 1 < m; r++)
    for (size_t c = n; c < y->ld; c++)
      assert_true(y->data[r * y->ld + c] == 77);
}

static void run(struct gemm *g, const void *w, enum gemm_weights type)
{
  void *packed = aligned_block(gemm_packed_size(g->kind, g->n, g->k));
  gemm_pack(g->kind, w, type, g->n, g->k, packed);
  g->packed = packed;
  size_t held = g->m ? (g->m - 1) * g->y.ld + g->n : 0;
  g->y.data = block(held * sizeof(float));
  for (size_t i = 0; i < held; i++)
    g->y.data[i] = 77;
  gemm_run(g, aligned_block(gemm_scratch(g->kind, g->m, g->n, g->k)));
}

static size_t held(size_t rows, size_t columns, size_t ld)
{
  return rows && columns ? (rows - 1) * ld + columns : 0;
}

static void check_shape(const struct shape *s, size_t gap, struct gemm g,
                        enum gemm_weights type)
{
  g.m = s->m, g.n = s->n, g.k = s->k;
  g.x = (struct rows_in){numbers(held(g.m, g.k, g.k + gap)), g.k + gap};
  g.y.ld = g.n + gap;
  if (gap) {
    g.epilogue.bias = numbers(g.n);
    g.epilogue.residual =
        (struct rows_in){numbers(held(g.m, g.n, g.n + 2)), g.n + 2};
  }
  const void *w = weights_of(type, numbers(g.n * g.k), g.n * g.k);
  run(&g, w, type);
  expect_product(&g, w, type);
  expect_gaps(&g.y, g.m, g.n);
  free_all();
}

static void shapes_of_all_kinds(void)
{
  static const enum element_unary activations[] = {UNARY_copy, UNARY_relu,
                                                   UNARY_gelu, UNARY_silu};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (enum gemm_kind kind = 0; kind < GEMM_KINDS; kind++) {
      check_shape(&shapes[i], 0, (struct gemm){.kind = kind},
                  (enum gemm_weights)(i % 3));
      check_shape(&shapes[i], 3,
                  (struct gemm){.kind = kind,
                                .epilogue.activation = activations[i % 4]},
                  WEIGHTS_F32);
    }
}

static void weights_packed_give_products(void **state)
{
  at_each_level(shapes_of_all_kinds);
}

// Rows whose distance is a power of two are read from another place.
static void distant_rows(void)
{
  struct shape s = {9, 33, 20};
  check_shape(&s, 1024 - 20, (struct gemm){.kind = GEMM_F32}, WEIGHTS_F32);
}

static void rows_may_lie_apart(void **state)
{
  at_each_level(distant_rows);
}

// More rows than are prepared at a time, and more panels than a block.
static void many_rows(void)
{
  if (cpu_kernels()->gemm[GEMM_F32]->rows < GEMM_ROWS)
    return; // the same loops, and slow
  struct shape s = {491, 1090, 300};
  for (enum gemm_kind kind = 0; kind < GEMM_KINDS; kind++)
    check_shape(&s, 1, (struct gemm){.kind = kind}, WEIGHTS_F32);
}

static void blocks_join(void **state)
{
  at_each_level(many_rows);
}

static void one_bad_row(enum gemm_kind kind, float bad)
{
  struct gemm g = {.kind = kind, .m = 30, .n = 40, .k = 50};
  float *x = numbers(g.m * g.k);
  g.x = (struct rows_in){x, g.k};
  g.y.ld = g.n;
  const float *w = numbers(g.n * g.k);
  x[7 * g.k + 49] = bad;
  run(&g, w, WEIGHTS_F32);
  for (size_t i = 0; i < g.m * g.n; i++)
    if (i / g.n != 7)
      assert_true(isfinite(g.y.data[i]));
    else if (kind == GEMM_INT8 || isnan(bad))
      assert_true(isnan(g.y.data[i]));
    else
      assert_true(isinf(g.y.data[i]));
}

static void bad_rows(void)
{
  for (enum gemm_kind kind = 0; kind < GEMM_KINDS; kind++) {
    one_bad_row(kind, NAN);
    one_bad_row(kind, INFINITY);
  }
}

static void nan_stays_in_its_row(void **state)
{
  at_each_level(bad_rows);
}

// Bytes are summed exactly, so all levels give the same; a row of zeros is one.
static void bytes_are_the_same_everywhere(void **state)
{
  enum { M = 5, N = 33, K = 70 };
  float *x = numbers(M * K), *w = numbers(N * K), first[M * N];
  memset(x, 0, K * sizeof *x);
  bool seen = false;
  for (enum cpu_level l = 0; l < CPU_LEVELS; l++) {
    if (!cpu_has(l))
      continue;
    cpu_use(l);
    struct gemm g = {.kind = GEMM_INT8, .m = M, .n = N, .k = K};
    g.x = (struct rows_in){x, K};
    g.y.ld = N;
    run(&g, w, WEIGHTS_F32);
    if (seen)
      assert_memory_equal(first, g.y.data, sizeof first);
    memcpy(first, g.y.data, sizeof first);
    seen = true;
    for (size_t i = 0; i < N; i++)
      assert_true(g.y.data[i] == 0);
  }
  free_all();
}

// ---- matrices that are not packed ----
static double side(const struct matmul_side *s, size_t i, size_t row,
                   size_t column)
{
  const float *p = s->data + i * s->step;
  return s->transposed ? p[column * s->ld + row] : p[row * s->ld + column];
}

static struct matmul_side some_side(size_t count, size_t rows, size_t columns,
                                    bool transposed, bool same)
{
  size_t r = transposed ? columns : rows, c = transposed ? rows : columns;
  size_t ld = c + any_of(4), step = same ? 0 : r * ld;
  return (struct matmul_side){numbers(count * r * ld), ld, step, transposed};
}

static void check_matmul(const struct shape *s, unsigned how, bool blas)
{
  struct matmul p = {.count = 1 + how % 3, .m = s->m, .n = s->n, .k = s->k};
  p.a = some_side(p.count, p.m, p.k, how & 1, how & 4);
  p.b = some_side(p.count, p.k, p.n, how & 2, how & 8);
  p.ldc = p.n + 1;
  p.step = p.m * p.ldc;
  p.c = numbers(p.count * p.step);
  if (blas)
    assert_true(blas_matmul(&p));
  else
    matmul_run(&p, aligned_block(matmul_scratch(p.m, p.n, p.k)));
  for (size_t i = 0; i < p.count; i++)
    for (size_t r = 0; r < p.m; r++)
      for (size_t c = 0; c < p.n; c++) {
        double sum = 0;
        for (size_t k = 0; k < p.k; k++)
          sum += side(&p.a, i, r, k) * side(&p.b, i, k, c);
        expect_near(p.c[i * p.step + r * p.ldc + c], sum,
                    1e-6 * (double)(p.k + 10));
      }
  free_all();
}

static void matmul_shapes(void)
{
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (unsigned how = 0; how < 16; how += 1 + (i > 12) * 4)
      check_matmul(&shapes[i], how, false);
}

static void matrices_give_products(void **state)
{
  at_each_level(matmul_shapes);
}

static void openblas_gives_products(void **state)
{
  if (!blas_there())
    skip();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (unsigned how = 0; how < 16; how++)
      check_matmul(&shapes[i], how, true);
  enum { M = 3, N = 5, K = 9 };
  struct gemm g = {.kind = GEMM_F32, .m = M, .n = N, .k = K};
  g.x = (struct rows_in){numbers(M * K), K};
  g.y = (struct rows_out){numbers(M * N), N};
  const float *w = numbers(N * K);
  assert_true(blas_linear(M, N, K, g.x, w, g.y));
  expect_product(&g, w, WEIGHTS_F32);
  free_all();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(weights_packed_give_products),
      cmocka_unit_test(rows_may_lie_apart),
      cmocka_unit_test(blocks_join),
      cmocka_unit_test(nan_stays_in_its_row),
      cmocka_unit_test(bytes_are_the_same_everywhere),
      cmocka_unit_test(matrices_give_products),
      cmocka_unit_test(openblas_gives_products),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
