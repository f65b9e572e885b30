// The rows of kinds.def as a table: which settings there are, where each may be
// written, and of what type it is.
#ifndef SG_SETTINGS_H
#define SG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/defs/lists.h"

enum setting_place { // bits: a setting may stand in several places
  PLACE_DEPLOYMENT = 1,
  PLACE_BATCH = 2,
  PLACE_MULTIPLEX = 4,
  PLACE_ROUTE = 8,
  PLACE_SERVER = 16,
  PLACE_CALL = 32,
  PLACE_GRAPH = 64,
  PLACE_RESOURCE = 128,
  PLACE_APP = 256
};

struct setting_row {
  unsigned places;
  const char *name;  // dotted in a group: `autoscaling.min_replicas`
  const char *type;  // a word of types.def, or words: `"a" | "b"`
  const char *value; // the default as it would be written; "" for none
};
extern const struct setting_row setting_rows[SETTINGS];

// The default of one that is a whole number or a duration; 0 where it has none.
int64_t setting_default(enum setting_id id);

// The next word of a type of words, without its quotes: *at is where to look,
// and moves behind it. False when there is none, as in any other type.
bool setting_word(const char **at, const char **word, size_t *size);

#endif
