// What may happen to a plan from anywhere: it is refused, or everything that
// looks at plans looks at it, and it runs, in virtual time and within bounds.
#ifndef PLAN_RUN_H
#define PLAN_RUN_H

#include <stdbool.h>
#include <stddef.h>

// Takes the bytes as they are. True: it was sound, and ran; false: it was
// refused, with a reason. Bytes begin at a multiple of 8.
bool plan_run(const void *bytes, size_t size);
// The same behind size and checksum in the header being put right, if there
// is a header.
bool plan_run_repaired(void *bytes, size_t size);

#endif
