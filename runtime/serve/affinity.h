// Which replica suits a call: one that holds the model which the call names.
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
  uint64_t model;
};

// Of the ready replicas with a free slot the one for the call: among those that
// hold its model, or are about to, else among those with the fewest models, the
// one with the fewest calls. Where none has one, any.
struct replica *affinity_pick(struct deployment *d, struct affinity to);
// Who gets a slot of the replica; NULL: nobody waits for it.
struct waiting *affinity_next(struct replica *r);
// The call goes there.
void affinity_note(struct replica *r, struct affinity to);

#endif
