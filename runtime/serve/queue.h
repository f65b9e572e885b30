// Who waits for a slot, and in which order.
//
// The greater priority goes first, and whoever waits rises by one for each
// second. So of two the order is settled when they come: by the time of coming,
// less a second for each step of priority. Whatever comes later than
// that many seconds behind a call goes behind it: nobody waits for ever.
//
// Calls of one priority are a ring in the order of coming. To come, to go and
// to be taken costs the same however many wait; it grows with the number of
// different priorities.
#ifndef SG_QUEUE_H
#define SG_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

enum { QUEUE_RISE = 1000000000 }; // ns of waiting for a step of priority

struct claim;

// Lies in what waits.
struct waiting {
  struct waiting *next, *prev; // of its priority, in a ring
  struct waiting *lower, **at; // of the first of a ring: the list of rings
  uint32_t n;                  // of the first of a ring: how many are in it
  int32_t priority;
  int64_t since;            // ns, on any clock that goes on
  struct claim *claim;      // the call's
  uint32_t passed;          // by calls that suited a slot better (affinity.h)
  int64_t start_by, end_by; // INT64_MAX: at any time
  void (*enter)(struct waiting *); // the claim has its slot
  void (*late)(struct waiting *);  // it has left: its time is too short
};

struct queue {
  struct waiting *rings; // the first of each, by priority
};

// `priority` and `since` are set; times never go back.
void queue_add(struct queue *q, struct waiting *w);
void queue_remove(struct queue *q, struct waiting *w);
struct waiting *queue_first(const struct queue *q); // or NULL
// How many go before one of this priority that comes now, at least.
uint32_t queue_ahead(const struct queue *q, int32_t priority);
// Of those that may; this looks at those before it.
struct waiting *queue_first_that(const struct queue *q,
                                 bool (*may)(const struct waiting *, void *),
                                 void *user);

#endif
