// Rows by their numbers.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"
#include "stdlib/ops/ref/ref.h"

// One row of the table, densely.
static void copy_row(const struct tensor_step *s, int64_t row, int64_t out)
{
  const struct tensor *t = s->inputs[0];
  struct places p;
  struct tensor part = ref_part(t);
  int64_t n = places_rows(&p, &part);
  places_add(&p, &part, 0);
  for (; places_next(&p); out += n)
    ref_copy(s->output, out, 1, t, row * t->strides[0] + p.at[0],
             places_stride(&p, 0), n);
}

KERNEL(nn_gather)
{
  const struct tensor *t = s->inputs[0], *ids = s->inputs[1];
  struct places p;
  struct tensor part = ref_part(t);
  int64_t size = tensor_size(&part), out = 0;
  places_begin(&p, ids->dims, ids->rank);
  places_add(&p, ids, 0);
  for (; places_next(&p); out += size) {
    int64_t id;
    ref_load_whole(&id, ids, p.at[0], 0, 1);
    if (id < 0 || id >= t->dims[0])
      return "a row's number lies outside of the table";
    copy_row(s, id, out);
  }
  return NULL;
}
