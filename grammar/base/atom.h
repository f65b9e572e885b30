// Atoms: names made unique, so that two equal names are one pointer.
#ifndef SG_ATOM_H
#define SG_ATOM_H

#include "grammar/base/arena.h"

struct atom {
  uint32_t hash;
  uint32_t size;
  char text[]; // NUL-terminated, without NUL inside
};

typedef const struct atom *atom;

struct atoms {
  struct arena *arena; // borrowed; owns the atoms
  atom *slots;
  size_t count, room; // room is zero or a power of two
};

// The one atom for these bytes.
atom atom_of(struct atoms *t, const char *text, size_t size);
atom atom_of_text(struct atoms *t, const char *text);

#endif
