// The commands of sgc: each takes what stands behind it on the command line, and
// returns the exit status.
#ifndef SG_COMMANDS_H
#define SG_COMMANDS_H

#include "compiler/run.h"

#define COMMAND(name, operands, least, most, help)                             \
  int command_##name(struct run *r, char **operand, size_t n);
#include "compiler/commands.def"
#undef COMMAND

// What sgc does without a command.
int command_make(struct run *r, char **paths, size_t n);

#endif
