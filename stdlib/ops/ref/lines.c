// See lines.h.
#include "stdlib/ops/ref/lines.h"

size_t ref_room_axis(const struct tensor_step *s)
{
  int64_t most = 1;
  for (uint32_t i = 0; i < s->n_inputs; i++)
    for (uint32_t d = 0; d < s->inputs[i]->rank; d++)
      if (s->inputs[i]->dims[d] > most)
        most = s->inputs[i]->dims[d];
  return 4 * (size_t)most * sizeof(double);
}

void ref_lines(const struct tensor_step *s, uint32_t axis, ref_line *f,
               double number, double *room)
{
  const struct tensor *x = s->inputs[0];
  struct places p;
  places_lines(&p, x, axis);
  places_add(&p, s->output, 0);
  while (places_next(&p)) {
    ref_load(room, x, p.at[0], x->strides[axis], x->dims[axis]);
    f(room, x->dims[axis], number);
    ref_store(s->output, p.at[1], s->output->strides[axis], room,
              x->dims[axis]);
  }
}
