// Tables from atoms to what they name. A zeroed table is empty.
#ifndef SG_TABLE_H
#define SG_TABLE_H

#include "grammar/base/atom.h"

struct table_slot {
  atom key;
  void *value;
};

struct table {
  struct table_slot *slots;
  uint32_t count, room; // room is zero or a power of two
};

// What `key` names, or NULL.
void *table_get(const struct table *t, atom key);

// The place of what `key` names, made (and NULL) if it was not there. It stays
// valid until the next new key.
void **table_at(struct arena *a, struct table *t, atom key);

#endif
