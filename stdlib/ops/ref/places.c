// See places.h: dimensions count like the digits of a number.
#include "stdlib/ops/ref/places.h"

#include <string.h>

void places_begin(struct places *p, const int64_t *dims, uint32_t rank)
{
  *p = (struct places){.rank = rank, .left = 1};
  for (uint32_t i = 0; i < rank; i++) {
    p->dims[i] = dims[i];
    p->left *= dims[i];
  }
  if (rank)
    p->digits[rank - 1] = -1;
}

void places_add(struct places *p, const struct tensor *t, uint32_t less)
{
  int64_t strides[TENSOR_RANK] = {0};
  uint32_t n = t->rank - less;
  for (uint32_t i = 0; i < n; i++)
    if (t->dims[i] != 1)
      strides[p->rank - n + i] = t->strides[i];
  places_add_strides(p, strides);
}

void places_add_strides(struct places *p, const int64_t *strides)
{
  uint32_t n = p->tensors++;
  if (!p->rank)
    return;
  memcpy(p->strides[n], strides, p->rank * sizeof *strides);
  p->at[n] = -strides[p->rank - 1];
}

static void step(struct places *p, uint32_t axis, int64_t by)
{
  p->digits[axis] += by;
  for (uint32_t t = 0; t < p->tensors; t++)
    p->at[t] += by * p->strides[t][axis];
}

bool places_next(struct places *p)
{
  if (p->left-- <= 0)
    return false;
  for (uint32_t i = p->rank; i-- > 0;) {
    step(p, i, 1);
    if (p->digits[i] < p->dims[i])
      break;
    step(p, i, -p->digits[i]);
  }
  return true;
}

struct tensor ref_part(const struct tensor *t)
{
  struct tensor part = *t;
  part.rank--;
  for (uint32_t i = 0; i < part.rank; i++) {
    part.dims[i] = t->dims[i + 1];
    part.strides[i] = t->strides[i + 1];
  }
  return part;
}

int64_t places_rows(struct places *p, const struct tensor *t)
{
  int64_t dims[TENSOR_RANK];
  memcpy(dims, t->dims, sizeof dims);
  if (t->rank)
    dims[t->rank - 1] = 1;
  places_begin(p, dims, t->rank);
  return t->rank ? t->dims[t->rank - 1] : 1;
}

void places_lines(struct places *p, const struct tensor *t, uint32_t axis)
{
  int64_t dims[TENSOR_RANK];
  memcpy(dims, t->dims, sizeof dims);
  if (t->rank)
    dims[axis] = 1;
  places_begin(p, dims, t->rank);
  places_add(p, t, 0);
}
