// Slots and queues. See deployment.h.
#include "runtime/serve/deployment.h"
#include "runtime/serve/metrics.h"
#include "runtime/serve/session.h"

#include "runtime/serve/autoscale.h"
#include "runtime/serve/health.h"

#include <stdatomic.h>
#include <string.h>

// ---- settings ----

static void set_one(struct deployment *d, const struct plan *p,
                    const struct plan_setting *s)
{
  int64_t v = (int64_t)plan_bits(&p->consts[s->value]);
  uint32_t n = v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
  switch (s->id) {
  case SETTING_num_replicas:
    d->n_replicas = n ? n : 1;
    break;
  case SETTING_max_ongoing_requests:
    d->max_ongoing = n ? n : 1;
    break;
  case SETTING_max_queued_requests:
    d->max_queued = n;
    break;
  case SETTING_overload_status:
    d->overload_status = v >= 400 && v < 600 ? (int)v : 503;
    break;
  case SETTING_queue_timeout:
    d->queue_timeout = v;
    break;
  case SETTING_request_timeout:
    d->request_timeout = v;
    break;
  case SETTING_piece_timeout:
    d->piece_timeout = v;
    break;
  case SETTING_cache_ttl:
    d->cache_ttl = v;
    d->caches = true;
    break;
  case SETTING_cache_max_entries:
    d->cache_entries = n;
    break;
  case SETTING_retry_budget:
    memcpy(&d->budget.share, &v, sizeof v);
    break;
  case SETTING_idempotent:
    d->idempotent = v;
    break;
  default:
    break;
  }
}

static bool keeps_models(const struct plan *p, const struct plan_binding *b)
{
  struct plan_run methods = p->classes[b->class].methods;
  for (uint32_t i = 0; i < methods.count; i++)
    if (p->methods[methods.first + i].loader != PLAN_NONE)
      return true;
  return false;
}

// Where replicas may stop, calls are counted; one that is replaced has its
// place until its calls have ended.
static void set_places(struct deployment *d, const struct plan *p)
{
  struct scaling scaling;
  struct health health;
  d->n_ready = d->n_replicas;
  if (scaling_read(p, d->row, &scaling)) {
    d->n_replicas = scaling.most;
    d->n_ready = scaling.initial;
    d->may_stop = true;
  }
  if (health_read(p, d->row, &health)) {
    d->n_replicas *= 2;
    d->may_stop = true;
    if (!d->bounded && !scaling_read(p, d->row, &scaling))
      d->max_ongoing = UINT32_MAX;
  }
  d->bounded |= d->may_stop;
}

static void set_all(struct deployment *d, const struct plan *p, uint32_t number)
{
  const struct plan_binding *b = &p->bindings[number];
  *d = (struct deployment){
      .row = b,
      .name = plan_str(p, b->name),
      .number = number,
      .class = b->class,
      .bounded = b->bounded,
      .n_replicas = 1,
      .max_ongoing = 5,
      .max_queued = 1000,
      .cache_entries = 1000,
      .session = session_number(p, number) + 1,
      .overload_status = 503,
      .budget.share = 0.2,
  };
  for (uint32_t i = 0; i < b->settings.count; i++)
    set_one(d, p, &p->settings[b->settings.first + i]);
  if (keeps_models(p, b))
    d->bounded = true; // and where they are kept is home
  if (d->session && !d->bounded) {
    d->bounded = true; // so that replicas are chosen
    d->max_ongoing = UINT32_MAX;
  }
  if (d->n_replicas > SCALE_MOST)
    d->n_replicas = SCALE_MOST;
  set_places(d, p);
}

static bool add_replicas(struct arena *a, struct deployment *d)
{
  d->replicas = ARENA_ARRAY(a, d->n_replicas, struct replica);
  d->heap = ARENA_ARRAY(a, d->n_replicas, struct replica *);
  if (!d->replicas || !d->heap)
    return false;
  for (uint32_t i = 0; i < d->n_replicas; i++) {
    d->heap[i] = &d->replicas[i];
    d->replicas[i].of = d;
    d->replicas[i].place = i;
    d->replicas[i].turn = i;
    if (i >= d->n_ready)
      d->replicas[i].state = REPLICA_off;
  }
  d->turns = d->n_replicas;
  return true;
}

static bool has_state(const struct plan *p, const struct plan_binding *b)
{
  const struct plan_class *c = &p->classes[b->class];
  return c->fields.count > c->n_params + c->n_lets;
}

struct deployment *deployments_new(struct arena *a, const struct plan *p,
                                   bool away)
{
  struct deployment *all = ARENA_ARRAY(a, p->n_bindings + 1, struct deployment);
  for (uint32_t i = 0; all && i < p->n_bindings; i++) {
    set_all(&all[i], p, i);
    if (away &&
        (all[i].bounded || all[i].caches || has_state(p, &p->bindings[i])))
      all[i].away = all[i].bounded = true;
    if (!add_replicas(a, &all[i]))
      return NULL;
  }
  return all;
}

// ---- the heap of replicas ----

static bool before(const struct replica *x, const struct replica *y)
{
  return x->ongoing != y->ongoing ? x->ongoing < y->ongoing : x->turn < y->turn;
}

static void put(struct deployment *d, uint32_t at, struct replica *r)
{
  d->heap[at] = r;
  r->place = at;
}

static void sink(struct deployment *d, struct replica *r)
{
  uint32_t at = r->place, child;
  uint32_t n = d->n_ready;
  while ((child = 2 * at + 1) < n) {
    if (child + 1 < n && before(d->heap[child + 1], d->heap[child]))
      child++;
    if (!before(d->heap[child], r))
      break;
    put(d, at, d->heap[child]);
    at = child;
  }
  put(d, at, r);
}

static void rise(struct deployment *d, struct replica *r)
{
  uint32_t at = r->place;
  while (at && before(r, d->heap[(at - 1) / 2])) {
    put(d, at, d->heap[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put(d, at, r);
}

// ---- counts ----

static void add(_Atomic uint32_t *count, int32_t n)
{
  uint32_t now = deployment_count(count);
  atomic_store_explicit(count, now + (uint32_t)n, memory_order_relaxed);
}

static void tell(struct deployment *d)
{
  if (d->changed)
    d->changed(d);
}

// ---- slots ----

static void count(struct metric_series *s, double n)
{
  if (s)
    metric_add(s, n);
}

struct replica *deployment_turn(struct deployment *d)
{
  if (d->n_replicas == 1)
    return d->replicas;
  return &d->replicas[d->turns++ % d->n_replicas];
}

static void take_from(struct deployment *d, struct replica *r)
{
  r->ongoing++;
  r->turn = d->turns++;
  add(&d->ongoing, 1);
  count(d->counts.ongoing, 1);
  count(d->counts.requests, 1);
  sink(d, r);
}

bool deployment_take(struct deployment *d, struct claim *c, int64_t now)
{
  struct replica *r = affinity_pick(d, &c->to);
  if (!deployment_count(&d->n_ready) || r->ongoing >= d->max_ongoing || affinity_next(r))
    return false;
  claim_goes(&c->state, CLAIM_ON_take);
  c->replica = r;
  c->since = now;
  take_from(d, r);
  affinity_note(r, c->to);
  tell(d);
  return true;
}

// ---- the queue ----

// Slots that there may be while a call waits.
static uint64_t most_slots(const struct deployment *d)
{
  return (uint64_t)d->n_replicas * d->max_ongoing;
}

static enum deployment_line line_for(struct deployment *d,
                                     const struct waiting *w)
{
  if (deployment_count(&d->queued) >= d->max_queued)
    return LINE_FULL;
  int64_t begin = pace_begin(&d->pace, queue_ahead(&d->queue, w->priority),
                             most_slots(d), w->since);
  return begin > w->start_by || begin > w->end_by ? LINE_LONG : LINE_JOINED;
}

enum deployment_line deployment_wait(struct deployment *d, struct waiting *w)
{
  enum deployment_line line = line_for(d, w);
  if (line != LINE_JOINED) {
    claim_goes(&w->claim->state, CLAIM_ON_refuse);
    count(d->counts.refused, 1);
    return line;
  }
  claim_goes(&w->claim->state, CLAIM_ON_wait);
  queue_add(&d->queue, w);
  add(&d->queued, 1);
  count(d->counts.queued, 1);
  return line;
}

uint32_t deployment_retry_after(const struct deployment *d)
{
  uint32_t ready = deployment_count(&d->n_ready);
  return pace_retry_after(&d->pace, deployment_count(&d->queued),
                          (uint64_t)(ready ? ready : 1) * d->max_ongoing);
}

static void forget(struct deployment *d, struct waiting *w)
{
  queue_remove(&d->queue, w);
  add(&d->queued, -1);
  count(d->counts.queued, -1);
}

void deployment_leave(struct deployment *d, struct waiting *w)
{
  if (!claim_goes(&w->claim->state, CLAIM_ON_leave))
    return;
  forget(d, w);
  tell(d);
}

// ---- slots that become free ----

// Whoever goes next. Those whose time is shorter than the shortest call would
// only hold a slot for nothing: they leave.
static struct waiting *next_of(struct replica *r, int64_t now)
{
  struct deployment *d = r->of;
  int64_t least = pace_least(&d->pace, now);
  struct waiting *w;
  while ((w = affinity_next(r)) && now > w->end_by - least) {
    claim_goes(&w->claim->state, CLAIM_ON_shed);
    forget(d, w);
    count(d->counts.shed, 1);
    w->late(w);
  }
  return w;
}

static void enter(struct deployment *d, struct waiting *w, struct replica *r,
                  int64_t now)
{
  forget(d, w);
  claim_goes(&w->claim->state, CLAIM_ON_enter);
  affinity_note(r, w->claim->to);
  w->claim->replica = r;
  w->claim->since = now;
  w->enter(w);
}

static void give_to_none(struct replica *r)
{
  struct deployment *d = r->of;
  r->ongoing--;
  add(&d->ongoing, -1);
  count(d->counts.ongoing, -1);
  if (r->state == REPLICA_ready)
    rise(d, r);
  else if (!r->ongoing)
    d->drained(r);
}

void deployment_give(struct claim *c, int64_t now)
{
  struct replica *r = c->replica;
  struct deployment *d = r->of;
  claim_goes(&c->state, CLAIM_ON_give);
  c->replica = NULL;
  pace_note(&d->pace, now - c->since, now);
  struct waiting *w = r->state == REPLICA_ready ? next_of(r, now) : NULL;
  if (w) {
    r->turn = d->turns++;
    sink(d, r);
    count(d->counts.requests, 1);
    enter(d, w, r, now);
  } else {
    give_to_none(r);
  }
  tell(d);
}

// Slots that it has are for those who wait for it.
static void fill(struct replica *r, int64_t now)
{
  struct deployment *d = r->of;
  struct waiting *w;
  while (r->ongoing < d->max_ongoing && (w = next_of(r, now))) {
    take_from(d, r);
    enter(d, w, r, now);
  }
}

void deployment_open(struct replica *r, int64_t now)
{
  struct deployment *d = r->of;
  replica_goes(&r->state, REPLICA_ON_open);
  put(d, d->n_ready, r);
  add(&d->n_ready, 1);
  d->comings++;
  count(d->counts.replicas, 1);
  rise(d, r);
  fill(r, now);
}

static void take_out(struct deployment *d, struct replica *r)
{
  struct replica *last = d->heap[d->n_ready];
  uint32_t at = r->place;
  if (last == r)
    return;
  put(d, at, last);
  sink(d, last);
  rise(d, last);
}

void deployment_close(struct replica *r, enum replica_event how, int64_t now)
{
  struct deployment *d = r->of;
  replica_goes(&r->state, how);
  add(&d->n_ready, -1);
  d->comings++;
  count(d->counts.replicas, -1);
  take_out(d, r);
  if (!d->session)
    return;
  for (uint32_t i = 0; i < d->n_replicas; i++) // its sessions go to others
    if (d->replicas[i].state == REPLICA_ready)
      fill(&d->replicas[i], now);
}
