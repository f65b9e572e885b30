// Line starts by source, made at the first question about it.
#include "compiler/lines.h"

#include "grammar/base/utf8.h"

#include <string.h>

void lines_init(struct lines *l, struct arena *arena,
                const struct source *sources, uint32_t n)
{
  *l = (struct lines){.arena = arena, .sources = sources, .n = n};
  l->starts = ARENA_ARRAY(arena, n + 1, uint32_t *);
  l->counts = ARENA_ARRAY(arena, n + 1, uint32_t);
}

static void find_starts(struct lines *l, uint32_t file)
{
  const struct source *s = &l->sources[file];
  uint32_t n = 1;
  const char *end = s->text + s->size, *p;
  for (p = s->text; (p = memchr(p, '\n', (size_t)(end - p))); p++)
    n++;
  uint32_t *starts = ARENA_ARRAY(l->arena, n, uint32_t);
  n = 1;
  for (p = s->text; (p = memchr(p, '\n', (size_t)(end - p))); p++)
    starts[n++] = (uint32_t)(p - s->text) + 1;
  l->starts[file] = starts;
  l->counts[file] = n;
}

bool lines_find(struct lines *l, struct span s, uint32_t *line,
                uint32_t *column)
{
  *line = *column = 0;
  if (s.file >= l->n || !l->sources[s.file].text)
    return false;
  if (!l->starts[s.file])
    find_starts(l, s.file);
  const uint32_t *starts = l->starts[s.file];
  uint32_t low = 0, high = l->counts[s.file];
  if (l->last < high && starts[l->last] <= s.start) {
    low = l->last;
    for (uint32_t step = 1; step < high - low; step *= 2)
      if (starts[low + step] > s.start)
        high = low + step;
  }
  while (high - low > 1) {
    uint32_t mid = low + (high - low) / 2;
    if (starts[mid] <= s.start)
      low = mid;
    else
      high = mid;
  }
  l->last = low;
  *line = low + 1;
  *column = 1 + (uint32_t)utf8_length(l->sources[s.file].text + starts[low],
                                      s.start - starts[low]);
  return true;
}
