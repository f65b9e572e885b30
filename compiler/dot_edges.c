// The arrows of a graph's picture. What a step leads to is drawn from the
// choose that asks it, once: what runs behind it, and the way out of the loop
// or graph.
#include "compiler/dot_graph.h"

#include <string.h>

// ---- what comes from the graph's parameters ----

static void see_param(void *user, uint32_t *slot, uint32_t count,
                      enum slot_use use)
{
  bool **seen = user; // of parameters, and whether any was
  struct drawing *g = (struct drawing *)seen[0];
  *seen[1] |= use == USE_read && *slot < g->k->function->n_params;
}

static bool reads_param(struct drawing *g, const struct strand *s)
{
  bool any = false;
  bool *seen[2] = {(bool *)g, &any};
  for (uint32_t i = s->entry; i < s->end; i++)
    ins_slots(g->k, &g->k->ins[i], see_param, seen);
  return any;
}

static bool names_param(struct drawing *g, const struct core *e)
{
  struct local **names;
  uint32_t n;
  core_free(g->d->arena, e, &names, &n);
  for (uint32_t i = 0; i < n; i++)
    if (names[i]->param)
      return true;
  return false;
}

// The types of those arguments that are made of the graph's parameters.
static const char *given_types(struct drawing *g, const struct strand *s)
{
  if (!s->call)
    return "";
  struct core **args =
      ARENA_ARRAY(g->d->arena, s->call->n_args + 1, struct core *);
  uint32_t n = 0;
  for (uint32_t i = 0; i < s->call->n_args; i++)
    if (names_param(g, s->call->args[i]))
      args[n++] = s->call->args[i];
  return dot_types(g->d, args, n);
}

// ---- steps ----

static bool feeds(const struct strand *s, uint32_t to, bool data)
{
  for (uint32_t i = 0; i < s->n_feeds; i++)
    if (s->feeds[i].strand == to && (s->feeds[i].kind == EDGE_data) == data)
      return true;
  return false;
}

// Whether the value goes to `to` through the choose that asks its step.
static bool is_asked_first(const struct drawing *g, const struct strand *s,
                           uint32_t to)
{
  for (uint32_t i = 0; i < s->n_feeds; i++) {
    const struct strand *choose = &g->k->strands[s->feeds[i].strand];
    if (choose->step && s->feeds[i].kind == EDGE_data &&
        feeds(choose, to, false))
      return true;
  }
  return false;
}

static bool has_data(const struct drawing *g, uint32_t to)
{
  for (uint32_t i = 0; i < to; i++)
    if (feeds(&g->k->strands[i], to, true))
      return true;
  return false;
}

static const char *payload_text(const struct drawing *g, uint32_t choose)
{
  for (uint32_t i = 0; i < choose; i++) {
    const struct strand *s = &g->k->strands[i];
    if (feeds(s, choose, true) && s->type && s->type->kind == TYPE_step)
      return dot_type(g->d, s->type->of);
  }
  return "";
}

static bool takes_payload(const struct drawing *g, uint32_t choose, uint32_t to)
{
  for (uint32_t i = 0; i < choose; i++)
    if (feeds(&g->k->strands[i], choose, true) &&
        feeds(&g->k->strands[i], to, true))
      return true;
  return false;
}

// The ends of a graph's boxes from the inside out: of the whole, of this one.
static const char *way_out(const struct drawing *g, const char *how)
{
  if (strcmp(how, "end_loop"))
    while (g->up)
      g = g->up;
  return g->out;
}

static void draw_exit(struct drawing *g, uint32_t at, const char *how)
{
  const char *from = g->strands[at].out;
  if (g->strands[at].hidden)
    return;
  if (!strcmp(how, "end_loop, respond")) {
    dot_edge(g->d, from, way_out(g, "end_loop"), "end_loop", " style=dotted");
    how = "respond";
  }
  dot_edge(g->d, from, way_out(g, how), how, " style=dotted");
}

// A choose that asks a step: on to what takes its value, or out.
static void draw_step(struct drawing *g, uint32_t at, const struct edge *e)
{
  const struct strand *to = &g->k->strands[e->strand];
  if (to->kind == STRAND_return && e->kind == EDGE_unless)
    draw_exit(g, at, to->label);
  else if (takes_payload(g, at, e->strand))
    dot_edge(g->d, g->strands[at].out, g->strands[e->strand].in,
             payload_text(g, at), "");
  else if (!has_data(g, e->strand))
    dot_edge(g->d, g->strands[at].out, g->strands[e->strand].in, "then",
             " style=dotted");
}

// ---- all ----

static const char *way_text(const struct strand *choose,
                            enum plan_edge_kind kind)
{
  const char *word = kind == EDGE_if ? choose->route.yes : choose->route.no;
  return word ? word : kind == EDGE_if ? "then" : "else";
}

static void draw_feeds(struct drawing *g, uint32_t at)
{
  const struct strand *s = &g->k->strands[at];
  const char *from = g->strands[at].out;
  const struct type *t =
      s->type && s->type->kind == TYPE_step ? s->type->of : s->type;
  for (uint32_t i = 0; i < s->n_feeds; i++) {
    const struct edge *e = &s->feeds[i];
    const struct strand_drawn *to = &g->strands[e->strand];
    if (s->step)
      draw_step(g, at, e);
    else if (e->kind != EDGE_data && !to->hidden)
      dot_edge(g->d, from, to->in, way_text(s, e->kind), " style=dotted");
    else if (e->kind == EDGE_data && !is_asked_first(g, s, e->strand) &&
             !to->hidden)
      dot_edge(g->d, from, to->in, dot_type(g->d, t), "");
  }
  if (s->returns && s->kind != STRAND_return)
    dot_edge(g->d, from, g->again ? g->again : g->out, dot_type(g->d, t), "");
}

void drawing_edges(struct drawing *g)
{
  for (uint32_t i = 0; i < g->k->n_strands; i++) {
    const struct strand *s = &g->k->strands[i];
    if (g->strands[i].inner)
      drawing_edges(g->strands[i].inner);
    bool first =
        reads_param(g, s) || (!s->n_inputs && s->kind != STRAND_return);
    if (first && !g->strands[i].hidden)
      dot_edge(g->d, g->in, g->strands[i].in, given_types(g, s), "");
    draw_feeds(g, i);
    if (element_of(g->k, s))
      dot_element_calls(g->d, element_of(g->k, s), g->strands[i].in);
  }
  if (!g->again)
    return;
  dot_edge(g->d, g->again, g->out, "", "");
  dot_edge(g->d, g->again, g->in, "again", " style=dotted constraint=false");
}
