// Sorting values, which is stable. See sort.c.
#ifndef SG_SORT_H
#define SG_SORT_H

#include "runtime/value/value.h"

// In ascending order, of an ordered type. `spare` has room for as many; the
// result is in `x` or in `spare`.
value *sort_values(const struct plan *p, uint32_t type, value *x, value *spare,
                   uint32_t n);

// By an order of one's own.
struct sort {
  const struct plan *plan;
  uint32_t type;
  bool (*before)(const struct sort *s, value x, value y);
  const value *keys; // the owner's
  bool descending;
};
value *sort_merge(const struct sort *s, value *x, value *spare, size_t count);

#endif
