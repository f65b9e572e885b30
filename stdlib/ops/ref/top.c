// The greatest of the last dimension, in order.
#include "stdlib/ops/ref/lines.h"

#include <stdlib.h>

struct ranked {
  uint64_t order;
  int64_t at;
};

static int greater_first(const void *x, const void *y)
{
  const struct ranked *a = x, *b = y;
  if (a->order != b->order)
    return a->order > b->order ? -1 : 1;
  return (a->at > b->at) - (a->at < b->at);
}

static const char *top(const struct tensor_step *s, bool indices,
                       struct ranked *row)
{
  const struct tensor *x = s->inputs[0];
  uint32_t last = x->rank - 1;
  int64_t n = x->dims[last], k = s->output->dims[last], out = 0;
  struct places p;
  places_lines(&p, x, last);
  for (; places_next(&p); out += k) {
    for (int64_t i = 0; i < n; i++)
      row[i] = (struct ranked){
          ref_order(x, p.at[0] + i * x->strides[last], false), i};
    qsort(row, (size_t)n, sizeof *row, greater_first);
    for (int64_t i = 0; i < k; i++)
      if (indices)
        ref_store_whole(s->output, out + i, 1, &row[i].at, 1);
      else
        ref_copy(s->output, out + i, 1, x,
                 p.at[0] + row[i].at * x->strides[last], 1, 1);
  }
  return NULL;
}

KERNEL(tensor_top_k)
{
  return top(s, false, room);
}
KERNEL(tensor_top_k_indices)
{
  return top(s, true, room);
}
