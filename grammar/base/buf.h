// Buf: text or bytes that grow. In an arena when `arena` is set, else on the
// heap (then `buf_free` gives it back). After a failed allocation every append
// does nothing and `failed` is true, so that only the end needs a check.
#ifndef SG_BUF_H
#define SG_BUF_H

#include "grammar/base/arena.h"

#include <stdarg.h>

struct buf {
  char *data; // NUL after `size` bytes once something was appended
  size_t size, room;
  struct arena *arena;
  bool failed;
};

// Makes room for `more` bytes behind the end; false when memory is exhausted.
bool buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *data, size_t size);
void buf_adds(struct buf *b, const char *text);
void buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *format, va_list args);
void buf_free(struct buf *b);

static inline void buf_addc(struct buf *b, char c)
{
  if (b->failed || (b->size + 1 >= b->room && !buf_reserve(b, 1)))
    return;
  b->data[b->size++] = c;
  b->data[b->size] = 0;
}

#endif
