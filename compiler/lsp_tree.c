// The tree of a text as nodes inside each other, and the way down to a place.
#include "compiler/lsp.h"

// ---- children ----

struct visiting {
  lsp_visit *visit;
  void *who;
};

static void give(struct visiting *v, enum lsp_node_kind kind, struct span span,
                 const void *at)
{
  struct lsp_node n = {kind, span, at};
  if (at)
    v->visit(v->who, &n);
}

static void give_expr(struct visiting *v, const struct expr *e)
{
  if (e)
    give(v, LSP_EXPR, e->span, e);
}

static void give_type(struct visiting *v, const struct type_expr *t)
{
  if (t)
    give(v, LSP_TYPE, t->span, t);
}

static void give_block(struct visiting *v, const struct block *b)
{
  if (b)
    give(v, LSP_BLOCK, b->span, b);
}

static void give_args(struct visiting *v, const struct arg *a)
{
  for (; a; a = a->next)
    give(v, LSP_ARG, a->span, a);
}

static void give_fields(struct visiting *v, const struct field *f)
{
  for (; f; f = f->next)
    give(v, LSP_FIELD, f->span, f);
}

static void give_params(struct visiting *v, const struct param *p)
{
  for (; p; p = p->next)
    give(v, LSP_PARAM, p->span, p);
}

static void give_items(struct visiting *v, const struct item *i)
{
  for (; i; i = i->next)
    give(v, LSP_ITEM, i->span, i);
}

static void give_arms(struct visiting *v, const struct arm *a)
{
  for (; a; a = a->next)
    give(v, LSP_ARM, a->span, a);
}

static void give_types(struct visiting *v, const struct type_expr *t)
{
  for (; t; t = t->next)
    give_type(v, t);
}

static void give_form(struct visiting *v, const struct form *f)
{
  if (f)
    give(v, LSP_FORM, f->span, f);
}

static void give_callable(struct visiting *v, const struct callable *c)
{
  give_params(v, c->params);
  give_type(v, c->result);
  give_expr(v, c->value);
  give_block(v, c->body);
}

static void of_expr(struct visiting *v, const struct expr *e)
{
  switch (e->kind) {
  case EXPR_TEMPLATE:
    for (const struct part *p = e->parts; p; p = p->next)
      give_expr(v, p->hole);
    return;
  case EXPR_FIELD:
  case EXPR_ITEM:
    give_expr(v, e->access.of);
    return;
  case EXPR_INDEX:
  case EXPR_SLICE:
    give_expr(v, e->index.of);
    give_expr(v, e->index.from);
    give_expr(v, e->index.to);
    return;
  case EXPR_CALL:
  case EXPR_LOOP:
    give_expr(v, e->call.of);
    give_args(v, e->call.args);
    return;
  case EXPR_WITH:
    give_expr(v, e->with.of);
    give_fields(v, e->with.options);
    return;
  case EXPR_AS:
    give_expr(v, e->as.of);
    return;
  case EXPR_UNARY:
  case EXPR_BINARY:
    give_expr(v, e->operands.left);
    give_expr(v, e->operands.right);
    return;
  case EXPR_IF:
    give_expr(v, e->choice.test);
    give_expr(v, e->choice.yes);
    give_expr(v, e->choice.no);
    return;
  case EXPR_MATCH:
    give_expr(v, e->match.value);
    give_arms(v, e->match.arms);
    return;
  case EXPR_LAMBDA:
    give_params(v, e->lambda.params);
    give_type(v, e->lambda.result);
    give_expr(v, e->lambda.value);
    return;
  case EXPR_LIST:
  case EXPR_TUPLE:
    for (const struct expr *i = e->elements; i; i = i->next)
      give_expr(v, i);
    return;
  case EXPR_EACH:
    give_expr(v, e->each.value);
    give_expr(v, e->each.over);
    give_expr(v, e->each.test);
    give_expr(v, e->each.limit);
    return;
  case EXPR_RECORD:
  case EXPR_MAP:
    give_fields(v, e->fields);
    return;
  default:
    return;
  }
}

static void of_type_fields(struct visiting *v, const struct type_field *f)
{
  for (; f; f = f->next)
    give(v, LSP_TYPE_FIELD, f->span, f);
}

static void of_type(struct visiting *v, const struct type_expr *t)
{
  give_args(v, t->constraints);
  switch (t->kind) {
  case TYPE_NAMED:
  case TYPE_TENSOR:
    give_types(v, t->named.args);
    return;
  case TYPE_LIST:
  case TYPE_MAP:
  case TYPE_OPTION:
  case TYPE_STREAM:
  case TYPE_STEP:
    give_type(v, t->of);
    return;
  case TYPE_TUPLE:
  case TYPE_ENUM:
  case TYPE_UNION:
    give_types(v, t->members);
    return;
  case TYPE_RECORD:
    of_type_fields(v, t->fields);
    return;
  case TYPE_CALLABLE:
    give_types(v, t->callable.params);
    give_type(v, t->callable.result);
    return;
  case TYPE_CASE:
    of_type_fields(v, t->variant.fields);
    return;
  default:
    return;
  }
}

static void of_loop(struct visiting *v, const struct item *i)
{
  give_expr(v, i->loop.over);
  give_block(v, i->loop.body);
}

static void of_choice(struct visiting *v, const struct item *i)
{
  for (const struct branch *b = i->choice.branches; b; b = b->next) {
    give_expr(v, b->test);
    give_block(v, b->body);
  }
  give_block(v, i->choice.otherwise);
}

static void of_declaration(struct visiting *v, const struct item *i)
{
  switch (i->kind) {
  case ITEM_TYPE:
    give_type(v, i->type_decl.type);
    return;
  case ITEM_DEPLOYMENT:
    give_callable(v, &i->deployment.c);
    return;
  case ITEM_FN:
    give_args(v, i->fn.options);
    give_callable(v, &i->fn.c);
    return;
  case ITEM_GRAPH:
    give_callable(v, &i->graph);
    return;
  case ITEM_FLOW:
    give_callable(v, &i->flow);
    return;
  case ITEM_ROUTE:
    give_params(v, i->route.c.params);
    give_fields(v, i->route.settings);
    give_expr(v, i->route.c.value);
    give_block(v, i->route.c.body);
    give_form(v, i->route.form);
    return;
  case ITEM_APP:
    give_block(v, i->app.body);
    return;
  case ITEM_BIND:
    give_expr(v, i->bind.value);
    give_fields(v, i->bind.settings);
    return;
  case ITEM_RESOURCE:
  case ITEM_OVERRIDE:
  case ITEM_SERVER:
    give_fields(v, i->settings.settings);
    return;
  case ITEM_TEST:
    give_block(v, i->test.body);
    return;
  default:
    return;
  }
}

static void of_item(struct visiting *v, const struct item *i)
{
  switch (i->kind) {
  case ITEM_METRIC:
  case ITEM_SETTING:
  case ITEM_STATE:
  case ITEM_LET:
  case ITEM_VAR:
    give_type(v, i->value.type);
    give_expr(v, i->value.value);
    return;
  case ITEM_ASSIGN:
  case ITEM_STUB:
    give_expr(v, i->assign.target);
    give_expr(v, i->assign.value);
    return;
  case ITEM_IF:
    of_choice(v, i);
    return;
  case ITEM_MATCH:
    give_expr(v, i->match.value);
    give_arms(v, i->match.arms);
    return;
  case ITEM_FOR:
  case ITEM_WHILE:
    of_loop(v, i);
    return;
  case ITEM_TRY:
    give_block(v, i->attempt.body);
    give_block(v, i->attempt.otherwise);
    return;
  case ITEM_RETURN:
  case ITEM_YIELD:
  case ITEM_EMIT:
  case ITEM_SPAWN:
  case ITEM_ASSERT:
  case ITEM_EXPR:
    give_expr(v, i->effect.value);
    give_form(v, i->effect.form);
    return;
  default:
    of_declaration(v, i);
    return;
  }
}

static void of_param(struct visiting *v, const struct param *p)
{
  give_type(v, p->type);
  give_args(v, p->options);
  give_expr(v, p->initial);
}

static void of_arm(struct visiting *v, const struct arm *a)
{
  give(v, LSP_PATTERN, a->pattern.span, &a->pattern);
  give_expr(v, a->value);
  give_block(v, a->body);
}

static void of_field(struct visiting *v, const struct field *f)
{
  give_expr(v, f->key);
  give_expr(v, f->value);
}

void lsp_children(const struct lsp_node *of, lsp_visit *visit, void *who)
{
  struct visiting v = {visit, who};
  const struct type_field *tf = of->at;
  switch (of->kind) {
  case LSP_FILE:
    give_items(&v, ((const struct file_ast *)of->at)->items);
    return;
  case LSP_BLOCK:
    give_items(&v, ((const struct block *)of->at)->items);
    return;
  case LSP_ITEM:
    of_item(&v, of->at);
    return;
  case LSP_EXPR:
    of_expr(&v, of->at);
    return;
  case LSP_FIELD:
    of_field(&v, of->at);
    return;
  case LSP_ARG:
    give_expr(&v, ((const struct arg *)of->at)->value);
    return;
  case LSP_PARAM:
    of_param(&v, of->at);
    return;
  case LSP_TYPE:
    of_type(&v, of->at);
    return;
  case LSP_TYPE_FIELD:
    give_type(&v, tf->type);
    give_expr(&v, tf->initial);
    return;
  case LSP_ARM:
    of_arm(&v, of->at);
    return;
  case LSP_PATTERN:
    give_expr(&v, ((const struct pattern *)of->at)->value);
    return;
  case LSP_FORM:
    give_args(&v, ((const struct form *)of->at)->args);
    return;
  }
}

// ---- the way to a place ----

struct search {
  uint32_t start, end;
  struct lsp_node found;
  bool any;
};

static void look(void *who, const struct lsp_node *child)
{
  struct search *s = who;
  if (child->span.start > s->start || child->span.end < s->end)
    return;
  s->found = *child;
  s->any = true;
}

struct lsp_way lsp_way_to(struct arena *a, const struct file_ast *f,
                          uint32_t start, uint32_t end)
{
  struct lsp_way w = {ARENA_ARRAY(a, LSP_WAY_MAX, struct lsp_node), 0};
  struct search s = {.start = start, .end = end, .any = true};
  s.found = (struct lsp_node){LSP_FILE, f->span, f};
  while (s.any && w.n < LSP_WAY_MAX) {
    w.nodes[w.n++] = s.found;
    s.any = false;
    lsp_children(&w.nodes[w.n - 1], look, &s);
  }
  return w;
}
