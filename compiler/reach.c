// What is reached from routes and tests: calls of function deployments outside
// of apps get the binding of the app that comes by first; what nobody reaches
// or uses is told.
#include "compiler/checker.h"

struct reach {
  struct checker *k;
  struct app_sym *app; // on whose behalf; NULL for tests
  struct fn_sym **work;
  uint32_t n, room;
};

static void visit_fn(struct reach *r, struct fn_sym *f)
{
  if (f->reached)
    return;
  f->reached = true;
  PUSH(r->k, r->work, r->n, r->room, f);
}

// What it is made of is used too, as far as its own functions call it.
static void visit_parts(const struct class_sym *c)
{
  for (struct class_sym *p = c->parts; p; p = p->next_part) {
    p->of->part_reached = true;
    visit_parts(p);
  }
}

static void visit_class(struct reach *r, struct class_sym *c)
{
  if (c->reached)
    return;
  c->reached = true;
  for (struct method *m = c->c.methods; m; m = m->next)
    visit_fn(r, (struct fn_sym *)m->function);
  if (c->c.init)
    visit_fn(r, (struct fn_sym *)c->c.init);
  visit_parts(c);
}

static void visit_bind(struct reach *r, struct bind_sym *s)
{
  if (s->reached)
    return;
  s->reached = true;
  visit_class(r, s->class);
  if (s->args)
    visit_fn(r, s->args);
}

// The binding that a call outside of apps means.
static struct bind_sym *bind_for(struct reach *r, struct class_sym *c)
{
  struct app_sym *app = r->app;
  for (struct app *a = r->k->p->apps; a && !app; a = a->next)
    if (table_get(&((struct app_sym *)a)->autos, c->c.name))
      app = (struct app_sym *)a;
  return bind_auto(r->k, app ? app : app_implicit(r->k), c);
}

static void settle(struct reach *r, struct mention *m)
{
  if (m->class && m->call) {
    m->bind = bind_for(r, m->class);
    if (m->call->kind == CORE_CONST)
      ((struct constant *)m->call->constant)->binding = &m->bind->b;
    else
      m->call->call.binding = &m->bind->b;
    m->call = NULL;
  }
  if (m->fn)
    visit_fn(r, m->fn);
  if (m->bind)
    visit_bind(r, m->bind);
}

static void run(struct reach *r)
{
  while (r->n) {
    struct fn_sym *f = r->work[--r->n];
    for (struct mention *m = f->mentions; m; m = m->next)
      settle(r, m);
  }
}

static void settle_rest(struct reach *r)
{
  struct checker *k = r->k;
  for (uint32_t i = 0; i < k->n_fns; i++)
    for (struct mention *m = k->fns[i]->mentions; m; m = m->next)
      if (m->class && m->call)
        settle(r, m);
}

static void reach_all(struct checker *k, struct reach *r)
{
  for (struct app *a = k->p->apps; a; a = a->next) {
    r->app = (struct app_sym *)a;
    for (uint32_t i = 0; i < r->app->n_roots; i++)
      visit_fn(r, r->app->roots[i]);
    run(r);
  }
  r->app = NULL;
  for (uint32_t i = 0; i < k->n_tests; i++)
    visit_fn(r, k->test_fns[i]);
  run(r);
}

static void tell_idle(struct checker *k, const struct class_sym *c,
                      struct span at, const char *what)
{
  struct diag *d = diag_report(
      k->d, DIAG_idle_in_part, at,
      "%s has no effect: `%s` is never bound, only a part of others", what,
      c->c.name->text);
  diag_hint(k->d, d, "it belongs to the deployment that it is a part of");
}

// A class that is never bound has replicas nowhere.
static void tell_part(struct checker *k, const struct class_sym *c)
{
  for (const struct setting *i = c->c.settings; i; i = i->next)
    tell_idle(k, c, i->span,
              arena_printf(k->a, "`%s`", setting_rows[i->id].name));
  for (struct method *m = c->c.methods; m; m = m->next)
    if (is_hook(m->name) && ((struct fn_sym *)m->function)->symbol->uses < 2)
      tell_idle(k, c, m->span, arena_printf(k->a, "`%s`", m->name->text));
}

static void tell(struct checker *k, const struct symbol *s)
{
  if (s->name->text[0] == '_' || s->span.file >= k->c->n_own)
    return;
  if (s->kind == SYMBOL_MODULE && !s->uses)
    diag_report(k->d, DIAG_unused_name, s->span, "the library `%s` is not used",
                s->name->text);
  else if (s->kind == SYMBOL_BINDING && !s->uses && s->bind)
    diag_report(k->d, DIAG_unused_binding, s->span, "`%s` is not used",
                s->name->text);
  else if (s->kind == SYMBOL_FN && !s->uses && s->fn && !s->fn->method)
    diag_report(k->d, DIAG_unused_name, s->span, "`%s` is not used",
                s->name->text);
  else if (s->kind == SYMBOL_CLASS && s->class && !s->class->reached &&
           s->class->part_reached)
    tell_part(k, s->class);
  else if (s->kind == SYMBOL_CLASS && s->class && k->n_routes &&
           !s->class->reached)
    diag_report(k->d, DIAG_unreachable_deployment, s->span,
                "no route reaches `%s`", s->name->text);
}

// What is only a part has its functions in what it is a part of, and libraries may
// have deployments that nobody uses: the plan needs neither.
static void leave_out(struct checker *k)
{
  for (struct class *c = k->p->classes; c; c = c->next) {
    const struct class_sym *s = (struct class_sym *)c;
    bool library = s->symbol && s->symbol->space && s->symbol->space->library;
    c->left_out = c->kind == CLASS_deployment && !s->reached &&
                  (s->part_reached || library) && !type_has_handle(k->t, c);
  }
  for (uint32_t i = 0; i < k->n_binds; i++) // used or not
    k->binds[i]->class->c.left_out = false;
}

void reach_check(struct checker *k)
{
  struct reach r = {.k = k};
  reach_all(k, &r);
  // What is wrong may be why something is not reached.
  if (!k->d->errors || k->d->warnings_as_errors)
    for (uint32_t i = 0; i < k->n_symbols; i++)
      tell(k, k->symbols[i]);
  leave_out(k);
  settle_rest(&r); // code that is never reached is whole all the same
}
