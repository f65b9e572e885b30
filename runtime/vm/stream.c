// Streams: from who yields to who reads.
//
// A call of a function that yields has a task of its own. When it yields for
// the first time (or ends without) the call is done, and its result is the
// stream; a failure before that is the call's. From then on the task is the
// stream's: it waits at each `yield` until the piece is taken, so that it is
// never more than one piece ahead.
//
// A stream has one owner, as it is read once: the frame that called for it, or
// was given it as an argument, or to which it was returned; at last the
// request. With its owner's end it is dropped, and its task is cancelled.
#include "runtime/vm/vm.h"

// ---- owners ----

static void leave_owner(struct stream *s)
{
  if (!s->at)
    return;
  *s->at = s->next;
  if (s->next)
    s->next->at = s->at;
  s->at = NULL;
}

static void join_owner(struct stream *s, struct stream **owner)
{
  s->next = *owner;
  s->at = owner;
  if (s->next)
    s->next->at = &s->next;
  *owner = s;
}

void stream_own(struct stream *s, struct stream **owner)
{
  leave_owner(s);
  join_owner(s, owner);
}

struct move {
  struct run *run;
  struct stream **to;
  struct claim slot; // to be kept until the first of them ends, if any
  uint32_t left;     // parts that may still be looked at
  int64_t patience;  // of the deployment that returns them, or of the call
};

static struct kept_slot *kept_memory(struct run *run)
{
  struct kept_slot *k = run->kept;
  if (k)
    run->kept = k->next;
  return k ? k : ARENA_NEW(run->own, struct kept_slot);
}

static void enlist(struct kept_slot *k, struct replica *r)
{
  if (!r->of->may_stop)
    return;
  k->of_next = r->kept;
  k->of_at = &r->kept;
  if (k->of_next)
    k->of_next->of_at = &k->of_next;
  r->kept = k;
}

static void unlist(struct kept_slot *k)
{
  if (!k->of_at)
    return;
  *k->of_at = k->of_next;
  if (k->of_next)
    k->of_next->of_at = k->of_at;
}

// A deployment is at work until the stream that it returned has ended.
static void keep_slot(struct move *m, struct stream *s)
{
  struct kept_slot *k = m->slot.replica ? kept_memory(m->run) : NULL;
  if (!k)
    return;
  *k = (struct kept_slot){.next = s->slots, .claim = m->slot, .stream = s};
  s->slots = k;
  enlist(k, m->slot.replica);
  m->slot.replica = NULL;
}

static void move(struct move *m, uint32_t type, value v, uint32_t depth);

static const struct plan *plan_of(const struct move *m)
{
  return m->run->engine->plan;
}

static void move_fields(struct move *m, struct plan_run fields, const value *v,
                        uint32_t depth)
{
  for (uint32_t i = 0; i < fields.count; i++)
    move(m, plan_of(m)->fields[fields.first + i].type, v[i], depth);
}

static void move_one(struct move *m, struct stream *s)
{
  if (!s || !s->at)
    return;
  stream_limit(s, m->patience);
  if (!m->to)
    return;
  stream_own(s, m->to);
  keep_slot(m, s);
}

static void move(struct move *m, uint32_t type, value v, uint32_t depth)
{
  const struct plan_type *t = &plan_of(m)->types[type];
  if (!m->run->engine->has_stream[type] || depth++ >= VALUE_DEPTH || !m->left)
    return;
  m->left--;
  switch (t->kind) {
  case TYPE_stream:
    move_one(m, v.stream);
    break;
  case TYPE_list:
    for (uint32_t i = 0; i < v.list->count; i++)
      move(m, t->of, v.list->items[i], depth);
    break;
  case TYPE_map:
    for (uint32_t i = 0; i < v.map->count; i++)
      move(m, t->of, v.map->entries[i].item, depth);
    break;
  case TYPE_optional:
    if (v.box)
      move(m, t->of, *v.box, depth);
    break;
  case TYPE_step:
    move(m, t->of, v.tagged->payload, depth);
    break;
  case TYPE_union:
    move(m, plan_of(m)->fields[t->fields.first + v.tagged->tag].type,
         v.tagged->payload, depth);
    break;
  default:
    move_fields(m, t->fields, v.parts, depth);
  }
}

// Of the deployment that the frame is of, if it is.
static int64_t patience_of(const struct frame *f)
{
  return f->self && !f->stands_in ? f->self->of->piece_timeout : 0;
}

void streams_enter(struct run *run, struct frame *f)
{
  struct move m = {run, &f->streams, {0}, VALUE_PARTS, 0};
  for (uint32_t i = 0; i < f->fn->n_params; i++)
    move(&m, f->fn->types[i], f->slots[i], 0);
}

void streams_return(struct run *run, struct frame *f, value v,
                    struct stream **to)
{
  struct move m = {run, to, f->claim, VALUE_PARTS, patience_of(f)};
  move(&m, f->fn->row->result, v, 0);
  if (f->claim.replica && !m.slot.replica)
    frame_forget_slot(f);
}

void streams_limit(struct task *t, value v)
{
  const struct function *fn = t->base ? t->base->fn : t->site->function;
  struct move m = {t->run, NULL, {0}, VALUE_PARTS, t->site->piece_timeout};
  if (fn)
    move(&m, fn->row->result, v, 0);
}

struct stream **streams_of(struct task *t)
{
  return t->owner ? &t->owner->streams : &t->run->streams;
}

// ---- who reads ----

static bool is_awaited(const struct stream *s)
{
  return (s->outside && s->outside->waits) ||
         (s->reader && s->reader->generation == s->generation);
}

static void too_late(struct timer *timer)
{
  static const char message[] = "no piece came within piece_timeout";
  static const struct text text = {sizeof message - 1, sizeof message - 1,
                                   message};
  static const struct error elsewhere = {
      .kind = ERROR_timeout, .status = 408, .message = &text};
  struct stream *s =
      (struct stream *)((char *)timer - offsetof(struct stream, late));
  if (is_awaited(s))
    stream_fail(s, s->task ? error_make(s->task, ERROR_timeout, 408, message)
                           : &elsewhere);
}

// Somebody waits for a piece from now on.
static void wait_for_piece(struct stream *s)
{
  struct engine *e = s->run->engine;
  int64_t until;
  if (s->patience <= 0 ||
      __builtin_add_overflow(engine_now(e), s->patience, &until))
    return;
  s->late.fire = too_late;
  s->late.aside = s->run->aside;
  timer_set(e, &s->late, until);
}

void stream_limit(struct stream *s, int64_t patience)
{
  if (patience > 0 && (!s->patience || patience < s->patience))
    s->patience = patience;
}

static void tell(struct stream *s)
{
  struct engine *e = s->run->engine;
  struct stream_reader *r = s->outside;
  timer_stop(e, &s->late);
  if (s->reader && s->reader->generation == s->generation) {
    struct task *t = s->reader;
    t->generation++;
    task_ready(t);
  }
  s->reader = NULL;
  if (!r || !r->waits)
    return;
  r->waits = false;
  if (r->told) // it asked again before its turn came
    return;
  r->next = NULL;
  r->told = true;
  *e->told_last = r;
  e->told_last = &r->next;
}

void streams_tell(struct engine *e)
{
  struct stream_reader *r;
  while ((r = e->told_first)) {
    e->told_first = r->next;
    if (!e->told_first)
      e->told_last = &e->told_first;
    r->told = false;
    r->ready(r);
  }
}

static void forget(struct engine *e, struct stream_reader *r)
{
  r->stream = NULL;
  if (!r->told)
    return;
  struct stream_reader **at = &e->told_first;
  while (*at != r)
    at = &(*at)->next;
  *at = r->next;
  if (!*at)
    e->told_last = at;
  r->told = false;
}

// ---- the end ----

static void over(struct stream *s, const struct error *error)
{
  struct kept_slot *k = s->slots, *next;
  timer_stop(s->run->engine, &s->late);
  s->state = error ? STREAM_FAILED : STREAM_ENDED;
  s->error = error;
  s->task = NULL;
  s->source = NULL;
  s->slots = NULL;
  if (!s->outside) // who reads from outside has still to learn of it
    leave_owner(s);
  for (; k; k = next) {
    next = k->next;
    struct claim c = k->claim;
    unlist(k);
    k->next = s->run->kept;
    s->run->kept = k;
    deployment_give(&c, engine_now(s->run->engine));
  }
}

void stream_over(struct stream *s, const struct error *error)
{
  over(s, error);
  tell(s);
}

static void stop_producer(struct stream *s)
{
  struct task *t = s->task;
  const struct stream_source *source = s->source;
  s->task = NULL;
  s->source = NULL;
  s->full = false;
  if (t) {
    t->stream = NULL;
    task_cancel(t, NULL);
  }
  if (source)
    source->drop(s);
}

void stream_fail(struct stream *s, const struct error *error)
{
  if (s->state != STREAM_OPEN)
    return;
  stop_producer(s);
  stream_over(s, error);
}

// A stream that is over has no slots.
void replica_end_streams(struct replica *r)
{
  static const char message[] = "it was stopped before its stream had ended";
  static const struct text text = {sizeof message - 1, sizeof message - 1,
                                   message};
  static const struct error stopped = {
      .kind = ERROR_unavailable, .status = 503, .message = &text};
  while (r->kept)
    stream_fail(r->kept->stream, &stopped);
}

static void drop(struct stream *s)
{
  struct stream_reader *r = s->outside;
  struct engine *e = s->run->engine;
  stream_fail(s, error_cancelled());
  leave_owner(s);
  s->outside = NULL;
  if (!r)
    return;
  forget(e, r);
  if (r->lost)
    r->lost(r);
}

// What a dropped one leaves behind is dropped too: one after the other, since
// streams of streams of streams may be any number deep.
static void drop_all(struct engine *e)
{
  if (e->dropping)
    return;
  e->dropping = true;
  while (e->dropped)
    drop(e->dropped);
  e->dropping = false;
}

void stream_drop(struct stream *s)
{
  struct engine *e = s->run->engine;
  if (s->state != STREAM_OPEN && !s->outside)
    return;
  stream_own(s, &e->dropped);
  drop_all(e);
}

void streams_drop(struct stream **list)
{
  while (*list)
    stream_drop(*list);
}

// ---- who yields ----

struct stream *stream_new(struct run *run, struct stream **owner, uint32_t of)
{
  struct stream *s = run->free_streams;
  if (s)
    run->free_streams = s->made;
  else if (!(s = arena_alloc(run->own, sizeof *s)))
    return NULL;
  *s = (struct stream){.run = run, .of = of, .made = run->made_streams};
  run->made_streams = s;
  join_owner(s, owner);
  return s;
}

struct stream *stream_fed(struct arena *a, uint32_t of,
                          const struct stream_source *source, void *user)
{
  struct stream *s = ARENA_NEW(a, struct stream);
  if (!s)
    return NULL;
  s->of = of;
  s->source = source;
  s->user = user;
  return s;
}

// Never later than before: who makes many streams would never come to it.
static void tidy_often(struct run *run)
{
  size_t at = COMPACT_AT ? COMPACT_STREAMS_AT + 2 * run->arena->held : 0;
  run->spares = COMPACT_STREAMS_AT;
  if (at < run->compact_at)
    run->compact_at = at;
}

void stream_adopt(struct run *run, struct frame *f, struct stream *s)
{
  s->run = run;
  tidy_often(run);
  s->made = run->made_streams;
  run->made_streams = s;
  join_owner(s, &f->streams);
}

void *stream_user(const struct stream *s)
{
  return s->user;
}

struct arena *stream_memory(const struct stream *s)
{
  return s->run->arena;
}

bool stream_full(const struct stream *s)
{
  return s->full;
}

// The call is done, and its task the stream's.
static void publish(struct task *t, struct stream *s)
{
  struct run *run = t->run;
  struct future *future = t->future;
  struct task *parent = t->parent;
  value v = {.stream = s};
  timer_stop(run->engine, &t->limit);
  task_unlist(t);
  t->future = NULL;
  t->parent = NULL;
  t->stream = s;
  s->task = t;
  if (t->kind == TASK_ROOT)
    request_finish(run->request, v, NULL);
  task_deliver(run, future, parent, t->result, v);
}

static struct stream *own_stream(struct task *t)
{
  uint32_t type = t->base->fn->row->result;
  uint32_t of = t->run->engine->plan->types[type].of;
  struct stream *s = stream_new(t->run, streams_of(t), of);
  if (s) {
    stream_limit(s, patience_of(t->base));
    stream_limit(s, t->site ? t->site->piece_timeout : 0);
    tidy_often(t->run);
  }
  return s;
}

const struct error *stream_yield(struct task *t, value piece)
{
  struct stream *s = t->stream;
  if (t->frame != t->base)
    return error_make(t, ERROR_internal, 500, "a piece of no stream");
  if (!s && !(s = own_stream(t)))
    return error_memory(t);
  s->piece = piece;
  s->full = true;
  t->wait = WAIT_YIELD;
  if (t->stream)
    tell(s);
  else
    publish(t, s);
  return NULL;
}

void stream_end(struct task *t)
{
  struct stream *s = t->stream;
  value v = {.stream = s};
  if (!s && !(v.stream = s = own_stream(t))) {
    task_finish(t, v, error_memory(t));
    return;
  }
  if (!t->stream)
    over(s, NULL);
  task_finish(t, v, NULL);
}

void stream_put(struct stream *s, value piece)
{
  s->piece = piece;
  s->full = true;
  tell(s);
}

// ---- taking ----

static value take(struct stream *s)
{
  value piece = s->piece; // the source may have the next one
  s->full = false;
  if (s->task)
    task_ready(s->task);
  else if (s->source)
    s->source->want(s);
  return piece;
}

// Somebody is about to wait.
static void ask(struct stream *s)
{
  if (s->asked || !s->source || s->full)
    return;
  s->asked = true;
  if (s->source->wanted)
    s->source->wanted(s);
}

static const struct error *read_by_others(struct task *t)
{
  return error_make(t, ERROR_user, 500,
                    "the stream is read somewhere else already");
}

bool stream_is_read(const struct stream *s)
{
  return s->outside || (s->reader && s->reader->generation == s->generation);
}

enum stream_next stream_more(struct task *t, struct stream *s,
                             const struct error **error)
{
  *error = NULL;
  if (!s)
    *error = error_make(t, ERROR_internal, 500,
                        "a stream that was never made is read");
  else if (stream_is_read(s))
    *error = read_by_others(t);
  else if (ask(s), s->full)
    return STREAM_PIECE;
  else if (s->state == STREAM_FAILED)
    *error = s->error;
  else if (s->state == STREAM_ENDED)
    return STREAM_END;
  if (*error)
    return STREAM_ERROR;
  s->reader = t;
  s->generation = ++t->generation;
  t->wait = WAIT_PIECE;
  wait_for_piece(s);
  return STREAM_WAIT;
}

const struct error *stream_piece(struct task *t, struct stream *s, value *out)
{
  if (!s || !s->full)
    return error_make(t, ERROR_internal, 500, "there is no piece");
  *out = take(s);
  return NULL;
}

void stream_read(struct stream *s, struct stream_reader *r)
{
  r->stream = s;
  r->told = r->waits = false;
  s->outside = r;
}

enum stream_next stream_next(struct stream_reader *r, value *out,
                             const struct error **error)
{
  run_tidy(r->stream->run);
  return stream_take(r, out, error);
}

enum stream_next stream_take(struct stream_reader *r, value *out,
                             const struct error **error)
{
  struct stream *s = r->stream;
  struct engine *e = s->run->engine;
  ask(s);
  if (s->full) {
    *out = take(s);
    if (e->clock && !e->running)
      clock_again(e->clock, true);
    return STREAM_PIECE;
  }
  if (s->state == STREAM_OPEN) {
    if (!r->waits)
      wait_for_piece(s);
    r->waits = true;
    return STREAM_WAIT;
  }
  leave_owner(s);
  s->outside = NULL;
  r->stream = NULL;
  *error = s->error;
  return s->state == STREAM_FAILED ? STREAM_ERROR : STREAM_END;
}

void stream_unread(struct stream_reader *r)
{
  struct stream *s = r->stream;
  if (!s)
    return;
  forget(s->run->engine, r);
  s->outside = NULL;
  if (s->state != STREAM_OPEN)
    leave_owner(s);
}

void stream_leave(struct stream_reader *r)
{
  struct stream *s = r->stream;
  stream_unread(r);
  if (s)
    stream_drop(s);
}
