// What AVX-512 VNNI does better: sums of products of bytes.
#include "stdlib/ops/cpu/levels.h"

#ifdef CPU_X86_LEVELS
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")

#include "stdlib/ops/cpu/gemm_body.h"

TILES(int8, DOT_INT8)

const struct gemm_kernels gemm_vnni = {
    .rows = TILE_ROWS, .unit = 4, .prepare = prepare_int8, .tiles = int8};
#endif
