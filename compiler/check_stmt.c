// Statements: one function a kind, each adding to the end of a list. Each says
// whether what follows it is never reached.
#include "compiler/checker.h"

#include <string.h>

struct stmt *stmt_new(struct body *b, enum stmt_kind kind, struct span at)
{
  struct stmt *s = NEW(b->k, struct stmt);
  s->kind = kind;
  s->span = at;
  return s;
}

void stmt_add(struct stmt ***end, struct stmt *s)
{
  **end = s;
  *end = &s->next;
}

// ---- if, loops, try ----

static bool if_chain(struct body *b, struct item *i, struct branch *branch,
                     uint32_t depth, struct stmt ***end, bool *bodies_end)
{
  if (!branch)
    return i->choice.otherwise && check_block(b, i->choice.otherwise, *end);
  if (depth > CHAIN_MAX) {
    diag_report(b->k->d, DIAG_too_deep, branch->test->span,
                "an if has at most %d branches", CHAIN_MAX);
    return false;
  }
  struct fact *facts = NULL;
  struct stmt *s = stmt_new(b, STMT_IF, branch->test->span);
  s->value = check_condition(b, branch->test, &facts);
  stmt_add(end, s);
  uint32_t mark = narrow_mark(b);
  facts_apply(b, facts, true);
  bool ends = branch->body && check_block(b, branch->body, &s->body);
  narrow_undo(b, mark);
  facts_apply(b, facts, false);
  *bodies_end &= ends;
  struct stmt **rest = &s->otherwise;
  bool rest_ends = if_chain(b, i, branch->next, depth + 1, &rest, bodies_end);
  return ends && rest_ends;
}

// What was learned from the tests stays known where only one way goes on.
static bool check_if_item(struct body *b, struct item *i, struct stmt ***end)
{
  uint32_t mark = narrow_mark(b);
  bool bodies_end = true;
  bool ends = if_chain(b, i, i->choice.branches, 0, end, &bodies_end);
  if (!bodies_end)
    narrow_undo(b, mark);
  return ends;
}

static bool has_break(const struct item *i)
{
  for (; i; i = i->next) {
    bool found = i->kind == ITEM_BREAK;
    if (i->kind == ITEM_IF) {
      for (struct branch *n = i->choice.branches; n; n = n->next)
        found = found || (n->body && has_break(n->body->items));
      found = found ||
              (i->choice.otherwise && has_break(i->choice.otherwise->items));
    } else if (i->kind == ITEM_MATCH) {
      for (struct arm *a = i->match.arms; a; a = a->next)
        found = found || (a->body && has_break(a->body->items));
    } else if (i->kind == ITEM_TRY) {
      found = (i->attempt.body && has_break(i->attempt.body->items)) ||
              (i->attempt.otherwise && has_break(i->attempt.otherwise->items));
    }
    if (found)
      return true;
  }
  return false;
}

static bool check_while(struct body *b, struct item *i, struct stmt ***end)
{
  struct fact *facts = NULL;
  struct stmt *s = stmt_new(b, STMT_WHILE, i->span);
  narrow_forget_vars(b);
  s->value = check_condition(b, i->loop.over, &facts);
  uint32_t mark = narrow_mark(b);
  facts_apply(b, facts, true);
  if (i->loop.body)
    check_block(b, i->loop.body, &s->body);
  narrow_undo(b, mark);
  narrow_forget_vars(b);
  stmt_add(end, s);
  return s->value->kind == CORE_CONST && s->value->constant->i &&
         !is_bad(s->value->type) && i->loop.body &&
         !has_break(i->loop.body->items);
}

// `as_completed(xs)`, unless something of the program has that name.
static bool is_as_completed(struct body *b, const struct expr *e)
{
  return e->kind == EXPR_CALL && e->call.of->kind == EXPR_NAME &&
         e->call.of->name.text &&
         !strcmp(e->call.of->name.text->text, "as_completed") &&
         !entry_find(b, e->call.of->name.text) &&
         !table_get(&b->k->names, e->call.of->name.text);
}

static struct core *completed_list(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct arg *a = e->call.args;
  if (!a || a->next || a->name.text) {
    diag_report(k->d, DIAG_wrong_arity, e->span,
                "it is `as_completed(xs)`, of a list");
    check_args_alone(b, a);
    return core_bad(k, e->span);
  }
  struct core *x = check(b, a->value, NULL);
  if (is_bad(x->type) || x->type->kind == TYPE_list)
    return x;
  diag_report(k->d, DIAG_not_iterable, x->span,
              "`as_completed` takes a list, this is %s", show(k, x->type));
  return core_bad(k, e->span);
}

static void check_for(struct body *b, struct item *i, struct stmt ***end)
{
  struct stmt *s = stmt_new(b, STMT_FOR, i->span);
  const struct type *item, *second;
  struct name *names = i->loop.names;
  s->as_completed = is_as_completed(b, i->loop.over);
  s->value = s->as_completed ? completed_list(b, i->loop.over)
                             : check(b, i->loop.over, NULL);
  iterates(b, &s->value, names, &item, &second);
  uint32_t mark = scope_open(b);
  narrow_forget_vars(b);
  s->local = loop_variable(b, names, item);
  if (names->next)
    s->second = loop_variable(b, names->next, second);
  if (i->loop.body)
    check_block(b, i->loop.body, &s->body);
  narrow_forget_vars(b);
  scope_close(b, mark);
  stmt_add(end, s);
}

static bool check_try(struct body *b, struct item *i, struct stmt ***end)
{
  struct stmt *s = stmt_new(b, STMT_TRY, i->span);
  narrow_forget_vars(b);
  bool ends = i->attempt.body && check_block(b, i->attempt.body, &s->body);
  narrow_forget_vars(b);
  uint32_t mark = scope_open(b);
  if (i->attempt.error.text) {
    s->local = entry_declare(b, &i->attempt.error, b->k->error)->local;
    s->local->reads++; // naming it is no promise
  } else {
    s->local = local_hidden(b, b->k->error, i->span);
  }
  if (i->attempt.otherwise)
    ends &= check_block(b, i->attempt.otherwise, &s->otherwise);
  scope_close(b, mark);
  stmt_add(end, s);
  return ends;
}

// ---- effects ----

static bool does_something(const struct core *x)
{
  bool found = x->kind == CORE_CALL || x->kind == CORE_FAIL;
  if (x->kind == CORE_OPERATOR)
    found = signature_of(x->operator_id)->attributes &
            (OPERATOR_EFFECT | OPERATOR_WAITS);
  if (x->kind == CORE_IF)
    return does_something(x->args[1]) || does_something(x->args[2]);
  if (x->kind == CORE_LET)
    return does_something(x->args[1]);
  if (x->kind == CORE_EACH)
    return does_something(x->each.value);
  if (x->kind == CORE_WRAP || x->kind == CORE_OPERATOR)
    for (uint32_t i = 0; i < x->n_args && !found; i++)
      found = x->kind == CORE_WRAP && does_something(x->args[i]);
  return found;
}

bool check_alone(struct body *b, struct expr *e, struct stmt ***end)
{
  struct stmt *s = stmt_new(b, STMT_EXPR, e->span);
  s->value = check(b, e, NULL);
  bool ends = s->value->type == &type_never;
  if (ends)
    s->value->type = b->k->none;
  if (!is_bad(s->value->type) && !does_something(s->value)) {
    struct diag *d = diag_report(b->k->d, DIAG_unused_value, e->span,
                                 "this value is not used");
    if (e->kind == EXPR_BINARY && e->op == OP_EQ)
      diag_hint(b->k->d, d, "`=` assigns, `==` compares");
    else
      diag_hint(b->k->d, d, "name it: `let x = ...`");
  } else if (s->value->type->kind == TYPE_stream && !is_bad(s->value->type)) {
    struct diag *d = diag_report(b->k->d, DIAG_unused_value, e->span,
                                 "nobody reads this stream");
    diag_hint(b->k->d, d, "`for piece in ...` reads it");
  }
  stmt_add(end, s);
  return ends;
}

// left and right of a comparison, for the report of a failed assertion.
static void show_sides(struct stmt *s, const struct expr *e)
{
  struct core *x = s->value;
  bool turned = e->op == OP_GT || e->op == OP_GE;
  if (x->kind != CORE_PRIM || x->n_args != 2)
    return;
  s->left = x->args[turned];
  s->right = x->args[!turned];
}

static void check_assert(struct body *b, struct item *i, struct stmt ***end)
{
  struct expr *e = i->effect.value;
  if (b->kind != BODY_TEST) {
    struct diag *d = diag_report(b->k->d, DIAG_wrong_place, i->span,
                                 "`assert` is for tests");
    diag_hint(b->k->d, d, "`fail(status, message)` ends a request");
  }
  struct fact *facts = NULL;
  struct stmt *s = stmt_new(b, STMT_ASSERT, i->span);
  b->asserts++;
  s->value = check_condition(b, e, &facts);
  facts_apply(b, facts, true);
  if (e->kind == EXPR_BINARY && e->op >= OP_EQ && e->op <= OP_GE)
    show_sides(s, e);
  stmt_add(end, s);
}

static void not_built(struct body *b, struct item *i, enum diag_id id)
{
  diag_report(b->k->d, id, i->span, NULL);
}

static void nested_fn(struct body *b, struct item *i)
{
  i->note = NULL; // what it was in another instance of this body
  fn_declare(b->k, &b->nested, i, b->class, b->app);
  struct symbol *s = i->note;
  if (!s || !s->fn)
    return;
  s->fn->within = true;
  fn_check(b->k, s->fn, BODY_PLAIN, b);
}

static void misplaced_setting(struct body *b, struct item *i)
{
  if (b->settings && !b->depth)
    return;
  struct diag *d = diag_report(b->k->d, DIAG_wrong_place, i->span,
                               "a setting stands here, which has no settings");
  diag_hint(b->k->d, d, "`=` assigns a variable");
}

static bool check_item_in_body(struct body *b, struct item *i,
                               struct stmt ***end)
{
  switch (i->kind) {
  case ITEM_LET:
  case ITEM_VAR:
    check_let(b, i, end);
    return false;
  case ITEM_ASSIGN:
    check_assign(b, i, end);
    return false;
  case ITEM_IF:
    return check_if_item(b, i, end);
  case ITEM_MATCH:
    return check_match_item(b, i, end);
  case ITEM_FOR:
    check_for(b, i, end);
    return false;
  case ITEM_WHILE:
    return check_while(b, i, end);
  case ITEM_BREAK:
  case ITEM_CONTINUE:
    stmt_add(end,
             stmt_new(b, i->kind == ITEM_BREAK ? STMT_BREAK : STMT_CONTINUE,
                      i->span));
    return true;
  case ITEM_RETURN:
    return check_return(b, i, end);
  case ITEM_TRY:
    return check_try(b, i, end);
  case ITEM_EXPR:
    return check_alone(b, i->effect.value, end);
  case ITEM_ASSERT:
    check_assert(b, i, end);
    return false;
  case ITEM_FN:
    nested_fn(b, i);
    return false;
  case ITEM_SETTING:
    misplaced_setting(b, i);
    return false;
  case ITEM_YIELD:
    check_yield(b, i, end);
    return false;
  case ITEM_EMIT:
    not_built(b, i, DIAG_no_flows);
    return false;
  case ITEM_SPAWN:
    check_spawn(b, i, end);
    return false;
  case ITEM_STUB:
    check_stub(b, i, end);
    return false;
  default:
    return i->kind == ITEM_ERROR;
  }
}

bool check_items(struct body *b, struct item *items, struct stmt ***end)
{
  bool ends = false, said = false;
  for (struct item *i = items; i; i = i->next) {
    if (ends && !said && i->kind != ITEM_FN && i->kind != ITEM_ERROR) {
      diag_report(b->k->d, DIAG_unreachable_code, i->span, NULL);
      said = true;
    }
    ends |= check_item_in_body(b, i, end);
  }
  for (struct item *i = items; i; i = i->next)
    if (i->kind == ITEM_FN && i->name.text)
      *table_at(b->k->a, &b->nested, i->name.text) = NULL;
  return ends;
}

bool check_block(struct body *b, struct block *block, struct stmt **first)
{
  uint32_t scope = scope_open(b), narrows = narrow_mark(b);
  struct stmt **end = first;
  b->depth++;
  bool ends = check_items(b, block->items, &end);
  b->depth--;
  narrow_undo(b, narrows);
  scope_close(b, scope);
  return ends;
}
