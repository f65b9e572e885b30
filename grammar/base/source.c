// Places in a source: from byte offsets to lines and columns.
#include "grammar/base/diag.h"
#include "grammar/base/utf8.h"

#include <string.h>

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
