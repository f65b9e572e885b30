// Signatures, with numbers. See shape.h; what rules say is in shape_rules.c.
#include "runtime/tensor/shape_rules.h"

#include <string.h>

struct run {               // of dimensions
  const struct tensor *of; // NULL: not known yet
  uint32_t first, count;
};

struct match {
  const struct tensor_use *use;
  int64_t sizes[SIGNATURE_DIMS]; // by name; -1: not known yet
  uint32_t from[SIGNATURE_DIMS]; // the input that said it
  struct run runs[SIGNATURE_DIMS];
  struct buf *why;
};

static const char *input_name(const struct tensor_use *u, uint32_t input)
{
  return u->row->params[u->params[input]].name;
}

// `nn.linear: w is [512, 700], `
static void say_input(struct match *m, uint32_t input)
{
  const struct tensor *t = m->use->inputs[input];
  buf_addf(m->why, "%s is ", input_name(m->use, input));
  shape_print(t->dims, t->rank, m->why);
}

static bool mismatch(struct match *m, uint32_t input, uint32_t other,
                     const char *name, int64_t here, int64_t there)
{
  buf_addf(m->why, "%s: ", m->use->row->name);
  if (other != input) {
    say_input(m, other);
    buf_adds(m->why, " and ");
  }
  say_input(m, input);
  buf_addf(m->why, ", so %s would be %lld and %lld", name, (long long)there,
           (long long)here);
  return false;
}

static bool bind_name(struct match *m, uint32_t input, uint32_t name,
                      int64_t size)
{
  if (m->sizes[name] < 0) {
    m->sizes[name] = size;
    m->from[name] = input;
  }
  return m->sizes[name] == size ||
         mismatch(m, input, m->from[name], m->use->row->dims[name], size,
                  m->sizes[name]);
}

static bool bind_run(struct match *m, uint32_t input, uint32_t name,
                     uint32_t first, uint32_t count)
{
  struct run *r = &m->runs[name];
  const struct tensor *t = m->use->inputs[input];
  if (!r->of) {
    *r = (struct run){t, first, count};
    m->from[name] = input;
  }
  if (r->count == count &&
      !memcmp(r->of->dims + r->first, t->dims + first, count * sizeof *t->dims))
    return true;
  buf_addf(m->why, "%s: ", m->use->row->name);
  say_input(m, m->from[name]);
  buf_adds(m->why, " and ");
  say_input(m, input);
  buf_adds(m->why, ", which must agree");
  return false;
}

static bool wrong_rank(struct match *m, uint32_t input, uint32_t least,
                       bool more)
{
  buf_addf(m->why, "%s: ", m->use->row->name);
  say_input(m, input);
  buf_addf(m->why, ", where %s%u dimension%s wanted", more ? "at least " : "",
           least, least == 1 ? " is" : "s are");
  return false;
}

static bool bind_input(struct match *m, uint32_t input,
                       const struct signature_tensor *as)
{
  const struct tensor *t = m->use->inputs[input];
  uint32_t fixed = 0, at = 0;
  bool run = false;
  for (uint32_t i = 0; i < as->n_dims; i++) {
    run |= as->dims[i].kind == DIM_RUN;
    fixed += as->dims[i].kind != DIM_RUN;
  }
  if (run ? t->rank < fixed : t->rank != fixed)
    return wrong_rank(m, input, fixed, run);
  for (uint32_t i = 0; i < as->n_dims; i++) {
    const struct signature_dim *d = &as->dims[i];
    uint32_t count = d->kind == DIM_RUN ? t->rank - fixed : 1;
    if (d->kind == DIM_RUN && !bind_run(m, input, d->name, at, count))
      return false;
    if (d->kind == DIM_NAME && !bind_name(m, input, d->name, t->dims[at]))
      return false;
    if (d->kind == DIM_NUMBER && d->size != t->dims[at])
      return mismatch(m, input, input, "a dimension", t->dims[at], d->size);
    at += count;
  }
  return true;
}

// ---- the result ----

static bool add_dim(struct match *m, struct tensor *out, int64_t size)
{
  if (out->rank == TENSOR_RANK) {
    buf_addf(m->why, "%s: a tensor has at most %d dimensions",
             m->use->row->name, TENSOR_RANK);
    return false;
  }
  out->dims[out->rank++] = size;
  return true;
}

static bool no_broadcast(struct match *m, const struct run *x,
                         const struct run *y)
{
  buf_addf(m->why, "%s: the dimensions ", m->use->row->name);
  shape_print(x->of->dims + x->first, x->count, m->why);
  buf_adds(m->why, " and ");
  shape_print(y->of->dims + y->first, y->count, m->why);
  buf_adds(m->why, " do not broadcast");
  return false;
}

// As NumPy does: aligned at the end, 1 is repeated.
static bool add_broadcast(struct match *m, struct tensor *out,
                          const struct signature_dim *d)
{
  const struct run *first = &m->runs[d->runs[0]];
  uint32_t rank = 0;
  for (uint32_t i = 0; i < d->n_runs; i++)
    if (m->runs[d->runs[i]].count > rank)
      rank = m->runs[d->runs[i]].count;
  for (uint32_t k = 0; k < rank; k++) {
    int64_t size = 1;
    for (uint32_t i = 0; i < d->n_runs; i++) {
      const struct run *r = &m->runs[d->runs[i]];
      if (k < rank - r->count)
        continue;
      int64_t here = r->of->dims[r->first + k - (rank - r->count)];
      if (here != 1 && size != 1 && here != size)
        return no_broadcast(m, first, r);
      size = size == 1 ? here : size;
    }
    if (!add_dim(m, out, size))
      return false;
  }
  return true;
}

static bool add_run(struct match *m, struct tensor *out, const struct run *r)
{
  for (uint32_t i = 0; i < r->count; i++)
    if (!add_dim(m, out, r->of->dims[r->first + i]))
      return false;
  return true;
}

static bool lay_out(struct match *m, const struct shape_dims *told,
                    struct tensor *out)
{
  const struct signature_tensor *as = m->use->row->result->tensor;
  uint32_t at = 0;
  bool ok = true;
  for (uint32_t i = 0; i < as->n_dims && ok; i++) {
    const struct signature_dim *d = &as->dims[i];
    switch (d->kind) {
    case DIM_NUMBER:
      ok = add_dim(m, out, d->size);
      break;
    case DIM_NAME:
      ok = add_dim(m, out, m->sizes[d->name]);
      break;
    case DIM_RUN:
      ok = add_run(m, out, &m->runs[d->name]);
      break;
    case DIM_BROADCAST:
      ok = add_broadcast(m, out, d);
      break;
    case DIM_UNKNOWN:
      ok = at < told->n && add_dim(m, out, told->dims[at++]);
      break;
    case DIM_UNKNOWN_RUN:
      while (ok && at < told->n)
        ok = add_dim(m, out, told->dims[at++]);
      break;
    }
  }
  return ok;
}

static uint32_t dtype_of(const struct tensor_use *u)
{
  const struct signature_tensor *r = u->row->result->tensor;
  if (!r->variable)
    return r->dtype;
  for (uint32_t i = 0; i < u->n_inputs; i++) {
    const struct signature_type *p = u->row->params[u->params[i]].type;
    const struct signature_tensor *t =
        p->kind == TYPE_list ? p->parts[0]->tensor : p->tensor;
    if (t && t->variable && t->of == r->of)
      return u->inputs[i]->dtype;
  }
  return DTYPE_f32;
}

// More elements than any memory has are refused here, so that nobody overflows.
static bool fits_memory(struct match *m, const struct tensor *t)
{
  int64_t n = dtype_size[t->dtype];
  for (uint32_t i = 0; i < t->rank; i++)
    if (t->dims[i] < 0 || __builtin_mul_overflow(n, t->dims[i], &n) ||
        n > SHAPE_BYTES) {
      buf_addf(m->why, "%s: a tensor ", m->use->row->name);
      shape_print(t->dims, t->rank, m->why);
      buf_adds(m->why, " is too large");
      return false;
    }
  return true;
}

bool tensor_infer(const struct tensor_use *use, struct tensor *out,
                  struct buf *why)
{
  struct match m = {.use = use, .why = why};
  struct shape_dims told = {0};
  for (uint32_t i = 0; i < SIGNATURE_DIMS; i++)
    m.sizes[i] = -1;
  for (uint32_t i = 0; i < use->n_inputs; i++) {
    const struct signature_type *p = use->row->params[use->params[i]].type;
    if (p->kind == TYPE_tensor && p->tensor && !bind_input(&m, i, p->tensor))
      return false;
  }
  out->dtype = dtype_of(use);
  out->rank = 0;
  if (!shape_told(use, &told, why) || !lay_out(&m, &told, out) ||
      !fits_memory(&m, out))
    return false;
  tensor_lay_out(out);
  return true;
}
