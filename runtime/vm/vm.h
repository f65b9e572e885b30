// The virtual machine's own shapes: what the files of this room share.
//
// A request runs as tasks. A task is a chain of frames: the innermost one runs,
// the others wait for the one above. A call of a function or of a deployment
// that can begin at once is a frame on the same chain; one that goes on beside
// its caller is a task of its own. A graph's frame has a task for every strand
// that is under way, which share its slots, and whoever called it waits.
//
// Who owns what: the engine owns what the plan becomes (functions, sites,
// deployments). A request's arena owns its tasks, frames and streams; ended
// ones are kept for reuse, so a loop holds no more than it needs at a time. A
// frame owns the tasks it started, and ends them when it ends. Values, futures
// and errors are in the run's arena of values, where they may come to lie
// elsewhere between the turns of tasks (compact.c): whatever points to them
// from one turn to the next is found by its roots().
#ifndef SG_VM_H
#define SG_VM_H

#include "runtime/serve/batch.h"
#include "runtime/serve/deployment.h"
#include "runtime/serve/metrics.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/timeline.h"

enum {
  VM_DEPTH = 1000,    // calls within calls
  VM_HANDLERS = 1000, // handlers of one task at a time
  VM_BUDGET = 10000,  // jumps and calls until others have their turn
  VM_TURNS = 64,      // tasks until the loop has its turn
  VM_SIZES = 32,      // classes of frames by size
  VM_ASIDE = 10000,   // timers behind which nothing comes any more
};

// ---- what the plan becomes ----

struct strand_info {
  uint32_t inputs, guards; // edges that come in, and how many are guards
  uint32_t entry;
  bool returns; // its code can end the function
};

struct function {
  const struct plan *plan;
  const struct plan_function *row;
  const char *name;
  const struct plan_code *code;   // the engine's copy (fast.h)
  const struct plan_code *source; // the plan's; as long
  const value *template;          // of its slots
  const uint32_t *types;          // of its slots
  const uint8_t *kinds;           // of these types
  const uint16_t *hidden; // by slot: who owns its value (own.c); or NULL
  const uint16_t *shown;  // by instruction: of FAST_show, the hidden slot
  uint32_t n_slots, n_params;
  uint32_t first_hidden; // behind the plan's slots
  uint32_t class;        // or PLAN_NONE
  uint32_t frame_size;   // bytes
  uint8_t size_class;    // VM_SIZES: kept by nobody
  bool graph, init;
  bool yields;        // it gives the stream of its pieces
  bool takes_streams; // among its arguments
  uint32_t model; // it multiplexes: which of its replica's shelves, + 1; or 0
  uint32_t batch; // it batches: which of its replica's queues, + 1; or 0
  const struct strand_info *strands;
};

// Those that the plan knows, which have types; what is behind them are notes of
// who owns what (own.c).
static inline uint32_t typed_slots(const struct function *fn)
{
  return fn->hidden ? fn->first_hidden : fn->n_slots;
}

struct site {
  const struct plan_site *row;
  const struct function *function; // NULL for a callable
  struct deployment *deployment;   // of a method, when known
  uint32_t class;                  // of a method
  uint16_t first, count;           // of the arguments, without a handle
  uint8_t kind;
  bool own;     // the call has a task of its own: it has options
  bool repeats; // it may be made more than once
  int priority;
  bool has_priority;
  uint32_t retries;
  int64_t timeout, backoff, hedge, piece_timeout;
};

// ---- what a request becomes ----

struct future {
  enum { FUTURE_OUT, FUTURE_THERE, FUTURE_FAILED } state;
  bool unwanted; // it is being cancelled
  value value;
  const struct error *error;
  struct waiter *waiters; // newest first
};
struct waiter {
  struct waiter *next;
  struct task *task;
  struct arrivals *arrivals; // or NULL: then a task waits
  uint32_t generation;       // of the task's wait; another one is over
                             // of arrivals: which of its calls it is
};

struct handler { // of a `try`
  struct handler *next;
  struct frame *frame;
  const struct plan_code *at;
  uint16_t slot;
};

struct stub { // stands for a function of a deployment until the test ends
  struct stub *next;
  const struct function *fn;
  const struct closure *instead;
};

struct frame {
  const struct function *fn;
  struct frame *caller;              // in the same task, or NULL
  const struct plan_code *return_pc; // of the caller
  struct replica *self;              // or NULL
  struct claim claim;                // to a slot, given back when it ends
  // of a slot of a replica that may stop
  struct frame *slot_next, **slot_at; // in its list; slot_at NULL: in none
  struct task *slot_task;
  struct task *calls;     // under way beside it
  struct stream *streams; // that nobody else has
  uint32_t depth;
  uint16_t result;   // slot of the caller's
  bool gives_future; // that slot holds one, which is there when this ends
  bool stands_in;    // for a method: `self` is not the replica's that it takes
  struct timeline_call *call;   // of a deployment, where that is noted
  struct timeline_call *within; // the one that it serves
  const struct text *model;     // that it is for, or NULL
  uint32_t seen;                // run->looks when its values were looked at
  uint32_t mark, rests; // what it waited for, at how many looks (progress.c)
  value slots[];        // behind them, a graph's state
};

struct kept_slot { // of a replica that returned a stream
  struct kept_slot *next;
  struct claim claim;
  struct stream *stream;
  struct kept_slot *of_next, **of_at; // of a replica that may stop
};
struct stream {
  struct stream *next, **at; // among those of its owner; at is NULL: nobody's
  struct run *run;
  struct task *task;                  // who yields, or
  const struct stream_source *source; // what feeds it
  void *user;                         // the source's
  uint32_t of;                        // the pieces' type
  bool full;                          // there is a piece
  bool asked;                         // the source knows that one is wanted
  value piece;
  enum { STREAM_OPEN, STREAM_ENDED, STREAM_FAILED } state;
  const struct error *error;
  struct task *reader; // who waits for a piece, if still in this wait
  uint32_t generation;
  struct stream_reader *outside; // who reads it from outside, or NULL
  int64_t patience;              // ns, of who waits for a piece; 0: any
  struct timer late;             // while somebody waits
  struct kept_slot *slots;       // given back with its end
  struct stream *made; // the next that the run has made, or a free one
  uint32_t seen;       // run->looks when a value led to it
};

struct each { // one call an element (each.c)
  const struct function *fn;
  struct frame *owner;
  uint32_t elements_type, futures_type; // of the lists
  const struct list *elements;
  struct list *futures; // as many
  uint32_t begun, n_args;
  value args[]; // behind the element
};

struct strand {
  uint32_t waits, guards; // inputs still out; of these, guards
  enum { STRAND_OUT, STRAND_READY, STRAND_SKIPPED, STRAND_FAILED } state;
  uint32_t next; // in a list of those to look at
  const struct error *error;
};
struct graph {
  struct task *holder;       // waits for the graph
  struct task *tasks;        // strands under way
  const struct error *error; // the first that a strand failed with
  struct strand strands[];
};

struct cache_wait { // in the order of coming
  struct cache_wait *next, *prev;
  struct cached *entry; // NULL: the answer is `value`
  value value;
  uint32_t type;              // of it
  struct timeline_call *call; // or NULL: nobody asks for it
  uint16_t result;            // the task's slot
};

struct model_wait { // in the order of coming
  struct model_wait *next, *prev;
  struct kept_model *of;
  uint16_t result; // the task's slot
};

enum task_kind { TASK_ROOT, TASK_CALL, TASK_ATTEMPT, TASK_STRAND };
enum task_wait {
  WAIT_NOTHING,
  WAIT_READY, // in the ready queue
  WAIT_BEGIN, // there too, to begin a call that has been made
  WAIT_TIMER,
  WAIT_FORCE, // for futures
  WAIT_INPUT, // for futures among the arguments it begins with
  WAIT_QUEUE, // for a slot
  WAIT_AWAY,  // for a call on another loop
  WAIT_YIELD, // for its piece to be taken
  WAIT_PIECE, // for a stream
  WAIT_BATCH, // for what its batch comes to
  WAIT_CACHE, // for the answer to a call like its own
  WAIT_MODEL, // for a model that is loaded
  WAIT_JOB,   // for what a compute thread does
  WAIT_OTHER, // for a graph's frame, or a call with a task of its own
};

struct task {
  struct task *next, *prev; // in the ready queue; or the next free one
  struct task *made;        // the next that the run has made
  struct task *sibling, **sibling_at; // in the list of its owner
  struct run *run;
  struct frame *frame; // the innermost; NULL before it began
  struct frame *base;  // where it ends; a strand's is its graph's
  const struct plan_code *pc;
  struct handler *handlers;
  const struct error *error; // to be raised when it goes on
  uint8_t kind, wait;
  bool behind; // it has let those that were to begin go first
  bool free;
  uint16_t result;          // the parent's slot
  uint32_t generation, out; // of its waits; futures it waits for
  uint32_t strand;
  uint32_t n_handlers;
  struct timer timer; // WAIT_TIMER, WAIT_QUEUE
  // a call's
  struct timer limit;     // of its time
  int64_t allowed;        // for the message
  struct future *future;  // what it becomes, or
  struct task *parent;    // who waits for it
  struct frame *owner;    // whose call it is; NULL: the request's
  struct stream *stream;  // of what it yields, once it has yielded
  struct frame *entering; // before it began, or while it waits for a slot
  const uint32_t *types;  // of its arguments as they were given; NULL:
                          // they hold no futures
  struct each *each;      // that goes on when this ends, or NULL
  struct task *attempts;  // of a call that repeats (attempt.c)
  uint32_t tries, failures;
  uint32_t depth;       // of its frame
  struct replica *self; // the caller's
  const struct site *site;
  struct deployment *deployment; // whose slot it waits for
  union {
    struct waiting waiting;       // WAIT_QUEUE
    struct member member;         // WAIT_BATCH
    struct cache_wait cached;     // WAIT_CACHE
    struct model_wait model_wait; // WAIT_MODEL
  };
  struct message *message;  // of WAIT_AWAY
  struct job *job;          // of WAIT_JOB
  const struct text *model; // that the call it makes next is for, or NULL
};

struct pin { // a state's value that the request has seen
  struct pin *next;
  struct state_box *box;
};

struct run { // what the engine keeps of a request, in its arena
  struct engine *engine;
  struct request *request;
  struct arena *arena; // of values: `own` at first, then `compacted`
  struct arena *own;   // the request's
  struct arena compacted;
  size_t pinned;     // bytes in the boxes of `pins`
  size_t compact_at; // so many bytes of values, and they are compacted
  size_t spares;     // so many are not worth it
  uint32_t looks;    // of compactions
  uint32_t rest;     // turns until the next one, in builds for tests
  struct task *root;
  const struct function *fn;      // the root's
  struct frame *frames[VM_SIZES]; // free ones
  struct task *tasks;             // free ones
  struct task *made;              // all
  struct stream *made_streams, *free_streams;
  struct kept_slot *kept; // free ones
  struct waiter *waiters;
  struct handler *handlers;
  struct pin *pins;
  bool stubs;                // it made some
  bool aside;                // as the request says
  struct stream *streams;    // of the result
  struct stream *lent;       // that calls on other loops read
  struct timeline *timeline; // or NULL: nobody asks for it
  struct timer deadline;
  struct error exhausted; // when there is no memory for an error
};

// ---- the engine ----

struct wheel { // timer.c
  int64_t now;
  uint64_t filled[11];         // by level: slots that have timers, a bit each
  struct timer *slots[11][64]; // the first of each
};

struct clock; // real time: a timer and an idle handle on the loop

struct engine {
  const struct plan *plan;
  struct arena arena;
  struct function *functions;
  struct plan_code *code; // of all of them
  struct site *sites;
  value *consts;
  value *slot_defaults;
  uint32_t *slot_types;
  uint8_t *slot_kinds;
  bool *has_future; // by type
  bool *has_tensor;
  bool *has_stream;
  bool *has_union;
  value *defaults; // by type
  struct deployment *deployments;
  struct task *ready_first, *ready_last;
  uint32_t n_begin; // of these that are to begin
  struct request *done_first, **done_last;
  struct stream_reader *told_first, **told_last;
  struct stream *dropped; // streams whose producers are being stopped
  bool dropping;
  struct wheel wheel;
  uint32_t n_timers;
  uint32_t n_aside;      // of the timers
  bool moved;            // a task ran whose request is not aside
  int64_t now;           // virtual time
  uint64_t budget;       // jumps and calls since the clock last moved
  uint64_t weight;       // of operators, still to be taken from a task's budget
  struct pin *free_pins; // on the heap
  size_t request_memory;
  bool strict;          // as the options say
  FILE *failures;       // the same
  uint32_t turns, turn; // how many engine_run_until_done may take, and took
  struct clock *clock;  // NULL: virtual time
  bool running;
  bool waits_in_place;     // in engine_run_until_done: nobody runs the loop
  struct outside *outside; // or NULL
  struct spawned *spawned; // calls that run apart
  uint32_t n_spawned;
  struct metric_family **metrics;       // of the plan
  struct metric_series *spawned_failed; // or NULL
  struct metric_shard *shard;           // of the loop, or NULL
  struct metrics *own_metrics;          // in virtual time
  struct refused *refused;              // by function, or NULL
  uint64_t random[4];                   // what the next number comes from
  bool seeded;                          // by a number
  // other loops (port.h)
  struct port *port;         // of its loop, or NULL
  struct engine *home;       // where what is away runs, or NULL
  _Atomic uint32_t n_guests; // who may send messages here
  uint32_t n_away;           // messages that are not back
  struct message *messages;  // spare ones
  uint32_t n_messages;
  struct batch *batches; // spare ones
  uint32_t n_batches;
  uint32_t n_sessions; // that the plan tells apart
};

// ---- errors (error.c) ----

// Made in the request's arena, at the place where the task is. Never NULL.
const struct error *error_make(struct task *t, enum error_kind kind, int status,
                               const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Memory is out.
const struct error *error_memory(struct task *t);
// The same error, which says when to try again.
const struct error *error_retry(struct task *t, const struct error *e,
                                uint32_t seconds);
const struct error *error_exhausted(struct run *run); // the same, of no place
const struct error *error_too_deep(struct task *t);
const struct error *error_cancelled(void);
const struct error *error_int(struct task *t, const char *operator, int64_t x,
                              int64_t y);
const struct error *error_assert(struct task *t, uint32_t type, value x,
                                 value y, bool two);
const struct error *error_copy(struct task *t, const struct error *e);
// One of another request, in the task's memory. One without a place is that of
// the call.
const struct error *error_take(struct task *t, const struct error *e);
void error_place(const struct engine *e, const struct function *f,
                 const struct plan_code *at, struct error *out);
const char *error_kind_name(enum error_kind kind);

// ---- random numbers (random.c) ----

// `seed` 0: by the machine's noise; in virtual time it is a seed like another.
void random_begin(struct engine *e, uint64_t seed);

// ---- memory (compact.c, roots.c) ----

// Between turns, when nobody holds a value but where roots() finds it: what
// values no longer need is given back if there is enough of it.
void run_compact(struct run *run);
#ifdef SG_CHECK_VALUES // at every turn, so that tests see what was forgotten
enum { COMPACT_AT = 0, COMPACT_STREAMS_AT = 0 };
#else
// One with streams may be one of many that last for hours, and computes little;
// for others it is the time that counts.
enum { COMPACT_AT = 1 << 20, COMPACT_STREAMS_AT = 4 << 10 };
#endif
static inline void run_tidy(struct run *run)
{
  if (run->arena->held + run->pinned >= run->compact_at)
    run_compact(run);
}
// Bytes of the boxes that the run holds; and they are let go (state.c).
void pins_drop(struct engine *e, struct pin *pins);
const struct arena *pin_arena(const struct pin *pin);

// ---- frames and tasks (frame.c) ----

// A frame with the function's defaults; NULL when memory is out.
struct frame *frame_new(struct run *run, const struct function *f);
static inline void frame_is_for(struct frame *f, const struct frame *caller)
{
  f->depth = caller->depth + 1;
  f->within = caller->call ? caller->call : caller->within;
  f->model = caller->model;
}
void frame_keep(struct run *run, struct frame *f); // for reuse
// Its claim has a slot from now on, which it gives back when it ends.
void frame_take(struct task *t, struct frame *f);
void frame_forget_slot(struct frame *f); // somebody else has it now
// The calls that have the replica's slots fail, wherever they are. Not from
// inside of a task.
void replica_end_calls(struct replica *r);
void replica_end_streams(struct replica *r); // the same, of what it returned
// Ends what it still has out, gives its slot back, keeps the memory.
void frame_drop(struct task *t, struct frame *f);
void handler_pop(struct task *t); // the newest; there is one
void handlers_drop(struct task *t, const struct frame *f); // NULL: all
struct task *task_new(struct run *run, enum task_kind kind,
                      struct task **owner);
void task_free(struct task *t);
void task_unlist(struct task *t); // its owner's list forgets it
// What a task came to, for whoever waits.
void task_deliver(struct run *run, struct future *future, struct task *parent,
                  uint16_t result, value v);
void task_ready(struct task *t);
// What it waited for outside of its frames: it goes on with it, or ends with it
// where it had not begun.
void task_answer(struct task *t, uint16_t result, value v,
                 const struct error *error);
// The same for a call that is made: none that is made later overtakes it.
void task_begins(struct task *t);
// Ends it from outside: whoever waits for its future learns that it was
// cancelled.
void task_cancel(struct task *t, const struct error *why);
void tasks_cancel(struct task **list);
// The base frame is over, with a value or an error; the task is gone.
void task_finish(struct task *t, value v, const struct error *error);
// An error in the innermost frame: true when a handler took it and the task
// goes on.
bool task_raise(struct task *t, const struct error *error);

static inline struct graph *frame_graph(struct frame *f)
{
  return (struct graph *)(f->slots + f->fn->n_slots);
}

// ---- when calls were made (timeline.c) ----

bool timeline_begin(struct run *run); // false: memory is out
// The frame is of a call of `d`, which is made now.
void timeline_ask(struct run *run, struct frame *f, const struct deployment *d);
void timeline_begins(struct run *run, struct frame *f); // of one that is noted
// The same: it ends, or nobody wants it any more.
void timeline_end(struct run *run, struct frame *f, const struct error *error);
void timeline_cancel(struct run *run, struct frame *f);
// One that ran on another loop, where it was noted, has ended.
void timeline_came(struct run *run, struct timeline_call *c,
                   const struct timeline_call *there,
                   const struct error *error);
// Of one that a cache answers, without a frame; or NULL.
void timeline_answer(struct run *run, struct timeline_call *c,
                     const struct error *error, bool cancelled);

// ---- graphs (graph.c) ----

// The holder waits. False when memory is out; then nothing has begun.
bool graph_begin(struct task *holder, struct frame *f);
void graph_cancel(struct frame *f);
// The graph is over, with a value or an error.
void graph_end(struct frame *f, value v, const struct error *error);
// The running strand came to its end. True when the task goes on with another.
enum strand_outcome {
  OUTCOME_DONE,
  OUTCOME_TRUE,
  OUTCOME_FALSE, // of done and choose
  OUTCOME_SKIPPED,
  OUTCOME_FAILED,
};
bool strand_end(struct task *t, enum strand_outcome how);
// The strand failed: what it feeds is poisoned, and the task is gone.
void strand_fail(struct task *t, const struct error *error);

// ---- futures (future.c) ----

enum gathered { GATHER_THERE, GATHER_OUT, GATHER_FAILED };
// Makes the task wait for every future in a value, which adds to what it waits
// for since gather_begin. On GATHER_FAILED, *error says why.
void gather_begin(struct task *t);
enum gathered gather(struct task *t, uint32_t type, value v,
                     const struct error **error);
// The value with its futures taken out; false when memory is out.
bool future_resolve(struct task *t, uint32_t type, value v, value *out);
void future_complete(struct run *run, struct future *f, value v,
                     const struct error *error);

// Has the end of a call told to `a`, as its call number `i`; false when memory
// is out.
bool future_watch(struct run *run, struct future *f, struct arrivals *a,
                  uint32_t i);

// ---- calls as they end (arrivals.c) ----

// A stream of the numbers of a list's calls, each when it is over.
const struct error *arrivals_begin(struct task *t, const struct list *calls,
                                   uint32_t of, value *out);
void arrivals_came(struct arrivals *a, uint32_t i);
size_t arrivals_size(const struct arrivals *a);
bool stream_arrives(const struct stream *s); // its user is what arrives
// Cancels those of the frame's calls that are among these.
void calls_abandon(struct frame *f, const struct list *calls);

// ---- streams (stream.c) ----

// One without a producer yet; NULL when memory is out.
struct stream *stream_new(struct run *run, struct stream **owner, uint32_t of);
// The list of those that the task's result goes to.
struct stream **streams_of(struct task *t);
// Those among a frame's arguments, and in what it returns, change owner.
void streams_enter(struct run *run, struct frame *f);
void streams_return(struct run *run, struct frame *f, value v,
                    struct stream **to);
// What a call gives is under the limit for pieces that its options say.
void streams_limit(struct task *t, value v);
void streams_drop(struct stream **list);
void stream_drop(struct stream *s);
void stream_own(struct stream *s, struct stream **owner); // from now on
// Its producer is stopped, and who reads finds the error.
void stream_fail(struct stream *s, const struct error *error);
// One among a request's arguments becomes its run's.
void stream_adopt(struct run *run, struct frame *f, struct stream *s);
// The task waits until the piece is taken.
const struct error *stream_yield(struct task *t, value piece);
void stream_end(struct task *t); // the task is gone
bool stream_is_read(
    const struct stream *s); // by somebody who waits, or outside
// As stream_next, where values are held: nothing is compacted.
enum stream_next stream_take(struct stream_reader *r, value *out,
                             const struct error **error);
enum stream_next stream_more(struct task *t, struct stream *s,
                             const struct error **error);
const struct error *stream_piece(struct task *t, struct stream *s, value *out);
void streams_tell(struct engine *e); // who reads from outside

// ---- calls (call.c) ----

enum entry { ENTRY_RUN, ENTRY_WAIT, ENTRY_FAIL };
// The task's innermost frame calls; ENTRY_FAIL sets *error.
enum entry call_enter(struct task *t, const struct site *s, uint16_t result,
                      const struct error **error);
// A replica for the frame, then on: as far as a call gets at once. f->self is
// the caller's replica still; `d` may be NULL.
enum entry call_admit(struct task *t, struct frame *f, struct deployment *d,
                      int priority, const struct error **error);
// Starts a call beside the frame; NULL with *error.
struct future *call_start(struct task *t, const struct site *s,
                          const struct error **error);
// The same for a value that is called. A helper runs in its caller's order:
// then the task's innermost frame is its, or the task waits.
enum entry call_start_value(struct task *t, const struct site *s,
                            uint16_t result, const struct error **error);
// Calls a function for every element, at most so many at a time (INT64_MAX:
// all at once, and no slot says it); *out is the list of futures (each.c).
bool call_each(struct task *t, const struct site *s, int64_t limit, value *out,
               const struct error **error);
void each_next(struct run *run, struct each *e); // one of its calls has ended
// A call's task runs for the first time: takes its arguments and enters.
enum entry call_begin(struct task *t, const struct error **error);
// A call's task is ready to run, or fails, or waits.
void call_launch(struct task *t);
void call_limit(struct task *t, int64_t ns); // its time; 0: none
int64_t call_end_by(const struct task *t);   // INT64_MAX: it has no limit
// A frame with the arguments of another, on no chain; NULL: memory is out.
struct frame *call_frame(struct task *t, const struct frame *like);
// Nobody waits for a slot any longer: there is nobody to give one.
void calls_refuse(struct deployment *d);
// The root's: its frame simply begins.
enum entry frame_begin(struct task *t, struct frame *f,
                       const struct error **error);

// ---- calls that repeat (attempt.c) ----

// Makes an attempt at the call whose arguments are in t->entering.
void attempt_begin(struct task *t);
// One has ended; the call ends too, or another attempt is made.
void attempt_ended(struct task *t, value v, const struct error *error);

// ---- builds for tests (inhabits.c) ----

// Abort where a value is none of its type.
#ifdef SG_CHECK_VALUES
bool value_inhabits(const struct plan *p, uint32_t type, value v);
void values_check(const struct frame *f, const struct plan_code *at);
void value_check_field(const struct engine *e, uint32_t field, value v);
#else
#define values_check(f, at) ((void)0)
#define value_check_field(e, field, v) ((void)0)
#endif

// ---- metrics (measure.c) ----

bool measures_begin(struct engine *e, struct metric_shard *shard);
void measures_end(struct engine *e);
// A retry or a hedge of a call of `d`, made or not made for want of budget.
void measure_retry(struct engine *e, struct deployment *d, bool made);

// ---- replicas' state (state.c) ----

bool state_get(struct task *t, uint32_t field, value *out);
const struct error *state_set(struct task *t, uint32_t field, value v);
// The request has ended: what it answers is copied from boxes into its own
// memory, and the boxes are let go. False when memory is out.
bool pins_leave(struct request *r, uint32_t type);
void states_free(struct engine *e);
// A box with a copy of a value, which the run then holds until it ends; NULL:
// it is too large, or memory is out.
struct state_box *state_box_new(struct engine *e, size_t limit, uint32_t type,
                                value v, value *out);
bool state_box_hold(struct run *run, struct state_box *box);
void state_box_drop(struct state_box *box);
// Room for what the lets of a replica that may stop will hold.
bool lets_open(struct replica *r);
void boxes_drop(struct engine *e, struct replica *r); // state and lets are gone

// ---- running (interpret.c, engine.c, timer.c, clock.c) ----

// Runs a task until it waits, ends, or its budget is spent.
void interpret(struct engine *e, struct task *t);
void request_finish(struct request *r, value v, const struct error *error);
// As request_start, on a replica (an initialiser).
void request_start_on(struct engine *e, struct request *r, uint32_t function,
                      const value *args, struct replica *self, uint32_t depth);
void timers_fire(struct engine *e);
// Some are set. No timer is due before this; or one is, exactly then, and the
// engine's time comes there next.
int64_t timers_next(struct engine *e);
int64_t timers_exactly_next(struct engine *e);
int clock_new(struct clock **out, struct engine *e, struct uv_loop_s *loop);
void clock_free(struct clock **c);
int64_t clock_now(void);
void clock_arm(struct clock *c, int64_t at); // 0: no timer is set
void clock_again(struct clock *c,
                 bool soon); // run again when the loop has been round

// A request that is the call of a deployment. Nothing of it runs at once.
// First it gets its run; false when memory is out, and it can only be finished.
bool request_open(struct engine *e, struct request *r,
                  const struct function *fn);
// `self`: the function is called on this replica of it; NULL: a method, on any.
void request_call(struct engine *e, struct request *r, const value *args,
                  struct deployment *d, struct replica *self, int priority,
                  uint32_t depth);

// ---- calls that run apart (spawn.c) ----

void spawned_end(struct engine *e); // cancels them all
void refused_end(struct engine *e); // says what is still to be said

// ---- caches (cache.c) ----

// Whether a call is answered from the cache, or with somebody else's call; then
// `entry` is what became of it. The frame is taken over.
bool cache_answers(struct task *t, struct frame *f, struct deployment *d,
                   int priority, enum entry *entry, const struct error **error);
void cache_leave(struct task *t);
bool caches_open(struct engine *e);
void caches_close(struct engine *e);

// ---- replicas that come and go (start.c, life.c) ----

// Ready to run its initialiser; and afterwards, as if it never had.
bool replica_fill(struct engine *e, struct replica *r);
void replica_clear(struct engine *e, struct replica *r);
// Of a deployment whose first replicas have had their lets; nothing where none
// may stop.
bool keeper_open(struct engine *e, struct deployment *d);
void keepers_free(struct engine *e);
// Waits for all first checks. -1: one has failed, with a reason.
int keepers_settle(struct engine *e, char *why, size_t why_size);

// ---- batches (batch.c) ----

// The task waits for what the batch gives for its innermost frame's parameters.
const struct error *batch_join(struct task *t, int64_t weight, uint16_t result);
void batch_leave(struct task *t);
// What runs its batch, if it is under way; or NULL.
const struct task *batch_runs(const struct task *t);
// What is set for the methods of a deployment; and a replica's own queues.
bool batches_set(struct engine *e, struct deployment *d);
bool batches_open(struct engine *e, struct replica *r);
// How a method of a deployment forms batches from now on, also of calls that
// wait: whether that is a change. At home, and engine_run is due.
bool batching_change(struct engine *e, struct deployment *d,
                     const struct batching *to);
void batches_free(struct engine *e); // spare ones

// ---- models (model.c) ----

// The task's innermost frame is of a method that multiplexes: its model, now or
// later, in the slot.
enum entry model_ask(struct task *t, const struct text *id, uint16_t result,
                     const struct error **error);
void model_leave(struct task *t);
// What loads the model that it waits for; or NULL.
const struct task *model_runs(const struct task *t);
// What is set for the methods of a deployment, and its replicas' shelves.
bool models_set(struct engine *e, struct deployment *d);
void models_drop(struct replica *r); // all that it holds
void models_free(struct engine *e);

// What is known of a request goes with one that is made of it (call.c).
bool request_inherit(struct request *r, const struct frame *from,
                     const struct run *run);

// ---- work off the loop (job.c) ----

struct operator_job;
// Whether it has to be done in place: in virtual time, and where nobody runs
// the loop yet.
bool job_in_place(const struct engine *e);
// The task waits for it; `done` is called on the loop, if it still does, before
// it goes on. False: memory is out, and the work is the caller's still.
typedef const struct error *job_done(struct task *t, struct operator_job *work);
bool job_start(struct task *t, struct operator_job *work, job_done *done);
void job_leave(struct task *t);

// ---- tensors (ready.c) ----

// At the instruction `ready`: the tensors in its slot are computed, now or
// later; then the task waits.
enum entry tensors_ready(struct task *t, struct plan_code i,
                         const struct error **error);

// ---- other loops (message.c, port.c) ----

// The call goes to the home of `d`, and the frame to those kept for reuse.
enum entry message_send(struct task *t, struct frame *f, struct deployment *d,
                        int priority, const struct error **error);
// The task waits no longer for its message.
void message_cancel(struct task *t);
void messages_free(struct engine *e); // spare ones
// A deep copy of another engine's value, with this one's handles.
bool value_take(struct engine *e, struct arena *a, uint32_t type, value v,
                value *out);

// ---- loading (load.c, holding.c, start.c, share.c) ----

// By type: whether it is, or holds, one of the kinds (a bit each).
void types_holding(const struct plan *p, uint64_t kinds, bool *out);
// Whether the slot of such a value is all of it: a number, or a handle.
bool type_is_plain(const struct plan *p, uint32_t type);

int engine_load(struct engine *e, char *why, size_t why_size);
// Arguments of bindings and initialisers of replicas, in order of need.
int engine_start(struct engine *e, char *why, size_t why_size);
// The same, taken from the engine's home.
int engine_share(struct engine *e, char *why, size_t why_size);

#endif
