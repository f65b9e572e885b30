// Memory of tensors that lies in no arena: mapped weights, say, which many
// replicas share. It is counted. A tensor whose `owner` it is may be copied
// into any arena without its elements, as long as that arena has a count.
#ifndef SG_TENSOR_BUFFER_H
#define SG_TENSOR_BUFFER_H

#include "grammar/base/arena.h"

#include <pthread.h>

// How weights are kept for products, as the program asks for it.
enum tensor_precision {
#define PRECISION(name) PRECISION_##name,
#include "grammar/defs/precisions.def"
#undef PRECISION
  PRECISIONS
};

// What a backend has made of the elements, to compute with it more quickly; no
// form, and there is none.
struct tensor_packed {
  void *form;
  void (*release)(void *form);
};
enum { TENSOR_PACKED = 4 }; // kinds of them, which the backends number

struct tensor_buffer {
  _Atomic uint32_t counts;
  void (*release)(struct tensor_buffer *b); // nobody has one any more; from any
                                            // thread
  enum tensor_precision precision;
  pthread_mutex_t packing;
  void *_Atomic packed[TENSOR_PACKED]; // struct tensor_packed.form
  void (*unpack[TENSOR_PACKED])(void *form);
};

// One that begins with a count, which is the caller's.
void tensor_buffer_begin(struct tensor_buffer *b,
                         void (*release)(struct tensor_buffer *));
void tensor_buffer_drop(struct tensor_buffer *b); // a count; NULL: nothing
// Another count where there still is one; false: it is about to go.
bool tensor_buffer_take(struct tensor_buffer *b);
// Another count, which the arena has until it is reset or given back. False:
// memory is out. NULL needs none.
bool tensor_buffer_keep(struct arena *a, struct tensor_buffer *b);

// The packed form of a kind, for all who have a count: the first who asks makes
// it, others wait for that, and it goes with the buffer. NULL: `pack` gave none
// (memory is out), and the next one tries again. From any thread.
typedef struct tensor_packed tensor_pack(void *user);
const void *tensor_buffer_packed(struct tensor_buffer *b, unsigned kind,
                                 tensor_pack *pack, void *user);

#endif
