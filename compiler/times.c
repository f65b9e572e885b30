// How long functions take, each measured once for all that is known when it is
// called: its binding, and arguments that are constant.
#include "compiler/times_parts.h"

#include <string.h>
#include <xxhash.h>

struct memo { // of a function called so; of a binding: what is known of its
              // fields
  char *key;
  uint32_t size;
  struct timing *timing;
  const struct fact **fields;
};

static int64_t sum(int64_t x, int64_t y)
{
  int64_t z;
  return __builtin_add_overflow(x, y, &z) ? INT64_MAX : z;
}

struct moment moment_after(struct moment x, struct moment d)
{
  return (struct moment){sum(x.low, d.low), sum(x.high, d.high),
                         x.open || d.open};
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
      critical =
          x->events[k].critical && x->events[k].start.high == e->end.high;
    e->critical = critical && e->end.high > e->start.high;
  }
}

static void run_function(struct times *t, struct timing *x,
                         const struct binding *b, const struct fact **fields,
                         const struct given *args)
{
  const struct code *k = code_of(x->function);
  struct act a = {.t = t, .out = x, .code = k, .binding = b, .fields = fields};
  a.s.cells = ARENA_ARRAY(t->arena, k->n_slots + 1, struct cell);
  a.waiting = ARENA_ARRAY(t->arena, k->n_ins + 1, struct state *);
  a.unsure = ARENA_ARRAY(t->arena, k->n_ins + 1, uint32_t);
  for (uint32_t i = 0; args && i < x->function->n_params; i++)
    a.s.cells[i] = (struct cell){args[i].fact, args[i].ready, args[i].parts, 0};
  x->busy = true;
  t->depth++;
  if (x->function->kind == FUNCTION_graph)
    times_run_graph(&a);
  else
    times_run(&a, 0, k->n_ins);
  t->depth--;
  x->busy = false;
  if (!a.returned) { // it always fails, or nobody knows how long it goes on
    x->takes = a.s.now;
    x->takes.open |= !t->steps;
  }
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
  const struct fact **fields =
      ARENA_ARRAY(t->arena, k->n_fields + 1, const struct fact *);
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

static void moment_key(struct moment m, struct buf *out)
{
  if (m.low || m.high || m.open)
    buf_addf(out, "@%lld-%lld%s", (long long)m.low, (long long)m.high,
             m.open ? "+" : "");
}

static void spread_key(const struct spread *s, struct buf *out)
{
  for (uint32_t i = 0; s && i < s->n; i++) {
    buf_addc(out, i ? ';' : '[');
    moment_key(s->at[i].ready, out);
    spread_key(s->at[i].parts, out);
  }
}

static void given_key(const struct given *g, struct buf *out)
{
  fact_key(g->fact, out);
  moment_key(g->ready, out);
  if (g->ready.high || g->ready.open)
    spread_key(g->parts, out);
}

struct timing *timing_of(struct times *t, const struct function *f,
                         const struct binding *b, const struct given *args)
{
  struct buf key = {.arena = t->arena};
  buf_addf(&key, "%p %p", (const void *)f, (const void *)b);
  for (uint32_t i = 0; args && i < f->n_params; i++)
    given_key(&args[i], &key);
  struct memo *m = memo_of(t, &key);
  struct timing *x = m->timing;
  if (x) {
    x->takes.open |= x->busy; // it comes back to itself
    return x;
  }
  m->timing = x = ARENA_NEW(t->arena, struct timing);
  x->function = f;
  if (t->depth < TIMES_DEEP)
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
  return t;
}

struct timing *times_of(struct times *t, const struct function *f,
                        const struct binding *b)
{
  t->steps = TIMES_STEPS;
  return timing_of(t, f, b, NULL);
}
