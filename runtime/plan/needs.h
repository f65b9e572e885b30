// What a plan must find on the machine that runs it.
#ifndef SG_NEEDS_H
#define SG_NEEDS_H

#include "grammar/plan/plan.h"

#include <stdio.h>

// Writes a line for each thing that is missing, with the place that asks for
// it; whether all are there. What a secret is, is not written.
bool plan_needs_met(const struct plan *p, FILE *to);

#endif
