// What a plan depends on, for `make` and for who watches sources.
#ifndef SG_DEPS_H
#define SG_DEPS_H

#include "compiler/compile.h"

// A rule of make: the target, and the files that were read, or should have been.
// A rule without anything follows for each of them, as `cc -MP` writes them, so
// that one that is deleted stops nobody.
void deps_rule(const struct compile *c, const char *target, struct buf *out);

#endif
