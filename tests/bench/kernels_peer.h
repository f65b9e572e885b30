// oneDNN beside our kernels: its product with weights that it packed itself.
#ifndef SG_BENCH_KERNELS_PEER_H
#define SG_BENCH_KERNELS_PEER_H

#include "stdlib/ops/cpu/gemm.h"

struct peer;

// NULL where oneDNN is not there, or has no such product. x is given in the
// kind's own type, so it does not convert, as ours does.
struct peer *peer_new(enum gemm_kind kind, size_t m, size_t n, size_t k);
void peer_run(struct peer *p);
void peer_free(struct peer *p);

#endif
