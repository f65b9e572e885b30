// Matrix products, linear layers.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"
#include "stdlib/ops/ref/product.h"

#include <string.h>

// A matrix within a tensor.
struct matrix {
  const struct tensor *tensor;
  int64_t at, rows, row, column; // steps from a row, a column to the next
};

size_t ref_room_product(const struct tensor_step *s)
{
  const struct tensor *x = s->inputs[0];
  return product_room(x->dims[x->rank - 1]);
}

// Rows of x that have been loaded meet all rows of w; out is dense.
static void meet(const struct product *p, int64_t rows, const struct matrix *w,
                 const struct tensor *b, const struct tensor *out,
                 int64_t out_at)
{
  for (int64_t j = 0; j < w->rows; j++) {
    double bias = 0;
    ref_load(p->w, w->tensor, w->at + j * w->row, w->column, p->k);
    if (b)
      ref_load(&bias, b, j * b->strides[0], 1, 1);
    product_meet(p, rows);
    for (int64_t r = 0; b && r < rows; r++)
      p->sums[r] += bias;
    ref_store(out, out_at + j, w->rows, p->sums, rows);
  }
}

// ---- matrix by matrix ----

static void multiply(const struct product *p, const struct matrix *x,
                     const struct matrix *w, const struct tensor *out,
                     int64_t out_at)
{
  for (int64_t i = 0; i < x->rows; i += PRODUCT_ROWS) {
    int64_t rows = x->rows - i < PRODUCT_ROWS ? x->rows - i : PRODUCT_ROWS;
    for (int64_t r = 0; r < rows; r++)
      ref_load(p->x + r * p->k, x->tensor, x->at + (i + r) * x->row, x->column,
               p->k);
    meet(p, rows, w, NULL, out, out_at + i * w->rows);
  }
}

// x and w are the parts of both inputs that meet; what lies before them are the
// result's first dimensions.
static const char *multiply_all(const struct tensor_step *s, struct matrix x,
                                struct matrix w, uint32_t before, int64_t k,
                                void *room)
{
  struct product p = product_begin(room, k);
  struct places places;
  int64_t out = 0;
  places_begin(&places, s->output->dims, before);
  places_add(&places, x.tensor, x.tensor->rank == 1 ? 1 : 2);
  places_add(&places, w.tensor, w.tensor->rank == 1 ? 1 : 2);
  for (; places_next(&places); out += x.rows * w.rows) {
    x.at = places.at[0];
    w.at = places.at[1];
    multiply(&p, &x, &w, s->output, out);
  }
  return NULL;
}

static struct matrix vector(const struct tensor *t)
{
  return (struct matrix){t, 0, 1, 0, t->strides[0]};
}

KERNEL(tensor_matmul)
{
  const struct tensor *x = s->inputs[0], *y = s->inputs[1];
  uint32_t m = x->rank - 2, n = y->rank - 2;
  return multiply_all(
      s, (struct matrix){x, 0, x->dims[m], x->strides[m], x->strides[m + 1]},
      (struct matrix){y, 0, y->dims[n + 1], y->strides[n + 1], y->strides[n]},
      s->output->rank - 2, x->dims[m + 1], room);
}

KERNEL(tensor_matmul_vector)
{
  const struct tensor *x = s->inputs[0];
  uint32_t m = x->rank - 2;
  return multiply_all(
      s, (struct matrix){x, 0, x->dims[m], x->strides[m], x->strides[m + 1]},
      vector(s->inputs[1]), m, x->dims[m + 1], room);
}

KERNEL(tensor_dot)
{
  return multiply_all(s, vector(s->inputs[0]), vector(s->inputs[1]), 0,
                      s->inputs[0]->dims[0], room);
}

// ---- linear layers ----

static const char *linear(const struct tensor_step *s, const struct tensor *b,
                          void *room)
{
  const struct tensor *x = s->inputs[0], *w = s->inputs[1];
  struct matrix m = {w, 0, w->dims[0], w->strides[0], w->strides[1]};
  struct product p = product_begin(room, w->dims[1]);
  struct places places;
  places_rows(&places, x);
  places_add(&places, x, 0);
  int64_t loaded = 0, out = 0;
  while (places_next(&places)) {
    ref_load(p.x + loaded * p.k, x, places.at[0], places_stride(&places, 0),
             p.k);
    if (++loaded < PRODUCT_ROWS)
      continue;
    meet(&p, loaded, &m, b, s->output, out);
    out += loaded * m.rows;
    loaded = 0;
  }
  meet(&p, loaded, &m, b, s->output, out);
  return NULL;
}

KERNEL(nn_linear)
{
  return linear(s, NULL, room);
}
KERNEL(nn_linear_bias)
{
  return linear(s, s->inputs[2], room);
}
