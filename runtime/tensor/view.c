// Views: operators that compute nothing, whose output is another way to look at
// the first input's elements. The output has its dimensions; attributes have
// been held against them (shape.c).
#include "runtime/tensor/program.h"

static uint32_t axis_of(int64_t axis, uint32_t rank)
{
  return (uint32_t)(axis < 0 ? axis + rank : axis);
}

// Takes dimension `axis` away.
static void drop(struct tensor *to, const struct tensor *from, uint32_t axis)
{
  for (uint32_t i = 0; i < to->rank; i++)
    to->strides[i] = from->strides[i + (i >= axis)];
}

static void keep(struct tensor *to, const struct tensor *from)
{
  for (uint32_t i = 0; i < from->rank; i++)
    to->strides[i] = from->strides[i];
}

// One that begins where the input does, with strides of its own.
static bool transposed(const struct tensor_step *s)
{
  const struct tensor *from = s->inputs[0];
  struct tensor *to = s->output;
  uint32_t rank = from->rank;
  keep(to, from);
  if (s->op == OPERATOR_tensor_transpose) {
    to->strides[rank - 1] = from->strides[rank - 2];
    to->strides[rank - 2] = from->strides[rank - 1];
    return true;
  }
  for (uint32_t i = 0; i < rank; i++) // the first attribute is how many
    to->strides[i] = from->strides[axis_of(s->attributes[1 + i], rank)];
  return true;
}

static bool expanded(const struct tensor_step *s)
{
  const struct tensor *from = s->inputs[0];
  struct tensor *to = s->output;
  uint32_t axis = axis_of(s->attributes[0], to->rank);
  for (uint32_t i = 0; i < from->rank; i++)
    to->strides[i + (i >= axis)] = from->strides[i];
  to->strides[axis] =
      axis < from->rank ? from->strides[axis] * from->dims[axis] : 1;
  return true;
}

static bool broadcast(const struct tensor_step *s)
{
  const struct tensor *from = s->inputs[0];
  struct tensor *to = s->output;
  uint32_t more = to->rank - from->rank;
  for (uint32_t i = 0; i < to->rank; i++) {
    bool same = i >= more && from->dims[i - more] == to->dims[i];
    to->strides[i] = same ? from->strides[i - more] : 0;
  }
  return true;
}

static bool cut(const struct tensor_step *s, int64_t *offset)
{
  const struct tensor *from = s->inputs[0];
  uint32_t axis = axis_of(s->attributes[2], from->rank);
  int64_t begin = s->attributes[0];
  keep(s->output, from);
  if (begin < 0)
    begin += from->dims[axis];
  if (begin > 0 && s->output->dims[axis])
    *offset = begin * from->strides[axis];
  return true;
}

static bool part(const struct tensor_step *s, int64_t *offset)
{
  const struct tensor *from = s->inputs[0];
  int64_t at = s->attributes[0];
  drop(s->output, from, 0);
  *offset = (at < 0 ? at + from->dims[0] : at) * from->strides[0];
  return true;
}

// ---- reshape ----

// The next dimensions of both that have the same product.
struct run {
  uint32_t from, from_end, to, to_end;
};

static bool next_run(const struct tensor *from, const struct tensor *to,
                     struct run *r)
{
  r->from = r->from_end;
  r->to = r->to_end;
  if (r->from == from->rank || r->to == to->rank)
    return false;
  int64_t x = from->dims[r->from_end++], y = to->dims[r->to_end++];
  while (x != y)
    if (x < y)
      x *= from->dims[r->from_end++];
    else
      y *= to->dims[r->to_end++];
  return true;
}

// Whether a run's elements lie as far apart as those of one dimension; how far.
static bool even(const struct tensor *t, const struct run *r, int64_t *stride)
{
  int64_t next = 0;
  bool first = true;
  for (uint32_t i = r->from_end; i-- > r->from;) {
    if (t->dims[i] == 1)
      continue;
    if (first)
      *stride = t->strides[i];
    else if (t->strides[i] != next)
      return false;
    first = false;
    next = t->strides[i] * t->dims[i];
  }
  return true;
}

// Dimensions are split and joined only where elements lie evenly.
static bool reshaped(const struct tensor_step *s)
{
  const struct tensor *from = s->inputs[0];
  struct tensor *to = s->output;
  struct run r = {0};
  tensor_lay_out(to);
  if (!tensor_size(from) || tensor_is_dense(from))
    return true;
  while (next_run(from, to, &r)) {
    int64_t stride = 0;
    if (!even(from, &r, &stride)) {
      tensor_lay_out(to);
      return false;
    }
    for (uint32_t i = r.to_end; i-- > r.to; stride *= to->dims[i])
      to->strides[i] = stride;
  }
  return true;
}

bool tensor_view(const struct tensor_step *s, int64_t *offset)
{
  *offset = 0;
  switch ((uint32_t)s->op) {
  case OPERATOR_tensor_reshape:
    return reshaped(s);
  case OPERATOR_tensor_transpose:
  case OPERATOR_tensor_transpose_axes:
    return transposed(s);
  case OPERATOR_tensor_slice:
    return cut(s, offset);
  case OPERATOR_tensor_index:
    return part(s, offset);
  case OPERATOR_tensor_expand_dims:
    return expanded(s);
  case OPERATOR_tensor_squeeze:
    drop(s->output, s->inputs[0],
         axis_of(s->attributes[0], s->inputs[0]->rank));
    return true;
  case OPERATOR_tensor_broadcast_to:
    return broadcast(s);
  case OPERATOR_tensor_expect:
    keep(s->output, s->inputs[0]);
    return true;
  default:
    return false;
  }
}
