// Models: what a replica loads by an id, keeps, and gives to whoever asks.
//
// Enters: a call that is the frame of a method that multiplexes (its code waits
// here). A model that is there is given at once; the request holds its box
// until it ends, as it does those of state, so a model that has gone from the
// shelf lives on for whoever has it. One that is not there is loaded by a
// request of its own, on the same replica, and all who ask meanwhile wait for
// that one. What fails is told to them and not kept. Of more models than are to
// be kept the one used longest ago goes when another is there. A load that
// nobody waits for any more is cancelled.
#include "grammar/defs/settings.h"
#include "runtime/vm/vm.h"

#include <stdlib.h>
#include <string.h>

enum { MODEL_MEMORY = 1 << 30 }; // most bytes of one, as of state

struct kept_model {
  struct model model; // first
  struct engine *engine;
  const struct function *fn;
  struct state_box *box; // once it is there
  value value;
  // while it is loaded
  struct model_wait *first, *last;
  struct request request;
  struct arena work;
  int64_t since;
  struct arena ids; // of the id
};

static struct task *task_of(struct model_wait *w)
{
  return (struct task *)((char *)w - offsetof(struct task, model_wait));
}

static struct deployment *deployment_of(const struct kept_model *k)
{
  return k->model.shelf->replica->of;
}

// ---- counts ----

static void count(struct metric_series *s, double n)
{
  if (s)
    metric_add(s, n);
}

static void count_load(const struct kept_model *k)
{
  const struct deployment_counts *c = &deployment_of(k)->counts;
  int64_t took = engine_now(k->engine) - k->since;
  count(k->request.failed ? c->loads_failed : c->loads, 1);
  if (c->load_time)
    metric_observe(c->load_times, c->load_time, (double)took / 1e9);
}

// ---- their memory ----

static struct kept_model *kept_new(struct engine *e, struct shelf *s,
                                   const struct function *fn,
                                   const struct text *id, uint64_t hash)
{
  struct kept_model *k = calloc(1, sizeof *k);
  if (!k)
    return NULL;
  k->engine = e;
  k->fn = fn;
  k->since = engine_now(e);
  k->model.hash = hash;
  k->model.id = text_new(&k->ids, id->data, id->size);
  if (!k->model.id) {
    arena_free(&k->ids);
    free(k);
    return NULL;
  }
  shelf_add(s, &k->model);
  return k;
}

static void kept_free(struct kept_model *k)
{
  if (k->model.there)
    count(deployment_of(k)->counts.models, -1);
  shelf_remove(&k->model);
  state_box_drop(k->box);
  arena_free(&k->work);
  arena_free(&k->ids);
  free(k);
}

const struct task *model_runs(const struct task *t)
{
  const struct run *run = t->model_wait.of->request.run;
  return run ? run->root : NULL;
}

// ---- a load has ended ----

static void leave(struct kept_model *k, struct model_wait *w)
{
  *(w->prev ? &w->prev->next : &k->first) = w->next;
  *(w->next ? &w->next->prev : &k->last) = w->prev;
}

static const struct error *give(struct task *t, const struct kept_model *k,
                                value *out)
{
  if (!state_box_hold(t->run, k->box))
    return error_memory(t);
  *out = k->value;
  return NULL;
}

static const struct error *tell(struct task *t, const struct kept_model *k,
                                value *out)
{
  if (k->request.failed)
    return error_take(t, &k->request.error);
  if (k->box)
    return give(t, k, out);
  return error_make(t, ERROR_limit, 500, "a model of %s is too large",
                    k->fn->name);
}

static bool keep(struct kept_model *k)
{
  struct shelf *s = k->model.shelf;
  uint32_t type = k->fn->row->result;
  k->box = k->request.failed ? NULL
                             : state_box_new(k->engine, MODEL_MEMORY, type,
                                             k->request.result, &k->value);
  if (!k->box)
    return false;
  shelf_loaded(&k->model);
  count(deployment_of(k)->counts.models, 1);
  for (struct model *m; (m = shelf_surplus(s));) {
    count(deployment_of(k)->counts.evictions, 1);
    kept_free((struct kept_model *)m);
  }
  return true;
}

// Nothing runs while they are told: they are ready for their turns.
static void on_loaded(struct request *r)
{
  struct kept_model *k = r->user;
  shelf_use(&k->model);
  count_load(k);
  bool kept = keep(k);
  for (struct model_wait *w; (w = k->first);) {
    struct task *t = task_of(w);
    uint16_t result = w->result;
    value v = {0};
    leave(k, w);
    const struct error *error = tell(t, k, &v);
    if (error)
      t->error = error;
    else
      t->frame->slots[result] = v;
    task_ready(t);
  }
  if (kept)
    arena_free(&k->work);
  else
    kept_free(k);
}

// ---- asking for one ----

static void load(struct kept_model *k, const struct request *first,
                 uint32_t depth)
{
  struct engine *e = k->engine;
  struct replica *self = k->model.shelf->replica;
  const struct plan_method_row *m =
      &e->plan->methods[k->model.shelf->how->method];
  value id = {.text = k->model.id};
  k->work.limit = e->request_memory;
  k->request = (struct request){.arena = &k->work,
                                .done = on_loaded,
                                .user = k,
                                .priority = first->priority,
                                .model = k->model.id};
  if (first->id)
    k->request.id = arena_copy(&k->work, first->id, strlen(first->id));
  request_start_on(e, &k->request, m->loader, &id, self, depth);
}

static void wait(struct task *t, struct kept_model *k, uint16_t result)
{
  struct model_wait *w = &t->model_wait;
  *w = (struct model_wait){.of = k, .prev = k->last, .result = result};
  *(k->last ? &k->last->next : &k->first) = w;
  k->last = w;
  t->wait = WAIT_MODEL;
}

enum entry model_ask(struct task *t, const struct text *id, uint16_t result,
                     const struct error **error)
{
  struct engine *e = t->run->engine;
  struct frame *f = t->frame;
  *error = NULL;
  if (!f->fn->model || !f->self || !f->self->shelves)
    *error = error_make(t, ERROR_internal, 500, "nothing keeps this model");
  else if (f->depth + 1 >= VM_DEPTH)
    *error = error_too_deep(t);
  if (*error)
    return ENTRY_FAIL;
  struct shelf *s = &f->self->shelves[f->fn->model - 1];
  uint64_t hash = model_hash(id);
  struct kept_model *k = (struct kept_model *)shelf_find(s, id, hash);
  if (k && k->model.there) {
    shelf_use(&k->model);
    *error = give(t, k, &f->slots[result]);
    return *error ? ENTRY_FAIL : ENTRY_RUN;
  }
  bool first = !k;
  if (first && !(k = kept_new(e, s, f->fn, id, hash))) {
    *error = error_memory(t);
    return ENTRY_FAIL;
  }
  named_remove(&f->self->named, hash);
  wait(t, k, result);
  if (first)
    load(k, t->run->request, f->depth + 1);
  return ENTRY_WAIT;
}

void model_leave(struct task *t)
{
  struct kept_model *k = t->model_wait.of;
  leave(k, &t->model_wait);
  if (k->first)
    return;
  request_cancel(&k->request);
  kept_free(k);
}

// ---- what there is from the beginning ----

static bool open_shelves(struct engine *e, struct deployment *d)
{
  uint32_t n = d->n_multiplex;
  struct shelf *all =
      ARENA_ARRAY(&e->arena, (size_t)n * d->n_replicas, struct shelf);
  if (!all)
    return false;
  for (uint32_t i = 0; i < d->n_replicas; i++) {
    struct replica *r = &d->replicas[i];
    r->shelves = &all[(size_t)i * n];
    for (uint32_t k = 0; k < n; k++)
      r->shelves[k] = (struct shelf){.replica = r, .how = &d->multiplex[k]};
  }
  return true;
}

static uint32_t most_of(const struct plan *p, const struct plan_method_row *m)
{
  int64_t n = setting_default(SETTING_multiplex_max_models);
  for (uint32_t i = 0; i < m->settings.count; i++) {
    const struct plan_setting *s = &p->settings[m->settings.first + i];
    if (s->id == SETTING_multiplex_max_models)
      n = (int64_t)plan_bits(&p->consts[s->value]);
  }
  return n < 1 ? 1 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

bool models_set(struct engine *e, struct deployment *d)
{
  const struct plan *p = e->plan;
  struct plan_run methods = p->classes[d->class].methods;
  uint32_t n = 0;
  for (uint32_t i = 0; i < methods.count; i++)
    n += p->methods[methods.first + i].loader != PLAN_NONE;
  if (!n || d->away)
    return true;
  d->multiplex = ARENA_ARRAY(&e->arena, n, struct multiplexing);
  for (uint32_t i = 0; d->multiplex && i < methods.count; i++) {
    const struct plan_method_row *m = &p->methods[methods.first + i];
    if (m->loader == PLAN_NONE)
      continue;
    struct multiplexing *how = &d->multiplex[d->n_multiplex++];
    *how = (struct multiplexing){.method = methods.first + i,
                                 .most = most_of(p, m)};
    pthread_mutex_init(&how->lock, NULL);
    e->functions[m->function].model = d->n_multiplex;
  }
  return d->multiplex && open_shelves(e, d);
}

void models_drop(struct replica *r)
{
  for (uint32_t i = 0; r->shelves && i < r->of->n_multiplex; i++)
    for (struct model *m; (m = r->shelves[i].newest);) {
      struct kept_model *k = (struct kept_model *)m;
      if (!m->there)
        request_cancel(&k->request);
      kept_free(k);
    }
  r->named.n = 0;
}

void models_free(struct engine *e)
{
  for (uint32_t i = 0; e->deployments && i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    for (uint32_t k = 0; k < d->n_replicas && d->n_multiplex; k++)
      models_drop(&d->replicas[k]);
    for (uint32_t k = 0; k < d->n_multiplex; k++)
      pthread_mutex_destroy(&d->multiplex[k].lock);
  }
}
