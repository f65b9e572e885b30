// Lists as the library `list` has them: orders of elements, lists of lists, and
// lists as sets.
#include "stdlib/ops/ops.h"
#include "stdlib/ops/sort.h"

#include <string.h>

static struct list *list_of(struct operator_call *call, uint64_t count)
{
  struct list *l =
      count <= UINT32_MAX ? list_new(call->arena, (uint32_t)count) : NULL;
  if (l)
    l->count = (uint32_t)count; // the caller fills it before anybody looks
  return l;
}

// Of places in a list.
static bool before(const struct sort *s, value x, value y)
{
  int order = value_compare(s->plan, s->type, s->keys[x.i], s->keys[y.i]);
  return s->descending ? order > 0 : order < 0;
}

OP(list_order)
{
  const struct list *l = ARG(0).list;
  struct sort order = {call->plan, element_type(call, 0), before, l->items,
                       ARG(1).i};
  if (!ops_ordered(call, order.type))
    return OPERATOR_FAIL;
  struct list *made = list_of(call, l->count);
  value *spare = ARENA_ARRAY(call->arena, l->count + (size_t)1, value);
  if (!made || !spare)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < l->count; i++)
    made->items[i] = (value){.i = i};
  if (l->count)
    made->items = sort_merge(&order, made->items, spare, l->count);
  made->room = made->count;
  return give(call, out, made);
}

OP(list_flatten)
{
  const struct list *x = ARG(0).list;
  uint64_t count = 0;
  for (uint32_t i = 0; i < x->count; i++)
    count += x->items[i].list->count;
  struct list *made = list_of(call, count);
  if (!made)
    return operator_exhausted(call);
  value *to = made->items;
  for (uint32_t i = 0; i < x->count; i++) {
    const struct list *l = x->items[i].list;
    if (!l->count)
      continue;
    memcpy(to, l->items, l->count * sizeof *to);
    to += l->count;
  }
  return give(call, out, made);
}

// The elements of y by their texts, as a map; NULL when memory is out.
static const struct map *set_of(struct operator_call *call,
                                const struct list *y, uint32_t type)
{
  struct map *set = map_new(call->arena, 0);
  for (uint32_t i = 0; set && i < y->count; i++) {
    const struct text *key = ops_key(call, type, y->items[i]);
    if (!key || !map_put(call->arena, set, key, (value){0}))
      return NULL;
  }
  return set;
}

// The elements of x that are in y, or those that are not.
static enum operator_status chosen(struct operator_call *call, value *out,
                                   bool wanted)
{
  const struct list *x = ARG(0).list;
  uint32_t type = element_type(call, 0);
  const struct map *set = set_of(call, ARG(1).list, type);
  struct list *made = list_new(call->arena, x->count);
  for (uint32_t i = 0; set && made && i < x->count; i++) {
    const struct text *key = ops_key(call, type, x->items[i]);
    if (!key)
      return operator_exhausted(call);
    if ((map_get(set, key) != NULL) == wanted)
      made->items[made->count++] = x->items[i];
  }
  return set ? give(call, out, made) : operator_exhausted(call);
}

OP(list_without)
{
  return chosen(call, out, false);
}

OP(list_common)
{
  return chosen(call, out, true);
}

OP(list_filled)
{
  int64_t n = ARG(1).i < 0 ? 0 : ARG(1).i;
  struct list *made = list_of(call, (uint64_t)n);
  if (!made)
    return operator_exhausted(call);
  for (int64_t i = 0; i < n; i++)
    made->items[i] = ARG(0);
  return give(call, out, made);
}
