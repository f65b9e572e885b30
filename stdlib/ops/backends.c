// The backends, the best first; the reference, which has every operator, last.
#include "stdlib/ops/cpu/fuse.h"
#include "stdlib/ops/ref/ref.h"

const struct backend *const backends[] = {&cpu_backend, &reference_backend,
                                          NULL};
