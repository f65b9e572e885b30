// Batches: calls of a method that batches, put together and run as one request.
//
// Enters: a call that is the method's frame (its code waits here). When its
// batch goes (runtime/serve/batch.h), the arguments of all members are copied
// into lists, in the batch's own memory, and the method's body runs on them as
// a request of its own on the same replica. Leaves: a copy of its element for
// each member that is still there, or the error. A batch that nobody waits for
// any more is cancelled.
#include "grammar/defs/settings.h"
#include "runtime/value/tensor_node.h"
#include "runtime/vm/vm.h"

#include <stdlib.h>
#include <string.h>

enum { SPARE_BATCHES = 16, SPARE_MEMORY = 64 << 10 };

struct batch {
  struct batch *next; // spare ones
  struct batch_queue *queue;
  struct members members; // that are still there
  uint32_t size;          // how many they were
  struct request request;
  struct arena arena;
};

struct batch_queue {
  struct lineup lineup;
  struct engine *engine;
  struct replica *replica;
  const struct function *fn, *body;
  struct timer timer; // until the first one has waited long enough
};

static void go_on(struct batch_queue *q);

static struct task *task_of(struct member *m)
{
  return (struct task *)((char *)m - offsetof(struct task, member));
}

// A batch is for one model.
static bool for_one_model(const struct member *x, const struct member *y)
{
  return model_same(task_of((struct member *)x)->frame->model,
                    task_of((struct member *)y)->frame->model);
}

// ---- batches ----

static struct batch *batch_new(struct batch_queue *q)
{
  struct engine *e = q->engine;
  struct batch *b = e->batches;
  if (b) {
    e->batches = b->next;
    e->n_batches--;
  } else if (!(b = calloc(1, sizeof *b))) {
    return NULL;
  }
  struct arena arena = b->arena;
  *b = (struct batch){.queue = q, .arena = arena};
  b->arena.limit = e->request_memory;
  return b;
}

static void batch_free(struct batch *b)
{
  arena_free(&b->arena);
  free(b);
}

static void batch_keep(struct engine *e, struct batch *b)
{
  if (e->n_batches >= SPARE_BATCHES) {
    batch_free(b);
    return;
  }
  if (b->arena.held > SPARE_MEMORY)
    arena_free(&b->arena);
  else
    arena_reset(&b->arena);
  b->next = e->batches;
  e->batches = b;
  e->n_batches++;
}

void batches_free(struct engine *e)
{
  while (e->batches) {
    struct batch *b = e->batches;
    e->batches = b->next;
    batch_free(b);
  }
}

// ---- what a batch came to ----

static const struct error *wrong_length(struct task *t, const struct batch *b,
                                        uint64_t length)
{
  return error_make(
      t, ERROR_user, 500, "%s gave %llu results for a batch of %u",
      b->queue->fn->name, (unsigned long long)length, (unsigned)b->size);
}

// One row of a tensor, without copying it yet.
static struct tensor row_of(const struct tensor *whole, uint32_t i)
{
  struct tensor row = {.dtype = whole->dtype, .rank = whole->rank - 1};
  size_t at = (size_t)(whole->strides[0] * (int64_t)i);
  for (uint32_t k = 0; k < row.rank; k++) {
    row.dims[k] = whole->dims[k + 1];
    row.strides[k] = whole->strides[k + 1];
  }
  if (!tensor_is_out(whole))
    row.data = (char *)whole->data + at * dtype_size[whole->dtype];
  return row;
}

// The member's own element, in its own memory.
static const struct error *take_element(struct task *t, const struct batch *b,
                                        uint32_t i, value *out)
{
  const struct plan *p = t->run->engine->plan;
  const struct function *fn = b->queue->fn, *body = b->queue->body;
  value whole = b->request.result, part;
  struct tensor row;
  if (p->types[body->row->result].kind == TYPE_tensor) {
    const struct tensor *all = whole.tensor;
    if (!all->rank || all->dims[0] != b->size)
      return wrong_length(t, b, all->rank ? (uint64_t)all->dims[0] : 0);
    row = row_of(all, i);
    part.tensor = &row;
  } else {
    if (whole.list->count != b->size)
      return wrong_length(t, b, whole.list->count);
    part = whole.list->items[i];
  }
  bool copied = value_copy(t->run->arena, p, fn->row->result, part, out);
  return copied ? NULL : error_memory(t);
}

static void deliver(struct batch *b, struct member *m)
{
  struct task *t = task_of(m);
  const struct error *from = b->request.failed ? &b->request.error : NULL;
  value v;
  const struct error *error =
      from ? error_take(t, from) : take_element(t, b, m->index, &v);
  if (error)
    t->error = error;
  else
    t->frame->slots[m->result] = v;
  task_ready(t);
}

static void end(struct batch *b)
{
  struct batch_queue *q = b->queue;
  batch_keep(q->engine, b);
  q->lineup.under_way--;
  go_on(q);
}

static void on_done(struct request *r)
{
  struct batch *b = r->user;
  for (struct member *m; (m = b->members.first);) {
    members_remove(&b->members, m);
    deliver(b, m);
  }
  end(b);
}

// ---- how one begins ----

static bool copy_param(struct batch *b, uint32_t param, value *out)
{
  const struct batch_queue *q = b->queue;
  struct list *l = list_new(&b->arena, b->size);
  for (struct member *m = b->members.first; l && m; m = m->next, l->count++)
    if (!value_copy(&b->arena, q->engine->plan, q->fn->types[param],
                    task_of(m)->frame->slots[param], &l->items[l->count]))
      return false;
  out->list = l;
  return l != NULL;
}

// What goes for all of them goes as the most urgent one would.
static uint32_t set_request(struct batch *b)
{
  uint32_t deepest = 0;
  struct request *r = &b->request;
  const struct request *first = task_of(b->members.first)->run->request;
  const struct text *model = task_of(b->members.first)->frame->model;
  *r = (struct request){
      .arena = &b->arena,
      .done = on_done,
      .user = b,
      .id = first->id ? arena_copy(&b->arena, first->id, strlen(first->id))
                      : NULL,
      .priority = first->priority,
      .model = model ? text_new(&b->arena, model->data, model->size) : NULL};
  for (struct member *m = b->members.first; m; m = m->next) {
    const struct task *t = task_of(m);
    if (t->run->request->priority > r->priority)
      r->priority = t->run->request->priority;
    if (t->frame->depth > deepest)
      deepest = t->frame->depth;
  }
  return deepest + 1;
}

static void start(struct batch *b)
{
  struct batch_queue *q = b->queue;
  struct engine *e = q->engine;
  uint32_t depth = set_request(b), n = q->fn->n_params;
  value *args = ARENA_ARRAY(&b->arena, n, value);
  bool ready = args != NULL;
  for (uint32_t i = 0; ready && i < n; i++)
    ready = copy_param(b, i, &args[i]);
  if (ready) {
    request_start_on(e, &b->request,
                     (uint32_t)(q->body->row - e->plan->functions), args,
                     q->replica, depth);
  } else {
    b->request.engine = e;
    request_finish(&b->request, (value){0}, error_no_memory());
  }
}

static void fail_first(struct batch_queue *q)
{
  struct member *m = q->lineup.waiting.first;
  struct task *t = task_of(m);
  lineup_leave(&q->lineup, m);
  t->error = error_memory(t);
  task_ready(t);
}

static void begin(struct batch_queue *q)
{
  struct batch *b = batch_new(q);
  if (!b) {
    fail_first(q);
    return;
  }
  lineup_take(&q->lineup, &b->members);
  q->lineup.under_way++;
  for (struct member *m = b->members.first; m; m = m->next) {
    m->batch = b;
    m->index = b->size++;
  }
  start(b);
}

// Sees to the one that goes next.
static void set_timer(struct batch_queue *q)
{
  int64_t at = lineup_time(&q->lineup);
  if (at == INT64_MAX)
    timer_stop(q->engine, &q->timer);
  else if (!timer_is_set(&q->timer) || q->timer.at != at)
    timer_set(q->engine, &q->timer, at);
}

static void go_on(struct batch_queue *q)
{
  while (lineup_due(&q->lineup, engine_now(q->engine)))
    begin(q);
  set_timer(q);
}

static void waited_enough(struct timer *timer)
{
  go_on((struct batch_queue *)((char *)timer -
                               offsetof(struct batch_queue, timer)));
}

// ---- members ----

const struct error *batch_join(struct task *t, int64_t weight, uint16_t result)
{
  struct frame *f = t->frame;
  if (!f->fn->batch || !f->self || !f->self->batches)
    return error_make(t, ERROR_internal, 500, "nothing forms this batch");
  if (weight < 0)
    return error_make(t, ERROR_user, 500, "size_of gave %lld",
                      (long long)weight);
  if (f->depth + 1 >= VM_DEPTH)
    return error_too_deep(t);
  struct batch_queue *q = &f->self->batches[f->fn->batch - 1];
  t->member = (struct member){.queue = q, .result = result};
  t->wait = WAIT_BATCH;
  lineup_join(&q->lineup, &t->member, weight, engine_now(q->engine));
  while (lineup_full(&q->lineup))
    begin(q);
  set_timer(q); // even without a wait, those who come in the same turn are in
  return NULL;
}

const struct task *batch_runs(const struct task *t)
{
  const struct batch *b = t->member.batch;
  return b && b->request.run ? b->request.run->root : NULL;
}

void batch_leave(struct task *t)
{
  struct member *m = &t->member;
  struct batch_queue *q = m->queue;
  struct batch *b = m->batch;
  if (!b) {
    lineup_leave(&q->lineup, m);
    go_on(q);
    return;
  }
  members_remove(&b->members, m);
  if (b->members.first)
    return;
  request_cancel(&b->request);
  end(b);
}

// ---- settings ----

static void set_limit(struct batching *b, enum setting_id id, int64_t v)
{
  int64_t n = v < 1 ? 1 : v > INT32_MAX ? INT32_MAX : v;
  if (id == SETTING_batch_max_size)
    b->max_size = n;
  else if (id == SETTING_batch_max_concurrent)
    b->max_concurrent = (uint32_t)n;
  else if (id == SETTING_batch_wait)
    b->wait = v;
}

static void set_limits(const struct plan *p, uint32_t method,
                       struct batching *b)
{
  static const enum setting_id ids[] = {
      SETTING_batch_max_size, SETTING_batch_wait, SETTING_batch_max_concurrent};
  struct plan_run run = p->methods[method].settings;
  *b = (struct batching){.method = method};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
    set_limit(b, ids[i], setting_default(ids[i]));
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_setting *s = &p->settings[run.first + i];
    set_limit(b, s->id, (int64_t)plan_bits(&p->consts[s->value]));
  }
}

// ---- changes ----

static bool same_batching(const struct batching *x, const struct batching *y)
{
  return x->max_size == y->max_size && x->wait == y->wait &&
         x->max_concurrent == y->max_concurrent;
}

bool batching_change(struct engine *e, struct deployment *d,
                     const struct batching *to)
{
  uint32_t i = 0;
  while (i < d->n_batching && d->batching[i].method != to->method)
    i++;
  if (i == d->n_batching || same_batching(&d->batching[i], to))
    return false;
  d->batching[i] = *to;
  for (uint32_t k = 0; k < d->n_replicas; k++)
    if (d->replicas[k].batches)
      go_on(&d->replicas[k].batches[i]);
  return true;
}

uint32_t engine_rebatch(struct engine *e, const struct plan *with)
{
  uint32_t changed = 0;
  struct batching to;
  for (uint32_t i = 0; i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    for (uint32_t k = 0; k < d->n_batching; k++) {
      set_limits(with, d->batching[k].method, &to);
      changed += batching_change(e, d, &to);
    }
  }
  return changed;
}

// ---- what there is from the beginning ----

bool batches_set(struct engine *e, struct deployment *d)
{
  struct plan_run methods = e->plan->classes[d->class].methods;
  uint32_t n = 0;
  for (uint32_t i = 0; i < methods.count; i++)
    n += e->plan->methods[methods.first + i].batch != PLAN_NONE;
  if (!n)
    return true;
  d->batching = ARENA_ARRAY(&e->arena, n, struct batching);
  for (uint32_t i = 0; d->batching && i < methods.count; i++) {
    uint32_t m = methods.first + i;
    if (e->plan->methods[m].batch == PLAN_NONE)
      continue;
    set_limits(e->plan, m, &d->batching[d->n_batching++]);
    e->functions[e->plan->methods[m].function].batch = d->n_batching;
  }
  return d->batching != NULL;
}

bool batches_open(struct engine *e, struct replica *r)
{
  struct deployment *d = r->of;
  if (!d->n_batching)
    return true;
  r->batches = ARENA_ARRAY(&e->arena, d->n_batching, struct batch_queue);
  for (uint32_t i = 0; r->batches && i < d->n_batching; i++) {
    const struct plan_method_row *m = &e->plan->methods[d->batching[i].method];
    r->batches[i] = (struct batch_queue){
        .lineup = {.how = &d->batching[i], .together = for_one_model},
        .engine = e,
        .replica = r,
        .fn = &e->functions[m->function],
        .body = &e->functions[m->batch],
        .timer = {.fire = waited_enough}};
  }
  return r->batches != NULL;
}
