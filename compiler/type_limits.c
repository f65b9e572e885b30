// Constraints of a type, `int(ge: 1, le: 5)`: their names, what each stands on,
// and their values, which are constants.
#include "compiler/checker.h"

#include <string.h>

static const char *const names[] = {
#define LIMIT(word, on, error, message) #word,
#include "grammar/defs/limits.def"
#undef LIMIT
};

int limit_of(struct checker *k, atom name, struct span at)
{
  for (int i = 0; name && i < LIMIT_KINDS; i++)
    if (!strcmp(names[i], name->text))
      return i;
  struct diag *d =
      diag_report(k->d, DIAG_bad_constraint, at, "there is no such constraint");
  if (name)
    name_hint_list(k, d, name->text, names, LIMIT_KINDS);
  return -1;
}

static bool limit_suits(enum limit_kind kind, const struct type *t)
{
  enum { TEXT, NUMBER, ITEMS, PATTERN };
  static const unsigned char on[] = {
#define LIMIT(word, where, error, message) where,
#include "grammar/defs/limits.def"
#undef LIMIT
  };
  switch (on[kind]) {
  case NUMBER:
    return t->kind == TYPE_int || t->kind == TYPE_float;
  case ITEMS:
    return t->kind == TYPE_list || t->kind == TYPE_map;
  case PATTERN:
    return t->kind == TYPE_str;
  default:
    return t->kind == TYPE_str || t->kind == TYPE_bytes;
  }
}

// Equal values are one constant: types are told apart by pointers to them.
static const struct constant *limit_value(struct checker *k,
                                          const struct constant *c)
{
  const char *key = c->type->kind == TYPE_str
                        ? arena_printf(k->a, "s%s", c->text)
                        : arena_printf(k->a, "%d %lld %a", c->type->kind,
                                       (long long)c->i, c->f);
  void **at = table_at(k->a, &k->limit_values, atom_of_text(&k->c->atoms, key));
  if (!*at)
    *at = (void *)c;
  return *at;
}

static const struct constant *limit_const(struct checker *k, struct arg *a,
                                          enum limit_kind kind,
                                          const struct type *t)
{
  const struct type *want = k->integer;
  if (kind == LIMIT_pattern)
    want = k->str;
  else if (t->kind == TYPE_float)
    want = k->number;
  const struct constant *c = const_of_expr(k, a->value, want, NULL);
  if (!c)
    return NULL;
  bool length = t->kind != TYPE_int && t->kind != TYPE_float;
  if ((length && kind != LIMIT_pattern && c->i < 0) ||
      (kind == LIMIT_multiple_of && c->i <= 0 && !(c->f > 0))) {
    diag_report(k->d, DIAG_bad_constraint, a->value->span,
                "`%s` must be positive", a->name.text->text);
    return NULL;
  }
  if (kind == LIMIT_pattern)
    check_pattern(k, c->text, c->size, a->value->span);
  return limit_value(k, c);
}

static bool one_limit(struct checker *k, struct arg *a, const struct type *t,
                      struct type_limit *out)
{
  int kind = limit_of(k, a->name.text, a->span);
  if (kind < 0)
    return false;
  if (!limit_suits(kind, t)) {
    diag_report(k->d, DIAG_bad_constraint, a->span, "`%s` does not apply to %s",
                a->name.text->text, show(k, t));
    return false;
  }
  out->kind = kind;
  out->value = limit_const(k, a, kind, t);
  return out->value;
}

const struct type *type_with_limits(struct checker *k, const struct type *t,
                                    struct arg *args)
{
  struct type_limit limits[LIMIT_KINDS];
  uint32_t n = 0;
  for (struct arg *a = args; a; a = a->next) {
    struct type_limit l;
    if (!one_limit(k, a, t, &l))
      continue;
    bool twice = false;
    for (uint32_t i = 0; i < n; i++)
      twice = twice || limits[i].kind == l.kind;
    if (twice)
      diag_report(k->d, DIAG_bad_constraint, a->span, "`%s` is given twice",
                  a->name.text->text);
    else
      limits[n++] = l;
  }
  return n ? type_limited(k->t, t, limits, n) : t;
}
