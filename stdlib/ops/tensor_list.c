// Between tensors and other values: an element as a number, tensors of lists,
// lists of tensors. What dimensions a tensor has only its value says.
#include "runtime/codec/tensor.h"
#include "runtime/value/tensor_node.h"
#include "stdlib/ops/ops.h"

// ---- one element ----

static value element(const struct tensor *t, int64_t at)
{
  value v = {.bits = 0};
  if (element_is_int((enum dtype)t->dtype))
    v.i = element_int(t->data, (enum dtype)t->dtype, (size_t)at);
  else if (t->dtype == DTYPE_bool)
    v.i = element_float(t->data, DTYPE_bool, (size_t)at) != 0;
  else
    v.f = element_float(t->data, (enum dtype)t->dtype, (size_t)at);
  return v;
}

// Of a tensor that has one; false: that is said.
static bool only(struct operator_call *call, value *out)
{
  const struct tensor *t = ARG(0).tensor;
  if (tensor_is_out(t))
    return ops_not_computed(call) == OPERATOR_DONE;
  if (tensor_size(t) != 1)
    return operator_fail(call, "a tensor of %lld elements is no number",
                         (long long)tensor_size(t)) == OPERATOR_DONE;
  *out = element(t, 0);
  return true;
}

static bool is_float(const struct tensor *t)
{
  return !element_is_int((enum dtype)t->dtype) && t->dtype != DTYPE_bool;
}

OP(float_tensor)
{
  value v;
  if (!only(call, &v))
    return OPERATOR_FAIL;
  return give_float(out, is_float(ARG(0).tensor) ? v.f : (double)v.i);
}

OP(int_tensor)
{
  value v;
  if (!only(call, &v))
    return OPERATOR_FAIL;
  if (!is_float(ARG(0).tensor))
    return give_int(out, v.i);
  if (!(v.f > -0x1p63 && v.f < 0x1p63))
    return operator_fail(call, "the number does not fit in 64 bits");
  return give_int(out, (int64_t)v.f);
}

OP(bool_tensor)
{
  value v;
  if (!only(call, &v))
    return OPERATOR_FAIL;
  return give_int(out, is_float(ARG(0).tensor) ? v.f != 0 : v.i != 0);
}

// `x[i, j]`
static enum operator_status place(struct operator_call *call, value *out)
{
  const struct tensor *t = ARG(0).tensor;
  const struct list *at = ARG(1).list;
  int64_t offset = 0;
  if (tensor_is_out(t))
    return ops_not_computed(call);
  if (at->count != t->rank)
    return operator_fail(call, "a place of %u numbers in a tensor of rank %u",
                         at->count, t->rank);
  for (uint32_t i = 0; i < t->rank; i++) {
    int64_t written = at->items[i].i;
    int64_t k = written < 0 ? written + t->dims[i] : written;
    if (k < 0 || k >= t->dims[i])
      return operator_fail(call, "index %lld is outside a dimension of %lld",
                           (long long)written, (long long)t->dims[i]);
    offset += k * t->strides[i];
  }
  *out = element(t, offset);
  return OPERATOR_DONE;
}

OP(tensor__float)
{
  return place(call, out);
}

OP(tensor__int)
{
  return place(call, out);
}

OP(tensor__bool)
{
  return place(call, out);
}

OP(len_tensor)
{
  const struct tensor *t = ARG(0).tensor;
  if (!t->rank)
    return operator_fail(call, "a tensor without dimensions has no length");
  return give_int(out, t->dims[0]);
}

// ---- of lists ----

static bool set(struct operator_call *call, struct tensor *t, int64_t at,
                value v)
{
  if (t->dtype == DTYPE_f32) {
    ((float *)t->data)[at] = (float)v.f;
    return true;
  }
  if (v.i < INT32_MIN || v.i > INT32_MAX)
    return operator_fail(call, "%lld does not fit in i32", (long long)v.i) ==
           OPERATOR_DONE;
  ((int32_t *)t->data)[at] = (int32_t)v.i;
  return true;
}

static enum operator_status of_list(struct operator_call *call, value *out,
                                    enum dtype dtype)
{
  const struct list *x = ARG(0).list;
  struct tensor *t =
      tensor_make(call->arena, dtype, 1, (const int64_t[]){x->count});
  if (!t)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < x->count; i++)
    if (!set(call, t, i, x->items[i]))
      return OPERATOR_FAIL;
  return give(call, out, t);
}

static enum operator_status of_rows(struct operator_call *call, value *out,
                                    enum dtype dtype)
{
  const struct list *x = ARG(0).list;
  int64_t width = x->count ? x->items[0].list->count : 0;
  struct tensor *t =
      tensor_make(call->arena, dtype, 2, (const int64_t[]){x->count, width});
  if (!t)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < x->count; i++) {
    const struct list *row = x->items[i].list;
    if (row->count != width)
      return operator_fail(call, "row %u has %u elements, and the first %lld",
                           i, row->count, (long long)width);
    for (uint32_t k = 0; k < row->count; k++)
      if (!set(call, t, i * width + k, row->items[k]))
        return OPERATOR_FAIL;
  }
  return give(call, out, t);
}

OP(tensor_of_ints)
{
  return of_list(call, out, DTYPE_i32);
}

OP(tensor_of_floats)
{
  return of_list(call, out, DTYPE_f32);
}

OP(tensor_of_int_rows)
{
  return of_rows(call, out, DTYPE_i32);
}

OP(tensor_of_float_rows)
{
  return of_rows(call, out, DTYPE_f32);
}

// ---- lists of them ----

static struct list *list_of(struct operator_call *call, const struct tensor *t,
                            uint32_t axis, int64_t offset)
{
  int64_t n = t->dims[axis];
  struct list *l = n <= UINT32_MAX ? list_new(call->arena, (uint32_t)n) : NULL;
  for (int64_t i = 0; l && i < n; i++)
    l->items[l->count++] = element(t, offset + i * t->strides[axis]);
  return l;
}

static bool has_rank(struct operator_call *call, uint32_t rank)
{
  const struct tensor *t = ARG(0).tensor;
  if (tensor_is_out(t))
    return ops_not_computed(call) == OPERATOR_DONE;
  return t->rank == rank ||
         operator_fail(call, "a tensor of rank %u is not of rank %u", t->rank,
                       rank) == OPERATOR_DONE;
}

static enum operator_status flat(struct operator_call *call, value *out)
{
  if (!has_rank(call, 1))
    return OPERATOR_FAIL;
  return give(call, out, list_of(call, ARG(0).tensor, 0, 0));
}

static enum operator_status rows(struct operator_call *call, value *out)
{
  const struct tensor *t = ARG(0).tensor;
  if (!has_rank(call, 2))
    return OPERATOR_FAIL;
  struct list *all = t->dims[0] <= UINT32_MAX
                         ? list_new(call->arena, (uint32_t)t->dims[0])
                         : NULL;
  for (int64_t i = 0; all && i < t->dims[0]; i++) {
    const struct list *row = list_of(call, t, 1, i * t->strides[0]);
    if (!row)
      return operator_exhausted(call);
    all->items[all->count++].list = row;
  }
  return give(call, out, all);
}

OP(tensor_list_floats)
{
  return flat(call, out);
}

OP(tensor_list_ints)
{
  return flat(call, out);
}

OP(tensor_list_bools)
{
  return flat(call, out);
}

OP(tensor_list_float_rows)
{
  return rows(call, out);
}

OP(tensor_list_int_rows)
{
  return rows(call, out);
}
