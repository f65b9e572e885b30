// Texts, lists, maps and tensors: making them and finding things in them. What
// an arena gives, the arena takes back; nothing here owns anything.
#include "runtime/value/value.h"

#include "grammar/base/utf8.h"

#include <string.h>
#include <xxhash.h>

const struct text text_empty = {0, 0, ""};
const struct list list_empty = {0, 0, NULL};
const struct map map_empty = {0, 0, NULL, NULL, 0};
const struct json json_null = {JSON_NULL, {.bits = 0}};

enum { SMALL_MAP = 8 }; // entries that are looked through one by one

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
  *l = (struct list){0, room, items};
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

// ---- maps ----

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
    for (; m->index[at]; at = (at + 1) & m->mask)
      if (same_text(m->entries[m->index[at] - 1].key, key))
        return m->index[at] - 1;
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

value value_wrap(struct arena *a, value v)
{
  value *box = arena_alloc(a, sizeof *box);
  if (box)
    *box = v;
  return (value){.box = box};
}
