// Runs the tests of a plan: each on a fresh engine, in virtual time.
#ifndef SG_TEST_RUN_H
#define SG_TEST_RUN_H

#include "grammar/plan/plan.h"

#include <stdio.h>

struct outside;

// Runs those whose name contains `filter` (NULL: all) and prints a line for
// each and the sum; `outside` is what answers the requests that they make.
// Returns how many failed, or -1 when an engine could not start.
int tests_run(const struct plan *p, const char *filter, FILE *out,
              struct outside *outside);

#endif
