// The engine: runs the functions of a plan on one event loop, or in virtual time.
//
// A request (an HTTP request, a test) is one call of a function from outside.
// Inside, functions call deployments, whose calls wait in queues (runtime/serve)
// and then run as frames. All memory of a request comes from its arena.
#ifndef SG_ENGINE_H
#define SG_ENGINE_H

#include "runtime/value/value.h"

#include <stdio.h>

struct uv_loop_s;
struct engine;
struct port;
struct task; // what runs: a frame's body, or a strand of a graph's frame

struct metric_shard;

// What a test may ask of the world around it: the answer to a request of a
// client.
struct asked {
  const struct text *method, *path, *body;
  const struct map *headers; // map str
};
struct outside {
  void (*begin)(struct outside *o, struct engine *e); // a test
  // A stream of one answer, a (int, map str, bytes), of type `of`, in an arena
  // that lives as long as the test; it ends without one where there is none.
  // NULL: `why` says it.
  struct stream *(*ask)(struct outside *o, struct arena *a, uint32_t of,
                        const struct asked *asked, const char **why);
  void (*turn)(struct outside *o); // what can go on outside goes on
  void (*end)(struct outside *o);
};

struct engine_options {
  struct uv_loop_s *loop; // NULL: virtual time
  size_t request_memory;  // limit of what a request's arena holds, 0: 256 MiB
  uint32_t turns;         // engine_run_until_done fails the request after so many
                          // turns of tasks, of which one that spends its
                          // whole budget counts for 30, 0: never
  uint64_t seed;          // of random numbers, 0: none
  struct port *port;      // of the loop (port.h), or NULL
  struct metric_shard *metrics; // of the loop; NULL: the engine has its own
  struct outside *outside; // or NULL: there is nothing outside
  bool strict; // replicas that are not well at the beginning are an error
  FILE *failures; // what cannot start is told there, all of it; NULL: the first
                  // ends the start and is its reason
  struct engine *home;    // of the same plan, where deployments with limits or
                          // state are, and replicas have started; NULL: here
};

// What a route's answer is besides its value; set by `reply`.
struct reply {
  enum form_kind form;    // FORM_auto: the route's
  int status;             // 0: 200
  const struct map *headers; // map str, or NULL
};

struct timeline;
struct request {
  // set by whoever starts it
  struct arena *arena;    // borrowed until done; gets the engine's limit if it has none
  void (*done)(struct request *); // called once, never from inside request_start
                                  // unless `at_once` allows it
  void *user;
  const char *id;         // for logs
  int64_t deadline;       // engine time, 0: none; answered with kind timeout, 408
  int priority;
  int64_t queue_timeout;  // ns in each queue, 0: as long as deployments say
  const struct text *model; // that it is for (multiplexed_model_id), or NULL
  const uint64_t *sessions; // by number (serve/session.h), or NULL
  bool at_once;           // done may be called before request_start returns
  bool uncached;          // it is what a cache waits for
  bool timed;             // a timeline of its calls is kept
  bool aside;             // nobody waits for it: see struct timer
  // filled when done
  bool failed;
  value result;
  struct error error;
  struct reply reply;
  const struct timeline *timeline; // timeline.h, or NULL
  bool ended;                 // `done` was called, or is about to be
  bool open;                  // the result holds streams: request_end is to come
  // the engine's
  struct engine *engine;
  struct run *run;
  struct request *next;
};

// Room for why a program does not start: weights have much to say.
enum { START_WHY = 8192 };

// Starts replicas (the arguments of bindings, lets), then is ready. `plan` is
// borrowed. 0, or -1 with a reason.
int engine_new(struct engine **out, const struct plan *plan,
               const struct engine_options *opts, char *why, size_t why_size);
// Whether all replicas start, in virtual time; what does not is told to `to`.
bool engine_would_start(const struct plan *plan, FILE *to);
// Only when it is idle and none of its requests is left.
void engine_free(struct engine **e);
// Ends the calls that run apart from requests.
void engine_stop(struct engine *e);
// Nothing runs apart from requests, no message is out, and nobody has it as a
// home or holds it.
bool engine_idle(const struct engine *e);
// So that others may take it as their home, from any loop.
struct engine *engine_hold(struct engine *e);
void engine_release(struct engine **e);

// Of deployments, asked from any loop: replicas that are ready, calls that run,
// calls that wait. `d` is one of the engine's.
uint32_t engine_replicas(const struct engine *e, const struct deployment *d);
uint32_t engine_ongoing(const struct engine *e, const struct deployment *d);
uint32_t engine_queued(const struct engine *e, const struct deployment *d);
// Whether each has a replica, or would start one for a call.
bool engine_ready(const struct engine *e);
// All of them as JSON, with the last decisions of those that scale.
struct buf;
void engine_report(const struct engine *e, struct buf *out);

// `with` is the same plan but for the settings of batches
// (plan_same_but_batches): they hold from now on, also for calls that wait.
// How many batches have changed; behind it engine_run is due.
uint32_t engine_rebatch(struct engine *e, const struct plan *with);

// Nanoseconds on the engine's clock (monotonic; virtual in tests).
int64_t engine_now(const struct engine *e);

// Calls function number `function` with `args` (n_params of it; the slots are
// copied, what they point to must live as long as the request's arena). The
// function is one that needs no replica. `done` may free the request.
void request_start(struct engine *e, struct request *r, uint32_t function,
                   const value *args);
// Stops it: everything it still has out is cancelled, `done` is not called.
void request_cancel(struct request *r);
// Of one that is `open`, behind `done`: its streams have been read, or nobody
// reads them on. Their memory is that of the request.
void request_end(struct request *r);
// Of one that is `open`: when it has to end instead, 0: at any time.
void request_extend(struct request *r, int64_t deadline);

// When the calls of a request were made, for who reads logs: `"calls":[…]`, and
// on one line (timeline_write.c).
void timeline_json(const struct timeline *t, int64_t now, struct buf *out);
void timeline_line(const struct timeline *t, int64_t now, struct buf *out);

// Reading a stream of a result from outside. A zeroed reader reads nothing.
struct stream;
struct stream_reader {
  // After STREAM_WAIT, once: it is worth while to ask again. Never from inside
  // of a call to the engine.
  void (*ready)(struct stream_reader *);
  // The stream is gone, with its request; or NULL. Nothing may be called here.
  void (*lost)(struct stream_reader *);
  struct stream *stream; // NULL once it is gone
  // the engine's
  struct stream_reader *next;
  bool waits, told;
};
enum stream_next { STREAM_PIECE, STREAM_WAIT, STREAM_END, STREAM_ERROR };
void stream_read(struct stream *s, struct stream_reader *r);
// It fails when a piece that is waited for does not come in that time, in
// nanoseconds; 0, or more than it has already, changes nothing.
void stream_limit(struct stream *s, int64_t patience);
// The next piece, or why there is none now. Its producer goes on when it is
// taken. What was taken is there until the next call or the loop's next turn.
enum stream_next stream_next(struct stream_reader *r, value *out,
                             const struct error **error);
// It reads no more; stream_leave: and nobody else does.
void stream_unread(struct stream_reader *r);
void stream_leave(struct stream_reader *r);

// Feeding a stream from outside: an argument of a request, made before it
// starts. What is called may be called from inside of the engine: it may put a
// piece or end the stream, and start nothing else there. Behind a piece from
// elsewhere engine_run is due.
struct stream_source {
  void (*wanted)(struct stream *s); // the first time that a piece is waited
                                    // for; or NULL
  void (*want)(struct stream *s);   // the last piece was taken
  void (*drop)(struct stream *s);   // nobody reads it any more
};
struct stream *stream_fed(struct arena *a, uint32_t of,
                          const struct stream_source *source, void *user);
void *stream_user(const struct stream *s);
// Where its pieces are made, once the request has started: what is no longer
// needed there is given back. Asked anew for each.
struct arena *stream_memory(const struct stream *s);
const struct error *error_no_memory(void); // to end one with
bool stream_full(const struct stream *s); // its piece has not been taken
void stream_put(struct stream *s, value piece); // it has none
// Its producer has ended; `error` lives as long as the request, or is NULL.
void stream_over(struct stream *s, const struct error *error);

// Runs what is ready. Real time: until nothing is, or others on the loop should
// have their turn; then, and when timers fire, the loop comes back to it by
// itself. request_start with `at_once` does this too.
// until_done: until the request is done, moving the clock from timer to timer
// (real time: sleeping until them); false when nothing is left to do and it is
// not. The request must outlive its `done`, which may be NULL here.
void engine_run(struct engine *e);
bool engine_run_until_done(struct engine *e, struct request *r);

// Timers on the engine's clock. A zeroed timer is one that is not set.
struct timer {
  int64_t at;
  struct timer *next, *prev; // of its slot, in a ring
  void (*fire)(struct timer *);
  uint16_t slot; // of the wheel, + 1; 0: not set
  bool aside;    // alone it keeps engine_run_until_done going for a while only
};
static inline bool timer_is_set(const struct timer *t)
{
  return t->slot;
}
void timer_set(struct engine *e, struct timer *t, int64_t at); // moves it when set
void timer_stop(struct engine *e, struct timer *t);

#endif
