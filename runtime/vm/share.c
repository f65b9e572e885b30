// Enters: a home that has started. Leaves: the same replicas on another loop.
// What they have never changes, so it is shared where it holds no handles; the
// home outlives who shares it. What is away has no replicas here.
#include "runtime/vm/vm.h"

#include <stdio.h>

static bool share_replica(struct engine *e, const struct plan_class *c,
                          const struct replica *from, struct replica *to,
                          const bool *handles)
{
  uint32_t n = c->fields.count;
  to->fields = ARENA_ARRAY(&e->arena, n + 1, value);
  for (uint32_t i = 0; to->fields && i < n; i++) {
    uint32_t type =
        e->plan->types[e->plan->fields[c->fields.first + i].type].base;
    to->fields[i] = from->fields[i];
    if (handles[type] &&
        !value_take(e, &e->arena, type, from->fields[i], &to->fields[i]))
      return false;
  }
  return to->fields != NULL;
}

static bool share_all(struct engine *e, const bool *handles)
{
  for (uint32_t i = 0; i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    const struct deployment *from = &e->home->deployments[i];
    for (uint32_t k = 0; !d->away && k < d->n_replicas; k++)
      if (!share_replica(e, &e->plan->classes[d->class], &from->replicas[k],
                         &d->replicas[k], handles))
        return false;
  }
  return true;
}

int engine_share(struct engine *e, char *why, size_t why_size)
{
  struct arena scratch = {0};
  bool *handles = ARENA_ARRAY(&scratch, e->plan->n_types + 1, bool);
  if (handles)
    types_holding(e->plan, 1ull << TYPE_handle | 1ull << TYPE_callable,
                  handles);
  bool done = handles && share_all(e, handles);
  arena_free(&scratch);
  if (!done)
    snprintf(why, why_size, "out of memory");
  return done ? 0 : -1;
}
