// Lists, tuples, records, strings with holes, comprehensions.
#include "compiler/checker.h"

#include <string.h>

// ---- strings with holes ----

static struct core *hole(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct core *x = check(b, e, NULL);
  if (is_bad(x->type) || x->type->kind == TYPE_str)
    return x;
  if (!type_has_text(k, x->type) || x->type == &type_never) {
    struct diag *d =
        diag_report(k->d, DIAG_wrong_type, e->span,
                    "%s cannot be shown as text", show(k, x->type));
    hint_secret(b, d, x->type, NULL);
    return core_bad(k, e->span);
  }
  return core_prim(k, OP_text, k->str, e->span, x, NULL);
}

struct core *check_template(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  uint32_t n = 0;
  for (struct part *p = e->parts; p; p = p->next)
    n++;
  struct core *x = core_new(k, CORE_CONCAT, k->str, e->span, n);
  n = 0;
  for (struct part *p = e->parts; p; p = p->next) {
    struct core *piece;
    if (p->hole)
      piece = hole(b, p->hole);
    else
      piece = core_const(k, const_text(k, k->str, p->text.data, p->text.size),
                         p->text.span);
    x->args[n++] = piece;
    if (is_bad(piece->type))
      x->type = &type_bad;
  }
  return x;
}

// ---- lists and tuples ----

static uint32_t count_elements(const struct expr *e)
{
  uint32_t n = 0;
  for (; e; e = e->next)
    n++;
  return n;
}

static struct core *unlike_elements(struct body *b, struct core *first,
                                    struct core *other)
{
  struct checker *k = b->k;
  struct diag *d = diag_report(k->d, DIAG_wrong_type, other->span,
                               "this element is %s, others are %s",
                               show(k, other->type), show(k, first->type));
  diag_note(k->d, d, first->span, "%s", show(k, first->type));
  return core_bad(k, other->span);
}

const struct type *unite_all(struct body *b, struct core **x, uint32_t n)
{
  const struct type *t = x[0]->type;
  for (uint32_t i = 0; i < n; i++) {
    const struct type *joined = join(b->k, t, x[i]->type);
    if (!joined) {
      unlike_elements(b, x[0], x[i]);
      return NULL;
    }
    t = joined;
  }
  for (uint32_t i = 0; i < n && !is_bad(t); i++)
    if (!try_convert(b, &x[i], t))
      return NULL;
  return is_bad(t) ? NULL : t;
}

static bool is_empty_list(const struct expr *e)
{
  return e->kind == EXPR_LIST && !e->elements;
}

// Elements of which nothing is wanted. An empty list is like the others.
static bool check_elements(struct body *b, struct expr *first, struct core **x)
{
  const struct type *like = NULL;
  bool bad = false;
  for (int empty = 0; empty < 2; empty++) {
    uint32_t at = 0;
    for (struct expr *i = first; i; i = i->next, at++) {
      if (is_empty_list(i) != empty)
        continue;
      x[at] = check(b, i, empty ? like : NULL);
      bad = bad || is_bad(x[at]->type);
      if (!like && !is_bad(x[at]->type))
        like = x[at]->type;
    }
  }
  return !bad;
}

struct core *check_list(struct body *b, struct expr *e, const struct type *want)
{
  struct checker *k = b->k;
  const struct type *inner = without_none(want);
  const struct type *of = NULL;
  if (inner && inner->kind == TYPE_list)
    of = inner->of;
  else if (inner && inner->kind == TYPE_json)
    of = inner;
  uint32_t n = count_elements(e->elements), at = 0;
  if (!n && !of) {
    struct diag *d = diag_report(k->d, DIAG_cannot_infer, e->span,
                                 "what this empty list holds is not known");
    diag_hint(k->d, d, "name its type: `let xs: [int] = []`");
    return core_bad(k, e->span);
  }
  struct core *x = core_new(k, CORE_LIST, &type_bad, e->span, n);
  bool bad = false;
  for (struct expr *i = e->elements; i && of; i = i->next, at++) {
    x->args[at] = check_as(b, i, of, NULL);
    bad = bad || is_bad(x->args[at]->type);
  }
  if (!of)
    bad = !check_elements(b, e->elements, x->args);
  if (!bad && !of)
    of = unite_all(b, x->args, n);
  if (bad || !of)
    return core_bad(k, e->span);
  x->type = type_of(k->t, TYPE_list, of);
  return core_fold(k, x);
}

// Where json is wanted, it is wanted of the parts too, so that their lists may
// hold anything.
static const struct type *only_json(const struct type *t)
{
  return t && t->kind == TYPE_json && !is_bad(t) ? t : NULL;
}

struct core *check_tuple(struct body *b, struct expr *e,
                         const struct type *want)
{
  struct checker *k = b->k;
  const struct type *inner = without_none(want);
  uint32_t n = count_elements(e->elements), at = 0;
  bool guided = inner && inner->kind == TYPE_tuple && inner->n_parts == n;
  struct type_part *parts = ARENA_ARRAY(k->a, n + 1, struct type_part);
  struct core *x = core_new(k, CORE_TUPLE, &type_bad, e->span, n);
  bool bad = false;
  for (struct expr *i = e->elements; i; i = i->next, at++) {
    const struct type *t = guided ? inner->parts[at].type : NULL;
    x->args[at] = t ? check_as(b, i, t, NULL) : check(b, i, only_json(inner));
    parts[at].type = x->args[at]->type;
    bad = bad || is_bad(parts[at].type) || parts[at].type == &type_never;
  }
  if (bad)
    return core_bad(k, e->span);
  x->type = guided ? inner : type_parts(k->t, TYPE_tuple, parts, n);
  return type_size_check(k, x->type, e->span) ? core_fold(k, x)
                                              : core_bad(k, e->span);
}

// ---- records ----

// What a literal gives to a field: a value, or a part of what is spread.
struct given {
  struct core *value;
  struct span span;
  bool spread;
};

// Locals that hold what is spread, in order; they go around the record.
struct spread {
  struct local *local;
  struct core *value;
  struct spread *next;
};

static void report_twice(struct checker *k, const struct name *name,
                         struct span first)
{
  struct diag *d = diag_report(k->d, DIAG_duplicate_field, name->span,
                               "`%s` is given twice", name->text->text);
  diag_note(k->d, d, first, "the first one");
}

static void report_no_field(struct checker *k, const struct name *name,
                            const struct type *t)
{
  struct diag *d =
      diag_report(k->d, DIAG_unknown_field, name->span, "%s has no field `%s`",
                  show(k, t), name->text->text);
  const char **names = ARENA_ARRAY(k->a, t->n_parts + 1, const char *);
  for (uint32_t i = 0; i < t->n_parts; i++)
    names[i] = t->parts[i].name->text;
  name_hint_list(k, d, name->text->text, names, t->n_parts);
  if (t->name)
    diag_note(k->d, d, t->span, "%s is declared here", t->name->text);
}

// State is read when the record is made, anything else gets a name.
static struct core *spread_value(struct body *b, struct field *f,
                                 struct spread ***end)
{
  struct checker *k = b->k;
  struct core *x = check(b, f->value, NULL);
  if (is_bad(x->type))
    return NULL;
  if (x->type->kind != TYPE_record) {
    struct diag *d =
        diag_report(k->d, DIAG_wrong_type, f->value->span,
                    "only a record can be spread into a record, this is %s",
                    show(k, x->type));
    if (x->type->kind == TYPE_map)
      diag_hint(k->d, d,
                "keys of a map are texts: `{ ...x, \"a\": 1 }`, "
                "`{ ...x, \"{name}\": 1 }`");
    return NULL;
  }
  if (x->kind == CORE_SELF && b->class->whole->c.fields[x->index].state)
    return x;
  struct spread *s = NEW(k, struct spread);
  s->local = local_hidden(b, x->type, f->span);
  s->value = x;
  **end = s;
  *end = &s->next;
  return core_local(k, s->local, f->span);
}

static struct core *part_of(struct checker *k, const struct core *of,
                            uint32_t i, struct span at)
{
  struct core *x = core_new(k, CORE_PART, of->type->parts[i].type, at, 1);
  x->args[0] = NEW(k, struct core);
  core_become(x->args[0], of);
  if (of->kind == CORE_LOCAL)
    of->local->reads++;
  x->index = i;
  return x;
}

static struct core *within_spreads(struct checker *k, struct spread *s,
                                   struct core *x)
{
  return s ? core_let(k, s->local, s->value, within_spreads(k, s->next, x))
           : core_fold(k, x);
}

// A record under construction: the fields in order, and where each name is.
struct making {
  struct type_part *parts; // of what is made when nothing is wanted
  struct given *given;
  uint32_t n, room, room_given;
  struct table at; // name → index + 1
  struct spread *spreads, **end;
  uint32_t n_spreads;
  const struct type *want; // a record type, or NULL
  const struct type *json; // that is wanted instead, or NULL
  bool bad;
};

static struct given *field_place(struct body *b, struct making *m,
                                 const struct name *name)
{
  struct checker *k = b->k;
  void **at = table_at(k->a, &m->at, name->text);
  if (*at)
    return &m->given[(uintptr_t)*at - 1];
  if (m->want) {
    report_no_field(k, name, m->want);
    m->bad = true;
    return NULL;
  }
  struct type_part part = {.name = name->text, .span = name->span};
  struct given nothing = {0};
  uint32_t n = m->n;
  PUSH(k, m->parts, m->n, m->room, part);
  PUSH(k, m->given, n, m->room_given, nothing);
  *at = (void *)(uintptr_t)n;
  return &m->given[n - 1];
}

static void give_spread(struct body *b, struct making *m, struct field *f)
{
  const struct core *x = spread_value(b, f, &m->end);
  m->n_spreads++;
  if (!x) {
    m->bad = true;
    return;
  }
  for (uint32_t i = 0; i < x->type->n_parts; i++) {
    struct name name = {x->type->parts[i].name, f->span, NULL};
    struct given *g = field_place(b, m, &name);
    if (!g)
      continue;
    *g = (struct given){part_of(b->k, x, i, f->span), f->span, true};
    uint32_t at = (uint32_t)(g - m->given);
    if (m->want)
      g->value = convert(b, g->value, m->want->parts[at].type, NULL);
    else
      m->parts[at].type = g->value->type;
    m->bad = m->bad || is_bad(g->value->type);
  }
}

static void give_field(struct body *b, struct making *m, struct field *f)
{
  struct checker *k = b->k;
  struct given *g = field_place(b, m, &f->name);
  if (!g) {
    check(b, f->value, NULL);
    return;
  }
  uint32_t at = (uint32_t)(g - m->given);
  if (g->value && !g->spread)
    report_twice(k, &f->name, g->span);
  struct core *x;
  if (m->want) {
    const struct type_part *p = &m->want->parts[at];
    INDEX(k, part, INDEX_FIELD, p, f->name.span);
    struct blame why = {0, arena_printf(k->a, "field `%s`", p->name->text),
                        p->span, p->span.end > p->span.start && m->want->name};
    x = check_as(b, f->value, p->type, &why);
  } else {
    x = check(b, f->value, m->json);
    m->parts[at].type = x->type;
  }
  m->given[at] = (struct given){x, f->span, false};
  m->bad = m->bad || is_bad(x->type) || x->type == &type_never;
}

static void begin_wanted(struct checker *k, struct making *m,
                         const struct type *want)
{
  m->want = want;
  m->n = want->n_parts;
  m->given = ARENA_ARRAY(k->a, m->n + 1, struct given);
  for (uint32_t i = 0; i < m->n; i++)
    *table_at(k->a, &m->at, want->parts[i].name) = (void *)(uintptr_t)(i + 1);
}

static void fill_defaults(struct checker *k, struct making *m, struct span at)
{
  const char *missing = NULL;
  const struct type_part *optional = NULL;
  uint32_t n_missing = 0;
  for (uint32_t i = 0; i < m->n; i++) {
    const struct type_part *p = &m->want->parts[i];
    if (m->given[i].value)
      continue;
    if (p->initial) {
      m->given[i].value = core_const(k, p->initial, at);
      continue;
    }
    if (p->type->kind == TYPE_optional)
      optional = p;
    if (n_missing++ < 5)
      missing = missing ? arena_printf(k->a, "%s, `%s`", missing, p->name->text)
                        : arena_printf(k->a, "`%s`", p->name->text);
  }
  if (!missing)
    return;
  struct diag *d =
      diag_report(k->d, DIAG_missing_field, at, "%s of %s %s missing", missing,
                  show(k, m->want), n_missing > 1 ? "are" : "is");
  if (m->want->name)
    diag_note(k->d, d, m->want->span, "%s is declared here",
              m->want->name->text);
  if (optional && n_missing == 1)
    diag_hint(k->d, d,
              "a field with a default may be left out: `%s: %s = none`",
              optional->name->text, show(k, optional->type));
  m->bad = true;
}

// What the fields of a record without a name are called is declared in it.
static void index_fields(struct checker *k, const struct making *m,
                         const struct field *f, const struct type *t)
{
  for (; f; f = f->next) {
    uintptr_t at =
        f->name.text ? (uintptr_t)table_get(&m->at, f->name.text) : 0;
    if (at)
      INDEX(k, part, INDEX_FIELD, &t->parts[at - 1], f->name.span);
  }
}

struct core *check_fields(struct body *b, struct field *fields, struct span at,
                          const struct type *want)
{
  struct checker *k = b->k;
  struct making m = {.json = only_json(want)};
  m.end = &m.spreads;
  want = m.json ? NULL : want;
  if (want)
    begin_wanted(k, &m, want);
  for (struct field *f = fields; f; f = f->next)
    if (f->name.text)
      give_field(b, &m, f);
    else if (!f->key)
      give_spread(b, &m, f);
    else
      m.bad = true; // the parser said so
  if (want && !m.bad)
    fill_defaults(k, &m, at);
  if (m.bad)
    return core_bad(k, at);
  const struct type *t =
      want ? want : type_parts(k->t, TYPE_record, m.parts, m.n);
  if (k->c->index && !want)
    index_fields(k, &m, fields, t);
  if (m.n_spreads > CHAIN_MAX)
    diag_report(k->d, DIAG_too_deep, at, "at most %d values can be spread",
                CHAIN_MAX);
  if (m.n_spreads > CHAIN_MAX || !type_size_check(k, t, at))
    return core_bad(k, at);
  struct core *x = core_new(k, CORE_TUPLE, t, at, m.n);
  for (uint32_t i = 0; i < m.n; i++)
    x->args[i] = m.given[i].value;
  return within_spreads(k, m.spreads, x);
}

struct core *check_record(struct body *b, struct expr *e,
                          const struct type *want)
{
  const struct type *inner = without_none(want);
  bool named = false;
  for (struct field *f = e->fields; f; f = f->next)
    named = named || f->name.text;
  if (inner && inner->kind == TYPE_map && !named)
    return check_map(b, e, want);
  if (inner && (is_bad(inner) || inner->kind != TYPE_record))
    inner = only_json(inner);
  return check_fields(b, e->fields, e->span, inner);
}

// ---- comprehensions ----

// A text is iterated as the list of its characters.
static struct core *characters(struct checker *k, struct core *text)
{
  struct core *x = core_operator(
      k, OPERATOR_chars, type_of(k->t, TYPE_list, k->str), text->span, 1);
  x->args[0] = text;
  return x;
}

// json is read as what the names are for: elements, or keys and values.
static struct core *json_walked(struct body *b, struct core *x, bool two)
{
  struct checker *k = b->k;
  return convert(b, x, type_of(k->t, two ? TYPE_map : TYPE_list, k->json),
                 NULL);
}

bool iterates(struct body *b, struct core **of, const struct name *names,
              const struct type **item, const struct type **second)
{
  struct checker *k = b->k;
  if ((*of)->type->kind == TYPE_json && !is_bad((*of)->type))
    *of = json_walked(b, *of, names->next);
  if ((*of)->type->kind == TYPE_str)
    *of = characters(k, *of);
  if (is_tensor((*of)->type))
    *of = tensor_parts(b, *of);
  struct core *over = *of;
  const struct type *t = over->type;
  *second = *item = &type_bad;
  if (is_bad(t))
    return false;
  if (t->kind == TYPE_list || t->kind == TYPE_stream) {
    *item = t->of;
    *second = k->integer;
    return true;
  }
  if (t->kind == TYPE_map) {
    *item = k->str;
    *second = t->of;
    return true;
  }
  struct diag *d = diag_report(k->d, DIAG_not_iterable, over->span,
                               "%s cannot be iterated", show(k, t));
  if (t->kind == TYPE_int)
    diag_hint(k->d, d, "write `range(...)`");
  else if (t->kind == TYPE_optional)
    diag_hint(k->d, d, "test it against none, or write `?? []`");
  return false;
}

struct core *check_each(struct body *b, struct expr *e, const struct type *want)
{
  struct checker *k = b->k;
  const struct type *inner = without_none(want), *of = NULL;
  if (inner && inner->kind == TYPE_list)
    of = inner->of;
  struct core *x = core_new(k, CORE_EACH, &type_bad, e->span, 1);
  x->args[0] = check(b, e->each.over, NULL);
  if (e->each.limit)
    x->each.limit = check_as(b, e->each.limit, k->integer, NULL);
  const struct core *limit = x->each.limit;
  if (limit && limit->kind == CORE_CONST && !is_bad(limit->type) &&
      limit->constant->i < 1)
    diag_report(k->d, DIAG_bad_setting, limit->span,
                "a limit must be at least 1");
  const struct type *item, *second;
  struct name *names = e->each.names;
  bool ok = iterates(b, &x->args[0], names, &item, &second);
  uint32_t mark = scope_open(b), narrows = narrow_mark(b);
  b->apart++;
  x->each.item = loop_variable(b, names, item);
  if (names->next)
    x->each.second = loop_variable(b, names->next, second);
  if (e->each.test) {
    struct fact *facts = NULL;
    x->each.test = check_condition(b, e->each.test, &facts);
    facts_apply(b, facts, true);
  }
  x->each.value = check(b, e->each.value, of);
  if (of && !is_bad(x->each.value->type))
    try_convert(b, &x->each.value, of); // a misfit is reported of the list
  b->apart--;
  narrow_undo(b, narrows);
  scope_close(b, mark);
  const struct type *t = x->each.value->type;
  if (!ok || is_bad(t) || (x->each.limit && is_bad(x->each.limit->type)))
    return core_bad(k, e->span);
  x->type = type_of(k->t, TYPE_list, t);
  return x;
}
