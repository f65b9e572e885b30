// Linear layers over weights that are packed once, and products of matrices
// that are not.
#include "stdlib/ops/cpu/gemm.h"
#include "stdlib/ops/cpu/steps.h"
#include "runtime/value/tensor_buffer.h"

#include <math.h>
#include <stdlib.h>

// ---- packed weights ----

struct packed { // of a whole buffer
  const void *data;
  size_t n, k;
  enum gemm_kind kind;
  _Alignas(64) char panels[];
};

struct packing {
  const struct tensor *w;
  enum gemm_kind kind;
};

static bool is_finite(const struct tensor *w)
{
  const float *x = w->data;
  for (int64_t i = 0, n = tensor_size(w); i < n; i++)
    if (!isfinite(x[i]))
      return false;
  return true;
}

static struct tensor_packed pack(void *user)
{
  const struct packing *p = user;
  size_t n = (size_t)p->w->dims[0], k = (size_t)p->w->dims[1];
  enum gemm_kind kind = p->kind;
  if (kind == GEMM_INT8 && !is_finite(p->w))
    kind = GEMM_F32;
  size_t size =
      (sizeof(struct packed) + gemm_packed_size(kind, n, k) + 63) & ~(size_t)63;
  struct packed *to = aligned_alloc(64, size);
  if (!to)
    return (struct tensor_packed){NULL, NULL};
  to->data = p->w->data;
  to->n = n;
  to->k = k;
  to->kind = kind;
  gemm_pack(kind, p->w->data, WEIGHTS_F32, n, k, to->panels);
  return (struct tensor_packed){to, free};
}

static enum gemm_kind kind_of(const struct tensor *w)
{
  if (!w->owner)
    return GEMM_F32;
  return w->owner->precision == PRECISION_bf16   ? GEMM_BF16
         : w->owner->precision == PRECISION_int8 ? GEMM_INT8
                                                 : GEMM_F32;
}

// NULL where there is none: memory is out, or the tensor is a part of what the
// buffer has.
static const struct packed *packed_of(const struct tensor *w)
{
  struct packing p = {w, kind_of(w)};
  if (!w->owner)
    return NULL;
  const struct packed *to = tensor_buffer_packed(w->owner, p.kind, pack, &p);
  bool whole = to && to->data == w->data && to->n == (size_t)w->dims[0] &&
               to->k == (size_t)w->dims[1];
  return whole ? to : NULL;
}

// ---- linear ----

static const struct tensor *bias_of(const struct tensor_step *s)
{
  return s->op == OPERATOR_nn_linear_bias ? s->inputs[2] : NULL;
}

static const struct tensor *residual_of(const struct tensor_step *s)
{
  return cpu_fused(s)->residual ? s->inputs[s->n_inputs - 1] : NULL;
}

static bool takes_linear(const struct tensor_step *s)
{
  const struct tensor *b = bias_of(s), *r = residual_of(s);
  return cpu_has_rows(s->inputs[0]) && cpu_dense(s->inputs[1], DTYPE_f32) &&
         (!b || cpu_dense(b, DTYPE_f32)) && (!r || cpu_has_rows(r)) &&
         cpu_has_rows(s->output);
}

static struct matmul product(const struct cpu_rows *x, const struct tensor *w,
                             const struct cpu_rows *y)
{
  return (struct matmul){.count = 1,
                         .m = x->rows,
                         .n = y->n,
                         .k = x->n,
                         .a = {x->data, x->ld, 0, false},
                         .b = {w->data, x->n, 0, true},
                         .c = y->data,
                         .ldc = y->ld};
}

static size_t linear_scratch(const struct tensor_step *s)
{
  struct cpu_rows x = cpu_rows(s->inputs[0]), y = cpu_rows(s->output);
  size_t packed = gemm_scratch(kind_of(s->inputs[1]), x.rows, y.n, x.n);
  size_t f32 = gemm_scratch(GEMM_F32, x.rows, y.n, x.n);
  size_t plain = matmul_scratch(x.rows, y.n, x.n);
  packed = packed > f32 ? packed : f32;
  return packed > plain ? packed : plain;
}

static void finish_rows(const struct tensor_step *s, const struct cpu_rows *y)
{
  const struct tensor *b = bias_of(s), *r = residual_of(s);
  for (size_t i = 0; i < y->rows; i++) {
    struct element_finish f = {.bias = b ? b->data : NULL,
                               .activation = cpu_fused(s)->activation};
    if (r)
      f.residual = cpu_in(r).data + i * cpu_in(r).ld;
    float *row = y->data + i * y->ld;
    cpu_kernels()->elements->finish(y->n, row, &f, row);
  }
}

static const char *run_linear(const struct tensor_step *s, void *scratch)
{
  struct cpu_rows x = cpu_rows(s->inputs[0]), y = cpu_rows(s->output);
  const struct packed *w = packed_of(s->inputs[1]);
  const struct tensor *b = bias_of(s), *r = residual_of(s);
  if (!w) {
    struct matmul p = product(&x, s->inputs[1], &y);
    matmul_run(&p, scratch);
    finish_rows(s, &y);
    return NULL;
  }
  struct gemm g = {.kind = w->kind,
                   .m = x.rows,
                   .n = y.n,
                   .k = x.n,
                   .x = {x.data, x.ld},
                   .packed = w->panels,
                   .y = {y.data, y.ld},
                   .epilogue = {.bias = b ? b->data : NULL,
                                .activation = cpu_fused(s)->activation}};
  if (r)
    g.epilogue.residual = cpu_in(r);
  gemm_run(&g, scratch);
  return NULL;
}

const struct cpu_row cpu_linear = {takes_linear, linear_scratch, run_linear};

// ---- matmul ----

// Both sides of as many matrices, each dense but for the step of its rows.
static bool takes_matmul(const struct tensor_step *s)
{
  const struct tensor *x = s->inputs[0], *y = s->inputs[1];
  if (x->rank != y->rank || !cpu_dense(x, DTYPE_f32) ||
      !cpu_dense(y, DTYPE_f32))
    return false;
  for (uint32_t i = 0; i + 2 < x->rank; i++)
    if (x->dims[i] != y->dims[i])
      return false;
  return true;
}

static struct matmul matrices(const struct tensor_step *s)
{
  const struct tensor *x = s->inputs[0], *y = s->inputs[1], *z = s->output;
  size_t m = (size_t)z->dims[z->rank - 2], n = (size_t)z->dims[z->rank - 1];
  size_t k = (size_t)x->dims[x->rank - 1], count = 1;
  for (uint32_t i = 0; i + 2 < z->rank; i++)
    count *= (size_t)z->dims[i];
  return (struct matmul){.count = count,
                         .m = m,
                         .n = n,
                         .k = k,
                         .a = {x->data, k, m * k, false},
                         .b = {y->data, n, k * n, false},
                         .c = z->data,
                         .ldc = n,
                         .step = m * n};
}

static size_t scratch_matmul(const struct tensor_step *s)
{
  struct matmul p = matrices(s);
  return matmul_scratch(p.m, p.n, p.k);
}

static const char *run_matmul(const struct tensor_step *s, void *scratch)
{
  struct matmul p = matrices(s);
  matmul_run(&p, scratch);
  return NULL;
}

const struct cpu_row cpu_matmul = {takes_matmul, scratch_matmul, run_matmul};
