// The products of gemm.h: what the sides are made into before they meet.
#include "stdlib/ops/cpu/gemm.h"

#include "stdlib/ops/cpu/gemm_panels.h"

// Rows that are prepared at a time, so that they stay in the second cache.
enum { PREPARED_ROWS = 480 };

static size_t rounded(size_t bytes)
{
  return (bytes + 63) / 64 * 64;
}

// ---- packed weights ----
// Rows are a line longer than they need: they would else fall on the same lines
// of the first cache where they are of a power of two.
static size_t prepared_ld(enum gemm_kind kind, size_t unit, size_t k)
{
  size_t bytes = rounded(gemm_depth(kind, k) * unit);
  return bytes % 128 ? bytes : bytes + 64;
}

static size_t prepared_rows(size_t m)
{
  return m < PREPARED_ROWS ? m : PREPARED_ROWS;
}

size_t gemm_scratch(enum gemm_kind kind, size_t m, size_t n, size_t k)
{
  const struct gemm_kernels *kernels = cpu_kernels()->gemm[kind];
  size_t rows = prepared_rows(m);
  return rounded(rows * sizeof(float)) +
         rows * prepared_ld(kind, kernels->unit, k);
}

static struct gemm_product product_of(const struct gemm *g)
{
  const struct gemm_epilogue *e = &g->epilogue;
  struct gemm_product p = {.kernels = cpu_kernels()->gemm[g->kind],
                           .elements = cpu_kernels()->elements,
                           .n = g->n,
                           .depth = gemm_depth(g->kind, g->k)};
  p.finish =
      (struct element_finish){.bias = e->bias, .activation = e->activation};
  p.residual_ld = e->residual.ld;
  p.panels = (const char *)g->packed + gemm_header(g->kind, g->n);
  if (g->kind == GEMM_INT8) {
    p.finish.column_scale = g->packed;
    p.starts = (const int32_t *)g->packed + gemm_columns(g->n);
  }
  return p;
}

// Rows from `row` on; those of floats are read where they lie unless they fall
// on the same lines of the cache.
static void prepare(const struct gemm *g, struct gemm_product *p, size_t row,
                    void *scratch)
{
  const float *x = g->x.data + row * g->x.ld;
  float *scales = scratch;
  char *prepared =
      (char *)scratch + rounded(prepared_rows(g->m) * sizeof *scales);
  size_t ld = prepared_ld(g->kind, p->kernels->unit, g->k);
  for (size_t r = 0; r < p->m; r++)
    p->kernels->prepare(x + r * g->x.ld, g->k, prepared + r * ld, scales + r);
  p->a = prepared;
  p->lda = ld;
  p->row_scale = g->kind == GEMM_INT8 ? scales : NULL;
}

static bool read_in_place(const struct gemm *g)
{
  return g->kind == GEMM_F32 && (g->x.ld % 1024 || g->m < 4);
}

void gemm_run(const struct gemm *g, void *scratch)
{
  struct gemm_product p = product_of(g);
  size_t step = read_in_place(g) ? g->m : prepared_rows(g->m);
  for (size_t row = 0; row < g->m; row += step) {
    p.m = g->m - row < step ? g->m - row : step;
    p.y = (struct rows_out){g->y.data + row * g->y.ld, g->y.ld};
    if (g->epilogue.residual.data)
      p.finish.residual =
          g->epilogue.residual.data + row * g->epilogue.residual.ld;
    if (read_in_place(g)) {
      p.a = (const char *)g->x.data;
      p.lda = g->x.ld * sizeof(float);
    } else {
      prepare(g, &p, row, scratch);
    }
    gemm_product(&p);
  }
}

// ---- matrices that are not packed ----
// Columns of b and rows of a transposed a that are made ready at a time.
static size_t columns_at_once(size_t n, size_t k)
{
  size_t columns = ((size_t)1 << 18) / (k ? k : 1) / GEMM_PANEL * GEMM_PANEL;
  columns = columns < GEMM_PANEL ? GEMM_PANEL : columns;
  return columns < n ? columns : gemm_columns(n);
}

enum { ROWS_AT_ONCE = 4 * GEMM_ROWS };

size_t matmul_scratch(size_t m, size_t n, size_t k)
{
  size_t rows = m < ROWS_AT_ONCE ? m : ROWS_AT_ONCE;
  return rounded(columns_at_once(n, k) * k * sizeof(float)) +
         rows * k * sizeof(float);
}

static void pack_side(const struct matmul_side *b, const float *data, size_t k,
                      size_t column, size_t columns, float *panels)
{
  const struct gemm_kernels *kernels = cpu_kernels()->gemm[GEMM_F32];
  for (size_t j = 0; j < columns; j += GEMM_PANEL, panels += GEMM_PANEL * k) {
    size_t n = columns - j < GEMM_PANEL ? columns - j : GEMM_PANEL;
    if (b->transposed)
      kernels->panel(data + (column + j) * b->ld, b->ld, n, k, panels);
    else
      kernels->panel_of_columns(data + column + j, b->ld, n, k, panels);
  }
}

// Rows of a transposed matrix; columns are read side by side.
static void turn_rows(const struct matmul_side *a, const float *data,
                      size_t row, size_t rows, size_t k, float *out)
{
  for (size_t i = 0; i < k; i++)
    for (size_t r = 0; r < rows; r++)
      out[r * k + i] = data[i * a->ld + row + r];
}

static void matmul_one(const struct matmul *p, struct gemm_product *g,
                       const float *a, float *c, float *turned)
{
  size_t step = p->a.transposed ? ROWS_AT_ONCE : p->m;
  for (size_t row = 0; row < p->m; row += step) {
    g->m = p->m - row < step ? p->m - row : step;
    g->y = (struct rows_out){c + row * p->ldc, p->ldc};
    g->a = (const char *)(p->a.transposed ? turned : a);
    g->lda = (p->a.transposed ? p->k : p->a.ld) * sizeof(float);
    if (p->a.transposed)
      turn_rows(&p->a, a, row, g->m, p->k, turned);
    gemm_product(g);
  }
}

void matmul_run(const struct matmul *p, void *scratch)
{
  struct gemm_product g = {.kernels = cpu_kernels()->gemm[GEMM_F32],
                           .elements = cpu_kernels()->elements,
                           .depth = p->k,
                           .panels = scratch};
  size_t at_once = columns_at_once(p->n, p->k);
  float *turned =
      (float *)((char *)scratch + rounded(at_once * p->k * sizeof(float)));
  for (size_t j = 0; j < p->n; j += at_once)
    for (size_t i = 0; i < p->count; i++) {
      g.n = p->n - j < at_once ? p->n - j : at_once;
      if (!i || p->b.step)
        pack_side(&p->b, p->b.data + i * p->b.step, p->k, j, g.n, scratch);
      matmul_one(p, &g, p->a.data + i * p->a.step, p->c + i * p->step + j,
                 turned);
    }
}
