// Declarations: functions, deployments and their members. Signatures first.
#include "compiler/checker.h"

#include <string.h>

// ---- signatures ----

// Its names of dimensions are of the scope that is entered.
static void sig_read(struct checker *k, struct sig *s, const char *name,
                     struct span span, struct callable *c)
{
  uint32_t n = 0;
  for (struct param *p = c->params; p; p = p->next)
    n++;
  struct sig_param *params = ARENA_ARRAY(k->a, n, struct sig_param);
  *s = (struct sig){
      .name = name, .span = span, .result = k->none, .dims = k->dims};
  for (struct param *p = c->params; p; p = p->next) {
    struct sig_param sp = {
        .name = p->name.text, .type = &type_bad, .span = p->span};
    if (p->type)
      sp.type = type_of_expr(k, p->type);
    INDEX(k, param, &sp, p->name.span);
    if (p->initial && !is_bad(sp.type)) {
      struct blame why = {DIAG_bad_default, "the parameter", p->type->span,
                          true};
      sp.initial = const_of_expr(k, p->initial, sp.type, &why);
      if (!sp.initial)
        sp.type = &type_bad;
    }
    params[s->n++] = sp;
  }
  s->params = params;
  dims_open(k, true); // what only the result has
  if (c->result)
    s->result = step_own(k, type_of_result(k, c->result));
  dims_enter(k, s->dims);
}

void sig_of(struct checker *k, struct sig *s, const char *name,
            struct span span, struct callable *c)
{
  struct dims *around = k->dims;
  dims_open(k, false);
  if (!k->type_words)
    dims_add_listed(k, c->dims);
  sig_read(k, s, name, span, c);
  dims_enter(k, around);
}

static const char *joined(struct checker *k, atom x, atom y)
{
  char *text = arena_alloc(k->a, x->size + y->size + 2);
  memcpy(text, x->text, x->size);
  text[x->size] = '.';
  memcpy(text + x->size + 1, y->text, y->size + 1);
  return text;
}

static const char *qualified(struct checker *k, struct class_sym *c,
                             struct app_sym *app, atom name)
{
  if (c && c->of)
    return arena_printf(k->a, "%s.%s.%s", c->whole->c.name->text, c->path,
                        name->text);
  if (c)
    return joined(k, c->c.name, name);
  if (app)
    return joined(k, app->a.name, name);
  if (k->space->library)
    return joined(k, k->space->library, name);
  return name->text;
}

struct method *method_add(struct checker *k, struct class_sym *c,
                          struct fn_sym *f, atom name, struct span at)
{
  struct method *m = NEW(k, struct method);
  m->name = name;
  m->class = &c->c;
  m->function = &f->f;
  m->span = at;
  f->method = m;
  *c->last_method = m;
  c->last_method = &m->next;
  return m;
}

struct fn_sym *fn_of(struct checker *k, struct symbol *s, struct callable *c,
                     struct class_sym *class, struct app_sym *app)
{
  struct fn_sym *f =
      fn_new(k, qualified(k, class, app, s->name), FUNCTION_body, s->span);
  f->item = s->item;
  f->symbol = s;
  f->class = class;
  f->f.class = class ? &class->whole->c : NULL;
  f->app = app;
  sig_of(k, &f->sig, s->name->text, s->span, c);
  f->f.result = f->sig.result;
  if (c->result)
    f->result_span = c->result->span;
  return f;
}

struct fn_sym *fn_around(struct checker *k, struct symbol *s, struct item *i,
                         struct class_sym *class, const char *what,
                         struct fn_sym **inner)
{
  struct fn_sym *body = *inner = fn_of(k, s, &i->fn.c, class, NULL);
  struct fn_sym *f = fn_new(k, body->f.name, FUNCTION_body, s->span);
  body->f.name = arena_printf(k->a, "%s %s", body->f.name, what);
  f->item = i;
  f->symbol = s;
  f->class = class;
  f->f.class = &class->whole->c;
  if (!i->fn.c.result && i->fn.c.value && !i->fn.c.body) // that is reported
    body->sig.result = body->f.result = &type_bad;
  return f;
}

void fn_declare(struct checker *k, struct table *in, struct item *i,
                struct class_sym *c, struct app_sym *app)
{
  struct symbol *s = i->note;
  if (!s)
    i->note = s = name_declare(k, in, SYMBOL_FN, &i->name, i);
  if (!s)
    return;
  bool batch = i->fn.kind == FN_BATCH, models = i->fn.kind == FN_MULTIPLEX;
  if (models && !c)
    diag_report(k->d, DIAG_wrong_place, i->fn.prefix,
                "models are kept by the replicas of class deployments");
  if (batch && !c)
    diag_report(k->d, DIAG_wrong_place, i->fn.prefix,
                "batches are formed by the methods of class deployments");
  s->fn = batch && c    ? batch_declare(k, s, i, c)
          : models && c ? multiplex_declare(k, s, i, c)
                        : fn_of(k, s, &i->fn.c, c, app);
  if (!s->fn->batch && !s->fn->loader)
    s->fn->not_built = i->fn.kind != FN_PLAIN;
  if (!i->fn.c.result && i->fn.c.value && !i->fn.c.body) {
    struct diag *d =
        diag_report(k->d, DIAG_missing_type, i->name.span,
                    "the result of `%s` has no type", i->name.text->text);
    diag_hint(k->d, d, "write `-> T` before the `=`");
    s->fn->sig.result = s->fn->f.result = &type_bad;
  }
}

void fn_check(struct checker *k, struct fn_sym *f, enum body_kind kind,
              struct body *outer)
{
  struct callable *c = &f->item->fn.c;
  if (f->item->kind == ITEM_DEPLOYMENT)
    c = &f->item->deployment.c;
  else if (f->item->kind == ITEM_GRAPH)
    c = &f->item->graph;
  struct body b;
  body_open(&b, k, f, kind);
  b.outer = outer;
  b.settings = f->item->kind != ITEM_FN;
  check_function_body(&b, c, NULL);
  for (uint32_t i = 0; i < f->n_selves; i++) { // captures are known now
    struct core *x = f->selves[i];
    bool call = x->kind == CORE_CALL;
    uint32_t n = 0, own = call ? f->sig.n : 0, had = x->n_args - own;
    for (struct capture *p = f->captures; p; p = p->next)
      n++;
    struct core **args = ARENA_ARRAY(k->a, n + own + 1, struct core *);
    memcpy(args + n, x->args + had, own * sizeof *args);
    n = 0;
    for (struct capture *p = f->captures; p; p = p->next)
      args[n++] = core_local(k, p->inner, x->span);
    x->args = args;
    x->n_args = n + own;
  }
  f->checked = true;
}

// ---- classes ----

struct class_sym *class_new(struct checker *k, struct item *i,
                            enum plan_class_kind kind)
{
  struct class_sym *c = NEW(k, struct class_sym);
  c->c.name = i->name.text;
  if (k->space->library)
    c->c.name = atom_of_text(&k->c->atoms, arena_printf(k->a, "%s.%s",
                                                        k->space->library->text,
                                                        i->name.text->text));
  c->c.kind = kind;
  c->c.doc = i->doc;
  c->c.span = i->name.span;
  c->item = i;
  c->last_method = &c->c.methods;
  c->whole = c;
  c->last_part = &c->parts;
  *k->last_class = &c->c;
  k->last_class = &c->c.next;
  return c;
}

// What it is called in the plan and where core is printed.
static atom field_name(struct checker *k, const struct class_sym *c, atom name)
{
  if (!c->of)
    return name;
  const char *whole = arena_printf(k->a, "%s.%s", c->path, name->text);
  return atom_of_text(&k->c->atoms, whole);
}

static void field_add(struct checker *k, struct class_sym *c,
                      const struct name *name, const struct type *t,
                      struct item *i)
{
  struct symbol *s = name_declare(k, &c->members, SYMBOL_FIELD, name, i);
  struct class_sym *whole = c->whole;
  if (!s)
    return;
  s->type = t;
  s->class = c;
  s->index = whole->c.n_fields;
  if (i)
    i->note = s;
  struct class_field f = {.name = field_name(k, c, name->text),
                          .type = t,
                          .span = name->span,
                          .state = i && i->kind == ITEM_STATE};
  PUSH(k, whole->c.fields, whole->c.n_fields, whole->room_fields, f);
}

static struct item *items_of(const struct class_sym *c)
{
  struct block *body = c->item->deployment.c.body;
  return body ? body->items : NULL;
}

void fields_params(struct checker *k, struct class_sym *c)
{
  struct callable *call = &c->item->deployment.c;
  dims_add_listed(k, call->dims);
  sig_read(k, &c->sig, c->c.name->text, c->c.span, call);
  uint32_t n = 0;
  for (struct param *p = call->params; p; p = p->next, n++) {
    struct sig_param *s = &c->sig.params[n];
    if (!type_no_stream(k, s->type, s->span, "a deployment"))
      s->type = &type_bad;
    field_add(k, c, &p->name, s->type, NULL);
  }
}

void fields_lets(struct checker *k, struct class_sym *c)
{
  for (struct item *i = items_of(c); i; i = i->next)
    if (i->kind == ITEM_LET && i->name.text && !part_collect(k, c, i)) {
      field_add(k, c, &i->name, NULL, i);
      if (i->value.type) // methods know its dimensions
        type_of_expr(k, i->value.type);
    }
}

void fields_state(struct checker *k, struct class_sym *c)
{
  for (struct item *i = items_of(c); i; i = i->next)
    if (i->kind == ITEM_STATE && i->name.text)
      field_add(k, c, &i->name,
                i->value.type ? type_of_expr(k, i->value.type) : &type_bad, i);
  for (struct class_sym *p = c->parts; p; p = p->next_part)
    part_state(k, p);
}

// Parameters, then lets, then state: the order of a replica's fields.
static void class_fields(struct checker *k, struct class_sym *c)
{
  fields_params(k, c);
  c->c.n_params = c->c.n_fields;
  fields_lets(k, c);
  c->c.n_lets = c->c.n_fields - c->c.n_params;
  fields_state(k, c);
}

bool is_hook(atom name)
{
  return is_check(name) || !strcmp(name->text, "reconfigure");
}

bool is_check(atom name)
{
  return !strcmp(name->text, "check_health");
}

// Nothing says what it would be called with, or what a text would mean.
static void hook_signature(struct checker *k, const struct fn_sym *f)
{
  const struct type *t = f->sig.result;
  bool fits = !f->sig.n && !f->batch && !f->not_built &&
              (t->kind == TYPE_none || t->kind == TYPE_bool || is_bad(t));
  if (!is_check(f->symbol->name) || fits)
    return;
  struct diag *d = diag_report(k->d, DIAG_check_signature, f->symbol->span,
                               "`check_health` takes nothing, and gives "
                               "nothing or a `bool`");
  diag_hint(k->d, d,
            "write `fn check_health() { … }`: a replica is well when it "
            "ends without an error, and does not give `false`");
}

static void class_methods(struct checker *k, struct class_sym *c)
{
  uint32_t n = 0;
  for (struct item *i = items_of(c); i; i = i->next) {
    if (i->kind != ITEM_FN)
      continue;
    fn_declare(k, &c->members, i, c, NULL);
    struct symbol *s = i->note;
    if (!s || !s->fn)
      continue;
    method_add(k, c, s->fn, s->name, s->span);
    if (s->fn->batch)
      batch_method(k, s->fn);
    if (s->fn->loader)
      multiplex_method(k, s->fn);
    if (is_hook(s->name)) {
      s->uses++;
      hook_signature(k, s->fn);
      continue;
    }
    if (s->fn->loader) // nobody means it who names no method
      continue;
    if (!strcmp(s->name->text, "run") || !n)
      c->run = s->fn;
    n++;
  }
  if (n > 1 && strcmp(c->run->symbol->name->text, "run"))
    c->run = NULL;
}

static void function_deployment(struct checker *k, struct class_sym *c,
                                struct symbol *s)
{
  struct callable *call = &c->item->deployment.c;
  struct fn_sym *f = fn_of(k, s, call, c, NULL);
  f->f.name = s->name->text;
  method_add(k, c, f, atom_of_text(&k->c->atoms, "run"), s->span);
  struct symbol *run = NEW(k, struct symbol);
  *run = (struct symbol){.kind = SYMBOL_FN,
                         .name = f->method->name,
                         .span = s->span,
                         .uses = 1,
                         .fn = f};
  *table_at(k->a, &c->members, run->name) = run;
  c->run = f;
  c->sig = (struct sig){.name = s->name->text, .span = s->span};
}

static void class_declare(struct checker *k, struct item *i)
{
  struct symbol *s = i->note;
  struct callable *call = &i->deployment.c;
  if (i->deployment.on.text) {
    diag_report(k->d, DIAG_no_workers, i->deployment.on.span, NULL);
    return;
  }
  s->class = class_new(k, i, call->result ? CLASS_function : CLASS_deployment);
  s->class->symbol = s;
}

static void class_members(struct checker *k, struct item *i)
{
  struct symbol *s = i->note;
  struct class_sym *c = s->class;
  struct callable *call = &i->deployment.c;
  if (!c)
    return;
  struct dims *around = k->dims;
  if (c->c.kind == CLASS_function) {
    function_deployment(k, c, s);
  } else {
    dims_enter(k, class_dims(k, c));
    class_fields(k, c);
    class_methods(k, c);
  }
  dims_enter(k, around);
  c->c.settings = settings_of_items(k, call->body ? call->body->items : NULL,
                                    PLACE_DEPLOYMENT, ORIGIN_deployment);
}

// Every item of a kind that has its name, in all files.
// Those that got their name.
#define EACH_NAMED(k, i, wanted) EACH_ITEM(k, i, wanted) if (i->note)

void classes_declare(struct checker *k)
{
  EACH_NAMED(k, i, ITEM_DEPLOYMENT) class_declare(k, i);
}

void classes_collect(struct checker *k)
{
  EACH_NAMED(k, i, ITEM_DEPLOYMENT) class_members(k, i);
  if (!k->space->library) // whose functions wait until they are called
    EACH_NAMED(k, i, ITEM_FN) fn_declare(k, &k->names, i, NULL, NULL);
  metrics_collect(k);
}

// ---- lets and state: what a replica does when it starts ----

static void set_field(struct body *b, struct item *i, struct stmt ***end)
{
  struct symbol *s = i->note;
  struct checker *k = b->k;
  struct class_sym *c = b->class;
  if (i->value.type)
    s->type = type_of_expr(k, i->value.type);
  struct core *x = check_as(b, i->value.value, s->type, NULL);
  if (!s->type)
    s->type = x->type;
  if (!type_no_stream(k, s->type, i->value.value->span,
                      i->kind == ITEM_STATE ? "state" : "a deployment"))
    s->type = &type_bad;
  c->whole->c.fields[s->index].type = s->type;
  struct stmt *set = stmt_new(b, STMT_SET_SELF, i->span);
  set->index = s->index;
  set->value = x;
  stmt_add(end, set);
}

void fields_set(struct body *b, struct class_sym *c, struct stmt ***end)
{
  for (int state = 0; state < 2; state++)
    for (struct item *i = items_of(c); i; i = i->next) {
      struct symbol *s = i->note;
      if (i->kind != (state ? ITEM_STATE : ITEM_LET) || !s || !i->value.value)
        continue;
      if (s->kind == SYMBOL_PART)
        part_set(b, s, end);
      else
        set_field(b, i, end);
    }
}

void class_lets(struct checker *k, struct class_sym *c)
{
  bool none = c->c.n_fields == c->c.n_params && !c->parts;
  if (c->fields != UNTOUCHED || none)
    return;
  c->fields = UNDER_WAY;
  struct fn_sym *f = fn_new(k, arena_printf(k->a, "%s.init", c->c.name->text),
                            FUNCTION_init, c->c.span);
  f->class = c;
  struct body b;
  body_open(&b, k, f, BODY_INIT);
  struct stmt *first = NULL, **end = &first;
  fields_set(&b, c, &end);
  body_close(&b, first);
  c->init = f;
  c->c.init = &f->f;
  c->fields = FINISHED;
}

// ---- bodies ----

void member_check(struct checker *k, struct fn_sym *f)
{
  if (f->batch)
    batch_check(k, f);
  else if (f->loader)
    multiplex_check(k, f);
  else
    fn_check(k, f, BODY_PLAIN, NULL);
}

static void class_check(struct checker *k, struct class_sym *c)
{
  if (c->c.kind == CLASS_function) {
    fn_check(k, c->run, BODY_PLAIN, NULL);
    return;
  }
  class_lets(k, c);
  for (struct item *i = items_of(c); i; i = i->next) {
    struct symbol *s = i->note;
    if (i->kind == ITEM_FN && s && s->fn)
      member_check(k, s->fn);
  }
}

void bodies_check(struct checker *k)
{
  EACH_NAMED(k, i, ITEM_DEPLOYMENT)
  {
    struct symbol *s = i->note;
    if (s->class)
      class_check(k, s->class);
  }
  EACH_NAMED(k, i, ITEM_FN)
  {
    struct symbol *s = i->note;
    if (s->fn && !k->space->library)
      fn_check(k, s->fn, BODY_PLAIN, NULL);
  }
  parts_check(k);
}
