// Maps: keys are texts, in order of insertion.
#include "stdlib/ops/ops.h"

OP(len_map) { return give_int(out, ARG(0).map->count); }

OP(in_map) { return give_int(out, map_get(ARG(0).map, ARG(1).text) != NULL); }

OP(get)
{
  const value *found = map_get(ARG(0).map, ARG(1).text);
  out->bits = 0; // none
  if (!found)
    return OPERATOR_DONE;
  return give(call, out, value_wrap(call->arena, *found).box);
}

OP(keys)
{
  const struct map *m = ARG(0).map;
  struct list *l = list_new(call->arena, m->count);
  if (!l)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < m->count; i++)
    l->items[l->count++].text = m->entries[i].key;
  return give(call, out, l);
}

OP(values)
{
  const struct map *m = ARG(0).map;
  struct list *l = list_new(call->arena, m->count);
  if (!l)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < m->count; i++)
    l->items[l->count++] = m->entries[i].item;
  return give(call, out, l);
}
