// Replicas that come and go while the engine runs.
//
// Enters: changes of a deployment's load. What they mean for its replicas,
// runtime/serve/autoscale.h decides; here replicas start (their `let`s run as a
// request), take part, and stop once they have no calls. A replica's place in
// its deployment's array is kept; what its fields hold lies in a box that
// requests hold too while they read it, so that it may go while they last.
//
// An engine is asked to look again only while that could change something.
#include "grammar/defs/settings.h"
#include "runtime/vm/operator.h"
#include "runtime/vm/scale.h"

#include <stdio.h>

enum { STARTS_FAILED = 20, LONGEST_PAUSE = 60 }; // s

static void follow(struct scaler *s);

static struct life *life_of(const struct replica *r)
{
  return &r->of->scaler->lives[r - r->of->replicas];
}

// ---- looking again ----

static void wake(struct scaler *s)
{
  struct engine *e = s->engine;
  int64_t now = engine_now(e);
  if (!timer_is_set(&s->step))
    timer_set(e, &s->step, autoscale_next(s->state, now));
}

static void tell_decision(const struct scaler *s)
{
  const struct autoscale *a = s->state;
  const struct decision *d = &a->kept[(a->n_decisions - 1) % SCALE_KEPT];
  const struct plan *p = s->engine->plan;
  if (s->engine->clock) // tests are silent
    fprintf(stderr, "info: %s.%s scales from %u to %u: %.4g calls\n",
            plan_str(p, p->apps[s->deployment->row->app].name),
            s->deployment->name, (unsigned)d->from, (unsigned)d->to, d->load);
}

static void step(struct timer *timer)
{
  struct scaler *s =
      (struct scaler *)((char *)timer - offsetof(struct scaler, step));
  int64_t now = engine_now(s->engine);
  pthread_mutex_lock(&s->lock);
  bool changed = autoscale_step(s->state, s->deployment->n_ready, now);
  pthread_mutex_unlock(&s->lock);
  if (changed) {
    tell_decision(s);
    follow(s);
  }
  if (!autoscale_settled(s->state, now))
    wake(s);
}

static void load_changed(struct deployment *d)
{
  struct scaler *s = d->scaler;
  int64_t now = engine_now(s->engine);
  pthread_mutex_lock(&s->lock);
  autoscale_load(s->state, d->queued + d->ongoing, now);
  bool woken = d->queued && !d->n_ready && autoscale_wake(s->state, now);
  pthread_mutex_unlock(&s->lock);
  if (woken)
    tell_decision(s);
  if (woken || (d->queued && !d->n_ready))
    follow(s);
  wake(s);
}

// ---- stopping ----

static void stop(struct replica *r)
{
  replica_goes(&r->state, REPLICA_ON_stop);
  timer_stop(r->of->scaler->engine, &life_of(r)->limit);
  replica_clear(r->of->scaler->engine, r);
}

static void drained(struct replica *r)
{
  stop(r);
  wake(r->of->scaler);
}

static void stop_start(struct replica *r)
{
  struct life *l = life_of(r);
  request_cancel(&l->request);
  arena_reset(&l->arena);
  l->of->starting--;
  stop(r);
}

// What has not ended by now is given up.
static void drained_too_long(struct timer *timer)
{
  struct life *l =
      (struct life *)((char *)timer - offsetof(struct life, limit));
  replica_end_calls(l->replica);
}

static void set_end(struct timer *t, struct engine *e, int64_t after)
{
  int64_t at;
  if (after && !__builtin_add_overflow(engine_now(e), after, &at))
    timer_set(e, t, at);
}

static void begin_to_stop(struct replica *r)
{
  struct scaler *s = r->of->scaler;
  deployment_close(r);
  if (r->ongoing)
    set_end(&life_of(r)->limit, s->engine, s->drain);
  else
    stop(r);
}

// ---- starting ----

static void is_ready(struct replica *r)
{
  struct scaler *s = r->of->scaler;
  s->failed = 0;
  deployment_open(r);
  wake(s);
}

static void try_again(struct timer *timer)
{
  struct scaler *s =
      (struct scaler *)((char *)timer - offsetof(struct scaler, retry));
  follow(s);
}

static void tell_failure(const struct scaler *s, const struct error *error)
{
  const struct plan *p = s->engine->plan;
  if (s->engine->clock)
    fprintf(stderr, "error: %s.%s could not start a replica: %.*s\n",
            plan_str(p, p->apps[s->deployment->row->app].name),
            s->deployment->name, (int)error->message->size,
            error->message->data);
}

static void failed(struct replica *r, const struct error *error)
{
  struct scaler *s = r->of->scaler;
  int64_t pause = s->failed < 6 ? 1 << s->failed : LONGEST_PAUSE;
  pause *= 1000000000;
  tell_failure(s, error);
  stop(r);
  s->rest_until = engine_now(s->engine) + pause;
  if (++s->failed < STARTS_FAILED) // later a call has to ask for it
    set_end(&s->retry, s->engine, pause);
}

static void on_started(struct request *request)
{
  struct life *l = request->user;
  struct replica *r = l->replica;
  l->of->starting--;
  if (request->failed)
    failed(r, &request->error);
  else
    is_ready(r);
  arena_reset(&l->arena);
}

static void start(struct replica *r)
{
  struct life *l = life_of(r);
  struct engine *e = l->of->engine;
  const struct plan_class *c = &e->plan->classes[r->of->class];
  replica_goes(&r->state, REPLICA_ON_start);
  if (!replica_fill(e, r)) {
    failed(r, error_no_memory());
    return;
  }
  if (c->init == PLAN_NONE) {
    is_ready(r);
    return;
  }
  l->of->starting++;
  l->request =
      (struct request){.arena = &l->arena, .done = on_started, .user = l};
  request_start_on(e, &l->request, c->init, NULL, r, 0);
}

// ---- as many as are wanted ----

static struct replica *find(const struct deployment *d,
                            enum replica_state state)
{
  for (uint32_t i = 0; i < d->n_replicas; i++)
    if (d->replicas[i].state == state)
      return &d->replicas[i];
  return NULL;
}

// The newest, by its place: places are taken from the front.
static struct replica *find_last(const struct deployment *d,
                                 enum replica_state state)
{
  for (uint32_t i = d->n_replicas; i-- > 0;)
    if (d->replicas[i].state == state)
      return &d->replicas[i];
  return NULL;
}

// One that is about to stop comes back rather than that another starts.
static bool bring(struct scaler *s)
{
  struct replica *r = find(s->deployment, REPLICA_draining);
  if (r) {
    timer_stop(s->engine, &life_of(r)->limit);
    deployment_open(r);
    return true;
  }
  bool rests = s->failed && engine_now(s->engine) < s->rest_until;
  if (rests || !(r = find(s->deployment, REPLICA_off)))
    return false;
  start(r);
  return true;
}

static bool take(struct scaler *s)
{
  struct replica *r = find_last(s->deployment, REPLICA_starting);
  if (r) {
    stop_start(r);
    return true;
  }
  if ((r = find_last(s->deployment, REPLICA_ready)))
    begin_to_stop(r);
  return r != NULL;
}

static void follow(struct scaler *s)
{
  const struct deployment *d = s->deployment;
  uint32_t wanted = s->state->wanted;
  while (d->n_ready + s->starting < wanted && bring(s))
    ;
  while (d->n_ready + s->starting > wanted && take(s))
    ;
}

// ---- from the beginning to the end ----

// Of the settings of the binding, or the default.
static int64_t drain_of(const struct plan *p, const struct plan_binding *b)
{
  for (uint32_t i = 0; i < b->settings.count; i++) {
    const struct plan_setting *s = &p->settings[b->settings.first + i];
    if (s->id == SETTING_shutdown_timeout)
      return (int64_t)plan_bits(&p->consts[s->value]);
  }
  return setting_default(SETTING_shutdown_timeout);
}

static struct scaler *scaler_new(struct engine *e, struct deployment *d,
                                 const struct scaling *how)
{
  struct scaler *s = ARENA_NEW(&e->arena, struct scaler);
  if (!s)
    return NULL;
  *s = (struct scaler){.engine = e,
                       .deployment = d,
                       .begin_of_day = engine_time(e),
                       .drain = drain_of(e->plan, d->row),
                       .step.fire = step,
                       .retry.fire = try_again};
  s->state = autoscale_new(&e->arena, how, engine_now(e));
  s->lives = ARENA_ARRAY(&e->arena, d->n_replicas, struct life);
  if (!s->state || !s->lives)
    return NULL;
  for (uint32_t i = 0; i < d->n_replicas; i++)
    s->lives[i] = (struct life){.of = s,
                                .replica = &d->replicas[i],
                                .arena.limit = e->request_memory,
                                .limit.fire = drained_too_long};
  pthread_mutex_init(&s->lock, NULL);
  return s;
}

bool scaler_open(struct engine *e, struct deployment *d)
{
  struct scaling how;
  if (!scaling_read(e->plan, d->row, &how))
    return true;
  if (!(d->scaler = scaler_new(e, d, &how)))
    return false;
  d->changed = load_changed;
  d->drained = drained;
  return true;
}

void scalers_free(struct engine *e)
{
  for (uint32_t i = 0; e->deployments && i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    if (!d->scaler)
      continue;
    d->changed = NULL;
    for (uint32_t k = 0; k < d->n_replicas; k++) {
      struct life *l = &d->scaler->lives[k];
      if (d->replicas[k].state == REPLICA_starting)
        request_cancel(&l->request);
      arena_free(&l->arena);
    }
    pthread_mutex_destroy(&d->scaler->lock);
    d->scaler = NULL;
  }
}
