// The difference of two texts, as `diff -u` writes it.
#ifndef SG_TEXT_DIFF_H
#define SG_TEXT_DIFF_H

#include "grammar/base/buf.h"

struct text_side {
  const char *name, *text;
  size_t size;
};

// Appends nothing if they are the same. `a` is used for scratch.
void text_diff(struct arena *a, const struct text_side *from,
               const struct text_side *to, struct buf *out);

#endif
