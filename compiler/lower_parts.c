// Records and tuples that a graph puts together: each part is a let of its own,
// and who reads a part reads what was put there. So it does not wait for the
// other parts, nor fail with them.
#include "compiler/lower_graph.h"

void part_read(const struct core *e)
{
  if (e->kind != CORE_PART)
    return;
  part_read(e->args[0]);
  if (e->args[0]->kind != CORE_LOCAL)
    return;
  const struct home *h = home_of(e->args[0]->local);
  if (h && h->known && h->known->made)
    core_become((struct core *)e, h->known->made->args[e->index]);
}

void parts_read(const struct core *e)
{
  for (uint32_t i = 0; i < e->n_args; i++)
    parts_read(e->args[i]);
  if (e->kind == CORE_EACH) {
    parts_read(e->each.value);
    if (e->each.test)
      parts_read(e->each.test);
  }
  part_read(e);
}

static void bind_part(struct graph *g, struct core **part)
{
  const struct core *e = *part;
  struct local *x = ARENA_NEW(g->l->arena, struct local);
  struct core *read = ARENA_NEW(g->l->arena, struct core);
  *x = (struct local){.type = e->type, .span = e->span, .reads = 1};
  *read = (struct core){.kind = CORE_LOCAL, .type = e->type, .span = e->span};
  read->local = x;
  graph_bind(g, x, e);
  *part = read;
}

// What a let is made of that a record or tuple may be, or another name of one.
const struct core *parts_bind(struct graph *g, const struct core *e)
{
  if (e->kind == CORE_LOCAL) {
    const struct home *h = home_of(e->local);
    return h && h->known ? h->known->made : NULL;
  }
  if (e->kind != CORE_TUPLE || cut_find(g, e))
    return NULL;
  for (uint32_t i = 0; i < e->n_args; i++) {
    part_read(e->args[i]);
    if (e->args[i]->kind != CORE_LOCAL && e->args[i]->kind != CORE_CONST)
      bind_part(g, &e->args[i]);
  }
  return e;
}
