// New tensors.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"
#include "stdlib/ops/ref/ref.h"

KERNEL(tensor_arange)
{
  int64_t n = s->output->dims[0];
  if (n > (int64_t)INT32_MAX + 1)
    return "these are more numbers than an i32 has";
  for (int64_t i = 0; i < n; i++)
    ref_store_whole(s->output, i, 1, &i, 1);
  return NULL;
}

KERNEL(tensor_full)
{
  const int64_t *shape = s->attributes; // how many, and they
  ref_fill(s->output, attribute_float(shape[1 + shape[0]]));
  return NULL;
}

KERNEL(nn_one_hot)
{
  const struct tensor *ids = s->inputs[0];
  int64_t classes = s->output->dims[s->output->rank - 1], out = 0;
  const double one = 1;
  struct places p;
  ref_fill(s->output, 0);
  places_begin(&p, ids->dims, ids->rank);
  places_add(&p, ids, 0);
  for (; places_next(&p); out += classes) {
    int64_t id;
    ref_load_whole(&id, ids, p.at[0], 0, 1);
    if (id < 0 || id >= classes)
      return "a number is not that of a class";
    ref_store(s->output, out + id, 1, &one, 1);
  }
  return NULL;
}
