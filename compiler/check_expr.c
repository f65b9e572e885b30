// Expressions: one function a kind of node, each from a tree and the type that
// is wanted (a hint, or NULL) to core with the type that it has.
#include "compiler/checker.h"
#include "grammar/text/parse.h"

// ---- names ----

struct symbol *symbol_find(struct body *b, const struct name *of)
{
  atom name = of->text;
  struct symbol *s = NULL;
  for (struct body *in = b; in && !s; in = in->outer)
    s = table_get(&in->nested, name);
  if (!s && b->class)
    s = class_member(b->k, b->class, name);
  if (!s && b->app)
    s = table_get(&b->app->names, name);
  if (!s)
    s = table_get(&b->k->names, name);
  if (s) {
    s->uses++;
    INDEX(b->k, symbol, s, of->span);
  }
  return s;
}

void report_unknown(struct body *b, const struct name *name)
{
  index_unknown(b, name);
  struct diag *d = diag_report(b->k->d, DIAG_unknown_name, name->span,
                               "`%s` is not known here", name->text->text);
  const struct table *tables[] = {b->class ? &b->class->members : NULL,
                                  b->app ? &b->app->names : NULL, &b->k->names,
                                  &b->k->operators};
  const char *here = parse_foreign_word(name->text->text);
  if (here)
    diag_hint(b->k->d, d, "%s", here);
  else
    name_hint(b->k, d, name->text, b, tables, 4);
}

struct core *handle_of(struct body *b, struct bind_sym *s, struct span at)
{
  if (!s->class)
    return core_bad(b->k, at);
  if (s->class->run)
    graph_compose(b->k, s->class->run);
  mention(b, (struct mention){.bind = s});
  struct constant *c = const_new(b->k, type_handle(b->k->t, &s->class->c));
  c->binding = &s->b;
  return core_const(b->k, c, at);
}

// What is known not to be none.
static struct core *known(struct body *b, struct core *x)
{
  if (x->type->kind != TYPE_optional)
    return x;
  struct core *there = core_new(b->k, CORE_UNWRAP, x->type->of, x->span, 1);
  there->args[0] = x;
  return there;
}

static struct core *self_field(struct body *b, struct symbol *s, struct span at)
{
  if (!s->type)
    class_lets(b->k, b->class->whole);
  if (!s->type)
    diag_report(b->k->d, DIAG_cannot_infer, at,
                "`%s` is used before its value is known", s->name->text);
  if (!s->type || is_bad(s->type))
    return core_bad(b->k, at);
  struct core *x = core_new(b->k, CORE_SELF, s->type, at, 0);
  x->index = s->index;
  struct entry *e = table_get(&b->fields, s->name);
  return e && e->narrowed ? known(b, x) : x;
}

static struct core *class_value(struct body *b, struct symbol *s,
                                struct span at)
{
  struct class_sym *c = s->class;
  if (!c || c->not_built)
    return core_bad(b->k, at);
  if (c->c.kind == CLASS_function && b->app)
    return handle_of(b, bind_auto(b->k, b->app, c), at);
  if (c->c.kind == CLASS_function) {
    struct constant *h = const_new(b->k, type_handle(b->k->t, &c->c));
    struct core *x = core_const(b->k, h, at);
    mention(b, (struct mention){.class = c, .call = x});
    return x;
  }
  struct diag *d =
      diag_report(b->k->d, DIAG_needs_instance, at,
                  "`%s` must be bound before it is used", s->name->text);
  diag_note(b->k->d, d, s->span, "the deployment is declared here");
  diag_hint(b->k->d, d,
            b->class && b->class->c.kind == CLASS_deployment
                ? "`let name = %s(...)` among the lets of the deployment "
                  "makes it a part"
                : "write `bind name = %s(...)` in an app",
            s->name->text);
  return core_bad(b->k, at);
}

static struct core *fn_value(struct body *b, struct symbol *s, struct span at)
{
  struct checker *k = b->k;
  bool library = s->space && s->space->library && !s->fn;
  struct fn_sym *f = library ? library_fn(b, s, at) : s->fn;
  if (!f || is_bad(f->sig.result))
    return core_bad(k, at);
  return closure_of_fn(b, f, at);
}

struct core *check_symbol(struct body *b, struct symbol *s, struct span at)
{
  switch (s->kind) {
  case SYMBOL_FIELD:
    return self_field(b, s, at);
  case SYMBOL_PART:
    return part_value(b, s, at);
  case SYMBOL_FN:
    return fn_value(b, s, at);
  case SYMBOL_BINDING:
    return s->bind ? handle_of(b, s->bind, at) : core_bad(b->k, at);
  case SYMBOL_CLASS:
    return class_value(b, s, at);
  case SYMBOL_METRIC: // not built: reported where they are declared
  case SYMBOL_FLOW:
    return core_bad(b->k, at);
  default:
    break;
  }
  struct diag *d =
      diag_report(b->k->d, DIAG_not_a_value, at, "`%s` is %s, not a value",
                  s->name->text, symbol_kind_text(s->kind));
  diag_note(b->k->d, d, s->span, "`%s` is declared here", s->name->text);
  return core_bad(b->k, at);
}

static struct core *local_value(struct body *b, struct entry *e, struct span at)
{
  struct core *x = core_local(b->k, e->local, at);
  return e->narrowed ? known(b, x) : x;
}

struct core *case_value(struct body *b, struct case_ref *c, struct span at)
{
  const struct type *fields = c->type->parts[c->index].type;
  struct core *record = core_new(b->k, CORE_TUPLE, fields, at, 0);
  struct core *x = core_new(b->k, CORE_UNION, c->type, at, 1);
  x->index = c->index;
  x->args[0] = core_fold(b->k, record);
  return core_fold(b->k, x);
}

struct core *check_name(struct body *b, struct expr *e)
{
  const struct name *name = &e->name;
  struct entry *local = entry_find(b, name->text);
  if (local && local->known)
    return known_value(b, local->known, e->span);
  if (local) {
    INDEX(b->k, local, local->local, name->span);
    return local_value(b, local, e->span);
  }
  struct symbol *s = symbol_find(b, name);
  if (s)
    return check_symbol(b, s, e->span);
  struct case_ref *c = table_get(&b->k->cases, name->text);
  if (c)
    INDEX(b->k, part, INDEX_CASE, &c->type->parts[c->index], name->span);
  if (c && !c->type->parts[c->index].type->n_parts)
    return case_value(b, c, e->span);
  const struct signature *rows = operators_named(b->k, name->text);
  if (rows && signature_is_constant(rows))
    return constant_operator(b->k, rows, e->span);
  if (c || rows) {
    struct diag *d = diag_report(b->k->d, DIAG_not_a_value, e->span,
                                 "`%s` is not a value", name->text->text);
    diag_hint(b->k->d, d, "call it: `%s(...)`", name->text->text);
  } else {
    report_unknown(b, name);
  }
  return core_bad(b->k, e->span);
}

// ---- conditions ----

static void fact_add(struct body *b, struct fact **facts, struct entry *e,
                     bool if_true)
{
  struct fact *f = NEW(b->k, struct fact);
  *f = (struct fact){.entry = e, .if_true = if_true, .next = *facts};
  *facts = f;
}

void facts_apply(struct body *b, struct fact *facts, bool truth)
{
  for (struct fact *f = facts; f; f = f->next)
    if (f->if_true == truth && f->path)
      narrow_path(b, f->entry, f->path);
    else if (f->if_true == truth)
      narrow(b, f->entry);
}

// `x == none`, `none != x`: what it says of a local x.
static void none_fact(struct body *b, struct expr *e, struct fact **facts)
{
  struct expr *x = e->operands.left, *y = e->operands.right;
  if (x->kind == EXPR_NONE) {
    struct expr *swapped = x;
    x = y;
    y = swapped;
  }
  struct entry *root = y->kind == EXPR_NONE ? path_root(b, x) : NULL;
  if (root) {
    fact_add(b, facts, root, e->op == OP_NE);
    (*facts)->path = x;
  }
  if (y->kind != EXPR_NONE || x->kind != EXPR_NAME)
    return;
  struct entry *l = narrowable(b, x->name.text);
  if (l && l->local->type->kind == TYPE_optional)
    fact_add(b, facts, l, e->op == OP_NE);
}

static void keep_facts(struct body *b, struct fact **to, struct fact *from,
                       bool truth)
{
  for (; from; from = from->next)
    if (from->if_true == truth) {
      fact_add(b, to, from->entry, truth);
      (*to)->path = from->path;
    }
}

static struct core *both_conditions(struct body *b, struct expr *e,
                                    struct fact **facts)
{
  bool and = e->op == OP_AND;
  struct fact *left = NULL, *right = NULL;
  struct core *x =
      core_new(b->k, and? CORE_AND : CORE_OR, b->k->boolean, e->span, 2);
  x->args[0] = check_condition(b, e->operands.left, &left);
  uint32_t mark = narrow_mark(b);
  facts_apply(b, left, and);
  x->args[1] = check_condition(b, e->operands.right, &right);
  narrow_undo(b, mark);
  keep_facts(b, facts, left, and);
  keep_facts(b, facts, right, and);
  return x;
}

struct core *check_condition(struct body *b, struct expr *e,
                             struct fact **facts)
{
  if (e->kind == EXPR_BINARY && (e->op == OP_AND || e->op == OP_OR))
    return both_conditions(b, e, facts);
  if (e->kind == EXPR_UNARY && e->op == OP_NOT) {
    struct fact *inner = NULL;
    struct core *x = check_condition(b, e->operands.right, &inner);
    for (; inner; inner = inner->next) {
      fact_add(b, facts, inner->entry, !inner->if_true);
      (*facts)->path = inner->path;
    }
    return core_prim(b->k, OP_not, b->k->boolean, e->span, x, NULL);
  }
  if (e->kind == EXPR_BINARY && (e->op == OP_EQ || e->op == OP_NE))
    none_fact(b, e, facts);
  struct core *x = check(b, e, b->k->boolean);
  return convert(b, x, b->k->boolean, NULL);
}

// `{}` beside a map is an empty one.
static void empty_map(struct checker *k, struct core **x, const struct type *t)
{
  bool empty = (*x)->kind == CORE_CONST && (*x)->type->kind == TYPE_record &&
               !(*x)->type->n_parts;
  if (empty && t->kind == TYPE_map)
    *x = core_const(k, const_new(k, t), (*x)->span);
}

const struct type *unite(struct body *b, struct core **x, struct core **y,
                         const struct type *want)
{
  if (is_bad((*x)->type) || is_bad((*y)->type))
    return &type_bad;
  empty_map(b->k, x, (*y)->type);
  empty_map(b->k, y, (*x)->type);
  if (want && !is_bad(want) && try_convert(b, x, want) &&
      try_convert(b, y, want))
    return want;
  const struct type *t = join(b->k, (*x)->type, (*y)->type);
  if (!t || !try_convert(b, x, t) || !try_convert(b, y, t))
    return NULL;
  return t;
}

static struct core *check_if(struct body *b, struct expr *e,
                             const struct type *want)
{
  struct checker *k = b->k;
  struct fact *facts = NULL;
  struct core *x = core_new(k, CORE_IF, &type_bad, e->span, 3);
  x->args[0] = check_condition(b, e->choice.test, &facts);
  uint32_t mark = narrow_mark(b);
  facts_apply(b, facts, true);
  x->args[1] = check(b, e->choice.yes, want);
  narrow_undo(b, mark);
  facts_apply(b, facts, false);
  x->args[2] = check(b, e->choice.no, want);
  narrow_undo(b, mark);
  const struct type *yes = x->args[1]->type, *no = x->args[2]->type;
  x->type = unite(b, &x->args[1], &x->args[2], want);
  if (!x->type) {
    struct diag *d = diag_report(k->d, DIAG_wrong_type, e->choice.no->span,
                                 "this is %s, but the other way gives %s",
                                 show(k, no), show(k, yes));
    diag_note(k->d, d, e->choice.yes->span, "the other way");
    return core_bad(k, e->span);
  }
  return x;
}

// ---- all kinds ----

static struct core *scalar(struct body *b, struct expr *e, enum type_kind kind)
{
  return core_const(
      b->k, const_int(b->k, type_simple(b->k->t, kind), e->integer), e->span);
}

static struct core *real(struct body *b, struct expr *e, enum type_kind kind)
{
  struct constant *c = const_new(b->k, type_simple(b->k->t, kind));
  c->f = e->number;
  return core_const(b->k, c, e->span);
}

static struct core *literal(struct body *b, struct expr *e)
{
  switch (e->kind) {
  case EXPR_INT:
    return scalar(b, e, TYPE_int);
  case EXPR_BOOL:
    return scalar(b, e, TYPE_bool);
  case EXPR_DURATION:
    return scalar(b, e, TYPE_duration);
  case EXPR_SIZE:
    return scalar(b, e, TYPE_size);
  case EXPR_FLOAT:
    return real(b, e, TYPE_float);
  case EXPR_PERCENT:
    return real(b, e, TYPE_percent);
  case EXPR_STR:
    return core_const(
        b->k, const_text(b->k, b->k->str, e->text.data, e->text.size), e->span);
  case EXPR_NONE:
    return core_const(b->k, const_new(b->k, b->k->none), e->span);
  default:
    return core_bad(b->k, e->span);
  }
}

static struct core *check_kind(struct body *b, struct expr *e,
                               const struct type *want)
{
  switch (e->kind) {
  case EXPR_TEMPLATE:
    return check_template(b, e);
  case EXPR_NAME:
    return check_name(b, e);
  case EXPR_FIELD:
    return check_field(b, e);
  case EXPR_ITEM:
    return check_item(b, e);
  case EXPR_INDEX:
    return check_index(b, e);
  case EXPR_SLICE:
    return check_slice(b, e);
  case EXPR_CALL:
    return check_call(b, e, want);
  case EXPR_WITH:
    return check_with(b, e, want);
  case EXPR_LOOP:
  case EXPR_AS:
    return check_composed(b, e, want);
  case EXPR_UNARY:
    return check_unary(b, e, want);
  case EXPR_BINARY:
    return check_binary(b, e, want);
  case EXPR_IF:
    return check_if(b, e, want);
  case EXPR_MATCH:
    return check_match(b, e, want);
  case EXPR_LAMBDA:
    return check_lambda(b, e, want);
  case EXPR_LIST:
    return check_list(b, e, want);
  case EXPR_TUPLE:
    return check_tuple(b, e, want);
  case EXPR_EACH:
    return check_each(b, e, want);
  case EXPR_RECORD:
    return check_record(b, e, want);
  case EXPR_MAP:
    return check_map(b, e, want);
  default:
    return literal(b, e);
  }
}

struct core *check(struct body *b, struct expr *e, const struct type *want)
{
  want = want_of_step(e, want);
  struct core *x = check_kind(b, e, want);
  if (__builtin_expect(b->k->c->index != NULL, 0))
    index_expr(b, e, want, x);
  return x;
}

struct core *check_as(struct body *b, struct expr *e, const struct type *want,
                      const struct blame *why)
{
  return convert(b, check(b, e, want), want, why);
}
