// Atoms: one open-addressed table, never more than half full.
#include "grammar/base/atom.h"

#include <string.h>
#include <xxhash.h>

static void widen(struct atoms *t)
{
  size_t room = t->room ? t->room * 2 : 256;
  atom *slots = ARENA_ARRAY(t->arena, room, atom);
  for (size_t i = 0; i < t->room; i++) {
    if (!t->slots[i])
      continue;
    size_t at = t->slots[i]->hash & (room - 1);
    while (slots[at])
      at = (at + 1) & (room - 1);
    slots[at] = t->slots[i];
  }
  t->slots = slots;
  t->room = room;
}

atom atom_of(struct atoms *t, const char *text, size_t size)
{
  if (t->count * 2 >= t->room)
    widen(t);
  uint32_t hash = (uint32_t)XXH3_64bits(text, size);
  size_t at = hash & (t->room - 1);
  for (; t->slots[at]; at = (at + 1) & (t->room - 1)) {
    atom a = t->slots[at];
    if (a->hash == hash && a->size == size && !memcmp(a->text, text, size))
      return a;
  }
  struct atom *a = arena_alloc(t->arena, sizeof *a + size + 1);
  a->hash = hash;
  a->size = (uint32_t)size;
  memcpy(a->text, text, size);
  a->text[size] = 0;
  t->slots[at] = a;
  t->count++;
  return a;
}

atom atom_of_text(struct atoms *t, const char *text)
{
  return atom_of(t, text, strlen(text));
}
