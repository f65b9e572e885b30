// Elements in another place. Most of these steps are views (view.c of
// runtime/tensor), and then nothing runs here.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"
#include "stdlib/ops/ref/ref.h"

#include "runtime/tensor/program.h"

#include <string.h>

// All elements of `from`, in their order, to the output from `at` on, which
// goes on as `strides` say.
static void copy_all(const struct tensor *to, int64_t at,
                     const int64_t *strides, const struct tensor *from,
                     int64_t from_at)
{
  struct places p;
  int64_t n = places_rows(&p, from);
  places_add(&p, from, 0);
  places_add_strides(&p, strides);
  while (places_next(&p))
    ref_copy(to, at + p.at[1], places_stride(&p, 1), from, from_at + p.at[0],
             places_stride(&p, 0), n);
}

// What would be a view of the first input.
static const char *view(const struct tensor_step *s)
{
  struct tensor seen = *s->output;
  struct tensor_step t = *s;
  int64_t offset = 0;
  t.output = &seen;
  if (!tensor_view(&t, &offset))
    return "this is no view";
  seen.data = s->inputs[0]->data;
  copy_all(s->output, 0, s->output->strides, &seen, offset);
  return NULL;
}

KERNEL(tensor_index)
{
  return view(s);
}
KERNEL(tensor_slice)
{
  return view(s);
}
KERNEL(tensor_transpose)
{
  return view(s);
}
KERNEL(tensor_transpose_axes)
{
  return view(s);
}
KERNEL(tensor_expand_dims)
{
  return view(s);
}
KERNEL(tensor_squeeze)
{
  return view(s);
}
KERNEL(tensor_broadcast_to)
{
  return view(s);
}
KERNEL(tensor_expect)
{
  return view(s);
}

// The elements in their order, whatever the dimensions.
KERNEL(tensor_reshape)
{
  struct tensor out = *s->inputs[0];
  tensor_lay_out(&out);
  copy_all(s->output, 0, out.strides, s->inputs[0], 0);
  return NULL;
}

KERNEL(tensor_concat)
{
  uint32_t axis = ref_axis(s->attributes[0], s->output->rank);
  int64_t stride = s->output->strides[axis], at = 0;
  for (uint32_t i = 0; i < s->n_inputs; i++) {
    copy_all(s->output, at, s->output->strides, s->inputs[i], 0);
    at += s->inputs[i]->dims[axis] * stride;
  }
  return NULL;
}

// In a program it is grow.c that does this.
KERNEL(tensor_append)
{
  int64_t rows = s->inputs[0]->dims[0];
  copy_all(s->output, 0, s->output->strides, s->inputs[0], 0);
  copy_all(s->output, rows * s->output->strides[0], s->output->strides,
           s->inputs[1], 0);
  return NULL;
}

KERNEL(tensor_stack)
{
  uint32_t rank = s->output->rank, axis = ref_axis(s->attributes[0], rank);
  int64_t strides[TENSOR_RANK];
  for (uint32_t i = 0, n = 0; i < rank; i++)
    if (i != axis)
      strides[n++] = s->output->strides[i];
  for (uint32_t i = 0; i < s->n_inputs; i++)
    copy_all(s->output, i * s->output->strides[axis], strides, s->inputs[i], 0);
  return NULL;
}

KERNEL(tensor_pad)
{
  const struct tensor *x = s->inputs[0], *out = s->output;
  const int64_t *before = s->attributes + 1; // their number is before them
  int64_t at = 0;
  ref_fill(out, attribute_float(s->attributes[2 * (x->rank + 1)]));
  for (uint32_t i = 0; i < x->rank; i++)
    at += before[i] * out->strides[i];
  copy_all(out, at, out->strides, x, 0);
  return NULL;
}
