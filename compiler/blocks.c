// Enters: a lowered program. Leaves: of each function and binding whether it
// may block: it sleeps, or calls what does or what has slots. A function that
// is a value blocks nobody before it is called, so that is known by type.
//
// All code is read once for what depends on what; then what blocks is told to
// its dependents, and by them to theirs.
#include "compiler/blocks.h"

#include "grammar/defs/signature.h"

struct dependent {
  struct blocking *it;
  struct dependent *next;
};
struct blocking { // a function, a binding, or the values of a type
  bool yes;
  struct dependent *dependents;
  struct blocking *next; // to be told on
};

struct search {
  struct arena *a;
  struct blocking *values; // by the type's number
  struct blocking *work;
};

bool binding_blocks(const struct binding *b)
{
  return b->blocking->yes;
}

static void block(struct search *s, struct blocking *x)
{
  if (x->yes)
    return;
  x->yes = true;
  x->next = s->work;
  s->work = x;
}

static void depends(struct search *s, struct blocking *x, struct blocking *on)
{
  if (on->dependents && on->dependents->it == x)
    return;
  struct dependent *d = ARENA_NEW(s->a, struct dependent);
  *d = (struct dependent){x, on->dependents};
  on->dependents = d;
}

// ---- what the code says ----

static struct blocking *value_of(const struct search *s, const struct code *k,
                                 uint32_t slot)
{
  return &s->values[k->slots[slot].type->number];
}

static void depends_on_site(struct search *s, struct blocking *x,
                            const struct code *k, const struct site *site)
{
  if (site->kind == SITE_function) {
    depends(s, x, code_of(site->function)->blocking);
  } else if (site->kind == SITE_callable) {
    depends(s, x, value_of(s, k, site->first));
  } else {
    depends(s, x, code_of(site->call->method->function)->blocking);
    if (site->call->binding)
      depends(s, x, site->call->binding->blocking);
  }
}

static void read_instruction(struct search *s, const struct code *k,
                             const struct ins *i)
{
  switch (i->op) {
  case OP_closure:
    depends_on_site(s, value_of(s, k, i->a), k, &k->sites[i->b]);
    break;
  case OP_batch:
  case OP_model:
  case OP_ready: // tensors are computed
    block(s, k->blocking);
    break;
  case OP_op:
    if (signature_of(i->b)->attributes & OPERATOR_WAITS)
      block(s, k->blocking);
    break;
  case OP_call:
  case OP_start:
  case OP_each:
  case OP_each_limit:
    depends_on_site(s, k->blocking, k, &k->sites[i->b]);
    break;
  default:
    break;
  }
}

static void read_binding(struct search *s, const struct binding *b)
{
  const struct setting *set =
      setting_find(b->settings, SETTING_max_ongoing_requests);
  if ((set && set->origin != ORIGIN_default) || settings_scale(b->settings))
    block(s, b->blocking);
  for (const struct method *m = b->class->methods; m; m = m->next)
    if (b->class->kind != CLASS_graph && !is_check(m->name))
      depends(s, b->blocking, code_of(m->function)->blocking);
}

// ---- the whole ----

static uint32_t count_types(const struct program *p)
{
  uint32_t n = 0;
  for (const struct function *f = p->functions; f; f = f->next)
    for (uint32_t i = 0; i < code_of(f)->n_slots; i++)
      if (code_of(f)->slots[i].type->number >= n)
        n = code_of(f)->slots[i].type->number + 1;
  return n;
}

static void tell(struct search *s)
{
  while (s->work) {
    struct blocking *x = s->work;
    s->work = x->next;
    for (const struct dependent *d = x->dependents; d; d = d->next)
      block(s, d->it);
  }
}

void blocks_find(struct arena *a, struct program *p)
{
  struct search s = {.a = a};
  s.values = ARENA_ARRAY(a, count_types(p) + 1, struct blocking);
  for (const struct function *f = p->functions; f; f = f->next)
    code_of(f)->blocking = ARENA_NEW(a, struct blocking);
  for (struct app *app = p->apps; app; app = app->next)
    for (struct binding *b = app->bindings; b; b = b->next)
      b->blocking = ARENA_NEW(a, struct blocking);
  for (const struct app *app = p->apps; app; app = app->next)
    for (const struct binding *b = app->bindings; b; b = b->next)
      read_binding(&s, b);
  for (const struct function *f = p->functions; f; f = f->next)
    for (uint32_t i = 0; i < code_of(f)->n_ins; i++)
      read_instruction(&s, code_of(f), &code_of(f)->ins[i]);
  tell(&s);
}
