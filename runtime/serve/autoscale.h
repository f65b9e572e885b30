// Autoscaling: how many replicas a deployment wants.
//
// Ray Serve's policy, on what is there now: at every step of a tenth of a
// second the calls that are queued and running, taken over the look-back
// period, are divided by what a replica should have; the change is multiplied
// by its factor, and happens once it has been wanted for the whole delay. From
// 0 the first call brings a replica at once; 0 is reached from 1 only.
//
// This knows no clock and no engine: runtime/vm/scale.c runs it.
#ifndef SG_AUTOSCALE_H
#define SG_AUTOSCALE_H

#include "grammar/base/arena.h"
#include "grammar/plan/plan.h"

enum {
  SCALE_STEP = 100000000, // ns
  SCALE_SPANS = 600,      // parts of the look-back period at most
  SCALE_KEPT = 50,        // decisions
  SCALE_MOST = 100000,    // replicas
};

struct scaling { // what is set
  uint32_t least, most, initial;
  double target;                                       // calls of a replica
  int64_t up_delay, down_delay, zero_delay, look_back; // ns
  double up_factor, down_factor;
  enum { AGGREGATE_mean, AGGREGATE_max, AGGREGATE_min } aggregation;
};

struct span_load { // of one part of time
  int64_t number;  // which one, since the beginning
  double sum;      // calls times ns
  uint32_t most, least;
};

struct decision {
  int64_t at; // ns since the beginning
  uint32_t from, to;
  double load;    // calls, over the look-back period
  uint32_t ready; // replicas
};

struct autoscale {
  struct scaling how;
  uint32_t wanted; // replicas
  int64_t steps;   // in a row that want more; negative: fewer
  bool quiet;      // the last one wanted as many as there are
  int64_t begin;   // when it was made
  uint32_t load;   // calls now
  int64_t since;   // they are so many
  int64_t noted;   // until when that is in the spans
  int64_t width;   // of a part of time, ns
  uint32_t n_spans;
  struct span_load *spans; // by number, in a ring
  struct decision kept[SCALE_KEPT];
  uint64_t n_decisions; // all that there were; the last ones are kept
};

// The settings of a binding; false when it does not scale.
bool scaling_read(const struct plan *p, const struct plan_binding *b,
                  struct scaling *out);
// The arena owns what it needs. NULL: memory is out.
struct autoscale *autoscale_new(struct arena *a, const struct scaling *how,
                                int64_t now);
// So many calls are there from now on.
void autoscale_load(struct autoscale *a, uint32_t load, int64_t now);
// Calls over the look-back period, as `aggregation` says.
double autoscale_calls(struct autoscale *a, int64_t now);
// A step, with so many replicas ready. True: `wanted` has changed.
bool autoscale_step(struct autoscale *a, uint32_t ready, int64_t now);
// A call waits and no replica is there. True: `wanted` has changed.
bool autoscale_wake(struct autoscale *a, int64_t now);
// Steps would change nothing before something else does.
bool autoscale_settled(const struct autoscale *a, int64_t now);
// When the next step is.
int64_t autoscale_next(const struct autoscale *a, int64_t now);

#endif
