// State that is set from what is still out: an effect waits for its arguments,
// and reads the state behind the wait.
//
// `n[k] = (n.get(k) ?? 0) + slow(k)` begins the call, waits for it, and then
// reads `n`, as `n += slow(k)` does. So what may wait and asks no state is
// computed before the rest, in its order.
#include "compiler/lower_code.h"

// A helper that does not wait is computed as any operation is.
static bool may_wait(const struct core_call *c)
{
  return c->kind != SITE_function || function_waits(c->function);
}

// Whether the value depends on the state as it is when it is computed. What a
// call is given is read when the call begins.
static bool reads_state(const struct lower *l, const struct core *e)
{
  if (e->kind == CORE_SELF)
    return core_is_state(l, e);
  if (e->kind == CORE_CALL && may_wait(&e->call))
    return false;
  for (uint32_t i = 0; i < e->n_args; i++)
    if (reads_state(l, e->args[i]))
      return true;
  return e->kind == CORE_EACH &&
         (reads_state(l, e->each.value) ||
          (e->each.test && reads_state(l, e->each.test)) ||
          (e->each.limit && reads_state(l, e->each.limit)));
}

// How many of the arguments are computed whatever the others say.
static uint32_t surely(const struct core *e)
{
  switch (e->kind) {
  case CORE_AND:
  case CORE_OR:
  case CORE_IF:
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

struct named { // a name within the value, innermost first
  const struct local *local;
  struct named *up;
};

struct settling {
  struct settled *all;
  struct named *names; // around the part that is looked at
};

static void keep(struct lower *l, struct settling *s, struct home *h)
{
  struct settled *one = ARENA_NEW(l->scratch, struct settled);
  *one = (struct settled){h, s->all};
  s->all = one;
}

static bool reads_name(struct lower *l, const struct settling *s,
                       const struct core *e)
{
  struct local **free;
  uint32_t n = 0;
  if (s->names)
    core_free(l->scratch, e, &free, &n);
  for (const struct named *x = n ? s->names : NULL; x; x = x->up)
    for (uint32_t i = 0; i < n; i++)
      if (free[i] == x->local)
        return true;
  return false;
}

static struct core *begin(struct lower *l, const struct core *e,
                          struct settling *s)
{
  struct local *local = ARENA_NEW(l->arena, struct local);
  *local = (struct local){.type = e->type, .span = e->span};
  uint32_t slot = lower_slot(l, e, NO_SLOT).slot;
  struct home *h = home_new(l, local);
  h->slot = slot;
  l->scope = h->next;
  keep(l, s, h);
  struct core *read = ARENA_NEW(l->arena, struct core);
  *read = (struct core){
      .kind = CORE_LOCAL, .type = e->type, .span = e->span, .local = local};
  return read;
}

static struct core *settle(struct lower *l, struct core *e, struct settling *s);

static void settle_args(struct lower *l, struct core *copy,
                        const struct core *e, struct settling *s)
{
  const uint32_t *order = lower_order(l, e);
  struct named in = {e->local, s->names};
  for (uint32_t k = 0; k < e->n_args; k++) {
    uint32_t i = order ? order[k] : k;
    if (e->kind == CORE_LET && i)
      s->names = &in;
    copy->args[i] = i < surely(e) ? settle(l, e->args[i], s) : e->args[i];
  }
  s->names = in.up;
}

static struct core *settle(struct lower *l, struct core *e, struct settling *s)
{
  if (e->kind == CORE_LOCAL && !reads_name(l, s, e) &&
      home_of(e->local)->slot != NO_SLOT)
    keep(l, s, home_of(e->local));
  if (core_waits(e) && !reads_state(l, e) && !reads_name(l, s, e))
    return begin(l, e, s);
  if ((e->kind == CORE_CALL && may_wait(&e->call)) || !e->n_args)
    return e;
  struct core *copy = ARENA_NEW(l->arena, struct core);
  core_become(copy, e);
  copy->args = ARENA_ARRAY(l->arena, e->n_args, struct core *);
  settle_args(l, copy, e, s);
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
  struct settling s = {0};
  if (!reads_state(l, e))
    return e;
  const struct core *rest = settle(l, (struct core *)e, &s);
  wait_for(l, s.all);
  return rest;
}
