// Operators that work on one line along an axis at a time, whichever axis it
// is.
#ifndef SG_REF_LINES_H
#define SG_REF_LINES_H

#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"
#include "stdlib/ops/ref/ref.h"

// The doubles of a line, n of them, become others; `number` is the operator's.
typedef void ref_line(double *x, int64_t n, double number);

// Into an output of the same dimensions. `room` is a line's (ref_room_axis).
void ref_lines(const struct tensor_step *s, uint32_t axis, ref_line *f,
               double number, double *room);

static inline double ref_sum(const double *x, int64_t n)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += x[i];
  return sum;
}

#endif
