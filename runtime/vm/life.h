// The lives of replicas that may stop: those of deployments that scale, or
// whose health is checked. Shared by life.c, scale.c, health.c and report.c.
#ifndef SG_LIFE_H
#define SG_LIFE_H

#include "runtime/serve/autoscale.h"
#include "runtime/serve/health.h"
#include "runtime/vm/vm.h"

#include <pthread.h>

enum { REASON_SIZE = 240 };

struct note { // what others may read of a replica, or of a deployment
  int64_t at;
  char why[REASON_SIZE]; // one line; "": nothing to be said
};

struct life { // of a replica
  struct keeper *of;
  struct replica *replica;
  struct request request; // its initialiser, or a check
  struct arena arena;     // of that
  bool busy;              // that is out
  struct timer limit;     // of draining
  struct timer check;     // the next one
  int64_t checked;        // when the last one began
  // under the keeper's lock
  uint32_t failures; // of checks, in a row
  enum replica_state shown;
  struct note note; // since when, and what is wrong
};

struct keeper { // of a deployment
  struct engine *engine;
  struct deployment *deployment;
  struct autoscale *scale; // or NULL: as many as ever
  struct health health;    // `check` may be PLAN_NONE
  struct life *lives;      // by replica
  uint32_t fixed;          // how many are wanted where nothing scales
  uint32_t starting;
  uint32_t replacing; // replicas whose places are not taken again yet
  struct backoff backoff;
  int64_t rest_until;   // after a start that failed
  int64_t begin_of_day; // the time of day at the engine's 0
  int64_t drain;        // how long a replica may finish its calls, 0: no limit
  struct timer step, retry;
  pthread_mutex_t lock; // of what other loops read
  uint64_t starts, replaced;
  struct note last; // that went wrong
};

// ---- life.c ----

// As many replicas as are wanted.
void keeper_follow(struct keeper *k);
uint32_t keeper_wanted(const struct keeper *k);
// As if no replica were being replaced.
uint32_t keeper_count(const struct keeper *k);
// Of one that had its lets: it is ready for calls, or could not start.
void life_ready(struct life *l);
void life_failed(struct life *l, const char *why);
// It takes no more calls, and another one takes its place.
void life_replace(struct life *l, const char *why);
struct life *life_of(const struct replica *r);
const char *keeper_app(const struct keeper *k);

// ---- scale.c ----

// The deployment's counts, or its replicas, have changed.
void scale_watch(struct keeper *k);
bool scale_open(struct keeper *k); // false: memory is out

// ---- health.c ----

// Asks for the first time; life_ready or life_failed follows.
void health_first(struct life *l);
// Of one that is ready: asks again and again. Or not any more.
void health_begin(struct life *l);
void health_end(struct life *l);
// Whether one of its calls has rested for too long (progress.c).
bool life_rests(struct life *l);
// The error in one line, NUL-terminated.
void reason_of(const struct error *e, char out[REASON_SIZE]);
// When the lets of a replica that starts now have to have ended, as the
// deadline of their request; and whether that is why they have failed.
int64_t start_ends(const struct engine *e, const struct deployment *d);
bool start_is_late(const struct engine *e, const struct request *r);
extern const struct text start_late; // what is said then

#endif
