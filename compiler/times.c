// The longest path, found by running lowered code without values.
//
// A slot has, besides what is known of it, the moment from which what it holds is
// there. Branches that depend on data are both taken and joined; a loop runs as
// often as is known, else once, and what it waits for makes the end open. Errors
// are left out: no handler runs, no call fails.
#include "compiler/times.h"

#include "compiler/compile.h"
#include "compiler/times_facts.h"
#include "grammar/defs/signature.h"

#include <string.h>
#include <xxhash.h>

enum { STEPS = 4000000, DEEP = 200, EVENTS = 3000 };

struct cell {
  const struct fact *fact;
  struct moment ready;
  uint32_t writer; // in a graph: the strand that wrote it + 1
};

struct state {
  struct moment now;
  struct cell *cells;
};

struct memo { // of a function called so; of a binding: what is known of its fields
  char *key;
  uint32_t size;
  struct timing *timing;
  const struct fact **fields;
};

struct times {
  struct compile *c;
  struct arena *arena;
  struct memo *memos; // open addressing
  uint32_t n_memos, room_memos;
  uint64_t steps;
  uint32_t depth;
};

struct act { // a function that is being run
  struct times *t;
  struct timing *out;
  const struct code *code;
  const struct binding *binding;
  const struct fact **fields; // of the binding, or NULL
  struct state s;
  bool alive;
  struct state **waiting; // by instruction: what arrived by a jump
  uint32_t *unsure;       // by instruction: where a jump that depends on data goes + 1
  uint32_t strand;        // + 1
  bool returned;
  const struct fact *chosen; // of the last choose
};

// ---- moments ----

static struct moment later(struct moment x, struct moment y)
{
  return (struct moment){x.low > y.low ? x.low : y.low,
                         x.high > y.high ? x.high : y.high, x.open || y.open};
}

static struct moment either(struct moment x, struct moment y)
{
  return (struct moment){x.low < y.low ? x.low : y.low,
                         x.high > y.high ? x.high : y.high, x.open || y.open};
}

static int64_t sum(int64_t x, int64_t y)
{
  int64_t z;
  return __builtin_add_overflow(x, y, &z) ? INT64_MAX : z;
}

static struct moment after(struct moment x, struct moment d)
{
  return (struct moment){sum(x.low, d.low), sum(x.high, d.high), x.open || d.open};
}

// ---- states ----

static struct state *copy_state(struct act *a)
{
  size_t size = (a->code->n_slots + 1) * sizeof *a->s.cells;
  struct state *s = ARENA_NEW(a->t->arena, struct state);
  s->now = a->s.now;
  s->cells = arena_alloc(a->t->arena, size);
  memcpy(s->cells, a->s.cells, size);
  return s;
}

static void join_states(struct act *a, struct state *into, const struct state *from)
{
  into->now = either(into->now, from->now);
  for (uint32_t i = 0; i < a->code->n_slots; i++) {
    struct cell *x = &into->cells[i];
    const struct cell *y = &from->cells[i];
    x->ready = either(x->ready, y->ready);
    if (!fact_same(x->fact, y->fact))
      x->fact = NULL;
  }
}

static void arrive(struct act *a, uint32_t at)
{
  if (!a->waiting[at])
    a->waiting[at] = copy_state(a);
  else
    join_states(a, a->waiting[at], &a->s);
}

static void take(struct act *a, uint32_t at)
{
  struct state *w = a->waiting[at];
  if (!w)
    return;
  a->waiting[at] = NULL;
  if (a->alive)
    join_states(a, &a->s, w);
  else
    a->s = *w;
  a->alive = true;
}

static void set(struct act *a, uint32_t slot, const struct fact *fact,
                struct moment ready)
{
  struct cell *c = &a->s.cells[slot];
  bool again = c->writer && c->writer != a->strand;
  *c = (struct cell){again ? NULL : fact, ready, a->strand};
}

// ---- calls ----

static struct timing *timing_of(struct times *t, const struct function *f,
                                const struct binding *b,
                                const struct fact *const *args);

static const struct constant *setting_of(const struct binding *b, enum setting_id id)
{
  for (const struct setting *s = b ? b->settings : NULL; s; s = s->next)
    if (s->id == id)
      return s->value;
  return NULL;
}

struct callee {
  const struct function *function;
  const struct binding *binding;
  const char *label;
};

static struct callee callee_of(struct act *a, const struct site *s)
{
  struct arena *arena = a->t->arena;
  if (s->kind == SITE_function)
    return (struct callee){s->function, a->binding, s->function->name};
  const struct method *m = s->call->method;
  const struct binding *b = s->call->binding;
  const struct fact *f = s->count ? a->s.cells[s->first].fact : NULL;
  if (s->kind == SITE_handle && f && f->kind == FACT_handle)
    b = f->binding;
  const char *name = b ? b->name->text : m->class->name->text;
  bool only = m->class->kind != CLASS_deployment;
  return (struct callee){m->function, b,
                         only ? name : arena_printf(arena, "%s.%s", name, m->name->text)};
}

static struct timing *call(struct act *a, const struct site *s, struct callee *c)
{
  const struct fact **args =
      ARENA_ARRAY(a->t->arena, s->count + 1, const struct fact *);
  uint32_t skip = s->kind == SITE_handle && s->count;
  for (uint32_t i = skip; i < s->count; i++)
    args[i - skip] = a->s.cells[s->first + i].fact;
  *c = callee_of(a, s);
  return timing_of(a->t, c->function, c->binding, args);
}

static struct moment takes(const struct timing *x, const struct callee *c)
{
  const struct constant *expected = setting_of(c->binding, SETTING_expected_latency);
  if (x->takes.open && expected)
    return (struct moment){expected->i, expected->i, false};
  return x->takes;
}

static void record(struct act *a, const struct callee *c, const struct timing *inside,
                   struct moment start, struct moment end, struct span span)
{
  struct event e = {c->label, start, end, inside, span, false};
  bool helper = c->function->kind == FUNCTION_body && c->binding == a->binding &&
                !strchr(c->label, '[');
  bool nothing = !inside->n_events && start.high == end.high && !inside->takes.open;
  if ((helper && nothing) || a->out->n_events == EVENTS)
    return;
  LOWER_PUSH(a->t->arena, a->out->events, a->out->n_events, a->out->room_events, e);
}

static struct moment args_ready(struct act *a, const struct site *s)
{
  struct moment m = a->s.now;
  for (uint32_t i = 0; i < s->count; i++)
    m = later(m, a->s.cells[s->first + i].ready);
  return m;
}

static void do_call(struct act *a, const struct ins *i)
{
  const struct site *s = &a->code->sites[i->b];
  struct callee c;
  struct timing *inside = call(a, s, &c);
  struct moment start = i->op == OP_start ? args_ready(a, s) : a->s.now;
  struct moment end = after(start, takes(inside, &c));
  record(a, &c, inside, start, end, i->span);
  if (i->op == OP_call)
    a->s.now = end;
  set(a, i->a, inside->value, i->op == OP_call ? (struct moment){0} : end);
}

// Side by side; a list of unknown length is taken to have an element.
static void do_each(struct act *a, const struct ins *i)
{
  const struct site *s = &a->code->sites[i->b];
  const struct fact *list = a->s.cells[s->first].fact;
  struct callee c;
  a->s.cells[s->first].fact = NULL; // the function takes one element
  struct timing *inside = call(a, s, &c);
  a->s.cells[s->first].fact = list;
  struct moment end = after(a->s.now, takes(inside, &c));
  if (list && !list->n)
    end = a->s.now;
  c.label = "for each element";
  record(a, &c, inside, a->s.now, end, i->span);
  set(a, i->a, NULL, end);
}

// ---- instructions ----

struct reads {
  struct act *a;
  const struct fact **facts;
  uint32_t n, room;
  struct moment ready;
  uint32_t dst;
};

static void read_slot(void *user, uint32_t *slot, uint32_t count, enum slot_use use)
{
  struct reads *r = user;
  if (use == USE_write) {
    r->dst = *slot;
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    const struct cell *c = &r->a->s.cells[*slot + i];
    LOWER_PUSH(r->a->t->arena, r->facts, r->n, r->room, c->fact);
    r->ready = later(r->ready, c->ready);
  }
}

static void do_operator(struct act *a, const struct ins *i, const struct reads *r)
{
  const struct fact *x = r->n ? r->facts[0] : NULL;
  if (!(signature_of(i->b)->attributes & OPERATOR_WAITS))
    return;
  if (i->b == OPERATOR_sleep && x) {
    int64_t d = x->number > 0 ? x->number : 0;
    a->s.now = after(a->s.now, (struct moment){d, d, false});
  } else {
    a->s.now.open = true;
  }
}

static void do_plain(struct act *a, const struct ins *i)
{
  struct reads r = {.a = a, .dst = NO_SLOT};
  ins_slots(a->code, (struct ins *)i, read_slot, &r);
  if (i->op == OP_op)
    do_operator(a, i, &r);
  if (i->op == OP_force) {
    a->s.now = later(a->s.now, r.ready);
    r.ready = (struct moment){0};
  }
  if (i->op == OP_push)
    a->s.cells[i->a].fact = NULL;
  if (r.dst != NO_SLOT)
    set(a, r.dst, fact_of_ins(a->t->arena, i, r.facts, r.n), r.ready);
}

static void do_return(struct act *a, const struct ins *i)
{
  const struct fact *value = a->s.cells[i->a].fact;
  struct timing *out = a->out;
  out->takes = a->returned ? either(out->takes, a->s.now) : a->s.now;
  out->value = !a->returned || fact_same(value, out->value) ? value : NULL;
  a->returned = true;
  a->alive = false;
}

// Whether what happens between depends on data that may leave the loop.
static uint32_t unsure_exit(const struct act *a, uint32_t top, uint32_t bottom)
{
  for (uint32_t i = top; i < bottom; i++)
    if (a->unsure[i] > bottom + 1)
      return a->unsure[i] - 1;
  return UINT32_MAX;
}

// The next instruction.
static uint32_t do_loop(struct act *a, uint32_t at, uint32_t top)
{
  uint32_t out = unsure_exit(a, top, at);
  if (out == UINT32_MAX && a->t->steps)
    return top;
  if (out != UINT32_MAX && a->waiting[out]) {
    bool waited = a->s.now.high > a->waiting[out]->now.high || a->s.now.open;
    a->s.now.open |= waited;
    arrive(a, out);
  }
  a->alive = false;
  return at + 1;
}

static uint32_t do_jump(struct act *a, const struct ins *i, uint32_t at)
{
  const struct fact *x = i->op == OP_jump ? NULL : a->s.cells[i->a].fact;
  bool goes = i->op == OP_jump || (x && !x->number == (i->op == OP_jump_not));
  if (i->op == OP_jump && i->b <= at)
    return do_loop(a, at, i->b);
  a->unsure[at] = i->op == OP_jump || x ? 0 : i->b + 1;
  if (goes || !x)
    arrive(a, i->b);
  if (goes)
    a->alive = false;
  return at + 1;
}

static uint32_t step(struct act *a, uint32_t at)
{
  const struct ins *i = &a->code->ins[at];
  switch (i->op) {
  case OP_jump:
  case OP_jump_if:
  case OP_jump_not: return do_jump(a, i, at);
  case OP_const:
    set(a, i->a, fact_const(a->t->arena, a->code->constants[i->b]), (struct moment){0});
    break;
  case OP_self:
    set(a, i->a, a->fields ? a->fields[i->b] : NULL, (struct moment){0});
    break;
  case OP_set_self:
    if (a->fields && a->code->function->kind == FUNCTION_init)
      a->fields[i->b] = a->s.cells[i->a].fact;
    break;
  case OP_call:
  case OP_start: do_call(a, i); break;
  case OP_each: do_each(a, i); break;
  case OP_return: do_return(a, i); break;
  case OP_choose: a->chosen = a->s.cells[i->a].fact; a->alive = false; break;
  case OP_done:
  case OP_fail: a->alive = false; break;
  case OP_try: break; // nothing fails
  default: do_plain(a, i); break;
  }
  return at + 1;
}

// The moment when the code ends.
static struct moment run_code(struct act *a, uint32_t entry, uint32_t end)
{
  a->alive = true;
  for (uint32_t at = entry; at < end;) {
    take(a, at);
    if (!a->alive) {
      at++;
      continue;
    }
    if (a->t->steps)
      a->t->steps--;
    else
      a->s.now.open = true;
    at = step(a, at);
  }
  return a->s.now;
}

// ---- graphs ----

struct turn { // a strand's
  struct moment start;
  struct moment fed;  // when those that it feeds may go on
  struct moment skip; // when it is skipped, if it is
  bool maybe, never;
};

static void feed(struct turn *turns, const struct strand *s, const struct turn *from,
                 struct moment end, const struct fact *chosen)
{
  for (uint32_t i = 0; i < s->n_feeds; i++) {
    struct turn *to = &turns[s->feeds[i].strand];
    if (s->feeds[i].kind == EDGE_data) {
      to->start = later(to->start, from->fed);
      continue;
    }
    to->start = later(to->start, end);
    to->skip = from->fed;
    to->never |= from->never;
    to->maybe |= from->maybe || !chosen;
    if (chosen && !chosen->number == (s->feeds[i].kind == EDGE_if))
      to->never = true;
  }
}

static void run_strand(struct act *a, struct turn *turns, uint32_t at)
{
  const struct strand *s = &a->code->strands[at];
  struct turn *t = &turns[at];
  struct moment end = t->skip;
  a->chosen = NULL;
  a->strand = at + 1;
  if (!t->never) {
    a->s.now = t->start;
    end = run_code(a, s->entry, s->end);
  }
  t->fed = end;
  if (t->maybe && !t->never)
    t->fed.low = t->skip.low < end.low ? t->skip.low : end.low;
  feed(turns, s, t, end, a->chosen);
}

static void run_graph(struct act *a)
{
  uint32_t n = a->code->n_strands;
  struct turn *turns = ARENA_ARRAY(a->t->arena, n + 1, struct turn);
  for (uint32_t i = 0; i < n; i++)
    run_strand(a, turns, i);
}

// ---- functions ----

static void by_start(struct timing *x)
{
  for (uint32_t i = 1; i < x->n_events; i++) { // almost sorted
    struct event e = x->events[i];
    uint32_t k = i;
    for (; k && x->events[k - 1].start.high > e.start.high; k--)
      x->events[k] = x->events[k - 1];
    x->events[k] = e;
  }
}

// What ends when the result is there, or when something critical starts.
static void mark_critical(struct timing *x)
{
  for (uint32_t i = x->n_events; i-- > 0;) {
    struct event *e = &x->events[i];
    bool critical = e->end.high == x->takes.high;
    for (uint32_t k = i + 1; k < x->n_events && !critical; k++)
      critical = x->events[k].critical && x->events[k].start.high == e->end.high;
    e->critical = critical && e->end.high > e->start.high;
  }
}

static void run_function(struct times *t, struct timing *x, const struct binding *b,
                         const struct fact **fields, const struct fact *const *args)
{
  const struct code *k = code_of(x->function);
  struct act a = {.t = t, .out = x, .code = k, .binding = b, .fields = fields};
  a.s.cells = ARENA_ARRAY(t->arena, k->n_slots + 1, struct cell);
  a.waiting = ARENA_ARRAY(t->arena, k->n_ins + 1, struct state *);
  a.unsure = ARENA_ARRAY(t->arena, k->n_ins + 1, uint32_t);
  for (uint32_t i = 0; args && i < x->function->n_params; i++)
    a.s.cells[i].fact = args[i];
  x->busy = true;
  t->depth++;
  if (x->function->kind == FUNCTION_graph)
    run_graph(&a);
  else
    run_code(&a, 0, k->n_ins);
  t->depth--;
  x->busy = false;
  by_start(x);
  mark_critical(x);
}

// ---- memory ----

static struct memo *place_of(struct times *t, const char *key, size_t size)
{
  uint32_t at = (uint32_t)XXH3_64bits(key, size) & (t->room_memos - 1);
  while (t->memos[at].key &&
         (t->memos[at].size != size || memcmp(t->memos[at].key, key, size)))
    at = (at + 1) & (t->room_memos - 1);
  return &t->memos[at];
}

static void widen(struct times *t)
{
  struct memo *old = t->memos;
  uint32_t n = t->room_memos;
  t->room_memos = n ? n * 2 : 256;
  t->memos = ARENA_ARRAY(t->arena, t->room_memos, struct memo);
  for (uint32_t i = 0; i < n; i++)
    if (old[i].key)
      *place_of(t, old[i].key, old[i].size) = old[i];
}

// The one for the key, perhaps new; lasts until the next.
static struct memo *memo_of(struct times *t, const struct buf *key)
{
  if (t->n_memos * 2 >= t->room_memos)
    widen(t);
  struct memo *m = place_of(t, key->data, key->size);
  if (!m->key) {
    *m = (struct memo){.key = key->data, .size = (uint32_t)key->size};
    t->n_memos++;
  }
  return m;
}

static const struct fact **fields_of(struct times *t, const struct binding *b)
{
  if (!b || b->class->kind != CLASS_deployment)
    return NULL;
  struct buf key = {.arena = t->arena};
  buf_addf(&key, "%p", (const void *)b);
  struct memo *m = memo_of(t, &key);
  if (m->fields)
    return m->fields;
  const struct class *k = b->class;
  const struct fact **fields = ARENA_ARRAY(t->arena, k->n_fields + 1, const struct fact *);
  m->fields = fields;
  struct timing init = {.function = b->args}, lets = {.function = k->init};
  if (b->args)
    run_function(t, &init, NULL, NULL, NULL);
  for (uint32_t i = 0; i < k->n_params; i++)
    fields[i] = fact_part(init.value, i);
  if (k->init)
    run_function(t, &lets, b, fields, NULL);
  for (uint32_t i = k->n_params + k->n_lets; i < k->n_fields; i++)
    fields[i] = NULL; // state changes
  return fields;
}

static struct timing *timing_of(struct times *t, const struct function *f,
                                const struct binding *b,
                                const struct fact *const *args)
{
  struct buf key = {.arena = t->arena};
  buf_addf(&key, "%p %p", (const void *)f, (const void *)b);
  for (uint32_t i = 0; i < f->n_params; i++)
    fact_key(args[i], &key);
  struct memo *m = memo_of(t, &key);
  struct timing *x = m->timing;
  if (x) {
    x->takes.open |= x->busy; // it comes back to itself
    return x;
  }
  m->timing = x = ARENA_NEW(t->arena, struct timing);
  x->function = f;
  if (t->depth < DEEP)
    run_function(t, x, b, fields_of(t, b), args);
  else
    x->takes.open = true;
  return x;
}

struct times *times_new(struct compile *c)
{
  struct times *t = ARENA_NEW(c->arena, struct times);
  t->c = c;
  t->arena = c->arena;
  t->steps = STEPS;
  return t;
}

struct timing *times_of(struct times *t, const struct function *f,
                        const struct binding *b)
{
  const struct fact **unknown =
      ARENA_ARRAY(t->arena, f->n_params + 1, const struct fact *);
  return timing_of(t, f, b, unknown);
}
