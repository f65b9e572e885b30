// Every way that a few calls and replicas can go: on the code of runtime/serve,
// each event that states.def allows at each moment, until no new situation is
// found. In each one what must always hold is looked at.
//
// That this can fail is shown too: with any row of states.def forgotten, or
// with a slot that is given back and not handed on, something does not hold.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/serve/deployment.h"

#include <stdio.h>
#include <string.h>

enum { CALLS = 4, PLACES = 2, SITUATIONS = 1 << 17, SECOND = 1000000000 };
static const int64_t later = 10ll * SECOND; // when slots become free

// ---- what is explored ----

// All of it lies in one piece, so a situation is kept and restored as bytes.
static struct world {
  struct deployment d;
  struct replica replicas[PLACES];
  struct replica *heap[PLACES];
  struct claim claims[CALLS];
  struct waiting waiting[CALLS];
  uint32_t came; // calls
  uint32_t came_as[CALLS];
  bool entered[CALLS], left[CALLS];
} w, *kept;

static const struct shape {
  const char *name;
  uint32_t slots, queue;
  int priorities[CALLS];
  bool at_once; // a call that gets its slot from the queue gives it back there
  bool late;    // every other call is too late when a slot becomes free
  bool wakes;   // the first who waits where no replica is ready brings one
} shapes[] = {
    {"a slot each", 1, 2, {0, 0, 1, 0}, false, false, false},
    {"two slots each", 2, 1, {0, 2, 0, 1}, false, false, false},
    {"no queue", 1, 0, {0, 0, 0, 0}, false, false, false},
    {"much room", 1, 4, {0, 3, 1, 2}, false, false, false},
    {"calls that end at once", 1, 3, {0, 1, 0, 0}, true, false, false},
    {"calls that are too late", 1, 3, {0, 1, 0, 0}, false, true, false},
    {"replicas that are woken", 1, 3, {1, 0, 0, 1}, false, false, true},
};
static const struct shape *shape;

static jmp_buf out;
static const char *wrong;

static _Noreturn void broken(const char *why)
{
  wrong = why;
  longjmp(out, 1);
}

static void must(bool holds, const char *what)
{
  if (!holds)
    broken(what);
}

// ---- what may be forgotten ----

static int forgotten_claim = -1, forgotten_replica = -1;
static bool deaf; // whoever gives a slot back sees nobody who waits
static bool gives;
static bool used_claim[CLAIM_STATES][CLAIM_EVENTS];
static bool used_replica[REPLICA_STATES][REPLICA_EVENTS];

bool __real_claim_goes(enum claim_state *s, enum claim_event event);
bool __wrap_claim_goes(enum claim_state *s, enum claim_event event);
bool __wrap_claim_goes(enum claim_state *s, enum claim_event event)
{
  must(claim_may(*s, event), "a call changes as no row says");
  used_claim[*s][event] = true;
  if (forgotten_claim == (int)(*s * CLAIM_EVENTS + event))
    return false;
  return __real_claim_goes(s, event);
}

bool __real_replica_goes(enum replica_state *s, enum replica_event event);
bool __wrap_replica_goes(enum replica_state *s, enum replica_event event);
bool __wrap_replica_goes(enum replica_state *s, enum replica_event event)
{
  must(replica_may(*s, event), "a replica changes as no row says");
  used_replica[*s][event] = true;
  if (forgotten_replica == (int)(*s * REPLICA_EVENTS + event))
    return false;
  return __real_replica_goes(s, event);
}

struct waiting *__real_queue_first(const struct queue *q);
struct waiting *__wrap_queue_first(const struct queue *q);
struct waiting *__wrap_queue_first(const struct queue *q)
{
  return deaf && gives ? NULL : __real_queue_first(q);
}

// ---- what must always hold ----

static uint32_t number_of(const struct waiting *x)
{
  return (uint32_t)(x - w.waiting);
}

static uint32_t count_claims(enum claim_state state, const struct replica *of)
{
  uint32_t n = 0;
  for (int i = 0; i < CALLS; i++)
    n += w.claims[i].state == state && (!of || w.claims[i].replica == of);
  return n;
}

static void look_at_replica(const struct replica *r)
{
  const struct deployment *d = &w.d;
  must(r->ongoing == count_claims(CLAIM_running, r), "slots are counted wrong");
  must(r->ongoing <= d->max_ongoing, "more calls run than there are slots");
  bool drains = r->state == REPLICA_draining || r->state == REPLICA_replaced;
  must(r->ongoing == 0 || r->state == REPLICA_ready || drains,
       "a call runs on a replica that is not there");
  must(r->ongoing || !drains, "a replica drains that has no call");
  if (r->state != REPLICA_ready)
    return;
  must(r->place < d->n_ready && d->heap[r->place] == r, "the heap lost one");
  must(d->heap[0]->ongoing <= r->ongoing, "the heap is in disorder");
  must(!d->queued || r->ongoing == d->max_ongoing,
       "a slot is free and a call waits");
}

static void look_at_call(int i)
{
  const struct claim *c = &w.claims[i];
  bool has = c->replica != NULL;
  must(has == (c->state == CLAIM_running), "a call has what it must not have");
  must(!(w.left[i] && w.entered[i]), "a call was cancelled and ran");
  must(!w.left[i] || c->state == CLAIM_ended, "a call that left is not over");
  must(!w.entered[i] || c->state == CLAIM_running || c->state == CLAIM_ended,
       "a call that ran waits");
}

static void look(void)
{
  struct deployment *d = &w.d;
  uint32_t ready = 0, queued = 0;
  for (int i = 0; i < PLACES; i++)
    ready += w.replicas[i].state == REPLICA_ready;
  for (const struct waiting *ring = d->queue.rings; ring; ring = ring->lower) {
    const struct waiting *x = ring;
    do {
      must(++queued <= CALLS, "the queue goes in circles");
    } while ((x = x->next) != ring);
  }
  must(d->n_ready == ready, "ready replicas are counted wrong");
  must(d->queued == queued && queued == count_claims(CLAIM_waiting, NULL),
       "who waits is counted wrong");
  must(d->ongoing == count_claims(CLAIM_running, NULL),
       "who runs is counted wrong");
  must(queued <= d->max_queued, "more wait than may");
  for (int i = 0; i < PLACES; i++)
    look_at_replica(&w.replicas[i]);
  for (int i = 0; i < CALLS; i++)
    look_at_call(i);
}

// By its priority, and one more for each second that it has waited.
static bool goes_before(uint32_t i, uint32_t k, int64_t now)
{
  int64_t x = shape->priorities[i] * (int64_t)SECOND + now - w.waiting[i].since;
  int64_t y = shape->priorities[k] * (int64_t)SECOND + now - w.waiting[k].since;
  if (x != y)
    return x > y;
  return shape->priorities[i] != shape->priorities[k]
             ? shape->priorities[i] > shape->priorities[k]
             : w.came_as[i] < w.came_as[k];
}

// ---- events ----

// A second is the shortest call from now on.
static void free_slots(void)
{
  w.d.pace = (struct pace){.now = {SECOND, PACE_CALLS}, .begin = later};
}

static void end_call(uint32_t i)
{
  gives = true;
  free_slots();
  deployment_give(&w.claims[i], later);
  gives = false;
}

static void on_enter(struct waiting *x)
{
  uint32_t i = number_of(x);
  bool gave = gives;
  gives = false;
  must(!w.entered[i], "a call gets a second slot");
  must(!w.left[i], "a call that left gets a slot");
  must(x->claim->replica && x->claim->replica->state == REPLICA_ready,
       "a call gets a slot of a replica that takes none");
  for (uint32_t k = 0; k < CALLS; k++)
    must(k == i || w.claims[k].state != CLAIM_waiting ||
             goes_before(i, k, 10ll * SECOND),
         "a call is served before one that goes first");
  w.entered[i] = true;
  if (shape->at_once)
    end_call(i);
  gives = gave;
}

static void on_late(struct waiting *x)
{
  uint32_t i = number_of(x);
  must(x->end_by == later, "a call is shed that has time enough");
  must(!w.entered[i] && !w.left[i], "a call is shed that does not wait");
  w.left[i] = true;
}

static void on_drained(struct replica *r)
{
  must(!r->ongoing, "a replica stops with a call");
  replica_goes(&r->state, REPLICA_ON_stop);
}

static void open_replica(struct replica *r)
{
  if (r->state == REPLICA_off) {
    replica_goes(&r->state, REPLICA_ON_start);
    must(r->state == REPLICA_starting, "a replica does not start");
  }
  free_slots();
  deployment_open(r, later);
}

static void on_change(struct deployment *d)
{
  if (!shape->wakes || !d->queued || d->n_ready)
    return;
  for (int i = 0; i < PLACES; i++)
    if (w.replicas[i].state == REPLICA_off) {
      open_replica(&w.replicas[i]);
      return;
    }
}

static void arrive(uint32_t i)
{
  struct deployment *d = &w.d;
  uint32_t queued = d->queued;
  w.came_as[i] = w.came++;
  if (deployment_take(d, &w.claims[i], 0)) {
    must(w.claims[i].replica->state == REPLICA_ready, "it takes no calls");
    return;
  }
  d->pace = (struct pace){0}; // nothing is known, and no line too long
  w.waiting[i] =
      (struct waiting){.priority = shape->priorities[i],
                       .since = w.came_as[i] * (SECOND * 2ll / 3),
                       .claim = &w.claims[i],
                       .start_by = INT64_MAX,
                       .end_by = shape->late && i % 2 ? later : INT64_MAX,
                       .enter = on_enter,
                       .late = on_late};
  if (deployment_wait(d, &w.waiting[i]) == LINE_JOINED) {
    d->changed(d);
    return;
  }
  must(queued == d->max_queued, "a call is refused and there is room");
  must(w.claims[i].state == CLAIM_ended, "a call is refused and not over");
}

static void close_replica(struct replica *r, enum replica_event how)
{
  deployment_close(r, how, later);
  if (!r->ongoing)
    replica_goes(&r->state, REPLICA_ON_stop);
}

enum { EVENTS = 2 * CALLS + 4 * PLACES };

// False: it cannot happen now.
static bool happen_to_call(uint32_t i, bool comes)
{
  enum claim_state s = w.claims[i].state;
  if (comes) {
    if (s != CLAIM_made)
      return false;
    arrive(i);
    return true;
  }
  if (s == CLAIM_running) { // its end, or it is cancelled: it is the same
    end_call(i);
    return true;
  }
  if (s != CLAIM_waiting)
    return false;
  w.left[i] = true;
  deployment_leave(&w.d, &w.waiting[i]);
  return true;
}

static bool happen_to_replica(struct replica *r, uint32_t what)
{
  if (what == 0 && r->state == REPLICA_off) {
    replica_goes(&r->state, REPLICA_ON_start);
    must(r->state == REPLICA_starting, "a replica does not start");
  } else if (what == 1 && replica_may(r->state, REPLICA_ON_open)) {
    free_slots();
    deployment_open(r, later);
  } else if (what == 2 && r->state == REPLICA_ready) {
    close_replica(r, REPLICA_ON_close);
  } else if (what == 3 && r->state == REPLICA_ready) {
    close_replica(r, REPLICA_ON_replace);
  } else if (what == 2 && r->state == REPLICA_starting) {
    replica_goes(&r->state, REPLICA_ON_stop);
    must(r->state == REPLICA_off, "a replica that starts does not stop");
  } else {
    return false;
  }
  return true;
}

static bool happen(uint32_t event)
{
  if (event < 2 * CALLS)
    return happen_to_call(event / 2, event % 2 == 0);
  event -= 2 * CALLS;
  return happen_to_replica(&w.replicas[event / 4], event % 4);
}

// ---- situations that have been seen ----

// What tells two situations apart: not how often replicas had their turn, only
// whose turn is next.
struct key {
  uint8_t claim[CALLS], replica[CALLS], came_as[CALLS];
  uint8_t state[PLACES], ongoing[PLACES], place[PLACES], turn;
};

static struct key key_of_world(void)
{
  struct key k;
  memset(&k, 0, sizeof k);
  for (int i = 0; i < CALLS; i++) {
    const struct claim *c = &w.claims[i];
    k.claim[i] = (uint8_t)(c->state + 8 * w.entered[i] + 16 * w.left[i]);
    k.replica[i] = c->replica ? (uint8_t)(c->replica - w.replicas + 1) : 0;
    k.came_as[i] = c->state == CLAIM_waiting ? (uint8_t)(w.came_as[i] + 1) : 0;
  }
  for (int i = 0; i < PLACES; i++) {
    k.state[i] = (uint8_t)w.replicas[i].state;
    k.ongoing[i] = (uint8_t)w.replicas[i].ongoing;
    k.place[i] =
        (uint8_t)(w.replicas[i].state == REPLICA_ready ? w.replicas[i].place
                                                       : PLACES);
  }
  k.turn = w.replicas[0].turn < w.replicas[1].turn;
  return k;
}

static struct key seen[2 * SITUATIONS];
static bool taken[2 * SITUATIONS];
static uint32_t n_kept;

static bool is_new(void)
{
  struct key k = key_of_world();
  uint64_t h = 1469598103934665603u;
  for (size_t i = 0; i < sizeof k; i++)
    h = (h ^ ((const uint8_t *)&k)[i]) * 1099511628211u;
  uint32_t at = (uint32_t)(h ^ h >> 29) % (2 * SITUATIONS);
  for (; taken[at]; at = (at + 1) % (2 * SITUATIONS))
    if (!memcmp(&seen[at], &k, sizeof k))
      return false;
  taken[at] = true;
  seen[at] = k;
  return true;
}

static void keep(void)
{
  assert_true(n_kept < SITUATIONS);
  kept[n_kept++] = w;
}

// ---- going every way ----

static void begin(const struct shape *s)
{
  shape = s;
  memset(&w, 0, sizeof w);
  w.d = (struct deployment){.bounded = true,
                            .may_stop = true,
                            .n_replicas = PLACES,
                            .replicas = w.replicas,
                            .heap = w.heap,
                            .max_ongoing = s->slots,
                            .max_queued = s->queue,
                            .changed = on_change,
                            .drained = on_drained};
  for (uint32_t i = 0; i < PLACES; i++) {
    w.replicas[i] = (struct replica){
        .of = &w.d, .place = i, .turn = i, .state = REPLICA_off};
    w.heap[i] = &w.replicas[i];
  }
  w.d.turns = PLACES;
  n_kept = 0;
  memset(taken, 0, sizeof taken);
  gives = false;
}

// One that is replaced ends its calls first.
static void open_some(void)
{
  for (int i = 0; i < PLACES; i++)
    if (w.replicas[i].state != REPLICA_replaced) {
      open_replica(&w.replicas[i]);
      return;
    }
}

// Whatever happened: with a replica, and calls that end, all of them do.
static void look_at_end(void)
{
  struct world before = w;
  for (int turns = 0; turns <= CALLS; turns++) {
    if (!w.d.n_ready)
      open_some();
    for (uint32_t i = 0; i < CALLS; i++)
      if (w.claims[i].state == CLAIM_running) {
        end_call(i);
        look();
      }
  }
  must(!w.d.queued && !w.d.ongoing, "something never ends");
  w = before;
}

// Of the situation number `i`.
static void go_on_from(uint32_t i)
{
  for (uint32_t event = 0; event < EVENTS; event++) {
    w = kept[i];
    if (!happen(event))
      continue;
    look();
    if (!is_new())
      continue;
    keep();
    look_at_end();
  }
}

// NULL, or what does not hold.
static const char *explore(const struct shape *s)
{
  wrong = NULL;
  if (setjmp(out))
    return wrong;
  begin(s);
  look();
  is_new();
  keep();
  for (uint32_t i = 0; i < n_kept; i++)
    go_on_from(i);
  return NULL;
}

static const char *explore_all(void)
{
  const char *why = NULL;
  for (size_t i = 0; !why && i < sizeof shapes / sizeof *shapes; i++)
    why = explore(&shapes[i]);
  return why;
}

// ---- tests ----

static void what_must_hold_holds(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const char *why = explore(&shapes[i]);
    if (why)
      fail_msg("%s: %s", shapes[i].name, why);
    print_message("%s: %u situations\n", shapes[i].name, (unsigned)n_kept);
    assert_true(n_kept > 500);
  }
#define CLAIM(state, event, next)                                              \
  assert_true(used_claim[CLAIM_##state][CLAIM_ON_##event]);
#define REPLICA(state, event, next)                                            \
  assert_true(used_replica[REPLICA_##state][REPLICA_ON_##event]);
#include "runtime/serve/states.def"
}

static void no_row_can_be_forgotten(void **state)
{
  (void)state;
#define CLAIM(state, event, next)                                              \
  forgotten_claim = CLAIM_##state * CLAIM_EVENTS + CLAIM_ON_##event;           \
  assert_non_null(explore_all());                                              \
  forgotten_claim = -1;
#define REPLICA(state, event, next)                                            \
  forgotten_replica = REPLICA_##state * REPLICA_EVENTS + REPLICA_ON_##event;   \
  assert_non_null(explore_all());                                              \
  forgotten_replica = -1;
#include "runtime/serve/states.def"
}

static void a_lost_wake_up_is_found(void **state)
{
  (void)state;
  deaf = true;
  const char *why = explore_all();
  deaf = false;
  assert_string_equal(why, "a slot is free and a call waits");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_must_hold_holds),
      cmocka_unit_test(no_row_can_be_forgotten),
      cmocka_unit_test(a_lost_wake_up_is_found),
  };
  kept = malloc(SITUATIONS * sizeof *kept);
  int failed = kept ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
  free(kept);
  return failed;
}
