// The levels, each a file of its own (cpu.h).
#ifndef SG_CPU_LEVELS_H
#define SG_CPU_LEVELS_H

#include "stdlib/ops/cpu/cpu.h"

extern const struct cpu_kernels cpu_portable;
#if defined(__x86_64__)
extern const struct cpu_kernels cpu_avx2, cpu_avx512;
// They differ from AVX-512 in one kind of product each.
extern const struct gemm_kernels gemm_vnni, gemm_bf16;
#endif

#endif
