// Tensors, as far as glue needs them: shape, sum, mean. Any element type, any
// strides; sums are made in double, in the order of the elements.
#include "runtime/value/tensor_node.h"
#include "stdlib/ops/ops.h"

#include <math.h>
#include <string.h>

static double half(uint16_t h)
{
  int exponent = h >> 10 & 31;
  double fraction = (h & 1023) / 1024.0;
  double x = exponent == 31  ? (h & 1023 ? NAN : INFINITY)
             : exponent == 0 ? ldexp(fraction, -14)
                             : ldexp(1 + fraction, exponent - 15);
  return h >> 15 ? -x : x;
}

static double brain(uint16_t h)
{
  uint32_t bits = (uint32_t)h << 16;
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static double element(const struct tensor *t, int64_t at)
{
  switch ((enum dtype)t->dtype) {
  case DTYPE_f32:
    return ((const float *)t->data)[at];
  case DTYPE_f16:
    return half(((const uint16_t *)t->data)[at]);
  case DTYPE_bf16:
    return brain(((const uint16_t *)t->data)[at]);
  case DTYPE_f64:
    return ((const double *)t->data)[at];
  case DTYPE_i8:
    return ((const int8_t *)t->data)[at];
  case DTYPE_u8:
    return ((const uint8_t *)t->data)[at];
  case DTYPE_i32:
    return ((const int32_t *)t->data)[at];
  case DTYPE_i64:
    return (double)((const int64_t *)t->data)[at];
  case DTYPE_bool:
    return ((const uint8_t *)t->data)[at] != 0;
  default:
    return NAN;
  }
}

// Sums of rows: the last dimension is a loop, those before it count like
// digits.
static double sum(const struct tensor *t)
{
  int64_t at[TENSOR_RANK] = {0}, n = tensor_size(t), offset = 0;
  int64_t row = t->rank ? t->dims[t->rank - 1] : 1;
  int64_t stride = t->rank ? t->strides[t->rank - 1] : 1;
  double total = 0;
  for (int64_t done = 0; done < n; done += row) {
    for (int64_t i = 0; i < row; i++)
      total += element(t, offset + i * stride);
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
  if (tensor_is_out(ARG(0).tensor))
    return ops_not_computed(call);
  return give_float(out, sum(ARG(0).tensor));
}

OP(mean_tensor)
{
  int64_t n = tensor_size(ARG(0).tensor);
  if (tensor_is_out(ARG(0).tensor))
    return ops_not_computed(call);
  if (n <= 0)
    return operator_fail(call, "mean() of an empty tensor");
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
