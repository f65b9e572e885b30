// See tensor_buffer.h.
#include "runtime/value/tensor_buffer.h"

#include <stdatomic.h>

void tensor_buffer_drop(struct tensor_buffer *b)
{
  if (b && atomic_fetch_sub(&b->counts, 1) == 1)
    b->release(b);
}

static void let_go(void *b)
{
  tensor_buffer_drop(b);
}

bool tensor_buffer_keep(struct arena *a, struct tensor_buffer *b)
{
  if (!b)
    return true;
  if (!arena_own(a, let_go, b))
    return false;
  atomic_fetch_add(&b->counts, 1);
  return true;
}
