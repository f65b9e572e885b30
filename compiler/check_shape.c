// The rules of shape_rules.def over dimensions with names: as much as is known
// when the program is compiled. What depends on values of that run is `_`.
#include "compiler/tensor_match.h"

#include <string.h>

// ---- what the operator is told ----

static const struct core *told(const struct tensor_match *m, const char *name,
                               uint32_t *at)
{
  for (*at = 0; *at < m->row->n_params; ++*at)
    if (!strcmp(m->row->params[*at].name, name))
      return m->args[*at];
  return NULL;
}

bool shape_number(const struct tensor_match *m, const char *name, int64_t *out)
{
  uint32_t at;
  const struct core *x = told(m, name, &at);
  if (!x || x->kind != CORE_CONST)
    return false;
  *out = x->constant->i;
  return true;
}

// The elements of a list that is written out; those that are not constants are
// INT64_MIN. Its length, or -1.
static int64_t listed(const struct tensor_match *m, const char *name,
                      int64_t out[TYPE_RANK])
{
  uint32_t at;
  const struct core *x = told(m, name, &at);
  bool constant = x->kind == CORE_CONST;
  if (!constant && x->kind != CORE_LIST)
    return -1;
  uint32_t n = constant ? x->constant->n_parts : x->n_args;
  for (uint32_t i = 0; i < n && i < TYPE_RANK; i++) {
    const struct core *part = constant ? NULL : x->args[i];
    out[i] = constant                   ? x->constant->parts[i]->i
             : part->kind == CORE_CONST ? part->constant->i
                                        : INT64_MIN;
  }
  return n;
}

static bool wrong(struct tensor_match *m, const char *name, const char *why)
{
  uint32_t at;
  told(m, name, &at);
  m->misfit =
      (struct misfit){.kind = MISFIT_RULE, .param = at, .by = at, .why = why};
  return false;
}

static bool too_many(struct tensor_match *m, const char *name)
{
  return wrong(m, name, "a tensor has no more than 8 dimensions");
}

// ---- dimensions ----

static const struct type *input(const struct tensor_match *m)
{
  const struct type *t = m->args[0]->type;
  return t->kind == TYPE_list ? t->of : t;
}

static void unknown(struct dim_list *out)
{
  *out = (struct dim_list){.any = true};
}

struct type_part shape_dim(int64_t size)
{
  return (struct type_part){.size = size < 0 ? DIM_ANY : size};
}

bool shape_is_number(const struct type_part *d)
{
  return !d->name && d->size != DIM_ANY;
}

static void copy(const struct type *t, struct dim_list *out)
{
  *out = (struct dim_list){.n = t->n_parts};
  memcpy(out->dims, t->parts, t->n_parts * sizeof *out->dims);
}

static void take_away(uint32_t at, struct dim_list *out)
{
  out->n--;
  memmove(out->dims + at, out->dims + at + 1,
          (out->n - at) * sizeof *out->dims);
}

static void insert(uint32_t at, struct type_part d, struct dim_list *out)
{
  memmove(out->dims + at + 1, out->dims + at,
          (out->n - at) * sizeof *out->dims);
  out->dims[at] = d;
  out->n++;
}

// The axis of so many; false with `*known`: it is reported, without: only the
// run knows.
static bool axis_of(struct tensor_match *m, uint32_t rank, uint32_t *axis,
                    bool *known)
{
  int64_t at;
  *known = shape_number(m, "axis", &at);
  if (!*known)
    return false;
  int64_t from_start = at < 0 ? at + rank : at;
  if (from_start >= 0 && from_start < rank) {
    *axis = (uint32_t)from_start;
    return true;
  }
  return wrong(m, "axis",
               arena_printf(m->k->a, "%s has no axis %lld",
                            show(m->k, m->args[0]->type), (long long)at));
}

// Most rules: the input's dimensions, changed at an axis. False: what `*result`
// says is all that there is to do.
static bool at_axis(struct tensor_match *m, uint32_t more, uint32_t *axis,
                    struct dim_list *out, bool *result)
{
  const struct type *t = input(m);
  bool known = false;
  *result = true;
  unknown(out);
  if (t->any_rank)
    return false;
  if (!axis_of(m, t->n_parts + more, axis, &known)) {
    *result = !known;
    return false;
  }
  if (more && t->n_parts == TYPE_RANK) {
    *result = too_many(m, "axis");
    return false;
  }
  copy(t, out);
  return true;
}

// ---- rules ----

static bool rule_SIGNATURE(struct tensor_match *m, struct dim_list *out)
{
  return true;
}

static bool rule_INDEX(struct tensor_match *m, struct dim_list *out)
{
  const struct type *t = input(m);
  int64_t at;
  if (t->any_rank || !shape_is_number(&t->parts[0]) ||
      !shape_number(m, "at", &at) ||
      (at >= -t->parts[0].size && at < t->parts[0].size))
    return true;
  return wrong(m, "at",
               arena_printf(m->k->a, "%s has no part %lld", show(m->k, t),
                            (long long)at));
}

static int64_t slice_end(int64_t at, int64_t size)
{
  if (at < 0)
    return at < -size ? 0 : at + size;
  return at > size ? size : at;
}

static bool rule_SLICE(struct tensor_match *m, struct dim_list *out)
{
  uint32_t axis;
  bool result;
  int64_t from, to;
  if (!at_axis(m, 0, &axis, out, &result))
    return result;
  struct type_part *d = &out->dims[axis];
  bool known = shape_number(m, "from", &from), end = shape_number(m, "to", &to);
  if (known && end && !from && to == INT64_MAX)
    return true; // all of it
  if (known && end && shape_is_number(d)) {
    from = slice_end(from, d->size);
    to = slice_end(to, d->size);
    *d = shape_dim(to > from ? to - from : 0);
  } else {
    *d = shape_dim(DIM_ANY);
  }
  return true;
}

// How many tensors there are, if they are written out.
static int64_t tensors(const struct tensor_match *m)
{
  return m->args[0]->kind == CORE_LIST ? (int64_t)m->args[0]->n_args : -1;
}

static bool rule_CONCAT(struct tensor_match *m, struct dim_list *out)
{
  uint32_t axis;
  bool result;
  int64_t n = tensors(m), sum;
  if (!at_axis(m, 0, &axis, out, &result))
    return result;
  struct type_part *d = &out->dims[axis];
  bool known =
      shape_is_number(d) && n >= 0 && !__builtin_mul_overflow(n, d->size, &sum);
  if (n != 1)
    *d = shape_dim(known ? sum : DIM_ANY);
  return true;
}

static bool rule_STACK(struct tensor_match *m, struct dim_list *out)
{
  uint32_t axis;
  bool result;
  if (!at_axis(m, 1, &axis, out, &result))
    return result;
  insert(axis, shape_dim(tensors(m)), out);
  return true;
}

// The dimensions of a list that is written out; false: nothing is known, or
// they are wrong, as `*result` says.
static bool shape_of(struct tensor_match *m, struct dim_list *out, bool *result)
{
  int64_t sizes[TYPE_RANK], n = listed(m, "shape", sizes);
  *result = true;
  unknown(out);
  if (n < 0)
    return false;
  if (n > TYPE_RANK) {
    *result = too_many(m, "shape");
    return false;
  }
  *out = (struct dim_list){.n = (uint32_t)n};
  for (uint32_t i = 0; i < out->n; i++)
    out->dims[i] = shape_dim(sizes[i]);
  return true;
}

// The product of the numbers, and how many others there are; false: overflow.
static bool product(const struct type_part *dims, uint32_t n, int64_t *out,
                    uint32_t *others)
{
  *out = 1;
  *others = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (!shape_is_number(&dims[i]))
      ++*others;
    else if (__builtin_mul_overflow(*out, dims[i].size, out))
      return false;
  }
  return true;
}

static bool rule_RESHAPE(struct tensor_match *m, struct dim_list *out)
{
  const struct type *t = input(m);
  int64_t had, has, sizes[TYPE_RANK];
  uint32_t unknown_before, unknown_now;
  bool result;
  if (!shape_of(m, out, &result))
    return result;
  if (t->any_rank || !product(t->parts, t->n_parts, &had, &unknown_before) ||
      !product(out->dims, out->n, &has, &unknown_now) || unknown_before)
    return true;
  listed(m, "shape", sizes);
  bool fits = unknown_now ? !has || had % has == 0 : had == has;
  if (!fits)
    return wrong(m, "shape",
                 arena_printf(m->k->a,
                              "the %lld elements of %s do not fill this shape",
                              (long long)had, show(m->k, t)));
  for (uint32_t i = 0; i < out->n && unknown_now == 1 && has; i++)
    if (sizes[i] == -1)
      out->dims[i] = shape_dim(had / has);
  return true;
}

static bool rule_TRANSPOSE(struct tensor_match *m, struct dim_list *out)
{
  const struct type *t = input(m);
  int64_t axes[TYPE_RANK], n = listed(m, "axes", axes);
  unsigned seen = 0;
  unknown(out);
  if (t->any_rank || n < 0)
    return true;
  bool fits = n == (int64_t)t->n_parts;
  copy(t, out);
  for (uint32_t i = 0; i < out->n && fits; i++) {
    int64_t at = axes[i] < 0 ? axes[i] + n : axes[i];
    if (axes[i] == INT64_MIN) {
      out->dims[i] = shape_dim(DIM_ANY);
      continue;
    }
    fits = at >= 0 && at < n && !(seen >> at & 1);
    if (!fits)
      break;
    seen |= 1u << at;
    out->dims[i] = t->parts[at];
  }
  return fits ||
         wrong(m, "axes",
               arena_printf(m->k->a, "these are not the axes of %s, each once",
                            show(m->k, t)));
}

static bool rule_EXPAND(struct tensor_match *m, struct dim_list *out)
{
  uint32_t axis;
  bool result;
  if (!at_axis(m, 1, &axis, out, &result))
    return result;
  insert(axis, shape_dim(1), out);
  return true;
}

static bool rule_SQUEEZE(struct tensor_match *m, struct dim_list *out)
{
  uint32_t axis;
  bool result;
  if (!at_axis(m, 0, &axis, out, &result))
    return result;
  struct type_part one = shape_dim(1);
  if (!dims_agree(types_scopes(m->k->t), &out->dims[axis], &one))
    return wrong(m, "axis",
                 arena_printf(m->k->a, "this dimension of %s is not 1",
                              show(m->k, input(m))));
  take_away(axis, out);
  return true;
}

static bool rule_BROADCAST(struct tensor_match *m, struct dim_list *out)
{
  bool result;
  shape_of(m, out, &result);
  return result;
}

static bool rule_REDUCE(struct tensor_match *m, struct dim_list *out)
{
  uint32_t axis;
  bool result;
  int64_t keep;
  if (!at_axis(m, 0, &axis, out, &result))
    return result;
  if (!shape_number(m, "keep_dims", &keep))
    unknown(out);
  else if (keep)
    out->dims[axis] = shape_dim(1);
  else
    take_away(axis, out);
  return true;
}

static bool rule_KEEP(struct tensor_match *m, struct dim_list *out)
{
  uint32_t axis;
  bool result;
  at_axis(m, 0, &axis, out, &result);
  return result;
}

// `_` is what one parameter says.
static bool one(struct tensor_match *m, const char *name, struct dim_list *out)
{
  int64_t n;
  if (!shape_number(m, name, &n))
    return true;
  *out = (struct dim_list){.n = 1, .dims = {shape_dim(n)}};
  return n >= 0 ||
         wrong(m, name,
               arena_printf(m->k->a, "%lld is no dimension", (long long)n));
}

static bool rule_TOP_K(struct tensor_match *m, struct dim_list *out)
{
  return one(m, "k", out);
}

static bool rule_ONE_HOT(struct tensor_match *m, struct dim_list *out)
{
  return one(m, "classes", out);
}

static bool rule_ARANGE(struct tensor_match *m, struct dim_list *out)
{
  return one(m, "n", out);
}

static bool rule_FULL(struct tensor_match *m, struct dim_list *out)
{
  bool result;
  shape_of(m, out, &result);
  return result;
}

static bool rule_EXPECT(struct tensor_match *m, struct dim_list *out)
{
  const struct type *t = input(m);
  bool result;
  if (!shape_of(m, out, &result))
    return result;
  for (uint32_t i = 0; i < out->n && !t->any_rank && t->n_parts == out->n; i++)
    if (!shape_is_number(&out->dims[i]))
      out->dims[i] = t->parts[i];
  return true;
}

static bool rule_PAD(struct tensor_match *m, struct dim_list *out)
{
  const struct type *t = input(m);
  int64_t before[TYPE_RANK], after[TYPE_RANK], sum;
  int64_t n = listed(m, "before", before), n_after = listed(m, "after", after);
  unknown(out);
  if (t->any_rank)
    return true;
  copy(t, out);
  for (uint32_t i = 0; i < out->n; i++) {
    struct type_part *d = &out->dims[i];
    bool known =
        n == out->n && n_after == out->n && before[i] >= 0 && after[i] >= 0;
    if (known && !before[i] && !after[i])
      continue;
    known = known && shape_is_number(d) &&
            !__builtin_add_overflow(before[i], after[i], &sum) &&
            !__builtin_add_overflow(sum, d->size, &sum);
    *d = shape_dim(known ? sum : DIM_ANY);
  }
  return true;
}

static bool rule_APPEND(struct tensor_match *m, struct dim_list *out)
{
  const struct type *x = m->args[0]->type, *rows = m->args[1]->type;
  const struct type_part *d = &x->parts[0], *more = &rows->parts[0];
  int64_t sum;
  bool known = !x->any_rank && !rows->any_rank && shape_is_number(d) &&
               shape_is_number(more) &&
               !__builtin_add_overflow(d->size, more->size, &sum);
  *out = (struct dim_list){.n = 1, .dims = {shape_dim(known ? sum : DIM_ANY)}};
  return true;
}

bool shape_rule(struct tensor_match *m, struct dim_list *out)
{
  switch (m->row->shape) {
#define SHAPE_RULE(name, doc)                                                  \
  case SHAPE_##name:                                                           \
    return rule_##name(m, out);
#include "grammar/defs/shape_rules.def"
#undef SHAPE_RULE
  default:
    return true;
  }
}
