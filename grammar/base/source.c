// Places in a source: from byte offsets to lines and columns.
//
// Columns count code points, so that a long line would have to be read again
// for every place in it: how many there are is noted down every STEP bytes.
#include "grammar/base/diag.h"
#include "grammar/base/utf8.h"

#include <string.h>

enum { STEP = 1024 };

void source_place(const struct source *s, uint32_t offset, uint32_t *line,
                  uint32_t *column)
{
  const char *text = s->text;
  if (offset > s->size)
    offset = (uint32_t)s->size;
  const char *end = text + offset, *start = text, *p = text;
  *line = 1;
  while ((p = memchr(p, '\n', (size_t)(end - p)))) {
    start = ++p;
    ++*line;
  }
  *column = 1 + (uint32_t)utf8_length(start, (size_t)(end - start));
}

bool source_lines_make(struct arena *a, const struct source *s,
                       struct source_lines *l)
{
  const char *end = s->text + s->size, *p;
  uint32_t n = 1, steps = (uint32_t)(s->size / STEP) + 1;
  for (p = s->text; (p = memchr(p, '\n', (size_t)(end - p))); p++)
    n++;
  uint32_t *starts = ARENA_ARRAY(a, n, uint32_t);
  uint32_t *points = ARENA_ARRAY(a, steps, uint32_t);
  if (!starts || !points)
    return false;
  n = 1;
  for (p = s->text; (p = memchr(p, '\n', (size_t)(end - p))); p++)
    starts[n++] = (uint32_t)(p - s->text) + 1;
  for (uint32_t i = 1; i < steps; i++)
    points[i] =
        points[i - 1] + (uint32_t)utf8_length(s->text + (i - 1) * STEP, STEP);
  *l = (struct source_lines){s, starts, n, points, 0};
  return true;
}

// Code points that begin before the offset.
static uint32_t points_before(const struct source_lines *l, uint32_t offset)
{
  uint32_t rest = offset % STEP;
  return l->points[offset / STEP] +
         (uint32_t)utf8_length(l->source->text + offset - rest, rest);
}

// The line is looked for behind the last one first: most who ask go forward.
static uint32_t line_of(struct source_lines *l, uint32_t offset)
{
  uint32_t low = 0, high = l->n;
  if (l->starts[l->last] <= offset) {
    low = l->last;
    for (uint32_t step = 1; step < high - low; step *= 2)
      if (l->starts[low + step] > offset)
        high = low + step;
  }
  while (high - low > 1) {
    uint32_t mid = low + (high - low) / 2;
    if (l->starts[mid] <= offset)
      low = mid;
    else
      high = mid;
  }
  return l->last = low;
}

void source_lines_find(struct source_lines *l, uint32_t offset, uint32_t *line,
                       uint32_t *column)
{
  if (offset > l->source->size)
    offset = (uint32_t)l->source->size;
  uint32_t number = line_of(l, offset);
  *line = number + 1;
  *column = 1 + points_before(l, offset) - points_before(l, l->starts[number]);
}
