// Compile: a source file becomes a plan by sgc, which is another program.
#ifndef SG_COMPILE_H
#define SG_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

// Whether a path is a source (`.sg`), and not a plan.
bool compile_is_source(const char *path);

// The path of sgc: beside this program, else as PATH has it ("sgc").
void compile_program(char *out, size_t size);

// Makes an empty file for a plan; its path, which the caller frees and unlinks.
// NULL with a reason.
char *compile_target(char *why, size_t why_size);

// Compiles and waits; `tests`: the plan keeps the program's tests. sgc says on
// stderr what is wrong with the source. 0; 1 when the source is wrong; -1 with
// a reason when sgc did not run.
int compile_source(const char *source, const char *target, bool tests,
                   char *why, size_t why_size);

#endif
