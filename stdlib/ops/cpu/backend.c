// The CPU backend: which kernels do which steps, and the steps that it joins.
// What no row takes is left to the reference.
#include "stdlib/ops/cpu/steps.h"

static const struct cpu_row *const table[OPERATORS] = {
    [OPERATOR_nn_linear] = &cpu_linear,
    [OPERATOR_nn_linear_bias] = &cpu_linear,
    [OPERATOR_tensor_matmul] = &cpu_matmul,
    [OPERATOR_nn_gather] = &cpu_embedding,
    [OPERATOR_nn_layer_norm] = &cpu_norm,
    [OPERATOR_nn_rms_norm] = &cpu_norm,
    [OPERATOR_nn_normalize] = &cpu_normalize,
    [OPERATOR_nn_softmax] = &cpu_softmax,
    [OPERATOR_nn_segment_sum] = &cpu_segment,
    [OPERATOR_nn_segment_mean] = &cpu_segment,
    [OPERATOR_nn_ragged_attention] = &cpu_attention,
    [OPERATOR_nn_ragged_attention_cached] = &cpu_attention,
    [OPERATOR_nn_gelu] = &cpu_unary,
    [OPERATOR_nn_relu] = &cpu_unary,
    [OPERATOR_nn_silu] = &cpu_unary,
    [OPERATOR_nn_sigmoid] = &cpu_unary,
    [OPERATOR_nn_tanh] = &cpu_unary,
    [OPERATOR_tensor_exp] = &cpu_unary,
    [OPERATOR_tensor_erf] = &cpu_unary,
    [OPERATOR_tensor_sqrt] = &cpu_unary,
    [OPERATOR_tensor_rsqrt] = &cpu_unary,
    [OPERATOR_tensor_abs] = &cpu_unary,
    [OPERATOR_tensor_negative] = &cpu_unary,
    [OPERATOR_tensor_add] = &cpu_binary,
    [OPERATOR_tensor_subtract] = &cpu_binary,
    [OPERATOR_tensor_multiply] = &cpu_binary,
    [OPERATOR_tensor_divide] = &cpu_binary,
    [OPERATOR_tensor_maximum] = &cpu_binary,
    [OPERATOR_tensor_minimum] = &cpu_binary,
    [OPERATOR_tensor_add_number] = &cpu_number,
    [OPERATOR_tensor_subtract_number] = &cpu_number,
    [OPERATOR_tensor_multiply_number] = &cpu_number,
    [OPERATOR_tensor_divide_number] = &cpu_number,
    [OPERATOR_tensor_maximum_number] = &cpu_number,
    [OPERATOR_tensor_minimum_number] = &cpu_number,
    [OPERATOR_tensor_subtract_from] = &cpu_from,
    [OPERATOR_tensor_divide_from] = &cpu_from,
};

bool cpu_rows_of(const struct tensor *t, struct cpu_rows *out)
{
  uint32_t last = t->rank - 1;
  if (t->dtype != DTYPE_f32 || !t->rank ||
      (t->strides[last] != 1 && t->dims[last] > 1))
    return false;
  size_t rows = 1;
  int64_t ld = t->rank > 1 ? t->strides[last - 1] : t->dims[last];
  for (uint32_t i = last; i-- > 0;) {
    if (t->dims[i] != 1 && t->strides[i] != ld * (int64_t)rows)
      return false;
    rows *= (size_t)t->dims[i];
  }
  *out = (struct cpu_rows){rows, (size_t)t->dims[last], (size_t)ld, t->data};
  return ld >= 0;
}

bool cpu_supports(const struct tensor_step *s)
{
  const struct cpu_row *r = table[s->op];
  return r && r->takes(s);
}

static size_t scratch(const struct tensor_step *s)
{
  const struct cpu_row *r = table[s->op];
  return r->scratch ? r->scratch(s) : 0;
}

static const char *run(const struct tensor_step *s, void *room)
{
  return table[s->op]->run(s, room);
}

const struct backend cpu_backend = {"cpu", cpu_fuse, cpu_supports, scratch,
                                    run};
