// Batches: who waits for which, and when one may go.
//
// A replica has a queue for each of its methods that batches. A batch may go
// when enough is there to fill it, or when the first who waits has waited long
// enough, and fewer batches are under way than may be; it takes from the front
// what it can hold. This knows no clock and no engine: runtime/vm/batch.c runs
// it.
#ifndef SG_BATCH_H
#define SG_BATCH_H

#include <stdbool.h>
#include <stdint.h>

struct replica;

// What is set for a method of a deployment. It may change while calls wait.
struct batching {
  uint32_t method;         // in the plan
  int64_t max_size;        // of all weights, at least 1
  int64_t wait;            // ns
  uint32_t max_concurrent; // of a replica
};

// Who waits for a batch; lies in what waits.
struct member {
  struct member *next, *prev;
  struct batch_queue *queue;
  struct batch *batch; // that it is in, or NULL: it still waits for one
  int64_t since, weight;
  uint32_t index;  // in its batch
  uint16_t result; // the task's slot
};

struct members {
  struct member *first, *last;
  uint32_t count;
};

struct lineup { // of a replica and a method
  const struct batching *how;
  struct members waiting;
  int64_t weight; // of those
  uint32_t under_way;
  // Whether two may be in one batch; NULL: all may.
  bool (*together)(const struct member *, const struct member *);
  bool mixed; // not all who wait may be in one
};

void members_add(struct members *l, struct member *m);
void members_remove(struct members *l, struct member *m);

void lineup_join(struct lineup *l, struct member *m, int64_t weight,
                 int64_t now);
void lineup_leave(struct lineup *l, struct member *m);
// Whether one may go because it is full; or now, because of time too.
bool lineup_full(const struct lineup *l);
bool lineup_due(const struct lineup *l, int64_t now);
// When one may go at the latest, if nothing ends or comes before; INT64_MAX:
// that does not depend on time.
int64_t lineup_time(const struct lineup *l);
// Takes the first ones that may go together, those that fill a batch before
// others: at least one, and no more than a batch holds.
void lineup_take(struct lineup *l, struct members *out);

#endif
