// How long calls hold their slots, as it was lately: what a queue can promise.
//
// The mean follows each call by a sixteenth. The shortest one is of the last
// ten to twenty seconds: of whatever ended, however it ended, nothing was
// quicker, so that is the least that the next ones will take. It is not known
// before PACE_CALLS have ended in that time.
#ifndef SG_PACE_H
#define SG_PACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PACE_CALLS = 10, PACE_RETRY_MOST = 60 }; // calls, s

struct pace_span {
  int64_t least; // ns
  uint32_t calls;
};
struct pace {
  _Atomic int64_t mean;         // ns; others see one value or another
  struct pace_span now, before; // this span of time, and the one before
  int64_t begin;                // of this one
};

// A call has held its slot for so long.
void pace_note(struct pace *p, int64_t took, int64_t now);
// 0 before one has. It may be asked by other threads than that which notes.
static inline int64_t pace_mean(const struct pace *p)
{
  return atomic_load_explicit(&p->mean, memory_order_relaxed);
}
// The shortest one; 0 where that is not known, and nobody can be too late.
int64_t pace_least(struct pace *p, int64_t now);

// When a call can begin at the earliest if `ahead` others go first, with so
// many slots and if none of them is quicker than the shortest.
int64_t pace_begin(struct pace *p, uint32_t ahead, uint64_t slots, int64_t now);
// Until so many that wait will have had their turn: whole seconds, from 1 to
// PACE_RETRY_MOST.
uint32_t pace_retry_after(const struct pace *p, uint32_t waiting,
                          uint64_t slots);

#endif
