// What runs the scaling of a deployment. Shared by scale.c and report.c.
#ifndef SG_SCALE_H
#define SG_SCALE_H

#include "runtime/serve/autoscale.h"
#include "runtime/vm/vm.h"

#include <pthread.h>

struct life { // of a replica
  struct scaler *of;
  struct replica *replica;
  struct request request; // its initialiser
  struct arena arena;
  struct timer limit; // of draining
};

struct scaler {
  struct engine *engine;
  struct deployment *deployment;
  struct autoscale *state;
  struct life *lives; // by replica
  uint32_t starting;
  uint32_t failed;      // starts in a row
  int64_t rest_until;   // after one that failed
  int64_t begin_of_day; // the time of day when it was made
  int64_t drain;        // how long a replica may finish its calls, 0: no limit
  struct timer step, retry;
  pthread_mutex_t lock; // of the decisions, which other loops read
};

#endif
