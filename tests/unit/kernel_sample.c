// What tests of kernels share (kernel_sample.h).
#include "tests/unit/kernel_sample.h"

static void *blocks[4096];
static size_t n_blocks;
static uint64_t seed = 1;

static uint64_t next(void)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return seed >> 33;
}

size_t any_of(size_t below)
{
  return next() % below;
}

void at_each_level(void (*test)(void))
{
  for (enum cpu_level l = 0; l < CPU_LEVELS; l++) {
    if (!cpu_has(l))
      continue;
    cpu_use(l);
    seed = 1;
    test();
    free_all();
  }
}

static void *keep(void *p)
{
  assert_non_null(p);
  assert_true(n_blocks < sizeof blocks / sizeof *blocks);
  return blocks[n_blocks++] = p;
}

void *block(size_t bytes)
{
  return keep(calloc(1, bytes ? bytes : 1));
}

void *aligned_block(size_t bytes)
{
  return keep(aligned_alloc(64, (bytes + 64) / 64 * 64));
}

float *numbers(size_t n)
{
  float *x = block(n * sizeof *x);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)((double)next() / 0x40000000 - 1);
  return x;
}

void free_all(void)
{
  while (n_blocks)
    free(blocks[--n_blocks]);
}

void expect_near(double found, double wanted, double error)
{
  if (isnan(wanted)   ? isnan(found)
      : isinf(wanted) ? found == wanted
                      : fabs(found - wanted) <= error)
    return;
  fail_msg("level %s: %.9g and not %.9g", cpu_kernels()->name, found, wanted);
}
