// From trees to core: every name resolved, every type known, all reported.
#ifndef SG_CHECK_H
#define SG_CHECK_H

#include "compiler/compile.h"
#include "compiler/core.h"

// Checks the files of `c` as one program. What is wrong goes to c->diags; the
// result is whole, and may be lowered, only if no error was reported.
struct program *check_program(struct compile *c);

// For --dump=core: the program as text, one declaration or statement a line.
void core_dump(const struct program *p, struct buf *out);
// For --dump=tensors: the operators of each function, with their shapes.
void tensor_dump(const struct program *p, struct arena *a, struct buf *out);

#endif
