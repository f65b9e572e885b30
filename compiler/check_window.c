// The rules of shape_rules.def for windows that go along dimensions:
// convolutions and pools.
#include "compiler/tensor_match.h"

// How far a window goes along a dimension, or DIM_ANY.
static int64_t windows(const struct type_part *d, int64_t size, int64_t stride,
                       int64_t padding, int64_t dilation)
{
  enum { HUGE_SIZE = 1 << 30 };
  bool sane = shape_is_number(d) && d->size < HUGE_SIZE && size > 0 &&
              size < HUGE_SIZE && stride > 0 && padding >= 0 &&
              padding < HUGE_SIZE && dilation > 0 && dilation < 65536;
  int64_t room = sane ? d->size + 2 * padding - dilation * (size - 1) - 1 : -1;
  return room < 0 ? DIM_ANY : room / stride + 1;
}

bool rule_CONV(struct tensor_match *m, struct dim_list *out)
{
  const struct type *x = m->args[0]->type, *w = m->args[1]->type;
  int64_t stride, padding, dilation;
  if (x->any_rank || w->any_rank || !shape_number(m, "stride", &stride) ||
      !shape_number(m, "padding", &padding) ||
      !shape_number(m, "dilation", &dilation))
    return true;
  for (uint32_t i = 2; i < x->n_parts && i < w->n_parts; i++) {
    const struct type_part *size = &w->parts[i];
    int64_t n = shape_is_number(size) ? size->size : 0;
    out->dims[out->n++] =
        shape_dim(windows(&x->parts[i], n, stride, padding, dilation));
  }
  return true;
}

bool rule_POOL(struct tensor_match *m, struct dim_list *out)
{
  const struct type *x = m->args[0]->type;
  const struct signature_tensor *s = m->row->result->tensor;
  uint32_t open = 0;
  int64_t size, stride, padding;
  for (uint32_t i = 0; i < s->n_dims; i++)
    open += s->dims[i].kind == DIM_UNKNOWN;
  if (x->any_rank || !shape_number(m, "size", &size) ||
      !shape_number(m, "stride", &stride) ||
      !shape_number(m, "padding", &padding))
    return true;
  for (uint32_t i = x->n_parts - open; i < x->n_parts; i++)
    out->dims[out->n++] = shape_dim(
        windows(&x->parts[i], size, stride ? stride : size, padding, 1));
  return true;
}
