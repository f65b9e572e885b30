// Deployments: what a binding has become. Replicas with slots, one queue.
//
// A call takes a slot of the replica with the fewest calls, in turn among
// equals; or waits in the queue, and then gets the slot that is freed, at that
// moment. A deployment without limits has no slots to count: its replicas take
// turns. All of this belongs to one engine, and one thread; others may read the
// counts.
//
// A deployment that scales, or whose health is checked, has places for as many
// replicas as there may be, and those that are ready take calls
// (runtime/vm/life.c).
#ifndef SG_DEPLOYMENT_H
#define SG_DEPLOYMENT_H

#include "runtime/serve/affinity.h"
#include "runtime/serve/budget.h"
#include "runtime/serve/models.h"
#include "runtime/serve/pace.h"
#include "runtime/serve/queue.h"
#include "runtime/serve/states.h"

#include <stdatomic.h>

struct batching;
struct batch_queue; // of a replica and a method (runtime/vm/batch.c)
struct metric_series;
struct frame;
struct kept_slot; // runtime/vm/stream.c
struct keeper; // runtime/vm/life.h
struct stub;
struct state_box; // a state field's value that is not in the slot
                  // (runtime/vm/state.c)

struct replica {
  struct deployment *of;
  value *fields;               // parameters, lets, state; the engine's
  struct state_box **boxes;    // one a state field, or NULL
  struct batch_queue *batches; // one a method that batches, or NULL
  struct shelf *shelves;       // one a method that multiplexes, or NULL
  struct named named;          // models that calls named (models.h)
  uint32_t ongoing;            // slots taken
  uint32_t place;              // in the heap
  uint64_t turn;               // when it took its last slot
  enum replica_state state;
  // of one that may stop
  struct state_box *lets; // what its lets hold
  struct frame *holders;  // that have its slots
  struct kept_slot *kept; // and what has those of calls that gave streams
};

// A call's claim to a slot. Lies in what runs; zeroed it is of a call that has
// just been made. It may be moved while it runs.
struct claim {
  struct replica *replica; // whose slot it has, or NULL
  struct affinity to;      // which replica suits it
  enum claim_state state;
  int64_t since; // it has had it
};

struct deployment {
  const struct plan_binding *row;
  const char *name;
  uint32_t number, class; // in bindings, in classes
  bool bounded, idempotent;
  bool away; // it has slots or state, and they are on another loop; `bounded`
  uint32_t n_replicas; // places
  struct replica *replicas;
  _Atomic uint32_t n_ready;
  struct replica **heap; // those that are ready, by ongoing, then turn
  uint64_t turns;
  uint32_t max_ongoing; // a replica's slots
  uint32_t max_queued;
  int overload_status;
  int64_t queue_timeout, request_timeout, piece_timeout; // ns, 0: none
  int64_t cache_ttl;                      // ns an answer may be given again
  uint32_t cache_entries;                 // answers kept
  bool caches;                            // it has a cache, here or at home
  struct cache *cache;                    // or NULL (runtime/vm)
  struct batching *batching;              // of its methods that batch (batch.h)
  uint32_t n_batching;
  struct multiplexing *multiplex; // of its methods that multiplex (models.h)
  uint32_t n_multiplex;
  uint32_t session; // its header's number (session.h), + 1; 0: it has none
  uint64_t comings; // of replicas, and goings
  struct stub *stubs; // of a test (runtime/vm), or NULL
  struct queue queue;
  struct pace pace;
  struct budget budget; // of retries and hedges
  _Atomic uint32_t queued, ongoing;
  // of one whose replicas may stop
  bool may_stop;
  bool down;                            // it has none, and none can start
  struct keeper *keeper;                // or NULL
  const value *params;                  // the engine's
  void (*changed)(struct deployment *); // its counts; or NULL
  void (*drained)(struct replica *);
  struct deployment_counts { // for the page of metrics; NULL: not counted
    struct metric_series *ongoing, *queued, *requests, *refused, *shed,
        *replicas;
    struct metric_series *retries, *no_retries; // made when they are needed
    struct metric_series *starts, *failed_starts, *health_failures, *replaced;
    struct metric_series *loads, *loads_failed, *evictions, *models, *load_time;
    struct metric_family *load_times;
  } counts;
};

// `n_ready`, `queued` and `ongoing` are written by one thread; others see one
// value or another.
static inline uint32_t deployment_count(const _Atomic uint32_t *count)
{
  return atomic_load_explicit(count, memory_order_relaxed);
}

// One for each binding of the plan, settings resolved, replicas without fields;
// the arena owns them. NULL when memory is out. `away`: what has slots or state
// is with another engine.
struct deployment *deployments_new(struct arena *a, const struct plan *p,
                                   bool away);

// Ready for calls: who waits gets its slots. Or not any more: it closes, or is
// replaced.
void deployment_open(struct replica *r, int64_t now);
void deployment_close(struct replica *r, enum replica_event how, int64_t now);

// A replica of a deployment without limits.
struct replica *deployment_turn(struct deployment *d);
// Takes a slot, of a replica that suits the call; false when all are taken, or
// others wait for one.
bool deployment_take(struct deployment *d, struct claim *c, int64_t now);
// Gives it back, or hands it to the first who waits and has time enough left.
void deployment_give(struct claim *c, int64_t now);
// Waits in line, if the queue is not full, and not so long that its turn cannot
// come in time. Whoever waits calls `changed` when it is ready to be entered.
enum deployment_line { LINE_JOINED, LINE_FULL, LINE_LONG };
enum deployment_line deployment_wait(struct deployment *d, struct waiting *w);
void deployment_leave(struct deployment *d, struct waiting *w);
// When one that was refused may come again: seconds.
uint32_t deployment_retry_after(const struct deployment *d);

#endif
