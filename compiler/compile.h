// What the passes of one run share. The arena owns all that they make.
#ifndef SG_COMPILE_H
#define SG_COMPILE_H

#include "compiler/type.h"
#include "grammar/text/ast.h"

struct compile {
  struct arena *arena;
  struct atoms atoms;
  struct diags diags;
  struct types *types;
  struct source *sources; // by span.file
  struct file_ast **files;
  uint32_t n_sources, room_sources; // files has as many
};

// Readies `c` (zeroed before) to work in `arena`.
void compile_init(struct compile *c, struct arena *arena);

// Reads and parses files and all that they use; "-" is the standard input.
// What cannot be read is reported, at the `use` where there is one.
void load_program(struct compile *c, char *const *paths, size_t n);

#endif
