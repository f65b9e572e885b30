// OpenBLAS, loaded when it is first asked for (blas.h).
#include "stdlib/ops/cpu/blas.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>

// Of the C interface to the BLAS (Blackford et al., 2002).
enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112 };

typedef void sgemm(int order, int turn_a, int turn_b, int m, int n, int k,
                   float alpha, const float *a, int lda, const float *b,
                   int ldb, float beta, float *c, int ldc);

static sgemm *multiply;
static char *(*core_name)(void);

static void load(void)
{
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return;
  void (*threads)(int) =
      (void (*)(int))dlsym(library, "openblas_set_num_threads");
  core_name = (char *(*)(void))dlsym(library, "openblas_get_corename");
  if (threads)
    threads(1);
  multiply = (sgemm *)dlsym(library, "cblas_sgemm");
}

bool blas_there(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return multiply;
}

const char *blas_core(void)
{
  return blas_there() && core_name ? core_name() : NULL;
}

// Rows of one element or none may have any distance, but not one below 1.
static int distance(const struct matmul_side *s, size_t columns)
{
  return (int)(s->ld > columns ? s->ld : columns ? columns : 1);
}

static bool countable(const struct matmul *p)
{
  return p->m <= INT_MAX && p->n <= INT_MAX && p->k <= INT_MAX &&
         p->a.ld <= INT_MAX && p->b.ld <= INT_MAX && p->ldc <= INT_MAX;
}

bool blas_matmul(const struct matmul *p)
{
  if (!blas_there() || !countable(p))
    return false;
  for (size_t i = 0; i < p->count && p->m && p->n; i++)
    multiply(ROW_MAJOR, p->a.transposed ? TRANSPOSED : AS_IT_IS,
             p->b.transposed ? TRANSPOSED : AS_IT_IS, (int)p->m, (int)p->n,
             (int)p->k, 1, p->a.data + i * p->a.step,
             distance(&p->a, p->a.transposed ? p->m : p->k),
             p->b.data + i * p->b.step,
             distance(&p->b, p->b.transposed ? p->k : p->n), 0,
             p->c + i * p->step, (int)p->ldc);
  return true;
}

bool blas_linear(size_t m, size_t n, size_t k, struct rows_in x, const float *w,
                 struct rows_out y)
{
  struct matmul p = {.count = 1,
                     .m = m,
                     .n = n,
                     .k = k,
                     .a = {.data = x.data, .ld = x.ld},
                     .b = {.data = w, .ld = k, .transposed = true},
                     .c = y.data,
                     .ldc = y.ld};
  return blas_matmul(&p);
}
