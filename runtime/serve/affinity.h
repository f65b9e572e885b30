// Which replica suits a call: that of its session, or one that holds the model
// which the call names.
//
// Enters: a call that needs a slot, or a slot that has become free. Leaves: the
// replica, or who gets the slot. What suits nothing in particular goes to the
// replica with the fewest calls, and slots to whoever has waited longest.
#ifndef SG_AFFINITY_H
#define SG_AFFINITY_H

#include <stdint.h>

struct deployment;

struct replica;
struct waiting;

struct affinity { // of a call; hashes, 0: none
  uint64_t model, session;
  // the replica of the session, as it was found last
  struct replica *own;
  uint64_t found; // deployment->comings then, + 1
};

// The replica for a call. That of its session, by the greatest hash of both
// over those that are ready, even if it has no free slot, as long as the queue
// has room. Else of those with a free slot: among those that hold its model, or
// are about to, else among those with the fewest models, the one with the
// fewest calls. Where none has one, any.
struct replica *affinity_pick(struct deployment *d, struct affinity *to);
// Who gets a slot of the replica; NULL: nobody waits for it.
struct waiting *affinity_next(struct replica *r);
// The call goes there.
void affinity_note(struct replica *r, struct affinity to);

#endif
