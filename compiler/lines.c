// Line starts by source, made at the first question about it.
#include "compiler/lines.h"

void lines_init(struct lines *l, struct arena *arena,
                const struct source *sources, uint32_t n)
{
  *l = (struct lines){.arena = arena, .sources = sources, .n = n};
  l->of = ARENA_ARRAY(arena, n + 1, struct source_lines);
}

bool lines_find(struct lines *l, struct span s, uint32_t *line,
                uint32_t *column)
{
  *line = *column = 0;
  if (s.file >= l->n || !l->sources[s.file].text)
    return false;
  struct source_lines *of = &l->of[s.file];
  if (!of->source && !source_lines_make(l->arena, &l->sources[s.file], of))
    return false;
  source_lines_find(of, s.start, line, column);
  return true;
}
