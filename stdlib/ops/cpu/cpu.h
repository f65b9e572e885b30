// Kernels for the CPU: plain C functions over pointers and sizes.
//
// They are compiled once for each level, and the best level that the machine
// has is taken when the first one is asked for; so one program runs anywhere.
// The environment variable SG_CPU_LEVEL names a lower one. All levels give the
// same results but for rounding.
//
// Unless a kernel says otherwise: sizes are counted in elements; rows lie `ld`
// elements apart, which may be more than they are long; pointers need the
// alignment of their elements only; any size may be 0, and then nothing is
// touched; an output is none of the inputs, nor overlaps one; kernels keep no
// state and may be called from any thread.
#ifndef SG_CPU_H
#define SG_CPU_H

#include "stdlib/ops/cpu/attention.h"
#include "stdlib/ops/cpu/elements.h"
#include "stdlib/ops/cpu/gemm_tile.h"
#include "stdlib/ops/cpu/rows.h"

// Each has what those before it have.
enum cpu_level {
  CPU_PORTABLE, // what the compiler makes of plain C
  CPU_AVX2,     // with FMA
  CPU_AVX512,   // F, BW, DQ, VL
  CPU_VNNI,     // sums of products of bytes
  CPU_BF16,     // and of bf16, where that is faster than of f32
  CPU_LEVELS
};

struct cpu_kernels {
  const char *name;
  const struct element_kernels *elements;
  const struct row_kernels *rows;
  const struct attention_kernels *attention;
  const struct gemm_kernels *gemm[GEMM_KINDS];
};

// Those of the level in use. They live as long as the program.
const struct cpu_kernels *cpu_kernels(void);

// Whether this machine has the level; for tests, also where it is slower.
bool cpu_has(enum cpu_level level);
// From now on that one is in use. For tests, before other threads ask.
void cpu_use(enum cpu_level level);

#endif
