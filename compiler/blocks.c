// Enters: a lowered program. Leaves: of each function whether it may block: it
// sleeps, or calls what does or what has slots. A function that is a value
// blocks nobody before it is called, so that is known by type.
#include "compiler/blocks.h"

#include "grammar/defs/signature.h"

struct blocks {
  bool *values; // by the type's number
  bool changed;
};

bool binding_blocks(const struct binding *b)
{
  const struct setting *s =
      setting_find(b->settings, SETTING_max_ongoing_requests);
  if (s && s->origin != ORIGIN_default)
    return true;
  for (const struct method *m = b->class->methods; m; m = m->next)
    if (b->class->kind != CLASS_graph && code_of(m->function)->blocks)
      return true;
  return false;
}

static bool site_blocks(const struct blocks *b, const struct code *k,
                        const struct site *s)
{
  if (s->kind == SITE_function)
    return code_of(s->function)->blocks;
  if (s->kind == SITE_callable)
    return b->values[k->slots[s->first].type->number];
  return code_of(s->call->method->function)->blocks ||
         (s->call->binding && binding_blocks(s->call->binding));
}

static void look_at_value(struct blocks *b, const struct code *k,
                          const struct ins *i)
{
  bool *blocks = &b->values[k->slots[i->a].type->number];
  if (!*blocks && site_blocks(b, k, &k->sites[i->b]))
    *blocks = b->changed = true;
}

static void look_at_function(struct blocks *b, struct code *k)
{
  bool blocks = false;
  for (uint32_t at = 0; at < k->n_ins; at++) {
    const struct ins *i = &k->ins[at];
    if (i->op == OP_closure)
      look_at_value(b, k, i);
    else if (i->op == OP_batch)
      blocks = true;
    else if (i->op == OP_op)
      blocks |= (signature_of(i->b)->attributes & OPERATOR_WAITS) != 0;
    else if (i->op == OP_call || i->op == OP_start || i->op == OP_each ||
             i->op == OP_each_limit)
      blocks |= site_blocks(b, k, &k->sites[i->b]);
  }
  if (blocks && !k->blocks)
    k->blocks = b->changed = true;
}

static uint32_t count_types(const struct program *p)
{
  uint32_t n = 0;
  for (const struct function *f = p->functions; f; f = f->next)
    for (uint32_t i = 0; i < code_of(f)->n_slots; i++)
      if (code_of(f)->slots[i].type->number >= n)
        n = code_of(f)->slots[i].type->number + 1;
  return n;
}

void blocks_find(struct arena *a, const struct program *p)
{
  struct blocks b = {.values = ARENA_ARRAY(a, count_types(p) + 1, bool)};
  do {
    b.changed = false;
    for (const struct function *f = p->functions; f; f = f->next)
      look_at_function(&b, code_of(f));
  } while (b.changed);
}
