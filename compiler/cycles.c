// What needs every body at once: effects that graphs reach through functions,
// and deployments that call each other in a circle.
//
// A circle of calls can deadlock as soon as one deployment in it, or one that
// it leads to, takes only so many requests at a time.
#include "compiler/checker.h"

// ---- effects in graphs ----

// Whether a mention is a call within the caller's own code.
static struct fn_sym *helper_of(const struct fn_sym *f, const struct mention *m)
{
  bool own = m->fn && (!m->fn->method ||
                       (f->class && m->fn->class->whole == f->class->whole));
  return own ? m->fn : NULL;
}

struct callers { // of each function, as runs of one array
  uint32_t *first, *of;
};

static struct callers find_callers(struct checker *k)
{
  struct callers c;
  uint32_t n = 0;
  c.first = ARENA_ARRAY(k->a, k->n_fns + 2, uint32_t);
  for (uint32_t i = 0; i < k->n_fns; i++)
    for (struct mention *m = k->fns[i]->mentions; m; m = m->next)
      if (helper_of(k->fns[i], m)) {
        c.first[helper_of(k->fns[i], m)->number + 1]++;
        n++;
      }
  for (uint32_t i = 0; i < k->n_fns; i++)
    c.first[i + 1] += c.first[i];
  c.of = ARENA_ARRAY(k->a, n + 1, uint32_t);
  uint32_t *at = ARENA_ARRAY(k->a, k->n_fns + 1, uint32_t);
  for (uint32_t i = 0; i < k->n_fns; i++)
    for (struct mention *m = k->fns[i]->mentions; m; m = m->next) {
      struct fn_sym *h = helper_of(k->fns[i], m);
      if (h)
        c.of[c.first[h->number] + at[h->number]++] = i;
    }
  return c;
}

static void report_effect(struct checker *k, const struct fn_sym *graph)
{
  for (struct mention *m = graph->mentions; m; m = m->next) {
    struct fn_sym *h = helper_of(graph, m);
    if (!h || !h->effect || h == graph)
      continue;
    struct diag *d = diag_report(k->d, DIAG_effect_in_graph, m->at,
                                 "a graph has no effects, and `%s` calls `%s`",
                                 h->sig.name, h->effect->name);
    diag_note(k->d, d, h->f.span, "`%s` is declared here", h->sig.name);
    diag_hint(k->d, d, "make it a deployment");
  }
}

void effects_check(struct checker *k)
{
  struct callers c = find_callers(k);
  struct fn_sym **work = NULL;
  uint32_t n = 0, room = 0;
  for (uint32_t i = 0; i < k->n_fns; i++)
    if (k->fns[i]->effect)
      PUSH(k, work, n, room, k->fns[i]);
  while (n) {
    struct fn_sym *f = work[--n];
    for (uint32_t i = c.first[f->number]; i < c.first[f->number + 1]; i++) {
      struct fn_sym *caller = k->fns[c.of[i]];
      if (caller->effect)
        continue;
      caller->effect = f->effect;
      PUSH(k, work, n, room, caller);
    }
  }
  for (uint32_t i = 0; i < k->n_fns; i++)
    if (k->fns[i]->f.kind == FUNCTION_graph)
      report_effect(k, k->fns[i]);
}

// ---- files ----

// What requests call; the rest runs for whoever calls it, or at the start.
static bool is_asked(const struct fn_sym *f)
{
  if (f->method || f->f.kind == FUNCTION_graph)
    return true;
  for (uint32_t i = 0; f->app && i < f->app->n_roots; i++)
    if (f->app->roots[i] == f)
      return true;
  return false;
}

static void report_read(struct checker *k, const struct fn_sym *f)
{
  struct diag *d = diag_report(k->d, DIAG_read_at_start, f->reads_at,
                               "`%s` would read a file for each request",
                               f->sig.name ? f->sig.name : f->f.name);
  diag_hint(k->d, d, "a `let` of a class deployment reads it once");
}

static struct span mentioned_at(const struct fn_sym *f, const struct fn_sym *by)
{
  for (const struct mention *m = by->mentions; m; m = m->next)
    if (helper_of(by, m) == f)
      return m->at;
  return by->f.span;
}

void reads_check(struct checker *k)
{
  struct callers c = find_callers(k);
  struct fn_sym **work = NULL;
  uint32_t n = 0, room = 0;
  for (uint32_t i = 0; i < k->n_fns; i++)
    if (k->fns[i]->reads_at.end)
      PUSH(k, work, n, room, k->fns[i]);
  while (n) {
    struct fn_sym *f = work[--n];
    if (is_asked(f)) {
      if (f->f.kind != FUNCTION_graph) // of those it was said that it is an effect
        report_read(k, f);
      continue;
    }
    for (uint32_t i = c.first[f->number]; i < c.first[f->number + 1]; i++) {
      struct fn_sym *caller = k->fns[c.of[i]];
      if (caller->reads_at.end)
        continue;
      caller->reads_at = mentioned_at(f, caller);
      PUSH(k, work, n, room, caller);
    }
  }
}

// ---- circles of calls ----
// Tarjan's strongly connected components over functions and bindings, without
// recursion.

struct node {
  struct fn_sym *fn; // one of the two
  struct bind_sym *bind;
  uint32_t order, low; // 0: not met yet
  bool on_stack;
  bool blocks; // it, or something it leads to, is bounded or waits
  uint32_t *to, n_to, room_to, next;
};

struct search {
  struct checker *k;
  struct node *nodes;
  uint32_t n_nodes, order;
  uint32_t *stack, n_stack, room_stack; // of components
  uint32_t *way, n_way, room_way;       // from the root to here
};

static void add_edge(struct search *s, struct node *from, uint32_t to)
{
  PUSH(s->k, from->to, from->n_to, from->room_to, to);
}

static uint32_t bind_node(struct search *s, const struct bind_sym *b)
{
  return s->k->n_fns + b->number;
}

static void fn_edges(struct search *s, struct node *n)
{
  struct fn_sym *f = n->fn;
  n->blocks = f->batch || f->loader || (f->effect && f->effect->attributes & OPERATOR_WAITS);
  for (struct mention *m = f->mentions; m; m = m->next) {
    struct fn_sym *h = helper_of(f, m);
    if (m->apart)
      continue;
    if (h)
      add_edge(s, n, h->number);
    if (m->bind)
      add_edge(s, n, bind_node(s, m->bind));
  }
}

static void bind_edges(struct search *s, struct node *n)
{
  struct bind_sym *b = n->bind;
  n->blocks |=
      setting_find(b->b.settings, SETTING_max_ongoing_requests) != NULL;
  for (struct method *m = b->class->c.methods; m; m = m->next)
    add_edge(s, n, ((struct fn_sym *)m->function)->number);
  for (uint32_t i = 0; i < b->b.n_uses; i++)
    add_edge(s, n, bind_node(s, (struct bind_sym *)b->b.uses[i]));
}

static void enter(struct search *s, uint32_t at)
{
  struct node *n = &s->nodes[at];
  n->order = n->low = ++s->order;
  n->on_stack = true;
  PUSH(s->k, s->stack, s->n_stack, s->room_stack, at);
  PUSH(s->k, s->way, s->n_way, s->room_way, at);
}

static bool calls_itself(const struct search *s, const struct node *n)
{
  for (uint32_t i = 0; i < n->n_to; i++)
    if (&s->nodes[n->to[i]] == n)
      return true;
  return false;
}

// The body waits for a batch, or a model, that waits for the body to end.
static void report_batch(struct search *s, const uint32_t *members, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    const struct fn_sym *f = s->nodes[members[i]].fn;
    if (f && f->batch)
      diag_report(s->k->d, DIAG_call_cycle, f->f.span,
                  "`%s` calls itself while its batch waits", f->sig.name);
    if (f && f->loader)
      diag_report(s->k->d, DIAG_call_cycle, f->f.span,
                  "`%s` calls itself while it loads a model", f->sig.name);
  }
}

static void report_calls(struct search *s, uint32_t *members, uint32_t n)
{
  struct checker *k = s->k;
  struct diag *d = NULL;
  uint32_t said = 0;
  for (uint32_t i = 0; i < n; i++) {
    const struct bind_sym *b = s->nodes[members[i]].bind;
    if (!b)
      continue;
    if (!d) {
      d = diag_report(k->d, DIAG_call_cycle, b->b.span,
                      "`%s` calls itself, through others perhaps, while its "
                      "requests wait",
                      b->b.name->text);
      diag_hint(k->d, d, "a `fn` may call itself: it takes no further slot");
    } else if (said++ < 8) {
      diag_note(k->d, d, b->b.span, "the way goes through `%s`",
                b->b.name->text);
    }
  }
}

// A component is complete: its members are the top of the stack.
static void leave_component(struct search *s, uint32_t root)
{
  uint32_t from = s->n_stack;
  while (s->stack[--from] != root)
    ;
  uint32_t n = s->n_stack - from, *members = s->stack + from;
  bool blocks = false, circle = false, binds = false;
  for (uint32_t i = 0; i < n; i++) {
    struct node *m = &s->nodes[members[i]];
    blocks = blocks || m->blocks;
    binds = binds || m->bind;
    for (uint32_t j = 0; j < m->n_to; j++)
      blocks = blocks || s->nodes[m->to[j]].blocks;
  }
  circle = n > 1 || calls_itself(s, &s->nodes[root]);
  for (uint32_t i = 0; i < n; i++) {
    s->nodes[members[i]].blocks = blocks;
    s->nodes[members[i]].on_stack = false;
  }
  if (circle && binds && blocks)
    report_calls(s, members, n);
  else if (circle)
    report_batch(s, members, n);
  s->n_stack = from;
}

static void step(struct search *s)
{
  uint32_t at = s->way[s->n_way - 1];
  struct node *n = &s->nodes[at];
  if (n->next < n->n_to) {
    uint32_t to = n->to[n->next++];
    struct node *m = &s->nodes[to];
    if (!m->order)
      enter(s, to);
    else if (m->on_stack && m->order < n->low)
      n->low = m->order;
    return;
  }
  s->n_way--;
  if (n->low == n->order)
    leave_component(s, at);
  if (!s->n_way)
    return;
  struct node *up = &s->nodes[s->way[s->n_way - 1]];
  if (n->low < up->low)
    up->low = n->low;
}

void call_cycles_check(struct checker *k)
{
  struct search s = {.k = k, .n_nodes = k->n_fns + k->n_binds};
  s.nodes = ARENA_ARRAY(k->a, s.n_nodes + 1, struct node);
  for (uint32_t i = 0; i < k->n_fns; i++) {
    s.nodes[i].fn = k->fns[i];
    fn_edges(&s, &s.nodes[i]);
  }
  for (uint32_t i = 0; i < k->n_binds; i++) {
    s.nodes[k->n_fns + i].bind = k->binds[i];
    bind_edges(&s, &s.nodes[k->n_fns + i]);
  }
  for (uint32_t i = 0; i < s.n_nodes; i++) {
    if (!s.nodes[i].order)
      enter(&s, i);
    while (s.n_way)
      step(&s);
  }
}
