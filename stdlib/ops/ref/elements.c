// See elements.h. What is f32 or f64, and lies close, goes fast.
#include "stdlib/ops/ref/elements.h"

#include "runtime/codec/tensor.h"

#include <math.h>
#include <string.h>

static char *place(const struct tensor *t, int64_t at)
{
  return (char *)t->data + at * dtype_size[t->dtype];
}

#define LOAD(type)                                                             \
  do {                                                                         \
    const type *from = (const void *)place(t, at);                             \
    for (int64_t i = 0; i < n; i++)                                            \
      to[i] = (double)from[i * stride];                                        \
  } while (0)

void ref_load(double *to, const struct tensor *t, int64_t at, int64_t stride,
              int64_t n)
{
  switch ((enum dtype)t->dtype) {
  case DTYPE_f32:
    LOAD(float);
    break;
  case DTYPE_f64:
    LOAD(double);
    break;
  default:
    for (int64_t i = 0; i < n; i++)
      to[i] = element_float(place(t, at + i * stride), (enum dtype)t->dtype, 0);
  }
}

void ref_load_whole(int64_t *to, const struct tensor *t, int64_t at,
                    int64_t stride, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    to[i] = element_int(place(t, at + i * stride), (enum dtype)t->dtype, 0);
}

void ref_range(enum dtype dtype, int64_t *least, int64_t *most)
{
  switch (dtype) {
  case DTYPE_i8:
    *least = INT8_MIN, *most = INT8_MAX;
    break;
  case DTYPE_u8:
    *least = 0, *most = UINT8_MAX;
    break;
  case DTYPE_i32:
    *least = INT32_MIN, *most = INT32_MAX;
    break;
  default:
    *least = INT64_MIN, *most = INT64_MAX;
  }
}

static int64_t cut(double x, int64_t least, int64_t most)
{
  return x != x               ? 0
         : x <= (double)least ? least
         : x >= (double)most  ? most
                              : (int64_t)x;
}

void ref_store(const struct tensor *t, int64_t at, int64_t stride,
               const double *from, int64_t n)
{
  enum dtype dtype = (enum dtype)t->dtype;
  int64_t least, most;
  if (dtype == DTYPE_f32) {
    float *to = (void *)place(t, at);
    for (int64_t i = 0; i < n; i++)
      to[i * stride] = (float)from[i];
    return;
  }
  if (!ref_is_whole(t) || dtype == DTYPE_bool) {
    for (int64_t i = 0; i < n; i++)
      element_set(place(t, at + i * stride), dtype, 0, from[i]);
    return;
  }
  ref_range(dtype, &least, &most);
  for (int64_t i = 0; i < n; i++)
    element_set_int(place(t, at + i * stride), dtype, 0,
                    cut(from[i], least, most));
}

void ref_store_whole(const struct tensor *t, int64_t at, int64_t stride,
                     const int64_t *from, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    element_set_int(place(t, at + i * stride), (enum dtype)t->dtype, 0,
                    from[i]);
}

void ref_fill(const struct tensor *t, double x)
{
  for (int64_t i = 0, n = tensor_size(t); i < n; i++)
    ref_store(t, i, 1, &x, 1);
}

void ref_copy(const struct tensor *to, int64_t at, int64_t stride,
              const struct tensor *from, int64_t from_at, int64_t from_stride,
              int64_t n)
{
  size_t one = dtype_size[to->dtype];
  char *x = place(to, at);
  const char *y = place(from, from_at);
  if (stride == 1 && from_stride == 1 && n > 0) {
    memcpy(x, y, (size_t)n * one);
    return;
  }
  for (int64_t i = 0; i < n; i++)
    memcpy(x + i * stride * (int64_t)one, y + i * from_stride * (int64_t)one,
           one);
}

double ref_as(enum dtype dtype, double x)
{
  uint64_t element = 0;
  element_set(&element, dtype, 0, x);
  return element_float(&element, dtype, 0);
}

uint64_t ref_order(const struct tensor *t, int64_t at, bool least)
{
  const uint64_t sign = 1ull << 63;
  uint64_t bits;
  enum dtype dtype = (enum dtype)t->dtype;
  if (ref_is_whole(t))
    return (uint64_t)element_int(place(t, at), dtype, 0) ^ sign;
  double x = element_float(place(t, at), dtype, 0);
  if (x != x)
    return least ? 0 : UINT64_MAX;
  x += 0.0; // there is one zero
  memcpy(&bits, &x, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}
