// See tensor_steps.h.
#include "tests/unit/tensor_steps.h"

#include "runtime/codec/tensor.h"
#include "runtime/value/walk.h"

#include <math.h>

// Zeroed memory of its own, so that what is read or written behind it is found.
static void *own(struct arena *a, size_t size)
{
  void *p = NULL;
  assert_int_equal(posix_memalign(&p, 64, size + !size), 0);
  assert_true(arena_own(a, free, p));
  return memset(p, 0, size);
}

struct tensor *tensor_zero(struct arena *a, enum dtype dtype, uint32_t rank,
                           const int64_t *dims)
{
  struct tensor *t = arena_zalloc(a, sizeof *t);
  t->dtype = dtype;
  tensor_shape(t, rank, dims);
  t->data = own(a, (size_t)tensor_size(t) * dtype_size[dtype]);
  return t;
}

const struct tensor *tensor_apart(struct arena *a, const struct tensor *t,
                                  unsigned how)
{
  struct tensor *x = arena_zalloc(a, sizeof *x);
  int64_t step = 1 + how % 3;
  size_t one = dtype_size[t->dtype];
  *x = *t;
  for (uint32_t i = 0; i < t->rank; i++) {
    uint32_t axis = (i + how) % t->rank;
    x->strides[axis] = step;
    step *= t->dims[axis] + (how >> i & 1);
  }
  x->data = own(a, (size_t)step * one);
  for (int64_t i = 0; i < tensor_size(t); i++)
    memcpy((char *)tensor_at(x, (size_t)i), tensor_at(t, (size_t)i), one);
  return x;
}

// ---- steps ----

static bool takes_tensors(const struct signature_type *t)
{
  return t->form == SIGNATURE_KIND &&
         (t->kind == TYPE_tensor ||
          (t->kind == TYPE_list && takes_tensors(t->parts[0])));
}

bool call_shape(const struct call *c, struct tensor *out, struct buf *why)
{
  uint32_t params[STEP_INPUTS], n = 0;
  const struct signature *row = signature_of(c->op);
  for (uint32_t p = 0; p < row->n_params && n < c->n_inputs; p++)
    if (takes_tensors(row->params[p].type))
      do
        params[n++] = p;
      while (row->params[p].type->kind == TYPE_list && n < c->n_inputs);
  struct tensor_use use = {row, c->inputs, params, c->n_inputs, c->attributes};
  return tensor_infer(&use, out, why);
}

struct tensor_step *call_step(struct arena *a, const struct call *c)
{
  struct tensor_step *s = arena_zalloc(a, sizeof *s);
  struct tensor *out = arena_zalloc(a, sizeof *out);
  struct buf why = {.arena = a};
  struct call *kept = arena_zalloc(a, sizeof *kept);
  *kept = *c;
  if (!call_shape(c, out, &why))
    fail_msg("%.*s", (int)why.size, why.data);
  size_t size = (size_t)tensor_size(out) * dtype_size[out->dtype];
  out->data = own(a, size);
  memset(out->data, 0xA5, size); // nothing of it may stay
  *s = (struct tensor_step){.op = c->op,
                            .n_inputs = c->n_inputs,
                            .n_attributes = c->n_attributes,
                            .inputs = kept->inputs,
                            .attributes = kept->attributes,
                            .output = out};
  return s;
}

const char *step_run(const struct backend *b, struct tensor_step *s)
{
  size_t size = b->scratch ? b->scratch(s) : 0;
  void *scratch = NULL;
  assert_int_equal(posix_memalign(&scratch, 64, size + !size), 0);
  s->backend = b;
  s->scratch = size;
  const char *why = b->run(s, scratch);
  free(scratch);
  return why;
}

int64_t float_attribute(double x)
{
  int64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

// ---- comparing ----

double tensor_element(const struct tensor *t, int64_t number)
{
  return element_float(tensor_at(t, (size_t)number), (enum dtype)t->dtype, 0);
}

static bool close_floats(double x, double y, double relative, double least)
{
  if (isnan(x) || isnan(y))
    return isnan(x) && isnan(y);
  if (isinf(x) || isinf(y))
    return x == y;
  return fabs(x - y) <= fmax(least, relative * fmax(fabs(x), fabs(y)));
}

bool tensors_close(const struct tensor *x, const struct tensor *y, double slack,
                   double least, int64_t *at)
{
  static const double apart[DTYPES] = {
      [DTYPE_f32] = 0x1p-23,
      [DTYPE_f16] = 0x1p-10,
      [DTYPE_bf16] = 0x1p-7,
      [DTYPE_f64] = 0x1p-46, // sums are in another order
  };
  *at = -1;
  if (x->dtype != y->dtype || x->rank != y->rank ||
      memcmp(x->dims, y->dims, x->rank * sizeof *x->dims))
    return false;
  for (*at = 0; *at < tensor_size(x); ++*at) {
    const void *a = tensor_at(x, (size_t)*at), *b = tensor_at(y, (size_t)*at);
    if (apart[x->dtype] == 0
            ? memcmp(a, b, dtype_size[x->dtype]) != 0
            : !close_floats(tensor_element(x, *at), tensor_element(y, *at),
                            slack * apart[x->dtype], least))
      return false;
  }
  return true;
}
