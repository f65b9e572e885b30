// Constants: values that are known when compiled.
#include "compiler/checker.h"
#include "grammar/base/regex.h"

#include <string.h>

struct constant *const_new(struct checker *k, const struct type *t)
{
  struct constant *c = NEW(k, struct constant);
  c->type = t;
  return c;
}

struct constant *const_int(struct checker *k, const struct type *t, int64_t i)
{
  struct constant *c = const_new(k, t);
  c->i = i;
  return c;
}

struct constant *const_text(struct checker *k, const struct type *t,
                            const char *text, uint32_t size)
{
  struct constant *c = const_new(k, t);
  c->text = text;
  c->size = size;
  return c;
}

bool const_equal(const struct constant *x, const struct constant *y)
{
  if (x->i != y->i || x->f != y->f || x->size != y->size ||
      x->n_parts != y->n_parts || x->binding != y->binding)
    return false;
  if (x->size && memcmp(x->text, y->text, x->size))
    return false;
  for (uint32_t i = 0; i < x->n_parts; i++)
    if (!const_equal(x->parts[i], y->parts[i]))
      return false;
  return true;
}

static bool foldable(const struct core *x)
{
  switch (x->kind) {
  case CORE_LIST:
  case CORE_TUPLE:
  case CORE_MAP:
  case CORE_WRAP:
  case CORE_UNION:
    break;
  default:
    return false;
  }
  for (uint32_t i = 0; i < x->n_args; i++)
    if (x->args[i]->kind != CORE_CONST)
      return false;
  return true;
}

struct core *core_fold(struct checker *k, struct core *x)
{
  if (!foldable(x))
    return x;
  struct constant *c = const_new(k, x->type);
  c->i = x->kind == CORE_UNION ? x->index : 0;
  c->n_parts = x->n_args;
  c->parts = ARENA_ARRAY(k->a, x->n_args + 1, const struct constant *);
  for (uint32_t i = 0; i < x->n_args; i++)
    c->parts[i] = x->args[i]->constant;
  return core_const(k, c, x->span);
}

// A body that no function owns: what may be said in it is a constant at best.
const struct constant *const_of_expr(struct checker *k, struct expr *e,
                                     const struct type *want,
                                     const struct blame *why)
{
  struct fn_sym nobody = {.f.name = "constant"};
  struct body b = {0};
  uint32_t errors = k->d->errors;
  body_open(&b, k, &nobody, BODY_INIT);
  struct core *x = check(&b, e, want);
  if (x->kind == CORE_CONST && !is_bad(x->type) && want)
    x = convert(&b, x, want, why);
  bool bad = is_bad(x->type);
  if (!bad && x->kind == CORE_CONST)
    return x->constant;
  // What has no type yet (a function whose turn has not come) is no constant.
  bool said = k->d->errors > errors || (want && is_bad(want));
  if (!bad || !said)
    diag_report(k->d, DIAG_not_constant, e->span, NULL);
  return NULL;
}

// ---- limits ----

static double as_float(const struct constant *c)
{
  return c->type->kind == TYPE_float ? c->f : (double)c->i;
}

// Whole numbers as such: a float has not all of them.
static int compare(const struct constant *x, const struct constant *y)
{
  if (x->type->kind != TYPE_float && y->type->kind != TYPE_float)
    return (x->i > y->i) - (x->i < y->i);
  double a = as_float(x), b = as_float(y);
  return (a > b) - (a < b);
}

static int64_t length_of(const struct constant *c)
{
  if (c->type->kind == TYPE_list)
    return c->n_parts;
  if (c->type->kind == TYPE_map)
    return c->n_parts / 2;
  int64_t n = 0;
  for (uint32_t i = 0; i < c->size; i++)
    n += (c->text[i] & 0xC0) != 0x80;
  return n;
}

static bool within(const struct constant *c, const struct type_limit *l)
{
  switch (l->kind) {
  case LIMIT_min_length:
  case LIMIT_min_items:
    return length_of(c) >= l->value->i;
  case LIMIT_max_length:
  case LIMIT_max_items:
    return length_of(c) <= l->value->i;
  case LIMIT_ge:
    return compare(c, l->value) >= 0;
  case LIMIT_gt:
    return compare(c, l->value) > 0;
  case LIMIT_le:
    return compare(c, l->value) <= 0;
  case LIMIT_lt:
    return compare(c, l->value) < 0;
  default: // patterns and multiples are the border's business
    return true;
  }
}

static const char *limit_name(enum limit_kind kind)
{
  static const char *const names[] = {
#define LIMIT(name, on, error, message) #name,
#include "grammar/defs/limits.def"
#undef LIMIT
  };
  return names[kind];
}

void const_check_limits(struct checker *k, const struct constant *c,
                        const struct type *t, struct span at)
{
  for (uint32_t i = 0; i < t->n_limits; i++) {
    const struct type_limit *l = &t->limits[i];
    if (within(c, l))
      continue;
    if (l->value->type->kind == TYPE_float)
      diag_report(k->d, DIAG_constraint_violated, at,
                  "the value breaks the constraint `%s: %g`",
                  limit_name(l->kind), l->value->f);
    else
      diag_report(k->d, DIAG_constraint_violated, at,
                  "the value breaks the constraint `%s: %lld`",
                  limit_name(l->kind), (long long)l->value->i);
  }
}

void check_pattern(struct checker *k, const char *text, uint32_t size,
                   struct span at)
{
  char why[200];
  if (!regex_loads())
    return; // sgrun says so
  struct regex *r = regex_get(text, size, why, sizeof why);
  if (!r)
    diag_report(k->d, DIAG_wrong_pattern, at, "the pattern is wrong: %s", why);
  regex_put(&r);
}
