// Buf: growth by doubling; an arena's newest piece grows in place.
#include "grammar/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool buf_reserve(struct buf *b, size_t more)
{
  if (b->failed)
    return false;
  if (more < b->room && b->size < b->room - more)
    return true;
  size_t room = b->room ? b->room : 64;
  while (room - b->size <= more) {
    if (room > SIZE_MAX / 4)
      goto fail;
    room *= 2;
  }
  char *data = b->arena ? arena_grow(b->arena, b->data, b->room, room)
                        : realloc(b->data, room);
  if (!data)
    goto fail;
  b->data = data;
  b->room = room;
  return true;
fail:
  b->failed = true;
  return false;
}

void buf_add(struct buf *b, const void *data, size_t size)
{
  if (!buf_reserve(b, size))
    return;
  if (size)
    memcpy(b->data + b->size, data, size);
  b->size += size;
  b->data[b->size] = 0;
}

void buf_adds(struct buf *b, const char *text)
{
  buf_add(b, text, strlen(text));
}

void buf_addv(struct buf *b, const char *format, va_list args)
{
  if (!buf_reserve(b, 0))
    return;
  va_list again;
  va_copy(again, args);
  size_t room = b->room - b->size;
  int n = vsnprintf(b->data + b->size, room, format, args);
  bool fits = n >= 0 && (size_t)n < room;
  if (!fits)
    b->data[b->size] = 0;
  if (!fits && n >= 0 && buf_reserve(b, (size_t)n)) {
    vsnprintf(b->data + b->size, (size_t)n + 1, format, again);
    fits = true;
  }
  if (fits)
    b->size += (size_t)n;
  va_end(again);
}

void buf_addf(struct buf *b, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  buf_addv(b, format, args);
  va_end(args);
}

void buf_free(struct buf *b)
{
  if (!b->arena)
    free(b->data);
  *b = (struct buf){.arena = b->arena};
}
