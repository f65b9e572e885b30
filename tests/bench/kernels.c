// Measures the kernels in one thread: products beside oneDNN and OpenBLAS, and
// the others by themselves.
//
// usage: kernels [ROUNDS]
//
// A line for each: what, sizes, and then for a product GFLOP/s of ours, of
// oneDNN, of OpenBLAS (floats only; 0: not there) and of a loop of nothing but
// multiply-adds that ran beside them. The machine's speed may change from one
// moment to the next, so all are measured in turn, ROUNDS times, and of each
// the best is told.
#include "stdlib/ops/cpu/blas.h"
#include "tests/bench/kernels_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const kinds[] = {"f32", "bf16", "int8"};

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *aligned(size_t bytes)
{
  void *p = aligned_alloc(64, (bytes + 64) / 64 * 64);
  if (!p)
    exit(1);
  return p;
}

static float *numbers(size_t n)
{
  float *x = aligned(n * sizeof *x);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(rand() % 2001 - 1000) / 1000;
  return x;
}

// ---- one candidate ----
struct candidate {
  void (*run)(void *);
  void *arg;
  double best; // seconds a call
};

// About 10 ms of calls.
static void measure(struct candidate *c)
{
  double began = now(), end;
  size_t calls = 0;
  do {
    c->run(c->arg);
    calls++;
  } while ((end = now()) - began < 0.01);
  double each = (end - began) / (double)calls;
  if (c->best == 0 || each < c->best)
    c->best = each;
}

static void measure_all(struct candidate *c, size_t n, int rounds)
{
  for (int r = 0; r < rounds; r++)
    for (size_t i = 0; i < n; i++)
      if (c[i].run)
        measure(&c[i]);
}

// ---- products ----
struct linear {
  struct gemm g;
  float *w;
  void *scratch;
};

static void run_ours(void *arg)
{
  struct linear *l = arg;
  gemm_run(&l->g, l->scratch);
}

static void run_peer(void *arg)
{
  peer_run(arg);
}

static void run_blas(void *arg)
{
  struct linear *l = arg;
  blas_linear(l->g.m, l->g.n, l->g.k, l->g.x, l->w, l->g.y);
}

// A tile that stays in the first cache.
enum { PROBE_DEPTH = 128 };

static void run_probe(void *arg)
{
  const struct gemm_kernels *k = cpu_kernels()->gemm[GEMM_F32];
  struct gemm_tile t = {.a = arg,
                        .lda = PROBE_DEPTH * 4,
                        .depth = PROBE_DEPTH,
                        .b = arg,
                        .c = (float *)arg + 128 * PROBE_DEPTH,
                        .ldc = GEMM_PANEL};
  for (int i = 0; i < 100; i++)
    k->tiles[k->rows](&t);
}

static struct linear linear_new(enum gemm_kind kind, size_t m, size_t n,
                                size_t k)
{
  struct linear l = {.g = {.kind = kind, .m = m, .n = n, .k = k}};
  void *packed = aligned(gemm_packed_size(kind, n, k));
  l.w = numbers(n * k);
  gemm_pack(kind, l.w, WEIGHTS_F32, n, k, packed);
  l.g.packed = packed;
  l.g.x = (struct rows_in){numbers(m * k), k};
  l.g.y = (struct rows_out){numbers(m * n), n};
  l.scratch = aligned(gemm_scratch(kind, m, n, k));
  return l;
}

static void linear_free(struct linear *l)
{
  free((void *)l->g.packed);
  free((void *)l->g.x.data);
  free(l->g.y.data);
  free(l->w);
  free(l->scratch);
}

static double speed(const struct candidate *c, double operations)
{
  return c->best > 0 ? operations / c->best * 1e-9 : 0;
}

static void bench_gemm(enum gemm_kind kind, size_t m, size_t n, size_t k,
                       float *probe, int rounds)
{
  struct linear l = linear_new(kind, m, n, k);
  struct peer *peer = peer_new(kind, m, n, k);
  struct candidate c[] = {
      {run_ours, &l, 0},
      {peer ? run_peer : NULL, peer, 0},
      {kind == GEMM_F32 && blas_there() ? run_blas : NULL, &l, 0},
      {run_probe, probe, 0}};
  measure_all(c, 4, rounds);
  double work = 2. * (double)(m * n * k);
  size_t rows = cpu_kernels()->gemm[GEMM_F32]->rows;
  printf("gemm %s %zu %zu %zu %.1f %.1f %.1f %.1f\n", kinds[kind], m, n, k,
         speed(&c[0], work), speed(&c[1], work), speed(&c[2], work),
         speed(&c[3], 200. * (double)rows * GEMM_PANEL * PROBE_DEPTH));
  fflush(stdout);
  if (peer)
    peer_free(peer);
  linear_free(&l);
}

static void bench_products(int rounds)
{
  static const size_t rows[] = {1, 8, 16, 128, 512, 1024, 4096};
  static const size_t layers[][2] = {{384, 384}, {1536, 384}, {384, 1536},
                                     {768, 768}, {3072, 768}, {768, 3072}};
  float *probe = numbers(256 * PROBE_DEPTH);
  for (enum gemm_kind kind = 0; kind < GEMM_KINDS; kind++)
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
      for (size_t j = 0; j < sizeof layers / sizeof *layers; j++)
        bench_gemm(kind, rows[i], layers[j][0], layers[j][1], probe, rounds);
  free(probe);
}

// ---- the others, at the sizes of a MiniLM layer with 1024 rows ----
enum { ROWS = 1024, WIDTH = 384, INNER = 1536, TEXT = 128 };

struct layer {
  float *x, *y, *w, *inner;
  struct attention attention;
  void *scratch;
};

static void run_gelu(void *arg)
{
  struct layer *l = arg;
  cpu_kernels()->elements->unary[UNARY_gelu](ROWS * INNER, l->inner, l->inner);
}

static void run_norm(void *arg)
{
  struct layer *l = arg;
  cpu_kernels()->rows->layer_norm(ROWS, WIDTH, (struct rows_in){l->x, WIDTH},
                                  (struct rows_in){l->y, WIDTH}, l->w, l->w,
                                  1e-5f, (struct rows_out){l->y, WIDTH});
}

static void run_softmax(void *arg)
{
  struct layer *l = arg;
  cpu_kernels()->rows->softmax(ROWS * 12, TEXT,
                               (struct rows_in){l->inner, TEXT},
                               (struct rows_out){l->inner, TEXT});
}

static void run_attention(void *arg)
{
  struct layer *l = arg;
  cpu_kernels()->attention->run(&l->attention, l->scratch);
}

static void bench_layer(int rounds)
{
  static int32_t starts[ROWS / TEXT], lengths[ROWS / TEXT];
  for (int i = 0; i < ROWS / TEXT; i++) {
    starts[i] = i * TEXT;
    lengths[i] = TEXT;
  }
  struct layer l = {numbers(ROWS * INNER),
                    numbers(ROWS * WIDTH),
                    numbers(WIDTH),
                    numbers(ROWS * INNER),
                    {0},
                    NULL};
  struct segments s = {ROWS / TEXT, starts, lengths};
  l.attention = (struct attention){.heads = 12,
                                   .key_heads = 12,
                                   .width = 32,
                                   .value_width = 32,
                                   .q = {l.x, 3 * WIDTH},
                                   .k = {l.x + WIDTH, 3 * WIDTH},
                                   .v = {l.x + 2 * WIDTH, 3 * WIDTH},
                                   .out = {l.y, WIDTH},
                                   .queries = s,
                                   .keys = s,
                                   .scale = 0.17677669f};
  l.scratch = aligned(cpu_kernels()->attention->scratch(&l.attention));
  struct candidate c[] = {{run_gelu, &l, 0},
                          {run_norm, &l, 0},
                          {run_softmax, &l, 0},
                          {run_attention, &l, 0}};
  static const char *const names[] = {"gelu", "norm", "softmax", "attention"};
  measure_all(c, 4, rounds);
  for (int i = 0; i < 4; i++)
    printf("layer %s %.4f\n", names[i], c[i].best * 1000);
  free(l.x);
  free(l.y);
  free(l.w);
  free(l.inner);
  free(l.scratch);
}

int main(int argc, char **argv)
{
  int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 7;
  const char *core = blas_core();
  printf("level %s\nopenblas %s\n", cpu_kernels()->name, core ? core : "none");
  bench_layer(rounds);
  bench_products(rounds);
  return 0;
}
