// Memory of tensors that lies in no arena: mapped weights, say, which many
// replicas share. It is counted. A tensor whose `owner` it is may be copied
// into any arena without its elements, as long as that arena has a count.
#ifndef SG_TENSOR_BUFFER_H
#define SG_TENSOR_BUFFER_H

#include "grammar/base/arena.h"

struct tensor_buffer {
  _Atomic uint32_t counts;
  void (*release)(struct tensor_buffer *b); // nobody has one any more; from any
                                            // thread
};

// One that begins with a count, which is the caller's.
static inline void tensor_buffer_begin(struct tensor_buffer *b,
                                       void (*release)(struct tensor_buffer *))
{
  b->counts = 1;
  b->release = release;
}

void tensor_buffer_drop(struct tensor_buffer *b); // a count; NULL: nothing
// Another count, which the arena has until it is reset or given back. False:
// memory is out. NULL needs none.
bool tensor_buffer_keep(struct arena *a, struct tensor_buffer *b);

#endif
