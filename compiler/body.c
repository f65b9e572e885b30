// Bodies: the locals of a function, which of them are visible, and which are
// known not to be none.
#include "compiler/checker.h"

#include <string.h>

struct fn_sym *fn_new(struct checker *k, const char *name,
                      enum plan_function_kind kind, struct span at)
{
  struct fn_sym *f = NEW(k, struct fn_sym);
  f->f.name = name;
  f->f.kind = kind;
  f->f.span = at;
  f->f.result = k->none;
  f->number = k->n_fns;
  *k->last_function = &f->f;
  k->last_function = &f->f.next;
  PUSH(k, k->fns, k->n_fns, k->room_fns, f);
  return f;
}

void body_open(struct body *b, struct checker *k, struct fn_sym *fn,
               enum body_kind kind)
{
  *b = (struct body){.k = k, .fn = fn, .kind = kind};
  b->class = fn->class;
  b->app = fn->app;
  b->result = fn->f.result;
  b->errors = k->d->errors;
  struct dims *own = fn->sig.dims;
  if (!own && kind == BODY_INIT && fn->class)
    own = fn->class->dims;
  b->has_dims = own || kind == BODY_TEST;
  b->dims_around = k->dims;
  if (own)
    dims_enter(k, own);
  else if (kind == BODY_TEST)
    dims_open(k, true);
}

// In place of a function that is known come the values that it captured.
static void known_param(struct body *b, struct entry *e, struct known_fn *known)
{
  e->known = known;
  e->silent = true;
  e->local->index = UINT32_MAX; // not among the others
  known->inner = ARENA_ARRAY(b->k->a, known->n + 1, struct local *);
  for (uint32_t i = 0; i < known->n; i++) {
    const struct core *x = known->captured[i];
    known->inner[i] = local_hidden(b, x->type, x->span);
    known->inner[i]->param = true;
  }
}

void body_params(struct body *b, struct param *params)
{
  const struct sig *s = b->fn->whole ? b->fn->whole : &b->fn->sig;
  uint32_t i = 0;
  for (struct param *p = params; p && i < s->n; p = p->next, i++) {
    struct entry *e = entry_declare(b, &p->name, s->params[i].type);
    e->local->var = false;
    if (b->fn->known && b->fn->known[i].fn)
      known_param(b, e, &b->fn->known[i]);
    else
      e->local->param = true;
  }
}

// Numbers the locals: captures, parameters, then the rest.
void body_close(struct body *b, struct stmt *first)
{
  struct checker *k = b->k;
  if (b->has_dims)
    dims_enter(k, b->dims_around);
  struct function *f = &b->fn->f;
  f->body = first;
  f->class = b->class ? &b->class->whole->c : NULL;
  f->locals = ARENA_ARRAY(k->a, b->n_locals + 1, struct local *);
  uint32_t n = 0;
  for (struct capture *c = b->fn->captures; c; c = c->next)
    f->locals[n++] = c->inner;
  for (uint32_t i = 0; i < b->n_locals; i++)
    if (b->locals[i]->param)
      f->locals[n++] = b->locals[i];
  f->n_params = n;
  for (uint32_t i = 0; i < b->n_locals; i++)
    if (!b->locals[i]->param && b->locals[i]->index != UINT32_MAX)
      f->locals[n++] = b->locals[i];
  f->params = f->locals;
  f->n_locals = n;
  for (uint32_t i = 0; i < n; i++)
    f->locals[i]->index = i;
}

// ---- locals ----

struct local *local_new(struct body *b, atom name, const struct type *t,
                        struct span at)
{
  struct local *l = NEW(b->k, struct local);
  l->name = name;
  l->type = t;
  l->span = at;
  PUSH(b->k, b->locals, b->n_locals, b->room_locals, l);
  return l;
}

struct local *local_hidden(struct body *b, const struct type *t, struct span at)
{
  return local_new(b, NULL, t, at);
}

static void report_hidden(struct body *b, const struct name *name,
                          const struct entry *other)
{
  struct diag *d =
      diag_report(b->k->d, DIAG_duplicate_name, name->span,
                  "`%s` is already a name in this function", name->text->text);
  diag_note(b->k->d, d, other->local->span, "`%s` is first declared here",
            name->text->text);
}

// A name that means something else around the function is told, not refused.
static void tell_hidden(struct body *b, const struct name *name)
{
  struct symbol *s = NULL;
  if (b->class)
    s = table_get(&b->class->members, name->text);
  if (!s && b->app)
    s = table_get(&b->app->names, name->text);
  if (!s || (b->class && b->class->run == s->fn && s->fn))
    return;
  struct diag *d =
      diag_report(b->k->d, DIAG_shadowed_name, name->span, "`%s` hides %s",
                  name->text->text, symbol_kind_text(s->kind));
  diag_note(b->k->d, d, s->span, "`%s` is declared here", name->text->text);
}

struct entry *entry_declare(struct body *b, const struct name *name,
                            const struct type *t)
{
  struct entry *e = NEW(b->k, struct entry);
  e->local = local_new(b, name->text, t, name->span);
  if (!name->text)
    return e;
  void **at = table_at(b->k->a, &b->names, name->text);
  if (*at && strcmp(name->text->text, "_"))
    report_hidden(b, name, *at);
  else
    tell_hidden(b, name);
  e->shadowed = *at;
  e->name = name->text;
  *at = e;
  INDEX(b->k, local, e->local, name->span);
  PUSH(b->k, b->scope, b->n_scope, b->room_scope, e);
  return e;
}

struct local *loop_variable(struct body *b, const struct name *name,
                            const struct type *t)
{
  struct entry *e = entry_declare(b, name, t);
  e->silent = true;
  return e->local;
}

// A local of an enclosing function becomes a parameter of this one. A `fn`
// without a name takes a variable as it is where it stands, one with a name as
// it is when it is called.
static struct entry *capture(struct body *b, struct entry *outer)
{
  struct checker *k = b->k;
  struct name name = {outer->name, outer->local->span, NULL};
  struct entry *e = NEW(k, struct entry);
  e->local = local_new(b, name.text, outer->local->type, name.span);
  e->local->index = UINT32_MAX; // not among the others
  e->name = name.text;
  e->narrowed = outer->narrowed && (b->lambda || !outer->local->var);
  *table_at(k->a, &b->names, name.text) = e;
  struct capture *c = NEW(k, struct capture), **end = &b->fn->captures;
  c->outer = outer->local;
  c->inner = e->local;
  while (*end)
    end = &(*end)->next;
  *end = c;
  return e;
}

struct entry *entry_find(struct body *b, atom name)
{
  struct entry *e = table_get(&b->names, name);
  if (e || !b->outer)
    return e;
  struct entry *outer = entry_find(b->outer, name);
  return outer ? capture(b, outer) : NULL;
}

uint32_t scope_open(struct body *b)
{
  return b->n_scope;
}

void scope_close(struct body *b, uint32_t mark)
{
  while (b->n_scope > mark) {
    struct entry *e = b->scope[--b->n_scope];
    *table_at(b->k->a, &b->names, e->name) = e->shadowed;
    bool told = e->silent || e->name->text[0] == '_' ||
                is_bad(e->local->type) ||
                (b->k->d->errors > b->errors && // which may be why
                 !b->k->d->warnings_as_errors);
    if (!told && !e->local->reads)
      diag_report(b->k->d,
                  e->local->param ? DIAG_unused_parameter : DIAG_unused_name,
                  e->local->span, "`%s` is not used", e->name->text);
  }
}

// ---- narrowing ----

uint32_t narrow_mark(struct body *b)
{
  return b->n_narrowed;
}

void narrow(struct body *b, struct entry *e)
{
  struct narrowing n = {e, e->narrowed};
  PUSH(b->k, b->narrowed, b->n_narrowed, b->room_narrowed, n);
  e->narrowed = true;
}

// What never changes in a replica is as good as a local. State is not: it may
// be another after a wait.
static struct entry *field_entry(struct body *b, atom name)
{
  struct symbol *s = b->class ? table_get(&b->class->members, name) : NULL;
  if (!s || s->kind != SYMBOL_FIELD ||
      b->class->whole->c.fields[s->index].state || !s->type)
    return NULL;
  void **at = table_at(b->k->a, &b->fields, name);
  if (*at)
    return *at;
  struct entry *e = NEW(b->k, struct entry);
  e->local = NEW(b->k, struct local);
  e->local->type = s->type;
  e->name = name;
  return *at = e;
}

struct entry *narrowable(struct body *b, atom name)
{
  struct entry *e = entry_find(b, name);
  return e ? e : field_entry(b, name);
}

void hint_none(struct body *b, struct diag *d, const struct core *x)
{
  bool state = x->kind == CORE_SELF && b->class &&
               b->class->whole->c.fields[x->index].state;
  diag_hint(b->k->d, d, "%s",
            state ? "state may change: name it, `let x = ...`, and test that"
                  : "test it against none, or write `?? value`");
}

struct entry *path_root(struct body *b, const struct expr *e)
{
  if (e->kind != EXPR_FIELD)
    return NULL;
  while (e->kind == EXPR_FIELD)
    e = e->access.of;
  return e->kind == EXPR_NAME ? narrowable(b, e->name.text) : NULL;
}

static bool same_path(const struct expr *x, const struct expr *y)
{
  while (x->kind == EXPR_FIELD && y->kind == EXPR_FIELD &&
         x->access.name.text == y->access.name.text) {
    x = x->access.of;
    y = y->access.of;
  }
  return x->kind == EXPR_NAME && y->kind == EXPR_NAME;
}

void narrow_path(struct body *b, struct entry *root, const struct expr *e)
{
  struct path *p = NEW(b->k, struct path);
  struct narrowing n = {NULL, false};
  *p = (struct path){root, e, b->paths};
  b->paths = p;
  PUSH(b->k, b->narrowed, b->n_narrowed, b->room_narrowed, n);
}

bool path_narrowed(struct body *b, const struct expr *e)
{
  if (!b->paths)
    return false;
  struct entry *root = path_root(b, e);
  for (struct path *p = b->paths; p && root; p = p->up)
    if (p->root == root && same_path(p->at, e))
      return true;
  return false;
}

void narrow_undo(struct body *b, uint32_t mark)
{
  while (b->n_narrowed > mark) {
    struct narrowing *n = &b->narrowed[--b->n_narrowed];
    if (n->entry)
      n->entry->narrowed = n->before;
    else
      b->paths = b->paths->up;
  }
}

void narrow_forget(struct body *b, struct entry *e)
{
  e->narrowed = false;
  for (struct path *p = b->paths; p; p = p->up)
    if (p->root == e)
      p->root = NULL;
  for (uint32_t i = 0; i < b->n_narrowed; i++)
    if (b->narrowed[i].entry == e)
      b->narrowed[i].before = false;
}

void narrow_forget_vars(struct body *b)
{
  for (uint32_t i = 0; i < b->n_narrowed; i++)
    if (b->narrowed[i].entry && b->narrowed[i].entry->local->var)
      narrow_forget(b, b->narrowed[i].entry);
  for (struct path *p = b->paths; p; p = p->up)
    if (p->root && p->root->local->var)
      p->root = NULL;
}

void mention(struct body *b, struct mention m)
{
  struct mention *n = NEW(b->k, struct mention);
  *n = m;
  n->next = b->fn->mentions;
  b->fn->mentions = n;
}
