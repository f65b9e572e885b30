// Expressions, as far as they go without waiting.
//
// A call of a deployment is started and gives a future. What needs a value that
// is still out is put off (struct later) until somebody needs the result: so
// all calls of one expression are under way before the first is waited for.
// Effects (operators, helpers) are never put off. Reading a replica's state is,
// so that `n + m.f()` waits first and reads afterwards.
#include "compiler/lower_code.h"

#include "grammar/defs/signature.h"

void lower_not_built(struct lower *l, enum diag_id id, struct span at)
{
  diag_report(&l->c->diags, id, at, NULL);
}

bool val_pending(const struct lower *l, const struct val *v)
{
  if (v->later)
    return v->later->waits;
  return l->code->slots[v->slot].type != v->plain;
}

// ---- waiting ----

// The call at `at`, which was started for whoever comes next, becomes one that
// is waited for at once; with it what was started only as its argument.
static bool wait_at_once(struct lower *l, uint32_t at)
{
  struct ins *i = &l->code->ins[at];
  struct site *s = &l->code->sites[i->b];
  if (s->pending) {
    bool given = s->function && code_of(s->function)->given;
    if (given || s->pending > 1 || !at || l->label == at ||
        i[-1].op != OP_start || i[-1].a < s->first ||
        i[-1].a >= s->first + s->count || !wait_at_once(l, at - 1))
      return false;
    s->pending = 0;
  }
  i->op = OP_call;
  l->code->slots[i->a].type = s->result;
  return true;
}

static bool wait_for_last(struct lower *l, uint32_t slot)
{
  uint32_t n = l->code->n_ins;
  if (!n || l->dead || l->label == n)
    return false;
  const struct ins *i = &l->code->ins[n - 1];
  return i->op == OP_start && i->a == slot && wait_at_once(l, n - 1);
}

static uint32_t into(struct lower *l, uint32_t slot, uint32_t dst,
                     const struct type *type)
{
  if (dst == NO_SLOT || dst == slot)
    return slot;
  slot_for(l, dst, type);
  code_move(l, dst, slot);
  return dst;
}

static uint32_t force_slot(struct lower *l, struct val v, uint32_t dst)
{
  struct home *h = v.home;
  if (h && h->forced != NO_SLOT)
    return into(l, h->forced, dst, v.plain);
  if (wait_for_last(l, v.slot)) {
    if (h || dst == NO_SLOT)
      return into(l, v.slot, dst, v.plain);
    l->code->ins[l->code->n_ins - 1].a = slot_for(l, dst, v.plain);
    return dst;
  }
  uint32_t to = slot_for(l, dst, v.plain);
  code_add(l, OP_force, to, v.slot, 0);
  if (h && dst == NO_SLOT)
    trail_learn(l, h, to);
  return to;
}

// ---- the order of arguments ----

const uint32_t *lower_order(struct lower *l, const struct core *e)
{
  struct core **args = e->args;
  uint32_t n = e->n_args, at = 1;
  while (at < n && args[at - 1]->span.start <= args[at]->span.start)
    at++;
  if (at >= n)
    return NULL;
  uint32_t *order = ARENA_ARRAY(l->scratch, n, uint32_t);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t to = i;
    for (; to && args[order[to - 1]]->span.start > args[i]->span.start; to--)
      order[to] = order[to - 1];
    order[to] = i;
  }
  return order;
}

static uint32_t in_order(const uint32_t *order, uint32_t k)
{
  return order ? order[k] : k;
}

// ---- what was put off ----

static void settle_args(struct lower *l, struct later *t, bool waiting)
{
  for (uint32_t k = 0; k < t->e->n_args; k++) {
    struct val *v = &t->args[in_order(t->order, k)];
    if (v->later && val_pending(l, v) == waiting)
      *v = val_settle(l, *v);
  }
}

static void force_args(struct lower *l, struct later *t, bool waiting)
{
  for (uint32_t k = 0; k < t->e->n_args; k++) {
    uint32_t i = in_order(t->order, k);
    struct val *v = &t->args[i];
    uint32_t dst =
        t->run == NO_SLOT || t->e->n_args == 1 ? NO_SLOT : t->run + i;
    if (val_pending(l, v) == waiting)
      *v = val_in_slot(val_force(l, *v, dst), v->plain);
  }
}

uint32_t lower_values(struct lower *l, const struct core *e)
{
  struct later t = {.e = e, .order = lower_order(l, e)};
  t.run = slot_run(l, e->n_args);
  t.args = ARENA_ARRAY(l->scratch, e->n_args + 1, struct val);
  for (uint32_t k = 0; k < e->n_args; k++) {
    uint32_t i = in_order(t.order, k);
    bool direct = core_surely_plain(e->args[i]);
    t.args[i] = lower_later(l, e->args[i], direct ? t.run + i : NO_SLOT);
  }
  force_args(l, &t, true);
  force_args(l, &t, false);
  return e->n_args == 1 ? t.args[0].slot : t.run;
}

static struct val compute(struct lower *l, struct later *t)
{
  void (*ready)(struct lower *, struct later *, bool) =
      op_passes_on(t->e) ? settle_args : force_args;
  ready(l, t, true);
  ready(l, t, false);
  if (t->run != NO_SLOT && t->e->n_args == 1)
    t->run = t->args[0].slot; // one slot is a run
  return op_emit(l, t->e, t->args, t->run, t->dst);
}

struct val val_settle(struct lower *l, struct val v)
{
  return v.later ? compute(l, v.later) : v;
}

uint32_t val_force(struct lower *l, struct val v, uint32_t dst)
{
  if (v.later) {
    if (dst != NO_SLOT && !op_passes_on(v.later->e))
      v.later->dst = dst;
    v = compute(l, v.later);
  }
  if (!val_pending(l, &v))
    return into(l, v.slot, dst, v.plain);
  return force_slot(l, v, dst);
}

// ---- operations ----

// A helper runs in its caller's order; what is composed, and a method of one's
// own that batches, is called as a deployment is.
static bool is_helper_call(const struct core *e)
{
  const struct function *f = e->call.function;
  return e->call.kind == SITE_function && f->kind != FUNCTION_graph &&
         !f->batch;
}

bool core_surely_plain(const struct core *e)
{
  switch (e->kind) {
  case CORE_CONST:
  case CORE_SELF:
  case CORE_PRIM:
  case CORE_OPERATOR:
  case CORE_AND:
  case CORE_OR:
  case CORE_UNWRAP:
  case CORE_IS_NONE:
  case CORE_UNION:
  case CORE_STEP:
  case CORE_TAG:
  case CORE_PAYLOAD:
  case CORE_CONCAT:
    return true;
  case CORE_CLOSURE:
    return true;
  case CORE_CALL:
    return is_helper_call(e);
  case CORE_LIST:
  case CORE_TUPLE:
    for (uint32_t i = 0; i < e->n_args; i++)
      if (!core_surely_plain(e->args[i]))
        return false;
    return true;
  default:
    return false;
  }
}

static bool has_effect(const struct core *e)
{
  if (e->kind == CORE_OPERATOR)
    return !(signature_of(e->operator_id)->attributes & OPERATOR_PURE);
  return e->kind == CORE_CALL;
}

// A part of a list or record is there when the whole is, whatever it holds.
static bool goes_on(const struct lower *l, const struct core *e,
                    const struct val *args)
{
  if (op_passes_on(e))
    return true;
  if (e->kind != CORE_PART && e->kind != CORE_INDEX && e->kind != CORE_KEY)
    return false;
  return l->code->slots[args[0].slot].type->kind != TYPE_future &&
         (e->kind == CORE_PART || !val_pending(l, &args[1]));
}

static bool must_put_off(const struct lower *l, const struct core *e,
                         const struct val *args)
{
  bool pending = false;
  for (uint32_t i = 0; i < e->n_args; i++) {
    if (args[i].later)
      return true;
    pending |= val_pending(l, &args[i]);
  }
  return pending && !goes_on(l, e, args);
}

static struct val put_off(struct lower *l, const struct core *e,
                          struct val *args, const uint32_t *order, uint32_t run,
                          uint32_t dst)
{
  struct later *t = ARENA_NEW(l->scratch, struct later);
  *t = (struct later){
      .e = e, .args = args, .order = order, .run = run, .dst = dst};
  for (uint32_t i = 0; i < e->n_args; i++)
    t->waits |= val_pending(l, &args[i]);
  return (struct val){
      .slot = NO_SLOT, .plain = type_slot(l, e->type), .later = t};
}

static struct val lower_strict(struct lower *l, const struct core *e,
                               uint32_t dst)
{
  uint32_t run = op_takes_run(e) ? slot_run(l, e->n_args) : NO_SLOT;
  struct val *args = ARENA_ARRAY(l->scratch, e->n_args + 1, struct val);
  const uint32_t *order = lower_order(l, e);
  for (uint32_t k = 0; k < e->n_args; k++) {
    uint32_t i = in_order(order, k);
    bool direct =
        run != NO_SLOT && (op_passes_on(e) || core_surely_plain(e->args[i]));
    args[i] = lower_later(l, e->args[i], direct ? run + i : NO_SLOT);
  }
  if (must_put_off(l, e, args) || (run != NO_SLOT && !op_passes_on(e))) {
    struct val v = put_off(l, e, args, order, run, dst);
    bool now = has_effect(e) || !must_put_off(l, e, args);
    return now ? compute(l, v.later) : v;
  }
  return op_emit(l, e, args, run, dst);
}

// ---- calls of deployments ----

// Arguments that have slots already, one behind the other, are their own run.
static uint32_t lower_in_place(struct lower *l, const struct core *e,
                               uint32_t *pending)
{
  uint32_t first = NO_SLOT;
  for (uint32_t i = e->n_args; i--;) {
    struct val v = lower_later(l, e->args[i], NO_SLOT);
    *pending += val_pending(l, &v);
    first = v.slot;
  }
  return first;
}

// The function's own parameters, passed on in their order, are a run already.
static bool are_params(const struct lower *l, const struct core *e)
{
  const struct function *f = l->code->function;
  for (uint32_t i = 0; i < e->n_args; i++) {
    const struct core *x = e->args[i];
    if (x->kind != CORE_LOCAL || x->local->var)
      return false;
    const struct home *h = home_of(x->local);
    if (h->known || h->forced != NO_SLOT || h->slot >= f->n_params ||
        h->slot != home_of(e->args[0]->local)->slot + i)
      return false;
  }
  return e->n_args > 1;
}

static uint32_t lower_args(struct lower *l, const struct core *e,
                           uint32_t *pending)
{
  bool value = e->call.kind == SITE_handle || // the first is who is called
               e->call.kind == SITE_callable;
  *pending = 0;
  bool model = e->call.names_model;
  uint32_t last = e->n_args - model; // of the arguments
  if ((!model && are_params(l, e)) ||
      (!model && e->n_args == 1 && e->args[0]->kind == CORE_LOCAL && !value))
    return lower_in_place(l, e, pending);
  uint32_t run = slot_run(l, e->n_args);
  struct later t = {.e = e, .order = lower_order(l, e), .run = run};
  t.args = ARENA_ARRAY(l->scratch, e->n_args + 1, struct val);
  for (uint32_t k = 0; k < e->n_args; k++) {
    uint32_t i = in_order(t.order, k);
    t.args[i] = lower_later(l, e->args[i], value && !i ? NO_SLOT : run + i);
  }
  if (value)
    t.args[0] = val_in_slot(val_force(l, t.args[0], run), t.args[0].plain);
  if (model)
    t.args[last] =
        val_in_slot(val_force(l, t.args[last], run + last), t.args[last].plain);
  settle_args(l, &t, true);
  settle_args(l, &t, false);
  for (uint32_t i = 0; i < last; i++)
    *pending += val_pending(l, &t.args[i]);
  return run;
}

// The last arguments of a helper that is made for one call, which are passed on
// as they are: whoever needs one waits for it.
static void pass_on(struct lower *l, const struct site *s, uint32_t n_outer)
{
  struct function *f = s->function;
  const struct type **given =
      ARENA_ARRAY(l->arena, s->count + 1, const struct type *);
  for (uint32_t i = 0; i < s->count; i++)
    given[i] = i < s->count - n_outer ? type_slot(l, f->params[i]->type)
                                      : l->code->slots[s->first + i].type;
  code_of(f)->given = given;
}

static struct val start(struct lower *l, const struct core *e, uint32_t n_outer,
                        uint32_t dst)
{
  struct site site = {.call = &e->call,
                      .function = e->call.function,
                      .kind = e->call.kind,
                      .count = e->n_args - e->call.names_model};
  site.result = type_slot(l, e->type);
  site.first = lower_args(l, e, &site.pending);
  if (n_outer)
    pass_on(l, &site, n_outer);
  l->span = e->span;
  dst = slot_for(l, dst,
                 type_slot(l, type_of(l->c->types, TYPE_future, site.result)));
  if (e->call.names_model)
    code_add(l, OP_name_model, site.first + site.count, 0, 0);
  if (!site.count) // no slot is
    site.first = 0;
  code_call(l, OP_start, dst, site);
  return val_in_slot(dst, site.result);
}

static struct val lower_call(struct lower *l, const struct core *e,
                             uint32_t dst)
{
  if (e->call.fallback) {
    const struct core *x = lower_fallback(l, e);
    return start(l, x, x->n_args - e->n_args, dst);
  }
  return is_helper_call(e) ? lower_strict(l, e, dst) : start(l, e, 0, dst);
}

// ---- leaves ----

static struct val lower_const(struct lower *l, const struct core *e,
                              uint32_t dst)
{
  const struct type *t = type_slot(l, e->type);
  dst = slot_for(l, dst, t);
  code_const(l, dst, e->constant);
  return val_in_slot(dst, t);
}

static struct val lower_local(struct lower *l, const struct core *e,
                              uint32_t dst)
{
  struct home *h = home_of(e->local);
  struct val v = {.plain = type_slot(l, e->local->type), .home = h};
  v.slot = h->forced != NO_SLOT ? h->forced : h->slot;
  if (l->graph)
    v.slot = graph_local(l, h);
  if (dst == NO_SLOT || dst == v.slot)
    return v;
  return val_in_slot(into(l, v.slot, dst, l->code->slots[v.slot].type),
                     v.plain);
}

static struct val lower_self(struct lower *l, const struct core *e,
                             uint32_t dst)
{
  if (core_is_state(l, e))
    return put_off(l, e, NULL, NULL, NO_SLOT, dst);
  return op_emit(l, e, NULL, NO_SLOT, dst);
}

// ---- all of them ----

static struct val lower_kind(struct lower *l, const struct core *e,
                             uint32_t dst)
{
  switch (e->kind) {
  case CORE_CONST:
    return lower_const(l, e, dst);
  case CORE_LOCAL:
    return lower_local(l, e, dst);
  case CORE_SELF:
    return lower_self(l, e, dst);
  case CORE_AND:
  case CORE_OR:
    return lower_short(l, e, dst);
  case CORE_IF:
    return lower_choice(l, e, dst);
  case CORE_LET:
    return lower_in_let(l, e, dst);
  case CORE_EACH:
    return lower_each(l, e, dst);
  case CORE_FAIL:
    return lower_fail(l, e, dst);
  case CORE_CALL:
    return lower_call(l, e, dst);
  case CORE_PASS: // the graph knows who computes the step, and who leaves
    return lower_later(l, e->args[3], dst);
  default:
    return lower_strict(l, e, dst);
  }
}

struct val lower_later(struct lower *l, const struct core *e, uint32_t dst)
{
  uint32_t cut;
  if (l->graph && graph_cut(l, e, &cut)) {
    const struct type *plain = type_slot(l, e->type);
    return val_in_slot(into(l, cut, dst, plain), plain);
  }
  struct span up = l->span;
  l->span = e->span;
  struct val v = lower_kind(l, e, dst);
  l->span = up;
  return v;
}

struct val lower_slot(struct lower *l, const struct core *e, uint32_t dst)
{
  return val_settle(l, lower_later(l, e, dst));
}

uint32_t lower_value(struct lower *l, const struct core *e, uint32_t dst)
{
  return val_force(l, lower_later(l, e, core_surely_plain(e) ? dst : NO_SLOT),
                   dst);
}

uint32_t lower_uncut(struct lower *l, const struct core *e, uint32_t dst)
{
  l->span = e->span;
  return val_force(l, lower_kind(l, e, NO_SLOT), dst);
}
