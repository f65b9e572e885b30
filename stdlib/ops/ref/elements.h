// Elements of any type, a run of them at a time: `n` from the element number
// `at` on, `stride` elements apart. Floats are worked on as doubles, whole
// numbers and bools as int64.
#ifndef SG_REF_ELEMENTS_H
#define SG_REF_ELEMENTS_H

#include "runtime/tensor/backend.h"

// Whether it is worked on as whole numbers.
static inline bool ref_is_whole(const struct tensor *t)
{
  return t->dtype >= DTYPE_i8;
}

// Floats of whole numbers are the nearest doubles.
void ref_load(double *to, const struct tensor *t, int64_t at, int64_t stride,
              int64_t n);
// Of whole numbers.
void ref_load_whole(int64_t *to, const struct tensor *t, int64_t at,
                    int64_t stride, int64_t n);
// Rounded to the nearest. Into whole numbers: fractions are cut off, what does
// not fit is the nearest that does, and what is not a number is 0.
void ref_store(const struct tensor *t, int64_t at, int64_t stride,
               const double *from, int64_t n);
// Into whole numbers: they wrap; a bool is whether it is not 0. Into floats:
// the nearest.
void ref_store_whole(const struct tensor *t, int64_t at, int64_t stride,
                     const int64_t *from, int64_t n);
// All elements of a dense tensor become a number.
void ref_fill(const struct tensor *t, double x);
// As they are, between tensors of one type.
void ref_copy(const struct tensor *to, int64_t at, int64_t stride,
              const struct tensor *from, int64_t from_at, int64_t from_stride,
              int64_t n);

// What `x` is as an element of that type, as a double.
double ref_as(enum dtype dtype, double x);
// The least and the greatest of a type of whole numbers.
void ref_range(enum dtype dtype, int64_t *least, int64_t *most);

// A number that orders elements: less for what is less, the same for equal
// ones. What is not a number is above all, or with `least` below all.
uint64_t ref_order(const struct tensor *t, int64_t at, bool least);

// The greater (lesser) of two; what is not a number is both.
static inline double ref_max(double a, double b)
{
  return a >= b || a != a ? a : b;
}
static inline double ref_min(double a, double b)
{
  return a <= b || a != a ? a : b;
}

// How large a piece of a run is worked on at a time.
enum { REF_PIECE = 256 };

#endif
