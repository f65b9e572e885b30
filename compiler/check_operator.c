// Calls of built-in functions: the row of ops.def whose parameters fit.
#include "compiler/checker.h"
#include "grammar/base/format_spec.h"

#include <stdlib.h>
#include <string.h>

void operators_collect(struct checker *k)
{
  for (int id = 0; id < OPERATORS; id++) {
    const struct signature *s = signature_of(id);
    void **at =
        table_at(k->a, &k->operators, atom_of_text(&k->c->atoms, s->name));
    if (!*at)
      *at = (void *)s;
  }
}

struct attempt { // to fit one row
  struct body *b;
  const struct type *variables[SIGNATURE_VARIABLES];
  bool widen;
  bool several; // rows take so many arguments
};

static enum type_kind kind_of(const struct type *t)
{
  bool text = t->kind == TYPE_enum || t->kind == TYPE_markdown;
  return text ? TYPE_str : t->kind;
}

static const struct type *meant(struct attempt *a,
                                const struct signature_type *s);

// A tensor among several results: its elements, and so many dimensions.
static const struct type *told(struct attempt *a,
                               const struct signature_tensor *s)
{
  struct type_part *dims = ARENA_ARRAY(a->b->k->a, s->n_dims + 1,
                                       struct type_part);
  if (s->variable)
    return NULL;
  for (uint32_t i = 0; i < s->n_dims; i++)
    dims[i].size = DIM_ANY;
  return type_tensor(a->b->k->t, s->dtype, false, dims, s->n_dims);
}

static const struct type *meant_tuple(struct attempt *a,
                                      const struct signature_type *s)
{
  struct type_part *parts = ARENA_ARRAY(a->b->k->a, s->count, struct type_part);
  for (uint32_t i = 0; i < s->count; i++)
    if (!(parts[i].type = s->parts[i]->tensor ? told(a, s->parts[i]->tensor)
                                              : meant(a, s->parts[i])))
      return NULL;
  return type_parts(a->b->k->t, TYPE_tuple, parts, s->count);
}

// The type that a parameter or result means, as far as it is known; or NULL.
static const struct type *meant(struct attempt *a,
                                const struct signature_type *s)
{
  struct types *t = a->b->k->t;
  if (s->form == SIGNATURE_VARIABLE)
    return a->variables[s->variable];
  if (s->form != SIGNATURE_KIND || s->kind == TYPE_tensor ||
      s->kind == TYPE_handle)
    return NULL;
  if (!s->count)
    return type_simple(t, s->kind);
  if (s->kind == TYPE_tuple)
    return meant_tuple(a, s);
  const struct type *of = meant(a, s->parts[0]);
  return of ? type_of(t, s->kind, of) : NULL;
}

static bool bind_variable(struct attempt *a, uint32_t v, const struct type *t)
{
  const struct type *known = a->variables[v];
  const struct type *both = known ? join(a->b->k, known, t) : t;
  if (both)
    a->variables[v] = both;
  return both;
}

// Whether a value of type t may be given, and what variables that says.
static bool suits(struct attempt *a, const struct signature_type *s,
                  const struct type *t)
{
  enum type_kind kind = kind_of(t);
  switch (s->form) {
  case SIGNATURE_VARIABLE:
    return bind_variable(a, s->variable, t);
  case SIGNATURE_NUMBER:
    return kind == TYPE_int || kind == TYPE_float;
  case SIGNATURE_SCALAR:
    return type_ordered(t);
  default:
    break;
  }
  if (kind != s->kind || s->tensor)
    return false;
  if (s->count && (kind == TYPE_list || kind == TYPE_map))
    return suits(a, s->parts[0], t->of);
  return true;
}

// Anything becomes json, and json anything: that says nothing of which row is
// meant.
static bool fits(struct attempt *a, const struct signature_type *s,
                 struct core **x)
{
  if (suits(a, s, (*x)->type))
    return true;
  const struct type *t = a->widen ? meant(a, s) : NULL;
  if (t && a->several &&
      (t->kind == TYPE_json || (*x)->type->kind == TYPE_json))
    return false;
  return t && try_convert(a->b, x, t);
}

// What the row's own words cannot say about its variables.
static bool suits_row(struct checker *k, const struct signature *s,
                      const struct type *t)
{
  if (!t)
    return true;
  switch (s->id) {
  case OPERATOR_min_list:
  case OPERATOR_max_list:
  case OPERATOR_min_two:
  case OPERATOR_max_two:
  case OPERATOR_sorted:
  case OPERATOR_list_order:
    return type_sortable(t);
  case OPERATOR_str:
  case OPERATOR_repr:
    return type_has_text(k, t);
  case OPERATOR_to_json:
  case OPERATOR_from_json:
    return type_has_json(k, t);
  case OPERATOR_in_list:
  case OPERATOR_find_list:
  case OPERATOR_count_list:
  case OPERATOR_unique:
  case OPERATOR_list_without:
  case OPERATOR_list_common:
    return type_comparable(k, t);
  default:
    return true;
  }
}

struct given_args {
  struct expr *e;
  struct core *first;   // the value before the dot, or NULL
  struct core **values; // in the order of writing, `first` first
  uint32_t n;
};

// The place of argument i among the row's parameters, or -1.
static int place_of(const struct signature *s, const struct given_args *g,
                    uint32_t i)
{
  uint32_t at = g->first ? 1 : 0;
  struct arg *a = g->e->call.args;
  if (i < at)
    return 0;
  for (; at < i; at++)
    a = a->next;
  if (!a->name.text)
    return (int)i;
  for (uint32_t p = 0; p < s->n_params; p++)
    if (!strcmp(s->params[p].name, a->name.text->text))
      return (int)p;
  return -1;
}

static bool takes(const struct signature *s, const struct given_args *g)
{
  unsigned seen = 0;
  if (g->n > s->n_params)
    return false;
  for (uint32_t i = 0; i < g->n; i++) {
    int at = place_of(s, g, i);
    if (at < 0 || seen >> at & 1)
      return false;
    seen |= 1u << at;
  }
  for (uint32_t i = 0; i < s->n_params; i++)
    if (!(seen >> i & 1) && !s->params[i].value)
      return false;
  return true;
}

// A parameter that was left out, as its row says it: a number, a word of
// characters without escapes, true, false or none.
static struct core *left_out(struct body *b, const struct signature *s,
                             uint32_t i, struct span at)
{
  struct checker *k = b->k;
  const char *text = s->params[i].value;
  struct attempt a = {.b = b};
  const struct type *t = meant(&a, s->params[i].type);
  struct constant *c = const_new(k, t);
  if (*text == '"')
    c = const_text(k, t, text + 1, (uint32_t)strlen(text) - 2);
  else if (t->kind == TYPE_float)
    c->f = strtod(text, NULL);
  else if (t->kind == TYPE_bool)
    c->i = !strcmp(text, "true");
  else if (t->kind != TYPE_optional)
    c->i = strtoll(text, NULL, 10);
  return core_const(k, c, at);
}

static const struct signature *next_row(const struct signature *s)
{
  for (int id = s->id + 1; id < OPERATORS; id++)
    if (!strcmp(signature_of(id)->name, s->name))
      return signature_of(id);
  return NULL;
}

static const char *signatures_text(struct checker *k, const struct signature *s)
{
  const char *text = arena_printf(k->a, "%s%s", s->name, s->text);
  while ((s = next_row(s)))
    text = arena_printf(k->a, "%s or %s%s", text, s->name, s->text);
  return text;
}

static struct core *no_row(struct body *b, const struct signature *rows,
                           const struct given_args *g, bool arity)
{
  struct checker *k = b->k;
  struct diag *d;
  const struct type *t = g->n && g->values[0] ? g->values[0]->type : NULL;
  for (uint32_t i = 0; i < g->n && !arity; i++) {
    const struct type *x = g->values[i]->type;
    if (is_bad(x))
      return core_bad(k, g->e->span);
    if (x->kind != TYPE_optional)
      continue;
    d = diag_report(k->d, DIAG_may_be_none, g->values[i]->span,
                    "this %s may be none", show(k, x));
    hint_none(b, d, g->values[i]);
    return core_bad(k, g->e->span);
  }
  if (arity)
    d = diag_report(k->d, DIAG_wrong_arity, g->e->span, "`%s` is not called so",
                    rows->name);
  else if (g->n == 1)
    d = diag_report(k->d, DIAG_wrong_type, g->values[0]->span,
                    "`%s` does not take %s", rows->name, show(k, t));
  else
    d = diag_report(k->d, DIAG_wrong_type, g->e->span,
                    "`%s` does not take these", rows->name);
  for (uint32_t i = 0; i < g->n && !arity && g->n > 1; i++)
    diag_note(k->d, d, g->values[i]->span, "%s", show(k, g->values[i]->type));
  if (!arity && g->n == 1 && !next_row(rows) &&
      rows->params[0].type->form == SIGNATURE_KIND)
    hint_unit(k, d, type_simple(k->t, rows->params[0].type->kind), t);
  if (!d->hint)
    diag_hint(k->d, d, "it is `%s`", signatures_text(k, rows));
  return core_bad(k, g->e->span);
}

static void effect_in_graph(struct body *b, const struct signature *s,
                            struct span at)
{
  if (!(s->attributes & (OPERATOR_CLOCK | OPERATOR_EFFECT | OPERATOR_WAITS)))
    return;
  bool waits = s->attributes & OPERATOR_WAITS;
  if (!b->fn->effect || waits) // to wait tells most
    b->fn->effect = s;
  if (b->kind != BODY_GRAPH)
    return;
  struct diag *d =
      diag_report(b->k->d, DIAG_effect_in_graph, at,
                  "a graph has no effects, and `%s` is one", s->name);
  diag_hint(b->k->d, d, "call it in a deployment");
}

// Patterns that are written out are known to be right.
static void check_patterns(struct checker *k, const struct signature *s,
                           struct core **args)
{
  for (uint32_t i = 0; i < s->n_params; i++) {
    if (strcmp(s->params[i].name, "pattern") || args[i]->kind != CORE_CONST)
      continue;
    const struct constant *c = args[i]->constant;
    check_pattern(k, c->text, c->size, args[i]->span);
  }
}

// Formats too.
static void check_format(struct checker *k, const struct signature *s,
                         struct core **args)
{
  if (strcmp(s->name, "format") || args[1]->kind != CORE_CONST)
    return;
  enum type_kind kind = s->params[0].type->kind;
  const struct constant *c = args[1]->constant;
  enum format_of of = kind == TYPE_str ? FORMAT_text : FORMAT_real;
  if (kind == TYPE_int || kind == TYPE_bool || kind == TYPE_size)
    of = FORMAT_whole;
  struct format_spec spec;
  char why[FORMAT_WHY];
  if (!c->size && of != FORMAT_text)
    return; // it is written as a hole shows it
  if (!format_spec_read(c->text, c->size, of, &spec, why))
    diag_report(k->d, DIAG_wrong_format, args[1]->span,
                "the format is wrong: %s", why);
}

static struct core *made(struct body *b, const struct signature *s,
                         struct attempt *a, const struct given_args *g,
                         struct core **args, const struct type *want)
{
  struct checker *k = b->k;
  const struct type *t = meant(a, s->result);
  if (!t && want && !is_bad(want) && s->id == OPERATOR_from_json)
    t = want;
  if (!t) {
    struct diag *d = diag_report(k->d, DIAG_cannot_infer, g->e->span,
                                 "the type that is wanted is not known");
    diag_hint(k->d, d, "name it: `let x: T = ...`");
    return core_bad(k, g->e->span);
  }
  if (!suits_row(k, s, s->id == OPERATOR_from_json ? t : a->variables[0])) {
    struct given_args first = *g; // its type says it all
    first.n = 1;
    return no_row(b, s, &first, false);
  }
  effect_in_graph(b, s, g->e->span);
  if (s->id == OPERATOR_file && !b->fn->reads_at.end)
    b->fn->reads_at = g->e->span;
  check_patterns(k, s, args);
  check_format(k, s, args);
  note_need(b, s, args, g->e->span);
  struct core *x = core_operator(k, s->id, t, g->e->span, s->n_params);
  for (uint32_t i = 0; i < s->n_params; i++)
    x->args[i] = args[i];
  return x;
}

// Converts the arguments to what the row takes, once it is known to fit.
static struct core *try_row(struct body *b, const struct signature *s,
                            const struct given_args *g, struct attempt a,
                            const struct type *want)
{
  struct core *args[SIGNATURE_PARAMS] = {0};
  for (uint32_t i = 0; i < g->n; i++)
    args[place_of(s, g, i)] = g->values[i];
  for (uint32_t i = 0; i < s->n_params; i++)
    if (!args[i])
      args[i] = left_out(b, s, i, g->e->span);
  for (uint32_t i = 0; i < s->n_params; i++)
    if (!fits(&a, s->params[i].type, &args[i]))
      return NULL;
  if (s->id == OPERATOR_to_json && args[0]->type->kind == TYPE_bytes)
    return NULL; // they hold JSON: another row reads it
  for (uint32_t i = 0; i < s->n_params; i++) {
    const struct type *t = meant(&a, s->params[i].type);
    if (t && !try_convert(b, &args[i], t))
      return NULL;
  }
  return made(b, s, &a, g, args, want);
}

// The arguments; of a row alone, each with what the row says of it.
static bool read_args(struct body *b, struct given_args *g,
                      const struct signature *only)
{
  struct attempt a = {.b = b};
  bool ok = true;
  uint32_t i = 0;
  if (g->first)
    g->values[i++] = g->first;
  for (uint32_t j = 0; j < i && only; j++)
    suits(&a, only->params[j].type, g->values[j]->type);
  for (struct arg *arg = g->e->call.args; arg; arg = arg->next, i++) {
    const struct signature_type *s =
        only ? only->params[place_of(only, g, i)].type : NULL;
    const struct type *want = s ? meant(&a, s) : NULL;
    if (only && only->id == OPERATOR_to_json)
      want = b->k->json;
    g->values[i] = check(b, arg->value, want);
    ok = ok && !is_bad(g->values[i]->type) && g->values[i]->type != &type_never;
    if (s && ok)
      suits(&a, s, g->values[i]->type);
  }
  return ok;
}

// int(x), float(x), bool(x): of json, they read it.
static bool is_reading(enum operator_id first)
{
  return first == OPERATOR_int_str || first == OPERATOR_float_str ||
         first == OPERATOR_bool_t;
}

struct core *check_operator(struct body *b, const struct signature *rows,
                            struct expr *e, struct core *first,
                            const struct type *want)
{
  struct given_args g = {.e = e, .first = first, .n = first ? 1 : 0};
  INDEX(b->k, operator, rows, e->call.of->span);
  for (struct arg *a = e->call.args; a; a = a->next)
    g.n++;
  g.values = ARENA_ARRAY(b->k->a, g.n + 1, struct core *);
  const struct signature *only = NULL;
  uint32_t candidates = 0;
  for (const struct signature *s = rows; s; s = next_row(s))
    if (takes(s, &g)) {
      only = s;
      candidates++;
    }
  if (!candidates) {
    check_args_alone(b, e->call.args);
    return no_row(b, rows, &g, true);
  }
  if (rows->id == OPERATOR_to_json) { // its other row takes bytes alone
    only = rows;
    candidates = 1;
  }
  if (!read_args(b, &g, candidates == 1 ? only : NULL))
    return core_bad(b->k, e->span);
  if (g.n == 1 && g.values[0]->type->kind == TYPE_json && is_reading(rows->id))
    return convert(b, g.values[0], type_simple(b->k->t, rows->result->kind),
                   NULL);
  for (int widen = 0; widen < 2; widen++)
    for (const struct signature *s = rows; s; s = next_row(s)) {
      struct attempt a = {.b = b, .widen = widen, .several = candidates > 1};
      struct core *x = takes(s, &g) ? try_row(b, s, &g, a, want) : NULL;
      if (x)
        return x;
    }
  return no_row(b, rows, &g, false);
}
