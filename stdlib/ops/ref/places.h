// A walk over all places of some dimensions, with where up to four tensors are
// at each of them. The last dimension may be left to the caller, as a run.
//
//   struct places p;
//   places_begin(&p, dims, rank);
//   places_add(&p, t);                   // number 0: broadcasts to the dims
//   while (places_next(&p)) … p.at[0] …  // element number in t
#ifndef SG_REF_PLACES_H
#define SG_REF_PLACES_H

#include "runtime/tensor/backend.h"

struct places {
  uint32_t rank, tensors;
  int64_t dims[TENSOR_RANK], digits[TENSOR_RANK];
  int64_t strides[4][TENSOR_RANK], at[4];
  int64_t left;
};

void places_begin(struct places *p, const int64_t *dims, uint32_t rank);
// The tensor's dimensions but its last `less` are the walk's last ones, or 1.
void places_add(struct places *p, const struct tensor *t, uint32_t less);
// One whose element lies so many elements farther for each step of a dimension.
void places_add_strides(struct places *p, const int64_t *strides);
bool places_next(struct places *p);

// A tensor without its first dimension: its first part.
struct tensor ref_part(const struct tensor *t);

// The walk over the rows of t, whose last dimension is the caller's run: of so
// many elements, which are so far apart in a tensor of the walk.
int64_t places_rows(struct places *p, const struct tensor *t);
static inline int64_t places_stride(const struct places *p, uint32_t tensor)
{
  return p->rank ? p->strides[tensor][p->rank - 1] : 1;
}

// The walk over lines: all places of t with `axis` left out, which is the
// caller's run. Number 0 is t.
void places_lines(struct places *p, const struct tensor *t, uint32_t axis);

// An axis that may count from the end.
static inline uint32_t ref_axis(int64_t axis, uint32_t rank)
{
  return (uint32_t)(axis < 0 ? axis + rank : axis);
}

#endif
