// A graph as a box of its own: what comes in, its strands, what goes out.
#include "compiler/dot_parts.h"
#include "compiler/lower_code.h"

struct drawing {
  struct dot *d;
  const struct binding *b;
  const struct code *k;
  const char **ids; // by strand
  const char *in, *out;
};

// ---- nodes ----

static const struct core *call_of(const struct strand *s)
{
  return s->call && s->call->call.kind == SITE_method ? s->call : NULL;
}

static void draw_strand(struct drawing *g, const struct strand *s,
                        const char *id)
{
  if (call_of(s)) {
    dot_deployment(g->d, s->call->call.binding, s->call->call.method, id);
    return;
  }
  buf_addf(g->d->out, "      %s [", id);
  dot_attribute(g->d, "label", s->kind == STRAND_each ? "for each" : s->label);
  dot_attribute(g->d, "tooltip", dot_tooltip(g->d, NULL, "computed", s->span));
  if (s->kind == STRAND_choose)
    buf_adds(g->d->out, " shape=diamond style=filled margin=\"0.02\"");
  else if (s->kind == STRAND_glue)
    buf_adds(g->d->out, " shape=plain style=\"\"");
  buf_adds(g->d->out, " fillcolor=\"#fbfbfc\"];\n");
}

static const char *params_text(struct drawing *g)
{
  struct buf names = {.arena = g->d->arena};
  const struct function *f = g->k->function;
  for (uint32_t i = 0; i < f->n_params; i++)
    buf_addf(&names, "%s%s", i ? ", " : "", f->params[i]->name->text);
  return names.data ? names.data : "start";
}

static void draw_ends(struct drawing *g)
{
  const char *form =
      " shape=box style=\"filled,rounded\" fillcolor=\"#e9edf2\" "
      "color=\"#e9edf2\" height=\"0.3\"";
  buf_addf(g->d->out, "      %s [", g->in);
  dot_attribute(g->d, "label", params_text(g));
  buf_addf(g->d->out, "%s", form);
  dot_attribute(g->d, "tooltip", "what the graph is given");
  buf_addf(g->d->out, "];\n      %s [", g->out);
  dot_attribute(g->d, "label", "result");
  buf_addf(g->d->out, "%s", form);
  dot_attribute(g->d, "tooltip", dot_type(g->d, g->k->function->result));
  buf_adds(g->d->out, "];\n");
}

// ---- edges ----

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

static void draw_feeds(struct drawing *g, uint32_t at)
{
  const struct strand *s = &g->k->strands[at];
  for (uint32_t i = 0; i < s->n_feeds; i++) {
    const char *to = g->ids[s->feeds[i].strand];
    if (s->feeds[i].kind == EDGE_data)
      dot_edge(g->d, g->ids[at], to, dot_type(g->d, s->type), "");
    else
      dot_edge(g->d, g->ids[at], to,
               s->feeds[i].kind == EDGE_if ? "then" : "else", " style=dotted");
  }
  if (s->returns && s->kind != STRAND_return)
    dot_edge(g->d, g->ids[at], g->out, dot_type(g->d, s->type), "");
}

static void draw_edges(struct drawing *g)
{
  for (uint32_t i = 0; i < g->k->n_strands; i++) {
    const struct strand *s = &g->k->strands[i];
    if (reads_param(g, s) || (!s->n_inputs && s->kind != STRAND_return))
      dot_edge(g->d, g->in, g->ids[i], given_types(g, s), "");
    draw_feeds(g, i);
  }
}

static const char *strand_id(struct dot *d, const struct binding *b,
                             uint32_t at)
{
  return arena_printf(d->arena, "g%u_%u", dot_number(b), at);
}

void dot_name_calls(struct dot *d, const struct binding *graph)
{
  const struct code *k = code_of(graph->class->methods->function);
  for (uint32_t i = 0; i < k->n_strands; i++) {
    const struct core *e = call_of(&k->strands[i]);
    uint32_t to = e ? dot_number(e->call.binding) : 0;
    if (e && !d->apart[to] && !d->ids[to] &&
        e->call.binding->class->kind != CLASS_graph)
      d->ids[to] = strand_id(d, graph, i);
  }
}

static void name_nodes(struct drawing *g)
{
  g->in = g->d->ids[dot_number(g->b)];
  g->out = arena_printf(g->d->arena, "g%u_out", dot_number(g->b));
  g->ids = ARENA_ARRAY(g->d->arena, g->k->n_strands + 1, const char *);
  for (uint32_t i = 0; i < g->k->n_strands; i++)
    g->ids[i] = g->k->strands[i].kind == STRAND_return
                    ? g->out
                    : strand_id(g->d, g->b, i);
}

void dot_graph(struct dot *d, const struct binding *b)
{
  struct drawing g = {.d = d, .b = b};
  g.k = code_of(b->class->methods->function);
  name_nodes(&g);
  buf_addf(d->out, "    subgraph cluster_g%u {\n     ", dot_number(b));
  dot_attribute(d, "label", arena_printf(d->arena, "graph %s", b->name->text));
  dot_attribute(d, "tooltip", dot_tooltip(d, b->doc, "graph", b->span));
  buf_adds(d->out, " style=\"rounded,dashed\" color=\"#b9c0ca\"\n");
  draw_ends(&g);
  for (uint32_t i = 0; i < g.k->n_strands; i++)
    if (g.k->strands[i].kind != STRAND_return)
      draw_strand(&g, &g.k->strands[i], g.ids[i]);
  buf_adds(d->out, "    }\n");
  draw_edges(&g);
}
