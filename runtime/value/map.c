// Maps: making them and finding things in them.
//
// A map that was made by map_with may share its entries and its index with
// others of the same row; each sees the first `count` entries only.
#include "runtime/value/value.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SMALL_MAP = 8 }; // entries that are looked through one by one

enum { WORD = 8 }; // bytes of a short key

// A place of the index says all of a short key, so that the entry need not be
// looked at, and of any other key its hash.
struct map_place {
  uint64_t word;  // a short key's bytes, another's hash
  uint32_t size;  // of the key
  uint32_t entry; // its number + 1; 0: nothing is here
};

static uint64_t mixed(uint64_t x, uint64_t y)
{
  unsigned __int128 both = (unsigned __int128)x * y;
  return (uint64_t)both ^ (uint64_t)(both >> 64);
}

// Where the program lies in memory, which is different each time, keeps keys
// from being made to collide.
static uint64_t seed(void)
{
  return (uint64_t)(uintptr_t)&map_empty * 0x9E3779B97F4A7C15; // golden ratio
}

static struct map_place place_of(const struct text *key)
{
  size_t n = key->size;
  uint64_t word = n <= WORD ? text_word(key->data, n)
                            : XXH3_64bits_withSeed(key->data, n, seed());
  return (struct map_place){word, key->size, 0};
}

static uint32_t hash_of(const struct map_place *p)
{
  return (uint32_t)(p->size <= WORD ? mixed(p->word ^ seed(), ~seed() ^ p->size)
                                    : p->word);
}

size_t map_index_size(const struct map *m)
{
  return (m->mask + (size_t)1) * sizeof *m->index;
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

static void put_place(struct map *m, struct map_place place)
{
  uint32_t at = hash_of(&place) & m->mask;
  while (m->index[at].entry)
    at = (at + 1) & m->mask;
  m->index[at] = place;
}

static void put_key(struct map *m, const struct text *key, uint32_t entry)
{
  struct map_place place = place_of(key);
  place.entry = entry;
  put_place(m, place);
}

// An index of so many places for the map's own entries. What an index knows
// already goes over to the new one, but for entries of maps that share it.
static bool make_index(struct arena *a, struct map *m, uint32_t places)
{
  const struct map_place *old = m->index;
  uint32_t n = old ? m->mask + 1 : 0;
  struct map_place *index = ARENA_ARRAY(a, places, struct map_place);
  if (!index)
    return false;
  m->index = index;
  m->mask = places - 1;
  for (uint32_t i = 0; i < n; i++)
    if (old[i].entry && old[i].entry <= m->count)
      put_place(m, old[i]);
  for (uint32_t i = 0; !old && i < m->count; i++)
    put_key(m, m->entries[i].key, i + 1);
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

static bool is_at(const struct map *m, const struct map_place *place,
                  const struct map_place *want, const struct text *key)
{
  return place->word == want->word && place->size == want->size &&
         place->entry <= m->count && // or of one that shares the index
         (want->size <= WORD ||
          text_same(m->entries[place->entry - 1].key, key));
}

uint32_t map_find(const struct map *m, const struct text *key)
{
  if (!m->index) {
    for (uint32_t i = 0; i < m->count; i++)
      if (text_same(m->entries[i].key, key))
        return i;
    return MAP_NOTHING;
  }
  struct map_place want = place_of(key);
  uint32_t at = hash_of(&want) & m->mask;
  for (; m->index[at].entry; at = (at + 1) & m->mask)
    if (is_at(m, &m->index[at], &want, key))
      return m->index[at].entry - 1;
  return MAP_NOTHING;
}

bool map_add(struct arena *a, struct map *m, const struct text *key, value v)
{
  if (m->count >= m->room && !widen_entries(a, m))
    return false;
  bool full = m->index ? m->count * 2 > m->mask : m->count >= SMALL_MAP;
  uint32_t old = m->mask + 1; // the smaller it is, the more it grows
  uint32_t places = !m->index ? SMALL_MAP * 4 : old < 1024 ? old * 4 : old * 2;
  if (full && !make_index(a, m, places))
    return false;
  m->entries[m->count++] = (struct map_entry){key, v};
  if (m->index)
    put_key(m, key, m->count);
  return true;
}

bool map_put(struct arena *a, struct map *m, const struct text *key, value v)
{
  uint32_t at = map_find(m, key);
  if (at == MAP_NOTHING)
    return map_add(a, m, key, v);
  m->entries[at].item = v;
  return true;
}

const value *map_get(const struct map *m, const struct text *key)
{
  uint32_t at = map_find(m, key);
  return at == MAP_NOTHING ? NULL : &m->entries[at].item;
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
  c->index = m->index;
  c->mask = m->mask;
  return make_index(a, c, m->mask + 1) ? c : NULL;
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
  uint32_t at = map_find(m, key);
  struct map *made = at == MAP_NOTHING ? longer(a, m) : copy_of(a, m, m->count);
  if (!made)
    return NULL;
  if (at != MAP_NOTHING)
    made->entries[at].item = v;
  else if (!map_add(a, made, key, v))
    return NULL;
  *made->taken = made->count;
  return made;
}
