// Which deployments have limits.
//
// A deployment has slots when its settings ask for them, or when a body of its
// methods may block: it runs an operator that waits, or calls what has slots or
// blocks. A graph is glue, and has slots only when asked for. What calls what
// may go round in circles, so the answer is the least one that is consistent.
#include "grammar/defs/signature.h"
#include "runtime/serve/deployment.h"

struct blocks {
  const struct plan *plan;
  bool *functions; // may block
  bool *bindings;  // have slots
  bool *classes;   // some binding of it has slots
  bool *values;    // by type: some function of it that is a value may block
  bool changed;
};

// `f`: whose site it is.
static bool site_blocks(const struct blocks *b, const struct plan_function *f,
                        const struct plan_site *s)
{
  const struct plan *p = b->plan;
  switch (s->kind) {
  case SITE_function:
    return b->functions[s->target];
  case SITE_method:
    return b->functions[p->methods[s->target].function] ||
           (s->binding != PLAN_NONE && b->bindings[s->binding]);
  case SITE_handle:
    return b->functions[p->methods[s->target].function] ||
           b->classes[p->methods[s->target].class];
  default:
    return b->values[p->slots[f->slots.first + s->first].type];
  }
}

// Making a value of a function does not block; calling it may.
static void look_at_value(struct blocks *b, const struct plan_function *f,
                          struct plan_code i)
{
  bool *blocks = &b->values[b->plan->slots[f->slots.first + i.a].type];
  if (!*blocks && site_blocks(b, f, &b->plan->sites[plan_wide(i)]))
    *blocks = b->changed = true;
}

static bool code_blocks(struct blocks *b, const struct plan_function *f,
                        struct plan_code i)
{
  switch (i.op) {
  case OP_op:
    return signature_of(i.b)->attributes & OPERATOR_WAITS;
  case OP_batch:
    return true;
  case OP_call:
  case OP_start:
  case OP_each:
  case OP_each_limit:
    return site_blocks(b, f, &b->plan->sites[plan_wide(i)]);
  case OP_closure:
    look_at_value(b, f, i);
    return false;
  default:
    return false;
  }
}

static void look_at_function(struct blocks *b, uint32_t number)
{
  const struct plan_function *f = &b->plan->functions[number];
  bool blocks = false;
  for (uint32_t i = 0; i < f->code.count; i++)
    if (code_blocks(b, f, b->plan->code[f->code.first + i]))
      blocks = true;
  if (blocks && !b->functions[number])
    b->functions[number] = b->changed = true;
}

static void look_at_binding(struct blocks *b, uint32_t number)
{
  uint32_t class = b->plan->bindings[number].class;
  const struct plan_class *c = &b->plan->classes[class];
  if (b->bindings[number] || c->kind == CLASS_graph)
    return;
  for (uint32_t i = 0; i < c->methods.count; i++) {
    uint32_t f = b->plan->methods[c->methods.first + i].function;
    if (b->functions[f])
      b->bindings[number] = b->classes[class] = b->changed = true;
  }
}

static void look_at_settings(struct blocks *b, uint32_t number)
{
  const struct plan_binding *row = &b->plan->bindings[number];
  for (uint32_t i = 0; i < row->settings.count; i++) {
    const struct plan_setting *s = &b->plan->settings[row->settings.first + i];
    if (s->id == SETTING_max_ongoing_requests && s->origin != ORIGIN_default)
      b->bindings[number] = b->classes[row->class] = true;
  }
}

// Code mostly calls what was declared before it, or the other way round: going
// both ways by turns needs few rounds.
static void settle(struct blocks *b)
{
  uint32_t n = b->plan->n_functions, m = b->plan->n_bindings;
  do {
    b->changed = false;
    for (uint32_t i = 0; i < n; i++)
      look_at_function(b, i);
    for (uint32_t i = 0; i < m; i++)
      look_at_binding(b, i);
    if (!b->changed)
      return;
    for (uint32_t i = n; i-- > 0;)
      look_at_function(b, i);
    for (uint32_t i = m; i-- > 0;)
      look_at_binding(b, i);
  } while (b->changed);
}

bool deployments_bounded(struct arena *a, const struct plan *p, bool *out)
{
  struct blocks b = {
      .plan = p,
      .functions = ARENA_ARRAY(a, p->n_functions + 1, bool),
      .bindings = out,
      .classes = ARENA_ARRAY(a, p->n_classes + 1, bool),
      .values = ARENA_ARRAY(a, p->n_types + 1, bool),
  };
  if (!b.functions || !b.classes || !b.values)
    return false;
  for (uint32_t i = 0; i < p->n_bindings; i++)
    look_at_settings(&b, i);
  settle(&b);
  return true;
}
