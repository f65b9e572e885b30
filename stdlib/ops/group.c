// Lists by keys: elements in groups, under their keys, and counted. What the
// library `list` says of them it says in .sg; here is the part that goes over
// all elements.
#include "stdlib/ops/ops.h"

// What is under a key so far, to be changed in place; made and 0 if new. NULL
// when memory is out.
static value *place(struct operator_call *call, struct map *m,
                    const struct text *key)
{
  const value *old = map_get(m, key);
  if (!old && map_put(call->arena, m, key, (value){0}))
    old = map_get(m, key);
  return (value *)old;
}

OP(list_grouped)
{
  const struct list *keys = ARG(0).list, *x = ARG(1).list;
  struct map *m = map_new(call->arena, 0);
  for (uint32_t i = 0; m && i < keys->count && i < x->count; i++) {
    value *at = place(call, m, keys->items[i].text);
    if (at && !at->ptr)
      at->list = list_new(call->arena, 4);
    if (!at || !at->list ||
        !list_push(call->arena, (struct list *)at->list, x->items[i]))
      return operator_exhausted(call);
  }
  return give(call, out, m);
}

OP(list_indexed)
{
  const struct list *keys = ARG(0).list, *x = ARG(1).list;
  struct map *m = map_new(call->arena, 0);
  for (uint32_t i = 0; m && i < keys->count && i < x->count; i++)
    if (!map_put(call->arena, m, keys->items[i].text, x->items[i]))
      return operator_exhausted(call);
  return give(call, out, m);
}

OP(list_counted)
{
  const struct list *keys = ARG(0).list;
  struct map *m = map_new(call->arena, 0);
  for (uint32_t i = 0; m && i < keys->count; i++) {
    value *at = place(call, m, keys->items[i].text);
    if (!at)
      return operator_exhausted(call);
    at->i++;
  }
  return give(call, out, m);
}
