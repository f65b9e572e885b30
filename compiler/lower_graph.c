// Reading a graph: from its body to pieces.
//
// A call is a piece. So is what one needs together: the arguments of a call are
// computed by its piece, the condition of a choice by the choose. A `let`
// without calls is a piece whose fate is settled later (lower_strand.c).
#include "compiler/lower_graph.h"

enum { LEAVES_MAX = 64 };

static void scan(struct graph *g, const struct core *e, struct piece *into);
static bool scan_cut(struct graph *g, const struct core *e, uint32_t dst,
                     struct piece *into, struct cut *out);

// ---- pieces ----

static struct piece draft(struct graph *g, enum strand_kind kind,
                          const struct core *e)
{
  struct piece p = {.kind = kind,
                    .guard = g->guard,
                    .e = e,
                    .dst = NO_SLOT,
                    .reader = NO_PIECE,
                    .host = NO_PIECE};
  p.span = e ? e->span : g->l->span;
  return p;
}

static struct set leaves_of(struct graph *g, const struct piece *p)
{
  struct set s = {0};
  set_add_all(g->l->scratch, &s, p->direct);
  for (uint32_t i = 0; i < p->reads.n; i++)
    set_add_all(g->l->scratch, &s, g->pieces[p->reads.at[i]].leaves);
  set_close(&s);
  return s;
}

static uint32_t add_piece(struct graph *g, struct piece p)
{
  set_close(&p.direct);
  set_close(&p.reads);
  passed_prune(g, &p);
  if (p.fate == FATE_asked) {
    p.leaves = leaves_of(g, &p);
    p.large = p.leaves.n > LEAVES_MAX;
    if (p.large) {
      p.leaves = (struct set){0};
      set_add(g->l->scratch, &p.leaves, g->n);
    }
  }
  LOWER_PUSH(g->l->scratch, g->pieces, g->n, g->room, p);
  return g->n - 1;
}

static void also(struct graph *g, struct piece *into, const struct piece *p)
{
  set_add_all(g->l->scratch, &into->direct, p->direct);
  set_add_all(g->l->scratch, &into->reads, p->reads);
  passed_add_all(g, &into->passed, p->passed);
}

// ---- what an expression waits for ----

static void scan_local(struct graph *g, const struct local *local,
                       struct piece *into)
{
  const struct home *h = home_of(local);
  if (!h || !h->known)
    return; // a parameter, or bound inside the expression
  passed_add_all(g, &into->passed, h->known->passed);
  if (h->known->piece != NO_PIECE)
    set_add(g->l->scratch, &into->reads, h->known->piece);
  else
    set_add_all(g->l->scratch, &into->direct, h->known->producers);
}

// Of what is evaluated in place, perhaps not at all or several times.
static void scan_plain(struct graph *g, const struct core *e,
                       struct piece *into)
{
  struct local **names;
  uint32_t n;
  parts_read(e);
  core_free(g->l->scratch, e, &names, &n);
  for (uint32_t i = 0; i < n; i++)
    scan_local(g, names[i], into);
}

static bool is_choice(const struct core *e)
{
  return e->kind == CORE_IF || e->kind == CORE_AND || e->kind == CORE_OR;
}

// Whether what is evaluated in part only can stand in one strand: when nothing
// is there later than its condition. `cond` waits for the condition.
static bool fits_one_strand(struct graph *g, const struct core *e,
                            struct piece *cond)
{
  struct piece rest = draft(g, STRAND_glue, NULL);
  scan(g, e->args[0], cond);
  for (uint32_t i = 1; i < e->n_args; i++) {
    if (core_waits(e->args[i]))
      return false;
    scan_plain(g, e->args[i], &rest);
  }
  if (!set_within(leaves_of(g, &rest), leaves_of(g, cond)))
    return false;
  also(g, cond, &rest);
  return true;
}

// ---- strands of their own ----

static void record(struct graph *g, const struct core *e, uint32_t slot,
                   struct set producers, struct passed passed, struct cut *out)
{
  struct cut *c = cut_put(g, e);
  c->slot = slot;
  c->producers = producers;
  c->passed = passed;
  *out = *c;
}

static void record_piece(struct graph *g, struct piece p, uint32_t dst,
                         struct cut *out)
{
  struct set one = {0};
  const struct core *e = p.e;
  p.dst = dst != NO_SLOT ? dst : slot_new(g->l, NULL, NULL);
  slot_for(g->l, p.dst, type_slot(g->l, e->type));
  set_add(g->l->scratch, &one, add_piece(g, p));
  record(g, e, p.dst, one, p.passed, out);
}

static void cut_call(struct graph *g, const struct core *e, uint32_t dst,
                     struct cut *out)
{
  struct piece p = draft(g, STRAND_call, e);
  for (uint32_t i = 0; i < e->n_args; i++)
    scan(g, e->args[i], &p);
  if (e->call.fallback)
    scan_plain(g, e->call.fallback, &p);
  record_piece(g, p, dst, out);
}

static void cut_each(struct graph *g, const struct core *e, uint32_t dst,
                     struct cut *out)
{
  struct piece p = draft(g, STRAND_each, e);
  scan(g, e->args[0], &p);
  if (e->each.limit)
    scan(g, e->each.limit, &p);
  scan_plain(g, e->each.value, &p);
  if (e->each.test)
    scan_plain(g, e->each.test, &p);
  record_piece(g, p, dst, out);
}

// What computes `e` into `dst` when the guard opens.
static struct cut scan_branch(struct graph *g, const struct core *e,
                              uint32_t dst, struct guard guard)
{
  struct guard up = g->guard;
  g->guard = guard;
  struct piece p = draft(g, STRAND_glue, e);
  struct cut c = {0};
  p.dst = dst;
  if (!scan_cut(g, e, dst, &p, &c) || c.slot != dst) {
    set_add_all(g->l->scratch, &p.direct, c.producers);
    passed_add_all(g, &p.passed, c.passed);
    c.producers = (struct set){0};
    set_add(g->l->scratch, &c.producers, add_piece(g, p));
    c.passed = p.passed;
  }
  g->guard = up;
  return c;
}

// A piece that sets `flag` when its guard has opened and no step has ended the
// graph.
static uint32_t add_flag(struct graph *g, struct guard guard,
                         struct passed passed, uint32_t flag)
{
  struct constant *yes = ARENA_NEW(g->l->arena, struct constant);
  struct core *e = ARENA_NEW(g->l->arena, struct core);
  e->kind = CORE_CONST;
  e->type = yes->type = type_kind(g->l, TYPE_bool);
  e->span = g->l->span;
  e->constant = yes;
  yes->i = 1;
  struct piece p = draft(g, STRAND_glue, e);
  p.guard = guard;
  p.passed = passed;
  p.dst = flag;
  return add_piece(g, p);
}

// A choose that is taken when one of two ways has come to its end.
static struct guard add_join(struct graph *g, struct guard x,
                             struct passed passed_x, struct guard y,
                             struct passed passed_y)
{
  uint32_t flag = slot_new(g->l, type_kind(g->l, TYPE_bool), NULL);
  struct piece p = draft(g, STRAND_choose, NULL);
  p.dst = flag;
  set_add(g->l->scratch, &p.direct, add_flag(g, x, passed_x, flag));
  set_add(g->l->scratch, &p.direct, add_flag(g, y, passed_y, flag));
  return (struct guard){add_piece(g, p), EDGE_if};
}

static bool any_behind(struct passed p, uint32_t piece)
{
  for (uint32_t i = 0; i < p.n; i++)
    if (p.at[i].piece > piece)
      return true;
  return false;
}

// What was passed in one branch only does not count behind the choice; that one
// of them came to its end does.
static struct passed passed_choice(struct graph *g, const struct piece *cond,
                                   struct guard yes, struct passed in_yes,
                                   struct guard no, struct passed in_no)
{
  struct passed all = {0};
  passed_add_all(g, &all, cond->passed);
  if (any_behind(in_yes, yes.piece) || any_behind(in_no, yes.piece)) {
    passed_add(g, &all, add_join(g, yes, in_yes, no, in_no));
    return all;
  }
  passed_add_all(g, &all, in_yes);
  passed_add_all(g, &all, in_no);
  return all;
}

static void cut_choice(struct graph *g, const struct core *e, struct piece cond,
                       uint32_t dst, struct cut *out)
{
  struct set producers = {0};
  struct cut x, y = {0};
  bool is_if = e->kind == CORE_IF;
  dst = slot_for(g->l, dst, type_slot(g->l, e->type));
  cond.route = is_if ? e->route : (struct core_route){0};
  cond.dst =
      is_if ? NO_SLOT : dst; // `and`: the first decides, or the second is it
  struct guard yes = {add_piece(g, cond),
                      e->kind == CORE_OR ? EDGE_unless : EDGE_if};
  struct guard no = {yes.piece, yes.kind == EDGE_if ? EDGE_unless : EDGE_if};
  x = scan_branch(g, e->args[1], dst, yes);
  set_add_all(g->l->scratch, &producers, x.producers);
  if (is_if) {
    y = scan_branch(g, e->args[2], dst, no);
    set_add_all(g->l->scratch, &producers, y.producers);
  }
  set_close(&producers);
  struct passed passed = passed_choice(g, &cond, yes, x.passed, no, y.passed);
  record(g, e, dst, producers, passed, out);
}

// ---- names ----

static bool is_cheap(const struct core *e)
{
  while (e->kind == CORE_PART)
    e = e->args[0];
  return e->kind == CORE_CONST || e->kind == CORE_LOCAL || e->kind == CORE_PASS;
}

void graph_bind(struct graph *g, struct local *local, const struct core *e)
{
  for (; e->kind == CORE_LET; e = e->args[1])
    graph_bind(g, e->local, e->args[0]);
  part_read(e);
  const struct core *made = parts_bind(g, e);
  struct piece p = draft(g, STRAND_glue, e);
  struct cut c;
  struct known *k = ARENA_NEW(g->l->scratch, struct known);
  k->piece = NO_PIECE;
  if (scan_cut(g, e, NO_SLOT, &p, &c)) {
    k->producers = c.producers;
    k->passed = c.passed;
    if (!g->l->code->slots[c.slot].name)
      g->l->code->slots[c.slot].name = local->name;
    p.home = home_new(g->l, local);
    p.home->slot = c.slot;
  } else {
    p.home = home_new(g->l, local);
    p.fate = FATE_asked;
    p.cheap = is_cheap(e);
    k->passed = p.passed;
    k->piece = add_piece(g, p);
  }
  k->made = made;
  p.home->known = k;
}

// ---- steps ----

static const char *way_out(const struct core *e)
{
  if (e->kind == CORE_IF) // of two ways
    return "end_loop, respond";
  return e->kind == CORE_STEP && e->index == STEP_end_loop ? "end_loop"
                                                           : "respond";
}

// The guard of what runs if the step goes on; if not, the graph returns.
static struct guard read_pass(struct graph *g, const struct core *e)
{
  graph_bind(g, e->local, e->args[0]);
  struct piece test = draft(g, STRAND_choose, e->args[1]);
  test.step = true;
  scan(g, e->args[1], &test);
  uint32_t choose = add_piece(g, test);
  struct guard up = g->guard;
  g->guard = (struct guard){choose, EDGE_unless};
  struct piece out = draft(g, STRAND_return, e->args[2]);
  out.out = way_out(e->args[2]);
  scan_plain(g, e->args[2], &out);
  add_piece(g, out);
  g->guard = up;
  return (struct guard){choose, EDGE_if};
}

// ---- expressions ----

// Where strands of their own compute `e`: how, and true. Else what it waits for
// goes to `into`.
static bool scan_cut(struct graph *g, const struct core *e, uint32_t dst,
                     struct piece *into, struct cut *out)
{
  struct cut *known = cut_find(g, e);
  if (known) {
    *out = *known;
    return true;
  }
  part_read(e);
  if (e->kind == CORE_LET) {
    graph_bind(g, e->local, e->args[0]);
    return scan_cut(g, e->args[1], dst, into, out);
  }
  if (e->kind == CORE_PASS) {
    passed_add(g, &into->passed, read_pass(g, e));
    scan(g, e->args[3], into);
    return false;
  }
  if (is_choice(e)) {
    struct piece cond = draft(g, STRAND_choose, e->args[0]);
    bool one = fits_one_strand(g, e, &cond);
    if (one)
      also(g, into, &cond);
    else
      cut_choice(g, e, cond, dst, out);
    return !one;
  }
  if (e->kind == CORE_CALL && core_waits(e)) {
    cut_call(g, e, dst, out);
    return true;
  }
  if (e->kind == CORE_EACH && core_waits(e)) {
    cut_each(g, e, dst, out);
    return true;
  }
  if (e->kind == CORE_LOCAL)
    scan_local(g, e->local, into);
  for (uint32_t i = 0; i < e->n_args; i++)
    scan(g, e->args[i], into);
  if (e->kind == CORE_EACH)
    scan_plain(g, e, into);
  return false;
}

static void scan(struct graph *g, const struct core *e, struct piece *into)
{
  struct cut c;
  if (!scan_cut(g, e, NO_SLOT, into, &c))
    return;
  set_add_all(g->l->scratch, &into->direct, c.producers);
  passed_add_all(g, &into->passed, c.passed);
}

// ---- statements ----

struct ending {       // of a list of statements
  bool falls;         // it may come to its end
  struct guard guard; // under which it does
};

static struct ending read_list(struct graph *g, const struct stmt *s);

static struct piece draft_condition(struct graph *g, const struct core *e)
{
  struct piece cond = draft(g, STRAND_choose, e);
  scan(g, e, &cond);
  return cond;
}

static void read_return(struct graph *g, const struct core *e);

static void return_under(struct graph *g, const struct core *e, uint32_t choose,
                         enum plan_edge_kind kind)
{
  struct guard up = g->guard;
  g->guard = (struct guard){choose, kind};
  read_return(g, e);
  g->guard = up;
}

static void read_return(struct graph *g, const struct core *e)
{
  struct piece p = draft(g, STRAND_return, e);
  struct cut c;
  for (; e->kind == CORE_LET; e = e->args[1])
    graph_bind(g, e->local, e->args[0]);
  if (e->kind == CORE_CALL && core_waits(e) && !cut_find(g, e)) {
    cut_call(g, e, NO_SLOT, &c);
    g->pieces[c.producers.at[0]].returns = true;
    return;
  }
  p.e = e;
  if (e->kind != CORE_IF) {
    scan(g, e, &p);
    add_piece(g, p);
    return;
  }
  struct piece cond = draft(g, STRAND_choose, e->args[0]);
  if (fits_one_strand(g, e, &cond)) {
    also(g, &p, &cond);
    add_piece(g, p);
    return;
  }
  cond.route = e->route;
  uint32_t choose = add_piece(g, cond);
  return_under(g, e->args[1], choose, EDGE_if);
  return_under(g, e->args[2], choose, EDGE_unless);
}

// What comes after an `if` both of whose branches may end.
static struct guard join(struct graph *g, uint32_t choose, struct guard x,
                         struct guard y)
{
  if (x.piece == choose && y.piece == choose)
    return g->guard;
  return add_join(g, x, (struct passed){0}, y, (struct passed){0});
}

static struct ending read_under(struct graph *g, const struct stmt *s,
                                uint32_t choose, enum plan_edge_kind kind)
{
  struct guard up = g->guard;
  g->guard = (struct guard){choose, kind};
  struct ending e = read_list(g, s);
  g->guard = up;
  return e;
}

static struct ending read_if(struct graph *g, const struct stmt *s)
{
  uint32_t choose = add_piece(g, draft_condition(g, s->value));
  struct ending x = read_under(g, s->body, choose, EDGE_if);
  struct ending y = read_under(g, s->otherwise, choose, EDGE_unless);
  if (x.falls && y.falls)
    return (struct ending){true, join(g, choose, x.guard, y.guard)};
  return x.falls ? x : y;
}

// A value that nobody takes: its calls are made, and it may fail.
static void read_value(struct graph *g, const struct core *e)
{
  struct piece p = draft(g, STRAND_glue, e);
  struct cut c;
  bool cut = scan_cut(g, e, NO_SLOT, &p, &c);
  if (!cut && e->kind == CORE_FAIL)
    add_piece(g, p);
}

static struct ending read_list(struct graph *g, const struct stmt *s)
{
  struct guard up = g->guard;
  struct ending end = {true, up};
  for (; s && end.falls; s = s->next) {
    g->l->span = s->span;
    switch (s->kind) {
    case STMT_LET:
      graph_bind(g, s->local, s->value);
      break;
    case STMT_EXPR:
      read_value(g, s->value);
      end.falls = s->value->kind != CORE_FAIL;
      break;
    case STMT_IF:
      end = read_if(g, s);
      break;
    case STMT_RETURN:
      if (s->value)
        read_return(g, s->value);
      end.falls = !s->value;
      break;
    default:
      diag_report(&g->l->c->diags, DIAG_wrong_place, s->span,
                  "a graph is ordered by its data: it has no such statement");
      break;
    }
    g->guard = end.guard;
  }
  g->guard = up;
  return end;
}

void graph_read(struct graph *g, const struct function *f)
{
  struct ending end = read_list(g, f->body);
  if (!end.falls)
    return;
  g->guard = end.guard;
  struct piece p =
      draft(g, STRAND_return, NULL); // whoever comes here gives nothing
  add_piece(g, p);
}
