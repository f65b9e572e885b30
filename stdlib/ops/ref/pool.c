// Windows of the last dimensions: the greatest and the average. The greatest of
// a window that has only what is padded is minus infinity.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"
#include "stdlib/ops/ref/ref.h"

#include <math.h>

// Along one dimension.
struct window {
  int64_t n, step; // of x
  int64_t size, stride, padding, places;
};

struct pool {
  const struct tensor *x;
  struct window line, column;
  bool average;
};

static struct window window_of(const struct tensor_step *s, uint32_t axis)
{
  const struct tensor *x = s->inputs[0];
  const int64_t *a = s->attributes;
  return (struct window){x->dims[axis], x->strides[axis],
                         a[0],          a[1] ? a[1] : a[0],
                         a[2],          s->output->dims[axis]};
}

// What part of a window lies in x: [*from, *to).
static void inside(const struct window *w, int64_t place, int64_t *from,
                   int64_t *to)
{
  int64_t begin = place * w->stride - w->padding;
  *from = begin < 0 ? 0 : begin;
  *to = begin + w->size < w->n ? begin + w->size : w->n;
}

static double look(const struct pool *p, int64_t at, int64_t line,
                   int64_t column)
{
  int64_t top, bottom, left, right;
  double most = -INFINITY, sum = 0;
  inside(&p->line, line, &top, &bottom);
  inside(&p->column, column, &left, &right);
  for (int64_t i = top; i < bottom; i++)
    for (int64_t j = left; j < right; j++) {
      double x;
      ref_load(&x, p->x, at + i * p->line.step + j * p->column.step, 0, 1);
      most = ref_max(most, x);
      sum += x;
    }
  return p->average ? sum / (double)(p->line.size * p->column.size) : most;
}

static const char *pool(const struct tensor_step *s, uint32_t dims,
                        bool average)
{
  const struct tensor *x = s->inputs[0];
  struct pool w = {x, {1, 0, 1, 1, 0, 1}, window_of(s, x->rank - 1), average};
  struct places p;
  int64_t out = 0;
  if (dims == 2)
    w.line = window_of(s, x->rank - 2);
  places_begin(&p, x->dims, x->rank - dims);
  places_add(&p, x, dims);
  while (places_next(&p))
    for (int64_t i = 0; i < w.line.places; i++)
      for (int64_t j = 0; j < w.column.places; j++) {
        double result = look(&w, p.at[0], i, j);
        ref_store(s->output, out++, 1, &result, 1);
      }
  return NULL;
}

KERNEL(nn_max_pool1d)
{
  return pool(s, 1, false);
}
KERNEL(nn_avg_pool1d)
{
  return pool(s, 1, true);
}
KERNEL(nn_max_pool2d)
{
  return pool(s, 2, false);
}
KERNEL(nn_avg_pool2d)
{
  return pool(s, 2, true);
}
