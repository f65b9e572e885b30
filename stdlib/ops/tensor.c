// Tensors, as far as glue needs them: shape, sum, mean. Any element type, any
// strides; sums are made in double, in the order of the elements.
#include "runtime/codec/tensor.h"
#include "runtime/value/tensor_node.h"
#include "stdlib/ops/ops.h"

// Sums of rows: the last dimension is a loop, those before it count like
// digits.
static double sum(const struct tensor *t)
{
  int64_t at[TENSOR_RANK] = {0}, n = tensor_size(t), offset = 0;
  int64_t row = t->rank ? t->dims[t->rank - 1] : 1;
  int64_t stride = t->rank ? t->strides[t->rank - 1] : 1;
  int64_t one = dtype_size[t->dtype];
  double total = 0;
  for (int64_t done = 0; done < n; done += row) {
    for (int64_t i = 0; i < row; i++)
      total +=
          element_float((const char *)t->data + (offset + i * stride) * one,
                        (enum dtype)t->dtype, 0);
    for (int d = (int)t->rank - 2; d >= 0; d--) {
      offset += t->strides[d];
      if (++at[d] < t->dims[d])
        break;
      offset -= at[d] * t->strides[d];
      at[d] = 0;
    }
  }
  return total;
}

enum operator_status ops_not_computed(struct operator_call *call)
{
  return operator_fail(call, "a tensor is read before it is computed");
}

OP(sum_tensor)
{
  if (tensor_size(ARG(0).tensor) && tensor_is_out(ARG(0).tensor))
    return ops_not_computed(call);
  return give_float(out, sum(ARG(0).tensor));
}

OP(mean_tensor)
{
  int64_t n = tensor_size(ARG(0).tensor);
  if (n <= 0)
    return operator_fail(call, "mean() of an empty tensor");
  if (tensor_is_out(ARG(0).tensor))
    return ops_not_computed(call);
  return give_float(out, sum(ARG(0).tensor) / (double)n);
}

OP(shape)
{
  const struct tensor *t = ARG(0).tensor;
  struct list *l = list_new(call->arena, t->rank);
  if (!l)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < t->rank; i++)
    l->items[l->count++].i = t->dims[i];
  return give(call, out, l);
}
