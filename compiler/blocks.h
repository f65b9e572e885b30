// Which deployments have limits without being told: those that may block. As
// the runtime decides it (runtime/serve/blocks.c).
#ifndef SG_BLOCKS_H
#define SG_BLOCKS_H

#include "compiler/lower.h"

void blocks_find(struct arena *a, const struct program *p);
bool binding_blocks(const struct binding *b); // of a lowered program

#endif
