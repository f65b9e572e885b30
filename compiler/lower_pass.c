// Steps that are passed on the way to a value: the chooses that must have let
// it through. One that follows from another is left out.
#include "compiler/lower_graph.h"

// Whether `x` opens only if `y` does: it is `y`, or what it asks waits for it.
static bool follows(struct graph *g, struct guard x, struct guard y)
{
  if (x.piece == NO_PIECE || x.piece < y.piece)
    return false;
  if (x.piece == y.piece)
    return x.kind == y.kind;
  struct piece *p = &g->pieces[x.piece];
  if (p->seen == g->walks)
    return false;
  p->seen = g->walks;
  if (follows(g, p->guard, y))
    return true;
  for (uint32_t i = 0; i < p->passed.n; i++)
    if (follows(g, p->passed.at[i], y))
      return true;
  return false;
}

static bool surely_follows(struct graph *g, struct guard x, struct guard y)
{
  g->walks++;
  return follows(g, x, y);
}

void passed_add(struct graph *g, struct passed *p, struct guard x)
{
  for (uint32_t i = 0; i < p->n; i++)
    if (surely_follows(g, p->at[i], x))
      return;
  struct passed kept = {0}; // sets may share their rows
  for (uint32_t i = 0; i < p->n; i++)
    if (!surely_follows(g, x, p->at[i]))
      LOWER_PUSH(g->l->scratch, kept.at, kept.n, kept.room, p->at[i]);
  LOWER_PUSH(g->l->scratch, kept.at, kept.n, kept.room, x);
  *p = kept;
}

void passed_add_all(struct graph *g, struct passed *p, struct passed from)
{
  for (uint32_t i = 0; i < from.n; i++)
    passed_add(g, p, from.at[i]);
}

bool passed_same(struct passed x, struct passed y)
{
  if (x.n != y.n)
    return false;
  for (uint32_t i = 0; i < x.n; i++)
    if (x.at[i].piece != y.at[i].piece || x.at[i].kind != y.at[i].kind)
      return false;
  return true;
}

void passed_prune(struct graph *g, struct piece *p)
{
  struct passed kept = {0};
  for (uint32_t i = 0; i < p->passed.n; i++)
    if (p->guard.piece == NO_PIECE ||
        !surely_follows(g, p->guard, p->passed.at[i]))
      LOWER_PUSH(g->l->arena, kept.at, kept.n, kept.room, p->passed.at[i]);
  p->passed = kept;
}
