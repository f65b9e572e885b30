// tensor.append: rows behind rows, in place where nobody else has put any
// there.
//
// Its output lies in counted memory of its own, with room behind the rows. What
// is appended to that goes into the room, if the tensor at hand ends where the
// rows end; every version still sees its own rows only. So a cache that grows
// by a row at each step costs a row, and whoever appends to an older version
// gets a copy.
#include "runtime/tensor/program.h"
#include "runtime/value/tensor_buffer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 4096 }; // bytes

struct rows {
  struct tensor_buffer buffer; // first
  _Atomic size_t used;         // bytes
  size_t room;
  _Alignas(64) char data[];
};

static void rows_free(struct tensor_buffer *b)
{
  free(b);
}

static struct rows *rows_new(size_t size)
{
  size_t room = size * 2 > ROOM_LEAST ? size * 2 : ROOM_LEAST;
  room = (room + 63) & ~(size_t)63;
  struct rows *r = aligned_alloc(64, sizeof *r + room);
  if (!r)
    return NULL;
  tensor_buffer_begin(&r->buffer, rows_free);
  r->used = 0;
  r->room = room;
  return r;
}

// Whether `more` bytes behind `t` are the caller's from now on.
static bool extend(const struct tensor *t, size_t more)
{
  struct rows *r = (struct rows *)t->owner;
  if (!r || r->buffer.release != rows_free || t->data != r->data ||
      !tensor_is_dense(t))
    return false;
  size_t end = tensor_bytes(t);
  return more <= r->room - end &&
         atomic_compare_exchange_strong(&r->used, &end, end + more);
}

bool tensor_grow(struct tensor_program *p, const struct tensor_step *s)
{
  const struct tensor *old = s->inputs[0], *more = s->inputs[1];
  struct tensor *to = s->output;
  size_t size = tensor_bytes(old), added = tensor_bytes(more);
  if (extend(old, added)) {
    to->owner = old->owner;
    to->data = old->data;
    tensor_copy(more, (char *)to->data + size);
    return tensor_buffer_keep(&p->arena, to->owner);
  }
  struct rows *r =
      tensor_memory_take(p, size + added) ? rows_new(size + added) : NULL;
  if (!r)
    return false;
  tensor_copy(old, r->data);
  tensor_copy(more, r->data + size);
  r->used = size + added;
  to->owner = &r->buffer;
  to->data = r->data;
  bool kept = tensor_buffer_keep(&p->arena, to->owner);
  tensor_buffer_drop(to->owner); // the program has its own
  return kept;
}
