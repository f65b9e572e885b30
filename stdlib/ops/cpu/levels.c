// Which level this machine has, and which one is in use (cpu.h).
#include "stdlib/ops/cpu/levels.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct cpu_kernels levels[CPU_LEVELS];
static bool has[CPU_LEVELS];
static const struct cpu_kernels *_Atomic in_use;

#ifdef CPU_X86_LEVELS
// Sums of products of bf16 take Intel's cores twice as long as those of floats;
// they have AMX for them.
static bool bf16_is_fast(void)
{
  return !__builtin_cpu_is("intel");
}

static void find_levels(void)
{
  __builtin_cpu_init();
  levels[CPU_AVX2] = cpu_avx2;
  has[CPU_AVX2] = __builtin_cpu_supports("avx2") &&
                  __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("f16c");
  levels[CPU_AVX512] = cpu_avx512;
  has[CPU_AVX512] = has[CPU_AVX2] && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
  levels[CPU_VNNI] = levels[CPU_AVX512];
  levels[CPU_VNNI].name = "vnni";
  levels[CPU_VNNI].gemm[GEMM_INT8] = &gemm_vnni;
  has[CPU_VNNI] = has[CPU_AVX512] && __builtin_cpu_supports("avx512vnni");
  levels[CPU_BF16] = levels[CPU_VNNI];
  levels[CPU_BF16].name = "bf16";
  levels[CPU_BF16].gemm[GEMM_BF16] = &gemm_bf16;
  has[CPU_BF16] = has[CPU_VNNI] && __builtin_cpu_supports("avx512bf16");
}
#else
static bool bf16_is_fast(void)
{
  return false;
}

static void find_levels(void)
{
}
#endif

// The best, or the one that SG_CPU_LEVEL names, if it is there.
static void choose(void)
{
  levels[CPU_PORTABLE] = cpu_portable;
  has[CPU_PORTABLE] = true;
  find_levels();
  const char *wanted = getenv("SG_CPU_LEVEL");
  enum cpu_level best = CPU_PORTABLE;
  for (enum cpu_level l = 0; l < CPU_LEVELS; l++) {
    if (has[l] && (l != CPU_BF16 || bf16_is_fast()))
      best = l;
    if (has[l] && wanted && !strcmp(levels[l].name, wanted)) {
      best = l;
      break;
    }
  }
  in_use = &levels[best];
}

static void ready(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, choose);
}

const struct cpu_kernels *cpu_kernels(void)
{
  const struct cpu_kernels *k = in_use;
  if (k)
    return k;
  ready();
  return in_use;
}

bool cpu_has(enum cpu_level level)
{
  ready();
  return has[level];
}

void cpu_use(enum cpu_level level)
{
  ready();
  in_use = &levels[level];
}
