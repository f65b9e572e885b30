// A program as a picture: a box an app, a box in it for each graph, and an
// arrow for everything that is sent. Arrows carry types; what was passed at
// `bind` is dashed.
#include "compiler/dot.h"

#include "compiler/compile.h"
#include "compiler/dot_parts.h"
#include "grammar/base/number.h"

#include <string.h>

// ---- nodes and edges ----

void dot_edge(struct dot *d, const char *from, const char *to,
              const char *label, const char *style)
{
  buf_addf(d->out, "    %s -> %s [", from, to);
  if (*label)
    dot_attribute(d, "label", label);
  buf_addf(d->out, "%s];\n", style);
}

static const char *replicas_text(struct dot *d, const struct binding *b)
{
  const struct constant *n = setting_value(b->settings, SETTING_num_replicas);
  const struct constant *low =
      setting_value(b->settings, SETTING_autoscaling_min);
  const struct constant *high =
      setting_value(b->settings, SETTING_autoscaling_max);
  if (high)
    return arena_printf(d->arena, "×%lld–%lld", (long long)(low ? low->i : 1),
                        (long long)high->i);
  return n && n->i != 1 ? arena_printf(d->arena, "×%lld", (long long)n->i) : "";
}

// "batch ≤8 in 10ms"; with the method's name where there are several.
static void add_batch(struct buf *out, const struct method *m, bool named)
{
  char wait[NUMBER_TEXT];
  number_print_duration(wait, setting_number(m->settings, SETTING_batch_wait));
  if (out->size)
    buf_adds(out, ", ");
  if (named)
    buf_addf(out, "%s: ", m->name->text);
  buf_addf(out, "batch ≤%lld in %s",
           (long long)setting_number(m->settings, SETTING_batch_max_size),
           wait);
}

// What it is made of, but for the parts of parts.
static void add_parts(struct buf *out, const struct class *c)
{
  for (const struct class_part *p = c->parts; p; p = p->next)
    if (!strchr(p->name, '.'))
      buf_addf(out, "%s%s: %s", out->size ? ", " : "", p->name,
               p->class->name->text);
}

static bool has_several(const struct class *c)
{
  const struct method *m = c->methods->next;
  while (m && m->of_part)
    m = m->next;
  return m;
}

void dot_deployment(struct dot *d, const struct binding *b,
                    const struct method *called, const char *id)
{
  bool several = called && has_several(b->class);
  const char *name = several ? arena_printf(d->arena, "%s.%s", b->name->text,
                                            called->name->text)
                             : b->name->text;
  const char *class = b->class->name == b->name ? "" : b->class->name->text;
  const char *replicas = replicas_text(d, b);
  struct buf below = {.arena = d->arena};
  buf_addf(&below, "%s%s%s", class, *class && *replicas ? " " : "", replicas);
  add_parts(&below, b->class);
  for (const struct method *m = b->class->methods; m; m = m->next)
    if (m->batch && (!called || m == called))
      add_batch(&below, m, !called && b->class->methods->next);
  const char *doc = b->doc && *b->doc ? b->doc : b->class->doc;
  buf_addf(d->out, "    %s [", id);
  dot_label(d, name, below.data);
  dot_attribute(d, "tooltip",
                dot_tooltip(d, doc, "deployment", b->class->span));
  buf_adds(d->out, "];\n");
}

// ---- calls and handles ----

struct caller {
  const char *id;
  const struct binding **seen; // targets that have an edge, each once
  uint32_t n, room;
  uint32_t composed; // how many boxes it has
};

static bool seen_before(struct dot *d, struct caller *c,
                        const struct binding *to)
{
  for (uint32_t i = 0; i < c->n; i++)
    if (c->seen[i] == to)
      return true;
  if (c->n == c->room) {
    uint32_t room = c->room ? c->room * 2 : 8;
    c->seen = arena_grow(d->arena, c->seen, c->room * sizeof *c->seen,
                         room * sizeof *c->seen);
    c->room = room;
  }
  c->seen[c->n++] = to;
  return false;
}

static void draw_call(struct dot *d, void *user, const struct binding *to,
                      const struct core *call)
{
  struct caller *c = user;
  uint32_t skip = call->call.kind != SITE_method; // who is called
  if (d->shown[dot_number(to)] && !seen_before(d, c, to))
    dot_edge(d, c->id, d->ids[dot_number(to)],
             dot_types(d, call->args + skip,
                       call->n_args - skip - call->call.names_model),
             "");
}

void dot_element_calls(struct dot *d, const struct function *element,
                       const char *id)
{
  struct caller c = {.id = id};
  dot_calls_of(d, element, NULL, draw_call, &c);
}

static const char *param_name(const struct binding *b, const struct binding *to)
{
  uint32_t found = UINT32_MAX;
  for (uint32_t i = 0; i < b->class->n_params; i++)
    if (b->class->fields[i].type->kind == TYPE_handle &&
        b->class->fields[i].type->class == to->class)
      found = found == UINT32_MAX ? i : UINT32_MAX - 1;
  return found < b->class->n_params ? b->class->fields[found].name->text : "";
}

static void draw_binding_edges(struct dot *d, const struct binding *b)
{
  struct caller c = {.id = d->ids[dot_number(b)]};
  if (b->class->kind != CLASS_graph)
    for (const struct method *m = b->class->methods; m; m = m->next)
      dot_calls_of(d, m->function, b, draw_call, &c);
  for (uint32_t i = 0; i < b->n_uses; i++)
    if (d->shown[dot_number(b->uses[i])])
      dot_edge(d, c.id, d->ids[dot_number(b->uses[i])],
               param_name(b, b->uses[i]),
               " style=dashed arrowhead=empty color=\"#b9c0ca\" "
               "fontcolor=\"#98a1ad\"");
}

static void draw_route(struct dot *d, const struct route *r, uint32_t number)
{
  const char *id = arena_printf(d->arena, "r%u", number);
  buf_addf(d->out, "    %s [", id);
  dot_label(d, r->path, plan_method_name(r->method));
  dot_attribute(d, "tooltip", dot_tooltip(d, r->doc, "route", r->span));
  buf_adds(
      d->out,
      " shape=box style=filled fillcolor=\"#dfe7f1\" color=\"#9fb0c6\"];\n");
}

static const char *composed_id(struct dot *d, struct caller *c)
{
  return arena_printf(d->arena, "%sc%u", c->id, c->composed++);
}

static void draw_composed(struct dot *d, void *user, const struct function *f)
{
  dot_composed(d, f, composed_id(d, user));
}

static void enter_composed(struct dot *d, void *user, const struct function *f)
{
  struct caller *c = user;
  const char *in = arena_printf(d->arena, "%s_in", composed_id(d, c));
  dot_edge(d, c->id, in, "", "");
}

static void no_call(struct dot *d, void *user, const struct binding *to,
                    const struct core *call)
{
}

static void draw_route_boxes(struct dot *d, const struct route *r,
                             uint32_t number)
{
  struct caller c = {.id = arena_printf(d->arena, "r%u", number)};
  dot_calls_of_route(d, r->function, no_call, draw_composed, &c);
}

static void draw_route_edges(struct dot *d, const struct route *r,
                             uint32_t number)
{
  struct caller c = {.id = arena_printf(d->arena, "r%u", number)};
  dot_calls_of_route(d, r->function, draw_call, enter_composed, &c);
}

// ---- what is in the picture ----

static void see_call(struct dot *d, void *user, const struct binding *to,
                     const struct core *call)
{
  d->apart[dot_number(to)] = true;
}

static void see_composed(struct dot *d, void *user, const struct function *f)
{
  dot_elements(d, f, see_call);
}

static void name_composed(struct dot *d, void *user, const struct function *f)
{
  dot_name_composed(d, f, composed_id(d, user));
}

static void see_callers(struct dot *d, const struct binding *b)
{
  bool graph = b->class->kind == CLASS_graph;
  for (const struct method *m = b->class->methods; m; m = m->next)
    if (graph)
      dot_elements(d, m->function, see_call);
    else
      dot_calls_of(d, m->function, b, see_call, NULL);
  for (uint32_t i = 0; i < b->n_uses; i++)
    d->apart[dot_number(b->uses[i])] = true;
}

static void name_binding(struct dot *d, const struct binding *b)
{
  const char **id = &d->ids[dot_number(b)];
  bool graph = b->class->kind == CLASS_graph;
  d->apart[dot_number(b)] |= !graph && !*id;
  if (d->apart[dot_number(b)] || graph)
    *id = arena_printf(d->arena, graph ? "g%u_in" : "b%u", dot_number(b));
}

static bool has_routes(const struct dot *d, const struct app *a)
{
  return d->routes && (!d->only || a == d->only);
}

// A deployment that only graphs call is shown where they call it.
static void name_nodes(struct dot *d)
{
  for (const struct app *a = d->program->apps; a; a = a->next) {
    for (const struct binding *b = a->bindings; b; b = b->next)
      see_callers(d, b);
    for (const struct route *r = a->routes; r; r = r->next)
      dot_calls_of_route(d, r->function, see_call, see_composed, NULL);
  }
  uint32_t number = 0;
  for (const struct app *a = d->program->apps; a; a = a->next)
    for (const struct binding *b = a->bindings; b; b = b->next)
      if (d->shown[dot_number(b)] && b->class->kind == CLASS_graph)
        dot_name_calls(d, b);
  for (const struct app *a = d->program->apps; a; a = a->next)
    for (const struct route *r = a->routes; r; r = r->next, number++) {
      struct caller c = {.id = arena_printf(d->arena, "r%u", number)};
      if (has_routes(d, a))
        dot_calls_of_route(d, r->function, no_call, name_composed, &c);
    }
  for (const struct app *a = d->program->apps; a; a = a->next)
    for (const struct binding *b = a->bindings; b; b = b->next)
      name_binding(d, b);
}

static void show(struct dot *d, const struct binding *b);

static void show_called(struct dot *d, void *user, const struct binding *to,
                        const struct core *call)
{
  show(d, to);
}

static void show(struct dot *d, const struct binding *b)
{
  if (d->shown[dot_number(b)])
    return;
  d->shown[dot_number(b)] = true;
  for (const struct method *m = b->class->methods; m; m = m->next)
    dot_calls_of(d, m->function, b, show_called, NULL);
  for (uint32_t i = 0; i < b->n_uses; i++)
    show(d, b->uses[i]);
}

static bool named(atom name, const char *text, size_t size)
{
  return name->size == size && !memcmp(name->text, text, size);
}

// Shows the app or graph that `part` names; the app, or NULL for none.
static const struct app *show_part(struct dot *d, const char *part)
{
  const char *dot = strchr(part, '.');
  size_t size = dot ? (size_t)(dot - part) : strlen(part);
  const struct app *a = d->program->apps;
  while (a && !named(a->name, part, size))
    a = a->next;
  if (!a)
    return NULL;
  bool found = !dot;
  for (const struct binding *b = a->bindings; b; b = b->next)
    if (!dot || named(b->name, dot + 1, strlen(dot + 1))) {
      show(d, b);
      found = true;
    }
  return found ? a : NULL;
}

static void show_all(struct dot *d)
{
  for (const struct app *a = d->program->apps; a; a = a->next)
    for (const struct binding *b = a->bindings; b; b = b->next)
      d->shown[dot_number(b)] = true;
}

// ---- the whole ----

static bool any_shown(struct dot *d, const struct app *a)
{
  for (const struct binding *b = a->bindings; b; b = b->next)
    if (d->shown[dot_number(b)])
      return true;
  return false;
}

static void draw_app(struct dot *d, const struct app *a, uint32_t first)
{
  uint32_t number = first;
  bool routes = has_routes(d, a);
  if (!routes && !any_shown(d, a))
    return;
  buf_addf(d->out, "  subgraph cluster_a%u {\n   ", a->plan - 1);
  dot_attribute(d, "label", a->name->text);
  dot_attribute(d, "tooltip", dot_tooltip(d, a->doc, "app", a->span));
  buf_adds(d->out, " style=rounded color=\"#9aa4b2\"\n");
  for (const struct route *r = a->routes; r && routes; r = r->next)
    draw_route(d, r, number++);
  number = first;
  for (const struct route *r = a->routes; r && routes; r = r->next)
    draw_route_boxes(d, r, number++);
  for (const struct binding *b = a->bindings; b; b = b->next)
    if (d->shown[dot_number(b)] && b->class->kind == CLASS_graph)
      dot_graph(d, b);
  for (const struct binding *b = a->bindings; b; b = b->next)
    if (d->shown[dot_number(b)] && b->class->kind != CLASS_graph &&
        d->apart[dot_number(b)])
      dot_deployment(d, b, NULL, d->ids[dot_number(b)]);
  buf_adds(d->out, "  }\n");
  number = first;
  for (const struct route *r = a->routes; r && routes; r = r->next)
    draw_route_edges(d, r, number++);
  for (const struct binding *b = a->bindings; b; b = b->next)
    if (d->shown[dot_number(b)])
      draw_binding_edges(d, b);
}

static void draw(struct dot *d)
{
  static const char font[] = "fontname=\"Helvetica,Arial,sans-serif\"";
  uint32_t routes = 0;
  buf_adds(
      d->out,
      "digraph servegraph {\n  rankdir=LR\n  ranksep=0.6\n  nodesep=0.3\n");
  buf_addf(d->out, "  %s fontsize=12 fontcolor=\"#4a5462\" labeljust=l\n",
           font);
  buf_addf(d->out,
           "  node [shape=box style=\"rounded,filled\" fillcolor=\"#f4f6f8\" "
           "color=\"#9aa4b2\" fontcolor=\"#1f2933\" fontsize=11 %s];\n",
           font);
  buf_addf(d->out,
           "  edge [color=\"#7b8794\" fontcolor=\"#66707d\" fontsize=9 "
           "arrowsize=0.7 %s];\n",
           font);
  for (const struct app *a = d->program->apps; a; a = a->next) {
    draw_app(d, a, routes);
    for (const struct route *r = a->routes; r; r = r->next)
      routes++;
  }
  buf_adds(d->out, "}\n");
}

void dot_program(struct compile *c, const struct program *p, const char *part,
                 struct buf *out)
{
  struct dot d = {.arena = c->arena, .program = p, .out = out};
  uint32_t n = 0;
  for (const struct app *a = p->apps; a; a = a->next)
    for (const struct binding *b = a->bindings; b; b = b->next)
      n = b->plan;
  d.shown = ARENA_ARRAY(c->arena, n + 1, bool);
  d.apart = ARENA_ARRAY(c->arena, n + 1, bool);
  d.ids = ARENA_ARRAY(c->arena, n + 1, const char *);
  lines_init(&d.lines, c->arena, p->sources, p->n_sources);
  if (part && !(d.only = show_part(&d, part))) {
    diag_report(
        &c->diags, DIAG_unknown_name, NO_SPAN,
        "nothing here is called `%s`: --graphviz takes APP or APP.GRAPH", part);
    return;
  }
  if (!part)
    show_all(&d);
  d.routes = !part || !strchr(part, '.');
  name_nodes(&d);
  draw(&d);
}
