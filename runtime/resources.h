// What the machine has against what a plan's deployments ask for.
#ifndef SG_RESOURCES_H
#define SG_RESOURCES_H

#include "grammar/plan/plan.h"

#include <stddef.h>

// `list` is `cpus=8,memory=16GB,tpus=4`, or NULL: then what the plan's own
// `resource node` says counts, which the compiler has seen to. What is not named
// is not checked. 0, or -1 with a reason.
int resources_check(const struct plan *p, const char *list, char *why,
                    size_t why_size);

#endif
