// One function for each rule of shape_rules.def: in are the operator's tensors
// and attributes, out the dimensions that its signature leaves open.
#include "runtime/tensor/shape_rules.h"

#include <stdarg.h>
#include <string.h>

typedef bool rule(const struct tensor_use *u, struct shape_dims *out,
                  struct buf *why);

__attribute__((format(printf, 3, 4))) static bool
wrong(const struct tensor_use *u, struct buf *why, const char *format, ...)
{
  va_list args;
  buf_addf(why, "%s: ", u->row->name);
  va_start(args, format);
  buf_addv(why, format, args);
  va_end(args);
  return false;
}

// An axis as it is written, from either end, of so many.
static bool axis_of(const struct tensor_use *u, int64_t written, uint32_t rank,
                    struct buf *why, uint32_t *axis)
{
  int64_t at = written < 0 ? written + rank : written;
  *axis = 0;
  if (at < 0 || at >= rank)
    return wrong(u, why, "there is no axis %lld of %u", (long long)written,
                 rank);
  *axis = (uint32_t)at;
  return true;
}

static void copy_dims(const struct tensor *t, struct shape_dims *out)
{
  memcpy(out->dims, t->dims, t->rank * sizeof *t->dims);
  out->n = t->rank;
}

static bool insert(const struct tensor_use *u, uint32_t at, int64_t size,
                   struct shape_dims *out, struct buf *why)
{
  if (out->n == TENSOR_RANK)
    return wrong(u, why, "a tensor has at most %d dimensions", TENSOR_RANK);
  memmove(out->dims + at + 1, out->dims + at,
          (out->n - at) * sizeof *out->dims);
  out->dims[at] = size;
  out->n++;
  return true;
}

static void take_away(uint32_t at, struct shape_dims *out)
{
  out->n--;
  memmove(out->dims + at, out->dims + at + 1,
          (out->n - at) * sizeof *out->dims);
}

// A list of dimensions among the attributes.
static bool listed(const struct tensor_use *u, const int64_t *attributes,
                   struct shape_dims *out, struct buf *why)
{
  if (attributes[0] > TENSOR_RANK)
    return wrong(u, why, "a tensor has at most %d dimensions", TENSOR_RANK);
  out->n = (uint32_t)attributes[0];
  memcpy(out->dims, attributes + 1, out->n * sizeof *out->dims);
  return true;
}

// ---- rules ----

static bool rule_SIGNATURE(const struct tensor_use *u, struct shape_dims *out,
                           struct buf *why)
{
  return true;
}

static bool rule_INDEX(const struct tensor_use *u, struct shape_dims *out,
                       struct buf *why)
{
  int64_t at = u->attributes[0], n = u->inputs[0]->dims[0];
  return (at >= -n && at < n) || wrong(u, why, "index %lld is outside of %lld",
                                       (long long)at, (long long)n);
}

static int64_t slice_end(int64_t at, int64_t n)
{
  at = at < 0 ? (at < -n ? 0 : at + n) : at;
  return at > n ? n : at;
}

static bool rule_SLICE(const struct tensor_use *u, struct shape_dims *out,
                       struct buf *why)
{
  uint32_t axis;
  copy_dims(u->inputs[0], out);
  if (!axis_of(u, u->attributes[2], out->n, why, &axis))
    return false;
  int64_t n = out->dims[axis], from = slice_end(u->attributes[0], n),
          to = slice_end(u->attributes[1], n);
  out->dims[axis] = to > from ? to - from : 0;
  return true;
}

static bool differs(const struct tensor_use *u, uint32_t i, struct buf *why)
{
  wrong(u, why, "the first tensor is ");
  shape_print(u->inputs[0]->dims, u->inputs[0]->rank, why);
  buf_addf(why, ", number %u is ", i + 1);
  shape_print(u->inputs[i]->dims, u->inputs[i]->rank, why);
  return false;
}

static bool rule_CONCAT(const struct tensor_use *u, struct shape_dims *out,
                        struct buf *why)
{
  uint32_t axis;
  if (!u->n_inputs)
    return wrong(u, why, "there is no tensor");
  copy_dims(u->inputs[0], out);
  if (!axis_of(u, u->attributes[0], out->n, why, &axis))
    return false;
  for (uint32_t i = 1; i < u->n_inputs; i++) {
    const struct tensor *t = u->inputs[i];
    bool same = t->rank == out->n;
    for (uint32_t k = 0; same && k < out->n; k++)
      same = k == axis || t->dims[k] == out->dims[k];
    if (!same)
      return differs(u, i, why);
    if (__builtin_add_overflow(out->dims[axis], t->dims[axis],
                               &out->dims[axis]))
      return wrong(u, why, "a dimension is too large");
  }
  return true;
}

static bool rule_APPEND(const struct tensor_use *u, struct shape_dims *out,
                        struct buf *why)
{
  out->n = 1;
  return !__builtin_add_overflow(u->inputs[0]->dims[0], u->inputs[1]->dims[0],
                                 &out->dims[0]) ||
         wrong(u, why, "a dimension is too large");
}

static bool rule_STACK(const struct tensor_use *u, struct shape_dims *out,
                       struct buf *why)
{
  uint32_t axis;
  if (!u->n_inputs)
    return wrong(u, why, "there is no tensor");
  copy_dims(u->inputs[0], out);
  for (uint32_t i = 1; i < u->n_inputs; i++)
    if (u->inputs[i]->rank != out->n ||
        memcmp(u->inputs[i]->dims, out->dims, out->n * sizeof *out->dims))
      return differs(u, i, why);
  return axis_of(u, u->attributes[0], out->n + 1, why, &axis) &&
         insert(u, axis, u->n_inputs, out, why);
}

static bool does_not_fit(const struct tensor_use *u, struct shape_dims *out,
                         struct buf *why)
{
  wrong(u, why, "the tensor is ");
  shape_print(u->inputs[0]->dims, u->inputs[0]->rank, why);
  buf_adds(why, ", which does not make ");
  shape_print(out->dims, out->n, why);
  return false;
}

static bool rule_RESHAPE(const struct tensor_use *u, struct shape_dims *out,
                         struct buf *why)
{
  int64_t n = tensor_size(u->inputs[0]), known = 1;
  int open = -1;
  if (!listed(u, u->attributes, out, why))
    return false;
  for (uint32_t i = 0; i < out->n; i++) {
    bool left = out->dims[i] == -1;
    if ((left && open >= 0) || out->dims[i] < -1 ||
        (!left && __builtin_mul_overflow(known, out->dims[i], &known)))
      return does_not_fit(u, out, why);
    open = left ? (int)i : open;
  }
  if (open >= 0 && known && n % known == 0)
    out->dims[open] = n / known;
  else if (open >= 0 || known != n)
    return does_not_fit(u, out, why);
  return true;
}

static bool rule_TRANSPOSE(const struct tensor_use *u, struct shape_dims *out,
                           struct buf *why)
{
  const struct tensor *t = u->inputs[0];
  uint32_t axis, seen = 0;
  if (!listed(u, u->attributes, out, why))
    return false;
  if (out->n != t->rank)
    return wrong(u, why, "%u axes are given, and there are %u", out->n,
                 t->rank);
  for (uint32_t i = 0; i < out->n; i++) {
    if (!axis_of(u, out->dims[i], t->rank, why, &axis))
      return false;
    if (seen >> axis & 1)
      return wrong(u, why, "axis %u is given twice", axis);
    seen |= 1u << axis;
    out->dims[i] = t->dims[axis];
  }
  return true;
}

static bool rule_EXPAND(const struct tensor_use *u, struct shape_dims *out,
                        struct buf *why)
{
  uint32_t axis;
  copy_dims(u->inputs[0], out);
  return axis_of(u, u->attributes[0], out->n + 1, why, &axis) &&
         insert(u, axis, 1, out, why);
}

static bool rule_SQUEEZE(const struct tensor_use *u, struct shape_dims *out,
                         struct buf *why)
{
  uint32_t axis;
  copy_dims(u->inputs[0], out);
  if (!axis_of(u, u->attributes[0], out->n, why, &axis))
    return false;
  if (out->dims[axis] != 1)
    return wrong(u, why, "axis %u is %lld, and not 1", axis,
                 (long long)out->dims[axis]);
  take_away(axis, out);
  return true;
}

static bool rule_BROADCAST(const struct tensor_use *u, struct shape_dims *out,
                           struct buf *why)
{
  const struct tensor *t = u->inputs[0];
  if (!listed(u, u->attributes, out, why))
    return false;
  if (out->n < t->rank)
    return does_not_fit(u, out, why);
  for (uint32_t i = 0; i < t->rank; i++) {
    int64_t to = out->dims[out->n - t->rank + i];
    if (t->dims[i] != to && t->dims[i] != 1)
      return does_not_fit(u, out, why);
  }
  return true;
}

static bool rule_REDUCE(const struct tensor_use *u, struct shape_dims *out,
                        struct buf *why)
{
  uint32_t axis;
  bool none = u->row->id == OPERATOR_tensor_max ||
              u->row->id == OPERATOR_tensor_min ||
              u->row->id == OPERATOR_tensor_argmax ||
              u->row->id == OPERATOR_tensor_argmin;
  copy_dims(u->inputs[0], out);
  if (!axis_of(u, u->attributes[0], out->n, why, &axis))
    return false;
  if (none && !out->dims[axis])
    return wrong(u, why, "axis %u has no elements", axis);
  if (u->attributes[1])
    out->dims[axis] = 1;
  else
    take_away(axis, out);
  return true;
}

static bool rule_KEEP(const struct tensor_use *u, struct shape_dims *out,
                      struct buf *why)
{
  uint32_t axis;
  return axis_of(u, u->attributes[0], u->inputs[0]->rank, why, &axis);
}

static bool rule_TOP_K(const struct tensor_use *u, struct shape_dims *out,
                       struct buf *why)
{
  const struct tensor *t = u->inputs[0];
  int64_t k = u->attributes[0], n = t->dims[t->rank - 1];
  if (k < 0 || k > n)
    return wrong(u, why, "k is %lld, and there are %lld elements", (long long)k,
                 (long long)n);
  out->dims[out->n++] = k;
  return true;
}

static bool counted(const struct tensor_use *u, const char *what, int64_t n,
                    struct shape_dims *out, struct buf *why)
{
  if (n < 0)
    return wrong(u, why, "%s is %lld", what, (long long)n);
  out->dims[out->n++] = n;
  return true;
}

static bool rule_ONE_HOT(const struct tensor_use *u, struct shape_dims *out,
                         struct buf *why)
{
  return counted(u, "classes", u->attributes[0], out, why);
}

static bool rule_ARANGE(const struct tensor_use *u, struct shape_dims *out,
                        struct buf *why)
{
  return counted(u, "n", u->attributes[0], out, why);
}

static bool rule_FULL(const struct tensor_use *u, struct shape_dims *out,
                      struct buf *why)
{
  return listed(u, u->attributes, out, why);
}

static bool rule_EXPECT(const struct tensor_use *u, struct shape_dims *out,
                        struct buf *why)
{
  const struct tensor *t = u->inputs[0];
  bool fits = listed(u, u->attributes, out, why) && out->n == t->rank;
  for (uint32_t i = 0; fits && i < out->n; i++)
    fits = out->dims[i] == -1 || out->dims[i] == t->dims[i];
  if (!fits) {
    buf_adds(why, "a tensor is ");
    shape_print(t->dims, t->rank, why);
    buf_adds(why, " where ");
    shape_print(out->dims, out->n, why);
    buf_adds(why, " is expected");
    return false;
  }
  copy_dims(t, out);
  return true;
}

static bool rule_PAD(const struct tensor_use *u, struct shape_dims *out,
                     struct buf *why)
{
  const int64_t *before = u->attributes;
  const int64_t *behind = before + 1 + before[0];
  copy_dims(u->inputs[0], out);
  if (before[0] != out->n || behind[0] != out->n)
    return wrong(u, why, "there are %u dimensions to pad", out->n);
  for (uint32_t i = 0; i < out->n; i++)
    if (before[i + 1] < 0 || behind[i + 1] < 0 ||
        __builtin_add_overflow(out->dims[i], before[i + 1], &out->dims[i]) ||
        __builtin_add_overflow(out->dims[i], behind[i + 1], &out->dims[i]))
      return wrong(u, why, "nothing can be padded by that");
  return true;
}

// Windows of `size` elements, `dilation` apart, along one dimension.
static bool windows(const struct tensor_use *u, int64_t n, int64_t size,
                    const int64_t *stride_padding_dilation,
                    struct shape_dims *out, struct buf *why)
{
  enum { MOST = 1 << 20 };
  int64_t stride = stride_padding_dilation[0];
  int64_t padding = stride_padding_dilation[1];
  int64_t dilation = stride_padding_dilation[2];
  if (size < 1 || stride < 1 || padding < 0 || dilation < 1 || size > MOST ||
      stride > MOST || padding > MOST || dilation > MOST)
    return wrong(u, why, "size, stride, padding or dilation is out of range");
  int64_t room = n + 2 * padding - dilation * (size - 1) - 1;
  if (room < 0)
    return wrong(u, why, "a window is wider than the %lld elements",
                 (long long)n);
  out->dims[out->n++] = room / stride + 1;
  return true;
}

static bool rule_CONV(const struct tensor_use *u, struct shape_dims *out,
                      struct buf *why)
{
  const struct tensor *x = u->inputs[0], *w = u->inputs[1];
  int64_t groups = u->attributes[3];
  if (groups < 1 || x->dims[1] % groups || w->dims[0] % groups ||
      x->dims[1] / groups != w->dims[1])
    return wrong(u, why,
                 "%lld channels in %lld groups do not meet a kernel of %lld "
                 "channels that gives %lld",
                 (long long)x->dims[1], (long long)groups,
                 (long long)w->dims[1], (long long)w->dims[0]);
  for (uint32_t i = 2; i < x->rank; i++)
    if (!windows(u, x->dims[i], w->dims[i], u->attributes, out, why))
      return false;
  return true;
}

static bool rule_POOL(const struct tensor_use *u, struct shape_dims *out,
                      struct buf *why)
{
  const struct tensor *x = u->inputs[0];
  int64_t size = u->attributes[0], stride = u->attributes[1];
  int64_t padding = u->attributes[2];
  const struct signature_tensor *as = u->row->result->tensor;
  uint32_t last = as->n_dims - 1; // how many of the last dimensions
  if (padding > size / 2)
    return wrong(u, why, "padding is more than half of a window");
  for (uint32_t i = x->rank - last; i < x->rank; i++)
    if (!windows(u, x->dims[i], size,
                 (int64_t[]){stride ? stride : size, padding, 1}, out, why))
      return false;
  return true;
}

bool shape_told(const struct tensor_use *u, struct shape_dims *out,
                struct buf *why)
{
  static rule *const rules[] = {
#define SHAPE_RULE(name, doc) rule_##name,
#include "grammar/defs/shape_rules.def"
#undef SHAPE_RULE
  };
  return rules[u->row->shape](u, out, why);
}
