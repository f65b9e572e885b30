// Enters: calls of deployments that are away, and their cancellation. Leaves:
// the same calls at home, and what they came to. See port.h.
//
// Who owns a message: its sender, but what is in its arena is the home's from
// the post to the reply. Its task is the sender's alone, and NULL once nobody
// waits. A message in the list of cancelled ones is replied to by whoever
// empties that list, and by nobody else.
#include "runtime/vm/port.h"
#include "runtime/vm/vm.h"

#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

enum { SPARE_MESSAGES = 256, SPARE_MEMORY = 64 << 10 };

struct message {
  struct message *next;       // in a port's inbox, or a spare one
  struct message *next_ended; // in the list of cancelled ones
  struct engine *from, *home;
  struct task *task; // who waits, or NULL
  const struct function *fn;
  uint32_t deployment, depth;
  int priority;
  uint16_t result; // the task's slot, where it has a frame
  value *args;
  struct arena arena;
  struct request request;
  enum { MESSAGE_CALL, MESSAGE_REPLY } kind; // home's lock
  bool cancelled;                            // the same
  bool started, ended;                       // the home's
};

struct port {
  pthread_mutex_t lock;
  struct message *first, **last; // the inbox
  struct message *ended;         // cancelled by their senders
  bool poked, closed;
  uv_async_t async;
  void (*idle)(void *);
  void *user;
};

// ---- messages ----

static struct message *message_new(struct engine *e)
{
  struct message *m = e->messages;
  if (m) {
    e->messages = m->next;
    e->n_messages--;
  } else if (!(m = calloc(1, sizeof *m))) {
    return NULL;
  }
  struct arena arena = m->arena;
  *m = (struct message){.from = e, .home = e->home, .arena = arena};
  m->arena.limit = e->request_memory;
  return m;
}

static void message_free(struct message *m)
{
  arena_free(&m->arena);
  free(m);
}

static void message_keep(struct message *m)
{
  struct engine *e = m->from;
  if (e->n_messages >= SPARE_MESSAGES) {
    message_free(m);
    return;
  }
  if (m->arena.held > SPARE_MEMORY)
    arena_free(&m->arena);
  else
    arena_reset(&m->arena);
  m->next = e->messages;
  e->messages = m;
  e->n_messages++;
}

void messages_free(struct engine *e)
{
  while (e->messages) {
    struct message *m = e->messages;
    e->messages = m->next;
    message_free(m);
  }
}

// ---- posting ----

// Under its lock, so that the loop cannot close it meanwhile.
static void wake(struct port *p)
{
  if (!p->closed)
    uv_async_send(&p->async);
}

static void post(struct port *p, struct message *m)
{
  m->next = NULL;
  pthread_mutex_lock(&p->lock);
  bool first = !p->first;
  *p->last = m;
  p->last = &m->next;
  if (first)
    wake(p);
  pthread_mutex_unlock(&p->lock);
}

void port_poke(struct port *p)
{
  pthread_mutex_lock(&p->lock);
  p->poked = true;
  wake(p);
  pthread_mutex_unlock(&p->lock);
}

static struct deployment *taken(struct deployment *d, void *user)
{
  const struct engine *e = user;
  return &e->deployments[d->number];
}

static struct replica *taken_self(struct replica *r, void *user)
{
  struct deployment *d = taken(r->of, user);
  size_t number = (size_t)(r - r->of->replicas);
  return d->away ? NULL : &d->replicas[number % d->n_replicas];
}

bool value_take(struct engine *e, struct arena *a, uint32_t type, value v,
                value *out)
{
  const struct value_moved moved = {taken, taken_self, NULL, e};
  return value_copy_moved(a, e->plan, type, v, &moved, out);
}

// ---- at home ----

static void reply(struct message *m)
{
  struct port *own = m->home->port;
  pthread_mutex_lock(&own->lock);
  bool cancelled = m->cancelled;
  if (!cancelled)
    m->kind = MESSAGE_REPLY;
  pthread_mutex_unlock(&own->lock);
  if (!cancelled)
    post(m->from->port, m);
}

static void on_done(struct request *r)
{
  reply(r->user);
}

static void start(struct message *m)
{
  struct engine *e = m->home;
  m->started = true;
  m->request.arena = &m->arena;
  m->request.done = on_done;
  m->request.user = m;
  request_call(e, &m->request, &e->functions[m->fn->row - e->plan->functions],
               m->args, &e->deployments[m->deployment], m->priority, m->depth);
}

static void end_cancelled(struct message *m)
{
  struct port *own = m->home->port;
  request_cancel(&m->request);
  pthread_mutex_lock(&own->lock);
  m->cancelled = false;
  pthread_mutex_unlock(&own->lock);
  reply(m);
}

// ---- at the sender's ----

static bool copy_args(struct message *m, const struct frame *f)
{
  const struct function *fn = f->fn;
  m->args = ARENA_ARRAY(&m->arena, fn->n_params + 1, value);
  for (uint32_t i = 0; m->args && i < fn->n_params; i++)
    if (!value_take(m->home, &m->arena, fn->types[i], f->slots[i], &m->args[i]))
      return false;
  return m->args != NULL;
}

enum entry message_send(struct task *t, struct frame *f, struct deployment *d,
                        int priority, const struct error **error)
{
  struct engine *e = t->run->engine;
  struct message *m = message_new(e);
  if (!m || !copy_args(m, f)) {
    *error =
        error_make(t, ERROR_limit, 500,
                   "the arguments of %s are too large for a message", d->name);
    if (m)
      message_keep(m);
    frame_keep(t->run, f);
    return ENTRY_FAIL;
  }
  m->task = t;
  m->fn = f->fn;
  m->deployment = d->number;
  m->depth = f->depth;
  m->priority = priority;
  m->request.priority = t->run->request->priority;
  m->result = f->result;
  t->message = m;
  t->wait = WAIT_AWAY;
  frame_keep(t->run, f);
  e->n_away++;
  post(m->home->port, m);
  return ENTRY_WAIT;
}

void message_cancel(struct task *t)
{
  struct message *m = t->message;
  struct port *p = m->home->port;
  t->message = NULL;
  m->task = NULL;
  pthread_mutex_lock(&p->lock);
  if (m->kind == MESSAGE_CALL) {
    m->cancelled = true;
    m->next_ended = p->ended;
    p->ended = m;
    if (!m->next_ended)
      wake(p);
  }
  pthread_mutex_unlock(&p->lock);
}

// The error that came back, in the task's memory. One without a place is that
// of the call.
static const struct error *take_error(struct task *t, const struct error *from)
{
  struct error *e = ARENA_NEW(t->run->arena, struct error);
  const struct text *m =
      e ? text_new(t->run->arena, from->message->data, from->message->size)
        : NULL;
  if (!m)
    return error_memory(t);
  *e = *from;
  e->message = m;
  return e->line ? e : error_copy(t, e);
}

static const struct error *take_result(struct task *t, const struct message *m,
                                       value *out)
{
  const struct function *fn = m->fn;
  if (m->request.failed)
    return take_error(t, &m->request.error);
  if (value_take(m->from, t->run->arena, fn->row->result, m->request.result,
                 out))
    return NULL;
  return error_make(t, ERROR_limit, 500,
                    "the result of %s is too large for a message",
                    m->from->deployments[m->deployment].name);
}

static void arrive(struct message *m)
{
  struct task *t = m->task;
  value v = {0};
  uint16_t result = m->result;
  const struct error *error = t ? take_result(t, m, &v) : NULL;
  m->from->n_away--;
  message_keep(m);
  if (!t)
    return;
  t->message = NULL;
  t->wait = WAIT_NOTHING;
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

// ---- a port ----

// Engines run when all their messages of a burst are there.
static void touch(struct engine **last, struct engine *e)
{
  if (*last && *last != e)
    engine_run(*last);
  *last = e;
}

// Those that wait in the inbox still end there.
static void end_all(struct message *m, struct engine **last)
{
  while (m) {
    struct message *next = m->next_ended;
    m->ended = true;
    touch(last, m->home);
    if (m->started)
      end_cancelled(m);
    m = next;
  }
}

static void take_in(struct message *m, struct engine **last, bool *idle)
{
  while (m) {
    struct message *next = m->next;
    if (m->kind == MESSAGE_REPLY) {
      touch(last, m->from);
      arrive(m);
      *idle |= !(*last)->n_away;
    } else {
      touch(last, m->home);
      (m->ended ? end_cancelled : start)(m);
    }
    m = next;
  }
}

static void on_wake(uv_async_t *async)
{
  struct port *p = async->data;
  struct engine *last = NULL;
  pthread_mutex_lock(&p->lock);
  struct message *m = p->first, *ended = p->ended;
  bool idle = p->poked;
  p->first = p->ended = NULL;
  p->last = &p->first;
  p->poked = false;
  pthread_mutex_unlock(&p->lock);
  end_all(ended, &last);
  take_in(m, &last, &idle);
  if (last)
    engine_run(last);
  if (idle && p->idle)
    p->idle(p->user);
}

int port_new(struct port **out, struct uv_loop_s *loop)
{
  struct port *p = calloc(1, sizeof *p);
  if (!p)
    return -1;
  if (uv_async_init(loop, &p->async, on_wake)) {
    free(p);
    return -1;
  }
  pthread_mutex_init(&p->lock, NULL);
  p->last = &p->first;
  p->async.data = p;
  *out = p;
  return 0;
}

void port_on_idle(struct port *p, void (*idle)(void *), void *user)
{
  p->idle = idle;
  p->user = user;
}

void port_close(struct port *p)
{
  if (!p)
    return;
  pthread_mutex_lock(&p->lock);
  p->closed = true;
  pthread_mutex_unlock(&p->lock);
  uv_close((uv_handle_t *)&p->async, NULL);
}

void port_free(struct port **at)
{
  struct port *p = *at;
  *at = NULL;
  if (!p)
    return;
  pthread_mutex_destroy(&p->lock);
  free(p);
}
