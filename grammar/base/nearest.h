// "Did you mean": the name that somebody most likely meant.
#ifndef SG_NEAREST_H
#define SG_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

// Of `n` candidates the nearest to `wanted`, or NULL if none is near.
const char *nearest_name(const char *wanted, const char *const *candidates,
                         size_t n);

#endif
