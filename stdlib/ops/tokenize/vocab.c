// Vocabularies: words by their bytes and by their ids; and tries, which find
// all words that a text begins with.
#include "stdlib/ops/tokenize/parts.h"

#include <xxhash.h>

struct vocab_slot {
  uint32_t hash, word; // word: + 1; 0: free
};

uint64_t bytes_hash(const char *data, size_t size)
{
  return XXH3_64bits(data, size);
}

static uint32_t places_for(size_t n)
{
  uint32_t places = 16;
  while (places < n * 2)
    places *= 2;
  return places;
}

bool vocab_init(struct arena *a, struct vocab *v, uint32_t room)
{
  uint32_t places = places_for(room);
  *v = (struct vocab){.room = room, .mask = places - 1};
  v->words = ARENA_ARRAY(a, room + 1, struct word);
  v->slots = ARENA_ARRAY(a, places, struct vocab_slot);
  return v->words && v->slots;
}

static struct vocab_slot *slot_of(const struct vocab *v, const char *data,
                                  size_t size, uint32_t hash)
{
  uint32_t at = hash & v->mask;
  for (; v->slots[at].word; at = (at + 1) & v->mask) {
    const struct word *w = &v->words[v->slots[at].word - 1];
    if (v->slots[at].hash == hash && w->size == size &&
        !memcmp(w->data, data, size))
      break;
  }
  return &v->slots[at];
}

bool vocab_add(struct arena *a, struct vocab *v, const char *data, size_t size,
               uint32_t id)
{
  uint32_t hash = (uint32_t)bytes_hash(data, size);
  struct vocab_slot *slot = slot_of(v, data, size, hash);
  if (slot->word) {
    v->words[slot->word - 1].id = id;
    return true;
  }
  char *copy = v->count < v->room ? arena_alloc(a, size + 1) : NULL;
  if (!copy)
    return false;
  memcpy(copy, data, size);
  copy[size] = 0;
  v->words[v->count++] = (struct word){copy, (uint32_t)size, id};
  *slot = (struct vocab_slot){hash, v->count};
  return true;
}

bool vocab_finish(struct arena *a, struct vocab *v)
{
  v->ids = 0;
  for (uint32_t i = 0; i < v->count; i++)
    if (v->words[i].id >= v->ids)
      v->ids = v->words[i].id + 1;
  v->by_id = ARENA_ARRAY(a, v->ids + 1, uint32_t);
  for (uint32_t i = 0; v->by_id && i < v->count; i++)
    v->by_id[v->words[i].id] = i + 1;
  return v->by_id;
}

uint32_t vocab_find(const struct vocab *v, const char *data, size_t size)
{
  if (!v->slots)
    return TOKEN_NONE;
  uint32_t hash = (uint32_t)bytes_hash(data, size);
  const struct vocab_slot *slot = slot_of(v, data, size, hash);
  return slot->word ? v->words[slot->word - 1].id : TOKEN_NONE;
}

const struct word *vocab_word(const struct vocab *v, uint32_t id)
{
  if (id >= v->ids || !v->by_id[id])
    return NULL;
  return &v->words[v->by_id[id] - 1];
}

// ---- tries ----

struct trie_edge {
  uint32_t node, to; // to: 0: free
  unsigned char byte;
};

static uint32_t edge_hash(uint32_t node, unsigned char byte)
{
  uint64_t key = ((uint64_t)node << 8 | byte) * 0x9E3779B97F4A7C15u;
  return (uint32_t)(key >> 32);
}

bool trie_init(struct arena *a, struct trie *t, size_t bytes)
{
  if (bytes >= UINT32_MAX / 4)
    return false;
  uint32_t places = places_for(bytes);
  *t = (struct trie){.mask = places - 1, .nodes = 1};
  t->edges = ARENA_ARRAY(a, places, struct trie_edge);
  t->values = ARENA_ARRAY(a, bytes + 1, uint32_t);
  return t->edges && t->values;
}

static struct trie_edge *edge_of(const struct trie *t, uint32_t node,
                                 unsigned char byte)
{
  uint32_t at = edge_hash(node, byte) & t->mask;
  while (t->edges[at].to &&
         (t->edges[at].node != node || t->edges[at].byte != byte))
    at = (at + 1) & t->mask;
  return &t->edges[at];
}

uint32_t trie_step(const struct trie *t, uint32_t node, unsigned char byte)
{
  return node ? edge_of(t, node, byte)->to : t->root[byte];
}

void trie_put(struct trie *t, const char *data, size_t size, uint32_t value)
{
  uint32_t node = 0;
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)data[i];
    struct trie_edge *e = edge_of(t, node, byte);
    if (!e->to) {
      *e = (struct trie_edge){node, t->nodes++, byte};
      if (!node)
        t->root[byte] = e->to;
    }
    node = e->to;
  }
  t->values[node] = value + 1;
}
