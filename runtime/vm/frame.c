// Frames and tasks: their memory, their ends. See vm.h for who owns what.
#include "runtime/vm/vm.h"

#include <string.h>

// ---- frames ----

static struct frame *frame_memory(struct run *run, const struct function *f)
{
  if (f->size_class == VM_SIZES)
    return arena_alloc(run->own, f->frame_size);
  struct frame **free = &run->frames[f->size_class];
  struct frame *kept = *free;
  if (kept) {
    *free = kept->caller;
    return kept;
  }
  return arena_alloc(run->own, f->frame_size);
}

struct frame *frame_new(struct run *run, const struct function *fn)
{
  struct frame *f = frame_memory(run, fn);
  if (!f)
    return NULL;
  memset(f, 0, sizeof *f);
  f->fn = fn;
  memcpy(f->slots, fn->template, fn->n_slots * sizeof(value));
  if (fn->graph)
    memset(frame_graph(f), 0, sizeof(struct graph));
  return f;
}

void frame_keep(struct run *run, struct frame *f)
{
  uint32_t class = f->fn->size_class;
  if (f->call)
    timeline_cancel(run, f);
  if (class == VM_SIZES)
    return;
  f->caller = run->frames[class];
  run->frames[class] = f;
}

// ---- slots ----

void frame_take(struct task *t, struct frame *f)
{
  struct replica *r = f->claim.replica;
  if (!f->stands_in)
    f->self = r;
  if (!r->of->may_stop)
    return;
  f->slot_task = t;
  f->slot_next = r->holders;
  f->slot_at = &r->holders;
  if (f->slot_next)
    f->slot_next->slot_at = &f->slot_next;
  r->holders = f;
}

void frame_forget_slot(struct frame *f)
{
  f->claim.replica = NULL;
  if (!f->slot_at)
    return;
  *f->slot_at = f->slot_next;
  if (f->slot_next)
    f->slot_next->slot_at = f->slot_at;
  f->slot_at = NULL;
}

static void give_slot(struct run *run, struct frame *f)
{
  struct claim c = f->claim;
  frame_forget_slot(f);
  deployment_give(&c, engine_now(run->engine));
}

void frame_drop(struct task *t, struct frame *f)
{
  if (t->handlers)
    handlers_drop(t, f);
  if (f->fn->graph)
    graph_cancel(f);
  if (f->calls)
    tasks_cancel(&f->calls);
  if (f->streams)
    streams_drop(&f->streams);
  if (f->claim.replica)
    give_slot(t->run, f);
  frame_keep(t->run, f);
}

void handler_pop(struct task *t)
{
  struct handler *h = t->handlers;
  t->handlers = h->next;
  t->n_handlers--;
  h->next = t->run->handlers;
  t->run->handlers = h;
}

void handlers_drop(struct task *t, const struct frame *f)
{
  while (t->handlers && (!f || t->handlers->frame == f))
    handler_pop(t);
}

// All frames of the task; a strand's base belongs to its graph.
static void chain_drop(struct task *t)
{
  struct frame *stop = t->kind == TASK_STRAND ? t->base : NULL;
  while (t->frame && t->frame != stop) {
    struct frame *f = t->frame;
    t->frame = f->caller;
    frame_drop(t, f);
  }
  handlers_drop(t, NULL);
}

// ---- tasks ----

static struct task *task_memory(struct run *run)
{
  struct task *t = run->tasks;
  if (t) {
    run->tasks = t->next;
  } else if ((t = ARENA_NEW(run->own, struct task))) {
    t->made = run->made;
    run->made = t;
  }
  return t;
}

struct task *task_new(struct run *run, enum task_kind kind, struct task **owner)
{
  struct task *t = task_memory(run);
  if (!t)
    return NULL;
  uint32_t generation = t->generation;
  struct task *made = t->made;
  memset(t, 0, sizeof *t);
  t->run = run;
  t->made = made;
  t->kind = (uint8_t)kind;
  t->generation = generation + 1;
  t->timer.aside = t->limit.aside = run->aside;
  if (!owner)
    return t;
  t->sibling = *owner;
  t->sibling_at = owner;
  if (t->sibling)
    t->sibling->sibling_at = &t->sibling;
  *owner = t;
  return t;
}

void task_unlist(struct task *t)
{
  if (!t->sibling_at)
    return;
  *t->sibling_at = t->sibling;
  if (t->sibling)
    t->sibling->sibling_at = t->sibling_at;
  t->sibling_at = NULL;
}

void task_free(struct task *t)
{
  task_unlist(t);
  t->generation++; // what still points here is of another time
  t->free = true;
  t->next = t->run->tasks;
  t->run->tasks = t;
}

void task_ready(struct task *t)
{
  struct engine *e = t->run->engine;
  t->wait = WAIT_READY;
  t->next = NULL;
  t->prev = e->ready_last;
  *(e->ready_last ? &e->ready_last->next : &e->ready_first) = t;
  e->ready_last = t;
}

void task_begins(struct task *t)
{
  task_ready(t);
  t->wait = WAIT_BEGIN;
  t->run->engine->n_begin++;
}

static void leave_ready(struct task *t)
{
  struct engine *e = t->run->engine;
  e->n_begin -= t->wait == WAIT_BEGIN;
  *(t->prev ? &t->prev->next : &e->ready_first) = t->next;
  *(t->next ? &t->next->prev : &e->ready_last) = t->prev;
}

// Nothing will wake it any more.
static void stop_waiting(struct task *t)
{
  struct engine *e = t->run->engine;
  if (t->wait == WAIT_READY || t->wait == WAIT_BEGIN)
    leave_ready(t);
  if (t->wait == WAIT_QUEUE)
    deployment_leave(t->deployment, &t->waiting);
  if (t->wait == WAIT_AWAY)
    message_cancel(t);
  if (t->wait == WAIT_CACHE)
    cache_leave(t);
  if (t->wait == WAIT_BATCH)
    batch_leave(t);
  if (t->wait == WAIT_MODEL)
    model_leave(t);
  if (t->wait == WAIT_JOB)
    job_leave(t);
  timer_stop(e, &t->timer);
  timer_stop(e, &t->limit);
  t->generation++;
  t->wait = WAIT_NOTHING;
}

void task_cancel(struct task *t, const struct error *why)
{
  struct run *run = t->run;
  struct each *each = t->each;
  stop_waiting(t);
  tasks_cancel(&t->attempts);
  chain_drop(t);
  if (t->entering)
    frame_keep(run, t->entering);
  struct future *future = t->future;
  struct task *parent = t->parent;
  task_free(t);
  if (future)
    future_complete(run, future, (value){0}, why ? why : error_cancelled());
  if (each && why)
    each_next(run, each);
  if (!parent || !why)
    return;
  if (parent->tries) {
    attempt_ended(parent, (value){0}, why);
    return;
  }
  parent->error = why;
  task_ready(parent);
}

void tasks_cancel(struct task **list)
{
  while (*list)
    task_cancel(*list, NULL);
}

void task_deliver(struct run *run, struct future *future, struct task *parent,
                  uint16_t result, value v)
{
  if (future)
    future_complete(run, future, v, NULL);
  if (!parent)
    return;
  if (parent->tries) {
    attempt_ended(parent, v, NULL);
    return;
  }
  parent->frame->slots[result] = v;
  task_ready(parent);
}

// Of one that had yielded.
static void end_stream(struct task *t, const struct error *error)
{
  struct stream *s = t->stream;
  if (t->base->call)
    timeline_end(t->run, t->base, error);
  chain_drop(t);
  task_free(t);
  stream_over(s, error);
}

static void finish(struct task *t, value v, const struct error *error)
{
  struct run *run = t->run;
  if (t->stream) {
    end_stream(t, error);
    return;
  }
  if (!error && t->base && t->base->streams)
    streams_return(run, t->base, v, streams_of(t));
  if (!error && t->site && t->site->piece_timeout)
    streams_limit(t, v);
  if (t->base && t->base->call)
    timeline_end(run, t->base, error);
  timer_stop(run->engine, &t->limit);
  timer_stop(run->engine, &t->timer);
  tasks_cancel(&t->attempts);
  chain_drop(t);
  if (t->entering)
    frame_keep(run, t->entering);
  struct future *future = t->future;
  struct task *parent = t->parent;
  uint16_t result = t->result;
  bool root = t->kind == TASK_ROOT;
  task_free(t);
  if (root)
    request_finish(run->request, v, error);
  if (!error) {
    task_deliver(run, future, parent, result, v);
    return;
  }
  if (future)
    future_complete(run, future, v, error);
  if (!parent)
    return;
  if (parent->tries) {
    attempt_ended(parent, v, error);
    return;
  }
  parent->error = error;
  task_ready(parent);
}

void task_finish(struct task *t, value v, const struct error *error)
{
  struct run *run = t->run;
  struct each *each = t->each;
  finish(t, v, error);
  if (each)
    each_next(run, each);
}

void task_answer(struct task *t, uint16_t result, value v,
                 const struct error *error)
{
  if (!t->frame) {
    task_finish(t, v, error);
    return;
  }
  if (error)
    t->error = error;
  else
    t->frame->slots[result] = v;
  task_ready(t);
}

// ---- errors on their way ----

// What a handler finds in its slot: { message, kind, status }.
static bool caught(struct task *t, const struct error *error)
{
  const struct handler *h = t->handlers;
  const char *kind = error_kind_name(error->kind);
  value *record = ARENA_ARRAY(t->run->arena, 3, value);
  const struct text *name = text_view(t->run->arena, kind, strlen(kind));
  handler_pop(t); // it is kept for reuse, and still there to read
  if (!record || !name)
    return false;
  record[0].text = error->message;
  record[1].text = name;
  record[2].i = error->status;
  t->frame->slots[h->slot].parts = record;
  t->pc = h->at;
  return true;
}

bool task_raise(struct task *t, const struct error *error)
{
  for (;;) {
    while (t->handlers && t->handlers->frame == t->frame)
      if (caught(t, error))
        return true;
    struct frame *f = t->frame;
    if (f == t->base) {
      if (t->kind == TASK_STRAND)
        strand_fail(t, error);
      else
        task_finish(t, (value){0}, error);
      return false;
    }
    t->frame = f->caller;
    if (f->call)
      timeline_end(t->run, f, error);
    frame_drop(t, f);
  }
}

// ---- calls that are ended from outside ----

static void end_call(struct frame *f)
{
  struct task *t = f->slot_task;
  const struct error *error = error_make(
      t, ERROR_unavailable, 503, "%s was stopped before the call had ended",
      f->claim.replica->of->name);
  stop_waiting(t);
  while (t->frame != f) {
    struct frame *inner = t->frame;
    t->frame = inner->caller;
    frame_drop(t, inner);
  }
  if (f == t->base) {
    task_finish(t, (value){0}, error);
    return;
  }
  t->frame = f->caller;
  frame_drop(t, f);
  t->error = error;
  task_ready(t);
}

void replica_end_calls(struct replica *r)
{
  for (struct frame *f = r->holders, *next; f; f = next) {
    next = f->slot_next;
    if (!f->fn->graph && f->slot_task->frame) {
      end_call(f);
      next = r->holders; // the call may have had others in it
    }
  }
}
