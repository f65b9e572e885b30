// See tensor_buffer.h.
#include "runtime/value/tensor_buffer.h"

#include <stdatomic.h>
#include <string.h>

void tensor_buffer_begin(struct tensor_buffer *b,
                         void (*release)(struct tensor_buffer *))
{
  memset(b, 0, sizeof *b);
  b->counts = 1;
  b->release = release;
  pthread_mutex_init(&b->packing, NULL);
}

static void end(struct tensor_buffer *b)
{
  for (unsigned i = 0; i < TENSOR_PACKED; i++)
    if (b->packed[i])
      b->unpack[i](b->packed[i]);
  pthread_mutex_destroy(&b->packing);
  b->release(b);
}

void tensor_buffer_drop(struct tensor_buffer *b)
{
  if (b && atomic_fetch_sub(&b->counts, 1) == 1)
    end(b);
}

bool tensor_buffer_take(struct tensor_buffer *b)
{
  uint32_t n = atomic_load(&b->counts);
  while (n && !atomic_compare_exchange_weak(&b->counts, &n, n + 1))
    ;
  return n;
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

static void pack_now(struct tensor_buffer *b, unsigned kind, tensor_pack *pack,
                     void *user)
{
  if (b->packed[kind]) // somebody was quicker
    return;
  struct tensor_packed made = pack(user);
  b->unpack[kind] = made.release;
  b->packed[kind] = made.form;
}

const void *tensor_buffer_packed(struct tensor_buffer *b, unsigned kind,
                                 tensor_pack *pack, void *user)
{
  if (!b->packed[kind]) {
    pthread_mutex_lock(&b->packing);
    pack_now(b, kind, pack, user);
    pthread_mutex_unlock(&b->packing);
  }
  return b->packed[kind];
}
