// Enters: calls of deployments that are away, and their cancellation. Leaves:
// the same calls at home, and what they came to. See port.h.
//
// Who owns a message: its sender, but what is in its arena is the home's from
// the post to the reply. Its task is the sender's alone, and NULL once nobody
// waits. One that was cancelled is replied to by whoever takes it from the
// express parcels, and by nobody else. One that gave streams is the home's
// until they have ended, when it comes back once more.
#include "runtime/vm/parcel.h"

#include <stdlib.h>

enum { SPARE_MESSAGES = 256, SPARE_MEMORY = 64 << 10 };

struct message {
  struct parcel parcel; // first
  struct parcel ending; // that the call is cancelled
  struct message *next; // spare ones
  struct engine *from, *home;
  struct task *task; // who waits, or NULL
  const struct function *fn;
  uint32_t deployment, depth;
  uint32_t self; // of a function: the replica that it is of, + 1; else 0
  int priority;
  uint16_t result; // the task's slot, where it has a frame
  value *args;
  struct timeline_call *call;  // the sender's, where calls are noted
  struct timeline_call noted;  // at home
  struct wires lent;  // streams among the arguments
  struct wires given; // and in the result
  uint32_t n_given;   // that have not ended; the home's
  value answer;       // the result, with wires for streams
  struct arena arena;
  struct request request;
  enum { MESSAGE_CALL, MESSAGE_REPLY } kind; // home's lock
  bool cancelled;                            // the same
  bool started, ended;                       // the home's
};

static struct message *message_of_ending(struct parcel *p)
{
  return (struct message *)((char *)p - offsetof(struct message, ending));
}

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

// ---- at home ----

static void arrive(struct parcel *p);
static void come_back(struct parcel *p);

// False: it was cancelled meanwhile, and is not to be replied to here.
static bool reply(struct message *m)
{
  struct port *own = m->home->port;
  port_lock(own);
  bool cancelled = m->cancelled;
  if (!cancelled)
    m->kind = MESSAGE_REPLY;
  port_unlock(own);
  if (!cancelled)
    parcel_post(&m->parcel, m->from, arrive);
  return !cancelled;
}

// A stream of the result has ended at the sender's, or here.
static void given_gone(void *user)
{
  struct message *m = user;
  if (--m->n_given)
    return;
  request_end(&m->request);
  parcel_post(&m->parcel, m->from, come_back);
}

static bool count_given(struct stream *s, void *user, value *out)
{
  struct wiring *w = user;
  struct message *m = w->user;
  if (!wire_make(s, w, out))
    return false;
  m->n_given++;
  return true;
}

// What the request holds on for the streams is let go with the last of them.
static bool give_streams(struct message *m)
{
  struct wiring w = {m->home, m->from, &m->given, NULL, given_gone, m};
  struct request *r = &m->request;
  if (value_take_with(m->home, &m->arena, m->fn->row->result, r->result,
                      count_given, &w, &m->answer))
    return true;
  wires_unmake(&m->given);
  m->n_given = 0;
  request_end(r);
  r->failed = true;
  r->error = *error_no_memory();
  return false;
}

static void on_done(struct request *r)
{
  struct message *m = r->user;
  bool gives = !r->failed && m->home->has_stream[m->fn->row->result];
  if (r->timeline && r->timeline->first)
    m->noted = *r->timeline->first;
  m->answer = r->result;
  if (!gives || !give_streams(m)) {
    reply(m);
    return;
  }
  if (!m->n_given)
    request_end(r);
  if (!reply(m)) {
    wires_unmake(&m->given);
    m->n_given = 0;
  }
}

// The streams among the arguments are those of the request.
static bool take_streams(struct message *m)
{
  struct engine *e = m->home;
  struct unwiring to = {m->request.run, &m->request.run->streams};
  for (uint32_t i = 0; i < m->fn->n_params; i++)
    if (!value_take_with(e, &m->arena, m->fn->types[i], m->args[i], wire_attach,
                         &to, &m->args[i]))
      return false;
  return true;
}

static void start(struct message *m)
{
  struct engine *e = m->home;
  m->started = true;
  m->request.arena = &m->arena;
  m->request.done = on_done;
  m->request.user = m;
  const struct function *fn = &e->functions[m->fn->row - e->plan->functions];
  bool ready = request_open(e, &m->request, fn);
  wires_take(&m->lent);
  if (ready && m->lent.first)
    ready = take_streams(m);
  wires_leave(&m->lent);
  struct deployment *d = &e->deployments[m->deployment];
  if (ready)
    request_call(e, &m->request, m->args, d,
                 m->self ? &d->replicas[m->self - 1] : NULL, m->priority,
                 m->depth);
  else
    request_finish(&m->request, (value){0}, error_no_memory());
}

static void end_cancelled(struct message *m)
{
  struct port *own = m->home->port;
  if (!m->started) {
    wires_take(&m->lent);
    wires_leave(&m->lent);
  }
  request_cancel(&m->request);
  port_lock(own);
  m->cancelled = false;
  port_unlock(own);
  reply(m);
}

// One that waits among the parcels still ends there.
static void on_ended(struct parcel *p)
{
  struct message *m = message_of_ending(p);
  m->ended = true;
  if (m->started)
    end_cancelled(m);
}

static void on_call(struct parcel *p)
{
  struct message *m = (struct message *)p;
  (m->ended ? end_cancelled : start)(m);
}

// ---- at the sender's ----

// Streams among them are read until the request ends, or the call does.
static bool copy_args(struct message *m, struct run *run, const struct frame *f)
{
  const struct function *fn = f->fn;
  struct wiring w = {m->from, m->home, &m->lent, &run->lent, NULL, NULL};
  m->args = ARENA_ARRAY(&m->arena, fn->n_params + 1, value);
  for (uint32_t i = 0; m->args && i < fn->n_params; i++)
    if (!value_take_with(m->home, &m->arena, fn->types[i], f->slots[i],
                         wire_make, &w, &m->args[i])) {
      wires_unmake(&m->lent);
      return false;
    }
  return m->args != NULL;
}

enum entry message_send(struct task *t, struct frame *f, struct deployment *d,
                        int priority, const struct error **error)
{
  struct engine *e = t->run->engine;
  struct message *m = message_new(e);
  if (m)
    m->request.arena = &m->arena;
  if (!m || !request_inherit(&m->request, f, t->run) ||
      !copy_args(m, t->run, f)) {
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
  if (f->self && f->self->of == d)
    m->self = (uint32_t)(f->self - d->replicas) + 1;
  m->priority = priority;
  m->request.priority = t->run->request->priority;
  m->request.deadline = call_end_by(t);
  m->request.queue_timeout = t->run->request->queue_timeout;
  m->result = f->result;
  m->call = f->call;
  m->noted = (struct timeline_call){.began = -1, .replica = -1};
  m->request.timed = m->call != NULL;
  f->call = NULL; // it goes on without the frame
  t->message = m;
  t->wait = WAIT_AWAY;
  frame_keep(t->run, f);
  e->n_away++;
  parcel_post(&m->parcel, m->home, on_call);
  return ENTRY_WAIT;
}

void message_cancel(struct task *t)
{
  struct message *m = t->message;
  struct port *p = m->home->port;
  t->message = NULL;
  m->task = NULL;
  timeline_answer(t->run, m->call, NULL, true);
  m->call = NULL;
  port_lock(p);
  if (m->kind == MESSAGE_CALL) {
    m->cancelled = true;
    parcel_post_first(&m->ending, m->home, on_ended);
  }
  port_unlock(p);
}

static const struct error *take_result(struct task *t, const struct message *m,
                                       value *out)
{
  const struct function *fn = m->fn;
  struct unwiring to = {t->run, t->frame ? &t->frame->streams : streams_of(t)};
  if (m->request.failed)
    return error_take(t, &m->request.error);
  if (value_take_with(m->from, t->run->arena, fn->row->result, m->answer,
                      wire_attach, &to, out))
    return NULL;
  return error_make(t, ERROR_limit, 500,
                    "the result of %s is too large for a message",
                    m->from->deployments[m->deployment].name);
}

static void back(struct message *m)
{
  m->from->n_away--;
  message_keep(m);
}

static void come_back(struct parcel *p)
{
  back((struct message *)p);
}

static void arrive(struct parcel *p)
{
  struct message *m = (struct message *)p;
  struct task *t = m->task;
  value v = {0};
  uint16_t result = m->result;
  struct wires given = m->given;
  wires_take(&given);
  const struct error *error = t ? take_result(t, m, &v) : NULL;
  if (t && m->call)
    timeline_came(t->run, m->call, &m->noted, error);
  if (!given.first)
    back(m);
  wires_leave(&given);
  if (!t)
    return;
  t->message = NULL;
  t->wait = WAIT_NOTHING;
  task_answer(t, result, v, error);
}
