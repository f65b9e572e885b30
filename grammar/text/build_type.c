// Constructors of types as they are written.
#include "grammar/text/parser.h"

#include <string.h>

static unsigned most(unsigned a, unsigned b)
{
  return a > b ? a : b;
}

static struct type_expr *draft(struct parser *p, struct span at, size_t size)
{
  struct type_expr *t = arena_node(p->arena, size);
  t->kind = TYPE_ERROR;
  t->span = at;
  t->depth = 1;
  return t;
}

struct type_expr *build_type_error(struct parser *p, struct span at)
{
  return draft(p, at, offsetof(struct type_expr, of));
}

// `member` is what its kind has of the union.
#define NODE(p, kind, at, depth, member)                                       \
  node((p), (kind), (at), (depth), NODE_SIZE(struct type_expr, member))

static struct type_expr *node(struct parser *p, enum type_expr_kind kind,
                              struct span at, unsigned depth, size_t size)
{
  struct type_expr *t = draft(p, at, size);
  if (!build_deeper(p, at, depth))
    return t;
  t->kind = kind;
  t->depth = (uint16_t)(depth + 1);
  return t;
}

static unsigned list_depth(const struct type_expr *t)
{
  unsigned depth = 0;
  for (; t; t = t->next)
    depth = most(depth, t->depth);
  return depth;
}

static unsigned fields_depth_of(const struct type_field *f)
{
  unsigned depth = 0;
  for (; f; f = f->next) {
    depth = most(depth, f->type->depth);
    depth = most(depth, f->initial ? f->initial->depth : 0);
  }
  return depth;
}

struct type_expr *build_type_named(struct parser *p, enum type_expr_kind kind,
                                   struct span at, struct name_list path,
                                   struct type_expr_list args)
{
  struct type_expr *t = NODE(p, kind, at, list_depth(args.first), named);
  if (!t->kind)
    return t;
  t->named.path = path.first;
  t->named.args = args.first;
  return t;
}

struct type_expr *build_type_of(struct parser *p, enum type_expr_kind kind,
                                struct span at, struct type_expr *of)
{
  struct type_expr *t = NODE(p, kind, at, of->depth, of);
  if (t->kind)
    t->of = of;
  return t;
}

struct type_expr *build_type_tuple(struct parser *p, struct span at,
                                   struct type_expr_list members)
{
  struct type_expr *t =
      NODE(p, TYPE_TUPLE, at, list_depth(members.first), members);
  if (t->kind)
    t->members = members.first;
  return t;
}

struct type_expr *build_type_record(struct parser *p, struct span at,
                                    struct type_field_list fields)
{
  struct type_expr *t =
      NODE(p, TYPE_RECORD, at, fields_depth_of(fields.first), fields);
  if (t->kind)
    t->fields = fields.first;
  return t;
}

struct type_expr *build_type_text(struct parser *p, struct text text)
{
  struct type_expr *t = NODE(p, TYPE_TEXT, text.span, 0, text);
  t->text = text;
  return t;
}

struct type_expr *build_type_number(struct parser *p, struct span at,
                                    struct expr *number)
{
  struct type_expr *t = NODE(p, TYPE_NUMBER, at, number->depth, number);
  if (t->kind)
    t->number = number;
  return t;
}

struct type_expr *build_type_rest(struct parser *p, struct span at)
{
  return NODE(p, TYPE_REST, at, 0, of);
}

struct type_expr *build_type_callable(struct parser *p, struct span at,
                                      struct type_expr_list params,
                                      struct type_expr *result)
{
  unsigned depth = most(list_depth(params.first), result ? result->depth : 0);
  struct type_expr *t = NODE(p, TYPE_CALLABLE, at, depth, callable);
  if (!t->kind)
    return t;
  t->callable.params = params.first;
  t->callable.result = result;
  return t;
}

// --------------------------------------------------- constraints, enums, cases

// The only constraint whose value is a string.
static bool is_pattern(const struct type_field *f)
{
  return f->type->kind == TYPE_ENUM && f->type->members &&
         !f->type->members->next && !strcmp(f->name.text->text, "pattern");
}

static struct expr *constraint_value(struct parser *p,
                                     const struct type_field *f)
{
  if (f->initial)
    return NULL;
  if (f->type->kind == TYPE_NUMBER)
    return f->type->number;
  if (is_pattern(f))
    return build_str(p, f->type->members->text);
  return NULL;
}

static struct arg_list constraints(struct parser *p,
                                   const struct type_field *f)
{
  struct arg_list list = {0};
  for (; f; f = f->next) {
    struct expr *value = constraint_value(p, f);
    if (!value)
      return (struct arg_list){0};
    list = arg_append(list, build_arg(p, f->span, f->name, value));
  }
  return list;
}

static bool is_bare(const struct type_expr *t)
{
  return t->kind == TYPE_NAMED && !t->named.path->next && !t->named.args &&
         !t->constraints;
}

static struct type_expr *variant(struct parser *p, struct span at,
                                 struct type_expr *name,
                                 struct type_field *fields)
{
  struct type_expr *t =
      NODE(p, TYPE_CASE, at, fields_depth_of(fields), variant);
  if (!t->kind)
    return t;
  t->variant.name = *name->named.path;
  t->variant.fields = fields;
  return t;
}

struct type_expr *build_type_braced(struct parser *p, struct span at,
                                    struct type_expr *of,
                                    struct type_field_list fields)
{
  struct arg_list found = constraints(p, fields.first);
  if (of->kind == TYPE_ERROR)
    return of;
  if (found.first && !of->constraints) {
    of->constraints = found.first;
    of->span = at;
    return of;
  }
  if (is_bare(of))
    return variant(p, at, of, fields.first);
  struct diag *d = diag_report(p->diags, DIAG_bad_type, at,
                               "constraints are numbers with names");
  diag_hint(p->diags, d, "write `str(min_length: 2)`, `int(ge: 1, le: 5)`, "
                         "`[T](min_items: 1)`");
  return build_type_error(p, at);
}

static struct type_expr *group(struct parser *p, enum type_expr_kind kind,
                               struct span at, struct type_expr_list members)
{
  struct type_expr *t = NODE(p, kind, at, list_depth(members.first), members);
  if (t->kind)
    t->members = members.first;
  return t;
}

static struct type_expr *mixed(struct parser *p, struct span at)
{
  struct diag *d = diag_report(p->diags, DIAG_bad_type, at,
                               "this is no alternative");
  diag_hint(p->diags, d, "alternatives are texts, `\"a\" | \"b\"`, or cases, "
                         "`Done(path: str) | Failed(error: str)`");
  return build_type_error(p, at);
}

struct type_expr *build_type_either(struct parser *p, struct span at,
                                    struct type_expr_list members)
{
  struct type_expr *first = members.first;
  bool alone = !first->next;
  if (alone && first->kind != TYPE_TEXT && first->kind != TYPE_CASE)
    return first;
  bool texts = first->kind == TYPE_TEXT;
  struct type_expr_list list = {0};
  for (struct type_expr *t = first, *next; t; t = next) {
    next = t->next;
    t->next = NULL;
    if (!texts && is_bare(t))
      t = variant(p, t->span, t, NULL);
    if (t->kind == TYPE_ERROR)
      return t;
    if (t->kind != (texts ? TYPE_TEXT : TYPE_CASE))
      return mixed(p, t->span);
    list = type_expr_append(list, t);
  }
  return group(p, texts ? TYPE_ENUM : TYPE_UNION, at, list);
}

struct type_field *build_type_field(struct parser *p, struct span at,
                                    struct name name, struct type_expr *type,
                                    struct expr *initial)
{
  p->panic = false; // one without a type is where an error ended
  if (!type)
    return NULL;
  struct type_field *f = ARENA_NEW(p->arena, struct type_field);
  f->name = name;
  f->type = type;
  f->initial = initial;
  f->doc = scan_doc_at(p, at.start);
  f->span = at;
  return f;
}
