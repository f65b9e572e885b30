// Steps that make an element of an element, or of two.
#include "stdlib/ops/cpu/steps.h"

// ---- of one ----

static enum element_unary unary_of(const struct tensor_step *s)
{
  switch (s->op) {
  case OPERATOR_nn_relu:
    return UNARY_relu;
  case OPERATOR_nn_silu:
    return UNARY_silu;
  case OPERATOR_nn_gelu:
    return s->attributes[0] == attribute_text("tanh", 4) ? UNARY_gelu_tanh
                                                         : UNARY_gelu;
  case OPERATOR_nn_sigmoid:
    return UNARY_sigmoid;
  case OPERATOR_nn_tanh:
    return UNARY_tanh;
  case OPERATOR_tensor_exp:
    return UNARY_exp;
  case OPERATOR_tensor_erf:
    return UNARY_erf;
  case OPERATOR_tensor_sqrt:
    return UNARY_sqrt;
  case OPERATOR_tensor_rsqrt:
    return UNARY_rsqrt;
  case OPERATOR_tensor_abs:
    return UNARY_abs;
  default:
    return UNARY_negative;
  }
}

static bool takes_dense(const struct tensor_step *s)
{
  return cpu_dense(s->inputs[0], DTYPE_f32);
}

static const char *run_unary(const struct tensor_step *s, void *scratch)
{
  cpu_kernels()->elements->unary[unary_of(s)](
      (size_t)tensor_size(s->output), s->inputs[0]->data, s->output->data);
  return NULL;
}

const struct cpu_row cpu_unary = {takes_dense, NULL, run_unary};

// ---- of two ----

static enum element_binary binary_of(const struct tensor_step *s)
{
  switch (s->op) {
  case OPERATOR_tensor_add:
  case OPERATOR_tensor_add_number:
    return BINARY_add;
  case OPERATOR_tensor_subtract:
  case OPERATOR_tensor_subtract_number:
  case OPERATOR_tensor_subtract_from:
    return BINARY_subtract;
  case OPERATOR_tensor_multiply:
  case OPERATOR_tensor_multiply_number:
    return BINARY_multiply;
  case OPERATOR_tensor_divide:
  case OPERATOR_tensor_divide_number:
  case OPERATOR_tensor_divide_from:
    return BINARY_divide;
  case OPERATOR_tensor_maximum:
  case OPERATOR_tensor_maximum_number:
    return BINARY_maximum;
  default:
    return BINARY_minimum;
  }
}

// As large as the output, or the last dimension of it alone.
static bool fits_rows(const struct tensor *t, const struct tensor *out)
{
  bool whole = tensor_size(t) == tensor_size(out);
  bool row =
      t->rank == 1 && out->rank && t->dims[0] == out->dims[out->rank - 1];
  return cpu_dense(t, DTYPE_f32) && (whole || row);
}

static bool takes_binary(const struct tensor_step *s)
{
  return fits_rows(s->inputs[0], s->output) &&
         fits_rows(s->inputs[1], s->output);
}

static const char *run_binary(const struct tensor_step *s, void *scratch)
{
  element_binary_kernel *f = cpu_kernels()->elements->binary[binary_of(s)];
  size_t all = (size_t)tensor_size(s->output), n = all;
  const float *x = s->inputs[0]->data, *y = s->inputs[1]->data;
  float *to = s->output->data;
  bool whole_x = (size_t)tensor_size(s->inputs[0]) == all;
  bool whole_y = (size_t)tensor_size(s->inputs[1]) == all;
  if (!whole_x || !whole_y)
    n = (size_t)s->output->dims[s->output->rank - 1];
  for (size_t at = 0; at < all; at += n)
    f(n, x + (whole_x ? at : 0), y + (whole_y ? at : 0), to + at);
  return NULL;
}

const struct cpu_row cpu_binary = {takes_binary, NULL, run_binary};

// ---- with a number ----

static const char *run_number(const struct tensor_step *s, void *scratch)
{
  cpu_kernels()->elements->number[binary_of(s)](
      (size_t)tensor_size(s->output), s->inputs[0]->data,
      (float)attribute_float(s->attributes[0]), s->output->data);
  return NULL;
}

static const char *run_from(const struct tensor_step *s, void *scratch)
{
  cpu_kernels()->elements->from[binary_of(s)](
      (size_t)tensor_size(s->output), s->inputs[0]->data,
      (float)attribute_float(s->attributes[0]), s->output->data);
  return NULL;
}

const struct cpu_row cpu_number = {takes_dense, NULL, run_number};
const struct cpu_row cpu_from = {takes_dense, NULL, run_from};
