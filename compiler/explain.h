// `sgc explain FILE`: what a program will do, before it does it.
#ifndef SG_EXPLAIN_H
#define SG_EXPLAIN_H

#include "compiler/lower.h"

struct compile;

// Appends, of a lowered program: for each route and graph the longest path,
// with every call's start and end; where bodies wait; each deployment's
// settings, with who set them.
void explain_program(struct compile *c, const struct program *p,
                     struct buf *out);

#endif
