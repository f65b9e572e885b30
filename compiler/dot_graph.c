// A graph as a box of its own: what comes in, its strands, what goes out. A
// loop in it is a box again, with an arrow from the end of a round to its
// beginning.
#include "compiler/dot_graph.h"

#include <string.h>

enum { NOT_THERE = UINT32_MAX };

// ---- what is drawn inside ----

// The function whose strands stand for this call, or NULL.
static const struct function *made_for(const struct strand *s)
{
  const struct core *e = s->call;
  const struct function *f =
      e && e->call.kind == SITE_function ? e->call.function : NULL;
  if (!f || !f->part)
    return NULL;
  return f->round ? f->round : f;
}

const struct function *element_of(const struct code *k, const struct strand *s)
{
  for (uint32_t i = s->entry; s->kind == STRAND_each && i < s->end; i++)
    if (k->ins[i].op == OP_each || k->ins[i].op == OP_each_limit)
      return k->sites[k->ins[i].b].function;
  return NULL;
}

// The strand that gives the step which this choose asks, if it is a loop's.
static bool asks_loop(const struct drawing *g, uint32_t choose)
{
  for (uint32_t i = 0; i < choose; i++) {
    const struct strand *s = &g->k->strands[i];
    for (uint32_t k = 0; k < s->n_feeds; k++)
      if (s->feeds[k].strand == choose && s->feeds[k].kind == EDGE_data)
        return g->strands[i].inner && g->strands[i].inner->again;
  }
  return false;
}

static const char *loop_before(const struct drawing *g, uint32_t choose)
{
  for (uint32_t i = 0; i < choose; i++) {
    const struct strand *s = &g->k->strands[i];
    for (uint32_t k = 0; k < s->n_feeds; k++)
      if (s->feeds[k].strand == choose && s->feeds[k].kind == EDGE_data)
        return g->strands[i].out;
  }
  return g->out;
}

// The choose before this one that asks the same router, or NOT_THERE.
static uint32_t asked_before(const struct drawing *g, uint32_t choose)
{
  const char *router = g->k->strands[choose].route.router;
  for (uint32_t i = 0; i < choose && router; i++) {
    const struct strand *s = &g->k->strands[i];
    for (uint32_t k = 0; k < s->n_feeds; k++)
      if (s->feeds[k].strand == choose && s->feeds[k].kind == EDGE_unless &&
          s->route.router == router)
        return i;
  }
  return NOT_THERE;
}

static void name_strand(struct drawing *g, uint32_t at)
{
  const struct strand *s = &g->k->strands[at];
  struct strand_drawn *x = &g->strands[at];
  const char *id = arena_printf(g->d->arena, "%s_%u", g->prefix, at);
  const struct function *f = made_for(s);
  *x = (struct strand_drawn){.in = id, .out = id};
  if (s->kind == STRAND_return) {
    x->in = x->out = g->again ? g->again : g->out;
  } else if (f) {
    x->inner = drawing_new(g->d, f, id, g);
    x->in = x->inner->in;
    x->out = x->inner->out;
  } else if (s->step && asks_loop(g, at)) {
    x->hidden = true;
    x->in = x->out = loop_before(g, at);
  } else if (asked_before(g, at) != NOT_THERE) {
    x->hidden = true;
    x->in = x->out = g->strands[asked_before(g, at)].in;
  }
}

struct drawing *drawing_new(struct dot *d, const struct function *f,
                            const char *prefix, struct drawing *up)
{
  struct drawing *g = ARENA_NEW(d->arena, struct drawing);
  *g = (struct drawing){.d = d, .k = code_of(f), .prefix = prefix, .up = up};
  g->in = arena_printf(d->arena, "%s_in", prefix);
  g->out = arena_printf(d->arena, "%s_out", prefix);
  if (up && f->part && !strcmp(f->part, "round"))
    g->again = arena_printf(d->arena, "%s_again", prefix);
  g->strands = ARENA_ARRAY(d->arena, g->k->n_strands + 1, struct strand_drawn);
  for (uint32_t i = 0; i < g->k->n_strands; i++)
    name_strand(g, i);
  return g;
}

// ---- nodes ----

static const struct core *call_of(const struct strand *s)
{
  return s->call && s->call->call.kind == SITE_method ? s->call : NULL;
}

static void draw_cluster(struct drawing *g, const struct strand *s);

static void draw_strand(struct drawing *g, uint32_t at)
{
  const struct strand *s = &g->k->strands[at];
  const struct strand_drawn *x = &g->strands[at];
  if (x->hidden || s->kind == STRAND_return)
    return;
  if (x->inner) {
    draw_cluster(x->inner, s);
    return;
  }
  if (call_of(s)) {
    dot_deployment(g->d, s->call->call.binding, s->call->call.method, x->in);
    return;
  }
  buf_addf(g->d->out, "      %s [", x->in);
  dot_attribute(g->d, "label", s->kind == STRAND_each ? "for each" : s->label);
  dot_attribute(g->d, "tooltip", dot_tooltip(g->d, NULL, "computed", s->span));
  if (s->kind == STRAND_choose)
    buf_adds(g->d->out, " shape=diamond style=filled margin=\"0.02\"");
  else if (s->kind == STRAND_glue)
    buf_adds(g->d->out, " shape=plain style=\"\"");
  buf_adds(g->d->out, " fillcolor=\"#fbfbfc\"];\n");
}

static void draw_strands(struct drawing *g)
{
  for (uint32_t i = 0; i < g->k->n_strands; i++)
    draw_strand(g, i);
}

static const char *params_text(struct drawing *g)
{
  struct buf names = {.arena = g->d->arena};
  const struct function *f = g->k->function;
  for (uint32_t i = 0; i < f->n_params; i++)
    if (f->params[i]->name)
      buf_addf(&names, "%s%s", names.size ? ", " : "",
               f->params[i]->name->text);
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

// Of what is drawn inside: points where arrows cross the box.
static void draw_points(struct drawing *g)
{
  const char *form = " label=\"\" shape=circle width=\"0.1\" "
                     "style=filled fillcolor=\"#b9c0ca\"];\n";
  buf_addf(g->d->out, "      %s [", g->in);
  dot_attribute(g->d, "tooltip", "what comes in");
  buf_adds(g->d->out, form);
  buf_addf(g->d->out, "      %s [", g->out);
  dot_attribute(g->d, "tooltip", "what goes out");
  buf_adds(g->d->out, form);
  if (!g->again)
    return;
  buf_addf(g->d->out, "      %s [", g->again);
  dot_attribute(g->d, "label", "again?");
  buf_adds(g->d->out, " shape=diamond style=filled margin=\"0.02\" "
                      "fillcolor=\"#fbfbfc\"];\n");
}

static const char *box_label(const struct drawing *g, const struct strand *s)
{
  const struct constant *limit = s->call->call.function->limit;
  if (!g->again)
    return s->call->call.function->part;
  if (!limit)
    return "loop";
  return arena_printf(g->d->arena, "loop, at most %lld round%s",
                      (long long)limit->i, limit->i == 1 ? "" : "s");
}

static void open_box(struct dot *d, const char *prefix, const char *label)
{
  buf_addf(d->out, "    subgraph cluster_%s {\n     ", prefix);
  dot_attribute(d, "label", label);
}

static void close_head(struct dot *d)
{
  buf_adds(d->out, " style=\"rounded,dashed\" color=\"#b9c0ca\"\n");
}

static void draw_cluster(struct drawing *g, const struct strand *s)
{
  open_box(g->d, g->prefix, box_label(g, s));
  dot_attribute(g->d, "tooltip", dot_tooltip(g->d, NULL, "loop", s->span));
  close_head(g->d);
  draw_points(g);
  draw_strands(g);
  buf_adds(g->d->out, "    }\n");
}

// ---- graphs that have a name, and those of routes ----

static void name_calls(struct drawing *g)
{
  struct dot *d = g->d;
  for (uint32_t i = 0; i < g->k->n_strands; i++) {
    const struct core *e = call_of(&g->k->strands[i]);
    uint32_t to = e ? dot_number(e->call.binding) : 0;
    if (g->strands[i].inner)
      name_calls(g->strands[i].inner);
    else if (e && !d->apart[to] && !d->ids[to] &&
             e->call.binding->class->kind != CLASS_graph)
      d->ids[to] = g->strands[i].in;
  }
}

void dot_elements(struct dot *d, const struct function *graph, dot_visit *visit)
{
  const struct code *k = code_of(graph);
  for (uint32_t i = 0; i < k->n_strands; i++) {
    const struct function *element = element_of(k, &k->strands[i]);
    const struct function *inner = made_for(&k->strands[i]);
    if (element)
      dot_calls_of(d, element, NULL, visit, NULL);
    if (inner)
      dot_elements(d, inner, visit);
  }
}

static struct drawing *drawing_of(struct dot *d, const struct binding *b)
{
  const char *prefix = arena_printf(d->arena, "g%u", dot_number(b));
  return drawing_new(d, b->class->methods->function, prefix, NULL);
}

void dot_name_calls(struct dot *d, const struct binding *graph)
{
  name_calls(drawing_of(d, graph));
}

void dot_name_composed(struct dot *d, const struct function *f, const char *id)
{
  name_calls(drawing_new(d, f, id, NULL));
}

void dot_graph(struct dot *d, const struct binding *b)
{
  struct drawing *g = drawing_of(d, b);
  open_box(d, g->prefix, arena_printf(d->arena, "graph %s", b->name->text));
  dot_attribute(d, "tooltip", dot_tooltip(d, b->doc, "graph", b->span));
  close_head(d);
  draw_ends(g);
  draw_strands(g);
  buf_adds(d->out, "    }\n");
  drawing_edges(g);
}

void dot_composed(struct dot *d, const struct function *f, const char *id)
{
  struct drawing *g = drawing_new(d, f, id, NULL);
  open_box(d, g->prefix, "");
  dot_attribute(d, "tooltip", dot_tooltip(d, NULL, "composed", f->span));
  close_head(d);
  draw_ends(g);
  draw_strands(g);
  buf_adds(d->out, "    }\n");
  drawing_edges(g);
}
