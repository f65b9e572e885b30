// OpenBLAS, loaded when it is first asked for: products of matrices as they
// lie, where nothing was packed or this machine has no better level.
//
// Linked in it would cost every start 3 MB and 3 ms. It computes in the thread
// that calls it.
#ifndef SG_CPU_BLAS_H
#define SG_CPU_BLAS_H

#include "stdlib/ops/cpu/gemm.h"

// Whether it is installed. From several threads at a time.
bool blas_there(void);
// The processor that it takes this one for; NULL where it is not there.
const char *blas_core(void);

// y = x · wᵀ, w [n, k] as it is stored; and as matmul_run. False, and nothing
// is done: it is not there, or a size is beyond what it can count.
bool blas_linear(size_t m, size_t n, size_t k, struct rows_in x, const float *w,
                 struct rows_out y);
bool blas_matmul(const struct matmul *p);

#endif
