// The engine: its life, its requests, and whose turn it is. See engine.h.
#include "runtime/vm/operator.h"
#include "runtime/vm/port.h"
#include "runtime/vm/vm.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REQUEST_MEMORY = 256 << 20 };
// In virtual time the clock stands still while code runs, so code that never
// waits would run for ever: this many jumps and calls are enough for a test.
static const uint64_t virtual_budget = 2000000000;
enum { BUSY_TURNS = 30 }; // what a turn counts that spends its whole budget

// ---- life ----

int engine_new(struct engine **out, const struct plan *plan,
               const struct engine_options *opts, char *why, size_t why_size)
{
  struct engine *e = calloc(1, sizeof *e);
  if (!e) {
    snprintf(why, why_size, "out of memory");
    return -1;
  }
  e->plan = plan;
  e->done_last = &e->done_first;
  e->told_last = &e->told_first;
  e->request_memory =
      opts->request_memory ? opts->request_memory : REQUEST_MEMORY;
  e->turns = opts->turns;
  e->strict = opts->strict;
  e->failures = opts->failures;
  e->port = opts->port;
  e->outside = opts->outside;
  e->home = opts->home ? engine_hold(opts->home) : NULL;
  if (opts->loop && clock_new(&e->clock, e, opts->loop)) {
    snprintf(why, why_size, "no timer: too many open files?");
    goto fail;
  }
  random_begin(e, opts->seed);
  if (engine_load(e, why, why_size))
    goto fail;
  if (!measures_begin(e, opts->metrics)) {
    snprintf(why, why_size, "out of memory");
    goto fail;
  }
  if ((e->home ? engine_share : engine_start)(e, why, why_size))
    goto fail;
  if (e->clock && e->ready_first) // replicas are to be checked
    clock_again(e->clock, true);
  *out = e;
  return 0;
fail:
  engine_free(&e);
  return -1;
}

void engine_free(struct engine **engine)
{
  struct engine *e = *engine;
  *engine = NULL;
  if (!e)
    return;
  spawned_end(e);
  keepers_free(e);
  clock_free(&e->clock);
  messages_free(e);
  batches_free(e);
  caches_close(e);
  engine_release(&e->home);
  models_free(e);
  states_free(e);
  measures_end(e);
  refused_end(e);
  arena_free(&e->arena);
  free(e);
}

bool engine_idle(const struct engine *e)
{
  return !e->n_away && !e->n_spawned && !atomic_load(&e->n_guests);
}

void engine_stop(struct engine *e)
{
  spawned_end(e);
}

struct engine *engine_hold(struct engine *e)
{
  atomic_fetch_add(&e->n_guests, 1);
  return e;
}

// The port outlives the engine, which may be gone behind the last guest.
void engine_release(struct engine **at)
{
  struct engine *e = *at;
  *at = NULL;
  if (!e)
    return;
  struct port *port = e->port;
  if (atomic_fetch_sub(&e->n_guests, 1) == 1 && port)
    port_poke(port);
}

int64_t engine_now(const struct engine *e)
{
  return e->clock ? clock_now() : e->now;
}

// ---- requests ----

// They lie in the request's memory.
static void drop_stubs(struct engine *e)
{
  for (uint32_t i = 0; i < e->plan->n_bindings; i++)
    e->deployments[i].stubs = NULL;
}

// Nothing goes on behind the answer.
static void close_run(struct run *run)
{
  struct request *r = run->request;
  timer_stop(run->engine, &run->deadline);
  streams_drop(&run->streams);
  streams_drop(&run->lent);
  if (!pins_leave(r, run->fn->row->result)) {
    r->failed = true;
    r->error = *error_no_memory();
  }
}

void request_finish(struct request *r, value v, const struct error *error)
{
  struct engine *e = r->engine;
  struct run *run = r->run;
  r->ended = true;
  r->failed = error != NULL;
  r->result = v;
  r->error = error ? *error : (struct error){0};
  if (run) {
    run->root = NULL;
    if (run->stubs)
      drop_stubs(e);
    r->open = !error && run->streams;
    if (!r->open)
      close_run(run);
  }
  r->next = NULL;
  *e->done_last = r;
  e->done_last = &r->next;
}

static void forget_run(struct request *r)
{
  r->run = NULL;
  r->engine = NULL;
}

// Tells those who asked. Each may free its request, and start others.
static void tell_done(struct engine *e)
{
  struct request *r;
  while ((r = e->done_first)) {
    e->done_first = r->next;
    if (!e->done_first)
      e->done_last = &e->done_first;
    if (!r->open)
      forget_run(r);
    if (r->done)
      r->done(r);
  }
  streams_tell(e);
}

static void stop(struct request *r, const struct error *error)
{
  struct run *run = r->run;
  task_cancel(run->root, NULL);
  request_finish(r, (value){0}, error);
}

void request_extend(struct request *r, int64_t deadline)
{
  struct run *run = r->run;
  timer_stop(run->engine, &run->deadline);
  if (deadline)
    timer_set(run->engine, &run->deadline, deadline);
}

static void deadline_passed(struct timer *timer)
{
  static const char message[] = "the deadline has passed";
  static const struct text text = {sizeof message - 1, sizeof message - 1,
                                   message};
  static const struct error behind_answer = {
      .kind = ERROR_timeout, .status = 408, .message = &text};
  struct run *run =
      (struct run *)((char *)timer - offsetof(struct run, deadline));
  for (struct stream *s = run->streams, *next; s; s = next) {
    next = s->next;
    stream_fail(s, &behind_answer);
  }
  if (run->root)
    stop(run->request, error_make(run->root, ERROR_timeout, 408, message));
}

// Those that are fed from outside.
static void adopt_streams(struct run *run, struct frame *f)
{
  const struct function *fn = f->fn;
  for (uint32_t i = 0; fn->takes_streams && i < fn->n_params; i++)
    if (fn->kinds[i] == TYPE_stream && f->slots[i].stream &&
        !f->slots[i].stream->run)
      stream_adopt(run, f, f->slots[i].stream);
}

// The root task and its frame; false when memory is out.
static bool begin(struct run *run, const struct function *fn, const value *args,
                  struct replica *self, uint32_t depth)
{
  struct frame *f;
  const struct error *error;
  run->root = task_new(run, TASK_ROOT, NULL);
  if (!run->root || !(f = frame_new(run, fn)))
    return false;
  if (fn->n_params)
    memcpy(f->slots, args, fn->n_params * sizeof *args);
  f->self = self;
  f->depth = depth;
  f->model = run->request->model;
  adopt_streams(run, f);
  switch (frame_begin(run->root, f, &error)) {
  case ENTRY_RUN:
    task_ready(run->root);
    return true;
  case ENTRY_WAIT:
    return true;
  default:
    return false;
  }
}

static struct run *run_new(struct engine *e, struct request *r,
                           const struct function *fn)
{
  r->engine = e;
  r->ended = r->failed = r->open = false;
  r->reply = (struct reply){0};
  if (!r->arena->limit)
    r->arena->limit = e->request_memory;
  struct run *run = r->run = ARENA_NEW(r->arena, struct run);
  if (run) {
    run->engine = e;
    run->request = r;
    run->arena = run->own = r->arena;
    run->spares = COMPACT_AT;
    run->compact_at = COMPACT_AT ? COMPACT_AT + 2 * r->arena->held : 0;
    arena_attach(r->arena, &run->compacted);
    run->fn = fn;
    run->aside = run->deadline.aside = r->aside;
  }
  r->timeline = NULL;
  if (run && r->timed && !timeline_begin(run))
    return NULL;
  return run;
}

void request_start_on(struct engine *e, struct request *r, uint32_t function,
                      const value *args, struct replica *self, uint32_t depth)
{
  struct run *run = run_new(e, r, &e->functions[function]);
  if (!run || !begin(run, &e->functions[function], args, self, depth)) {
    request_finish(r, (value){0}, error_no_memory());
    return;
  }
  run->deadline.fire = deadline_passed;
  if (r->deadline)
    timer_set(e, &run->deadline, r->deadline);
}

bool request_open(struct engine *e, struct request *r,
                  const struct function *fn)
{
  return run_new(e, r, fn) != NULL;
}

void request_call(struct engine *e, struct request *r, const value *args,
                  struct deployment *d, struct replica *self, int priority,
                  uint32_t depth)
{
  struct run *run = r->run;
  struct frame *f;
  const struct error *error;
  if (!(run->root = task_new(run, TASK_ROOT, NULL)) ||
      !(f = frame_new(run, run->fn))) {
    request_finish(r, (value){0}, error_no_memory());
    return;
  }
  memcpy(f->slots, args, run->fn->n_params * sizeof *args);
  f->self = self;
  f->depth = depth;
  f->model = r->model;
  switch (call_admit(run->root, f, d, priority, &error)) {
  case ENTRY_RUN:
    task_ready(run->root);
    break;
  case ENTRY_FAIL:
    task_finish(run->root, (value){0}, error);
    break;
  case ENTRY_WAIT:
    break;
  }
}

void request_start(struct engine *e, struct request *r, uint32_t function,
                   const value *args)
{
  request_start_on(e, r, function, args, NULL, 0);
  if (e->running)
    return;
  if (r->at_once)
    engine_run(e);
  else if (e->clock)
    clock_again(e->clock, true);
}

// Its `done` is still to be called: takes it out of the line.
static void forget_done(struct engine *e, struct request *r)
{
  for (struct request **at = &e->done_first; *at; at = &(*at)->next)
    if (*at == r) {
      *at = r->next;
      if (!*at)
        e->done_last = at;
      return;
    }
}

void request_cancel(struct request *r)
{
  struct engine *e = r->engine;
  struct run *run = r->run;
  if (!e) // never started, or done
    return;
  if (r->ended)
    forget_done(e, r);
  r->ended = true;
  r->open = false;
  if (run) {
    timer_stop(e, &run->deadline);
    if (run->root)
      task_cancel(run->root, NULL);
    streams_drop(&run->streams);
    streams_drop(&run->lent);
    if (run->stubs)
      drop_stubs(e);
    pins_drop(e, run->pins);
  }
  forget_run(r);
  if (e->clock && !e->running) // it may have freed slots for others
    clock_again(e->clock, true);
}

void request_end(struct request *r)
{
  if (r->open)
    request_cancel(r);
}

// ---- turns ----

static void run_first(struct engine *e)
{
  struct task *t = e->ready_first;
  e->ready_first = t->next;
  *(t->next ? &t->next->prev : &e->ready_last) = NULL;
  run_tidy(t->run);
  e->moved |= !t->run->aside;
  interpret(e, t);
}

void engine_run(struct engine *e)
{
  if (e->running)
    return;
  e->running = true;
  if (e->clock)
    timers_fire(e);
  e->budget = 0;
  for (int turns = VM_TURNS; turns && e->ready_first; turns--) {
    run_first(e);
    tell_done(e);
    if (e->budget > 4 * VM_BUDGET)
      break;
  }
  tell_done(e);
  e->running = false;
  if (!e->clock)
    return;
  clock_arm(e->clock, e->n_timers ? timers_next(e) : 0);
  clock_again(e->clock, e->ready_first || e->done_first);
}

static void runs_for_ever(struct request *r)
{
  if (r->run && r->run->root)
    stop(r, error_make(r->run->root, ERROR_limit, 500,
                       "the code runs on and on and never waits"));
}

static void run_all(struct engine *e, struct request *r)
{
  e->running = true;
  e->budget = 0;
  while (e->ready_first && !r->ended) {
    uint64_t before = e->budget;
    run_first(e);
    tell_done(e);
    e->turn += e->budget > before ? BUSY_TURNS : 1;
    bool over = e->turns && e->turn > e->turns;
    if ((over || e->budget > virtual_budget) && !r->ended)
      runs_for_ever(r);
  }
  tell_done(e);
  e->running = false;
}

// To the next timer.
static void move_clock(struct engine *e)
{
  if (!e->clock) {
    int64_t at = timers_exactly_next(e);
    e->now = at > e->now ? at : e->now;
    return;
  }
  int64_t at = timers_next(e);
  struct timespec t = {at / 1000000000, at % 1000000000};
  while (clock_now() < at)
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

// Health checks go on for ever, and may still free who waits; not after so
// long.
static bool comes_to_nothing(struct engine *e, uint32_t *rounds)
{
  bool aside = e->n_timers == e->n_aside && !e->moved;
  *rounds = aside ? *rounds + 1 : 0;
  e->moved = false;
  return !e->n_timers || *rounds > VM_ASIDE;
}

struct stream *engine_ask(struct engine *e, struct arena *whole, uint32_t of,
                          const value *words, const char **why)
{
  struct asked asked = {.method = words[0].text,
                        .path = words[1].text,
                        .headers = words[2].map,
                        .body = words[3].text};
  *why = "a program asks its own routes in tests only";
  return e->outside ? e->outside->ask(e->outside, whole, of, &asked, why)
                    : NULL;
}

static bool run_until_done(struct engine *e, struct request *r)
{
  uint32_t rounds = 0;
  e->turn = 0;
  for (;;) {
    run_all(e, r);
    if (!r->ended && e->outside)
      e->outside->turn(e->outside);
    if (r->ended)
      return true;
    if (e->ready_first)
      continue;
    if (comes_to_nothing(e, &rounds))
      return false;
    move_clock(e);
    timers_fire(e);
    if (e->turns && ++e->turn > e->turns) // timers alone go on and on
      runs_for_ever(r);
  }
}

bool engine_run_until_done(struct engine *e, struct request *r)
{
  bool before = e->waits_in_place;
  e->waits_in_place = true;
  bool done = run_until_done(e, r);
  e->waits_in_place = before;
  return done;
}
