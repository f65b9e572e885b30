// `stub a.m.f = value`, in a test: which method of which deployment, and a
// value that can be called as it is.
#include "compiler/checker.h"

struct stubbed {
  struct class_sym *class;
  struct bind_sym *bind;  // NULL: every binding of the class
  struct name *method;    // NULL: the one that the deployment alone means
};

static void report_target(struct body *b, struct span at)
{
  struct diag *d = diag_report(b->k->d, DIAG_not_a_deployment, at,
                               "a stub stands for a deployment");
  diag_hint(b->k->d, d,
            "it is named `app.deployment` or `app.deployment.method`");
}

static bool take_bind(struct stubbed *s, const struct symbol *of)
{
  if (!of || of->kind != SYMBOL_BINDING || !of->bind || !of->bind->class)
    return false;
  s->bind = of->bind;
  s->class = of->bind->class;
  return true;
}

// A binding by its name alone, where only one app has it.
static bool take_any(struct body *b, const struct name *name, struct stubbed *s)
{
  struct checker *k = b->k;
  struct symbol *first = NULL;
  for (struct app *a = k->p->apps; a; a = a->next) {
    struct symbol *found =
        table_get(&((struct app_sym *)a)->names, name->text);
    if (!found || found->kind != SYMBOL_BINDING)
      continue;
    if (first) {
      struct diag *d = diag_report(k->d, DIAG_not_a_deployment, name->span,
                                   "several apps have `%s`: write which one",
                                   name->text->text);
      diag_note(k->d, d, first->span, "here is one");
      diag_note(k->d, d, found->span, "and here another");
      return false;
    }
    first = found;
  }
  if (!first)
    report_unknown(b, name);
  else
    first->uses++;
  if (first)
    INDEX(k, symbol, first, name->span);
  return take_bind(s, first);
}

static bool take_name(struct body *b, struct expr *e, struct stubbed *s)
{
  struct checker *k = b->k;
  if (entry_find(b, e->name.text)) {
    report_target(b, e->span);
    return false;
  }
  if (!table_get(&k->names, e->name.text))
    return take_any(b, &e->name, s);
  struct symbol *of = symbol_find(b, &e->name);
  if (of->kind == SYMBOL_CLASS)
    return (s->class = of->class) != NULL;
  report_target(b, e->span);
  return false;
}

static bool is_chain(const struct expr *e)
{
  while (e->kind == EXPR_FIELD)
    e = e->access.of;
  return e->kind == EXPR_NAME;
}

// Which deployment, and the name behind it; false when something is reported.
static bool take_target(struct body *b, struct expr *e, struct stubbed *s)
{
  struct symbol *of;
  if (!is_chain(e)) {
    report_target(b, e->span);
    return false;
  }
  if (app_member(b, e, &of)) {
    bool ok = take_bind(s, of);
    if (!ok && of)
      report_target(b, e->span);
    return ok;
  }
  if (e->kind == EXPR_NAME)
    return take_name(b, e, s);
  if (s->method) { // only an app has what is two names away
    report_target(b, e->span);
    return false;
  }
  s->method = &e->access.name;
  return take_target(b, e->access.of, s);
}

static struct fn_sym *method_meant(struct body *b, const struct stubbed *s,
                                   struct span at)
{
  return s->method ? method_of(b, s->class, s->method->text, s->method->span)
                   : method_run(b, s->class, at);
}

// `fn(x) = value(x)`. What is a method of another deployment is called from the
// stubbed one's place, so that its limits, queue and options hold as they did.
static struct expr *called_there(struct checker *k, struct expr *value,
                                 const struct sig *s)
{
  struct expr *call = NEW(k, struct expr), *lambda = NEW(k, struct expr);
  struct param **param = &lambda->lambda.params;
  struct arg **arg = &call->call.args;
  lambda->kind = EXPR_LAMBDA;
  call->kind = EXPR_CALL;
  lambda->span = call->span = call->call.span = value->span;
  call->call.of = value;
  lambda->lambda.value = call;
  for (uint32_t i = 0; i < s->n; i++) {
    struct name name = {
        atom_of_text(&k->c->atoms, arena_printf(k->a, "argument %u", i)),
        value->span, NULL}; // no other name is like it
    struct expr *read = NEW(k, struct expr);
    *read = (struct expr){
        .kind = EXPR_NAME, .span = value->span, .name = name};
    *param = NEW(k, struct param);
    **param = (struct param){.name = name, .span = value->span};
    *arg = NEW(k, struct arg);
    **arg = (struct arg){.value = read, .span = value->span};
    param = &(*param)->next;
    arg = &(*arg)->next;
  }
  return lambda;
}

void check_stub(struct body *b, struct item *i, struct stmt ***end)
{
  struct checker *k = b->k;
  struct expr *target = i->assign.target;
  struct stubbed to = {0};
  if (b->kind != BODY_TEST)
    diag_report(k->d, DIAG_wrong_place, i->span, "`stub` is for tests");
  struct fn_sym *m = NULL;
  if (target->kind != EXPR_ERROR && take_target(b, target, &to))
    m = method_meant(b, &to, target->span);
  const struct type *t = m ? callable_type(k, &m->sig) : &type_bad;
  if (is_bad(t) || m->not_built)
    return;
  struct blame why = {0, "the method", m->sig.span, true};
  struct stmt *s = stmt_new(b, STMT_STUB, i->span);
  s->value = check_as(b, i->assign.value, t, &why);
  if (s->value->kind == CORE_CLOSURE && s->value->closure.method)
    s->value = check_as(b, called_there(k, i->assign.value, &m->sig), t, &why);
  s->method = m->method;
  s->binding = to.bind ? &to.bind->b : NULL;
  if (to.bind)
    mention(b, (struct mention){.bind = to.bind});
  stmt_add(end, s);
}
