// How a value is walked along its type.
//
// Code can build a value that is deeper than the C stack, or that has parts
// without number because it shares them, so every walk counts levels and parts.
#ifndef SG_WALK_H
#define SG_WALK_H

#include "runtime/value/value.h"

#include <string.h>

struct walk {
  const struct plan *plan;
  struct arena *arena; // of a copy
  const struct value_moved *moved; // NULL: handles stay as they are
  uint32_t left;                   // parts that may still be looked at
  bool over;                       // it was too much
};

static inline bool walk_enter(struct walk *w, uint32_t depth)
{
  if (depth >= VALUE_DEPTH || !w->left) {
    w->over = true;
    return false;
  }
  w->left--;
  return true;
}

static inline uint32_t part_type(const struct plan *p,
                                 const struct plan_type *t, uint32_t i)
{
  return p->fields[t->fields.first + i].type;
}

// The type of a union's or step's payload; PLAN_NONE for a wild tag.
static inline uint32_t payload_type(const struct plan *p,
                                    const struct plan_type *t, uint32_t tag)
{
  if (t->kind == TYPE_step)
    return t->of;
  return tag < t->fields.count ? part_type(p, t, tag) : PLAN_NONE;
}

// Where the element number n, in row-major order, lies.
static inline const char *tensor_at(const struct tensor *t, size_t n)
{
  int64_t at = 0;
  for (uint32_t i = t->rank; i-- > 0;) {
    at += (int64_t)(n % (size_t)t->dims[i]) * t->strides[i];
    n /= (size_t)t->dims[i];
  }
  return (const char *)t->data + at * dtype_size[t->dtype];
}

#endif
