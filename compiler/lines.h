// Lines of all sources, found once: a place is then a binary search away.
#ifndef SG_LINES_H
#define SG_LINES_H

#include "grammar/base/diag.h"

struct lines {
  struct arena *arena;
  const struct source *sources;
  uint32_t n;
  struct source_lines *of; // by source; made when somebody asks
};

void lines_init(struct lines *l, struct arena *arena,
                const struct source *sources, uint32_t n);
// Line and column, from 1; false for a span without a place.
bool lines_find(struct lines *l, struct span s, uint32_t *line,
                uint32_t *column);

#endif
