// Starting replicas: the arguments of bindings, then lets and state, in an
// order in which what is needed is there before who needs it.
#include "grammar/plan/operands.h"
#include "runtime/vm/life.h"

#include <stdio.h>
#include <string.h>

// ---- order ----
// Nodes are bindings and functions; a walk in depth finishes what is needed
// first. Calls may go round in circles; such a way is not gone twice.

struct visit {
  uint32_t node, at; // how many of its ways have been gone
};
struct order {
  const struct plan *plan;
  bool *seen;          // by node
  struct visit *stack; // room for every node
  uint32_t depth;
  uint32_t *bindings; // in order of need
  uint32_t count;
};

static void visit(struct order *o, uint32_t node)
{
  if (node == PLAN_NONE || o->seen[node])
    return;
  o->seen[node] = true;
  o->stack[o->depth++] = (struct visit){node, 0};
}

static uint32_t function_node(const struct order *o, uint32_t function)
{
  return function == PLAN_NONE ? PLAN_NONE : o->plan->n_bindings + function;
}

// Handles within a constant, however deep: constants refer to earlier ones
// only.
static void visit_const(struct order *o, uint32_t number, int depth)
{
  const struct plan_const *c = &o->plan->consts[number];
  uint32_t kind = o->plan->types[o->plan->types[c->type].base].kind;
  if (kind == TYPE_handle)
    visit(o, c->lo);
  bool holds = kind == TYPE_list || kind == TYPE_map || kind == TYPE_tuple ||
               kind == TYPE_record || kind == TYPE_optional;
  for (uint32_t i = 0; holds && depth < 8 && i < c->hi; i++)
    visit_const(o, c->lo + i, depth + 1);
}

static void visit_site(struct order *o, const struct plan_site *s)
{
  if (s->kind == SITE_function)
    visit(o, function_node(o, s->target));
  if (s->kind == SITE_method && s->binding != PLAN_NONE)
    visit(o, s->binding);
}

// Goes one way further; false when all have been gone.
static bool function_step(struct order *o, uint32_t function, uint32_t at)
{
  struct plan_run code = o->plan->functions[function].code;
  if (at >= code.count)
    return false;
  struct plan_code i = o->plan->code[code.first + at];
  if (i.op == OP_const)
    visit_const(o, plan_wide(i), 0);
  if (opcode_rows[i.op].operands[1].form == OPERAND_SITE)
    visit_site(o, &o->plan->sites[plan_wide(i)]);
  return true;
}

static bool binding_step(struct order *o, uint32_t binding, uint32_t at)
{
  const struct plan_binding *b = &o->plan->bindings[binding];
  const struct plan_class *c = &o->plan->classes[b->class];
  const struct plan_method_row *m = o->plan->methods + c->methods.first;
  uint32_t n = c->methods.count, k = at - 2;
  if (at >= 3 * n + 2)
    return false;
  uint32_t f = at == 0     ? b->args
               : at == 1   ? c->init
               : k < n     ? m[k].function
               : k < 2 * n ? m[k - n].batch
                           : m[k - 2 * n].loader;
  visit(o, function_node(o, f));
  return true;
}

static void walk(struct order *o, uint32_t binding)
{
  uint32_t n = o->plan->n_bindings;
  visit(o, binding);
  while (o->depth) {
    struct visit *v = &o->stack[o->depth - 1];
    uint32_t node = v->node, at = v->at++;
    if (node < n ? binding_step(o, node, at) : function_step(o, node - n, at))
      continue;
    o->depth--;
    if (node < n)
      o->bindings[o->count++] = node;
  }
}

static bool find_order(struct arena *a, struct order *o)
{
  size_t n = (size_t)o->plan->n_bindings + o->plan->n_functions + 1;
  o->seen = ARENA_ARRAY(a, n, bool);
  o->stack = ARENA_ARRAY(a, n, struct visit);
  o->bindings = ARENA_ARRAY(a, o->plan->n_bindings + 1, uint32_t);
  if (!o->seen || !o->stack || !o->bindings)
    return false;
  for (uint32_t i = 0; i < o->plan->n_bindings; i++)
    walk(o, i);
  return true;
}

// ---- starting ----

struct start {
  struct engine *e;
  struct arena scratch; // of the request that runs an initialiser
  const struct plan_binding *row;
  char *why;
  size_t why_size;
};

static int out_of_memory(struct start *s)
{
  snprintf(s->why, s->why_size, "%s: out of memory",
           plan_str(s->e->plan, s->row->name));
  return -1;
}

// Says what failed, and where in the source.
static int failed(struct start *s, const struct request *r)
{
  const struct plan *p = s->e->plan;
  const struct error *e = &r->error;
  uint32_t file = e->line ? e->file : s->row->file;
  uint32_t line = e->line ? e->line : s->row->line;
  const struct text *why = start_is_late(s->e, r) ? &start_late : e->message;
  snprintf(s->why, s->why_size, "%s:%u:%u: %s%s could not start: %.*s",
           plan_str(p, p->files[file].path), (unsigned)line,
           (unsigned)e->column, s->e->failures ? "error: " : "",
           plan_str(p, s->row->name), (int)why->size, why->data);
  return -1;
}

static int run(struct start *s, uint32_t function, struct replica *self,
               value *out)
{
  struct request r = {
      .arena = &s->scratch,
      .deadline = self ? start_ends(s->e, self->of) : 0,
  };
  request_start_on(s->e, &r, function, NULL, self, 0);
  if (!engine_run_until_done(s->e, &r)) {
    request_cancel(&r);
    snprintf(s->why, s->why_size, "%s waits for something that never comes",
             plan_str(s->e->plan, s->row->name));
    return -1;
  }
  if (r.failed)
    return failed(s, &r);
  *out = r.result;
  return 0;
}

static uint32_t field_type(const struct engine *e, const struct plan_class *c,
                           uint32_t i)
{
  return e->plan->types[e->plan->fields[c->fields.first + i].type].base;
}

// Room for its fields, with a valid value in each. Fields are what tells that
// all of it is there, so they come last.
static bool give_defaults(struct engine *e, struct replica *r)
{
  const struct plan_class *c = &e->plan->classes[r->of->class];
  uint32_t n = c->fields.count;
  value *fields = ARENA_ARRAY(&e->arena, n + 1, value);
  r->boxes = ARENA_ARRAY(&e->arena, n + 1 - c->n_params - c->n_lets,
                         struct state_box *);
  if (!fields || !r->boxes || !batches_open(e, r))
    return false;
  for (uint32_t i = 0; i < n; i++)
    fields[i] = e->defaults[field_type(e, c, i)];
  r->fields = fields;
  return true;
}

// Every replica has valid fields before any code runs: where deployments call
// each other in a circle, one of them is called before it has started.
static bool make_room(struct engine *e, struct deployment *d)
{
  for (uint32_t i = 0; i < d->n_ready; i++)
    if (!give_defaults(e, &d->replicas[i]))
      return false;
  return true;
}

bool replica_fill(struct engine *e, struct replica *r)
{
  const struct plan_class *c = &e->plan->classes[r->of->class];
  if ((!r->fields && !give_defaults(e, r)) || !lets_open(r))
    return false;
  if (c->n_params)
    memcpy(r->fields, r->of->params, c->n_params * sizeof(value));
  return true;
}

void replica_clear(struct engine *e, struct replica *r)
{
  const struct plan_class *c = &e->plan->classes[r->of->class];
  for (uint32_t i = 0; r->fields && i < c->fields.count; i++)
    r->fields[i] = e->defaults[field_type(e, c, i)];
  models_drop(r);
  boxes_drop(e, r);
}

static int start_replica(struct start *s, const struct plan_class *c,
                         struct replica *r)
{
  value none;
  if (!replica_fill(s->e, r))
    return out_of_memory(s);
  if (c->init == PLAN_NONE)
    return 0;
  int bad = run(s, c->init, r, &none);
  arena_reset(&s->scratch);
  return bad;
}

// The parameters, in the engine's memory; all replicas share them.
static int make_params(struct start *s, const struct plan_class *c, value **out)
{
  struct engine *e = s->e;
  value tuple, *params = ARENA_ARRAY(&e->arena, c->n_params + 1, value);
  if (!params)
    return out_of_memory(s);
  for (uint32_t i = 0; i < c->n_params; i++)
    params[i] = e->defaults[field_type(e, c, i)];
  *out = params;
  if (s->row->args == PLAN_NONE)
    return 0;
  if (run(s, s->row->args, NULL, &tuple))
    return -1;
  for (uint32_t i = 0; i < c->n_params; i++)
    if (!value_copy(&e->arena, e->plan, field_type(e, c, i), tuple.parts[i],
                    &params[i]))
      return out_of_memory(s);
  arena_reset(&s->scratch);
  return 0;
}

static int start_binding(struct start *s, uint32_t number)
{
  struct deployment *d = &s->e->deployments[number];
  const struct plan_class *c = &s->e->plan->classes[d->class];
  value *params = NULL;
  s->row = d->row;
  if (make_params(s, c, &params))
    return -1;
  d->params = params;
  for (uint32_t i = 0; i < d->n_ready; i++)
    if (start_replica(s, c, &d->replicas[i]))
      return -1;
  return keeper_open(s->e, d) ? 0 : out_of_memory(s);
}

static int start_all(struct start *s, const struct order *o)
{
  FILE *to = s->e->failures;
  int bad = 0;
  for (uint32_t i = 0; (!bad || to) && i < o->count; i++)
    if (start_binding(s, o->bindings[i])) {
      bad = -1;
      if (to) {
        fprintf(to, "%s\n", s->why);
        *s->why = 0; // it is told
      }
    }
  return bad;
}

int engine_start(struct engine *e, char *why, size_t why_size)
{
  struct start s = {.e = e, .why = why, .why_size = why_size};
  struct arena orders = {0};
  struct order o = {.plan = e->plan};
  int bad = 0;
  bool ready = find_order(&orders, &o);
  for (uint32_t i = 0; ready && i < e->plan->n_bindings; i++)
    ready = make_room(e, &e->deployments[i]);
  if (!ready) {
    snprintf(why, why_size, "out of memory");
    bad = -1;
  }
  if (!bad)
    bad = start_all(&s, &o);
  if (!bad && e->strict)
    bad = keepers_settle(e, why, why_size);
  arena_free(&s.scratch);
  arena_free(&orders);
  return bad;
}

bool engine_would_start(const struct plan *plan, FILE *to)
{
  struct engine_options options = {.strict = true, .failures = to};
  struct engine *e;
  char why[500] = "";
  if (engine_new(&e, plan, &options, why, sizeof why)) {
    if (*why)
      fprintf(to, "%s\n", why);
    return false;
  }
  engine_stop(e);
  engine_free(&e);
  return true;
}
