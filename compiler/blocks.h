// Which deployments block, and so have slots: those whose code sleeps, or calls
// what does or what has slots. The runtime decides the same of a plan
// (runtime/serve/blocks.c).
#ifndef SG_BLOCKS_H
#define SG_BLOCKS_H

#include "compiler/core.h"

// Reads the code that lowering made.
bool binding_blocks(const struct binding *b);

#endif
