// Constructors of expressions. Each makes one node from its parts; the few
// decisions are about form, never about meaning.
#include "grammar/text/parser.h"

bool build_deeper(struct parser *p, struct span at, unsigned depth)
{
  if (depth < AST_DEPTH_MAX)
    return true;
  complain_deep(p, at);
  return false;
}

static unsigned most(unsigned a, unsigned b)
{
  return a > b ? a : b;
}

static unsigned depth_of(const struct expr *e)
{
  return e ? e->depth : 0;
}

static struct expr *draft(struct parser *p, struct span at, size_t size)
{
  struct expr *e = arena_node(p->arena, size);
  e->kind = EXPR_ERROR;
  e->span = at;
  e->depth = 1;
  return e;
}

struct expr *build_error(struct parser *p, struct span at)
{
  return draft(p, at, offsetof(struct expr, integer));
}

// A node one deeper than `depth`, or an error where that is too deep. `member`
// is what its kind has of the union.
#define NODE(p, kind, at, depth, member)                                       \
  node((p), (kind), (at), (depth), NODE_SIZE(struct expr, member))

static struct expr *node(struct parser *p, enum expr_kind kind, struct span at,
                         unsigned depth, size_t size)
{
  struct expr *e = draft(p, at, size);
  if (!build_deeper(p, at, depth))
    return e;
  e->kind = kind;
  e->depth = (uint16_t)(depth + 1);
  return e;
}

// ---------------------------------------------------------------------- lists

unsigned args_depth(const struct arg *a)
{
  unsigned depth = 0;
  for (; a; a = a->next)
    depth = most(depth, depth_of(a->value));
  return depth;
}

unsigned fields_depth(const struct field *f)
{
  unsigned depth = 0;
  for (; f; f = f->next)
    depth = most(depth, most(depth_of(f->value), depth_of(f->key)));
  return depth;
}

unsigned params_depth(const struct param *q)
{
  unsigned depth = 0;
  for (; q; q = q->next)
    depth = most(depth, q->depth);
  return depth;
}

unsigned arms_depth(const struct arm *a)
{
  unsigned depth = 0;
  for (; a; a = a->next) {
    depth = most(depth, depth_of(a->value));
    depth = most(depth, a->body ? a->body->depth : 0);
  }
  return depth;
}

struct name *build_name(struct parser *p, struct name n)
{
  struct name *copy = ARENA_NEW(p->arena, struct name);
  copy->text = n.text;
  copy->span = n.span;
  return copy;
}

struct arg *build_arg(struct parser *p, struct span at, struct name name,
                      struct expr *value)
{
  struct arg *a = ARENA_NEW(p->arena, struct arg);
  a->name = name;
  a->value = value;
  a->span = at;
  return a;
}

struct field *build_field(struct parser *p, struct span at, struct name name,
                          struct expr *key, struct expr *value)
{
  p->panic = false; // one without a value is where an error ended
  if (!value)
    return NULL;
  struct field *f = ARENA_NEW(p->arena, struct field);
  f->name = name;
  f->key = key;
  f->value = value;
  f->span = at;
  return f;
}

// ------------------------------------------------------------------- literals

struct expr *build_int(struct parser *p, struct span at, int64_t value)
{
  struct expr *e = NODE(p, EXPR_INT, at, 0, integer);
  e->integer = value;
  e->huge = value == INT64_MIN;
  return e;
}

struct expr *build_number(struct parser *p, enum expr_kind kind,
                          struct span at, double value)
{
  struct expr *e = NODE(p, kind, at, 0, number);
  e->number = value;
  return e;
}

struct expr *build_quantity(struct parser *p, enum expr_kind kind,
                            struct span at, int64_t value)
{
  struct expr *e = NODE(p, kind, at, 0, integer);
  e->integer = value;
  return e;
}

struct expr *build_none(struct parser *p, struct span at)
{
  return NODE(p, EXPR_NONE, at, 0, integer);
}

struct expr *build_str(struct parser *p, struct text text)
{
  struct expr *e = NODE(p, EXPR_STR, text.span, 0, text);
  e->text = text;
  return e;
}

struct part *build_text_part(struct parser *p, struct text text)
{
  struct part *t = ARENA_NEW(p->arena, struct part);
  t->text = text;
  return t;
}

static bool is_literal(const struct expr *e)
{
  return !e->bracketed && (e->kind == EXPR_INT || e->kind == EXPR_FLOAT ||
                           e->kind == EXPR_STR || e->kind == EXPR_DURATION ||
                           e->kind == EXPR_SIZE || e->kind == EXPR_PERCENT ||
                           e->kind == EXPR_BOOL || e->kind == EXPR_NONE);
}

struct part *build_hole(struct parser *p, struct span at, struct expr *value)
{
  struct part *t = ARENA_NEW(p->arena, struct part);
  if (!value || is_literal(value)) {
    struct diag *d =
        diag_report(p->diags, DIAG_constant_hole, at, "%s",
                    value ? "this hole holds only a literal"
                          : "this hole of the string is empty");
    diag_hint(p->diags, d, "a brace is written `\\{`; a raw string, 'in single "
                           "quotes', has no holes");
    value = build_error(p, at);
  }
  t->hole = value;
  return t;
}

struct expr *build_template(struct parser *p, struct span at,
                            struct part_list parts)
{
  unsigned depth = 0;
  for (const struct part *t = parts.first; t; t = t->next)
    depth = most(depth, depth_of(t->hole));
  struct expr *e = NODE(p, EXPR_TEMPLATE, at, depth, parts);
  if (e->kind)
    e->parts = parts.first;
  return e;
}

// -------------------------------------------------------------------- postfix

struct expr *build_name_expr(struct parser *p, struct name name)
{
  struct expr *e = NODE(p, EXPR_NAME, name.span, 0, name);
  e->name = name;
  return e;
}

struct expr *build_access(struct parser *p, struct span at, struct expr *of,
                          struct name name)
{
  struct expr *e = NODE(p, EXPR_FIELD, at, of->depth, access);
  if (!e->kind)
    return e;
  e->access.of = of;
  e->access.name = name;
  e->access.span = name.span;
  return e;
}

struct expr *build_item_access(struct parser *p, struct span at,
                               struct expr *of, int64_t index,
                               struct span where)
{
  struct expr *e = NODE(p, EXPR_ITEM, at, of->depth, access);
  if (!e->kind)
    return e;
  e->access.of = of;
  e->access.at = index < 0 || index > UINT32_MAX ? UINT32_MAX : (uint32_t)index;
  e->access.span = where;
  return e;
}

struct expr *build_index(struct parser *p, struct span at, struct expr *of,
                         struct expr *index)
{
  struct expr *e =
      NODE(p, EXPR_INDEX, at, most(of->depth, index->depth), index);
  if (!e->kind)
    return e;
  e->index.of = of;
  e->index.from = index;
  return e;
}

struct expr *build_slice(struct parser *p, struct span at, struct expr *of,
                         struct expr *from, struct expr *to)
{
  unsigned depth = most(of->depth, most(depth_of(from), depth_of(to)));
  struct expr *e = NODE(p, EXPR_SLICE, at, depth, index);
  if (!e->kind)
    return e;
  e->index.of = of;
  e->index.from = from;
  e->index.to = to;
  return e;
}

struct expr *build_call(struct parser *p, struct span at, struct expr *of,
                        struct arg_list args, struct span where)
{
  unsigned depth = most(depth_of(of), args_depth(args.first));
  struct expr *e = NODE(p, of ? EXPR_CALL : EXPR_LOOP, at, depth, call);
  if (!e->kind)
    return e;
  e->call.of = of;
  e->call.args = args.first;
  e->call.span = where;
  return e;
}

struct expr *build_with(struct parser *p, struct span at, struct expr *of,
                        struct field_list options)
{
  unsigned depth = most(of->depth, fields_depth(options.first));
  struct expr *e = NODE(p, EXPR_WITH, at, depth, with);
  if (!e->kind)
    return e;
  e->with.of = of;
  e->with.options = options.first;
  return e;
}

struct expr *build_as(struct parser *p, struct span at, struct expr *of,
                      struct name name)
{
  struct expr *e = NODE(p, EXPR_AS, at, of->depth, as);
  if (!e->kind)
    return e;
  e->as.of = of;
  e->as.name = name;
  return e;
}

struct expr *build_bracketed(struct expr *e)
{
  e->bracketed = true;
  return e;
}

// ------------------------------------------------------------------ operators

// A minus before a number makes another number.
static bool negate(struct expr *e, struct span at)
{
  if (e->bracketed || (e->kind == EXPR_INT && e->integer < 0 && !e->huge))
    return false;
  if (e->kind == EXPR_FLOAT)
    e->number = -e->number;
  else if (e->kind == EXPR_INT && !e->huge)
    e->integer = -e->integer;
  else if (e->kind != EXPR_INT)
    return false;
  e->huge = false;
  e->span = at;
  return true;
}

struct expr *build_unary(struct parser *p, struct span at, enum expr_op op,
                         struct span where, struct expr *right)
{
  if (op == OP_NEG && negate(right, at))
    return right;
  struct expr *e = NODE(p, EXPR_UNARY, at, right->depth, operands);
  if (!e->kind)
    return e;
  e->op = op;
  e->operands.right = right;
  e->operands.span = where;
  return e;
}

static bool compares(enum expr_op op)
{
  return op >= OP_EQ && op <= OP_NOT_IN;
}

static void check_chain(struct parser *p, struct span at, enum expr_op op,
                        const struct expr *left)
{
  if (!compares(op) || left->kind != EXPR_BINARY || left->bracketed ||
      !compares(left->op))
    return;
  struct diag *d = diag_report(p->diags, DIAG_chained_comparison, at,
                               "comparisons do not chain");
  diag_hint(p->diags, d, "write `a < b and b < c`");
}

struct expr *build_binary(struct parser *p, struct span at, enum expr_op op,
                          struct expr *left, struct span where,
                          struct expr *right)
{
  check_chain(p, where, op, left);
  struct expr *e =
      NODE(p, EXPR_BINARY, at, most(left->depth, right->depth), operands);
  if (!e->kind)
    return e;
  e->op = op;
  e->operands.left = left;
  e->operands.right = right;
  e->operands.span = where;
  return e;
}

// ---------------------------------------------------------- whole expressions

struct expr *build_choice(struct parser *p, struct span at, struct expr *test,
                          struct expr *yes, struct expr *no)
{
  unsigned depth = most(test->depth, most(yes->depth, no->depth));
  struct expr *e = NODE(p, EXPR_IF, at, depth, choice);
  if (!e->kind)
    return e;
  e->choice.test = test;
  e->choice.yes = yes;
  e->choice.no = no;
  return e;
}

struct expr *build_match(struct parser *p, struct span at, struct expr *value,
                         struct arm_list arms)
{
  unsigned depth = most(value->depth, arms_depth(arms.first));
  struct expr *e = NODE(p, EXPR_MATCH, at, depth, match);
  if (!e->kind)
    return e;
  e->match.value = value;
  e->match.arms = arms.first;
  return e;
}

struct expr *build_lambda(struct parser *p, struct span at,
                          struct param_list params, struct type_expr *result,
                          struct expr *value)
{
  unsigned depth = most(value->depth, params_depth(params.first));
  depth = most(depth, result ? result->depth : 0);
  struct expr *e = NODE(p, EXPR_LAMBDA, at, depth, lambda);
  if (!e->kind)
    return e;
  e->lambda.params = params.first;
  e->lambda.result = result;
  e->lambda.value = value;
  return e;
}

struct expr *build_elements(struct parser *p, enum expr_kind kind,
                            struct span at, struct expr_list elements)
{
  unsigned depth = 0;
  for (const struct expr *e = elements.first; e; e = e->next)
    depth = most(depth, e->depth);
  struct expr *e = NODE(p, kind, at, depth, elements);
  if (e->kind)
    e->elements = elements.first;
  return e;
}

struct expr *build_each(struct parser *p, struct span at, struct expr *value,
                        struct name_list names, struct expr *over,
                        struct expr *test, struct expr *limit)
{
  unsigned depth = most(most(value->depth, over->depth),
                        most(depth_of(test), depth_of(limit)));
  struct expr *e = NODE(p, EXPR_EACH, at, depth, each);
  if (!e->kind)
    return e;
  e->each.value = value;
  e->each.names = names.first;
  e->each.over = over;
  e->each.test = test;
  e->each.limit = limit;
  return e;
}

// Names make a record, texts a map; spreads alone, and nothing, a record.
struct expr *build_record(struct parser *p, struct span at,
                          struct field_list fields)
{
  const struct field *named = NULL, *keyed = NULL;
  for (const struct field *f = fields.first; f; f = f->next) {
    named = f->name.text && !named ? f : named;
    keyed = f->key && !keyed ? f : keyed;
  }
  if (named && keyed) {
    struct diag *d =
        diag_report(p->diags, DIAG_syntax_error, keyed->key->span,
                    "this is either a record or a map, not both");
    diag_note(p->diags, d, named->name.span, "a record has names");
    diag_hint(p->diags, d, "a map has texts: `{ \"a\": 1 }`");
    return build_error(p, at);
  }
  struct expr *e = NODE(p, keyed ? EXPR_MAP : EXPR_RECORD, at,
                        fields_depth(fields.first), fields);
  if (e->kind)
    e->fields = fields.first;
  return e;
}

// ----------------------------------------------------------------------- arms

struct arm *build_arm(struct parser *p, struct span at,
                      struct pattern *pattern, struct expr *value,
                      struct block *body)
{
  p->panic = false; // one without a pattern is where an error ended
  if (!pattern)
    return NULL;
  struct arm *a = ARENA_NEW(p->arena, struct arm);
  a->pattern = *pattern;
  a->value = value;
  a->body = body;
  a->span = at;
  return a;
}

struct pattern *build_pattern_error(struct parser *p, struct span at)
{
  struct pattern *t = ARENA_NEW(p->arena, struct pattern);
  t->span = at;
  return t;
}

struct pattern *build_literal_pattern(struct parser *p, struct span at,
                                      struct expr *value)
{
  struct pattern *t = build_pattern_error(p, at);
  t->kind = PATTERN_VALUE;
  t->value = value;
  return t;
}

struct pattern *build_case_pattern(struct parser *p, struct span at,
                                   struct name name, struct name bind)
{
  struct pattern *t = build_pattern_error(p, at);
  bool any = name.text->size == 1 && name.text->text[0] == '_' && !bind.text;
  t->kind = any ? PATTERN_ANY : PATTERN_CASE;
  t->name = name;
  t->bind = bind;
  return t;
}
