// From the pieces of a graph to its strands: fates, numbers, edges, code.
#include "compiler/lower_graph.h"

enum { LOOK_BACK = 16 }; // how many strands a let may be joined to

// ---- fates ----

static void note_reader(struct piece *p, uint32_t reader, bool shared)
{
  p->shared |= shared || (p->reader != NO_PIECE && p->reader != reader);
  p->reader = reader;
}

static void decide(struct graph *g, uint32_t i)
{
  struct piece *p = &g->pieces[i];
  if (p->fate != FATE_asked)
    return;
  if (p->reader == NO_PIECE) {
    p->fate = FATE_dropped;
  } else if (!p->cheap && (p->shared || p->large)) {
    p->fate = FATE_strand;
    p->dst = slot_new(g->l, type_slot(g->l, p->e->type), p->home->local->name);
    p->home->slot = p->dst;
  } else {
    p->fate = FATE_inline;
  }
}

static void tell_read(struct graph *g, uint32_t i)
{
  const struct piece *p = &g->pieces[i];
  if (p->fate == FATE_dropped)
    return;
  bool own = p->fate == FATE_strand;
  for (uint32_t r = 0; r < p->reads.n; r++)
    note_reader(&g->pieces[p->reads.at[r]], own ? i : p->reader,
                !own && p->shared);
}

// ---- inputs ----

static void find_inputs(struct graph *g, struct piece *p)
{
  set_add_all(g->l->scratch, &p->inputs, p->direct);
  for (uint32_t r = 0; r < p->reads.n; r++) {
    uint32_t at = p->reads.at[r];
    const struct piece *q = &g->pieces[at];
    if (q->fate == FATE_inline)
      set_add_all(g->l->scratch, &p->inputs, q->inputs);
    else
      set_add(g->l->scratch, &p->inputs, q->fate == FATE_merged ? q->host : at);
  }
  set_close(&p->inputs);
}

// Whether an expression cannot fail. An error of a strand reaches all that it
// feeds, so that only such lets may share one.
static bool is_safe(const struct core *e)
{
  switch (e->kind) {
  case CORE_PRIM:
    if (e->opcode != OP_float && e->opcode != OP_not && e->opcode != OP_eq &&
        e->opcode != OP_ne && e->opcode != OP_lt && e->opcode != OP_le &&
        e->opcode != OP_text)
      return false;
    break;
  case CORE_CONST:
  case CORE_LOCAL:
  case CORE_LIST:
  case CORE_TUPLE:
  case CORE_MAP:
  case CORE_PART:
  case CORE_WRAP:
  case CORE_IS_NONE:
  case CORE_TAG:
  case CORE_CONCAT:
  case CORE_AND:
  case CORE_OR:
  case CORE_IF:
    break;
  default:
    return false;
  }
  for (uint32_t i = 0; i < e->n_args; i++)
    if (!is_safe(e->args[i]))
      return false;
  return true;
}

// The same, with the lets that are computed together with it.
static bool piece_is_safe(const struct graph *g, const struct piece *p)
{
  if (!is_safe(p->e))
    return false;
  for (uint32_t i = 0; i < p->reads.n; i++) {
    const struct piece *q = &g->pieces[p->reads.at[i]];
    if (q->fate == FATE_inline && !piece_is_safe(g, q))
      return false;
  }
  return true;
}

static bool may_join(const struct graph *g, const struct piece *p, uint32_t at)
{
  const struct piece *h = &g->pieces[at];
  if (h->guard.piece != p->guard.piece || h->guard.kind != p->guard.kind ||
      !passed_same(h->passed, p->passed))
    return false;
  if (!set_holds(p->inputs, at))
    return set_same(p->inputs, h->inputs);
  for (uint32_t i = 0; i < p->inputs.n; i++)
    if (p->inputs.at[i] != at && !set_holds(h->inputs, p->inputs.at[i]))
      return false;
  return true;
}

// Two lets that are there at the same moment are one strand.
static void join_lets(struct graph *g)
{
  uint32_t recent[LOOK_BACK], n = 0;
  for (uint32_t i = 0; i < g->n; i++) {
    struct piece *p = &g->pieces[i];
    find_inputs(g, p);
    if (p->fate != FATE_strand || !p->home || !piece_is_safe(g, p))
      continue;
    uint32_t k = 0, most = n < LOOK_BACK ? n : LOOK_BACK;
    while (k < most && !may_join(g, p, recent[k]))
      k++;
    if (k == most) {
      recent[n++ % LOOK_BACK] = i;
      continue;
    }
    struct piece *h = &g->pieces[recent[k]];
    p->fate = FATE_merged;
    p->host = recent[k];
    LOWER_PUSH(g->l->scratch, h->guests, h->n_guests, h->room_guests, i);
  }
}

void graph_decide(struct graph *g)
{
  for (uint32_t i = g->n; i-- > 0;) {
    decide(g, i);
    tell_read(g, i);
  }
  join_lets(g);
}

// ---- edges ----

static uint32_t number_strands(struct graph *g)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < g->n; i++)
    if (g->pieces[i].fate == FATE_strand)
      g->pieces[i].strand = n++;
  return n;
}

static void count_feeds(struct graph *g, struct strand *strands)
{
  for (uint32_t i = 0; i < g->n; i++) {
    const struct piece *p = &g->pieces[i];
    if (p->fate != FATE_strand)
      continue;
    for (uint32_t k = 0; k < p->inputs.n; k++)
      strands[g->pieces[p->inputs.at[k]].strand].n_feeds++;
    if (p->guard.piece != NO_PIECE)
      strands[g->pieces[p->guard.piece].strand].n_feeds++;
    for (uint32_t k = 0; k < p->passed.n; k++)
      strands[g->pieces[p->passed.at[k].piece].strand].n_feeds++;
  }
}

static void add_edge(struct graph *g, struct strand *strands, uint32_t from,
                     uint32_t to, enum plan_edge_kind kind)
{
  struct strand *s = &strands[g->pieces[from].strand];
  s->feeds[s->n_feeds++] = (struct edge){to, kind};
  strands[to].n_inputs++;
}

static void add_edges(struct graph *g, struct strand *strands, uint32_t n)
{
  count_feeds(g, strands);
  for (uint32_t i = 0; i < n; i++) {
    strands[i].feeds =
        ARENA_ARRAY(g->l->arena, strands[i].n_feeds + 1, struct edge);
    strands[i].n_feeds = 0;
  }
  for (uint32_t i = 0; i < g->n; i++) {
    const struct piece *p = &g->pieces[i];
    if (p->fate != FATE_strand)
      continue;
    for (uint32_t k = 0; k < p->inputs.n; k++)
      add_edge(g, strands, p->inputs.at[k], p->strand, EDGE_data);
    if (p->guard.piece != NO_PIECE)
      add_edge(g, strands, p->guard.piece, p->strand, p->guard.kind);
    for (uint32_t k = 0; k < p->passed.n; k++)
      add_edge(g, strands, p->passed.at[k].piece, p->strand,
               p->passed.at[k].kind);
  }
}

// ---- code ----

uint32_t graph_local(struct lower *l, struct home *h)
{
  if (h->forced != NO_SLOT)
    return h->forced;
  if (!h->known || h->known->piece == NO_PIECE)
    return h->slot;
  const struct piece *p = &l->graph->pieces[h->known->piece];
  if (p->fate != FATE_inline)
    return h->slot;
  uint32_t slot = lower_value(l, p->e, NO_SLOT);
  trail_learn(l, h, slot);
  return slot;
}

bool graph_cut(struct lower *l, const struct core *e, uint32_t *slot)
{
  const struct cut *c = cut_find(l->graph, e);
  if (c)
    *slot = c->slot;
  return c != NULL;
}

static void emit_choose(struct lower *l, const struct piece *p)
{
  uint32_t slot = p->dst;
  if (p->e)
    slot = lower_value(l, p->e, p->dst);
  code_add(l, OP_choose, slot, 0, 0);
}

static void emit_return(struct lower *l, const struct piece *p)
{
  uint32_t slot = NO_SLOT;
  if (p->e)
    slot = lower_value(l, p->e, NO_SLOT);
  else
    slot = slot_new(l, type_slot(l, l->code->function->result), NULL);
  code_add(l, OP_return, slot, 0, 0);
}

static void emit_value(struct lower *l, const struct piece *p)
{
  bool own = p->kind == STRAND_call || p->kind == STRAND_each;
  uint32_t slot =
      own ? lower_uncut(l, p->e, p->dst) : lower_value(l, p->e, p->dst);
  for (uint32_t i = 0; i < p->n_guests; i++) {
    const struct piece *q = &l->graph->pieces[p->guests[i]];
    lower_value(l, q->e, slot_for(l, q->dst, type_slot(l, q->e->type)));
  }
  if (p->returns)
    code_add(l, OP_return, slot, 0, 0);
  else
    code_add(l, OP_done, 0, 0, 0);
}

static const char *label_of(const struct piece *p)
{
  if (p->kind == STRAND_choose)
    return p->step ? "next?" : p->route.router ? p->route.router : "if";
  if (p->kind == STRAND_return)
    return p->out ? p->out : "return";
  if (p->home && p->home->local->name)
    return p->home->local->name->text;
  if (p->kind == STRAND_each)
    return "each";
  if (p->kind != STRAND_call)
    return "value";
  const struct core_call *c = &p->e->call;
  if (c->binding)
    return c->binding->name->text;
  if (c->method)
    return c->method->class->name->text;
  return c->function ? c->function->name : "call";
}

static void emit_strand(struct graph *g, const struct piece *p,
                        struct strand *s)
{
  struct lower *l = g->l;
  trail_undo(l, 0);
  s->kind = p->kind;
  s->entry = code_here(l);
  s->label = label_of(p);
  s->step = p->step;
  s->route = p->route;
  s->call = p->kind == STRAND_call ? p->e : NULL;
  s->type = p->e && p->kind != STRAND_choose ? p->e->type : NULL;
  s->returns = p->returns || p->kind == STRAND_return;
  s->span = l->span = p->span;
  if (p->kind == STRAND_choose)
    emit_choose(l, p);
  else if (p->kind == STRAND_return)
    emit_return(l, p);
  else
    emit_value(l, p);
  s->end = l->code->n_ins;
  l->dead = true;
}

void graph_emit(struct graph *g)
{
  struct code *k = g->l->code;
  k->n_strands = number_strands(g);
  k->strands = ARENA_ARRAY(g->l->arena, k->n_strands + 1, struct strand);
  add_edges(g, k->strands, k->n_strands);
  for (uint32_t i = 0; i < g->n; i++)
    if (g->pieces[i].fate == FATE_strand)
      emit_strand(g, &g->pieces[i], &k->strands[g->pieces[i].strand]);
}

void lower_graph(struct lower *l, struct function *f)
{
  struct graph g = {.l = l, .guard = {NO_PIECE, EDGE_data}};
  l->graph = &g;
  graph_read(&g, f);
  graph_decide(&g);
  graph_emit(&g);
  l->graph = NULL;
}
