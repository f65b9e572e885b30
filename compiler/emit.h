// Emission: from the lowered program to the bytes of a plan.
#ifndef SG_EMIT_H
#define SG_EMIT_H

#include "compiler/lower.h"

struct compile;

// The plan of a lowered program, in the run's arena and verified; tests are
// left out unless asked for. False when it could not be made, which is
// reported.
bool emit_program(struct compile *c, struct program *p, bool tests,
                  const void **bytes, size_t *size);

// Puts bytes in the place of the file at `path`, all or none; "-" is the
// standard output. False when that failed, which is reported.
bool emit_file(struct compile *c, const char *path, const void *bytes,
               size_t size);

#endif
