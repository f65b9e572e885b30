// Loops of compositions, and how far a step goes.
//
// loop(a, b, max_iter: n) is two functions: a graph for one round, and one that
// runs it until it has ended the loop or n rounds are over. A round that may
// leave the loop gives a step itself. All of that is known only when every body
// has been checked, so the second function is written then.
#include "compiler/compose.h"

struct repeat {
  struct region *round, *loop;
  struct node *node;
  struct local *input, *gives; // of the loop: what comes in; what a round gave
  struct core *back;           // that as the next round's input
  struct stmt *result;         // of the round: its return
  const struct type *type;     // of what a round gives
  struct core *limit;
};

// ---- steps ----

// The region whose result is the whole graph's.
static struct region *whole_of(struct region *r)
{
  while (r->up)
    r = r->up;
  return r;
}

// The answers of a graph whose own result is a step, or NULL.
static struct answers *answers_of_whole(struct region *r)
{
  const struct type *t = whole_of(r)->fn->f.result;
  return t && t->kind == TYPE_step ? t->answers : NULL; // NULL: not yet known
}

// Such a graph hands on what its nodes answer.
static void hand_on(struct region *r, struct core *step)
{
  struct answers *whole = answers_of_whole(r);
  struct answers *from = step->type->answers;
  if (!whole)
    return;
  struct passing *p = NEW(r->k, struct passing);
  p->from = from ? from : answers_any(r->k, step);
  p->no_end = r->up;
  p->next = whole->passings;
  whole->passings = p;
}

struct core *pass_new(struct region *r, const struct node *n, struct core *step,
                      struct repeat *loop)
{
  struct checker *k = r->k;
  struct pass *p = NEW(k, struct pass);
  hand_on(r, step);
  *p = (struct pass){.node = n, .region = r, .loop = loop};
  p->core = core_new(k, CORE_PASS, step->type->of, n->span, 4);
  p->core->local = local_hidden(r->in, step->type, n->span);
  p->core->args[0] = step;
  *k->last_pass = p;
  k->last_pass = &p->next;
  return p->core;
}

static void report_outside(struct checker *k, const struct pass *p,
                           const struct answers *a)
{
  struct diag *d = diag_report(k->d, DIAG_end_loop_outside, p->node->span,
                               "%s may leave a loop, and there is none around "
                               "it",
                               node_text(k, p->node));
  diag_note(k->d, d, a->ends_at, "it does so here");
}

static void report_response(struct checker *k, const struct pass *p,
                            const struct answers *a, const struct type *given,
                            const struct type *t)
{
  struct diag *d =
      diag_report(k->d, DIAG_bad_step, p->node->span,
                  "%s may end the whole graph with %s, and the "
                  "graph gives %s",
                  node_text(k, p->node), show(k, given), show(k, t));
  if (a && a->responds_at.end)
    diag_note(k->d, d, a->responds_at, "it does so here");
  const struct fn_sym *f = whole_of(p->region)->fn;
  if (f->result_span.end)
    diag_note(k->d, d, f->result_span, "the graph's result");
}

// Whom a step that is not next becomes an answer of; NULL: of nobody.
static struct answers *nearest(const struct pass *p)
{
  return p->region->answers ? p->region->answers : answers_of_whole(p->region);
}

static void report_end(struct checker *k, const struct pass *p,
                       const struct answers *a, const struct type *given)
{
  struct diag *d = diag_report(
      k->d, DIAG_bad_step, p->node->span,
      "%s may leave the loop with %s, and the loop gives %s",
      node_text(k, p->node), show(k, given), show(k, nearest(p)->type->of));
  if (a)
    diag_note(k->d, d, a->ends_at, "it does so here");
}

// ---- where a step leads that does not go on ----

// What the graph returns when this step is a response; NULL if reported.
static struct core *exit_response(struct body *b, const struct pass *p,
                                  const struct answers *a)
{
  struct checker *k = b->k;
  struct span at = p->node->span;
  struct answers *whole = answers_of_whole(p->region), *to = nearest(p);
  const struct type *t =
      whole ? whole->with : whole_of(p->region)->fn->f.result;
  struct core *x = step_payload(k, p->core->local, STEP_respond, at);
  const struct type *given = x->type;
  if (!try_convert(b, &x, t)) {
    report_response(k, p, a, given, t);
    return NULL;
  }
  if (!to)
    return x;
  if (to != whole) {
    to->responds = true;
    to->with = t;
    to->responds_at = a ? a->responds_at : at;
  }
  return step_new(k, to->type, STEP_respond, x);
}

static struct core *exit_loop(struct body *b, const struct pass *p,
                              const struct answers *a)
{
  struct checker *k = b->k;
  struct answers *to = nearest(p);
  if (!to) {
    report_outside(k, p, a);
    return NULL;
  }
  struct core *x =
      step_payload(k, p->core->local, STEP_end_loop, p->node->span);
  const struct type *given = x->type;
  if (!try_convert(b, &x, to->type->of)) {
    report_end(k, p, a, given);
    return NULL;
  }
  to->ends = true;
  return step_new(k, to->type, STEP_end_loop, x);
}

static struct core *either_exit(struct checker *k, const struct pass *p,
                                struct core *ends, struct core *responds)
{
  if (!ends || !responds)
    return ends ? ends : responds;
  struct core *x = core_new(k, CORE_IF, ends->type, p->node->span, 3);
  x->args[0] = step_test(k, p->core->local, STEP_end_loop, p->node->span);
  x->args[1] = ends;
  x->args[2] = responds;
  return x;
}

// Nothing is known of what a value of type `fn(T) -> step T` answers: what has
// no place here is an error when it happens.
static struct core *exit_unknown(struct body *b, const struct pass *p)
{
  struct checker *k = b->k;
  struct answers none = {.ends = true};
  struct core *ends = NULL;
  if (nearest(p)) {
    ends = exit_loop(b, p, &none);
  } else {
    struct core *text = core_const(
        k,
        const_text(k, k->str, "a node left a loop, and none is around it", 41),
        p->node->span);
    ends = core_new(k, CORE_FAIL, p->region->fn->f.result, p->node->span, 2);
    ends->args[0] = core_int(k, 500, p->node->span);
    ends->args[1] = text;
  }
  return either_exit(k, p, ends, exit_response(b, p, NULL));
}

static void pass_finish(struct body *b, struct pass *p)
{
  struct checker *k = b->k;
  struct core *x = p->core;
  struct answers *a = x->local->type->answers;
  bool goes_on = a && !a->ends && !a->responds;
  if (goes_on) { // the step's payload is all there is
    x->kind = CORE_PAYLOAD;
    x->n_args = 1;
    x->index = STEP_next;
    return;
  }
  x->args[1] = step_test(k, x->local, STEP_next, x->span);
  x->args[3] = step_payload(k, x->local, STEP_next, x->span);
  if (!a) {
    x->args[2] = exit_unknown(b, p);
    return;
  }
  struct core *ends = a->ends ? exit_loop(b, p, a) : NULL;
  struct core *responds = a->responds ? exit_response(b, p, a) : NULL;
  x->args[2] = either_exit(k, p, ends, responds);
  if (!x->args[2])
    x->args[2] = core_bad(k, x->span); // was reported
}

// ---- loops, when their nodes are known ----

static struct stmt *add(struct repeat *l, struct stmt ***end,
                        enum stmt_kind kind, struct core *value)
{
  struct stmt *s = stmt_new(l->loop->in, kind, l->node->span);
  s->value = value;
  stmt_add(end, s);
  return s;
}

static struct core *number_test(struct repeat *l, enum opcode op,
                                struct core *x, struct core *y)
{
  struct checker *k = l->loop->k;
  return core_prim(k, op, k->boolean, l->node->span, x, y);
}

// A limit that is known only when it runs must allow for a round.
static void add_limit_check(struct repeat *l, struct stmt ***end)
{
  struct checker *k = l->loop->k;
  struct span at = l->limit->span;
  if (l->limit->kind == CORE_CONST)
    return;
  struct stmt *s = add(l, end, STMT_IF,
                       number_test(l, OP_lt, region_reach(l->loop, l->limit),
                                   core_int(k, 1, at)));
  struct stmt **inner = &s->body;
  struct core *fail = core_new(k, CORE_FAIL, k->none, at, 2);
  const char *text = "max_iter is less than 1: a loop runs at least once";
  fail->args[0] = core_int(k, 500, at);
  fail->args[1] = core_const(k, const_text(k, k->str, text, 50), at);
  add(l, &inner, STMT_EXPR, fail);
}

// A return of what the loop gives, which is a step if a round may respond.
static void add_return(struct repeat *l, struct stmt ***end, struct core *x)
{
  const struct type *t = l->loop->fn->f.result;
  if (t->kind == TYPE_step && x->type != t)
    x = step_new(l->loop->k, t, STEP_next, x);
  add(l, end, STMT_RETURN, x);
}

// let s = round(value); if s is not next, the loop is over. What it gave is then
// in l->gives, which is made the first time.
static void add_round(struct repeat *l, struct stmt ***end,
                      struct local *value, enum stmt_kind kind)
{
  struct checker *k = l->loop->k;
  struct span at = l->node->span;
  struct answers *round = l->round->answers;
  struct core *input = core_local(k, value, at);
  struct core *call = region_call(l->round, &input, 1, at);
  struct core *gave = call;
  if (round->ends || round->responds) {
    struct stmt *s = add(l, end, STMT_LET, call), **inner;
    s->local = local_hidden(l->loop->in, call->type, at);
    gave = step_payload(k, s->local, STEP_next, at);
    if (round->ends) {
      struct stmt *out =
          add(l, end, STMT_IF, step_test(k, s->local, STEP_end_loop, at));
      inner = &out->body;
      add_return(l, &inner, step_payload(k, s->local, STEP_end_loop, at));
    }
    if (round->responds) {
      struct stmt *out =
          add(l, end, STMT_IF, step_test(k, s->local, STEP_respond, at));
      inner = &out->body;
      add_return(l, &inner,
                 step_new(k, l->loop->fn->f.result, STEP_respond,
                          step_payload(k, s->local, STEP_respond, at)));
    }
  }
  add(l, end, kind, gave)->local = l->gives;
}

// while count < limit: another round, on what the last one gave.
static void add_rounds(struct repeat *l, struct stmt ***end)
{
  struct checker *k = l->loop->k;
  struct span at = l->node->span;
  struct local *count = local_hidden(l->loop->in, k->integer, at);
  struct local *value = local_hidden(l->loop->in, l->back->type, at);
  count->var = true;
  add(l, end, STMT_LET, core_int(k, 1, at))->local = count;
  struct stmt *rounds = add(l, end, STMT_WHILE,
                            number_test(l, OP_lt, core_local(k, count, at),
                                        region_reach(l->loop, l->limit)));
  struct stmt **inner = &rounds->body;
  add(l, &inner, STMT_LET, l->back)->local = value;
  add_round(l, &inner, value, STMT_ASSIGN);
  struct core *next = core_prim(k, OP_add_i, k->integer, at,
                                core_local(k, count, at), core_int(k, 1, at));
  add(l, &inner, STMT_ASSIGN, next)->local = count;
}

static void write_loop(struct repeat *l)
{
  struct checker *k = l->loop->k;
  struct stmt *first = NULL, **end = &first;
  bool once = l->limit->kind == CORE_CONST && l->limit->constant->i == 1;
  add_limit_check(l, &end);
  add_round(l, &end, l->input, STMT_LET);
  if (!once)
    add_rounds(l, &end);
  add_return(l, &end, core_local(k, l->gives, l->node->span));
  body_close(l->loop->in, first);
}

static void settle(struct answers *a, struct checker *k)
{
  a->type->base = NULL;
  if (!a->responds || a->with == a->type->of)
    return;
  struct type_part *part = NEW(k, struct type_part);
  part->type = a->with;
  a->type->parts = part;
  a->type->n_parts = 1;
}

// Everything in the round is known: what a round gives, what the loop gives.
static void loop_finish(struct repeat *l, struct core *pass)
{
  struct checker *k = l->loop->k;
  struct answers *round = l->round->answers;
  struct answers *whole = pass->local->type->answers;
  struct fn_sym *f = l->round->fn;
  if (round->ends || round->responds) {
    settle(round, k);
    f->f.result = round->type;
    l->result->value = step_new(k, round->type, STEP_next, l->result->value);
  }
  body_close(l->round->in, l->result);
  whole->responds = round->responds;
  whole->with = round->with;
  whole->responds_at = round->responds_at;
  settle(whole, k);
  l->loop->fn->f.result = whole->responds ? whole->type : l->type;
  write_loop(l);
}

void compositions_finish(struct checker *k)
{
  struct fn_sym nobody = {0};
  struct body b;
  body_open(&b, k, &nobody, BODY_PLAIN);
  for (struct pass *p = k->passes; p; p = p->next) {
    struct core *x = p->core;
    if (p->loop)
      loop_finish(p->loop, x);
    if (!p->loop || x->local->type->answers->responds) {
      pass_finish(&b, p);
      continue;
    }
    struct core *call = x->args[0]; // the loop's, which is no step after all
    core_become(x, call);
    x->type = p->loop->type;
  }
}

// ---- loops, when they are read ----

static bool loop_back(struct repeat *l, const struct sig_param *p)
{
  struct region *r = l->loop;
  struct node last = *l->node->parts[l->node->n - 1];
  struct input in = {&l->gives, 1, &last, last.span};
  l->gives = local_hidden(r->in, l->type, l->node->span);
  l->gives->var = true;
  l->back = edge(r, l->node->parts[0], p, l->gives, &in);
  return !is_bad(l->back->type);
}

struct core *flow_loop(struct region *r, struct node *n, const struct input *in)
{
  struct checker *k = r->k;
  struct repeat *l = NEW(k, struct repeat);
  struct sig entry;
  l->node = n;
  l->limit = n->limit;
  if (in->n != 1) {
    diag_report(k->d, DIAG_wrong_edge, n->span, "a loop takes one value");
    return core_bad(k, n->span);
  }
  enum entry_known known = node_entry(k, n->parts[0], &entry);
  struct sig_param p = {.type = in->locals[0]->type, .span = NO_SPAN};
  if (known == ENTRY_bad)
    return core_bad(k, n->span);
  if (known == ENTRY_known && entry.n)
    p = entry.params[0];
  struct core *x = edge(r, n, &p, in->locals[0], in);
  if (is_bad(x->type))
    return x;
  l->loop = region_new(r->source, r, "loop", FUNCTION_body, n->span);
  region_body(l->loop, BODY_PLAIN);
  l->input = region_param(l->loop, p.name, p.type, n->span);
  l->round = region_new(r->source, l->loop, "round", FUNCTION_graph, n->span);
  region_body(l->round, BODY_GRAPH);
  struct local *value = region_param(l->round, p.name, p.type, n->span);
  struct input first = {&value, 1, in->from, in->span};
  struct node chain = *n;
  chain.kind = NODE_CHAIN;
  struct answers *round = l->round->answers = answers_new(k, p.type);
  struct core *gives = flow(l->round, &chain, &first);
  if (is_bad(gives->type))
    return gives;
  l->loop->fn->f.round = &l->round->fn->f;
  l->loop->fn->f.limit =
      l->limit->kind == CORE_CONST ? l->limit->constant : NULL;
  l->type = l->round->fn->f.result = gives->type;
  round->type->of = gives->type;
  l->result = stmt_new(l->round->in, STMT_RETURN, n->span);
  l->result->value = gives;
  if (!loop_back(l, &p))
    return core_bad(k, n->span);
  if (l->limit->kind != CORE_CONST)
    region_reach(l->loop, l->limit);
  for (uint32_t i = 0; i < l->round->n_grips; i++)
    region_reach(l->loop, l->round->grips[i].outer);
  l->loop->fn->f.result = answers_new(k, l->type)->type;
  return pass_new(r, n, region_call(l->loop, &x, 1, n->span), l);
}
