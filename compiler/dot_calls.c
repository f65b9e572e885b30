// Who calls whom: the calls that bodies make, with handles followed to the
// bindings that they were bound to.
#include "compiler/dot_parts.h"

#include <stddef.h>

struct walk {
  struct dot *d;
  const struct binding *self;
  dot_visit *visit;
  dot_visit_composed *composed; // or NULL: they are gone through
  void *user;
  uint32_t number; // what it has seen carries this
};

static const struct core *core_of(const struct core_call *call)
{
  return (const struct core *)((const char *)call -
                               offsetof(struct core, call));
}

// What a binding's arguments are, if they are written as they are.
static const struct core *arguments(const struct binding *b)
{
  const struct stmt *s = b->args ? b->args->body : NULL;
  while (s && s->kind != STMT_RETURN)
    s = s->next;
  return s ? s->value : NULL;
}

static const struct binding *argument(const struct binding *b, uint32_t index)
{
  const struct core *e = arguments(b);
  const struct constant *c = NULL;
  if (e && e->kind == CORE_TUPLE && index < e->n_args)
    c = e->args[index]->kind == CORE_CONST ? e->args[index]->constant : NULL;
  else if (e && e->kind == CORE_CONST && index < e->constant->n_parts)
    c = e->constant->parts[index];
  return c ? c->binding : NULL;
}

// A handle that is no parameter itself (an element of a list) may mean every
// deployment of its class that was given.
static void visit_handle(struct walk *w, const struct core *call)
{
  const struct binding *b = w->self;
  const struct core *handle = call->args[0];
  if (!b)
    return;
  if (handle->kind == CORE_SELF) {
    const struct binding *to = argument(b, handle->index);
    if (to) {
      w->visit(w->d, w->user, to, call);
      return;
    }
  }
  for (uint32_t i = 0; i < b->n_uses; i++)
    if (b->uses[i]->class == call->call.method->class)
      w->visit(w->d, w->user, b->uses[i], call);
}

static void visit_function(struct walk *w, const struct function *f);

// What a function that the binding was given, or made, leads to. Others are
// met where they are made.
static void visit_value(struct walk *w, const struct core *call)
{
  const struct core *f = call->args[0];
  const struct core *args = w->self ? arguments(w->self) : NULL;
  if (f->kind != CORE_SELF || !w->self)
    return;
  if (f->index >= w->self->class->n_params) {
    visit_function(w, w->self->class->init);
    return;
  }
  f = args && args->kind == CORE_TUPLE ? args->args[f->index] : NULL;
  if (!f || f->kind != CORE_CLOSURE)
    return;
  const struct core *handle = f->closure.method ? f->args[0] : NULL;
  if (handle && handle->kind == CORE_CONST && handle->constant->binding)
    w->visit(w->d, w->user, handle->constant->binding, call);
  else if (!handle)
    visit_function(w, f->closure.function);
}

static void visit_function(struct walk *w, const struct function *f)
{
  struct code *k = code_of(f);
  if (k->seen == w->number)
    return;
  k->seen = w->number;
  if (f->batch)
    visit_function(w, f->batch->batch);
  for (uint32_t i = 0; i < k->n_sites; i++) {
    const struct site *s = &k->sites[i];
    if (s->kind == SITE_function && w->composed &&
        s->function->kind == FUNCTION_graph)
      w->composed(w->d, w->user, s->function);
    else if (s->kind == SITE_function)
      visit_function(w, s->function);
    else if (s->kind == SITE_method)
      w->visit(w->d, w->user, s->call->binding, core_of(s->call));
    else if (s->kind == SITE_handle)
      visit_handle(w, core_of(s->call));
    else
      visit_value(w, core_of(s->call));
  }
}

void dot_calls_of(struct dot *d, const struct function *f,
                  const struct binding *self, dot_visit *visit, void *user)
{
  struct walk w = {d, self, visit, NULL, user, ++d->walks};
  visit_function(&w, f);
}

void dot_calls_of_route(struct dot *d, const struct function *f,
                        dot_visit *visit, dot_visit_composed *composed,
                        void *user)
{
  struct walk w = {d, NULL, visit, composed, user, ++d->walks};
  visit_function(&w, f);
}
