// Calls: from the arguments in a caller's slots to a frame that runs.
//
// A frame is made when the call is made, with its arguments in it. Then it
// begins at once, on the caller's task or on its own, or its task waits: for
// futures among the arguments, for a slot of the deployment.
#include "runtime/vm/vm.h"

#include <string.h>

#define TASK_OF(pointer, member)                                               \
  ((struct task *)((char *)(pointer)-offsetof(struct task, member)))

// ---- entering ----

enum entry frame_begin(struct task *t, struct frame *f,
                       const struct error **error)
{
  if (!t->base)
    t->base = f;
  if (f->fn->graph) {
    if (graph_begin(t, f))
      return ENTRY_WAIT;
    *error = error_memory(t);
    frame_drop(t, f);
    return ENTRY_FAIL;
  }
  t->frame = f;
  t->pc = f->fn->code;
  return ENTRY_RUN;
}

static void slot_came(struct waiting *w, struct replica *r)
{
  struct task *t = TASK_OF(w, waiting);
  struct frame *f = t->entering;
  timer_stop(t->run->engine, &t->timer);
  f->self = f->slot = r;
  t->entering = NULL;
  t->wait = WAIT_NOTHING;
  if (frame_begin(t, f, &t->error) != ENTRY_WAIT)
    task_ready(t);
}

static void waited_too_long(struct timer *timer)
{
  struct task *t = TASK_OF(timer, timer);
  struct deployment *d = t->deployment;
  deployment_leave(d, &t->waiting);
  frame_keep(t->run, t->entering);
  t->entering = NULL;
  t->error =
      error_make(t, ERROR_timeout, 408,
                 "%s had no free replica within its queue_timeout", d->name);
  task_ready(t);
}

static enum entry wait_in_line(struct task *t, struct frame *f,
                               struct deployment *d, int priority,
                               const struct error **error)
{
  t->waiting = (struct waiting){.priority = priority, .enter = slot_came};
  if (!deployment_wait(d, &t->waiting)) {
    *error = error_make(t, ERROR_overloaded, d->overload_status,
                        "%s is overloaded: its queue of %u is full", d->name,
                        (unsigned)d->max_queued);
    frame_keep(t->run, f);
    return ENTRY_FAIL;
  }
  t->entering = f;
  t->deployment = d;
  t->wait = WAIT_QUEUE;
  t->timer.fire = waited_too_long;
  struct engine *e = t->run->engine;
  if (d->queue_timeout > 0)
    timer_set(e, &t->timer, engine_now(e) + d->queue_timeout);
  return ENTRY_WAIT;
}

enum entry call_admit(struct task *t, struct frame *f, struct deployment *d,
                      int priority, const struct error **error)
{
  if (!d || (f->self && f->self->of == d)) // a call to oneself needs no slot
    return frame_begin(t, f, error);
  if (!d->bounded) {
    f->self = deployment_turn(d);
    return frame_begin(t, f, error);
  }
  if (d->away)
    return message_send(t, f, d, priority, error);
  struct replica *r = deployment_take(d);
  if (!r)
    return wait_in_line(t, f, d, priority, error);
  f->self = f->slot = r;
  return frame_begin(t, f, error);
}

// ---- making the frame ----

static struct frame *frame_for(struct task *t, const struct function *fn,
                               const struct error **error)
{
  struct frame *caller = t->frame;
  if (caller->depth + 1 >= VM_DEPTH) {
    *error = error_too_deep(t);
    return NULL;
  }
  struct frame *f = frame_new(t->run, fn);
  if (!f) {
    *error = error_memory(t);
    return NULL;
  }
  f->self = caller->self;
  f->depth = caller->depth + 1;
  return f;
}

// The deployment that a method's site calls; false when there is none.
static bool target_of(struct task *t, const struct site *s,
                      struct deployment **d, const struct error **error)
{
  *d = s->deployment;
  if (s->kind == SITE_handle)
    *d = t->frame->slots[s->row->first].handle;
  uint32_t class = t->frame->fn->class;
  bool fits = s->kind == SITE_function ? s->function->class == PLAN_NONE ||
                                             s->function->class == class
                                       : *d && (*d)->class == s->class;
  if (s->kind != SITE_callable && fits)
    return true;
  *error = error_make(t, ERROR_internal, 500, "%s",
                      s->kind == SITE_callable ? "callables are not built yet"
                                               : "what is called is not there");
  return false;
}

struct frame *call_frame(struct task *t, const value *args)
{
  struct frame *f = frame_new(t->run, t->site->function);
  if (!f)
    return NULL;
  f->self = t->self;
  f->depth = t->depth;
  memcpy(f->slots, args, t->site->count * sizeof *args);
  return f;
}

static struct frame *frame_of_site(struct task *t, const struct site *s,
                                   struct deployment **d,
                                   const struct error **error)
{
  if (!target_of(t, s, d, error))
    return NULL;
  struct frame *f = frame_for(t, s->function, error);
  if (f)
    memcpy(f->slots, t->frame->slots + s->first, s->count * sizeof(value));
  return f;
}

// ---- calls with a task of their own ----

static void took_too_long(struct timer *timer)
{
  struct task *t = TASK_OF(timer, limit);
  const char *name = t->deployment ? t->deployment->name : "the call";
  task_cancel(t, error_make(t, ERROR_timeout, 408,
                            "%s did not answer within %.6g s", name,
                            (double)t->allowed / 1e9));
}

void call_limit(struct task *t, int64_t ns)
{
  if (!ns)
    return;
  struct engine *e = t->run->engine;
  t->allowed = ns;
  t->limit.fire = took_too_long;
  timer_set(e, &t->limit, engine_now(e) + ns);
}

// Each attempt at a call that repeats has the deployment's limit for itself.
static int64_t limit_of(const struct site *s, const struct deployment *d)
{
  int64_t limit = s->timeout;
  if (d && !s->repeats && d->request_timeout > 0 &&
      (!limit || d->request_timeout < limit))
    limit = d->request_timeout;
  return limit;
}

static struct task *task_for(struct task *t, const struct site *s,
                             struct frame *f, struct deployment *d)
{
  struct task *c = task_new(t->run, TASK_CALL, &t->frame->calls);
  if (!c)
    return NULL;
  c->entering = f;
  c->site = s;
  c->deployment = d;
  c->types = t->frame->fn->types + s->first;
  c->self = f->self;
  c->depth = f->depth;
  call_limit(c, limit_of(s, d));
  return c;
}

// Waits for futures among the arguments, and takes them out.
static enum entry take_arguments(struct task *t, const struct error **error)
{
  struct engine *e = t->run->engine;
  value *args = t->entering->slots;
  bool some = false;
  for (uint32_t i = 0; t->types && i < t->site->count; i++)
    some |= e->has_future[t->types[i]];
  if (!some)
    return ENTRY_RUN;
  enum gathered g = GATHER_THERE;
  gather_begin(t);
  for (uint32_t i = 0; i < t->site->count && g != GATHER_FAILED; i++)
    g = gather(t, t->types[i], args[i], error);
  if (g == GATHER_FAILED)
    return ENTRY_FAIL;
  if (g == GATHER_OUT) {
    t->wait = WAIT_INPUT;
    return ENTRY_WAIT;
  }
  for (uint32_t i = 0; i < t->site->count; i++)
    if (!future_resolve(t, t->types[i], args[i], &args[i])) {
      *error = error_memory(t);
      return ENTRY_FAIL;
    }
  return ENTRY_RUN;
}

enum entry call_begin(struct task *t, const struct error **error)
{
  enum entry ready = take_arguments(t, error);
  if (ready != ENTRY_RUN)
    return ready;
  struct frame *f = t->entering;
  struct deployment *d = t->deployment;
  if (t->site->repeats && t->kind != TASK_ATTEMPT) {
    attempt_begin(t);
    return ENTRY_WAIT;
  }
  int priority =
      t->site->has_priority ? t->site->priority : t->run->request->priority;
  t->entering = NULL;
  return call_admit(t, f, d, priority, error);
}

// Lets it run when it is its turn, or fail.
void call_launch(struct task *c)
{
  const struct error *error;
  switch (call_begin(c, &error)) {
  case ENTRY_RUN:
    task_ready(c);
    break;
  case ENTRY_FAIL:
    task_finish(c, (value){0}, error);
    break;
  case ENTRY_WAIT:
    break;
  }
}

static enum entry enter_apart(struct task *t, const struct site *s,
                              struct frame *f, struct deployment *d,
                              uint16_t result, const struct error **error)
{
  struct task *c = task_for(t, s, f, d);
  if (!c) {
    *error = error_memory(t);
    frame_keep(t->run, f);
    return ENTRY_FAIL;
  }
  c->parent = t;
  c->result = result;
  t->wait = WAIT_OTHER;
  call_launch(c);
  return ENTRY_WAIT;
}

enum entry call_enter(struct task *t, const struct site *s, uint16_t result,
                      const struct error **error)
{
  struct deployment *d;
  struct frame *f = frame_of_site(t, s, &d, error);
  if (!f)
    return ENTRY_FAIL;
  if (s->own || (d && d->request_timeout > 0))
    return enter_apart(t, s, f, d, result, error);
  f->caller = t->frame;
  f->return_pc = t->pc;
  f->result = result;
  return call_admit(t, f, d,
                    s->has_priority ? s->priority : t->run->request->priority,
                    error);
}

struct future *call_start(struct task *t, const struct site *s,
                          const struct error **error)
{
  struct deployment *d;
  struct frame *f = frame_of_site(t, s, &d, error);
  if (!f)
    return NULL;
  struct future *future = ARENA_NEW(t->run->arena, struct future);
  struct task *c = future ? task_for(t, s, f, d) : NULL;
  if (!c) {
    *error = error_memory(t);
    frame_keep(t->run, f);
    return NULL;
  }
  c->future = future;
  call_launch(c);
  return future;
}

// ---- one call an element ----

static struct future *start_element(struct task *t, const struct site *s,
                                    value element, const struct error **error)
{
  struct deployment *d;
  struct frame *f = frame_of_site(t, s, &d, error);
  if (!f)
    return NULL;
  f->slots[0] = element;
  struct future *future = ARENA_NEW(t->run->arena, struct future);
  struct task *c =
      future ? task_new(t->run, TASK_CALL, &t->frame->calls) : NULL;
  if (!c) {
    *error = error_memory(t);
    frame_keep(t->run, f);
    return NULL;
  }
  c->future = future;
  switch (frame_begin(c, f, error)) {
  case ENTRY_RUN:
    task_ready(c);
    break;
  case ENTRY_FAIL:
    task_finish(c, (value){0}, *error);
    break;
  case ENTRY_WAIT:
    break;
  }
  return future;
}

bool call_each(struct task *t, const struct site *s, value *out,
               const struct error **error)
{
  const struct list *elements = t->frame->slots[s->first].list;
  struct list *l = list_new(t->run->arena, elements->count);
  if (!l) {
    *error = error_memory(t);
    return false;
  }
  for (; l->count < elements->count; l->count++) {
    value *to = &l->items[l->count];
    to->future = start_element(t, s, elements->items[l->count], error);
    if (!to->future)
      return false;
  }
  out->list = l;
  return true;
}
