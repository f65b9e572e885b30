// The longest path through code, found by running it without values.
//
// A slot has, besides what is known of it, the moment from which what it holds
// is there. Branches that depend on data are both taken and joined; a loop runs
// as often as is known, else once, and what it waits for makes the end open.
// Errors are left out: no handler runs, no call fails.
#include "compiler/times_parts.h"
#include "grammar/defs/signature.h"

#include <string.h>

// ---- states ----

static struct state *copy_state(struct act *a)
{
  size_t size = (a->code->n_slots + 1) * sizeof *a->s.cells;
  struct state *s = a->spare;
  if (s) {
    a->spare = s->spare;
  } else {
    s = ARENA_NEW(a->t->arena, struct state);
    s->cells = arena_alloc(a->t->arena, size);
  }
  s->now = a->s.now;
  memcpy(s->cells, a->s.cells, size);
  return s;
}

static void join_states(struct act *a, struct state *into,
                        const struct state *from)
{
  into->now = moment_either(into->now, from->now);
  for (uint32_t i = 0; i < a->code->n_slots; i++) {
    struct cell *x = &into->cells[i];
    const struct cell *y = &from->cells[i];
    x->ready = moment_either(x->ready, y->ready);
    if (x->parts != y->parts)
      x->parts = NULL;
    if (!fact_same(x->fact, y->fact))
      x->fact = NULL;
  }
}

static void arrive(struct act *a, uint32_t at)
{
  if (!a->waiting[at])
    a->waiting[at] = copy_state(a);
  else
    join_states(a, a->waiting[at], &a->s);
}

static void take(struct act *a, uint32_t at)
{
  struct state *w = a->waiting[at];
  struct cell *cells = a->s.cells;
  if (!w)
    return;
  a->waiting[at] = NULL;
  if (a->alive) {
    join_states(a, &a->s, w);
  } else {
    a->s = *w;
    w->cells = cells;
  }
  w->spare = a->spare;
  a->spare = w;
  a->alive = true;
}

void times_set(struct act *a, uint32_t slot, const struct fact *fact,
               struct moment ready)
{
  struct cell *c = &a->s.cells[slot];
  bool again = c->writer && c->writer != a->strand;
  *c = (struct cell){again ? NULL : fact, ready, NULL, a->strand};
}

// ---- what an instruction reads ----

struct reads {
  struct act *a;
  const struct fact **facts;
  uint32_t n, room;
  struct moment ready;
  uint32_t dst, first; // of what is read
};

static void read_slot(void *user, uint32_t *slot, uint32_t count,
                      enum slot_use use)
{
  struct reads *r = user;
  if (use == USE_write) {
    r->dst = *slot;
    return;
  }
  r->first = *slot;
  for (uint32_t i = 0; i < count; i++) {
    const struct cell *c = &r->a->s.cells[*slot + i];
    LOWER_PUSH(r->a->t->arena, r->facts, r->n, r->room, c->fact);
    r->ready = moment_later(r->ready, c->ready);
  }
}

// ---- parts that are there at different times ----

static const struct spread *spread_of_run(struct act *a, uint32_t first,
                                          uint32_t n)
{
  struct spread *s =
      arena_alloc(a->t->arena, sizeof *s + n * sizeof(struct spread_part));
  s->n = n;
  for (uint32_t i = 0; i < n; i++)
    s->at[i] = (struct spread_part){a->s.cells[first + i].ready,
                                    a->s.cells[first + i].parts};
  return s;
}

// The part that an instruction takes of the slot b, as far as that is known.
static const struct spread_part *part_taken(struct act *a, const struct ins *i)
{
  const struct spread *s = a->s.cells[i->b].parts;
  int64_t at = i->c;
  if (!s)
    return NULL;
  if (i->op == OP_index) {
    const struct fact *f = a->s.cells[i->c].fact;
    if (!f || f->kind != FACT_number)
      return NULL;
    at = f->number < 0 ? f->number + s->n : f->number;
  }
  return at >= 0 && at < s->n ? &s->at[at] : NULL;
}

// When what an instruction without calls gives is there.
static struct spread_part gives(struct act *a, const struct ins *i,
                                struct moment ready, uint32_t first, uint32_t n)
{
  const struct spread_part *taken;
  switch (i->op) {
  case OP_list:
  case OP_tuple:
    return (struct spread_part){ready, spread_of_run(a, first, n)};
  case OP_move:
    return (struct spread_part){ready, a->s.cells[i->b].parts};
  case OP_part:
  case OP_index:
    taken = part_taken(a, i);
    return taken ? *taken : (struct spread_part){ready, NULL};
  default:
    return (struct spread_part){ready, NULL};
  }
}

// ---- instructions without calls ----

static void do_operator(struct act *a, const struct ins *i,
                        const struct reads *r)
{
  const struct fact *x = r->n ? r->facts[0] : NULL;
  if (!(signature_of(i->b)->attributes & OPERATOR_WAITS))
    return;
  if (i->b == OPERATOR_sleep && x) {
    int64_t d = x->number > 0 ? x->number : 0;
    a->s.now = moment_after(a->s.now, (struct moment){d, d, false});
  } else {
    a->s.now.open = true;
  }
}

static void do_write(struct act *a, const struct ins *i, const struct reads *r)
{
  struct spread_part when = gives(a, i, r->ready, r->first, r->n);
  times_set(a, r->dst, fact_of_ins(a->t->arena, i, r->facts, r->n), when.ready);
  a->s.cells[r->dst].parts = when.parts;
}

static void do_plain(struct act *a, const struct ins *i)
{
  struct reads r = {.a = a, .dst = NO_SLOT};
  ins_slots(a->code, (struct ins *)i, read_slot, &r);
  if (i->op == OP_op)
    do_operator(a, i, &r);
  if (i->op == OP_more) // as long as whoever yields takes
    a->s.now.open = true;
  if (i->op == OP_force) {
    a->s.now = moment_later(a->s.now, r.ready);
    r.ready = (struct moment){0};
  }
  if (i->op == OP_push) {
    a->s.cells[i->a].fact = NULL;
    a->s.cells[i->a].parts = NULL;
    a->s.cells[i->a].ready = moment_later(a->s.cells[i->a].ready, r.ready);
  }
  if (r.dst != NO_SLOT)
    do_write(a, i, &r);
}

static void do_return(struct act *a, const struct ins *i)
{
  bool stream = i->op == OP_yield || i->op == OP_end;
  const struct fact *value = stream ? NULL : a->s.cells[i->a].fact;
  struct timing *out = a->out;
  out->takes = a->returned ? moment_either(out->takes, a->s.now) : a->s.now;
  out->value = !a->returned || fact_same(value, out->value) ? value : NULL;
  a->returned = true;
  a->alive = false;
}

// Whether what happens between depends on data that may leave the loop.
static uint32_t unsure_exit(const struct act *a, uint32_t top, uint32_t bottom)
{
  for (uint32_t i = top; i < bottom; i++)
    if (a->unsure[i] > bottom + 1)
      return a->unsure[i] - 1;
  return UINT32_MAX;
}

// The next instruction.
static uint32_t do_loop(struct act *a, uint32_t at, uint32_t top)
{
  uint32_t out = unsure_exit(a, top, at);
  if (out == UINT32_MAX && a->t->steps)
    return top;
  if (out != UINT32_MAX && a->waiting[out]) {
    bool waited = a->s.now.high > a->waiting[out]->now.high || a->s.now.open;
    a->s.now.open |= waited;
    arrive(a, out);
  }
  a->alive = false;
  return at + 1;
}

static uint32_t do_jump(struct act *a, const struct ins *i, uint32_t at)
{
  const struct fact *x = i->op == OP_jump ? NULL : a->s.cells[i->a].fact;
  bool goes = i->op == OP_jump || (x && !x->number == (i->op == OP_jump_not));
  if (i->op == OP_jump && i->b <= at)
    return do_loop(a, at, i->b);
  a->unsure[at] = i->op == OP_jump || x ? 0 : i->b + 1;
  if (goes || !x)
    arrive(a, i->b);
  if (goes)
    a->alive = false;
  return at + 1;
}

static uint32_t step(struct act *a, uint32_t at)
{
  const struct ins *i = &a->code->ins[at];
  switch (i->op) {
  case OP_jump:
  case OP_jump_if:
  case OP_jump_not:
    return do_jump(a, i, at);
  case OP_const:
    times_set(a, i->a, fact_const(a->t->arena, a->code->constants[i->b]),
              (struct moment){0});
    break;
  case OP_self:
    times_set(a, i->a, a->fields ? a->fields[i->b] : NULL, (struct moment){0});
    break;
  case OP_set_self:
    if (a->fields && a->code->function->kind == FUNCTION_init)
      a->fields[i->b] = a->s.cells[i->a].fact;
    break;
  case OP_call:
  case OP_start:
    times_call(a, i);
    break;
  case OP_each:
  case OP_each_limit:
    times_each(a, i);
    break;
  case OP_closure:
    times_closure(a, i);
    break;
  case OP_batch:
    times_batch(a, i);
    break;
  case OP_model:
    times_model(a, i);
    break;
  case OP_return:
  case OP_yield: // whoever called goes on at the first piece
  case OP_end:
    do_return(a, i);
    break;
  case OP_choose:
    a->chosen = a->s.cells[i->a].fact;
    a->alive = false;
    break;
  case OP_done:
  case OP_fail:
    a->alive = false;
    break;
  case OP_try:
    break; // nothing fails
  default:
    do_plain(a, i);
    break;
  }
  return at + 1;
}

// The moment when the code ends.
struct moment times_run(struct act *a, uint32_t entry, uint32_t end)
{
  a->alive = true;
  for (uint32_t at = entry; at < end;) {
    take(a, at);
    if (!a->alive) {
      at++;
      continue;
    }
    if (a->t->steps)
      a->t->steps--;
    else
      a->s.now.open = true;
    at = step(a, at);
  }
  return a->s.now;
}
