// Calls of built-in functions: the row of ops.def whose parameters fit.
#include "compiler/tensor_match.h"
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
  const struct signature *row;
  struct core **args;          // by parameter
  uint32_t param;              // that is looked at
  struct tensor_match *tensors; // once there is a tensor
};

static struct tensor_match *tensors_of(struct attempt *a)
{
  if (!a->tensors) {
    a->tensors = NEW(a->b->k, struct tensor_match);
    a->tensors->k = a->b->k;
    a->tensors->row = a->row;
    a->tensors->args = a->args;
  }
  return a->tensors;
}

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
  if (kind != s->kind)
    return false;
  if (s->tensor)
    return tensor_fits(tensors_of(a), s->tensor, t, a->param);
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
  case OPERATOR_safetensors:
    return type_has_weights(k, t);
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
  struct span span;
  struct arg *args;
  uint32_t n_first;     // that are there before the arguments: before the dot, say
  struct core **values; // in the order of writing, those first
  uint32_t n;
  struct tensor_match *closest; // the row whose tensors fit best, or NULL
};

// The place of argument i among the row's parameters, or -1.
static int place_of(const struct signature *s, const struct given_args *g,
                    uint32_t i)
{
  uint32_t at = g->n_first;
  struct arg *a = g->args;
  if (i < at)
    return (int)i;
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

// Those of tensors are left out where there is none, unless there are no others.
static const char *signatures_text(struct checker *k, const struct signature *s,
                                   const struct given_args *g)
{
  const char *text = "";
  bool tensors = s->attributes & OPERATOR_TENSOR;
  for (uint32_t i = 0; i < g->n; i++)
    tensors = tensors || (g->values[i] && g->values[i]->type->kind == TYPE_tensor);
  for (; s; s = next_row(s))
    if (tensors || !(s->attributes & OPERATOR_TENSOR))
      text = arena_printf(k->a, "%s%s%s%s", text, *text ? " or " : "", s->name,
                          s->text);
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
      return core_bad(k, g->span);
    if (x->kind != TYPE_optional)
      continue;
    d = diag_report(k->d, DIAG_may_be_none, g->values[i]->span,
                    "this %s may be none", show(k, x));
    hint_none(b, d, g->values[i]);
    return core_bad(k, g->span);
  }
  if (arity)
    d = diag_report(k->d, DIAG_wrong_arity, g->span, "`%s` is not called so",
                    rows->name);
  else if (g->n == 1)
    d = diag_report(k->d, DIAG_wrong_type, g->values[0]->span,
                    "`%s` does not take %s", rows->name, show(k, t));
  else
    d = diag_report(k->d, DIAG_wrong_type, g->span,
                    "`%s` does not take these", rows->name);
  for (uint32_t i = 0; i < g->n && !arity && g->n > 1; i++)
    diag_note(k->d, d, g->values[i]->span, "%s", show(k, g->values[i]->type));
  if (!arity && g->n == 1 && !next_row(rows) &&
      rows->params[0].type->form == SIGNATURE_KIND)
    hint_unit(k, d, type_simple(k->t, rows->params[0].type->kind), t);
  if (!d->hint)
    diag_hint(k->d, d, "it is `%s`", signatures_text(k, rows, g));
  return core_bad(k, g->span);
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

static void check_precision(struct checker *k, const struct signature *s,
                            struct core **args)
{
  static const char *const names[] = {
#define PRECISION(name) #name,
#include "grammar/defs/precisions.def"
#undef PRECISION
  };
  enum { COUNT = sizeof names / sizeof *names };
  if (s->id != OPERATOR_safetensors || args[1]->kind != CORE_CONST)
    return;
  const struct constant *c = args[1]->constant;
  for (unsigned i = 0; i < COUNT; i++)
    if (strlen(names[i]) == c->size && !memcmp(names[i], c->text, c->size))
      return;
  struct diag *d = diag_report(k->d, DIAG_wrong_type, args[1]->span,
                               "there is no such precision");
  name_hint_list(k, d, arena_copy(k->a, c->text, c->size), (const char **)names,
                 COUNT);
  if (!d->hint)
    diag_hint(k->d, d, "it is \"f32\", \"bf16\" or \"int8\"");
}

// Whether the place decides what the row gives.
static bool is_read_into_place(const struct signature *s)
{
  return s->id == OPERATOR_from_json || s->id == OPERATOR_safetensors;
}

static struct core *no_weights(struct body *b, const struct type *t,
                               struct span at)
{
  struct checker *k = b->k;
  struct diag *d = diag_report(k->d, DIAG_wrong_type, at,
                               "weights are not read into %s", show(k, t));
  diag_hint(k->d, d,
            "they are tensors, in records, lists, maps, tuples and optionals");
  return core_bad(k, at);
}

static struct core *made(struct body *b, const struct signature *s,
                         struct attempt *a, const struct given_args *g,
                         struct core **args, const struct type *want)
{
  struct checker *k = b->k;
  bool tensor = s->result->kind == TYPE_tensor && s->result->tensor;
  const struct type *t =
      tensor ? tensor_gives(tensors_of(a)) : meant(a, s->result);
  if (tensor && !t)
    return NULL;
  if (!t && want && !is_bad(want) && is_read_into_place(s))
    t = want;
  if (!t) {
    struct diag *d = diag_report(k->d, DIAG_cannot_infer, g->span,
                                 "the type that is wanted is not known");
    diag_hint(k->d, d, "name it: `let x: T = ...`");
    return core_bad(k, g->span);
  }
  if (!suits_row(k, s, is_read_into_place(s) ? t : a->variables[0])) {
    if (s->id == OPERATOR_safetensors)
      return no_weights(b, t, g->span);
    struct given_args first = *g; // its type says it all
    first.n = 1;
    return no_row(b, s, &first, false);
  }
  effect_in_graph(b, s, g->span);
  if (s->id == OPERATOR_file && !b->fn->reads_at.end)
    b->fn->reads_at = g->span;
  check_patterns(k, s, args);
  check_format(k, s, args);
  check_precision(k, s, args);
  note_need(b, s, args, g->span);
  struct core *x = core_operator(k, s->id, t, g->span, s->n_params);
  for (uint32_t i = 0; i < s->n_params; i++)
    x->args[i] = args[i];
  return x;
}

// What is wrong with tensors is said of the row that fits best but for that.
static struct core *keep_closest(struct given_args *g, const struct attempt *a)
{
  struct tensor_match *m = a->tensors;
  if (!m || !m->misfit.kind ||
      (g->closest && g->closest->misfit.kind >= m->misfit.kind))
    return NULL;
  struct core **args = ARENA_ARRAY(m->k->a, SIGNATURE_PARAMS, struct core *);
  memcpy(args, m->args, SIGNATURE_PARAMS * sizeof *args);
  m->args = args;
  g->closest = m;
  return NULL;
}

// `x + 0.5` where x is whole numbers: what it gives could not hold it.
static bool float_among_wholes(struct attempt *a, const struct given_args *g)
{
  const struct signature_tensor *s =
      a->row->result->kind == TYPE_tensor ? a->row->result->tensor : NULL;
  bool wholes = s && s->variable && a->tensors->elements[s->of].set &&
                element_may_be(ELEMENT_I, a->tensors->elements[s->of].is);
  for (uint32_t i = 0; i < g->n && wholes; i++) {
    uint32_t at = (uint32_t)place_of(a->row, g, i);
    if (g->values[i]->type->kind != TYPE_float)
      continue;
    a->tensors->misfit = (struct misfit){
        .kind = MISFIT_ELEMENTS, .param = at, .by = a->tensors->elements[s->of].by};
    return true;
  }
  return false;
}

// Converts the arguments to what the row takes, once it is known to fit.
static struct core *try_row(struct body *b, const struct signature *s,
                            struct given_args *g, struct attempt a,
                            const struct type *want)
{
  struct core *args[SIGNATURE_PARAMS] = {0};
  a.row = s;
  a.args = args;
  for (uint32_t i = 0; i < g->n; i++)
    args[place_of(s, g, i)] = g->values[i];
  for (uint32_t i = 0; i < s->n_params; i++)
    if (!args[i])
      args[i] = left_out(b, s, i, g->span);
  for (a.param = 0; a.param < s->n_params; a.param++)
    if (!fits(&a, s->params[a.param].type, &args[a.param]))
      return keep_closest(g, &a);
  if (s->id == OPERATOR_to_json && args[0]->type->kind == TYPE_bytes)
    return NULL; // they hold JSON: another row reads it
  for (uint32_t i = 0; i < s->n_params; i++) {
    const struct type *t = meant(&a, s->params[i].type);
    if (t && !try_convert(b, &args[i], t))
      return NULL;
  }
  if (a.tensors && float_among_wholes(&a, g))
    return keep_closest(g, &a);
  struct core *x = made(b, s, &a, g, args, want);
  return x ? x : keep_closest(g, &a);
}

// The arguments; of a row alone, each with what the row says of it.
static bool read_args(struct body *b, struct given_args *g,
                      const struct signature *only)
{
  struct attempt a = {.b = b};
  bool ok = true;
  uint32_t i = 0;
  a.row = only;
  for (; i < g->n_first; i++)
    if (only)
      suits(&a, only->params[i].type, g->values[i]->type);
  for (struct arg *arg = g->args; arg; arg = arg->next, i++) {
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

// Tries the rows in their order: as the arguments are, then with conversions.
static struct core *try_rows(struct body *b, const struct signature *rows,
                             struct given_args *g, bool several,
                             const struct type *want)
{
  for (int widen = 0; widen < 2; widen++)
    for (const struct signature *s = rows; s; s = next_row(s)) {
      struct attempt a = {.b = b, .widen = widen, .several = several};
      struct core *x = takes(s, g) ? try_row(b, s, g, a, want) : NULL;
      if (x)
        return x;
    }
  return g->closest ? report_tensors(g->closest, g->span)
                    : no_row(b, rows, g, false);
}

struct core *check_operator(struct body *b, const struct signature *rows,
                            struct expr *e, struct core *first,
                            const struct type *want)
{
  struct given_args g = {.span = e->span,
                         .args = e->call.args,
                         .n_first = first ? 1 : 0,
                         .n = first ? 1 : 0};
  INDEX(b->k, operator, rows, e->call.of->span);
  for (struct arg *a = e->call.args; a; a = a->next)
    g.n++;
  g.values = ARENA_ARRAY(b->k->a, g.n + 1, struct core *);
  g.values[0] = first;
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
  return try_rows(b, rows, &g, candidates > 1, want);
}

struct core *operator_over(struct body *b, enum operator_id rows,
                           struct core **values, uint32_t n, struct span at)
{
  struct given_args g = {.span = at, .n_first = n, .n = n, .values = values};
  for (uint32_t i = 0; i < n; i++)
    if (is_bad(values[i]->type))
      return core_bad(b->k, at);
  return try_rows(b, signature_of(rows), &g, true, NULL);
}
