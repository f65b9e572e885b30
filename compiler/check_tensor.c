// Operators with tensors: whether the arguments' elements and dimensions are
// those of the row, and what it gives.
#include "compiler/tensor_match.h"

#include <string.h>

// ---- learning ----

static bool misfit(struct tensor_match *m, enum misfit_kind kind,
                   uint32_t param, uint32_t by)
{
  m->misfit.kind = kind;
  m->misfit.param = param;
  m->misfit.by = by;
  return false;
}

static bool differ(struct tensor_match *m, const char *name, uint32_t param,
                   const struct type_part *is, uint32_t by,
                   const struct type_part *was)
{
  m->misfit.is = *is;
  m->misfit.was = *was;
  m->misfit.name = name;
  return misfit(m, MISFIT_DIM, param, by);
}

static bool elements_fit(struct tensor_match *m,
                         const struct signature_tensor *s, enum dtype dtype,
                         uint32_t param)
{
  if (!s->variable)
    return s->dtype == dtype || misfit(m, MISFIT_ELEMENTS, param, param);
  if (!element_may_be(s->of, dtype))
    return misfit(m, MISFIT_ELEMENTS, param, param);
  if (m->elements[s->of].set)
    return m->elements[s->of].is == dtype ||
           misfit(m, MISFIT_ELEMENTS, param, m->elements[s->of].by);
  m->elements[s->of].set = true;
  m->elements[s->of].by = param;
  m->elements[s->of].is = dtype;
  return true;
}

// What is known of one place joins what another one said.
static bool learn(struct tensor_match *m, uint32_t name,
                  const struct dim_list *is, uint32_t param)
{
  struct dim_scopes *scopes = types_scopes(m->k->t);
  struct learned *l = &m->dims[name];
  const char *text = m->row->dims[name];
  if (!l->set || l->is.any) {
    *l = (struct learned){true, param, *is};
    return true;
  }
  if (is->any)
    return true;
  if (is->n != l->is.n)
    return misfit(m, MISFIT_RANK, param, l->by);
  for (uint32_t i = 0; i < is->n; i++) {
    if (!dims_agree(scopes, &l->is.dims[i], &is->dims[i]))
      return differ(m, text[0] == '.' ? NULL : text, param, &is->dims[i], l->by,
                    &l->is.dims[i]);
    if (dim_known(scopes, &l->is.dims[i]) || !dim_known(scopes, &is->dims[i]))
      continue;
    l->is.dims[i] = is->dims[i];
    l->by = param;
  }
  return true;
}

static uint32_t run_of(const struct signature_tensor *s)
{
  uint32_t i = 0;
  while (i < s->n_dims && s->dims[i].kind != DIM_RUN)
    i++;
  return i;
}

static bool run_fits(struct tensor_match *m, const struct signature_dim *d,
                     uint32_t at, uint32_t others, const struct type *t,
                     uint32_t param)
{
  struct dim_list run = {.any = t->any_rank};
  if (!run.any)
    run.n = t->n_parts - others;
  memcpy(run.dims, t->parts + (run.n ? at : 0), run.n * sizeof *run.dims);
  return learn(m, d->name, &run, param);
}

static bool dim_fits(struct tensor_match *m, const struct signature_dim *d,
                     const struct type_part *is, uint32_t param)
{
  struct type_part number = {.size = d->size};
  struct dim_list one = {.n = 1, .dims = {*is}};
  if (d->kind == DIM_NAME)
    return learn(m, d->name, &one, param);
  return d->kind != DIM_NUMBER ||
         dims_agree(types_scopes(m->k->t), &number, is) ||
         differ(m, NULL, param, is, param, &number);
}

bool tensor_fits(struct tensor_match *m, const struct signature_tensor *s,
                 const struct type *t, uint32_t param)
{
  static const struct type_part unknown = {.size = DIM_ANY};
  uint32_t run = run_of(s), others = s->n_dims - (run < s->n_dims);
  struct type as = {
      .any_rank = run < s->n_dims, .rest = run, .n_parts = others};
  if (!elements_fit(m, s, t->dtype, param))
    return false;
  if (!ranks_agree(&as, t))
    return misfit(m, MISFIT_RANK, param, param);
  for (uint32_t i = 0; i < s->n_dims; i++) {
    if (i == run) {
      if (!run_fits(m, &s->dims[i], run, others, t, param))
        return false;
      continue;
    }
    const struct type_part *d = dim_opposite(&as, i - (i > run), t);
    if (!dim_fits(m, &s->dims[i], d ? d : &unknown, param))
      return false;
  }
  return true;
}

// ---- results ----

// NumPy's rule for two dimensions; false: they do not broadcast.
static bool broadcast_dim(struct tensor_match *m, struct type_part *x,
                          const struct type_part *y)
{
  struct dim_scopes *scopes = types_scopes(m->k->t);
  bool known = dim_known(scopes, x), both = known && dim_known(scopes, y);
  bool one = !x->name && x->size == 1, other = !y->name && y->size == 1;
  if (one)
    *x = *y;
  if (one || other || (both && dims_agree(scopes, x, y)))
    return true;
  if (both)
    return false;
  const struct type_part *certain = known ? x : y; // the other may be 1
  *x = certain->name ? (struct type_part){.size = DIM_ANY} : *certain;
  return true;
}

static bool broadcast(struct tensor_match *m, struct dim_list *x, uint32_t by,
                      const struct learned *y)
{
  if (x->any || y->is.any) {
    *x = (struct dim_list){.any = true};
    return true;
  }
  struct dim_list wide = x->n >= y->is.n ? *x : y->is;
  const struct dim_list *narrow = x->n >= y->is.n ? &y->is : x;
  for (uint32_t i = 0; i < narrow->n; i++) {
    struct type_part *d = &wide.dims[wide.n - narrow->n + i], was = *d;
    if (broadcast_dim(m, d, &narrow->dims[i]))
      continue;
    differ(m, NULL, y->by, &narrow->dims[i], by, &was);
    return misfit(m, MISFIT_BROADCAST, y->by, by);
  }
  *x = wide;
  return true;
}

static bool append(struct dim_list *out, const struct dim_list *x)
{
  if (out->n + x->n > TYPE_RANK)
    return false;
  memcpy(out->dims + out->n, x->dims, x->n * sizeof *x->dims);
  if (x->any && out->any)
    out->n = out->rest = 0; // where the known ones stand is not known
  else if (x->any)
    out->rest = out->n + x->rest;
  out->n += x->n;
  out->any = out->any || x->any;
  return true;
}

static bool add_dim(struct tensor_match *m, const struct signature_dim *d,
                    const struct dim_list *open, uint32_t *next,
                    struct dim_list *out)
{
  struct dim_list one = {.n = 1, .dims = {{.size = DIM_ANY}}};
  switch (d->kind) {
  case DIM_NUMBER:
    one.dims[0].size = d->size;
    break;
  case DIM_NAME:
  case DIM_RUN:
    if (m->dims[d->name].set)
      one = m->dims[d->name].is;
    break;
  case DIM_BROADCAST:
    one = m->dims[d->runs[0]].is;
    for (uint32_t i = 1; i < d->n_runs; i++)
      if (!broadcast(m, &one, m->dims[d->runs[0]].by, &m->dims[d->runs[i]]))
        return false;
    break;
  case DIM_UNKNOWN:
    if (*next < open->n)
      one.dims[0] = open->dims[(*next)++];
    break;
  case DIM_UNKNOWN_RUN:
    one = *open;
    break;
  }
  return append(out, &one) || misfit(m, MISFIT_RANK, 0, 0);
}

const struct type *tensor_gives(struct tensor_match *m)
{
  const struct signature_tensor *s = m->row->result->tensor;
  struct dim_list out = {0}, open = {0};
  uint32_t next = 0;
  bool rule = m->row->attributes & OPERATOR_TENSOR;
  if (rule && !shape_rule(m, &open))
    return NULL;
  for (uint32_t i = 0; i < s->n_dims; i++)
    if (!add_dim(m, &s->dims[i], &open, &next, &out))
      return NULL;
  enum dtype dtype = s->variable ? m->elements[s->of].is : s->dtype;
  return out.any ? type_tensor_around(m->k->t, dtype, out.dims, out.n, out.rest)
                 : type_tensor(m->k->t, dtype, false, out.dims, out.n);
}

// ---- reports ----

static const char *dtype_text(enum dtype dtype)
{
  static const char *const names[] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
  };
  return names[dtype];
}

static const char *dim_text(struct checker *k, const struct type_part *d)
{
  if (d->name)
    return d->name->text;
  return d->size == DIM_ANY ? "_"
                            : arena_printf(k->a, "%lld", (long long)d->size);
}

// A tensor, or what a list is of.
static const struct type *tensor_of(const struct core *x)
{
  const struct type *t = x->type;
  return t->kind == TYPE_list ? t->of : t;
}

static struct diag *report_elements(struct tensor_match *m)
{
  struct checker *k = m->k;
  const struct core *x = m->args[m->misfit.param];
  const char *param = m->row->params[m->misfit.param].name;
  const struct core *other = m->args[m->misfit.by];
  struct diag *d;
  if (m->misfit.by != m->misfit.param) {
    d = diag_report(k->d, DIAG_wrong_elements, x->span,
                    "%s and %s have different elements", show(k, other->type),
                    show(k, x->type));
    diag_note(k->d, d, other->span, "%s", show(k, other->type));
    if (tensor_of(x)->kind == TYPE_tensor)
      diag_hint(k->d, d, "convert one of them: `tensor.%s(…)`",
                dtype_text(tensor_of(other)->dtype));
    return d;
  }
  const struct signature_type *s = m->row->params[m->misfit.param].type;
  if (s->kind == TYPE_list)
    s = s->parts[0];
  d = diag_report(k->d, DIAG_wrong_elements, x->span,
                  "`%s` of `%s` does not take the elements of %s", param,
                  m->row->name, show(k, x->type));
  diag_hint(k->d, d, "convert them: `tensor.%s(…)`",
            !s->tensor->variable         ? dtype_text(s->tensor->dtype)
            : s->tensor->of == ELEMENT_I ? "i32"
                                         : "f32");
  return d;
}

static struct diag *report_shape(struct tensor_match *m)
{
  struct checker *k = m->k;
  const struct misfit *w = &m->misfit;
  const struct core *x = m->args[w->param], *other = m->args[w->by];
  struct span at = x->span;
  const char *name = m->row->params[w->param].name;
  struct diag *d;
  if (w->kind == MISFIT_RULE)
    return diag_report(k->d, DIAG_shape_mismatch, at, "%s", w->why);
  if (w->kind == MISFIT_RANK && w->by == w->param)
    return diag_report(k->d, DIAG_shape_mismatch, at,
                       "%s has another number of dimensions than `%s` of `%s`",
                       show(k, x->type), name, m->row->name);
  if (w->kind == MISFIT_DIM && w->by == w->param)
    return diag_report(k->d, DIAG_shape_mismatch, at,
                       "%s has %s where `%s` of `%s` has %s", show(k, x->type),
                       dim_text(k, &w->is), name, m->row->name,
                       dim_text(k, &w->was));
  if (w->kind == MISFIT_DIM && w->name)
    d = diag_report(k->d, DIAG_shape_mismatch, at,
                    "`%s` of `%s` is %s here, and %s would make it %s", w->name,
                    m->row->name, dim_text(k, &w->was), show(k, x->type),
                    dim_text(k, &w->is));
  else if (w->kind == MISFIT_RANK)
    d = diag_report(k->d, DIAG_shape_mismatch, at, "%s and %s do not agree",
                    show(k, other->type), show(k, x->type));
  else
    d = diag_report(k->d, DIAG_shape_mismatch, at,
                    "%s and %s do not %s: %s is not %s", show(k, other->type),
                    show(k, x->type),
                    w->kind == MISFIT_BROADCAST ? "broadcast" : "agree",
                    dim_text(k, &w->was), dim_text(k, &w->is));
  if (w->name)
    diag_note(k->d, d, other->span, "%s: this makes `%s` %s",
              show(k, other->type), w->name, dim_text(k, &w->was));
  else
    diag_note(k->d, d, other->span, "%s", show(k, other->type));
  return d;
}

struct core *report_tensors(struct tensor_match *m, struct span at)
{
  bool elements = m->misfit.kind == MISFIT_ELEMENTS;
  struct diag *d = elements ? report_elements(m) : report_shape(m);
  if (!d->hint)
    diag_hint(m->k->d, d, "it is `%s%s`", m->row->name, m->row->text);
  return core_bad(m->k, at);
}
