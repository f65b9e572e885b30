// Operators as the engine sees them: one vtable, indexed by operator number.
//
// stdlib/ops fills `operators[OPERATOR_<id>]`, one file an operator family.
#ifndef SG_OPERATOR_H
#define SG_OPERATOR_H

#include "runtime/value/value.h"

struct engine;
// All that an operator may ask of it: its clock, the time of day, which is the
// beginning of 2024 when a test begins, and random numbers: 64 bits, or bytes
// that nobody can guess (but in tests, and after --seed).
int64_t engine_now(const struct engine *e);
int64_t engine_time(const struct engine *e);
uint64_t engine_random(struct engine *e);
uint32_t engine_replicas(const struct engine *e, const struct deployment *d);
uint32_t engine_ongoing(const struct engine *e, const struct deployment *d);
uint32_t engine_queued(const struct engine *e, const struct deployment *d);
void engine_noise(struct engine *e, void *to, size_t size);
bool engine_is_test(const struct engine *e);

// In a test, a stream of the answer to a request: its method, path, headers and
// body. NULL: `why` says it.
struct stream *engine_ask(struct engine *e, struct arena *whole, uint32_t of,
                          const value *words, const char **why);

// What is done with a metric (runtime/vm/measure.c), by its number in the plan
// and the values of its labels. *out is what was asked for. False: `why` says
// it.
enum measuring {
  MEASURE_inc,
  MEASURE_set,
  MEASURE_observe,
  MEASURE_value,
  MEASURE_count
};
bool engine_measure(struct engine *e, enum measuring what, int64_t metric,
                    const struct list *labels, double *x, const char **why);

// What an operator is called with. `types[i]` is the type of `args[i]`,
// `result_type` that of the result: numbers into plan->types, base types (but
// from_json reads into whole types, with their constraints and defaults).
struct operator_call {
  enum operator_id id;
  const struct plan *plan;
  struct engine *engine; // clock
  struct arena *arena;   // of the request: results go here
  struct arena *whole;   // the same, of what others put there until it ends
  const value *args;
  const uint32_t *types;
  uint32_t result_type;
  const struct text *model; // that the call is for, or NULL
  int64_t wait;             // OPERATOR_WAIT: nanoseconds
  struct operator_job *job; // OPERATOR_JOB: owned by the engine from then on
  struct error *error;      // OPERATOR_FAIL: filled by operator_fail
  const void *place[2];     // where in the code, as the engine knows it
};

enum operator_status {
  OPERATOR_DONE, // *out is the result
  OPERATOR_FAIL, // *call->error says why
  OPERATOR_WAIT, // the task goes on after call->wait; the result is then *out
  OPERATOR_JOB,  // the task goes on when call->job is done
};

// What takes long and would hold up the loop. At the beginning of a program,
// and in tests, it runs in place.
struct operator_job {
  // On a compute thread: of the engine, arenas and arguments it sees nothing
  // but what it has copied.
  void (*run)(struct operator_job *j);
  // On the loop, behind it, if somebody still waits: makes the result.
  enum operator_status (*done)(struct operator_job *j,
                               struct operator_call *call, value *out);
  void (*free)(struct operator_job *j); // at the end, in any case
  _Atomic bool unwanted; // nobody waits any more: `run` may give up
};

typedef enum operator_status operator_run(struct operator_call *call,
                                          value *out);
extern operator_run *const operators[]; // stdlib/ops/table.c, from ops.def

// Fills the error (kind user, status 500) and returns OPERATOR_FAIL.
enum operator_status operator_fail(struct operator_call *call,
                                   const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Out of the request's memory: kind limit.
enum operator_status operator_exhausted(struct operator_call *call);

#endif
