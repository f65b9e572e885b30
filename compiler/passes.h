// The passes of the compiler, in their order: from files to a plan. Whoever
// asks what is wrong with a program (the command line, an editor) asks here.
#ifndef SG_PASSES_H
#define SG_PASSES_H

#include "compiler/check.h"

// A run. Zeroed, but for `c`, which compile_init has readied, and what is asked.
struct passes {
  char *const *paths; // of the files
  size_t n_paths;
  bool tests; // are in the plan
  bool no_plan; // is asked for: making one says only that it is too large
  struct compile c;
  struct program *program; // whole only without errors
  const void *plan;
  size_t plan_size;
};

// Whether a pass makes what is called so, and can print it.
bool passes_dumpable(const char *name);

// Runs the passes. The first that reports an error is the last that runs, as is
// the one that makes `dump` (or NULL), which is then printed.
void passes_run(struct passes *p, const char *dump, struct buf *out);

#endif
