// Health: when a replica is well, and what becomes of one that is not.
//
// A check is asked of every replica, again and again; so many bad ones in a
// row, and the replica is replaced. Starts that fail are made again, each time
// after a longer pause. This knows no clock and no engine: runtime/vm/health.c
// asks the replicas, runtime/vm/life.c starts and stops them.
#ifndef SG_HEALTH_H
#define SG_HEALTH_H

#include "grammar/plan/plan.h"

struct health {            // what is set
  uint32_t check;          // the function `check_health`, or PLAN_NONE
  int64_t period, timeout; // ns
  int64_t progress;        // ns that a call may rest; 0: no limit
  int64_t start;           // ns that its lets may take; 0: no limit
  uint32_t failures;       // in a row
};

// The settings of a binding; false when its replicas are not checked.
bool health_read(const struct plan *p, const struct plan_binding *b,
                 struct health *out);

// Of any binding: how long the lets of a replica may take, ns; 0: no limit.
int64_t health_start(const struct plan *p, const struct plan_binding *b);

// Pauses between starts that fail: 1 s, twice as much each time, a minute at
// most; and up to a quarter more, so that those who failed together do not come
// back together.
struct backoff {
  uint32_t failed; // starts in a row
  uint64_t seed;   // of the quarters
};
// Another one has failed: how long to wait, ns.
int64_t backoff_pause(struct backoff *b);

#endif
