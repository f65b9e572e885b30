// Constants that a loop needs are made once, before the function's first
// instruction: a loop that computes then spends its instructions on computing.
//
// Only temporaries that nothing else writes move, of types that have no parts;
// equal ones become one slot. In: code with virtual slots, of a body. Out: the
// same with fewer instructions, and jumps that lead where they led.
#include "compiler/lower_code.h"

#include <string.h>

enum { HOIST_MOST = 64 }; // of a function: what it costs where no loop runs

struct hoist {
  struct lower *l;
  uint8_t *writes;   // by slot: how often, up to 2
  uint32_t *instead; // by slot: which one has its constant
  bool *in_loop;     // by instruction
  struct ins first[HOIST_MOST];
  uint32_t n_first;
};

static void count_write(void *user, uint32_t *slot, uint32_t count,
                        enum slot_use use)
{
  struct hoist *h = user;
  if (use == USE_write && h->writes[*slot] < 2)
    h->writes[*slot]++;
}

// Marks what lies between a jump back and where it leads.
static bool find_loops(struct hoist *h)
{
  const struct code *k = h->l->code;
  uint32_t until = 0, at = k->n_ins;
  bool found = false;
  while (at--) {
    const struct ins *i = &k->ins[at];
    if (opcode_shapes[i->op].b == OPERAND_jump && i->b <= at) {
      until = found && until < i->b ? until : i->b;
      found = true;
    }
    h->in_loop[at] = found && at >= until;
  }
  return found;
}

static bool is_alone(const struct code *k, uint32_t slot)
{
  return k->units[slot] == slot &&
         (slot + 1 == k->n_slots || k->units[slot + 1] == slot + 1);
}

static bool is_simple(const struct constant *c)
{
  switch (c->type->kind) {
  case TYPE_bool:
  case TYPE_int:
  case TYPE_float:
  case TYPE_percent:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_str:
    return true;
  default:
    return false;
  }
}

static bool may_move(const struct hoist *h, uint32_t at)
{
  const struct code *k = h->l->code;
  const struct ins *i = &k->ins[at];
  return i->op == OP_const && h->in_loop[at] && !k->slots[i->a].name &&
         i->a >= k->function->n_params && h->writes[i->a] == 1 &&
         is_alone(k, i->a) && is_simple(k->constants[i->b]);
}

static bool same_constant(const struct constant *x, const struct constant *y)
{
  if (x == y)
    return true;
  if (x->type->kind == TYPE_str)
    return x->size == y->size && !memcmp(x->text, y->text, x->size);
  return x->i == y->i && !memcmp(&x->f, &y->f, sizeof x->f);
}

static bool same(const struct code *k, const struct ins *x, const struct ins *y)
{
  return k->slots[x->a].type == k->slots[y->a].type &&
         same_constant(k->constants[x->b], k->constants[y->b]);
}

// True where the instruction is no longer needed in its place.
static bool move_up(struct hoist *h, const struct ins *i)
{
  uint32_t at = 0;
  while (at < h->n_first && !same(h->l->code, &h->first[at], i))
    at++;
  if (at == HOIST_MOST)
    return false;
  if (at == h->n_first)
    h->first[h->n_first++] = *i;
  h->instead[i->a] = h->first[at].a;
  return true;
}

static void rename_slot(void *user, uint32_t *slot, uint32_t count,
                        enum slot_use use)
{
  const struct hoist *h = user;
  if (count == 1 && h->instead[*slot] != NO_SLOT)
    *slot = h->instead[*slot];
}

// Closes the gaps behind `first`; `to` becomes where each instruction went.
static void put_together(struct hoist *h, const bool *gone, uint32_t *to)
{
  struct code *k = h->l->code;
  uint32_t room = k->n_ins + h->n_first, n = h->n_first;
  struct ins *made = ARENA_ARRAY(h->l->scratch, room + 1, struct ins);
  memcpy(made, h->first, h->n_first * sizeof *made);
  for (uint32_t i = 0; i < k->n_ins; i++) {
    to[i] = n;
    if (!gone[i])
      made[n++] = k->ins[i];
  }
  to[k->n_ins] = n;
  k->ins = made;
  k->n_ins = n;
  k->room_ins = room + 1;
  for (uint32_t i = 0; i < n; i++) {
    if (opcode_shapes[made[i].op].b == OPERAND_jump)
      made[i].b = to[made[i].b];
    ins_slots(k, &made[i], rename_slot, h);
  }
}

void hoist_constants(struct lower *l)
{
  struct code *k = l->code;
  struct hoist h = {.l = l};
  h.in_loop = ARENA_ARRAY(l->scratch, k->n_ins + 1, bool);
  if (!find_loops(&h))
    return;
  h.writes = ARENA_ARRAY(l->scratch, k->n_slots + 1, uint8_t);
  h.instead = ARENA_ARRAY(l->scratch, k->n_slots + 1, uint32_t);
  memset(h.instead, 0xFF, k->n_slots * sizeof *h.instead);
  for (uint32_t i = 0; i < k->n_ins; i++)
    ins_slots(k, &k->ins[i], count_write, &h);
  bool *gone = ARENA_ARRAY(l->scratch, k->n_ins + 1, bool);
  for (uint32_t i = 0; i < k->n_ins; i++)
    gone[i] = may_move(&h, i) && move_up(&h, &k->ins[i]);
  if (h.n_first)
    put_together(&h, gone, ARENA_ARRAY(l->scratch, k->n_ins + 1, uint32_t));
}
