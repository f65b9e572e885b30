// The levels, each a file of its own (cpu.h).
#ifndef SG_CPU_LEVELS_H
#define SG_CPU_LEVELS_H

#include "stdlib/ops/cpu/cpu.h"

// Files say by a pragma which instructions they may have, and that is GCC's;
// what another compiler makes, for fuzzing, has the portable level alone.
#if defined(__x86_64__) && !defined(__clang__)
#define CPU_X86_LEVELS
#endif

extern const struct cpu_kernels cpu_portable;
#ifdef CPU_X86_LEVELS
extern const struct cpu_kernels cpu_avx2, cpu_avx512;
// They differ from AVX-512 in one kind of product each.
extern const struct gemm_kernels gemm_vnni, gemm_bf16;
#endif

#endif
