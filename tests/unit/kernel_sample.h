// What tests of kernels share: numbers, levels, comparison.
#ifndef SG_KERNEL_SAMPLE_H
#define SG_KERNEL_SAMPLE_H

#include "stdlib/ops/cpu/gemm.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Calls `test` with every level that this machine has.
void at_each_level(void (*test)(void));

// Numbers within ±1, in a block of exactly that many, so that sanitizers see
// what reads or writes behind it. Freed by free_all.
float *numbers(size_t n);
void *block(size_t bytes);
// Aligned to 64.
void *aligned_block(size_t bytes);
void free_all(void);
// A number within [0, below).
size_t any_of(size_t below);

// Off by no more than `error`, or both infinite or no numbers.
void expect_near(double found, double wanted, double error);

#endif
