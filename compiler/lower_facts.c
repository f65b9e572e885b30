// What lowering asks of core before it cuts: what may wait, what is read.
#include "compiler/lower_code.h"

#include "grammar/defs/signature.h"

enum { WAITS_unknown, WAITS_asking, WAITS_no, WAITS_yes };

static bool waits_below(const struct core *e)
{
  for (uint32_t i = 0; i < e->n_args; i++)
    if (core_waits(e->args[i]))
      return true;
  return e->kind == CORE_EACH &&
         (e->args[0]->type->kind == TYPE_stream || core_waits(e->each.value) ||
          (e->each.test && core_waits(e->each.test)) ||
          (e->each.limit && core_waits(e->each.limit)));
}

static bool reads_tensor(const struct core *e)
{
  for (uint32_t i = 0; i < e->n_args; i++)
    if (e->args[i]->type->kind == TYPE_tensor)
      return operator_needs_tensors(e->operator_id);
  return false;
}

static bool waits_itself(const struct core *e)
{
  if (e->kind == CORE_PASS || e->kind == CORE_BATCH || e->kind == CORE_MODEL)
    return true; // it may end the graph; others are there
  if (e->kind == CORE_OPERATOR)
    return signature_of(e->operator_id)->attributes & OPERATOR_WAITS ||
           reads_tensor(e);
  if (e->kind != CORE_CALL)
    return false;
  return e->call.kind != SITE_function || function_waits(e->call.function);
}

bool core_waits(const struct core *e)
{
  return waits_itself(e) || waits_below(e);
}

static bool statements_wait(const struct stmt *s)
{
  for (; s; s = s->next)
    if (s->kind == STMT_YIELD ||
        (s->kind == STMT_FOR &&
         (s->as_completed || s->value->type->kind == TYPE_stream)) ||
        (s->value && core_waits(s->value)) || statements_wait(s->body) ||
        statements_wait(s->otherwise))
      return true;
  return false;
}

bool function_waits(struct function *f)
{
  struct code *k = code_of(f);
  if (f->kind == FUNCTION_graph)
    return true;
  if (k->waits == WAITS_unknown) {
    k->waits = WAITS_asking;
    k->waits = statements_wait(f->body) ? WAITS_yes : WAITS_no;
  }
  return k->waits != WAITS_no; // one that comes back to itself: as if it did
}

bool core_is_state(const struct lower *l, const struct core *e)
{
  return l->code->function->class->fields[e->index].state;
}

// ---- free locals ----

struct names {
  struct arena *arena;
  struct local **bound, **free;
  uint32_t n_bound, room_bound, n_free, room_free;
};

static bool holds(struct local *const *in, uint32_t n, const struct local *x)
{
  for (uint32_t i = 0; i < n; i++)
    if (in[i] == x)
      return true;
  return false;
}

static void bind(struct names *s, struct local *x)
{
  if (x)
    LOWER_PUSH(s->arena, s->bound, s->n_bound, s->room_bound, x);
}

static void collect(struct names *s, const struct core *e)
{
  if (e->kind == CORE_LOCAL) {
    if (!holds(s->bound, s->n_bound, e->local) &&
        !holds(s->free, s->n_free, e->local))
      LOWER_PUSH(s->arena, s->free, s->n_free, s->room_free, e->local);
    return;
  }
  if (e->kind == CORE_LET || e->kind == CORE_PASS)
    bind(s, e->local);
  for (uint32_t i = 0; i < e->n_args; i++)
    collect(s, e->args[i]);
  if (e->kind == CORE_CALL && e->call.fallback)
    collect(s, e->call.fallback);
  if (e->kind != CORE_EACH)
    return;
  if (e->each.limit)
    collect(s, e->each.limit);
  bind(s, e->each.item);
  bind(s, e->each.second);
  collect(s, e->each.value);
  if (e->each.test)
    collect(s, e->each.test);
}

void core_free(struct arena *a, const struct core *e, struct local ***out,
               uint32_t *n)
{
  struct names s = {.arena = a};
  collect(&s, e);
  *out = s.free;
  *n = s.n_free;
}
