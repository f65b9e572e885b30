// Maps: keys are texts, in order of insertion.
#include "stdlib/ops/ops.h"

OP(len_map)
{
  return give_int(out, ARG(0).map->count);
}

OP(in_map)
{
  return give_int(out, map_get(ARG(0).map, ARG(1).text) != NULL);
}

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

OP(put)
{
  return give(call, out,
              map_with(call->arena, ARG(0).map, ARG(1).text, ARG(2)));
}

static bool put_all(struct operator_call *call, struct map *to,
                    const struct map *m, const struct text *but)
{
  for (uint32_t i = 0; i < m->count; i++) {
    const struct text *key = m->entries[i].key;
    if (but && text_is(key, but->data, but->size))
      continue;
    if (!map_put(call->arena, to, key, m->entries[i].item))
      return false;
  }
  return true;
}

OP(remove)
{
  const struct map *m = ARG(0).map;
  if (!map_get(m, ARG(1).text))
    return give(call, out, m);
  struct map *made = map_new(call->arena, m->count);
  if (!made || !put_all(call, made, m, ARG(1).text))
    return operator_exhausted(call);
  return give(call, out, made);
}

OP(merge)
{
  const struct map *x = ARG(0).map, *y = ARG(1).map;
  if (!x->count || !y->count)
    return give(call, out, x->count ? x : y);
  struct map *made = map_new(call->arena, x->count);
  if (!made || !put_all(call, made, x, NULL) || !put_all(call, made, y, NULL))
    return operator_exhausted(call);
  return give(call, out, made);
}
