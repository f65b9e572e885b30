// The kernels for AVX2 and FMA.
#include "stdlib/ops/cpu/levels.h"

#ifdef CPU_X86_LEVELS
#pragma GCC target("avx2,fma,f16c")

#include "stdlib/ops/cpu/elements_body.h"
#include "stdlib/ops/cpu/rows_body.h"
#include "stdlib/ops/cpu/gemm_body.h"

TILES(f32, DOT_F32)
TILES(bf16, DOT_BF16_WIDE)
TILES(int8, DOT_INT8_SPLIT)

// Its products are tiles too.
#include "stdlib/ops/cpu/attention_body.h"

static const struct gemm_kernels gemm_f32 = {.rows = TILE_ROWS,
                                             .unit = 4,
                                             .prepare = prepare_f32,
                                             .tiles = f32,
                                             .panel = panel_of_rows,
                                             .panel_of_columns =
                                                 panel_of_columns};
static const struct gemm_kernels gemm_bf16_wide = {
    .rows = TILE_ROWS, .unit = 8, .prepare = prepare_bf16_wide, .tiles = bf16};
static const struct gemm_kernels gemm_int8 = {
    .rows = TILE_ROWS, .unit = 4, .prepare = prepare_int8, .tiles = int8};

const struct cpu_kernels cpu_avx2 = {.name = "avx2",
                                     .elements = &element_kernels,
                                     .rows = &row_kernels,
                                     .attention = &attention_kernels,
                                     .gemm = {[GEMM_F32] = &gemm_f32,
                                              [GEMM_BF16] = &gemm_bf16_wide,
                                              [GEMM_INT8] = &gemm_int8}};
#endif
