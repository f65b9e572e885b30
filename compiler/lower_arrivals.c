// `for r in as_completed(xs)`: the calls of a list in the order in which they
// end.
//
// The loop walks a stream of their numbers. An element is a call that is over,
// and is waited for as any other: where it is needed, which is where its error
// shows.
#include "compiler/lower_code.h"

static bool is_fresh(const struct core *e)
{
  bool fresh = e->kind == CORE_LIST || e->kind == CORE_EACH;
  for (uint32_t i = 0; fresh && e->kind == CORE_LIST && i < e->n_args; i++)
    fresh = e->args[i]->kind == CORE_CALL;
  return fresh;
}

// Elements that have calls within them, as calls of what gives them back whole.
static uint32_t lift_elements(struct lower *l, uint32_t list,
                              const struct type *plain)
{
  struct site site = lift_site_of(l, list, plain);
  const struct type *call = type_of(l->c->types, TYPE_future, plain);
  uint32_t dst =
      slot_new(l, type_slot(l, type_of(l->c->types, TYPE_list, call)), NULL);
  code_call(l, OP_each, dst, site);
  return dst;
}

static void numbers_open(struct lower *l, struct walk *w, const struct stmt *s)
{
  const struct type *integer = type_kind(l, TYPE_int);
  w->map = w->index = NO_SLOT;
  w->stream = slot_new(
      l, type_slot(l, type_of(l->c->types, TYPE_stream, integer)), NULL);
  l->span = s->value->span;
  code_add(l, OP_arrivals, w->stream, w->list, 0);
  w->top = code_here(l);
  uint32_t more = slot_new(l, type_kind(l, TYPE_bool), NULL);
  code_add(l, OP_more, more, w->stream, 0);
  w->end = code_jump(l, OP_jump_not, more);
  uint32_t number = slot_new(l, integer, NULL);
  code_add(l, OP_piece, number, w->stream, 0);
  struct home *h = home_new(l, s->local);
  h->slot = slot_new(l, l->code->slots[w->list].type->of, s->local->name);
  code_add(l, OP_index, h->slot, w->list, number);
  if (s->second)
    home_new(l, s->second)->slot = number;
}

void arrivals_open(struct lower *l, struct walk *w, const struct stmt *s,
                   uint32_t *calls)
{
  struct val v = lower_slot(l, s->value, NO_SLOT);
  const struct type *t = l->code->slots[v.slot].type;
  const struct type *plain = type_slot(l, s->local->type);
  *w = (struct walk){.map = NO_SLOT};
  *calls = NO_SLOT;
  if (t->kind != TYPE_list || !val_pending(l, &v)) { // they are all there
    w->list = val_force(l, v, NO_SLOT);
    walk_list(l, w, s->local, s->second);
    return;
  }
  w->list = v.slot;
  if (t->of != type_slot(l, type_of(l->c->types, TYPE_future, plain)))
    w->list = lift_elements(l, v.slot, plain);
  else if (is_fresh(s->value))
    *calls = w->list;
  numbers_open(l, w, s);
}
