// A plan file brought into memory, checked whole.
#ifndef SG_LOAD_H
#define SG_LOAD_H

#include "grammar/plan/plan.h"

struct loaded {
  struct plan plan; // valid as long as this is
  void *bytes;      // owned
  size_t size;
};

// Reads and verifies the plan at `path`. 0, or -1 with one line of reason that
// does not repeat the path; then `*out` is untouched.
int plan_load(struct loaded *out, const char *path, char *why, size_t why_size);

// Gives the memory back. A zeroed one is fine.
void plan_unload(struct loaded *l);

#endif
