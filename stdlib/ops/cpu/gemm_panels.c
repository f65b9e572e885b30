// Rows times panels, in blocks that fit the caches (gemm_panels.h).
//
// A block of panels, at most 512 units deep, stays in the second cache while
// all rows pass; a tile's rows stay in the first one while the block's panels
// pass. Sums of earlier blocks wait in y. What is made of a product in the end
// is made row by row, while the row's part of y is still near.
#include "stdlib/ops/cpu/gemm_panels.h"

#include <string.h>

enum { DEPTH_BLOCK = 512, PANELS_BYTES = 1 << 20 };

struct block {
  size_t depth_at, depth; // units
  size_t column, columns;
};

// The part-th of `parts` parts of n, as even as can be.
static size_t part_at(size_t n, size_t parts, size_t part)
{
  return n / parts * part + (part < n % parts ? part : n % parts);
}

static size_t parts_of(size_t n, size_t most)
{
  return n ? (n + most - 1) / most : 1;
}

static void copy_tile(size_t rows, size_t n, const float *x, size_t ldx,
                      float *y, size_t ldy)
{
  for (size_t r = 0; r < rows; r++)
    memcpy(y + r * ldy, x + r * ldx, n * sizeof *y);
}

// A tile at y, of which only some columns are there.
static void run_edge(gemm_tile_kernel *kernel, struct gemm_tile *t, size_t rows,
                     size_t columns)
{
  float edge[GEMM_ROWS * GEMM_PANEL];
  float *c = t->c;
  size_t ldc = t->ldc;
  if (t->add)
    copy_tile(rows, columns, c, ldc, edge, GEMM_PANEL);
  t->c = edge;
  t->ldc = GEMM_PANEL;
  kernel(t);
  copy_tile(rows, columns, edge, GEMM_PANEL, c, ldc);
  t->ldc = ldc;
}

static void run_tiles(const struct gemm_product *p, const struct block *b,
                      size_t row, size_t rows)
{
  struct gemm_tile t = {.a = p->a + row * p->lda +
                             b->depth_at * p->kernels->unit,
                        .lda = p->lda,
                        .depth = b->depth,
                        .ldc = p->y.ld,
                        .add = b->depth_at > 0};
  size_t panel = p->depth * GEMM_PANEL * GEMM_UNIT;
  for (size_t i = 0; i < b->columns; i += GEMM_PANEL) {
    size_t column = b->column + i;
    t.b = p->panels + column / GEMM_PANEL * panel +
          b->depth_at * GEMM_PANEL * GEMM_UNIT;
    t.c = p->y.data + row * p->y.ld + column;
    t.start = p->starts && !t.add ? p->starts + column : NULL;
    if (b->columns - i >= GEMM_PANEL)
      p->kernels->tiles[rows](&t);
    else
      run_edge(p->kernels->tiles[rows], &t, rows, b->columns - i);
  }
}

static const float *at(const float *p, size_t i)
{
  return p ? p + i : NULL;
}

static void finish_rows(const struct gemm_product *p, const struct block *b,
                        size_t row, size_t rows)
{
  struct element_finish f = p->finish;
  f.column_scale = at(f.column_scale, b->column);
  f.bias = at(f.bias, b->column);
  for (size_t r = row; r < row + rows; r++) {
    float *y = p->y.data + r * p->y.ld + b->column;
    f.row_scale = p->row_scale ? p->row_scale[r] : 1;
    f.residual = at(p->finish.residual, r * p->residual_ld + b->column);
    p->elements->finish(b->columns, y, &f, y);
  }
}

static void run_block(const struct gemm_product *p, const struct block *b)
{
  const struct element_finish *f = &p->finish;
  bool last = b->depth_at + b->depth == p->depth;
  bool more = f->bias || f->residual || f->column_scale || f->activation;
  size_t tiles = parts_of(p->m, p->kernels->rows);
  for (size_t t = 0; t < tiles; t++) {
    size_t row = part_at(p->m, tiles, t);
    size_t rows = part_at(p->m, tiles, t + 1) - row;
    run_tiles(p, b, row, rows);
    if (last && more)
      finish_rows(p, b, row, rows);
  }
}

void gemm_product(const struct gemm_product *p)
{
  if (!p->m || !p->n)
    return;
  size_t depths = parts_of(p->depth, DEPTH_BLOCK);
  size_t panels = parts_of(p->n, GEMM_PANEL);
  size_t bytes = parts_of(p->depth, depths) * GEMM_PANEL * GEMM_UNIT;
  size_t blocks = parts_of(panels * bytes, PANELS_BYTES);
  blocks = blocks < panels ? blocks : panels;
  for (size_t i = 0; i < blocks; i++)
    for (size_t d = 0; d < depths; d++) {
      size_t end = part_at(panels, blocks, i + 1) * GEMM_PANEL;
      struct block b = {.depth_at = part_at(p->depth, depths, d),
                        .column = part_at(panels, blocks, i) * GEMM_PANEL};
      b.depth = part_at(p->depth, depths, d + 1) - b.depth_at;
      b.columns = (end < p->n ? end : p->n) - b.column;
      run_block(p, &b);
    }
}
