// From other systems' files to programs.
#ifndef SG_IMPORT_H
#define SG_IMPORT_H

#include "compiler/compile.h"

// Appends to `out` the program that does what a Ray Serve config file says.
// The file becomes a source of `c`; what is wrong with it, what has no
// counterpart and what had to be guessed is reported there.
void import_ray(struct compile *c, const char *path, struct buf *out);

#endif
