// Testing: the tests of a plan, each on an engine of its own in virtual time.
#ifndef SG_TESTING_H
#define SG_TESTING_H

#include "grammar/plan/plan.h"

// Runs the tests whose name holds `filter` (NULL: all) and prints how each went
// on standard output; the exit status: 1 when one failed.
int testing_run(const struct plan *p, const char *filter, size_t memory);

#endif
