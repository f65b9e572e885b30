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

// ---- let, var, assignment ----

static void declare_value(struct body *b, struct item *i, struct stmt ***end)
{
  struct checker *k = b->k;
  const struct type *t =
      i->value.type ? type_of_expr(k, i->value.type) : NULL;
  struct core *x;
  if (t) {
    struct blame why = {0, arena_printf(k->a, "`%s`", i->name.text->text),
                        i->value.type->span, true};
    x = check_as(b, i->value.value, t, &why);
  } else {
    x = check(b, i->value.value, NULL);
    t = x->type;
    if (t->kind == TYPE_none && !is_bad(t)) {
      struct diag *d = diag_report(k->d, DIAG_cannot_infer, i->value.value->span,
                                   "this gives no value to name");
      if (x->kind == CORE_CONST)
        diag_hint(k->d, d, "write the type: `%s: T? = none`",
                  i->name.text->text);
      t = &type_bad;
    }
  }
  struct entry *e = entry_declare(b, &i->name, t);
  e->local->var = i->kind == ITEM_VAR;
  struct stmt *s = stmt_new(b, STMT_LET, i->span);
  s->local = e->local;
  s->value = x;
  stmt_add(end, s);
}

static void report_fixed(struct body *b, struct item *i, const char *name,
                         struct span declared, const char *hint)
{
  struct diag *d = diag_report(b->k->d, DIAG_not_assignable,
                               i->assign.target->span,
                               "`%s` does not change", name);
  diag_note(b->k->d, d, declared, "`%s` is declared here", name);
  if (hint)
    diag_hint(b->k->d, d, "%s", hint);
}

// The value that is assigned; the one before comes into it with `+=`.
static struct core *assigned(struct body *b, struct item *i,
                             struct core *before, const struct type *t,
                             bool *none)
{
  struct core *x = check(b, i->assign.value, t);
  if (i->assign.op != OP_NONE)
    x = arithmetic(b, i->assign.op, i->span, before, x);
  *none = x->type->kind == TYPE_optional || x->type->kind == TYPE_none;
  return convert(b, x, t, NULL);
}

static void assign_local(struct body *b, struct item *i, struct entry *e,
                         struct stmt ***end)
{
  struct local *l = e->local;
  if (!l->var) {
    report_fixed(b, i, l->name->text, l->span,
                 l->param ? NULL : "declare it with `var`");
    check(b, i->assign.value, l->type);
    return;
  }
  struct core *before =
      i->assign.op ? check_name(b, i->assign.target) : NULL;
  bool none;
  struct stmt *s = stmt_new(b, STMT_ASSIGN, i->span);
  s->local = l;
  s->value = assigned(b, i, before, l->type, &none);
  narrow_forget(b, e);
  if (!none && l->type->kind == TYPE_optional)
    narrow(b, e);
  stmt_add(end, s);
}

static void assign_state(struct body *b, struct item *i, struct symbol *f,
                         struct stmt ***end)
{
  if (!f->type || is_bad(f->type)) {
    check(b, i->assign.value, NULL);
    return;
  }
  if (!b->class->c.fields[f->index].state) {
    report_fixed(b, i, f->name->text, f->span, "only a `state` changes");
    return;
  }
  struct core *before = NULL;
  if (i->assign.op)
    before = check_symbol(b, f, i->assign.target->span);
  bool none;
  struct stmt *s = stmt_new(b, STMT_SET_SELF, i->span);
  s->index = f->index;
  s->value = assigned(b, i, before, f->type, &none);
  stmt_add(end, s);
}

static void assign(struct body *b, struct item *i, struct stmt ***end)
{
  struct expr *target = i->assign.target;
  if (target->kind != EXPR_NAME) {
    check(b, i->assign.value, NULL);
    struct core *x = check(b, target, NULL);
    if (is_bad(x->type))
      return;
    struct diag *d = diag_report(b->k->d, DIAG_not_assignable, target->span,
                                 "values do not change");
    diag_hint(b->k->d, d, "make a new one: `x = { ...x, field: value }`");
    return;
  }
  struct entry *e = entry_find(b, target->name.text);
  struct symbol *s = e ? NULL : symbol_find(b, target->name.text);
  if (e)
    assign_local(b, i, e, end);
  else if (s && s->kind == SYMBOL_FIELD)
    assign_state(b, i, s, end);
  else {
    check(b, i->assign.value, NULL);
    if (s)
      report_fixed(b, i, s->name->text, s->span, NULL);
    else
      report_unknown(b, &target->name);
  }
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
  bool rest_ends =
      if_chain(b, i, branch->next, depth + 1, &rest, bodies_end);
  return ends && rest_ends;
}

// What was learned from the tests stays known where only one way goes on.
static bool check_if_item(struct body *b, struct item *i, struct stmt ***end)
{
  uint32_t mark = narrow_mark(b);
  bool bodies_end = true;
  bool ends =
      if_chain(b, i, i->choice.branches, 0, end, &bodies_end);
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

static void check_for(struct body *b, struct item *i, struct stmt ***end)
{
  struct stmt *s = stmt_new(b, STMT_FOR, i->span);
  const struct type *item, *second;
  struct name *names = i->loop.names;
  s->value = check(b, i->loop.over, NULL);
  iterates(b, s->value, names->next ? 2 : 1, &item, &second);
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
  }
  stmt_add(end, s);
  return ends;
}

struct core_reply *check_form(struct body *b, struct form *f)
{
  static const char *const names[] = {
#define FORM(name, content_type) #name,
#include "grammar/defs/adapters.def"
  };
  struct checker *k = b->k;
  struct core_reply *r = NEW(k, struct core_reply);
  for (int i = 1; i < FORMS; i++)
    if (f->name.text && !strcmp(f->name.text->text, names[i]))
      r->form = i;
  if (!r->form && f->name.text) {
    struct diag *d = diag_report(k->d, DIAG_unknown_form, f->name.span,
                                 "there is no form `%s`", f->name.text->text);
    name_hint_list(k, d, f->name.text->text, names + 1, FORMS - 1);
  }
  struct sig_param params[] = {
      {atom_of_text(&k->c->atoms, "status"), k->integer,
       const_int(k, k->integer, 0), NO_SPAN},
      {atom_of_text(&k->c->atoms, "headers"),
       type_of(k->t, TYPE_map, k->str), const_new(k, k->none), NO_SPAN}};
  struct sig s = {f->name.text ? f->name.text->text : "as", NO_SPAN, params, 2,
                  k->none};
  struct core **args = match_args(b, &s, f->args, f->span, 0);
  for (struct arg *a = f->args; a && args; a = a->next)
    if (a->name.text == params[0].name || (!a->name.text && a == f->args))
      r->status = args[0];
    else
      r->headers = args[1];
  return r;
}

void check_form_type(struct body *b, struct form *f,
                             enum form_kind form, const struct type *t)
{
  struct checker *k = b->k;
  bool text = t->kind == TYPE_str || t->kind == TYPE_enum ||
              t->kind == TYPE_markdown;
  bool ok = true;
  if (form == FORM_json)
    ok = type_has_json(k, t);
  else if (form == FORM_text || form == FORM_html || form == FORM_markdown)
    ok = text;
  else if (form == FORM_bytes)
    ok = text || t->kind == TYPE_bytes;
  else if (form == FORM_png)
    ok = t->kind == TYPE_tensor;
  else if (form == FORM_csv)
    ok = t->kind == TYPE_list || t->kind == TYPE_record;
  if (form == FORM_sse)
    diag_report(k->d, DIAG_no_streams, f->span, NULL);
  else if (!ok)
    diag_report(k->d, DIAG_bad_form, f->span, "%s cannot be answered as %s",
                show(k, t), f->name.text->text);
}

static bool check_return(struct body *b, struct item *i, struct stmt ***end)
{
  struct checker *k = b->k;
  struct expr *e = i->effect.value;
  struct stmt *s = stmt_new(b, STMT_RETURN, i->span);
  struct blame why = {DIAG_wrong_return, "the result", b->fn->result_span,
                      b->fn->result_span.end > 0};
  const struct type *t = b->result;
  if (!e && t && t->kind != TYPE_none) {
    struct diag *d = diag_report(k->d, DIAG_wrong_return, i->span,
                                 "a value of type %s must be returned",
                                 show(k, t));
    if (why.has_declared)
      diag_note(k->d, d, why.declared, "the result is declared here");
  } else if (e && t && t->kind == TYPE_none && !is_bad(t)) {
    s->value = check(b, e, NULL);
    if (s->value->type->kind != TYPE_none)
      diag_report(k->d, DIAG_wrong_return, e->span,
                  "nothing is returned here: no result is declared");
  } else if (e) {
    s->value = t ? check_as(b, e, t, &why) : check(b, e, NULL);
  }
  if (i->effect.form) {
    s->reply = check_form(b, i->effect.form);
    if (b->kind != BODY_ROUTE || b->outer)
      diag_report(k->d, DIAG_wrong_place, i->effect.form->span,
                  "only a route says how it answers");
    else if (s->value && !is_bad(s->value->type))
      check_form_type(b, i->effect.form, s->reply->form, s->value->type);
  }
  if (!t)
    PUSH(k, b->returns, b->n_returns, b->room_returns, s);
  stmt_add(end, s);
  return true;
}

// left and right of a comparison, for the report of a failed assertion.
static void show_sides(struct stmt *s, const struct expr *e)
{
  struct core *x = s->value;
  bool turned = e->op == OP_GT || e->op == OP_GE;
  if (x->kind == CORE_LET)
    return;
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
  fn_declare(b->k, &b->nested, i, b->class, b->app);
  struct symbol *s = i->note;
  if (s && s->fn)
    fn_check(b->k, s->fn, BODY_PLAIN, b);
}

static void misplaced_setting(struct body *b, struct item *i)
{
  if (b->settings && !b->depth)
    return;
  struct diag *d =
      diag_report(b->k->d, DIAG_wrong_place, i->span,
                  "a setting stands here, which has no settings");
  diag_hint(b->k->d, d, "`=` assigns a variable");
}

static bool check_item_in_body(struct body *b, struct item *i,
                               struct stmt ***end)
{
  switch (i->kind) {
  case ITEM_LET:
  case ITEM_VAR:
    declare_value(b, i, end);
    return false;
  case ITEM_ASSIGN:
    assign(b, i, end);
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
    stmt_add(end, stmt_new(b, i->kind == ITEM_BREAK ? STMT_BREAK : STMT_CONTINUE,
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
    not_built(b, i, DIAG_no_streams);
    return false;
  case ITEM_EMIT:
    not_built(b, i, DIAG_no_flows);
    return false;
  case ITEM_SPAWN:
    not_built(b, i, DIAG_no_spawn);
    return false;
  case ITEM_STUB:
    not_built(b, i, DIAG_no_stub);
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

static void check_value_body(struct body *b, struct expr *e,
                             struct stmt ***end)
{
  struct blame why = {DIAG_wrong_return, "the result", b->fn->result_span,
                      b->fn->result_span.end > 0};
  bool none = b->result && b->result->kind == TYPE_none && !is_bad(b->result);
  if (none) {
    check_alone(b, e, end);
    return;
  }
  struct stmt *s = stmt_new(b, STMT_RETURN, e->span);
  s->value = b->result ? check_as(b, e, b->result, &why) : check(b, e, NULL);
  if (!b->result)
    PUSH(b->k, b->returns, b->n_returns, b->room_returns, s);
  stmt_add(end, s);
}

// What several returns give, when the result is found out from them.
static const struct type *result_found(struct body *b, bool ends)
{
  struct checker *k = b->k;
  const struct type *t = ends ? NULL : k->none;
  for (uint32_t i = 0; i < b->n_returns; i++) {
    struct stmt *s = b->returns[i];
    const struct type *x = s->value ? s->value->type : k->none;
    const struct type *both = t ? join(k, t, x) : x;
    if (!both) {
      struct diag *d =
          diag_report(k->d, DIAG_wrong_return, s->span,
                      "this returns %s, elsewhere it is %s", show(k, x),
                      show(k, t));
      diag_note(k->d, d, b->returns[0]->span, "returns %s", show(k, t));
      return &type_bad;
    }
    t = both;
  }
  t = !t || t == &type_never ? k->none : t;
  for (uint32_t i = 0; i < b->n_returns && !is_bad(t); i++) {
    struct stmt *s = b->returns[i];
    if (!s->value && t->kind != TYPE_none)
      s->value = core_const(k, const_new(k, k->none), s->span);
    if (s->value)
      try_convert(b, &s->value, t);
  }
  return t;
}

void check_function_body(struct body *b, struct callable *c)
{
  struct checker *k = b->k;
  struct stmt *first = NULL, **end = &first;
  uint32_t scope = scope_open(b);
  body_params(b, c->params);
  bool ends = true;
  if (c->value)
    check_value_body(b, c->value, &end);
  else if (c->body)
    ends = check_items(b, c->body->items, &end);
  bool gives = b->result && b->result->kind != TYPE_none && !is_bad(b->result);
  if (gives && !ends && c->body) {
    struct span at = c->body->span;
    at.start = at.end ? at.end - 1 : at.end; // the closing brace
    struct diag *d = diag_report(k->d, DIAG_missing_return, at,
                                 "not every way returns %s",
                                 show(k, b->result));
    if (b->fn->result_span.end)
      diag_note(k->d, d, b->fn->result_span, "the result is declared here");
  }
  if (!b->result)
    b->fn->f.result = b->fn->sig.result = result_found(b, ends);
  scope_close(b, scope);
  body_close(b, first);
}
