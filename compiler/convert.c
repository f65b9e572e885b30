// Nodes of core, and conversions: what makes a value of one type stand where
// another is wanted, as nodes of their own.
#include "compiler/checker.h"

#include <string.h>

const struct type type_bad = {.kind = TYPE_none};
const struct type type_never = {.kind = TYPE_none};

struct core *core_new(struct checker *k, enum core_kind kind,
                      const struct type *t, struct span at, uint32_t n_args)
{
  size_t size = core_size(kind);
  struct core *x = arena_node(k->a, size + n_args * sizeof *x->args);
  x->kind = kind;
  x->type = t;
  x->span = at;
  x->n_args = n_args;
  x->args = (struct core **)((char *)x + size);
  return x;
}

struct core *core_const(struct checker *k, const struct constant *c,
                        struct span at)
{
  struct core *x = core_new(k, CORE_CONST, c->type, at, 0);
  x->constant = c;
  return x;
}

struct core *core_bad(struct checker *k, struct span at)
{
  struct core *x = core_const(k, const_int(k, k->none, 0), at);
  x->type = &type_bad;
  return x;
}

struct core *core_int(struct checker *k, int64_t i, struct span at)
{
  return core_const(k, const_int(k, k->integer, i), at);
}

struct core *core_prim(struct checker *k, enum opcode op, const struct type *t,
                       struct span at, struct core *x, struct core *y)
{
  struct core *p = core_new(k, CORE_PRIM, t, at, y ? 2 : 1);
  p->opcode = op;
  p->args[0] = x;
  if (y)
    p->args[1] = y;
  return p;
}

struct core *core_local(struct checker *k, struct local *l, struct span at)
{
  struct core *x = core_new(k, CORE_LOCAL, l->type, at, 0);
  x->local = l;
  l->reads++;
  return x;
}

struct core *core_let(struct checker *k, struct local *l, struct core *value,
                      struct core *in)
{
  struct core *x = core_new(k, CORE_LET, in->type, in->span, 2);
  x->local = l;
  x->args[0] = value;
  x->args[1] = in;
  return x;
}

struct core *core_operator(struct checker *k, enum operator_id id,
                           const struct type *t, struct span at, uint32_t n)
{
  struct core *x = core_new(k, CORE_OPERATOR, t, at, n);
  x->operator_id = id;
  return x;
}

// Two with different limits make one without.
static const struct type *unlimited(struct checker *k, const struct type *t)
{
  if (!t || !t->n_limits)
    return t;
  return t->of ? type_of(k->t, t->kind, t->of) : type_simple(k->t, t->kind);
}

const struct type *join(struct checker *k, const struct type *x,
                        const struct type *y)
{
  if (is_bad(x) || is_bad(y))
    return &type_bad;
  if (x == &type_never)
    return y;
  if (y == &type_never || x == y)
    return x;
  return unlimited(k, type_join(k->t, x, y));
}

// ---- one conversion each ----

void core_retype(struct checker *k, struct core *x, const struct type *to)
{
  x->type = to;
  if (x->kind != CORE_CONST)
    return;
  struct constant *c = NEW(k, struct constant);
  *c = *x->constant;
  c->type = to;
  x->constant = c;
}

static struct core *to_float(struct checker *k, struct core *x,
                             const struct type *to)
{
  if (x->kind != CORE_CONST)
    return core_prim(k, OP_float, to, x->span, x, NULL);
  struct constant *c = const_new(k, to);
  c->f = (double)x->constant->i;
  return core_const(k, c, x->span);
}

static struct core *to_option(struct body *b, struct core *x,
                              const struct type *to)
{
  struct checker *k = b->k;
  if (x->type->kind == TYPE_none)
    return core_const(k, const_new(k, to), x->span);
  if (!try_convert(b, &x, to->of))
    return NULL;
  struct core *w = core_new(k, CORE_WRAP, to, x->span, 1);
  w->args[0] = x;
  return core_fold(k, w);
}

// T? as U?: taken apart and put together again.
static struct core *between_options(struct body *b, struct core *x,
                                    const struct type *to)
{
  struct checker *k = b->k;
  struct local *l = local_hidden(b, x->type, x->span);
  struct core *there = core_new(k, CORE_UNWRAP, x->type->of, x->span, 1);
  there->args[0] = core_local(k, l, x->span);
  struct core *wrapped = to_option(b, there, to);
  if (!wrapped)
    return NULL;
  struct core *is = core_new(k, CORE_IS_NONE, k->boolean, x->span, 1);
  is->args[0] = core_local(k, l, x->span);
  struct core *either = core_new(k, CORE_IF, to, x->span, 3);
  either->args[0] = is;
  either->args[1] = core_const(k, const_new(k, to), x->span);
  either->args[2] = wrapped;
  return core_let(k, l, x, either);
}

static struct core *to_callable(struct body *b, struct core *x,
                                const struct type *to)
{
  struct class_sym *c = (struct class_sym *)x->type->class;
  if (!c->run)
    return NULL;
  struct core *f = closure_of_method(b, c->run, x, x->span);
  return try_convert(b, &f, to) ? f : NULL;
}

static struct core *through_json(struct body *b, struct core *x,
                                 const struct type *to)
{
  struct checker *k = b->k;
  bool out = to->kind == TYPE_json;
  if (!type_has_json(k, out ? x->type : to))
    return NULL;
  const struct constant *c =
      out && x->kind == CORE_CONST ? const_json(k, to, x->constant) : NULL;
  if (c)
    return core_const(k, c, x->span);
  struct core *o = core_operator(k, out ? OPERATOR_to_json : OPERATOR_from_json,
                                 to, x->span, 1);
  o->args[0] = x;
  return o;
}

static bool same_slot(struct checker *k, const struct type *x,
                      const struct type *y)
{
  return type_base(k->t, x) == type_base(k->t, y);
}

static bool word_of(const struct type *t, const struct constant *c)
{
  for (uint32_t i = 0; i < t->n_parts; i++)
    if (t->parts[i].name->size == c->size &&
        !memcmp(t->parts[i].name->text, c->text, c->size))
      return true;
  return false;
}

static struct core *fitting(struct body *b, struct core *x,
                            const struct type *to)
{
  const struct type *from = x->type;
  struct core *seen = is_tensor(from) && is_tensor(to)
                          ? tensor_expected(b, x, to)
                          : NULL;
  if (seen)
    return seen;
  if (same_slot(b->k, from, to)) {
    core_retype(b->k, x, to);
    return x;
  }
  if (to->kind == TYPE_float && from->kind == TYPE_int)
    return to_float(b->k, x, to);
  if (to->kind == TYPE_optional)
    return from->kind == TYPE_optional ? between_options(b, x, to)
                                       : to_option(b, x, to);
  core_retype(b->k, x, to);
  return x;
}

// A literal whose elements each become what is wanted.
static struct core *literal_of(struct body *b, struct core *x,
                               const struct type *to)
{
  struct checker *k = b->k;
  bool list = to->kind == TYPE_list && x->type->kind == TYPE_list;
  bool tuple = to->kind == TYPE_tuple && x->type->kind == TYPE_tuple &&
               to->n_parts == x->type->n_parts;
  bool made = x->kind == CORE_LIST || x->kind == CORE_TUPLE;
  if ((!list && !tuple) || (!made && x->kind != CORE_CONST))
    return NULL;
  uint32_t n = made ? x->n_args : x->constant->n_parts;
  struct core *y = core_new(k, list ? CORE_LIST : CORE_TUPLE, to, x->span, n);
  for (uint32_t i = 0; i < n; i++) {
    y->args[i] =
        made ? x->args[i] : core_const(k, x->constant->parts[i], x->span);
    if (!try_convert(b, &y->args[i], list ? to->of : to->parts[i].type))
      return NULL;
  }
  return core_fold(k, y);
}

static struct core *converted(struct body *b, struct core *x,
                              const struct type *to)
{
  struct checker *k = b->k;
  const struct type *from = x->type;
  if (to->kind == TYPE_step)
    return to_step(b, x, to);
  if (type_fits(k->t, from, to))
    return fitting(b, x, to);
  if (to->kind == TYPE_enum && x->kind == CORE_CONST &&
      from->kind == TYPE_str && word_of(to, x->constant)) {
    core_retype(k, x, to);
    return x;
  }
  if (to->kind == TYPE_optional && from->kind == TYPE_optional) {
    struct core *probe = core_new(k, CORE_UNWRAP, from->of, x->span, 0);
    return try_convert(b, &probe, to->of) ? between_options(b, x, to) : NULL;
  }
  if (to->kind == TYPE_optional)
    return to_option(b, x, to);
  if ((to->kind == TYPE_json) != (from->kind == TYPE_json))
    return through_json(b, x, to);
  if (to->kind == TYPE_callable && from->kind == TYPE_handle)
    return to_callable(b, x, to);
  if (to->kind == TYPE_callable && to_step_callable(b, x, to))
    return x;
  return literal_of(b, x, to);
}

bool try_convert(struct body *b, struct core **x, const struct type *want)
{
  struct core *y = *x;
  if (!want || y->type == want || is_bad(y->type) || is_bad(want))
    return true;
  if (y->type == &type_never) {
    y->type = want;
    return true;
  }
  y = converted(b, y, want);
  if (!y)
    return false;
  if (y->kind == CORE_CONST && y->type->n_limits)
    const_check_limits(b->k, y->constant, y->type, y->span);
  *x = y;
  return true;
}

// ---- reports ----

static void report_word(struct checker *k, struct diag *d, const struct core *x,
                        const struct type *want)
{
  const char **words = ARENA_ARRAY(k->a, want->n_parts + 1, const char *);
  for (uint32_t i = 0; i < want->n_parts; i++)
    words[i] = want->parts[i].name->text;
  name_hint_list(k, d, x->constant->text, words, want->n_parts);
}

void hint_unit(struct checker *k, struct diag *d, const struct type *want,
               const struct type *t)
{
  bool number = t->kind == TYPE_int || t->kind == TYPE_float;
  if (number && want->kind == TYPE_duration)
    diag_hint(k->d, d,
              "a time has a unit: `5s`, `100ms`; `n * 1s` of a number");
  else if (number && want->kind == TYPE_size)
    diag_hint(k->d, d, "a size has a unit: `64MB`; `n * 1KB` of a number");
  else if (number && want->kind == TYPE_percent)
    diag_hint(k->d, d, "a share is written `20%%`");
}

static struct diag *report_misfit(struct body *b, struct core *x,
                                  const struct type *want, enum diag_id id)
{
  struct checker *k = b->k;
  const struct type *inner = without_none(want);
  if (inner->kind == TYPE_enum && x->kind == CORE_CONST &&
      x->type->kind == TYPE_str) {
    struct diag *d = diag_report(k->d, DIAG_not_in_enumeration, x->span,
                                 "\"%s\" is not one of %s", x->constant->text,
                                 show(k, inner));
    report_word(k, d, x, inner);
    return d;
  }
  if (x->type->kind == TYPE_optional && x->type->of == inner) {
    struct diag *d = diag_report(k->d, DIAG_may_be_none, x->span,
                                 "%s is wanted, and this %s may be none",
                                 show(k, want), show(k, x->type));
    hint_none(b, d, x);
    return d;
  }
  if (dims_differ(k, x->type, want))
    return diag_report(k->d, DIAG_shape_mismatch, x->span,
                       "expected %s, found %s", show(k, want),
                       show(k, x->type));
  struct diag *d =
      diag_report(k->d, id ? id : DIAG_wrong_type, x->span,
                  "expected %s, found %s", show(k, want), show(k, x->type));
  if (x->type->kind == TYPE_step)
    diag_hint(k->d, d,
              "a step is taken by what composes the node: `(a | b)(x)`, "
              "`graph g = a`");
  if (x->type->kind == TYPE_callable && b->kind == BODY_GRAPH)
    diag_hint(k->d, d,
              "what is composed is called, `(a | b)(x)`, or is the "
              "graph itself: `graph g = a | b`");
  hint_unit(k, d, inner, x->type);
  hint_secret(b, d, x->type, inner);
  if (inner->kind == TYPE_map && x->type->kind == TYPE_record)
    diag_hint(k->d, d,
              "keys of a map are texts: `{ \"a\": 1 }`, or "
              "`{ \"{name}\": 1 }` for what a name holds");
  if (inner->kind == TYPE_enum && x->type->kind == TYPE_str)
    diag_hint(k->d, d,
              "texts that are written out fit where the type is said with the "
              "name: `let x: %s = …`",
              show(k, inner));
  return d;
}

struct core *convert(struct body *b, struct core *x, const struct type *want,
                     const struct blame *why)
{
  if (try_convert(b, &x, want))
    return x;
  struct diag *d = report_misfit(b, x, want, why ? why->id : 0);
  if (why && why->has_declared)
    diag_note(b->k->d, d, why->declared, "%s is declared here as %s", why->what,
              show(b->k, want));
  return core_bad(b->k, x->span);
}
