// Which deployments have limits without being told: those that may block.
#ifndef SG_BLOCKS_H
#define SG_BLOCKS_H

#include "compiler/lower.h"

// Of a lowered program; then binding_blocks can be asked.
void blocks_find(struct arena *a, struct program *p);
// Whether it has slots: its settings say so, or a body of its methods may block.
// A graph is glue, and has slots only when asked for.
bool binding_blocks(const struct binding *b);

#endif
