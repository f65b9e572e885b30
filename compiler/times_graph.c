// The longest path through a graph: strand by strand, in the order of their
// numbers, each from the moment when all that it waits for is there.
#include "compiler/times_parts.h"

struct turn { // a strand's
  struct moment start;
  struct moment fed;  // when those that it feeds may go on
  struct moment skip; // when it is skipped, if it is
  bool maybe, never;
};

static void feed(struct turn *turns, const struct strand *s,
                 const struct turn *from, struct moment end,
                 const struct fact *chosen)
{
  for (uint32_t i = 0; i < s->n_feeds; i++) {
    struct turn *to = &turns[s->feeds[i].strand];
    if (s->feeds[i].kind == EDGE_data) {
      to->start = moment_later(to->start, from->fed);
      continue;
    }
    to->start = moment_later(to->start, end);
    to->skip = from->fed;
    to->never |= from->never;
    to->maybe |= from->maybe || !chosen;
    if (chosen && !chosen->number == (s->feeds[i].kind == EDGE_if))
      to->never = true;
  }
}

static void run_strand(struct act *a, struct turn *turns, uint32_t at)
{
  const struct strand *s = &a->code->strands[at];
  struct turn *t = &turns[at];
  struct moment end = t->skip;
  a->chosen = NULL;
  a->strand = at + 1;
  if (!t->never) {
    a->s.now = t->start;
    end = times_run(a, s->entry, s->end);
  }
  t->fed = end;
  if (t->maybe && !t->never)
    t->fed.low = t->skip.low < end.low ? t->skip.low : end.low;
  feed(turns, s, t, end, a->chosen);
}

void times_run_graph(struct act *a)
{
  uint32_t n = a->code->n_strands;
  struct turn *turns = ARENA_ARRAY(a->t->arena, n + 1, struct turn);
  for (uint32_t i = 0; i < n; i++)
    run_strand(a, turns, i);
}
