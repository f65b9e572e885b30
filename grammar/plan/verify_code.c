// Functions: slots, ways through the code, strands, handlers.
//
// Control cannot leave a function (in a graph: a strand), since every jump is
// looked at and the last instruction does not fall through.
#include "grammar/plan/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "grammar/plan/print.h"

__attribute__((format(printf, 3, 4))) static bool
refuse(struct plan_check *c, uint32_t i, const char *format, ...)
{
  char reason[160], label[PLAN_LABEL];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return check_refuse(c, "function %u '%s': %s", i,
                      plan_label(label, c->p, c->p->functions[i].name), reason);
}

// ---- slots and places ----
static bool are_slots(struct plan_check *c, uint32_t i)
{
  const struct plan_function *f = &c->p->functions[i];
  if (f->slots.count > PLAN_NO_SLOT)
    return refuse(c, i, "it has more than %u slots", PLAN_NO_SLOT);
  if (f->n_params > f->slots.count)
    return refuse(c, i, "%u parameters in %u slots", f->n_params,
                  f->slots.count);
  for (uint32_t k = 0; k < f->slots.count; k++) {
    uint32_t type = c->p->slots[f->slots.first + k].type;
    if (base_of(c->p, type) != type)
      return refuse(c, i, "slot %u: type %u is no base", k, type);
  }
  return true;
}

static bool are_places(struct plan_check *c, uint32_t i)
{
  const struct plan_function *f = &c->p->functions[i];
  for (uint32_t k = 0; k < f->places.count; k++) {
    const struct plan_place *place = &c->p->places[f->places.first + k];
    if (place->at >= f->code.count || (k && place->at <= place[-1].at))
      return refuse(c, i, "place %u is at instruction %u, out of order", k,
                    place->at);
  }
  return true;
}

// ---- straight code ----
static bool ends(enum opcode op, bool graph)
{
  return op == OP_return || op == OP_fail || op == OP_jump || op == OP_end ||
         (graph && (op == OP_done || op == OP_choose));
}

static bool is_code(struct plan_check *c, uint32_t i, uint32_t low,
                    uint32_t high)
{
  const struct plan_function *f = &c->p->functions[i];
  const struct plan_code *code = c->p->code + f->code.first;
  bool graph = f->kind == FUNCTION_graph;
  struct plan_at at = {c, c->p, f, i, low, low, high, code[low]};
  for (; at.at < high; at.at++) {
    at.i = code[at.at];
    if (!check_instruction(&at))
      return false;
    if (!graph && (at.i.op == OP_done || at.i.op == OP_choose))
      return at_refuse(&at, "its function is no graph");
  }
  at.at--;
  if (!ends((enum opcode)at.i.op, graph))
    return at_refuse(&at, "the code runs on behind it");
  return true;
}

// ---- handlers ----
// Walks every way once and notes how many handlers are open where.
struct nest {
  struct plan_check *c;
  uint32_t function;
  uint8_t *open;    // handlers open before an instruction, + 1; 0: not reached
  uint32_t *todo, n;
};

static bool reach(struct nest *n, uint32_t at, unsigned open)
{
  if (open > TRY_DEPTH)
    return refuse(n->c, n->function, "instruction %u: more than %d handlers "
                  "are open", at, TRY_DEPTH);
  if (!n->open[at]) {
    n->open[at] = (uint8_t)(open + 1);
    n->todo[n->n++] = at;
  } else if (n->open[at] != open + 1) {
    return refuse(n->c, n->function, "instruction %u: %u or %u handlers are "
                  "open", at, n->open[at] - 1u, open);
  }
  return true;
}

static bool step(struct nest *n, uint32_t at, struct plan_code i)
{
  unsigned open = n->open[at] - 1u;
  uint32_t target = at + 1 + plan_wide(i);
  switch (i.op) {
  case OP_return: case OP_fail: case OP_end:
    return true;
  case OP_jump:
    return reach(n, target, open);
  case OP_jump_if: case OP_jump_not:
    return reach(n, target, open) && reach(n, at + 1, open);
  case OP_try:
    return reach(n, target, open) && reach(n, at + 1, open + 1);
  case OP_end_try:
    if (!open)
      return refuse(n->c, n->function, "instruction %u end_try: no handler is "
                    "open", at);
    return reach(n, at + 1, open - 1);
  default:
    return reach(n, at + 1, open);
  }
}

static bool are_handlers(struct plan_check *c, uint32_t i)
{
  const struct plan_function *f = &c->p->functions[i];
  const struct plan_code *code = c->p->code + f->code.first;
  bool any = false;
  for (uint32_t k = 0; k < f->code.count && !any; k++)
    any = code[k].op == OP_try || code[k].op == OP_end_try;
  if (!any)
    return true;
  struct nest n = {c, i, c->handlers, c->by_code, 0};
  memset(n.open, 0, f->code.count);
  bool good = reach(&n, 0, 0);
  while (good && n.n) {
    uint32_t at = n.todo[--n.n];
    good = step(&n, at, code[at]);
  }
  return good;
}

// ---- strands ----
static uint32_t strand_end(const struct plan *p, const struct plan_function *f,
                           uint32_t k)
{
  return k + 1 < f->strands.count ? p->strands[f->strands.first + k + 1].entry
                                  : f->code.count;
}

// Whether instructions low … high - 1 have one of `op`.
static bool has_op(const struct plan *p, const struct plan_function *f,
                   uint32_t low, uint32_t high, enum opcode op)
{
  for (uint32_t k = low; k < high; k++)
    if (p->code[f->code.first + k].op == op)
      return true;
  return false;
}

static bool are_edges(struct plan_check *c, uint32_t i, uint32_t k, bool done,
                      bool choose)
{
  const struct plan_function *f = &c->p->functions[i];
  const struct plan_strand *s = &c->p->strands[f->strands.first + k];
  for (uint32_t e = 0; e < s->feeds.count; e++) {
    const struct plan_edge *edge = &c->p->edges[s->feeds.first + e];
    if (edge->strand <= k || edge->strand >= f->strands.count)
      return refuse(c, i, "strand %u feeds strand %u", k, edge->strand);
    if (edge->kind != EDGE_data && (done || !choose))
      return refuse(c, i, "strand %u guards strand %u, but does not choose", k,
                    edge->strand);
    c->by_strand[edge->strand]++;
  }
  return true;
}

static bool is_strand(struct plan_check *c, uint32_t i, uint32_t k)
{
  const struct plan *p = c->p;
  const struct plan_function *f = &p->functions[i];
  const struct plan_strand *s = &p->strands[f->strands.first + k];
  uint32_t low = s->entry, high = strand_end(p, f, k);
  if (low >= high || high > f->code.count || (!k && low))
    return refuse(c, i, "strand %u has no code of its own at %u", k, low);
  if (s->inputs != c->by_strand[k])
    return refuse(c, i, "strand %u waits for %u inputs, has %u", k, s->inputs,
                  c->by_strand[k]);
  return is_code(c, i, low, high) &&
         are_edges(c, i, k, has_op(p, f, low, high, OP_done),
                   has_op(p, f, low, high, OP_choose));
}

static bool is_graph(struct plan_check *c, uint32_t i)
{
  uint32_t n = c->p->functions[i].strands.count;
  if (!n)
    return refuse(c, i, "a graph without strands");
  memset(c->by_strand, 0, n * sizeof *c->by_strand);
  for (uint32_t k = 0; k < n; k++)
    if (!is_strand(c, i, k))
      return false;
  return true;
}

// ---- all of it ----
// First of all functions, since calls look at what they call.
bool check_slots(struct plan_check *c)
{
  for (uint32_t i = 0; i < c->p->n_functions; i++)
    if (!are_slots(c, i))
      return false;
  return true;
}

static bool is_function(struct plan_check *c, uint32_t i)
{
  const struct plan_function *f = &c->p->functions[i];
  if (!f->code.count || f->code.count > INT32_MAX)
    return refuse(c, i, "%u instructions", f->code.count);
  if (!are_places(c, i))
    return false;
  if (f->kind == FUNCTION_graph)
    return is_graph(c, i);
  if (f->strands.count)
    return refuse(c, i, "it is no graph, but has strands");
  if (has_op(c->p, f, 0, f->code.count, OP_return) &&
      (has_op(c->p, f, 0, f->code.count, OP_yield) ||
       has_op(c->p, f, 0, f->code.count, OP_end)))
    return refuse(c, i, "it yields pieces and returns a value");
  return is_code(c, i, 0, f->code.count) && are_handlers(c, i);
}

bool check_functions(struct plan_check *c)
{
  for (uint32_t i = 0; i < c->p->n_functions; i++)
    if (!is_function(c, i))
      return false;
  return true;
}
