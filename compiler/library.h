// The libraries: modules in .sg that `use name` names. Their texts are in this
// program, so that none can be missing or of another version.
#ifndef SG_LIBRARY_H
#define SG_LIBRARY_H

#include "compiler/compile.h"

struct library {
  const char *name;
  const char *path; // as messages show it
  const char *text; // NUL behind `size` bytes
  size_t size;
};

// The library of this name, or NULL.
const struct library *library_named(const char *name);

// All names, sorted; *n says how many.
const char *const *library_names(uint32_t *n);

// Reads the libraries that the files of `c` use, and those that these use, each
// once, behind the files: c->libraries says which file is which library.
void libraries_load(struct compile *c);

#endif
