// Texts, lists and tensors: making them. What an arena gives, the arena takes
// back; nothing here owns anything.
#include "runtime/value/value.h"

#include "grammar/base/buf.h"
#include "grammar/base/utf8.h"
#include "runtime/value/walk.h"

#include <string.h>

const struct text text_empty = {0, 0, ""};
const struct list list_empty = {0, 0, NULL, NULL};
const struct map map_empty = {0, 0, NULL, NULL, 0, NULL};
const struct json json_null = {JSON_NULL, {.bits = 0}};

// ---- tensors ----
const uint8_t dtype_size[DTYPES] = {
#define DTYPE(name, bytes, numpy) bytes,
#include "grammar/defs/dtypes.def"
#undef DTYPE
};

int64_t tensor_size(const struct tensor *t)
{
  int64_t n = 1;
  for (uint32_t i = 0; i < t->rank; i++)
    n *= t->dims[i];
  return n;
}

size_t tensor_bytes(const struct tensor *t)
{
  return (size_t)tensor_size(t) * dtype_size[t->dtype];
}

void tensor_lay_out(struct tensor *t)
{
  int64_t stride = 1;
  for (uint32_t i = t->rank; i-- > 0; stride *= t->dims[i])
    t->strides[i] = stride;
}

void tensor_copy(const struct tensor *t, void *to)
{
  size_t one = dtype_size[t->dtype], n = (size_t)tensor_size(t);
  if (tensor_is_dense(t)) {
    memcpy(to, t->data, n * one);
    return;
  }
  for (size_t i = 0; i < n; i++)
    memcpy((char *)to + i * one, tensor_at(t, i), one);
}

bool tensor_is_dense(const struct tensor *t)
{
  int64_t stride = 1;
  for (uint32_t i = t->rank; i-- > 0; stride *= t->dims[i])
    if (t->dims[i] != 1 && t->strides[i] != stride)
      return false;
  return true;
}

void shape_print(const int64_t *dims, uint32_t rank, struct buf *out)
{
  buf_addc(out, '[');
  for (uint32_t i = 0; i < rank; i++)
    buf_addf(out, "%s%lld", i ? ", " : "", (long long)dims[i]);
  buf_addc(out, ']');
}

// ---- texts ----

const struct text *text_view(struct arena *a, const char *data, size_t size)
{
  if (!size)
    return &text_empty;
  if (size > UINT32_MAX)
    return NULL;
  struct text *t = arena_alloc(a, sizeof *t);
  if (!t)
    return NULL;
  *t = (struct text){(uint32_t)size, (uint32_t)utf8_length(data, size), data};
  return t;
}

const struct text *text_new(struct arena *a, const char *data, size_t size)
{
  if (!size)
    return &text_empty;
  if (size > UINT32_MAX)
    return NULL;
  struct text *t = arena_alloc(a, sizeof *t + size + 1);
  if (!t)
    return NULL;
  char *to = (char *)(t + 1);
  memcpy(to, data, size);
  to[size] = 0;
  *t = (struct text){(uint32_t)size, (uint32_t)utf8_length(data, size), to};
  return t;
}

int text_compare(const struct text *x, const struct text *y)
{
  size_t both = x->size < y->size ? x->size : y->size;
  int order = both ? memcmp(x->data, y->data, both) : 0;
  return order ? order : (x->size > y->size) - (x->size < y->size);
}

// ---- lists ----

struct list *list_new(struct arena *a, uint32_t room)
{
  struct list *l = arena_alloc(a, sizeof *l);
  value *items = room && l ? arena_alloc(a, room * sizeof *items) : NULL;
  if (!l || (room && !items))
    return NULL;
  *l = (struct list){0, room, items, NULL};
  return l;
}

bool list_push(struct arena *a, struct list *l, value v)
{
  if (l->count >= l->room) {
    if (l->count > UINT32_MAX / 2)
      return false;
    uint32_t room = l->count < 4 ? 8 : l->count * 2;
    value *items = arena_grow(a, l->items, (size_t)l->count * sizeof v,
                              (size_t)room * sizeof v);
    if (!items)
      return false;
    l->items = items;
    l->room = room;
  }
  l->items[l->count++] = v;
  return true;
}

// Items that lists may share, behind a number of how many are taken.
static bool own_items(struct arena *a, struct list *l, uint32_t room)
{
  size_t head = sizeof(value), size = head + (size_t)room * sizeof(value);
  char *block = arena_alloc(a, size);
  if (!block)
    return false;
  l->taken = (uint32_t *)block;
  l->items = (value *)(block + head);
  l->room = room;
  return true;
}

const struct list *list_with(struct arena *a, const struct list *x,
                             const struct list *y)
{
  if (!y->count)
    return x;
  uint64_t count = (uint64_t)x->count + y->count;
  struct list *made = arena_alloc(a, sizeof *made);
  if (!made || count > UINT32_MAX / 2)
    return NULL;
  *made = *x;
  if (!x->taken || *x->taken != x->count || count > x->room) {
    if (!own_items(a, made, (uint32_t)(x->taken ? count * 2 : count + 4)))
      return NULL;
    if (x->count)
      memcpy(made->items, x->items, x->count * sizeof(value));
  }
  memcpy(made->items + x->count, y->items, y->count * sizeof(value));
  made->count = *made->taken = (uint32_t)count;
  return made;
}

bool list_append(struct arena *a, struct list *l, const struct list *more)
{
  uint64_t count = (uint64_t)l->count + more->count;
  if (!l->taken || count > l->room) {
    value *items = l->items;
    if (count > UINT32_MAX / 2 || !own_items(a, l, (uint32_t)count * 2 + 4))
      return false;
    if (l->count)
      memcpy(l->items, items, l->count * sizeof(value));
  }
  if (more->count)
    memcpy(l->items + l->count, more->items, more->count * sizeof(value));
  l->count = *l->taken = (uint32_t)count;
  return true;
}

value value_wrap(struct arena *a, value v)
{
  value *box = arena_alloc(a, sizeof *box);
  if (box)
    *box = v;
  return (value){.box = box};
}
