// A text under way: bytes that grow, each with its place in the original.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/utf8.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

bool work_room(struct work *w, void *at, size_t *room, size_t count, size_t one)
{
  if (count <= *room)
    return true;
  size_t wide = *room ? *room * 2 : FIRST_ROOM;
  if (wide < count)
    wide = count;
  void **to = at, *p = wide < SIZE_MAX / one ? realloc(*to, wide * one) : NULL;
  if (!p) {
    w->failed = true;
    return false;
  }
  *to = p;
  *room = wide;
  return true;
}

bool line_room(struct work *w, struct line *l, size_t more)
{
  size_t room = l->room;
  if (w->failed || !work_room(w, &l->data, &room, l->size + more, 1))
    return false;
  size_t places = l->room;
  if (w->has_places &&
      !work_room(w, &l->places, &places, room, sizeof *l->places))
    return false;
  l->room = room;
  return true;
}

void line_code(struct work *w, struct line *l, uint32_t code, struct place from)
{
  char bytes[4];
  line_add(w, l, bytes, utf8_encode(code, bytes), from);
}

void line_swap(struct work *w)
{
  struct line was = w->now;
  w->now = w->next_line;
  w->next_line = was;
  w->next_line.size = 0;
}

void work_free(struct work **at)
{
  struct work *w = *at;
  *at = NULL;
  if (!w)
    return;
  void *all[] = {w->now.data,       w->now.places,
                 w->next_line.data, w->next_line.places,
                 w->words.items,    w->next_words.items,
                 w->points,         w->sources,
                 w->symbols,        w->heap,
                 w->ends,           w->tokens};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    free(all[i]);
  word_cache_free(&w->cache);
  free(w);
}
