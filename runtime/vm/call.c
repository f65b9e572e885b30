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
  if (f->call)
    timeline_begins(t->run, f);
  if (f->fn->takes_streams)
    streams_enter(t->run, f);
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

static struct affinity suits(const struct task *t, const struct frame *f,
                             const struct deployment *d)
{
  const uint64_t *sessions = t->run->request->sessions;
  struct affinity to = {0};
  if (f->model && d->n_multiplex)
    to.model = model_hash(f->model);
  if (sessions && d->session)
    to.session = sessions[d->session - 1];
  return to;
}

bool request_inherit(struct request *r, const struct frame *from,
                     const struct run *run)
{
  const struct text *model = from->model;
  const uint64_t *sessions = run->request->sessions;
  size_t size = run->engine->n_sessions * sizeof *sessions;
  if (model && !(r->model = text_new(r->arena, model->data, model->size)))
    return false;
  if (!sessions)
    return true;
  uint64_t *copy = arena_alloc(r->arena, size);
  if (copy)
    memcpy(copy, sessions, size);
  r->sessions = copy;
  return copy;
}

static void slot_came(struct waiting *w)
{
  struct task *t = TASK_OF(w, waiting);
  struct frame *f = t->entering;
  timer_stop(t->run->engine, &t->timer);
  frame_take(t, f);
  t->entering = NULL;
  t->wait = WAIT_NOTHING;
  if (frame_begin(t, f, &t->error) != ENTRY_WAIT)
    task_ready(t);
}

// How long it may wait for a slot: what the deployment says, or the route where
// that is less. 0: no limit.
static int64_t patience(const struct task *t, const struct deployment *d)
{
  int64_t of_route = t->run->request->queue_timeout;
  if (d->queue_timeout <= 0 || (of_route > 0 && of_route < d->queue_timeout))
    return of_route;
  return d->queue_timeout;
}

// When its answer is of no use any more, as far as that is known here: calls
// further out may have less time.
int64_t call_end_by(const struct task *t)
{
  const struct task *whole = t->kind == TASK_ATTEMPT ? t->parent : t;
  int64_t of_request = t->run->request->deadline;
  int64_t end = of_request > 0 ? of_request : INT64_MAX;
  if (timer_is_set(&t->limit) && t->limit.at < end)
    end = t->limit.at;
  if (timer_is_set(&whole->limit) && whole->limit.at < end)
    end = whole->limit.at;
  return end;
}

// It waits no longer, and goes on with the error.
static void stop_waiting(struct task *t, const struct error *error)
{
  timer_stop(t->run->engine, &t->timer);
  frame_keep(t->run, t->entering);
  t->entering = NULL;
  t->error = error;
  task_ready(t);
}

static void waited_too_long(struct timer *timer)
{
  struct task *t = TASK_OF(timer, timer);
  struct deployment *d = t->deployment;
  bool own = patience(t, d) == d->queue_timeout;
  deployment_leave(d, &t->waiting);
  stop_waiting(t, error_make(t, ERROR_timeout, 408,
                             "%s had no free replica within %s queue_timeout",
                             d->name, own ? "its" : "the route's"));
}

static void is_late(struct waiting *w)
{
  struct task *t = TASK_OF(w, waiting);
  stop_waiting(t, error_make(t, ERROR_timeout, 408,
                             "%s could not answer in the time that is left",
                             t->deployment->name));
}

static const struct error *is_down(struct task *t, const struct deployment *d)
{
  return error_make(t, ERROR_unavailable, 503,
                    "%s has no replica: none can start", d->name);
}

void calls_refuse(struct deployment *d)
{
  for (struct waiting *w; (w = queue_first(&d->queue));) {
    struct task *t = TASK_OF(w, waiting);
    deployment_leave(d, w);
    stop_waiting(t, is_down(t, d));
  }
}

static const struct error *is_refused(struct task *t,
                                      const struct deployment *d,
                                      enum deployment_line line)
{
  const struct error *e =
      line == LINE_FULL
          ? error_make(t, ERROR_overloaded, d->overload_status,
                       "%s is overloaded: its queue of %u is full", d->name,
                       (unsigned)d->max_queued)
          : error_make(t, ERROR_overloaded, d->overload_status,
                       "%s is overloaded: its queue is too long for the time "
                       "that is left",
                       d->name);
  return error_retry(t, e, deployment_retry_after(d));
}

static enum entry wait_in_line(struct task *t, struct frame *f,
                               struct deployment *d, int priority,
                               const struct error **error)
{
  struct engine *e = t->run->engine;
  if (d->down) {
    claim_goes(&f->claim.state, CLAIM_ON_refuse);
    *error = is_down(t, d);
    frame_keep(t->run, f);
    return ENTRY_FAIL;
  }
  int64_t now = engine_now(e), allowed = patience(t, d), until = INT64_MAX;
  if (allowed > 0 && __builtin_add_overflow(now, allowed, &until))
    until = INT64_MAX;
  t->waiting = (struct waiting){.priority = priority,
                                .since = now,
                                .claim = &f->claim,
                                .start_by = until,
                                .end_by = call_end_by(t),
                                .enter = slot_came,
                                .late = is_late};
  enum deployment_line line = deployment_wait(d, &t->waiting);
  if (line != LINE_JOINED) {
    *error = is_refused(t, d, line);
    frame_keep(t->run, f);
    return ENTRY_FAIL;
  }
  t->entering = f;
  t->deployment = d;
  t->wait = WAIT_QUEUE;
  t->timer.fire = waited_too_long;
  if (until < INT64_MAX)
    timer_set(e, &t->timer, until);
  if (d->changed) // which may bring a slot at once
    d->changed(d);
  return ENTRY_WAIT;
}

enum entry call_admit(struct task *t, struct frame *f, struct deployment *d,
                      int priority, const struct error **error)
{
  bool own = f->self && f->self->of == d && !f->stands_in;
  if (t->run->timeline && d)
    timeline_ask(t->run, f, d);
  if (!d || (own && !d->away)) // a call to oneself needs no slot
    return frame_begin(t, f, error);
  enum entry entry;
  if (d->cache && cache_answers(t, f, d, priority, &entry, error))
    return entry;
  if (!d->bounded) {
    if (!f->stands_in)
      f->self = deployment_turn(d);
    return frame_begin(t, f, error);
  }
  if (d->away)
    return message_send(t, f, d, priority, error);
  f->claim.to = suits(t, f, d);
  if (!deployment_take(d, &f->claim, engine_now(t->run->engine)))
    return wait_in_line(t, f, d, priority, error);
  frame_take(t, f);
  return frame_begin(t, f, error);
}

// ---- making the frame ----

struct target { // whom a site calls
  const struct function *fn;
  struct deployment *d;          // NULL: it runs on the caller's replica
  struct replica *self;          // of a function
  const struct closure *closure; // whose values come before the arguments
};

static const struct error *not_there(struct task *t)
{
  return error_make(t, ERROR_internal, 500, "what is called is not there");
}

static const struct error *take_value(struct task *t, const struct closure *c,
                                      struct target *to)
{
  struct engine *e = t->run->engine;
  if (!c)
    return not_there(t);
  if (c->kind == SITE_function) {
    to->fn = &e->functions[c->target];
    to->self = c->self;
    to->closure = c;
    if (to->fn->class == PLAN_NONE)
      return NULL;
    if (!to->self)
      return not_there(t);
    if (to->self->of->away) // its fields are at home, and it runs there
      to->d = to->self->of;
    return NULL;
  }
  const struct plan_method_row *m = &e->plan->methods[c->target];
  to->fn = &e->functions[m->function];
  to->d = c->handle;
  return to->d && to->d->class == m->class ? NULL : not_there(t);
}

static const struct error *take_stub(struct task *t, const struct stub *stub,
                                     struct target *to)
{
  while (stub && stub->fn != to->fn)
    stub = stub->next;
  return stub ? take_value(t, stub->instead, to) : NULL;
}

static const struct error *
target_of_method(struct task *t, const struct site *s, struct target *to)
{
  if (!to->d || to->d->class != s->class)
    return not_there(t);
  return to->d->stubs ? take_stub(t, to->d->stubs, to) : NULL;
}

static const struct error *target_of(struct task *t, const struct site *s,
                                     struct target *to)
{
  struct frame *caller = t->frame;
  const struct error *error;
  *to = (struct target){s->function, s->deployment, caller->self, NULL};
  switch (s->kind) {
  case SITE_function:
    if (to->fn->class == PLAN_NONE)
      return NULL;
    if (to->fn->class != caller->fn->class)
      return not_there(t);
    return to->self && to->self->of->stubs
               ? take_stub(t, to->self->of->stubs, to)
               : NULL;
  case SITE_callable:
    error = take_value(t, caller->slots[s->row->first].closure, to);
    return !error && to->d && to->d->stubs ? take_stub(t, to->d->stubs, to)
                                           : error;
  case SITE_handle:
    to->d = caller->slots[s->row->first].handle;
    return target_of_method(t, s, to);
  default:
    return target_of_method(t, s, to);
  }
}

struct frame *call_frame(struct task *t, const struct frame *like)
{
  struct frame *f = frame_new(t->run, like->fn);
  if (!f)
    return NULL;
  f->self = t->self;
  f->stands_in = like->stands_in;
  f->within = like->within;
  f->model = like->model;
  f->depth = t->depth;
  memcpy(f->slots, like->slots, like->fn->n_params * sizeof *f->slots);
  return f;
}

// With what the closure holds and, behind it, the arguments.
static struct frame *frame_of_site(struct task *t, const struct site *s,
                                   struct deployment **d,
                                   const struct error **error)
{
  struct frame *caller = t->frame;
  struct target to;
  const struct text *named = t->model;
  t->model = NULL;
  if ((*error = target_of(t, s, &to)))
    return NULL;
  struct frame *f = NULL;
  if (caller->depth + 1 >= VM_DEPTH)
    *error = error_too_deep(t);
  else if (!(f = frame_new(t->run, to.fn)))
    *error = error_memory(t);
  if (!f)
    return NULL;
  uint32_t held = to.closure ? to.closure->count : 0;
  f->self = to.self;
  f->stands_in = to.closure && to.d && !to.d->away;
  frame_is_for(f, caller);
  if (named)
    f->model = named->size ? named : NULL;
  if (held)
    memcpy(f->slots, to.closure->captured, held * sizeof(value));
  memcpy(f->slots + held, caller->slots + s->first, s->count * sizeof(value));
  *d = to.d;
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
  c->owner = t->frame;
  c->self = f->self;
  c->depth = f->depth;
  call_limit(c, limit_of(s, d));
  return c;
}

// Arguments of these types, for the last of these parameters. What a parameter
// may hold futures for is passed on with them.
struct arguments {
  const struct engine *engine;
  const uint32_t *types, *params;
  uint32_t count;
};

static bool holds_futures(const struct arguments *a, uint32_t i)
{
  return a->engine->has_future[a->types[i]] &&
         !a->engine->has_future[a->params[i]];
}

static bool hold_futures(const struct arguments *a)
{
  for (uint32_t i = 0; a->types && i < a->count; i++)
    if (holds_futures(a, i))
      return true;
  return false;
}

static enum gathered gather_arguments(struct task *t, const struct arguments *a,
                                      const value *args,
                                      const struct error **error)
{
  enum gathered g = GATHER_THERE;
  gather_begin(t);
  for (uint32_t i = 0; i < a->count && g != GATHER_FAILED; i++)
    if (holds_futures(a, i))
      g = gather(t, a->types[i], args[i], error);
  return g;
}

static bool resolve_arguments(struct task *t, const struct arguments *a,
                              value *args)
{
  for (uint32_t i = 0; i < a->count; i++)
    if (holds_futures(a, i) &&
        !future_resolve(t, a->types[i], args[i], &args[i]))
      return false;
  return true;
}

static enum entry take_arguments(struct task *t, const struct error **error)
{
  struct frame *f = t->entering;
  uint32_t at = f->fn->n_params - t->site->count;
  struct arguments a = {t->run->engine, t->types, f->fn->types + at,
                        t->site->count};
  if (!hold_futures(&a))
    return ENTRY_RUN;
  switch (gather_arguments(t, &a, f->slots + at, error)) {
  case GATHER_FAILED:
    return ENTRY_FAIL;
  case GATHER_OUT:
    t->wait = WAIT_INPUT;
    return ENTRY_WAIT;
  case GATHER_THERE:
    break;
  }
  if (resolve_arguments(t, &a, f->slots + at))
    return ENTRY_RUN;
  *error = error_memory(t);
  return ENTRY_FAIL;
}

enum entry call_begin(struct task *t, const struct error **error)
{
  enum entry ready = take_arguments(t, error);
  if (ready != ENTRY_RUN)
    return ready;
  t->types = NULL;
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

// Lets it run when it is its turn, or fail. Slots are taken in that order too.
void call_launch(struct task *c)
{
  const struct error *error;
  if (c->run->engine->n_begin && c->deployment && c->deployment->bounded) {
    task_begins(c);
    return;
  }
  switch (call_begin(c, &error)) {
  case ENTRY_RUN:
    task_begins(c);
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
  if (s->own || f->fn->yields || (d && d->request_timeout > 0))
    return enter_apart(t, s, f, d, result, error);
  f->caller = t->frame;
  f->return_pc = t->pc;
  f->result = result;
  return call_admit(t, f, d,
                    s->has_priority ? s->priority : t->run->request->priority,
                    error);
}

// A helper that is a value runs in the order of its caller, at once; what it
// gives is a future that is there.
static enum entry enter_helper(struct task *t, const struct site *s,
                               const struct closure *c, uint16_t result,
                               const struct error **error)
{
  struct frame *caller = t->frame;
  const struct function *fn = &t->run->engine->functions[c->target];
  struct arguments a = {t->run->engine, caller->fn->types + s->first,
                        fn->types + c->count, s->count};
  if (hold_futures(&a))
    switch (gather_arguments(t, &a, caller->slots + s->first, error)) {
    case GATHER_FAILED:
      return ENTRY_FAIL;
    case GATHER_OUT:
      t->pc--;
      t->wait = WAIT_FORCE;
      return ENTRY_WAIT;
    case GATHER_THERE:
      break;
    }
  struct deployment *d;
  struct frame *f = frame_of_site(t, s, &d, error);
  if (!f)
    return ENTRY_FAIL;
  struct future *future = ARENA_NEW(t->run->arena, struct future);
  if (!future || !resolve_arguments(t, &a, f->slots + c->count)) {
    *error = error_memory(t);
    frame_keep(t->run, f);
    return ENTRY_FAIL;
  }
  caller->slots[result].future = future;
  f->gives_future = true;
  f->caller = caller;
  f->return_pc = t->pc;
  f->result = result;
  return frame_begin(t, f, error);
}

enum entry call_start_value(struct task *t, const struct site *s,
                            uint16_t result, const struct error **error)
{
  const struct closure *c = t->frame->slots[s->row->first].closure;
  const struct function *fn = t->run->engine->functions;
  bool away = c && c->kind == SITE_function && c->self && c->self->of->away;
  bool helper = c && c->kind == SITE_function && !s->own && !away &&
                !fn[c->target].yields && !fn[c->target].graph &&
                !fn[c->target].batch;
  if (helper)
    return enter_helper(t, s, c, result, error);
  struct future *f = call_start(t, s, error);
  if (!f)
    return ENTRY_FAIL;
  t->frame->slots[result].future = f;
  return ENTRY_RUN;
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
