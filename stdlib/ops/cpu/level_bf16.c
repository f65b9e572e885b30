// What AVX-512 BF16 does better: sums of products of bf16.
#include "stdlib/ops/cpu/levels.h"

#ifdef CPU_X86_LEVELS
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")

#include "stdlib/ops/cpu/gemm_body.h"

TILES(bf16, DOT_BF16)

const struct gemm_kernels gemm_bf16 = {
    .rows = TILE_ROWS, .unit = 4, .prepare = prepare_bf16, .tiles = bf16};
#endif
