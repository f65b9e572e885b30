// Apps: what they bind, their graphs, and (check_route.c) their routes.
#include "compiler/checker.h"

#include <string.h>

// ---- bindings ----

static struct bind_sym *bind_new(struct checker *k, struct app_sym *app,
                                 atom name, struct class_sym *c, struct span at)
{
  struct bind_sym *s = NEW(k, struct bind_sym);
  s->app = app;
  s->class = c;
  s->b.name = name;
  s->b.app = &app->a;
  s->b.class = &c->c;
  s->b.span = at;
  s->number = k->n_binds;
  *app->last_binding = &s->b;
  app->last_binding = &s->b.next;
  PUSH(k, k->binds, k->n_binds, k->room_binds, s);
  return s;
}

struct bind_sym *bind_auto(struct checker *k, struct app_sym *app,
                           struct class_sym *c)
{
  void **at = table_at(k->a, &app->autos, c->c.name);
  if (*at)
    return *at;
  struct bind_sym *s = bind_new(k, app, c->c.name, c, c->c.span);
  s->b.settings = c->c.settings;
  s->b.doc = c->c.doc;
  struct symbol *name = NEW(k, struct symbol);
  *name = (struct symbol){.kind = SYMBOL_BINDING,
                          .name = c->c.name,
                          .span = c->c.span,
                          .uses = 1,
                          .bind = s};
  s->symbol = name;
  return *at = s;
}

static void unknown_deployment(struct checker *k, const struct name *name,
                               const struct symbol *s)
{
  if (s) {
    struct diag *d = diag_report(k->d, DIAG_not_a_deployment, name->span,
                                 "`%s` is %s, not a deployment",
                                 name->text->text, symbol_kind_text(s->kind));
    diag_note(k->d, d, s->span, "`%s` is declared here", name->text->text);
    return;
  }
  struct diag *d = diag_report(k->d, DIAG_unknown_deployment, name->span,
                               "there is no deployment `%s`", name->text->text);
  const struct table *tables[] = {&k->names};
  name_hint(k, d, name->text, NULL, tables, 1);
}

// The class that `bind name = value` makes a binding of; NULL if none is there.
static struct class_sym *bound_class(struct checker *k, struct expr *value)
{
  struct expr *of = value->kind == EXPR_CALL ? value->call.of : value;
  if (of->kind == EXPR_ERROR)
    return NULL;
  if (of->kind == EXPR_FIELD && of->access.of->kind == EXPR_NAME) {
    struct symbol *m = table_get(&k->names, of->access.of->name.text);
    if (m && m->kind == SYMBOL_MODULE)
      return library_class(k, m, of);
  }
  if (of->kind != EXPR_NAME) {
    diag_report(k->d, DIAG_not_a_deployment, value->span,
                "a deployment and its arguments are bound: `Name(...)`");
    return NULL;
  }
  struct symbol *s = table_get(&k->names, of->name.text);
  if (s && s->kind == SYMBOL_CLASS) {
    s->uses++;
    INDEX(k, symbol, s, of->name.span);
    return s->class;
  }
  unknown_deployment(k, &of->name, s);
  return NULL;
}

static void bind_collect(struct checker *k, struct app_sym *app, struct item *i)
{
  struct symbol *s = name_declare(k, &app->names, SYMBOL_BINDING, &i->name, i);
  i->note = s;
  struct class_sym *c = i->bind.value ? bound_class(k, i->bind.value) : NULL;
  struct setting *own =
      settings_of_fields(k, i->bind.settings, PLACE_DEPLOYMENT, ORIGIN_bind);
  if (!s || !c)
    return;
  s->bind = bind_new(k, app, s->name, c, s->span);
  s->bind->item = i;
  s->bind->symbol = s;
  s->bind->b.doc = i->doc;
  s->bind->b.settings = settings_merge(k, c->c.settings, own);
}

static void graph_signature(struct checker *k, struct fn_sym *f,
                            struct callable *c)
{
  sig_of(k, &f->sig, f->symbol->name->text, f->symbol->span, c);
  if (!c->has_params)
    f->sig.result = NULL; // until graph_compose
  else if (c->result)
    f->result_span = c->result->span;
  else if (c->value) {
    diag_report(k->d, DIAG_missing_type, f->symbol->span,
                "the result of `%s` has no type", f->symbol->name->text);
    f->sig.result = &type_bad;
  }
  f->f.result = f->sig.result;
}

// A graph, or what `bind` makes of a composition.
static void graph_collect(struct checker *k, struct app_sym *app,
                          struct item *i)
{
  struct symbol *s = name_declare(k, &app->names, SYMBOL_BINDING, &i->name, i);
  i->note = s;
  if (!s)
    return;
  struct class_sym *c = class_new(k, i, CLASS_graph);
  c->symbol = s;
  c->app = app;
  struct fn_sym *f =
      fn_new(k, arena_printf(k->a, "%s.%s", app->a.name->text, s->name->text),
             FUNCTION_graph, s->span);
  f->item = i;
  f->symbol = s;
  f->class = c;
  f->app = app;
  struct callable none = {0};
  bool bound = i->kind == ITEM_BIND;
  graph_signature(k, f, bound ? &none : &i->graph);
  struct method *m = NEW(k, struct method);
  *m = (struct method){.name = atom_of_text(&k->c->atoms, "run"),
                       .class = &c->c,
                       .function = &f->f,
                       .span = s->span};
  f->method = c->c.methods = m;
  struct symbol *run = NEW(k, struct symbol);
  *run = (struct symbol){
      .kind = SYMBOL_FN, .name = m->name, .span = s->span, .uses = 1, .fn = f};
  *table_at(k->a, &c->members, m->name) = run;
  c->run = f;
  s->bind = bind_new(k, app, s->name, c, s->span);
  s->bind->item = i;
  s->bind->symbol = s;
  s->bind->b.doc = i->doc;
  struct item *items = !bound && i->graph.body ? i->graph.body->items : NULL;
  c->c.settings = s->bind->b.settings =
      bound ? settings_of_fields(k, i->bind.settings, PLACE_GRAPH, ORIGIN_bind)
            : settings_of_items(k, items, PLACE_GRAPH, ORIGIN_deployment);
}

// ---- apps ----

static struct app_sym *app_new(struct checker *k, atom name, struct span at)
{
  struct app_sym *app = NEW(k, struct app_sym);
  app->a.name = name;
  app->a.prefix = "";
  app->a.span = at;
  app->last_binding = &app->a.bindings;
  app->last_route = &app->a.routes;
  *k->last_app = &app->a;
  k->last_app = &app->a.next;
  return app;
}

struct app_sym *app_implicit(struct checker *k)
{
  if (k->p->apps)
    return (struct app_sym *)k->p->apps;
  return app_new(k, atom_of_text(&k->c->atoms, "main"), NO_SPAN);
}

static bool has_routes(const struct item *app)
{
  const struct item *i = app->app.body ? app->app.body->items : NULL;
  while (i && i->kind != ITEM_ROUTE)
    i = i->next;
  return i;
}

// An app that only others call needs none.
static void app_prefix(struct checker *k, struct app_sym *app, struct item *i)
{
  struct text *t = &i->app.prefix;
  if (t->data)
    app->a.prefix = path_prefix(k, t, app->a.name);
  else if (!has_routes(i))
    return;
  atom key = atom_of_text(&k->c->atoms, app->a.prefix);
  void **at = table_at(k->a, &k->prefixes, key);
  if (*at) {
    const struct app_sym *first = *at;
    struct span here = t->data ? t->span : i->name.span;
    struct diag *d =
        diag_report(k->d, DIAG_duplicate_prefix, here,
                    "the app `%s` has the same prefix", first->a.name->text);
    diag_note(k->d, d, first->a.span, "it is declared here");
    return;
  }
  *at = app;
}

static void app_collect(struct checker *k, struct item *item)
{
  struct symbol *s = item->note;
  struct app_sym *app = s->app = app_new(k, s->name, s->span);
  app->symbol = s;
  app->item = item;
  app->a.doc = item->doc;
  app_prefix(k, app, item);
  struct item *items = item->app.body ? item->app.body->items : NULL;
  for (struct item *i = items; i; i = i->next) {
    bool composed =
        i->kind == ITEM_BIND && i->bind.value && is_composed(i->bind.value);
    if (i->kind == ITEM_BIND && !composed) {
      bind_collect(k, app, i);
    } else if (i->kind == ITEM_GRAPH || composed) {
      graph_collect(k, app, i);
    } else if (i->kind == ITEM_FN) {
      fn_declare(k, &app->names, i, NULL, app);
    } else if (i->kind == ITEM_FLOW) {
      i->note = name_declare(k, &app->names, SYMBOL_FLOW, &i->name, i);
      diag_report(k->d, DIAG_no_flows, i->name.span, NULL);
    }
  }
  app->a.settings = settings_of_items(k, items, PLACE_APP, ORIGIN_app);
}

void apps_collect(struct checker *k)
{
  EACH_ITEM(k, i, ITEM_APP) if (i->note) app_collect(k, i);
}

// ---- what is bound with what ----

// What the arguments name, and what functions among them name, by their way.
static void uses_of(struct checker *k, struct bind_sym *s, struct fn_sym *f,
                    uint32_t *room)
{
  f->used_by = s;
  for (struct mention *m = f->mentions; m; m = m->next) {
    if (m->bind && m->bind->used_by != s) {
      m->bind->used_by = s;
      PUSH(k, s->b.uses, s->b.n_uses, *room, &m->bind->b);
    }
    if (m->fn && !m->fn->method && m->fn->used_by != s)
      uses_of(k, s, m->fn, room);
  }
}

static void bind_uses(struct checker *k, struct bind_sym *s)
{
  uint32_t room = 0;
  uses_of(k, s, s->args, &room);
  for (uint32_t i = 0, j = s->b.n_uses; i + 1 < j; i++) { // they came backwards
    struct binding *b = s->b.uses[i];
    s->b.uses[i] = s->b.uses[--j];
    s->b.uses[j] = b;
  }
}

static void bind_args(struct checker *k, struct bind_sym *s, struct expr *e)
{
  const struct sig *sig = &s->class->sig;
  struct arg *args = e->kind == EXPR_CALL ? e->call.args : NULL;
  struct fn_sym *f = fn_new(
      k,
      arena_printf(k->a, "%s.%s.args", s->app->a.name->text, s->b.name->text),
      FUNCTION_init, e->span);
  f->app = s->app;
  struct body b;
  body_open(&b, k, f, BODY_INIT);
  struct core **given = match_args(&b, sig, args, e->span, DIAG_wrong_edge);
  s->args = f;
  if (!given)
    return;
  struct type_part *parts = ARENA_ARRAY(k->a, sig->n + 1, struct type_part);
  for (uint32_t i = 0; i < sig->n; i++)
    parts[i].type = sig->params[i].type;
  const struct type *t = type_parts(k->t, TYPE_tuple, parts, sig->n);
  if (!type_size_check(k, t, e->span))
    return;
  struct core *x = core_new(k, CORE_TUPLE, t, e->span, sig->n);
  for (uint32_t i = 0; i < sig->n; i++)
    x->args[i] = given[i];
  struct stmt *r = stmt_new(&b, STMT_RETURN, e->span);
  r->value = core_fold(k, x);
  f->f.result = f->sig.result = t;
  body_close(&b, r);
  if (sig->n)
    s->b.args = &f->f;
}

// The binding where a circle was closed, and the way back to it.
static void report_circle(struct checker *k, struct bind_sym **way, uint32_t n,
                          struct bind_sym *to)
{
  uint32_t from = n;
  while (from && way[from - 1] != to)
    from--;
  from--;
  struct diag *d =
      diag_report(k->d, DIAG_binding_cycle, to->b.span,
                  n - from == 1 ? "`%s` is bound with itself"
                                : "`%s` is bound with what needs it",
                  to->b.name->text);
  for (uint32_t i = from; i < n && i < from + 10; i++) {
    struct bind_sym *next = i + 1 < n ? way[i + 1] : to;
    diag_note(k->d, d, way[i]->item->bind.value->span, "`%s` needs `%s`",
              way[i]->b.name->text, next->b.name->text);
  }
}

struct looking { // where the search for circles is
  struct bind_sym **way;
  uint32_t *next; // of each on the way: which use comes next
  uint32_t n, room, room_next;
};

static void look_enter(struct checker *k, struct looking *l, struct bind_sym *s)
{
  uint32_t n = l->n;
  s->seen = UNDER_WAY;
  PUSH(k, l->way, l->n, l->room, s);
  PUSH(k, l->next, n, l->room_next, 0);
}

static void circles_check(struct checker *k)
{
  struct looking l = {0};
  for (uint32_t i = 0; i < k->n_binds; i++) {
    if (k->binds[i]->seen == UNTOUCHED)
      look_enter(k, &l, k->binds[i]);
    while (l.n) {
      struct bind_sym *s = l.way[l.n - 1];
      if (l.next[l.n - 1] == s->b.n_uses) {
        s->seen = FINISHED;
        l.n--;
        continue;
      }
      struct bind_sym *to = (struct bind_sym *)s->b.uses[l.next[l.n - 1]++];
      if (to->seen == UNDER_WAY)
        report_circle(k, l.way, l.n, to);
      else if (to->seen == UNTOUCHED)
        look_enter(k, &l, to);
    }
  }
}

static void app_check(struct checker *k, struct app_sym *app)
{
  struct block *body = app->item ? app->item->app.body : NULL;
  for (struct item *i = body ? body->items : NULL; i; i = i->next) {
    struct symbol *s = i->note;
    if (i->kind == ITEM_BIND && s && s->bind &&
        s->bind->class->c.kind != CLASS_graph)
      bind_args(k, s->bind, i->bind.value);
    else if (i->kind == ITEM_GRAPH && s && s->bind && i->graph.has_params)
      fn_check(k, s->bind->class->run, BODY_GRAPH, NULL);
    else if (i->kind == ITEM_FN && s && s->fn)
      fn_check(k, s->fn, BODY_PLAIN, NULL);
    else if (i->kind == ITEM_ROUTE)
      route_check(k, app, i);
  }
}

void apps_check(struct checker *k)
{
  EACH_ITEM(k, i, ITEM_APP)
  {
    struct symbol *s = i->note;
    if (s)
      app_check(k, s->app);
  }
  for (uint32_t i = 0; i < k->n_binds; i++)
    if (k->binds[i]->args)
      bind_uses(k, k->binds[i]);
  circles_check(k);
}
