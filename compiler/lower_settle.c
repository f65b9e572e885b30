// State that is set from what is still out: an effect waits for its arguments,
// and reads the state behind the wait.
//
// `n[k] = (n.get(k) ?? 0) + slow(k)` begins the call, waits for it, and then
// reads `n`, as `n += slow(k)` does. So what may wait and asks no state is
// computed before the rest, in its order.
#include "compiler/lower_code.h"

// Whether the value depends on the state as it is when it is computed. What a
// call is given is read when the call begins.
static bool reads_state(const struct core *e)
{
  if (e->kind == CORE_SELF)
    return true;
  if (e->kind == CORE_CALL)
    return false;
  for (uint32_t i = 0; i < e->n_args; i++)
    if (reads_state(e->args[i]))
      return true;
  return e->kind == CORE_EACH &&
         (reads_state(e->each.value) ||
          (e->each.test && reads_state(e->each.test)) ||
          (e->each.limit && reads_state(e->each.limit)));
}

// How many of the arguments are computed whatever the others say.
static uint32_t surely(const struct core *e)
{
  switch (e->kind) {
  case CORE_AND:
  case CORE_OR:
  case CORE_IF:
  case CORE_LET:
  case CORE_EACH:
    return 1;
  default:
    return e->n_args;
  }
}

struct settled { // locals that stand for what was begun, newest first
  struct home *home;
  struct settled *before;
};

static void keep(struct lower *l, struct settled **all, struct home *h)
{
  struct settled *s = ARENA_NEW(l->scratch, struct settled);
  *s = (struct settled){h, *all};
  *all = s;
}

static struct core *begin(struct lower *l, const struct core *e,
                          struct settled **all)
{
  struct local *local = ARENA_NEW(l->arena, struct local);
  *local = (struct local){.type = e->type, .span = e->span};
  uint32_t slot = lower_slot(l, e, NO_SLOT).slot;
  struct home *h = home_new(l, local);
  h->slot = slot;
  l->scope = h->next;
  keep(l, all, h);
  struct core *read = ARENA_NEW(l->arena, struct core);
  *read = (struct core){
      .kind = CORE_LOCAL, .type = e->type, .span = e->span, .local = local};
  return read;
}

static struct core *settle(struct lower *l, struct core *e,
                           struct settled **all)
{
  if (e->kind == CORE_LOCAL && home_of(e->local)->slot != NO_SLOT)
    keep(l, all, home_of(e->local));
  if (core_waits(e) && !reads_state(e))
    return begin(l, e, all);
  if (e->kind == CORE_CALL || !e->n_args)
    return e;
  struct core *copy = ARENA_NEW(l->arena, struct core);
  core_become(copy, e);
  copy->args = ARENA_ARRAY(l->arena, e->n_args, struct core *);
  for (uint32_t i = 0; i < e->n_args; i++)
    copy->args[i] = i < surely(e) ? settle(l, e->args[i], all) : e->args[i];
  return copy;
}

static void wait_for(struct lower *l, const struct settled *s)
{
  if (!s)
    return;
  wait_for(l, s->before);
  struct val v = {.slot = s->home->slot,
                  .plain = type_slot(l, s->home->local->type),
                  .home = s->home};
  if (val_pending(l, &v))
    val_force(l, v, NO_SLOT);
}

const struct core *lower_settled(struct lower *l, const struct core *e)
{
  struct settled *all = NULL;
  if (!reads_state(e))
    return e;
  const struct core *rest = settle(l, (struct core *)e, &all);
  wait_for(l, all);
  return rest;
}
