// Nested lists of numbers to a tensor. The shape is that of the first elements;
// a list of another length than its sisters is an offence, as is an element
// that is no number.
#include "runtime/codec/parts.h"
#include "runtime/codec/tensor.h"

#include <string.h>

// The rank and dims that the first elements say; false when too deep.
static bool find_shape(const struct json *from, uint32_t *rank, int64_t *dims)
{
  uint32_t n = 0;
  while (from && from->kind == JSON_LIST) {
    if (n == TENSOR_RANK)
      return false;
    dims[n++] = from->as.list->count;
    if (!from->as.list->count)
      break;
    from = from->as.list->items[0].json;
  }
  *rank = n;
  return true;
}

struct filler {
  struct decode *d;
  uint32_t rank;
  int64_t dims[TENSOR_RANK];
  struct tensor *t;
  size_t at;
};

// ---- shape ----

static bool offend_ragged(struct filler *f, uint32_t axis,
                          const struct json *from, const struct loc *at)
{
  if (from->kind != JSON_LIST)
    return offence_at(f->d, from, at, "list_type", NULL,
                      "Input should be a valid list");
  return offence_value(f->d, from, at,
                       "a list of %u stands where others are of %lld",
                       from->as.list->count, (long long)f->dims[axis]);
}

// Whether all lists of an axis are as long as the first.
static bool is_even(struct filler *f, uint32_t axis, const struct json *from,
                    const struct loc *at)
{
  from = from ? from : &json_null;
  if (from->kind != JSON_LIST || from->as.list->count != f->dims[axis])
    return offend_ragged(f, axis, from, at);
  bool ok = true;
  for (uint32_t i = 0; axis + 1 < f->rank && i < from->as.list->count; i++) {
    struct loc here = {at, NULL, 0, i};
    ok &= is_even(f, axis + 1, from->as.list->items[i].json, &here);
  }
  return ok;
}

// ---- elements ----

static bool fill_element(struct filler *f, const struct json *from,
                         const struct loc *at)
{
  enum dtype dtype = (enum dtype)f->t->dtype;
  double x;
  if (from->kind == JSON_INT || from->kind == JSON_BOOL) {
    element_set_int(f->t->data, dtype, f->at++, from->as.i);
    return true;
  }
  if (!convert_number(f->d, from, at, &x))
    return false;
  element_set(f->t->data, dtype, f->at++, x);
  return true;
}

static bool fill(struct filler *f, uint32_t axis, const struct json *from,
                 const struct loc *at)
{
  from = from ? from : &json_null;
  if (axis == f->rank)
    return fill_element(f, from, at);
  bool ok = true;
  for (uint32_t i = 0; i < from->as.list->count; i++) {
    struct loc here = {at, NULL, 0, i};
    ok &= fill(f, axis + 1, from->as.list->items[i].json, &here);
  }
  return ok;
}

struct tensor *tensor_read(struct decode *d, const struct json *from,
                           enum dtype dtype, const struct loc *at)
{
  struct filler f = {.d = d};
  if (from->kind != JSON_LIST) {
    offence_at(d, from, at, "list_type", NULL, "Input should be a valid list");
    return NULL;
  }
  if (!find_shape(from, &f.rank, f.dims)) {
    offence_value(d, from, at, "an array has at most %d dimensions",
                  TENSOR_RANK);
    return NULL;
  }
  if (!is_even(&f, 0, from, at) ||
      !(f.t = tensor_make(d->arena, dtype, f.rank, f.dims)))
    return NULL;
  return fill(&f, 0, from, at) ? f.t : NULL;
}

// ---- into a type ----

void dims_print(const struct plan *p, struct plan_run dims, struct buf *out)
{
  buf_addc(out, '[');
  for (uint32_t i = 0; i < dims.count; i++) {
    const struct plan_field *f = &p->fields[dims.first + i];
    buf_adds(out, i ? ", " : "");
    if (f->value != PLAN_NONE)
      buf_addf(out, "%lld", (long long)plan_bits(&p->consts[f->value]));
    else
      buf_adds(out, f->name.size ? plan_str(p, f->name) : "?");
  }
  buf_addc(out, ']');
}

// Fixed sizes are as said, and one name is one size.
static bool dims_fit(const struct plan *p, struct plan_run dims,
                     const struct tensor *t)
{
  if (!dims.count)
    return true;
  if (dims.count != t->rank)
    return false;
  for (uint32_t i = 0; i < dims.count; i++) {
    const struct plan_field *f = &p->fields[dims.first + i];
    if (f->value != PLAN_NONE &&
        plan_bits(&p->consts[f->value]) != (uint64_t)t->dims[i])
      return false;
    for (uint32_t k = 0; k < i && f->value == PLAN_NONE && f->name.size; k++) {
      const struct plan_field *g = &p->fields[dims.first + k];
      if (g->name.at == f->name.at && g->name.size == f->name.size &&
          t->dims[k] != t->dims[i])
        return false;
    }
  }
  return true;
}

bool tensor_fit(struct decode *d, struct tensor *t, uint32_t type,
                const struct json *from, const struct loc *at)
{
  const struct plan_type *want = &d->plan->types[type];
  if (dims_fit(d->plan, want->fields, t))
    return tensor_cast(d->arena, t, (enum dtype)want->detail);
  if (!d->offences)
    return false;
  struct buf why = {.arena = d->arena};
  shape_print(t->dims, t->rank, &why);
  buf_adds(&why, ", expected ");
  dims_print(d->plan, want->fields, &why);
  return !why.failed && offence_value(d, from, at, "the shape is %s", why.data);
}

bool convert_tensor(struct decode *d, uint32_t type, const struct json *from,
                    const struct loc *at, value *out)
{
  enum dtype dtype = (enum dtype)d->plan->types[type].detail;
  struct tensor *t = tensor_read(d, from, dtype, at);
  if (!t || !tensor_fit(d, t, type, from, at))
    return false;
  out->tensor = t;
  return true;
}
