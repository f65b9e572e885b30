// Constructors of items: declarations, settings and statements.
#include "grammar/text/parser.h"

#include <string.h>

static unsigned most(unsigned a, unsigned b)
{
  return a > b ? a : b;
}

static unsigned expr_depth(const struct expr *e)
{
  return e ? e->depth : 0;
}

static unsigned type_depth(const struct type_expr *t)
{
  return t ? t->depth : 0;
}

static unsigned block_depth(const struct block *b)
{
  return b ? b->depth : 0;
}

static unsigned form_depth(const struct form *f)
{
  return f ? args_depth(f->args) : 0;
}

// An item one deeper than `depth`; an error, without parts, where that is too
// deep. `member` is what its kind has of the union.
#define NODE(p, kind, at, depth, member)                                       \
  node((p), (kind), (at), (depth), NODE_SIZE(struct item, member))

static struct item *node(struct parser *p, enum item_kind kind, struct span at,
                         unsigned depth, size_t size)
{
  struct item *i = arena_node(p->arena, size);
  i->span = at;
  i->depth = 1;
  i->kind = ITEM_ERROR;
  if (!build_deeper(p, at, depth))
    return i;
  i->kind = kind;
  i->depth = (uint16_t)(depth + 1);
  return i;
}

#define DECLARATION(p, kind, at, name, depth, member)                          \
  declaration((p), (kind), (at), (name), (depth),                              \
              NODE_SIZE(struct item, member))

static struct item *declaration(struct parser *p, enum item_kind kind,
                                struct span at, struct name name,
                                unsigned depth, size_t size)
{
  struct item *i = node(p, kind, at, depth, size);
  i->name = name;
  i->name.next = NULL;
  i->doc = scan_doc_at(p, at.start);
  return i;
}

void build_file(struct parser *p, struct item_list items)
{
  p->items = items.first;
}

struct block *build_block(struct parser *p, struct span at,
                          struct item_list items)
{
  struct block *b = ARENA_NEW(p->arena, struct block);
  b->span = at;
  b->items = items.first;
  for (const struct item *i = items.first; i; i = i->next)
    b->depth = (uint16_t)most(b->depth, i->depth);
  return b;
}

struct param *build_param(struct parser *p, struct span at, struct name name,
                          struct type_expr *type, struct name source,
                          struct name adapter, struct arg_list options,
                          struct expr *initial)
{
  struct param *q = ARENA_NEW(p->arena, struct param);
  q->name = name;
  q->type = type;
  q->source = source;
  q->adapter = adapter;
  q->options = options.first;
  q->initial = initial;
  q->span = at;
  q->depth = (uint16_t)most(most(type_depth(type), expr_depth(initial)),
                            args_depth(options.first));
  return q;
}

struct form *build_form(struct parser *p, struct span at, struct name name,
                        struct arg_list args)
{
  struct form *f = ARENA_NEW(p->arena, struct form);
  f->name = name;
  f->args = args.first;
  f->span = at;
  return f;
}

struct branch *build_branch(struct parser *p, struct expr *test,
                            struct block *body)
{
  struct branch *b = ARENA_NEW(p->arena, struct branch);
  b->test = test;
  b->body = body;
  return b;
}

struct callable build_callable(struct name_list dims,
                               const struct param_list *params,
                               struct type_expr *result, struct body body)
{
  return (struct callable){
      .dims = dims.first,
      .has_params = params != NULL,
      .params = params ? params->first : NULL,
      .result = result,
      .value = body.value,
      .body = body.block,
  };
}

static unsigned callable_depth(const struct callable *c)
{
  unsigned depth = most(params_depth(c->params), type_depth(c->result));
  return most(depth, most(expr_depth(c->value), block_depth(c->body)));
}

// --------------------------------------------------------------- declarations

struct item *build_item_error(struct parser *p, struct span at,
                              struct block *body)
{
  (void)body; // it was read for its own errors
  p->panic = false;
  scan_doc_at(p, at.start);
  return NODE(p, ITEM_ERROR, at, 0, effect);
}

struct item *build_use_file(struct parser *p, struct span at, struct text path)
{
  struct item *i = NODE(p, ITEM_USE, at, 0, use);
  i->use.path = path;
  return i;
}

struct item *build_use(struct parser *p, struct span at, struct name module,
                       struct name as)
{
  struct item *i = DECLARATION(p, ITEM_USE, at, as.text ? as : module, 0, use);
  i->use.module = module;
  return i;
}

struct item *build_type_decl(struct parser *p, struct span at,
                             struct name name, struct name_list dims,
                             struct type_expr *type)
{
  struct item *i = DECLARATION(p, ITEM_TYPE, at, name, type->depth, type_decl);
  if (!i->kind)
    return i;
  i->type_decl.dims = dims.first;
  i->type_decl.type = type;
  return i;
}

struct native *build_native(struct parser *p, struct name on,
                            struct text entry)
{
  struct native *n = ARENA_NEW(p->arena, struct native);
  n->on = on;
  n->entry = entry;
  return n;
}

struct item *build_deployment(struct parser *p, struct span at,
                              struct name name, struct callable c,
                              const struct native *native)
{
  struct item *i =
      DECLARATION(p, ITEM_DEPLOYMENT, at, name, callable_depth(&c), deployment);
  if (!i->kind)
    return i;
  i->deployment.c = c;
  if (native) {
    i->deployment.on = native->on;
    i->deployment.entry = native->entry;
  }
  return i;
}

struct item *build_fn(struct parser *p, struct span at, struct name name,
                      struct callable c)
{
  struct item *i = DECLARATION(p, ITEM_FN, at, name, callable_depth(&c), fn);
  if (i->kind)
    i->fn.c = c;
  return i;
}

static enum fn_kind prefix_kind(const struct expr *prefix)
{
  if (prefix->kind != EXPR_CALL || prefix->call.of->kind != EXPR_NAME)
    return FN_PLAIN;
  const char *name = prefix->call.of->name.text->text;
  return !strcmp(name, "batch")       ? FN_BATCH
         : !strcmp(name, "multiplex") ? FN_MULTIPLEX
                                      : FN_PLAIN;
}

struct item *build_fn_prefixed(struct parser *p, struct span at,
                               struct expr *prefix, struct item *fn)
{
  enum fn_kind kind = prefix_kind(prefix);
  const char *doc = scan_doc_at(p, at.start);
  fn->span = at;
  fn->doc = doc ? doc : fn->doc;
  if (kind == FN_PLAIN) {
    struct diag *d = diag_report(p->diags, DIAG_syntax_error, prefix->span,
                                 "this cannot stand before `fn`");
    const char *here = prefix->kind == EXPR_NAME
                           ? parse_foreign_word(prefix->name.text->text)
                           : NULL;
    diag_hint(p->diags, d, "%s",
              here ? here
                   : "`batch(...)` and `multiplex(...)` can; other "
                     "statements end with their line");
    return fn;
  }
  if (!fn->kind || !build_deeper(p, at, prefix->depth))
    return fn;
  fn->depth = (uint16_t)most(fn->depth, prefix->depth + 1u);
  fn->fn.kind = kind;
  fn->fn.options = prefix->call.args;
  fn->fn.prefix = prefix->span;
  return fn;
}

struct item *build_callable_item(struct parser *p, enum item_kind kind,
                                 struct span at, struct name name,
                                 struct callable c)
{
  struct item *i = DECLARATION(p, kind, at, name, callable_depth(&c), graph);
  if (i->kind)
    i->graph = c;
  return i;
}

struct item *build_route(struct parser *p, struct span at, struct name method,
                         struct text path, struct callable c,
                         struct field_list settings, struct form *form)
{
  unsigned depth = most(callable_depth(&c), fields_depth(settings.first));
  struct item *i = DECLARATION(p, ITEM_ROUTE, at, (struct name){0},
                               most(depth, form_depth(form)), route);
  if (!i->kind)
    return i;
  i->route.c = c;
  i->route.method = method;
  i->route.path = path;
  i->route.settings = settings.first;
  i->route.form = form;
  return i;
}

struct item *build_app(struct parser *p, struct span at, struct name name,
                       struct text prefix, struct block *body)
{
  struct item *i = DECLARATION(p, ITEM_APP, at, name, body->depth, app);
  if (!i->kind)
    return i;
  i->app.prefix = prefix;
  i->app.body = body;
  return i;
}

struct item *build_bind(struct parser *p, struct span at, struct name name,
                        struct expr *value, struct field_list settings)
{
  unsigned depth = most(value->depth, fields_depth(settings.first));
  struct item *i = DECLARATION(p, ITEM_BIND, at, name, depth, bind);
  if (!i->kind)
    return i;
  i->bind.value = value;
  i->bind.settings = settings.first;
  return i;
}

struct item *build_settings(struct parser *p, enum item_kind kind,
                            struct span at, struct name name,
                            struct name_list path, struct field_list settings)
{
  struct item *i =
      DECLARATION(p, kind, at, name, fields_depth(settings.first), settings);
  if (!i->kind)
    return i;
  i->settings.path = path.first;
  i->settings.settings = settings.first;
  return i;
}

struct item *build_value(struct parser *p, enum item_kind kind,
                         struct span at, struct name name,
                         struct type_expr *type, struct expr *value)
{
  struct item *i = DECLARATION(p, kind, at, name,
                               most(type_depth(type), value->depth), value);
  if (!i->kind)
    return i;
  i->value.type = type;
  i->value.value = value;
  return i;
}

struct item *build_test(struct parser *p, struct span at, struct text title,
                        struct block *body)
{
  struct item *i =
      DECLARATION(p, ITEM_TEST, at, (struct name){0}, body->depth, test);
  if (!i->kind)
    return i;
  i->test.title = title;
  i->test.body = body;
  return i;
}

// ----------------------------------------------------------------- statements

struct item *build_assign(struct parser *p, enum item_kind kind,
                          struct span at, struct expr *target, enum expr_op op,
                          struct expr *value)
{
  struct item *i = NODE(p, kind, at, most(target->depth, value->depth), assign);
  if (!i->kind)
    return i;
  i->assign.target = target;
  i->assign.op = op;
  i->assign.value = value;
  return i;
}

struct item *build_if(struct parser *p, struct span at,
                      struct branch_list branches, struct block *otherwise)
{
  unsigned depth = block_depth(otherwise);
  for (const struct branch *b = branches.first; b; b = b->next)
    depth = most(depth, most(b->test->depth, b->body->depth));
  struct item *i = NODE(p, ITEM_IF, at, depth, choice);
  if (!i->kind)
    return i;
  i->choice.branches = branches.first;
  i->choice.otherwise = otherwise;
  return i;
}

struct item *build_loop(struct parser *p, enum item_kind kind, struct span at,
                        struct name_list names, struct expr *over,
                        struct block *body)
{
  struct item *i = NODE(p, kind, at, most(over->depth, body->depth), loop);
  if (!i->kind)
    return i;
  i->loop.names = names.first;
  i->loop.over = over;
  i->loop.body = body;
  return i;
}

struct item *build_try(struct parser *p, struct span at, struct block *body,
                       struct name error, struct block *otherwise)
{
  struct item *i =
      NODE(p, ITEM_TRY, at, most(body->depth, otherwise->depth), attempt);
  if (!i->kind)
    return i;
  i->attempt.body = body;
  i->attempt.error = error;
  i->attempt.otherwise = otherwise;
  return i;
}

// A `match` as a statement of its own is an item: its arms are statements.
static struct item *match_item(struct parser *p, const struct expr *e)
{
  struct item *i = NODE(p, ITEM_MATCH, e->span, e->depth - 1u, match);
  i->match.value = e->match.value;
  i->match.arms = e->match.arms;
  return i;
}

struct item *build_effect(struct parser *p, enum item_kind kind,
                          struct span at, struct expr *value,
                          struct form *form)
{
  if (kind == ITEM_EXPR && value->kind == EXPR_MATCH && !value->bracketed)
    return match_item(p, value);
  struct item *i =
      NODE(p, kind, at, most(expr_depth(value), form_depth(form)), effect);
  if (!i->kind)
    return i;
  i->effect.value = value;
  i->effect.form = form;
  return i;
}
