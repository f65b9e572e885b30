// The backends, the best first; the reference, which has every operator, last.
#include "runtime/tensor/backend.h"

#include "stdlib/ops/ref/ref.h"

const struct backend *const backends[] = {&reference_backend, NULL};
