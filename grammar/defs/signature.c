// The signatures of ops.def, matched against types.
//
// In: the rows, read once, at the first question; then types behind a struct
// type_reader. Out: trees that live as long as the process.
#include "grammar/defs/signature.h"

#include <pthread.h>

#include "grammar/defs/signature_read.h"

#define PURE OPERATOR_PURE
#define CLOCK OPERATOR_CLOCK
#define WAITS OPERATOR_WAITS
#define EFFECT OPERATOR_EFFECT
#define DIMS OPERATOR_DIMS
#define TENSOR OPERATOR_TENSOR

static struct signature rows[OPERATORS] = {
#define OPERATOR(row, title, signature, attrs, ns, about)                      \
  {.name = title,                                                              \
   .id = OPERATOR_##row,                                                       \
   .attributes = attrs,                                                        \
   .cost = ns,                                                                 \
   .text = signature,                                                          \
   .doc = about},
#define TENSOR_OPERATOR(row, title, signature, rule, ns, about)                \
  {.name = title,                                                              \
   .id = OPERATOR_##row,                                                       \
   .attributes = PURE | TENSOR,                                                \
   .cost = ns,                                                                 \
   .shape = SHAPE_##rule,                                                      \
   .text = signature,                                                          \
   .doc = about},
#include "grammar/defs/ops.def"
#undef OPERATOR
};
static pthread_once_t parsed = PTHREAD_ONCE_INIT;

static void read_rows(void)
{
  for (unsigned i = 0; i < OPERATORS; i++)
    signature_read(&rows[i]);
}

const struct signature *signature_of(enum operator_id id)
{
  pthread_once(&parsed, read_rows);
  return &rows[id];
}

// ---- matching ----
static bool is_scalar(enum type_kind kind)
{
  return kind == TYPE_int || kind == TYPE_float || kind == TYPE_str ||
         kind == TYPE_duration || kind == TYPE_size || kind == TYPE_time;
}

bool element_may_be(enum element_variable v, enum dtype dtype)
{
  bool real = dtype == DTYPE_f32 || dtype == DTYPE_f16 || dtype == DTYPE_bf16 ||
              dtype == DTYPE_f64;
  switch (v) {
  case ELEMENT_F:
    return real;
  case ELEMENT_I:
    return !real && dtype != DTYPE_bool;
  case ELEMENT_N:
    return dtype != DTYPE_bool;
  default:
    return true;
  }
}

static bool elements_fit(const struct signature_tensor *s, enum dtype dtype,
                         struct signature_match *m)
{
  if (!s->variable)
    return s->dtype == dtype;
  uint32_t *known = &m->elements[s->of];
  if (!*known && element_may_be(s->of, dtype))
    *known = dtype + 1;
  return *known == dtype + 1;
}

static bool fits(const struct signature_type *s, const struct type_reader *r,
                 type_ref t, struct signature_match *m)
{
  if (!t)
    return false;
  if (s->form == SIGNATURE_VARIABLE) {
    type_ref *v = &m->variables[s->variable];
    if (*v)
      return r->same(r->owner, *v, t);
    *v = t;
    return true;
  }
  enum type_kind kind = r->kind(r->owner, t);
  if (s->form == SIGNATURE_NUMBER)
    return kind == TYPE_int || kind == TYPE_float;
  if (s->form == SIGNATURE_SCALAR)
    return is_scalar(kind);
  if (kind != s->kind)
    return false;
  if (s->tensor)
    return elements_fit(s->tensor, r->dtype(r->owner, t), m);
  if (kind == TYPE_tuple && r->parts(r->owner, t) != s->count)
    return false;
  for (uint32_t i = 0; i < s->count; i++)
    if (!fits(s->parts[i], r, r->part(r->owner, t, i), m))
      return false;
  return true;
}

bool signature_fits(const struct signature *s, const struct type_reader *r,
                    const type_ref *args, uint32_t n, struct signature_match *m)
{
  *m = (struct signature_match){0};
  for (; m->failed < n && m->failed < s->n_params; m->failed++)
    if (!fits(s->params[m->failed].type, r, args[m->failed], m))
      return false;
  return n == s->n_params;
}

bool signature_gives(const struct signature *s, const struct type_reader *r,
                     struct signature_match *m, type_ref result)
{
  return fits(s->result, r, result, m);
}
