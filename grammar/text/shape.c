// What the grammar lets through and the language does not: items out of place,
// parameters without a type, `break` outside a loop, integers that only a minus
// would make right. A walk over the whole tree, once, after it was read.
#include "grammar/text/parser.h"
#include "grammar/text/sg.tab.h"
#include "grammar/text/tokens.h"

#include <string.h>

struct shape {
  struct parser *p;
  enum item_place place;
  bool in_loop;
  bool native; // in a deployment whose bodies are elsewhere
  bool broken; // there were errors: what looks out of place may be a rest
};

static void check_items(struct shape s, const struct item *i);
static void check_expr(struct shape s, const struct expr *e);
static void check_type(struct shape s, const struct type_expr *t);

static struct diag *report(struct shape s, enum diag_id id, struct span at,
                           const char *message)
{
  return diag_report(s.p->diags, id, at, "%s", message);
}

static void hint(struct shape s, struct diag *d, const char *text)
{
  diag_hint(s.p->diags, d, "%s", text);
}

// ---------------------------------------------------------------------- parts

static void check_block(struct shape s, const struct block *b)
{
  if (!b)
    return;
  s.place = IN_BODY;
  check_items(s, b->items);
}

static void check_args(struct shape s, const struct arg *a)
{
  const struct arg *named = NULL;
  for (; a; a = a->next) {
    if (a->name.text)
      named = a;
    else if (named) {
      struct diag *d = report(s, DIAG_positional_after_named, a->span,
                              "an argument without a name behind a named one");
      diag_note(s.p->diags, d, named->span, "this one has a name");
    }
    check_expr(s, a->value);
  }
}

static void check_fields(struct shape s, const struct field *f)
{
  for (; f; f = f->next) {
    if (f->key)
      check_expr(s, f->key);
    check_expr(s, f->value);
  }
}

static void check_arms(struct shape s, const struct arm *a)
{
  for (; a; a = a->next) {
    if (a->pattern.value)
      check_expr(s, a->pattern.value);
    if (a->value)
      check_expr(s, a->value);
    check_block(s, a->body);
  }
}

// A word before `:` is a name, but a parameter's must be one elsewhere too.
static bool is_reserved(const char *name)
{
  static const struct {
    const char *text;
    int token;
  } words[] = {
#define KEYWORD(id, text, what) {text, T_##id},
#include "grammar/text/keywords.def"
#undef KEYWORD
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(words[i].text, name))
      return !token_is_soft(words[i].token);
  return false;
}

static void check_params(struct shape s, const struct param *q, bool typed)
{
  for (; q; q = q->next) {
    if (is_reserved(q->name.text->text)) {
      const char *name = q->name.text->text;
      struct diag *d = report(s, DIAG_keyword_as_name, q->name.span,
                              "a keyword cannot be the name of a parameter");
      const char *from = q->source.text ? q->source.text->text : "query";
      if (typed && s.place == IN_APP)
        diag_hint(s.p->diags, d, "call it `%s_`, say: `%s_: T in %s(\"%s\")`",
                  name, name, from, name);
      else
        diag_hint(s.p->diags, d, "call it `%s_`, say", name);
    }
    if (typed && !q->type) {
      struct diag *d =
          diag_report(s.p->diags, DIAG_missing_type, q->name.span,
                      "the parameter `%s` needs a type", q->name.text->text);
      diag_hint(s.p->diags, d, "write `%s: str`, say", q->name.text->text);
    }
    if (q->type)
      check_type(s, q->type);
    if (q->initial)
      check_expr(s, q->initial);
    check_args(s, q->options);
  }
}

// ---------------------------------------------------------------- expressions

static void check_each(struct shape s, const struct expr *e)
{
  check_expr(s, e->each.value);
  check_expr(s, e->each.over);
  if (e->each.test)
    check_expr(s, e->each.test);
  if (e->each.limit)
    check_expr(s, e->each.limit);
}

static void check_lambda(struct shape s, const struct expr *e)
{
  s.in_loop = false;
  check_params(s, e->lambda.params, false);
  if (e->lambda.result)
    check_type(s, e->lambda.result);
  check_expr(s, e->lambda.value);
}

static void check_huge(struct shape s, const struct expr *e)
{
  if (!e->huge)
    return;
  struct diag *d =
      report(s, DIAG_number_too_large, e->span, "this number is too large");
  hint(s, d, "the largest `int` is 9223372036854775807");
}

static void check_list(struct shape s, const struct expr *e)
{
  for (; e; e = e->next)
    check_expr(s, e);
}

static void check_expr(struct shape s, const struct expr *e)
{
  switch (e->kind) {
  case EXPR_INT:
    check_huge(s, e);
    break;
  case EXPR_TEMPLATE:
    for (const struct part *t = e->parts; t; t = t->next)
      if (t->hole)
        check_expr(s, t->hole);
    break;
  case EXPR_FIELD:
  case EXPR_ITEM:
    check_expr(s, e->access.of);
    break;
  case EXPR_INDEX:
  case EXPR_SLICE:
    check_expr(s, e->index.of);
    if (e->index.from)
      check_expr(s, e->index.from);
    if (e->index.to)
      check_expr(s, e->index.to);
    break;
  case EXPR_CALL:
    check_expr(s, e->call.of);
    check_args(s, e->call.args);
    break;
  case EXPR_LOOP:
    check_args(s, e->call.args);
    break;
  case EXPR_WITH:
    check_expr(s, e->with.of);
    check_fields(s, e->with.options);
    break;
  case EXPR_AS:
    check_expr(s, e->as.of);
    break;
  case EXPR_BINARY:
    check_expr(s, e->operands.left);
    check_expr(s, e->operands.right);
    break;
  case EXPR_UNARY:
    check_expr(s, e->operands.right);
    break;
  case EXPR_IF:
    check_expr(s, e->choice.test);
    check_expr(s, e->choice.yes);
    check_expr(s, e->choice.no);
    break;
  case EXPR_MATCH:
    check_expr(s, e->match.value);
    check_arms(s, e->match.arms);
    break;
  case EXPR_LAMBDA:
    check_lambda(s, e);
    break;
  case EXPR_LIST:
  case EXPR_TUPLE:
    check_list(s, e->elements);
    break;
  case EXPR_EACH:
    check_each(s, e);
    break;
  case EXPR_RECORD:
  case EXPR_MAP:
    check_fields(s, e->fields);
    break;
  default:
    break;
  }
}

// ---------------------------------------------------------------------- types

static void check_type_fields(struct shape s, const struct type_field *f)
{
  for (; f; f = f->next) {
    check_type(s, f->type);
    if (f->initial)
      check_expr(s, f->initial);
  }
}

// Numbers and `..` stand in brackets behind a name only.
static void check_type_args(struct shape s, const struct type_expr *t)
{
  for (; t; t = t->next)
    if (t->kind == TYPE_NUMBER)
      check_expr(s, t->number);
    else if (t->kind != TYPE_REST)
      check_type(s, t);
}

static void check_type_list(struct shape s, const struct type_expr *t)
{
  for (; t; t = t->next)
    check_type(s, t);
}

static void check_type(struct shape s, const struct type_expr *t)
{
  check_args(s, t->constraints);
  switch (t->kind) {
  case TYPE_LIST:
  case TYPE_MAP:
  case TYPE_OPTION:
  case TYPE_STREAM:
  case TYPE_STEP:
    check_type(s, t->of);
    break;
  case TYPE_TUPLE:
  case TYPE_UNION:
    check_type_list(s, t->members);
    break;
  case TYPE_CASE:
    check_type_fields(s, t->variant.fields);
    break;
  case TYPE_RECORD:
    check_type_fields(s, t->fields);
    break;
  case TYPE_NAMED:
  case TYPE_TENSOR:
    check_type_args(s, t->named.args);
    break;
  case TYPE_CALLABLE:
    check_type_list(s, t->callable.params);
    if (t->callable.result)
      check_type(s, t->callable.result);
    break;
  case TYPE_NUMBER:
  case TYPE_REST:
    report(s, DIAG_bad_type, t->span, "this is not a type");
    break;
  default:
    break;
  }
}

// ---------------------------------------------------------------------- items

static const char *place_words(unsigned places)
{
  if (places & IN_FILE)
    return "on its own, outside of any braces";
  if (places & IN_APP)
    return "in an `app`";
  return places & IN_CLASS ? "in a deployment" : "in the body of a function";
}

static bool is_name(const struct expr *e)
{
  return e->kind == EXPR_NAME;
}

// `batch(...)` that lost its `fn`.
static bool is_prefix(const struct item *i)
{
  if (i->kind != ITEM_EXPR || i->effect.value->kind != EXPR_CALL ||
      !is_name(i->effect.value->call.of))
    return false;
  const char *name = i->effect.value->call.of->name.text->text;
  return !strcmp(name, "batch") || !strcmp(name, "multiplex");
}

static void misplaced(struct shape s, const struct item *i)
{
  static const char *const places[] = {
      [IN_FILE] = "outside of any braces",
      [IN_APP] = "in an app",
      [IN_CLASS] = "in a deployment without an arrow",
      [IN_BODY] = "in a body",
  };
  if (i->kind == ITEM_ASSIGN && s.place != IN_FILE &&
      is_name(i->assign.target)) {
    const char *name = i->assign.target->name.text->text;
    struct diag *d = diag_report(s.p->diags, DIAG_setting_equals, i->span,
                                 "nothing is assigned here");
    diag_hint(s.p->diags, d, "a setting is written `%s: ...`", name);
    return;
  }
  if (s.broken && item_kind_places(i->kind) == IN_BODY)
    return;
  const char *word = item_kind_text(i->kind);
  bool spoken =
      i->kind == ITEM_SETTING || i->kind == ITEM_EXPR || i->kind == ITEM_ASSIGN;
  struct diag *d = diag_report(
      s.p->diags, DIAG_misplaced_item, i->span, "%s %s%s%s cannot stand %s",
      strchr("aeio", word[0]) ? "an" : "a", spoken ? "" : "`", word,
      spoken ? "" : "`", places[s.place]);
  if (is_prefix(i))
    hint(s, d,
         "`batch(...)` and `multiplex(...)` stand on the line of their "
         "`fn`");
  else if (s.place == IN_CLASS && item_kind_places(i->kind) == IN_BODY)
    hint(s, d,
         "a deployment that is one function has an arrow: "
         "`deployment f(x: int) -> str { ... }`");
  else if (s.place == IN_FILE && i->kind == ITEM_LET)
    hint(s, d, "a value for all is a function: `fn name() -> T = ...`");
  else
    diag_hint(s.p->diags, d, "it stands %s",
              place_words(item_kind_places(i->kind)));
}

static void check_body(struct shape s, const struct item *i,
                       const struct callable *c)
{
  s.in_loop = false;
  check_params(s, c->params, true);
  if (c->result)
    check_type(s, c->result);
  if (c->value)
    check_expr(s, c->value);
  else if (c->body)
    check_block(s, c->body);
  else if (!s.native && !s.broken) {
    struct diag *d = diag_report(s.p->diags, DIAG_missing_body, i->name.span,
                                 "`%s` has no body", i->name.text->text);
    hint(s, d,
         "write `= value` or `{ ... }`; only a deployment `on` a worker "
         "has functions without one");
  }
}

static void check_deployment(struct shape s, const struct item *i)
{
  const struct callable *c = &i->deployment.c;
  s.native = i->deployment.on.text != NULL;
  if ((c->result && !s.native) || c->value || !c->body) {
    check_body(s, i, c);
    return;
  }
  check_params(s, c->params, true);
  if (c->result)
    check_type(s, c->result);
  s.place = IN_CLASS;
  check_items(s, c->body->items);
}

static void check_route(struct shape s, const struct item *i)
{
  check_fields(s, i->route.settings);
  if (i->route.form)
    check_args(s, i->route.form->args);
  check_body(s, i, &i->route.c);
}

static void check_value(struct shape s, const struct item *i)
{
  if (i->value.type)
    check_type(s, i->value.type);
  else if (i->kind == ITEM_STATE) {
    struct diag *d =
        report(s, DIAG_missing_type, i->name.span, "a state needs a type");
    hint(s, d, "write `state n: int = 0`, say");
  }
  check_expr(s, i->value.value);
}

static void check_assign(struct shape s, const struct item *i)
{
  const struct expr *target = i->assign.target;
  if (target->kind != EXPR_NAME && target->kind != EXPR_FIELD &&
      target->kind != EXPR_INDEX && target->kind != EXPR_ERROR) {
    struct diag *d = report(s, DIAG_bad_target, target->span,
                            "nothing can be assigned to this");
    hint(s, d, "two values are compared by `==`");
  }
  check_expr(s, target);
  check_expr(s, i->assign.value);
}

static void check_if(struct shape s, const struct item *i)
{
  for (const struct branch *b = i->choice.branches; b; b = b->next) {
    check_expr(s, b->test);
    check_block(s, b->body);
  }
  check_block(s, i->choice.otherwise);
}

static void check_loop(struct shape s, const struct item *i)
{
  check_expr(s, i->loop.over);
  s.in_loop = true;
  check_block(s, i->loop.body);
}

static void check_try(struct shape s, const struct item *i)
{
  check_block(s, i->attempt.body);
  check_block(s, i->attempt.otherwise);
}

static void check_jump(struct shape s, const struct item *i)
{
  if (!s.in_loop)
    diag_report(s.p->diags, DIAG_outside_loop, i->span,
                "`%s` stands outside of a loop", item_kind_text(i->kind));
}

static void check_app(struct shape s, const struct item *i)
{
  s.place = IN_APP;
  check_items(s, i->app.body->items);
}

static void check_item(struct shape s, const struct item *i)
{
  switch (i->kind) {
  case ITEM_TYPE:
    check_type(s, i->type_decl.type);
    break;
  case ITEM_DEPLOYMENT:
    check_deployment(s, i);
    break;
  case ITEM_FN:
    check_args(s, i->fn.options);
    check_body(s, i, &i->fn.c);
    break;
  case ITEM_GRAPH:
  case ITEM_FLOW:
    check_body(s, i, &i->graph);
    break;
  case ITEM_ROUTE:
    check_route(s, i);
    break;
  case ITEM_APP:
    check_app(s, i);
    break;
  case ITEM_BIND:
    check_expr(s, i->bind.value);
    check_fields(s, i->bind.settings);
    break;
  case ITEM_OVERRIDE:
  case ITEM_SERVER:
  case ITEM_RESOURCE:
    check_fields(s, i->settings.settings);
    break;
  case ITEM_METRIC:
  case ITEM_SETTING:
  case ITEM_STATE:
  case ITEM_LET:
  case ITEM_VAR:
    check_value(s, i);
    break;
  case ITEM_TEST:
    check_block(s, i->test.body);
    break;
  case ITEM_ASSIGN:
  case ITEM_STUB:
    check_assign(s, i);
    break;
  case ITEM_IF:
    check_if(s, i);
    break;
  case ITEM_MATCH:
    check_expr(s, i->match.value);
    check_arms(s, i->match.arms);
    break;
  case ITEM_FOR:
  case ITEM_WHILE:
    check_loop(s, i);
    break;
  case ITEM_TRY:
    check_try(s, i);
    break;
  case ITEM_BREAK:
  case ITEM_CONTINUE:
    check_jump(s, i);
    break;
  case ITEM_RETURN:
  case ITEM_YIELD:
  case ITEM_EMIT:
  case ITEM_SPAWN:
  case ITEM_ASSERT:
  case ITEM_EXPR:
    if (i->effect.value)
      check_expr(s, i->effect.value);
    if (i->effect.form)
      check_args(s, i->effect.form->args);
    break;
  case ITEM_ERROR:
  case ITEM_USE:
  case ITEM_KIND_COUNT:
    break;
  }
}

static void check_items(struct shape s, const struct item *i)
{
  for (; i; i = i->next) {
    if (!(item_kind_places(i->kind) & s.place))
      misplaced(s, i);
    else
      check_item(s, i);
  }
}

void shape_check(struct parser *p, const struct file_ast *f)
{
  struct shape s = {.p = p, .place = IN_FILE, .broken = f->broken};
  check_items(s, f->items);
}
