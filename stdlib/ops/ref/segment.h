// Sequences that lie one behind the other in the rows of a tensor.
#ifndef SG_REF_SEGMENT_H
#define SG_REF_SEGMENT_H

#include "stdlib/ops/ref/elements.h"

struct segment {
  int64_t start, length;
};

static inline struct segment segment_of(const struct tensor *starts,
                                        const struct tensor *lengths, int64_t b)
{
  struct segment s;
  ref_load_whole(&s.start, starts, b * starts->strides[0], 1, 1);
  ref_load_whole(&s.length, lengths, b * lengths->strides[0], 1, 1);
  return s;
}

// Whether each lies in so many rows.
bool segments_fit(const struct tensor *starts, const struct tensor *lengths,
                  int64_t rows);

#endif
