// Names for values: let, var, and what changes them.
#include "compiler/checker.h"

void check_let(struct body *b, struct item *i, struct stmt ***end)
{
  struct checker *k = b->k;
  const struct type *t = i->value.type ? type_of_expr(k, i->value.type) : NULL;
  struct core *x;
  if (t) {
    struct blame why = {0, arena_printf(k->a, "`%s`", i->name.text->text),
                        i->value.type->span, true};
    x = check_as(b, i->value.value, t, &why);
  } else {
    x = check(b, i->value.value, NULL);
    t = x->type;
    if (t->kind == TYPE_none && !is_bad(t)) {
      struct diag *d =
          diag_report(k->d, DIAG_cannot_infer, i->value.value->span,
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
  struct diag *d =
      diag_report(b->k->d, DIAG_not_assignable, i->assign.target->span,
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
  INDEX(b->k, local, l, i->assign.target->span);
  if (!l->var) {
    report_fixed(b, i, l->name->text, l->span,
                 l->param ? NULL : "declare it with `var`");
    check(b, i->assign.value, l->type);
    return;
  }
  struct core *before = i->assign.op ? check_name(b, i->assign.target) : NULL;
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
  if (!b->class->whole->c.fields[f->index].state) {
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

// ---- x[key] = value ----

// The key in a local, so that it is computed once.
static struct core *key_once(struct body *b, struct core *key,
                             struct stmt ***end)
{
  if (key->kind == CORE_CONST || is_bad(key->type))
    return key;
  struct stmt *s = stmt_new(b, STMT_LET, key->span);
  s->local = local_hidden(b, key->type, key->span);
  s->value = key;
  stmt_add(end, s);
  return core_local(b->k, s->local, key->span);
}

// What stands at the key before, for `+=`.
static struct core *item_at(struct body *b, struct core *of, struct core *key,
                            struct span at)
{
  bool map = of->type->kind == TYPE_map;
  if (of->type->kind == TYPE_json)
    return json_part(b, of, key, at);
  struct core *x =
      core_new(b->k, map ? CORE_KEY : CORE_INDEX, of->type->of, at, 2);
  x->args[0] = of;
  x->args[1] = key;
  return x;
}

static struct core *check_key(struct body *b, struct expr *e,
                              const struct type *of)
{
  struct checker *k = b->k;
  if (of->kind != TYPE_json)
    return check_as(b, e, of->kind == TYPE_map ? k->str : k->integer, NULL);
  struct core *x = check(b, e, NULL);
  bool text = !is_bad(x->type) && type_base(k->t, x->type)->kind == TYPE_str;
  return convert(b, x, text ? k->str : k->integer, NULL);
}

static enum operator_id put_of(const struct type *of, const struct type *key)
{
  if (of->kind == TYPE_json)
    return key->kind == TYPE_int ? OPERATOR_put_json_list : OPERATOR_put_json;
  return of->kind == TYPE_map ? OPERATOR_put : OPERATOR_put_list;
}

// The map, list or json `of` with the item changed.
static struct core *with_item(struct body *b, struct item *i,
                              struct expr *target, struct core *of,
                              struct stmt ***end)
{
  struct checker *k = b->k;
  const struct type *item = of->type->kind == TYPE_json ? k->json : of->type->of;
  struct core *key = check_key(b, target->index.from, of->type);
  key = key_once(b, key, end);
  struct core *x = check(b, i->assign.value, item);
  if (i->assign.op != OP_NONE && !is_bad(key->type))
    x = arithmetic(b, i->assign.op, i->span,
                   item_at(b, check(b, target->index.of, NULL), key, i->span),
                   x);
  x = convert(b, x, item, NULL);
  if (is_bad(key->type) || is_bad(x->type))
    return core_bad(k, i->span);
  struct core *put =
      core_operator(k, put_of(of->type, key->type), of->type, i->span, 3);
  put->args[0] = of;
  put->args[1] = key;
  put->args[2] = x;
  return put;
}

// Only what a name holds: a value within a value does not change.
static bool assign_item(struct body *b, struct item *i, struct stmt ***end)
{
  struct expr *target = i->assign.target, *of = target->index.of;
  if (target->kind != EXPR_INDEX || of->kind != EXPR_NAME)
    return false;
  struct entry *e = entry_find(b, of->name.text);
  struct symbol *f = e ? NULL : symbol_find(b, &of->name);
  bool var = e && e->local->var;
  bool state =
      f && f->kind == SYMBOL_FIELD && b->class->whole->c.fields[f->index].state;
  if (!var && !state)
    return false;
  struct core *before = check(b, of, NULL);
  const struct type *t = before->type;
  if (t->kind != TYPE_map && t->kind != TYPE_list && t->kind != TYPE_json)
    return false;
  struct core *put = with_item(b, i, target, before, end);
  struct stmt *s = stmt_new(b, var ? STMT_ASSIGN : STMT_SET_SELF, i->span);
  if (var)
    s->local = e->local;
  else
    s->index = f->index;
  s->value = convert(b, put, var ? e->local->type : f->type, NULL);
  stmt_add(end, s);
  return true;
}

static void report_part(struct body *b, struct item *i)
{
  struct expr *target = i->assign.target;
  check(b, i->assign.value, NULL);
  struct core *x = check(b, target, NULL);
  if (is_bad(x->type))
    return;
  struct diag *d = diag_report(b->k->d, DIAG_not_assignable, target->span,
                               "values do not change");
  if (target->kind == EXPR_FIELD)
    diag_hint(b->k->d, d, "make a new one: `x = { ...x, %s: value }`",
              target->access.name.text->text);
  else if ((x->kind == CORE_INDEX || x->kind == CORE_KEY) &&
           target->index.of->kind == EXPR_NAME)
    diag_hint(b->k->d, d,
              "an item is set where `var` or `state` holds the "
              "list or map");
}

void check_assign(struct body *b, struct item *i, struct stmt ***end)
{
  struct expr *target = i->assign.target;
  if (target->kind != EXPR_NAME) {
    if (!assign_item(b, i, end))
      report_part(b, i);
    return;
  }
  struct entry *e = entry_find(b, target->name.text);
  struct symbol *s = e ? NULL : symbol_find(b, &target->name);
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
