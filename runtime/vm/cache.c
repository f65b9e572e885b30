// Caches: answers of a deployment that are given again.
//
// Enters: a call that has its arguments, before it takes a slot. A call that
// was answered within `cache.ttl` is answered with a copy. Else the first one
// makes a request of its own of it, with copies of its arguments, and whoever
// calls with equal ones in the meantime waits for the same answer (so does the
// first). An error reaches all who wait and is not kept. A request that nobody
// waits for any more is cancelled. Of the answers that are kept the one used
// longest ago goes when there are too many.
#include "runtime/vm/vm.h"

#include <stdlib.h>
#include <string.h>

struct cached {
  struct cached *next; // of equal hashes' low bits
  uint64_t hash;
  struct cache *cache;
  const struct function *fn;
  const struct text *model; // that the call is for, or NULL
  value *args, result;
  struct arena arena; // of both
  bool there;         // it is an answer; else it is under way
  bool busy, dead;    // those who wait are told of it; then it goes
  int64_t until;      // what is an answer: how long
  struct cached *newer, *older;
  // what is under way
  struct cache_wait *first, *last;
  struct request request;
  struct arena work;
};

struct cache {
  struct engine *engine;
  struct deployment *of;
  struct cached **chains;
  uint32_t mask, n; // answers
  struct cached *newest, *oldest;
};

// ---- the table ----

static bool has_stream(const struct engine *e, const struct function *fn)
{
  for (uint32_t i = 0; i < fn->n_params; i++)
    if (e->has_stream[fn->types[i]])
      return true;
  return fn->yields || e->has_stream[fn->row->result];
}

// False: this call is none that is ever made again.
static bool hash_call(const struct cache *c, const struct frame *f,
                      uint64_t *hash)
{
  const struct engine *e = c->engine;
  const struct function *fn = f->fn;
  *hash = (uint64_t)(fn - e->functions);
  if (has_stream(e, fn))
    return false;
  if (f->model)
    *hash ^= model_hash(f->model);
  for (uint32_t i = 0; i < fn->n_params; i++)
    if (!value_hash(e->plan, fn->types[i], f->slots[i], hash))
      return false;
  return true;
}

static bool is_same(const struct cached *x, uint64_t hash,
                    const struct frame *f)
{
  if (x->hash != hash || x->fn != f->fn || !model_same(x->model, f->model))
    return false;
  for (uint32_t i = 0; i < f->fn->n_params; i++)
    if (!value_equal(x->cache->engine->plan, f->fn->types[i], x->args[i],
                     f->slots[i]))
      return false;
  return true;
}

static struct cached **chain_of(struct cache *c, uint64_t hash)
{
  return &c->chains[hash & c->mask];
}

static struct cached *find(struct cache *c, uint64_t hash,
                           const struct frame *f)
{
  struct cached *x = *chain_of(c, hash);
  while (x && !is_same(x, hash, f))
    x = x->next;
  return x;
}

static void unlink_age(struct cached *x)
{
  struct cache *c = x->cache;
  *(x->newer ? &x->newer->older : &c->newest) = x->older;
  *(x->older ? &x->older->newer : &c->oldest) = x->newer;
}

static void make_newest(struct cached *x)
{
  struct cache *c = x->cache;
  x->newer = NULL;
  x->older = c->newest;
  *(c->newest ? &c->newest->newer : &c->oldest) = x;
  c->newest = x;
}

static void entry_free(struct cached *x)
{
  struct cached **at = chain_of(x->cache, x->hash);
  while (!x->dead && *at != x)
    at = &(*at)->next;
  if (!x->dead)
    *at = x->next;
  if (!x->dead && x->there) {
    unlink_age(x);
    x->cache->n--;
  }
  x->dead = true;
  if (x->busy)
    return;
  arena_free(&x->arena);
  arena_free(&x->work);
  free(x);
}

// ---- who waits ----

static struct task *task_of(struct cache_wait *w)
{
  return (struct task *)((char *)w - offsetof(struct task, cached));
}

// The frame goes, and its place in the timeline stays.
static struct timeline_call *call_of(struct frame *f)
{
  struct timeline_call *call = f->call;
  f->call = NULL;
  return call;
}

static void join(struct cached *x, struct task *t, struct frame *f)
{
  struct cache_wait *w = &t->cached;
  *w = (struct cache_wait){
      .entry = x, .prev = x->last, .call = call_of(f), .result = f->result};
  *(x->last ? &x->last->next : &x->first) = w;
  x->last = w;
  t->wait = WAIT_CACHE;
  frame_keep(t->run, f);
}

static void leave(struct cached *x, struct cache_wait *w)
{
  *(w->prev ? &w->prev->next : &x->first) = w->next;
  *(w->next ? &w->next->prev : &x->last) = w->prev;
  w->entry = NULL;
}

void cache_leave(struct task *t)
{
  struct cached *x = t->cached.entry;
  timeline_answer(t->run, t->cached.call, NULL, true);
  if (!x) // its answer is on the way
    return;
  leave(x, &t->cached);
  if (x->first || x->busy)
    return;
  request_cancel(&x->request);
  entry_free(x);
}

static void deliver(struct task *t, struct timeline_call *call, uint16_t result,
                    value v, const struct error *error)
{
  t->wait = WAIT_NOTHING;
  timeline_answer(t->run, call, error, false);
  task_answer(t, result, v, error);
}

static const struct error *take(struct task *t, const struct cached *x,
                                value from, value *out)
{
  bool copied = value_copy(t->run->arena, t->run->engine->plan,
                           x->fn->row->result, from, out);
  return copied ? NULL : error_memory(t);
}

// ---- what was under way has ended ----

static bool keep_answer(struct cached *x)
{
  struct cache *c = x->cache;
  const struct request *r = &x->request;
  int64_t ttl = c->of->cache_ttl;
  if (r->failed || ttl <= 0 ||
      !value_copy(&x->arena, c->engine->plan, x->fn->row->result, r->result,
                  &x->result))
    return false;
  if (__builtin_add_overflow(engine_now(c->engine), ttl, &x->until))
    x->until = INT64_MAX;
  x->there = true;
  make_newest(x);
  if (++c->n > c->of->cache_entries)
    entry_free(c->oldest);
  return true;
}

static void tell(struct cached *x, struct cache_wait *w)
{
  const struct request *r = &x->request;
  struct task *t = task_of(w);
  struct timeline_call *call = w->call;
  uint16_t result = w->result;
  value v = {0};
  leave(x, w);
  const struct error *error =
      r->failed ? error_take(t, &r->error) : take(t, x, r->result, &v);
  deliver(t, call, result, v, error);
}

// Who is told may end others who wait, and may call again: nobody joins any
// more, and the entry stays until all have been told.
static void on_done(struct request *r)
{
  struct cached *x = r->user;
  x->busy = true;
  if (!keep_answer(x))
    entry_free(x);
  while (x->first)
    tell(x, x->first);
  x->busy = false;
  if (x->dead)
    entry_free(x);
  else
    arena_free(&x->work);
}

// ---- calls ----

static struct cached *entry_new(struct cache *c, uint64_t hash,
                                const struct frame *f)
{
  const struct function *fn = f->fn;
  struct cached *x = calloc(1, sizeof *x);
  if (!x)
    return NULL;
  *x = (struct cached){.hash = hash, .cache = c, .fn = fn};
  x->arena.limit = x->work.limit = c->engine->request_memory;
  x->args = ARENA_ARRAY(&x->arena, fn->n_params + 1, value);
  bool good = x->args;
  if (good && f->model) {
    x->model = text_new(&x->arena, f->model->data, f->model->size);
    good = x->model;
  }
  for (uint32_t i = 0; good && i < fn->n_params; i++)
    good = value_copy(&x->arena, c->engine->plan, fn->types[i], f->slots[i],
                      &x->args[i]);
  if (!good) {
    arena_free(&x->arena);
    free(x);
    return NULL;
  }
  struct cached **chain = chain_of(c, hash);
  x->next = *chain;
  *chain = x;
  return x;
}

static void start(struct cached *x, const struct request *first, int priority,
                  uint32_t depth)
{
  struct request *r = &x->request;
  struct engine *e = x->cache->engine;
  *r = (struct request){.arena = &x->work,
                        .done = on_done,
                        .user = x,
                        .priority = first->priority,
                        .model = x->model,
                        .uncached = true};
  if (first->id)
    r->id = arena_copy(&x->work, first->id, strlen(first->id));
  if (request_open(e, r, x->fn))
    request_call(e, r, x->args, x->cache->of, NULL, priority, depth);
  else
    request_finish(r, (value){0}, error_no_memory());
}

static void give_later(struct timer *timer)
{
  struct task *t =
      (struct task *)((char *)timer - offsetof(struct task, timer));
  deliver(t, t->cached.call, 0, t->cached.value, NULL);
}

// A task that has not begun ends with the answer, in the same turn.
static enum entry give(struct task *t, struct frame *f, value v)
{
  struct engine *e = t->run->engine;
  uint16_t result = f->result;
  uint32_t type = f->fn->row->result;
  struct timeline_call *call = call_of(f);
  frame_keep(t->run, f);
  if (t->frame) {
    timeline_answer(t->run, call, NULL, false);
    t->frame->slots[result] = v;
    return ENTRY_RUN;
  }
  t->cached = (struct cache_wait){.value = v, .type = type, .call = call};
  t->wait = WAIT_CACHE;
  t->timer.fire = give_later;
  timer_set(e, &t->timer, engine_now(e));
  return ENTRY_WAIT;
}

bool cache_answers(struct task *t, struct frame *f, struct deployment *d,
                   int priority, enum entry *entry, const struct error **error)
{
  struct cache *c = d->cache;
  uint64_t hash;
  if (t->run->request->uncached && t == t->run->root && !t->frame)
    return false;
  if (f->stands_in || !hash_call(c, f, &hash))
    return false;
  struct cached *x = find(c, hash, f);
  if (x && x->there && x->until <= engine_now(c->engine)) {
    entry_free(x);
    x = NULL;
  }
  if (x && x->there) {
    value v;
    unlink_age(x);
    make_newest(x);
    *error = take(t, x, x->result, &v);
    *entry = *error ? ENTRY_FAIL : give(t, f, v);
    if (*error)
      frame_keep(t->run, f);
    return true;
  }
  bool first = !x;
  uint32_t depth = f->depth;
  if (first && !(x = entry_new(c, hash, f)))
    return false; // then without
  join(x, t, f);
  if (first)
    start(x, t->run->request, priority, depth);
  *entry = ENTRY_WAIT;
  return true;
}

// ---- what there is from the beginning ----

bool caches_open(struct engine *e)
{
  enum { CHAINS_MOST = 1 << 16 };
  for (uint32_t i = 0; i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    uint32_t chains = 16;
    if (!d->caches || d->away)
      continue;
    while (chains < d->cache_entries && chains < CHAINS_MOST)
      chains *= 2;
    d->cache = ARENA_NEW(&e->arena, struct cache);
    if (!d->cache)
      return false;
    *d->cache = (struct cache){
        .engine = e,
        .of = d,
        .mask = chains - 1,
        .chains = ARENA_ARRAY(&e->arena, chains, struct cached *)};
    if (!d->cache->chains)
      return false;
    memset(d->cache->chains, 0, chains * sizeof(struct cached *));
  }
  return true;
}

void caches_close(struct engine *e)
{
  for (uint32_t i = 0; e->deployments && i < e->plan->n_bindings; i++) {
    struct cache *c = e->deployments[i].cache;
    for (uint32_t k = 0; c && c->chains && k <= c->mask; k++)
      while (c->chains[k])
        entry_free(c->chains[k]);
  }
}
