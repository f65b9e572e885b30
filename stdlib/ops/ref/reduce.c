// What lines along an axis come to.
#include "stdlib/ops/ref/lines.h"

#include <math.h>

struct line {
  const struct tensor *x;
  int64_t at, stride, n;
  void *room; // of n elements
};

// Its element of the output is the caller's.
typedef void ref_reduction(const struct line *l, const struct tensor *out,
                           int64_t at);

static void reduce(const struct tensor_step *s, ref_reduction *f, void *room)
{
  const struct tensor *x = s->inputs[0];
  uint32_t axis = ref_axis(s->attributes[0], x->rank);
  struct places p;
  places_lines(&p, x, axis);
  for (int64_t out = 0; places_next(&p); out++) {
    struct line l = {x, p.at[0], x->strides[axis], x->dims[axis], room};
    f(&l, s->output, out);
  }
}

#define REDUCTION(id, f)                                                       \
  KERNEL(id)                                                                   \
  {                                                                            \
    reduce(s, f, room);                                                        \
    return NULL;                                                               \
  }

// ---- sums ----

static const double *floats(const struct line *l)
{
  ref_load(l->room, l->x, l->at, l->stride, l->n);
  return l->room;
}

static void sum(const struct line *l, const struct tensor *out, int64_t at)
{
  if (!ref_is_whole(l->x)) {
    double total = ref_sum(floats(l), l->n);
    ref_store(out, at, 1, &total, 1);
    return;
  }
  uint64_t total = 0;
  int64_t *x = l->room;
  ref_load_whole(x, l->x, l->at, l->stride, l->n);
  for (int64_t i = 0; i < l->n; i++)
    total += (uint64_t)x[i];
  ref_store_whole(out, at, 1, (const int64_t *)&total, 1);
}

static void mean(const struct line *l, const struct tensor *out, int64_t at)
{
  double m = ref_sum(floats(l), l->n) / (double)l->n;
  ref_store(out, at, 1, &m, 1);
}

static void variance(const struct line *l, const struct tensor *out, int64_t at)
{
  const double *x = floats(l);
  double m = ref_sum(x, l->n) / (double)l->n, sum = 0;
  for (int64_t i = 0; i < l->n; i++)
    sum += (x[i] - m) * (x[i] - m);
  sum /= (double)l->n;
  ref_store(out, at, 1, &sum, 1);
}

REDUCTION(tensor_sum, sum)
REDUCTION(tensor_mean, mean)
REDUCTION(tensor_variance, variance)

KERNEL(tensor_cumsum)
{
  const struct tensor *x = s->inputs[0];
  uint32_t axis = ref_axis(s->attributes[0], x->rank);
  int64_t n = x->dims[axis], stride = s->output->strides[axis], *wholes = room;
  double *line = room;
  struct places p;
  places_lines(&p, x, axis);
  places_add(&p, s->output, 0);
  while (places_next(&p)) {
    if (ref_is_whole(x)) {
      ref_load_whole(wholes, x, p.at[0], x->strides[axis], n);
      for (int64_t i = 1; i < n; i++)
        wholes[i] = (int64_t)((uint64_t)wholes[i] + (uint64_t)wholes[i - 1]);
      ref_store_whole(s->output, p.at[1], stride, wholes, n);
      continue;
    }
    ref_load(line, x, p.at[0], x->strides[axis], n);
    for (int64_t i = 1; i < n; i++)
      line[i] += line[i - 1];
    ref_store(s->output, p.at[1], stride, line, n);
  }
  return NULL;
}

// ---- the greatest and the least ----

// Where it stands, the first of equal ones. There is one (rule REDUCE).
static int64_t first_of(const struct line *l, bool least)
{
  int64_t best = 0;
  uint64_t order = ref_order(l->x, l->at, least);
  for (int64_t i = 1; i < l->n; i++) {
    uint64_t o = ref_order(l->x, l->at + i * l->stride, least);
    if (least ? o < order : o > order) {
      best = i;
      order = o;
    }
  }
  return best;
}

static void max(const struct line *l, const struct tensor *out, int64_t at)
{
  ref_copy(out, at, 1, l->x, l->at + first_of(l, false) * l->stride, 1, 1);
}

static void min(const struct line *l, const struct tensor *out, int64_t at)
{
  ref_copy(out, at, 1, l->x, l->at + first_of(l, true) * l->stride, 1, 1);
}

static void argmax(const struct line *l, const struct tensor *out, int64_t at)
{
  int64_t where = first_of(l, false);
  ref_store_whole(out, at, 1, &where, 1);
}

static void argmin(const struct line *l, const struct tensor *out, int64_t at)
{
  int64_t where = first_of(l, true);
  ref_store_whole(out, at, 1, &where, 1);
}

REDUCTION(tensor_max, max)
REDUCTION(tensor_min, min)
REDUCTION(tensor_argmax, argmax)
REDUCTION(tensor_argmin, argmin)
