// Small sets of numbers, and the table of cuts.
#include "compiler/lower_graph.h"

#include <stdlib.h>
#include <string.h>

bool set_holds(struct set s, uint32_t x)
{
  uint32_t low = 0, high = s.n;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    if (s.at[mid] < x)
      low = mid + 1;
    else
      high = mid;
  }
  return low < s.n && s.at[low] == x;
}

bool set_within(struct set x, struct set y)
{
  for (uint32_t i = 0; i < x.n; i++)
    if (!set_holds(y, x.at[i]))
      return false;
  return true;
}

bool set_same(struct set x, struct set y)
{
  return x.n == y.n && (!x.n || !memcmp(x.at, y.at, x.n * sizeof *x.at));
}

void set_add(struct arena *a, struct set *s, uint32_t x)
{
  if (s->n && s->at[s->n - 1] == x)
    return;
  LOWER_PUSH(a, s->at, s->n, s->room, x);
}

void set_add_all(struct arena *a, struct set *s, struct set x)
{
  for (uint32_t i = 0; i < x.n; i++)
    set_add(a, s, x.at[i]);
}

static int by_number(const void *x, const void *y)
{
  uint32_t p = *(const uint32_t *)x, q = *(const uint32_t *)y;
  return (p > q) - (p < q);
}

void set_close(struct set *s)
{
  if (s->n < 2)
    return;
  qsort(s->at, s->n, sizeof *s->at, by_number);
  uint32_t n = 1;
  for (uint32_t i = 1; i < s->n; i++)
    if (s->at[i] != s->at[n - 1])
      s->at[n++] = s->at[i];
  s->n = n;
}

// ---- cuts ----

static uint32_t place_of(const struct graph *g, const struct core *e)
{
  uint32_t at =
      (uint32_t)((uintptr_t)e >> 4) * 2654435761u & (g->room_cuts - 1);
  while (g->cuts[at].e && g->cuts[at].e != e)
    at = (at + 1) & (g->room_cuts - 1);
  return at;
}

static void widen(struct graph *g)
{
  struct cut *old = g->cuts;
  uint32_t n = g->room_cuts;
  g->room_cuts = n ? n * 2 : 32;
  g->cuts = ARENA_ARRAY(g->l->scratch, g->room_cuts, struct cut);
  for (uint32_t i = 0; i < n; i++)
    if (old[i].e)
      g->cuts[place_of(g, old[i].e)] = old[i];
}

struct cut *cut_put(struct graph *g, const struct core *e)
{
  if (g->n_cuts * 2 >= g->room_cuts)
    widen(g);
  struct cut *c = &g->cuts[place_of(g, e)];
  g->n_cuts += !c->e;
  c->e = e;
  return c;
}

struct cut *cut_find(struct graph *g, const struct core *e)
{
  if (!g->room_cuts)
    return NULL;
  struct cut *c = &g->cuts[place_of(g, e)];
  return c->e ? c : NULL;
}
