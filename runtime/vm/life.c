// Replicas that come and go while the engine runs.
//
// Enters: how many are wanted (scale.c), and which are not well (health.c).
// Here replicas start (their `let`s run as a request, then their first check),
// take part, and stop once they have no calls. A replica's place in its
// deployment's array is kept; what its fields hold lies in a box that requests
// hold too while they read it, so that it may go while they last.
//
// A start that fails is made again after a pause. When too many have failed and
// no replica is left, calls are refused until one has started.
#include "runtime/serve/setting.h"
#include "runtime/vm/life.h"
#include "runtime/vm/operator.h"

#include <stdio.h>
#include <string.h>

struct life *life_of(const struct replica *r)
{
  return &r->of->keeper->lives[r - r->of->replicas];
}

const char *keeper_app(const struct keeper *k)
{
  const struct plan *p = k->engine->plan;
  return plan_str(p, p->apps[k->deployment->row->app].name);
}

uint32_t keeper_wanted(const struct keeper *k)
{
  return k->scale ? k->scale->wanted : k->fixed;
}

uint32_t keeper_count(const struct keeper *k)
{
  uint32_t n = k->deployment->n_ready, wanted = keeper_wanted(k);
  uint32_t lacks = n < wanted ? wanted - n : 0;
  return n + (k->replacing < lacks ? k->replacing : lacks);
}

static void count(struct metric_series *s)
{
  if (s)
    metric_add(s, 1);
}

static void count_start(struct keeper *k)
{
  pthread_mutex_lock(&k->lock);
  k->starts++;
  pthread_mutex_unlock(&k->lock);
  count(k->deployment->counts.starts);
}

// ---- what others may read ----

static void put_note(const struct keeper *k, struct note *note, const char *why)
{
  note->at = engine_now(k->engine);
  snprintf(note->why, sizeof note->why, "%s", why);
}

static void show(struct life *l, enum replica_state state, const char *why)
{
  pthread_mutex_lock(&l->of->lock);
  l->shown = state;
  if (state == REPLICA_off)
    l->failures = 0;
  put_note(l->of, &l->note, why);
  pthread_mutex_unlock(&l->of->lock);
}

// ---- stopping ----

static void set_end(struct timer *t, struct engine *e, int64_t after)
{
  int64_t at;
  if (after && !__builtin_add_overflow(engine_now(e), after, &at))
    timer_set(e, t, at);
}

static void stop(struct life *l)
{
  health_end(l);
  replica_goes(&l->replica->state, REPLICA_ON_stop);
  timer_stop(l->of->engine, &l->limit);
  replica_clear(l->of->engine, l->replica);
  show(l, REPLICA_off, "");
}

static void drained(struct replica *r)
{
  struct keeper *k = r->of->keeper;
  stop(life_of(r));
  keeper_follow(k); // one may have waited for a place
  scale_watch(k);
}

static void stop_start(struct life *l)
{
  l->of->starting--;
  stop(l);
}

// What has not ended by now is given up.
static void drained_too_long(struct timer *timer)
{
  struct life *l =
      (struct life *)((char *)timer - offsetof(struct life, limit));
  replica_end_calls(l->replica);
  replica_end_streams(l->replica);
}

static void begin_to_stop(struct life *l, enum replica_event how,
                          const char *why)
{
  health_end(l);
  deployment_close(l->replica, how, engine_now(l->of->engine));
  show(l, l->replica->state, why);
  if (l->replica->ongoing)
    set_end(&l->limit, l->of->engine, l->of->drain);
  else
    stop(l);
}

// ---- starting ----

// Whether calls are refused, which nobody could take.
static void settle_calls(struct keeper *k)
{
  struct deployment *d = k->deployment;
  d->down = !d->n_ready && k->backoff.failed >= k->health.failures;
  if (d->down)
    calls_refuse(d);
}

static void forget_failures(struct keeper *k)
{
  pthread_mutex_lock(&k->lock);
  k->backoff.failed = 0;
  pthread_mutex_unlock(&k->lock);
  k->deployment->down = false;
}

static void tell_start(const struct keeper *k)
{
  if (k->engine->clock && k->backoff.failed) // tests are silent
    fprintf(stderr,
            "info: %s.%s has started a replica: starts had failed %u "
            "times\n",
            keeper_app(k), k->deployment->name, (unsigned)k->backoff.failed);
}

void life_ready(struct life *l)
{
  struct keeper *k = l->of;
  tell_start(k);
  forget_failures(k);
  k->starting--;
  k->replacing -= k->replacing > 0;
  count_start(k);
  show(l, REPLICA_ready, "");
  health_begin(l);
  deployment_open(l->replica, engine_now(k->engine));
  scale_watch(k);
}

static void try_again(struct timer *timer)
{
  keeper_follow(
      (struct keeper *)((char *)timer - offsetof(struct keeper, retry)));
}

// One line a reason, and not one a try.
static void tell_failure(struct keeper *k, const char *why)
{
  bool new = !k->backoff.failed || strcmp(k->last.why, why);
  if (k->engine->clock && new)
    fprintf(stderr, "error: %s.%s could not start a replica: %s\n",
            keeper_app(k), k->deployment->name, why);
}

// Those that fail in one pause have failed once.
void life_failed(struct life *l, const char *why)
{
  struct keeper *k = l->of;
  struct engine *e = k->engine;
  tell_failure(k, why);
  count(k->deployment->counts.failed_starts);
  k->starting--;
  stop(l);
  bool first = !k->backoff.failed || engine_now(e) >= k->rest_until;
  pthread_mutex_lock(&k->lock);
  put_note(k, &k->last, why);
  if (first)
    k->rest_until = engine_now(e) + backoff_pause(&k->backoff);
  pthread_mutex_unlock(&k->lock);
  timer_set(e, &k->retry, k->rest_until);
  settle_calls(k);
}

static void on_started(struct request *request)
{
  struct life *l = request->user;
  char why[REASON_SIZE];
  l->busy = false;
  if (start_is_late(l->of->engine, request))
    request->error.message = &start_late;
  if (request->failed)
    reason_of(&request->error, why);
  arena_reset(&l->arena);
  if (request->failed)
    life_failed(l, why);
  else
    health_first(l);
}

static void start(struct life *l)
{
  struct engine *e = l->of->engine;
  struct replica *r = l->replica;
  const struct plan_class *c = &e->plan->classes[r->of->class];
  l->of->starting++;
  replica_goes(&r->state, REPLICA_ON_start);
  if (!replica_fill(e, r)) {
    life_failed(l, "out of memory");
    return;
  }
  show(l, REPLICA_starting, "");
  if (c->init == PLAN_NONE) {
    health_first(l);
    return;
  }
  l->request = (struct request){.arena = &l->arena,
                                .done = on_started,
                                .user = l,
                                .aside = true,
                                .deadline = start_ends(e, r->of)};
  l->busy = true;
  request_start_on(e, &l->request, c->init, NULL, r, 0);
}

// ---- as many as are wanted ----

static struct life *find(const struct keeper *k, enum replica_state state)
{
  const struct deployment *d = k->deployment;
  for (uint32_t i = 0; i < d->n_replicas; i++)
    if (d->replicas[i].state == state)
      return &k->lives[i];
  return NULL;
}

// The one that is worst; of those the newest, by its place: places are taken
// from the front.
static struct life *find_last(const struct keeper *k, enum replica_state state)
{
  const struct deployment *d = k->deployment;
  struct life *found = NULL;
  for (uint32_t i = d->n_replicas; i-- > 0;)
    if (d->replicas[i].state == state &&
        (!found || k->lives[i].failures > found->failures))
      found = &k->lives[i];
  return found;
}

// One that is about to stop comes back rather than that another starts.
static bool bring(struct keeper *k)
{
  struct life *l = find(k, REPLICA_draining);
  if (l) {
    timer_stop(k->engine, &l->limit);
    show(l, REPLICA_ready, "");
    health_begin(l);
    deployment_open(l->replica, engine_now(k->engine));
    return true;
  }
  bool rests = k->backoff.failed && engine_now(k->engine) < k->rest_until;
  if (rests || !(l = find(k, REPLICA_off)))
    return false;
  start(l);
  return true;
}

static bool take(struct keeper *k)
{
  struct life *l = find_last(k, REPLICA_starting);
  if (l) {
    stop_start(l);
    return true;
  }
  if ((l = find_last(k, REPLICA_ready)))
    begin_to_stop(l, REPLICA_ON_close, "");
  return l != NULL;
}

void keeper_follow(struct keeper *k)
{
  const struct deployment *d = k->deployment;
  uint32_t wanted = keeper_wanted(k);
  while (d->n_ready + k->starting < wanted && bring(k))
    ;
  while (d->n_ready + k->starting > wanted && take(k))
    ;
  if (d->n_ready >= wanted)
    k->replacing = 0;
  if (!wanted)
    forget_failures(k); // the next call begins anew
}

// ---- replacing ----

void life_replace(struct life *l, const char *why)
{
  struct keeper *k = l->of;
  if (k->engine->clock)
    fprintf(stderr, "error: %s.%s replaces a replica: %s\n", keeper_app(k),
            k->deployment->name, why);
  count(k->deployment->counts.replaced);
  pthread_mutex_lock(&k->lock);
  k->replaced++;
  put_note(k, &k->last, why);
  pthread_mutex_unlock(&k->lock);
  k->replacing++;
  begin_to_stop(l, REPLICA_ON_replace, why);
  keeper_follow(k);
  settle_calls(k);
}

// ---- from the beginning to the end ----

// 0: no seed, and the same pauses every time.
static uint64_t noise(struct engine *e)
{
  return e->seeded ? 0 : (uint64_t)engine_time(e) ^ (uintptr_t)e;
}

static bool lives_new(struct keeper *k)
{
  struct engine *e = k->engine;
  struct deployment *d = k->deployment;
  k->lives = ARENA_ARRAY(&e->arena, d->n_replicas, struct life);
  for (uint32_t i = 0; k->lives && i < d->n_replicas; i++)
    k->lives[i] = (struct life){.of = k,
                                .replica = &d->replicas[i],
                                .arena.limit = e->request_memory,
                                .shown = d->replicas[i].state,
                                .limit.fire = drained_too_long,
                                .check.aside = true};
  return k->lives != NULL;
}

static struct keeper *keeper_new(struct engine *e, struct deployment *d)
{
  struct keeper *k = ARENA_NEW(&e->arena, struct keeper);
  if (!k)
    return NULL;
  *k = (struct keeper){
      .engine = e,
      .deployment = d,
      .fixed = d->n_ready,
      .begin_of_day = engine_time(e) - engine_now(e),
      .drain = setting_of(e->plan, d->row, SETTING_shutdown_timeout),
      .backoff.seed = noise(e) + d->number,
      .retry = {.fire = try_again, .aside = true}};
  health_read(e->plan, d->row, &k->health);
  return lives_new(k) && scale_open(k) ? k : NULL;
}

// One that has had its lets is asked whether it is well.
static void begin(struct life *l)
{
  if (l->of->health.check == PLAN_NONE) {
    count_start(l->of);
    l->checked = engine_now(l->of->engine);
    health_begin(l);
    return;
  }
  deployment_close(l->replica, REPLICA_ON_close, engine_now(l->of->engine));
  replica_goes(&l->replica->state, REPLICA_ON_stop);
  replica_goes(&l->replica->state, REPLICA_ON_start);
  l->of->starting++;
  show(l, REPLICA_starting, "");
  health_first(l);
}

bool keeper_open(struct engine *e, struct deployment *d)
{
  if (!d->may_stop)
    return true;
  struct keeper *k = keeper_new(e, d);
  if (!k)
    return false;
  d->keeper = k;
  d->drained = drained;
  pthread_mutex_init(&k->lock, NULL);
  for (uint32_t i = 0, n = d->n_ready; i < n; i++)
    begin(&k->lives[i]);
  return true;
}

static int settle(struct keeper *k, char *why, size_t why_size)
{
  for (uint32_t i = 0; i < k->deployment->n_replicas; i++)
    if (k->lives[i].busy && !k->backoff.failed)
      engine_run_until_done(k->engine, &k->lives[i].request);
  if (!k->backoff.failed)
    return 0;
  snprintf(why, why_size, "%s.%s could not start a replica: %s", keeper_app(k),
           k->deployment->name, k->last.why);
  return -1;
}

int keepers_settle(struct engine *e, char *why, size_t why_size)
{
  for (uint32_t i = 0; i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    if (d->keeper && settle(d->keeper, why, why_size))
      return -1;
  }
  return 0;
}

static void keeper_free(struct deployment *d)
{
  for (uint32_t i = 0; i < d->n_replicas; i++) {
    health_end(&d->keeper->lives[i]);
    arena_free(&d->keeper->lives[i].arena);
  }
  pthread_mutex_destroy(&d->keeper->lock);
  d->keeper = NULL;
}

static void forget_drained(struct replica *r)
{
  (void)r;
}

// What is cancelled gives slots back, of any deployment.
void keepers_free(struct engine *e)
{
  uint32_t n = e->deployments ? e->plan->n_bindings : 0;
  for (uint32_t i = 0; i < n; i++) {
    e->deployments[i].changed = NULL;
    e->deployments[i].drained = forget_drained;
  }
  for (uint32_t i = 0; i < n; i++)
    if (e->deployments[i].keeper)
      keeper_free(&e->deployments[i]);
}
