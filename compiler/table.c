// Open addressing over the atoms' own hashes; nothing is ever taken out.
#include "compiler/table.h"

static struct table_slot *find(const struct table *t, atom key)
{
  uint32_t at = key->hash & (t->room - 1);
  while (t->slots[at].key && t->slots[at].key != key)
    at = (at + 1) & (t->room - 1);
  return &t->slots[at];
}

void *table_get(const struct table *t, atom key)
{
  return t->room ? find(t, key)->value : NULL;
}

static void widen(struct arena *a, struct table *t)
{
  struct table wide = {.count = t->count, .room = t->room ? t->room * 2 : 4};
  wide.slots = ARENA_ARRAY(a, wide.room, struct table_slot);
  for (uint32_t i = 0; i < t->room; i++)
    if (t->slots[i].key)
      *find(&wide, t->slots[i].key) = t->slots[i];
  *t = wide;
}

void **table_at(struct arena *a, struct table *t, atom key)
{
  struct table_slot *slot = t->room ? find(t, key) : NULL;
  if (slot && slot->key)
    return &slot->value;
  if ((t->count + 1) * 4 > t->room * 3) {
    widen(a, t);
    slot = find(t, key);
  }
  slot->key = key;
  t->count++;
  return &slot->value;
}
