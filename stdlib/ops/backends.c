// The backends, the best first.
#include "runtime/tensor/backend.h"

const struct backend *const backends[] = {NULL};
