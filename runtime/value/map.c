// Maps: making them and finding things in them.
//
// A map that was made by map_with may share its entries and its index with
// others of the same row; each sees the first `count` entries only.
#include "runtime/value/value.h"

#include <string.h>
#include <xxhash.h>

enum { SMALL_MAP = 8 }; // entries that are looked through one by one

static uint32_t hash_of(const struct text *t)
{
  return (uint32_t)XXH3_64bits(t->data, t->size);
}

static bool same_text(const struct text *x, const struct text *y)
{
  return x->size == y->size && !memcmp(x->data, y->data, x->size);
}

struct map *map_new(struct arena *a, uint32_t room)
{
  struct map *m = ARENA_NEW(a, struct map);
  if (!m)
    return NULL;
  if (room && !(m->entries = arena_alloc(a, room * sizeof *m->entries)))
    return NULL;
  m->room = room;
  return m;
}

static void index_entry(struct map *m, uint32_t number)
{
  uint32_t at = hash_of(m->entries[number].key) & m->mask;
  while (m->index[at])
    at = (at + 1) & m->mask;
  m->index[at] = number + 1;
}

// Makes the index twice as large as it must be.
static bool widen_index(struct arena *a, struct map *m)
{
  uint32_t places = m->mask ? (m->mask + 1) * 2 : SMALL_MAP * 4;
  uint32_t *index = ARENA_ARRAY(a, places, uint32_t);
  if (!index)
    return false;
  m->index = index;
  m->mask = places - 1;
  for (uint32_t i = 0; i < m->count; i++)
    index_entry(m, i);
  return true;
}

static bool widen_entries(struct arena *a, struct map *m)
{
  if (m->count > UINT32_MAX / 8)
    return false;
  uint32_t room = m->room ? m->room * 2 : SMALL_MAP;
  size_t one = sizeof *m->entries;
  void *p = arena_grow(a, m->entries, m->count * one, room * one);
  if (!p)
    return false;
  m->entries = p;
  m->room = room;
  return true;
}

static uint32_t find(const struct map *m, const struct text *key)
{
  if (m->index) {
    uint32_t at = hash_of(key) & m->mask;
    for (; m->index[at]; at = (at + 1) & m->mask) {
      uint32_t number = m->index[at] - 1; // or of one that shares the index
      if (number < m->count && same_text(m->entries[number].key, key))
        return number;
    }
    return UINT32_MAX;
  }
  for (uint32_t i = 0; i < m->count; i++)
    if (same_text(m->entries[i].key, key))
      return i;
  return UINT32_MAX;
}

bool map_put(struct arena *a, struct map *m, const struct text *key, value v)
{
  uint32_t at = find(m, key);
  if (at != UINT32_MAX) {
    m->entries[at].item = v;
    return true;
  }
  if (m->count >= m->room && !widen_entries(a, m))
    return false;
  bool full = m->index ? m->count * 2 > m->mask : m->count >= SMALL_MAP;
  if (full && !widen_index(a, m))
    return false;
  m->entries[m->count++] = (struct map_entry){key, v};
  if (m->index)
    index_entry(m, m->count - 1);
  return true;
}

const value *map_get(const struct map *m, const struct text *key)
{
  uint32_t at = find(m, key);
  return at == UINT32_MAX ? NULL : &m->entries[at].item;
}

// A map of its own, which may grow; its items are those of `m`.
static struct map *copy_of(struct arena *a, const struct map *m, uint32_t room)
{
  struct map *c = m->count > UINT32_MAX / 8 ? NULL : map_new(a, room);
  if (!c || !(c->taken = ARENA_NEW(a, uint32_t)))
    return NULL;
  if (m->count)
    memcpy(c->entries, m->entries, m->count * sizeof *m->entries);
  c->count = *c->taken = m->count;
  if (!m->index)
    return c;
  c->mask = (m->mask - 1) / 2; // it is made twice as large
  return widen_index(a, c) ? c : NULL;
}

// A map with all that `m` has, which may write behind it.
static struct map *longer(struct arena *a, const struct map *m)
{
  bool newest = m->taken && *m->taken == m->count;
  bool full = m->index ? m->count * 2 > m->mask : m->count >= SMALL_MAP;
  if (!newest || m->count >= m->room || full)
    return copy_of(a, m, m->count < SMALL_MAP ? SMALL_MAP : m->count * 2);
  struct map *l = ARENA_NEW(a, struct map);
  if (l)
    *l = *m;
  return l;
}

const struct map *map_with(struct arena *a, const struct map *m,
                           const struct text *key, value v)
{
  uint32_t at = find(m, key);
  struct map *made = at == UINT32_MAX ? longer(a, m) : copy_of(a, m, m->count);
  if (!made || !map_put(a, made, key, v))
    return NULL;
  *made->taken = made->count;
  return made;
}
