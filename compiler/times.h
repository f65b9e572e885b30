// How long things take, as far as the program says: sleeps of a known length,
// expected latencies, and the longest path through graphs and bodies. Where the
// length of every sleep is constant, this is what virtual time measures.
#ifndef SG_TIMES_H
#define SG_TIMES_H

#include "compiler/lower.h"

struct compile;
struct times;

// A moment after the beginning, in nanoseconds. What depends on data lies
// between two; where something is not known at all it is `open`: perhaps later.
struct moment {
  int64_t low, high;
  bool open;
};

struct event { // a call
  const char *label;
  struct moment start, end;
  const struct timing *inside;
  const struct binding *binding; // whose it is, or NULL
  struct span span;
  bool critical; // the result waits for it, directly or not
};

struct timing { // of a function, without the time in queues, if nothing fails
  const struct function *function;
  struct moment takes;
  struct event *events; // in order of start
  uint32_t n_events, room_events;
  const struct method *batch; // of the longest wait of a batch in it, or NULL
  bool busy, printed;
  const struct fact *value; // what it surely gives
};

// At most so long an element waits for others.
int64_t times_batch_wait(const struct method *m);

struct times *times_new(struct compile *c);
// Of a call from outside.
struct timing *times_of(struct times *t, const struct function *f,
                        const struct binding *b);

// Warns of deadlines that are below what surely has to be waited for
// (check_times.c).
void check_times(struct compile *c, struct times *t, const struct program *p);
// Warns of expected loads that the replicas cannot carry (check_load.c).
void check_load(struct compile *c, struct times *t, const struct program *p);
// Warns of batches that fewer calls come to than they hold (check_fill.c).
void check_fill(struct compile *c, const struct program *p);

#endif
