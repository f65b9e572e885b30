// Expressions of which only a part is evaluated: `and`, `or`, `if`, `fail`; and
// names inside of expressions.
//
// What one branch learnt (which values were waited for) does not count behind
// it.
#include "compiler/lower_code.h"

struct val lower_short(struct lower *l, const struct core *e, uint32_t dst)
{
  dst = slot_for(l, dst, type_slot(l, e->type));
  lower_value(l, e->args[0], dst);
  uint32_t out =
      code_jump(l, e->kind == CORE_AND ? OP_jump_not : OP_jump_if, dst);
  uint32_t mark = trail_mark(l);
  lower_value(l, e->args[1], dst);
  trail_undo(l, mark);
  code_aim(l, out);
  return val_in_slot(dst, l->code->slots[dst].type);
}

struct arm_end {
  uint32_t move; // the instruction that gives the value, or UINT32_MAX
  const struct type *type; // NULL: never comes to its end
};

static struct arm_end lower_arm(struct lower *l, const struct core *e,
                                uint32_t dst, bool direct)
{
  uint32_t mark = trail_mark(l);
  struct arm_end b = {UINT32_MAX, NULL};
  struct val v = lower_slot(l, e, direct ? dst : NO_SLOT);
  if (!l->dead) {
    b.type = l->code->slots[v.slot].type;
    if (v.slot != dst)
      b.move = code_add(l, OP_move, dst, v.slot, 0);
  }
  trail_undo(l, mark);
  return b;
}

// The type that both ends can be given: where one holds a call, both are one.
static const struct type *join_arms(struct lower *l, const struct arm_end *x,
                                    const struct arm_end *y,
                                    const struct type *plain)
{
  if (!x->type || !y->type || x->type == y->type)
    return x->type ? x->type : y->type ? y->type : plain;
  return lift_type(l, plain);
}

static void end_arm(struct lower *l, const struct arm_end *b,
                    const struct type *t)
{
  if (b->move == UINT32_MAX || b->type == t)
    return;
  struct code *k = l->code;
  struct ins *i = &k->ins[b->move];
  struct site site = lift_site(l, i->b, b->type, t);
  site.span = i->span;
  LOWER_PUSH(l->scratch, k->sites, k->n_sites, k->room_sites, site);
  i->op = OP_start;
  i->b = k->n_sites - 1;
}

struct val lower_choice(struct lower *l, const struct core *e, uint32_t dst)
{
  const struct type *plain = type_slot(l, e->type);
  bool direct = core_surely_plain(e->args[1]) && core_surely_plain(e->args[2]);
  dst = slot_or(l, dst);
  uint32_t otherwise =
      code_jump(l, OP_jump_not, lower_value(l, e->args[0], NO_SLOT));
  struct arm_end x = lower_arm(l, e->args[1], dst, direct);
  uint32_t out = code_jump(l, OP_jump, 0);
  code_aim(l, otherwise);
  struct arm_end y = lower_arm(l, e->args[2], dst, direct);
  code_aim(l, out);
  const struct type *t = join_arms(l, &x, &y, plain);
  slot_for(l, dst, t);
  end_arm(l, &x, t);
  end_arm(l, &y, t);
  return val_in_slot(dst, plain);
}

struct val lower_in_let(struct lower *l, const struct core *e, uint32_t dst)
{
  if (l->graph && home_of(e->local) && home_of(e->local)->known)
    return lower_later(l, e->args[1], dst); // the graph knows who computes it
  uint32_t slot = slot_new(l, NULL, e->local->name);
  slot = lower_slot(l, e->args[0], slot).slot;
  struct home *h = home_new(l, e->local);
  h->slot = slot;
  l->scope = h->next; // of this expression only
  return lower_later(l, e->args[1], dst);
}

struct val lower_fail(struct lower *l, const struct core *e, uint32_t dst)
{
  const struct type *plain = type_slot(l, e->type);
  uint32_t status = lower_value(l, e->args[0], NO_SLOT);
  uint32_t message = lower_value(l, e->args[1], NO_SLOT);
  l->span = e->span;
  code_add(l, OP_fail, status, message, 0);
  return val_in_slot(slot_for(l, dst, plain), plain);
}
