// What the files that measure share.
#ifndef SG_TIMES_PARTS_H
#define SG_TIMES_PARTS_H

#include "compiler/compile.h"
#include "compiler/times.h"
#include "compiler/times_facts.h"

enum { TIMES_STEPS = 1000000, TIMES_DEEP = 200, TIMES_EVENTS = 3000 };

struct times {
  struct compile *c;
  struct arena *arena;
  struct memo *memos; // open addressing
  uint32_t n_memos, room_memos;
  uint64_t steps; // that may still be made for this question
  uint32_t depth;
};

struct spread { // when each part of a list or tuple is there
  uint32_t n;
  struct spread_part {
    struct moment ready;
    const struct spread *parts;
  } at[];
};

struct given { // an argument: what is known of it, and when it is there, as a
               // time after the call
  const struct fact *fact;
  struct moment ready;
  const struct spread *parts;
};

struct cell {
  const struct fact *fact;
  struct moment ready;        // all of it
  const struct spread *parts; // or NULL: all of it at once
  uint32_t writer;            // in a graph: the strand that wrote it + 1
};

struct state {
  struct moment now;
  struct cell *cells;
  struct state *spare; // one that is not in use, behind this one
};

struct act { // a function that is being run
  struct times *t;
  struct timing *out;
  const struct code *code;
  const struct binding *binding;
  const struct fact **fields; // of the binding, or NULL
  struct state s, *spare;
  bool alive;
  struct state **waiting; // by instruction: what arrived by a jump
  uint32_t
      *unsure;     // by instruction: where a jump that depends on data goes + 1
  uint32_t strand; // + 1
  bool returned;
  const struct fact *chosen; // of the last choose
};

// ---- moments ----
static inline struct moment moment_later(struct moment x, struct moment y)
{
  return (struct moment){x.low > y.low ? x.low : y.low,
                         x.high > y.high ? x.high : y.high, x.open || y.open};
}

static inline struct moment moment_either(struct moment x, struct moment y)
{
  return (struct moment){x.low < y.low ? x.low : y.low,
                         x.high > y.high ? x.high : y.high, x.open || y.open};
}

struct moment moment_after(struct moment x, struct moment d);

// ---- code (times_code.c) ----
// Runs instructions from a->s.now on; the moment when they end.
struct moment times_run(struct act *a, uint32_t entry, uint32_t end);
void times_set(struct act *a, uint32_t slot, const struct fact *fact,
               struct moment ready);

// ---- calls (times_calls.c) ----
void times_call(struct act *a, const struct ins *i); // call, start
void times_each(struct act *a, const struct ins *i);
void times_closure(struct act *a, const struct ins *i);
void times_batch(struct act *a, const struct ins *i);
void times_model(struct act *a, const struct ins *i);

// ---- graphs (times_graph.c) ----
void times_run_graph(struct act *a);

// ---- functions (times.c) ----
// `args` is NULL where nothing is known.
struct timing *timing_of(struct times *t, const struct function *f,
                         const struct binding *b, const struct given *args);

#endif
