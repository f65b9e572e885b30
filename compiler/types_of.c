// Types as written become types as known. Names are resolved on demand, so that
// declarations may come in any order and mention each other.
#include "compiler/checker.h"
#include "grammar/text/parse.h"

#include <string.h>

enum { NESTED_MAX = 500 }; // declared types inside each other

const char *show(struct checker *k, const struct type *t)
{
  if (is_bad(t))
    return "?";
  return t == &type_never ? "nothing" : type_text(k->a, t);
}

const struct type *without_none(const struct type *t)
{
  return t && t->kind == TYPE_optional ? t->of : t;
}

// ---- names ----

// `type Linear[In, Out] = …`: inside of it these are its names of dimensions.
static void family_begin(struct checker *k, struct symbol *s)
{
  const struct name *names = s->item->type_decl.dims;
  enum type_expr_kind kind = s->item->type_decl.type->kind;
  if (!names)
    return;
  if (kind == TYPE_UNION || kind == TYPE_CASE)
    diag_report(k->d, DIAG_type_arguments, names->span,
                "a tagged union has no dimensions");
  struct type_family *f = s->family = NEW(k, struct type_family);
  struct type_part *dims = NULL;
  uint32_t room = 0;
  dims_open(k, true);
  dims_add_listed(k, names);
  for (const struct name *n = names; n; n = n->next) {
    struct type_part d = {
        .name = n->text, .size = k->dims->scope, .span = n->span};
    PUSH(k, dims, f->n, room, d);
  }
  f->dims = dims;
  k->dims->closed = true;
}

const struct type *type_of_symbol(struct checker *k, struct symbol *s)
{
  struct item *i = s->item;
  if (s->state == FINISHED || (s->state == UNDER_WAY && s->type))
    return s->type;
  if (s->state == UNDER_WAY) {
    diag_report(k->d, DIAG_recursive_type, s->span, "the type `%s` is itself",
                s->name->text);
    return s->type = &type_bad;
  }
  s->state = UNDER_WAY;
  struct dims *around = dims_enter(k, NULL);
  family_begin(k, s);
  enum type_expr_kind kind = i->type_decl.type->kind;
  bool own = kind == TYPE_RECORD || kind == TYPE_UNION;
  struct type *declared =
      own ? type_declare(k->t, s->name, s->span, i->doc) : NULL;
  s->type = declared;
  if (s->family && declared) {
    s->family->pattern = declared;
    declared->kind = kind == TYPE_RECORD ? TYPE_record : TYPE_union;
    declared->family = s->family;
    declared->dims = s->family->dims;
  }
  k->declared = i->type_decl.type;
  k->type_depth++;
  const struct type *as = type_of_expr(k, i->type_decl.type);
  k->type_depth--;
  if (own && !is_bad(as))
    type_fill(k->t, declared, as);
  else if (!s->type || own)
    s->type = as;
  s->state = FINISHED;
  dims_enter(k, around);
  if (s->family && !is_bad(s->type) && !is_bad(as)) {
    s->family->pattern = s->type;
    type_family_fill(k->t, s->family);
  }
  return s->type;
}

static const char *const type_words[] = {
#define TYPE(kind, word, form, part) word,
#include "grammar/defs/types.def"
#undef TYPE
};

static const struct type *record_of(struct checker *k, const char *const *names,
                                    const struct type *const *types, uint32_t n)
{
  struct type_part parts[8] = {0};
  for (uint32_t i = 0; i < n; i++) {
    parts[i].name = atom_of_text(&k->c->atoms, names[i]);
    parts[i].type = types[i];
  }
  return type_parts(k->t, TYPE_record, parts, n);
}

const struct type *type_of_adapter(struct checker *k, enum adapter_kind a)
{
  const struct type *map = type_of(k->t, TYPE_map, k->str);
  if (a == ADAPTER_request)
    return record_of(k,
                     (const char *const[]){"method", "path", "query", "headers",
                                           "body", "client", "id"},
                     (const struct type *const[]){k->str, k->str, map, map,
                                                  type_simple(k->t, TYPE_bytes),
                                                  k->str, k->str},
                     7);
  const struct type *row = type_of(k->t, TYPE_list, k->json);
  return record_of(
      k, (const char *const[]){"columns", "rows"},
      (const struct type *const[]){type_of(k->t, TYPE_list, k->str),
                                   type_of(k->t, TYPE_list, row)},
      2);
}

static const struct type *plain_type(struct checker *k, atom name)
{
  for (int i = 0; i < TYPE_enum; i++) // most of those without parts
    if (!strcmp(name->text, type_words[i]))
      return type_simple(k->t, i);
  if (!strcmp(name->text, type_words[TYPE_secret]))
    return type_simple(k->t, TYPE_secret);
  if (!strcmp(name->text, "request"))
    return type_of_adapter(k, ADAPTER_request);
  if (!strcmp(name->text, "table"))
    return type_of_adapter(k, ADAPTER_table);
  return NULL;
}

static const struct type *unknown_type(struct checker *k,
                                       const struct name *name)
{
  struct diag *d = diag_report(k->d, DIAG_unknown_type, name->span,
                               "there is no type `%s`", name->text->text);
  const struct case_ref *variant = table_get(&k->cases, name->text);
  const char *here = parse_foreign_word(name->text->text);
  if (variant && variant->type->name) {
    diag_hint(k->d, d, "it is a variant of `%s`, and no type of its own",
              variant->type->name->text);
    diag_note(k->d, d, variant->span, "the variant");
  } else if (here) {
    diag_hint(k->d, d, "%s", here);
  } else {
    name_hint_list(k, d, name->text->text, type_words, TYPE_enum);
  }
  if (!d->hint) {
    const struct table *tables[] = {&k->names};
    name_hint(k, d, name->text, NULL, tables, 1);
  }
  return &type_bad;
}

static bool names_type(struct checker *k, atom name)
{
  const struct symbol *s = table_get(&k->names, name);
  return plain_type(k, name) ||
         (s && (s->kind == SYMBOL_TYPE || s->kind == SYMBOL_CLASS));
}

// `str(patern: 'x')` reads as the one case of a union. It is meant as one only
// where a declaration has no type of that name.
static const struct type *lone_case(struct checker *k, struct type_expr *t)
{
  if (!names_type(k, t->variant.name.text))
    return unknown_type(k, &t->variant.name);
  for (struct type_field *f = t->variant.fields; f; f = f->next) {
    bool known = limit_of(k, f->name.text, f->span) >= 0;
    if (known && !f->initial && f->type && f->type->kind == TYPE_NUMBER)
      continue;
    if (known) {
      struct diag *d =
          diag_report(k->d, DIAG_bad_constraint, f->span,
                      "`%s` is given no such value", f->name.text->text);
      diag_hint(k->d, d,
                "constraints are written out: `str(min_length: 2)`, "
                "`str(pattern: '[a-z]+')`");
    }
    return &type_bad;
  }
  diag_report(k->d, DIAG_bad_constraint, t->span, "a constraint is missing");
  return &type_bad;
}

static const struct type *no_arguments(struct checker *k, struct type_expr *t)
{
  diag_report(k->d, DIAG_type_arguments, t->span, "`%s` has no dimensions",
              t->named.path->text->text);
  return &type_bad;
}

static const char *family_text(struct checker *k, const struct symbol *s)
{
  const char *text = s->name->text;
  for (uint32_t i = 0; i < s->family->n; i++)
    text = arena_printf(k->a, "%s%s%s", text, i ? ", " : "[",
                        s->family->dims[i].name->text);
  return arena_printf(k->a, "%s]", text);
}

const struct type *type_applied(struct checker *k, const struct symbol *s,
                                const struct type *t, struct type_expr *e)
{
  uint32_t wanted = s->family ? s->family->n : 0, given = 0;
  struct type_expr *args = e->named.args;
  if (is_bad(t) || (!wanted && !args))
    return t;
  if (!wanted)
    return no_arguments(k, e);
  for (struct type_expr *a = args; a; a = a->next)
    given++;
  struct type_part *dims = ARENA_ARRAY(k->a, wanted, struct type_part);
  uint32_t n, rest;
  if (given == wanted && !dims_read(k, args, wanted, dims, &n, &rest))
    return &type_bad;
  if (given == wanted && rest == UINT32_MAX)
    return type_instance(k->t, s->family, dims);
  struct diag *d =
      diag_report(k->d, DIAG_type_arguments, e->span,
                  "`%s` has %u dimension%s, %u %s given", s->name->text, wanted,
                  wanted == 1 ? "" : "s", given, given == 1 ? "is" : "are");
  diag_hint(k->d, d, "it is `%s`", family_text(k, s));
  diag_note(k->d, d, s->span, "`%s` is declared here", s->name->text);
  return &type_bad;
}

static const struct type *named(struct checker *k, struct type_expr *t)
{
  struct name *name = t->named.path;
  const struct type *word = name->next ? NULL : type_word(k, name->text);
  if (word)
    return word;
  if (name->next)
    return library_type(k, t);
  struct symbol *s = table_get(&k->names, name->text);
  if (s && s->kind != SYMBOL_MODULE) { // `time` is a type and a library
    s->uses++;
    INDEX(k, symbol, s, name->span);
  }
  if (s && s->kind == SYMBOL_TYPE)
    return type_applied(k, s, type_of_symbol(k, s), t);
  if (t->named.args) { // `list[int]` is of another language
    if (!s && parse_foreign_word(name->text->text))
      return unknown_type(k, name);
    if (s || plain_type(k, name->text))
      return no_arguments(k, t);
  }
  if (s && s->kind == SYMBOL_CLASS)
    return s->class ? type_handle(k->t, &s->class->c) : &type_bad;
  const struct type *plain = plain_type(k, name->text);
  if (plain) {
    INDEX(k, word, plain, name->span);
    return plain;
  }
  if (!s || s->kind == SYMBOL_MODULE)
    return unknown_type(k, name);
  struct diag *d =
      diag_report(k->d, DIAG_not_a_type, name->span, "`%s` is %s, not a type",
                  name->text->text, symbol_kind_text(s->kind));
  diag_note(k->d, d, s->span, "`%s` is declared here", name->text->text);
  return &type_bad;
}

// ---- made of parts ----

static const struct type *of_one(struct checker *k, struct type_expr *t,
                                 enum type_kind kind)
{
  const struct type *of = type_of_expr(k, t->of);
  if (is_bad(of))
    return of;
  if (kind == TYPE_stream &&
      !type_no_stream(k, of, t->of->span, "a piece of a stream"))
    return &type_bad;
  return type_of(k->t, kind, of);
}

static const struct type *tuple(struct checker *k, struct type_expr *t)
{
  struct type_part *parts = NULL;
  uint32_t n = 0, room = 0;
  bool bad = false;
  for (struct type_expr *m = t->members; m; m = m->next) {
    struct type_part part = {.type = type_of_expr(k, m), .span = m->span};
    bad = bad || is_bad(part.type);
    PUSH(k, parts, n, room, part);
  }
  return bad ? &type_bad : type_parts(k->t, TYPE_tuple, parts, n);
}

static bool name_seen(struct checker *k, struct table *seen, atom name,
                      struct span at)
{
  void **slot = table_at(k->a, seen, name);
  if (*slot) {
    struct diag *d = diag_report(k->d, DIAG_duplicate_field, at,
                                 "`%s` is here twice", name->text);
    diag_note(k->d, d, *(struct span *)*slot, "the first one");
    return true;
  }
  struct span *kept = NEW(k, struct span);
  *kept = at;
  *slot = kept;
  return false;
}

static const struct constant *
field_default(struct checker *k, struct type_field *f, const struct type *t)
{
  struct blame why = {DIAG_bad_default,
                      arena_printf(k->a, "field `%s`", f->name.text->text),
                      f->type->span, true};
  return const_of_expr(k, f->initial, t, &why);
}

// A declared type has parts of its own: others that look like them are declared
// and documented elsewhere.
static const struct type *made_of(struct checker *k, enum type_kind kind,
                                  const struct type_part *parts, uint32_t n,
                                  bool own)
{
  const struct type *t = own ? type_own_parts(k->t, kind, parts, n)
                             : type_parts(k->t, kind, parts, n);
  for (uint32_t i = 0; i < n && k->c->index; i++)
    INDEX(k, part, kind == TYPE_union ? INDEX_CASE : INDEX_FIELD, &t->parts[i],
          parts[i].span);
  return t;
}

static const struct type *record(struct checker *k, struct type_field *fields,
                                 bool own)
{
  struct type_part *parts = NULL;
  uint32_t n = 0, room = 0;
  bool bad = false;
  struct table seen = {0};
  for (struct type_field *f = fields; f; f = f->next) {
    if (!f->name.text || !f->type ||
        name_seen(k, &seen, f->name.text, f->name.span)) {
      bad = true;
      continue;
    }
    struct type_part part = {.name = f->name.text,
                             .type = type_of_expr(k, f->type),
                             .doc = f->doc,
                             .span = f->name.span};
    bad = bad || is_bad(part.type);
    if (f->initial && !is_bad(part.type))
      part.initial = field_default(k, f, part.type);
    PUSH(k, parts, n, room, part);
  }
  return bad ? &type_bad : made_of(k, TYPE_record, parts, n, own);
}

static const struct type *enumeration(struct checker *k, struct type_expr *t)
{
  struct type_part *parts = NULL;
  uint32_t n = 0, room = 0;
  struct table seen = {0};
  for (struct type_expr *m = t->members; m; m = m->next) {
    if (m->kind != TYPE_TEXT)
      return &type_bad;
    atom word = atom_of(&k->c->atoms, m->text.data, m->text.size);
    struct type_part part = {.name = word, .span = m->span};
    if (!name_seen(k, &seen, word, m->span))
      PUSH(k, parts, n, room, part);
  }
  return type_parts(k->t, TYPE_enum, parts, n);
}

// In JSON a variant is an object, and its name stands under `type`.
static bool hides_variant(struct checker *k, const struct type_field *f)
{
  bool found = false;
  for (; f; f = f->next) {
    if (!f->name.text || strcmp(f->name.text->text, "type"))
      continue;
    found = true;
    struct diag *d = diag_report(k->d, DIAG_duplicate_field, f->name.span,
                                 "a variant cannot have a field `type`");
    diag_hint(k->d, d,
              "in JSON `type` says which variant it is: call the field `kind`");
  }
  return found;
}

static const struct type *tagged(struct checker *k, struct type_expr *t,
                                 bool own)
{
  struct type_part *parts = NULL;
  uint32_t n = 0, room = 0;
  bool bad = false;
  struct table seen = {0};
  struct type_expr *only = t->members && !t->members->next ? t->members : NULL;
  if (only && only->kind == TYPE_CASE &&
      (!own || names_type(k, only->variant.name.text)))
    return lone_case(k, only);
  for (struct type_expr *m = t->members; m; m = m->next) {
    if (m->kind != TYPE_CASE ||
        name_seen(k, &seen, m->variant.name.text, m->variant.name.span)) {
      bad = true;
      continue;
    }
    struct type_part part = {.name = m->variant.name.text,
                             .type = record(k, m->variant.fields, false),
                             .span = m->variant.name.span};
    bad = bad || is_bad(part.type) || hides_variant(k, m->variant.fields);
    PUSH(k, parts, n, room, part);
  }
  return bad ? &type_bad : made_of(k, TYPE_union, parts, n, own);
}

static int dtype_named(atom name)
{
#define DTYPE(kind, bytes, numpy)                                              \
  if (!strcmp(name->text, #kind))                                              \
    return DTYPE_##kind;
#include "grammar/defs/dtypes.def"
#undef DTYPE
  return -1;
}

static const struct type *tensor(struct checker *k, struct type_expr *t)
{
  static const char *const dtypes[] = {
#define DTYPE(kind, bytes, numpy) #kind,
#include "grammar/defs/dtypes.def"
#undef DTYPE
  };
  const struct name *name = t->named.path;
  int dtype = dtype_named(name->text);
  if (dtype < 0) {
    struct diag *d =
        diag_report(k->d, DIAG_unknown_type, name->span,
                    "there is no element type `%s`", name->text->text);
    name_hint_list(k, d, name->text->text, dtypes, DTYPES);
    return &type_bad;
  }
  struct type_part dims[TYPE_RANK];
  uint32_t n, rest;
  if (!dims_read(k, t->named.args, TYPE_RANK, dims, &n, &rest))
    return &type_bad;
  return rest == UINT32_MAX ? type_tensor(k->t, dtype, false, dims, n)
                            : type_tensor_around(k->t, dtype, dims, n, rest);
}

static const struct type *callable(struct checker *k, struct type_expr *t)
{
  struct type_part *parts = NULL;
  uint32_t n = 0, room = 0;
  bool bad = false;
  for (struct type_expr *m = t->callable.params; m; m = m->next) {
    struct type_part part = {.type = type_of_expr(k, m)};
    bad = bad || is_bad(part.type);
    PUSH(k, parts, n, room, part);
  }
  const struct type *result =
      t->callable.result ? type_of_result(k, t->callable.result) : k->none;
  if (bad || is_bad(result))
    return &type_bad;
  return type_callable(k->t, parts, n, result);
}

static const struct type *misplaced_step(struct checker *k, struct type_expr *t)
{
  struct diag *d =
      diag_report(k->d, DIAG_bad_step, t->span,
                  "a step is what a node answers, so it is a result only");
  diag_hint(k->d, d, "write what the step holds");
  return &type_bad;
}

static const struct type *unlimited(struct checker *k, struct type_expr *t)
{
  switch (t->kind) {
  case TYPE_NAMED:
    return named(k, t);
  case TYPE_LIST:
    return of_one(k, t, TYPE_list);
  case TYPE_MAP:
    return of_one(k, t, TYPE_map);
  case TYPE_OPTION:
    return of_one(k, t, TYPE_optional);
  case TYPE_STREAM:
    return of_one(k, t, TYPE_stream);
  case TYPE_STEP:
    return misplaced_step(k, t);
  case TYPE_TUPLE:
    return tuple(k, t);
  case TYPE_RECORD:
    return record(k, t->fields, k->declared == t);
  case TYPE_ENUM:
    return enumeration(k, t);
  case TYPE_UNION:
    return tagged(k, t, k->declared == t);
  case TYPE_CASE:
    return lone_case(k, t);
  case TYPE_TENSOR:
    return tensor(k, t);
  case TYPE_CALLABLE:
    return callable(k, t);
  default:
    return &type_bad;
  }
}

const struct type *type_of_expr(struct checker *k, struct type_expr *t)
{
  if (t->type && !k->type_words) // which may mean another type each time
    return t->type;
  if (k->type_depth > NESTED_MAX) {
    diag_report(k->d, DIAG_too_deep, t->span,
                "more than %d types inside each other", NESTED_MAX);
    return t->type = &type_bad;
  }
  const struct type *x = unlimited(k, t);
  if (t->constraints && !is_bad(x))
    x = type_with_limits(k, x, t->constraints);
  if (!k->type_depth && !is_bad(x) && !type_size_check(k, x, t->span))
    x = &type_bad;
  t->type = x;
  return x;
}

const struct type *type_of_result(struct checker *k, struct type_expr *t)
{
  if (t->kind != TYPE_STEP || t->constraints)
    return type_of_expr(k, t);
  const struct type *of = type_of_expr(k, t->of);
  return is_bad(of) ? of : type_of(k->t, TYPE_step, of);
}
