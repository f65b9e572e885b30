// A function's code while it is being made: slots, instructions, labels.
//
// Nothing is emitted where the place is dead, so that no code lies behind a
// return; a jump's target is an instruction's number until emission.
#include "compiler/lower_code.h"

#include <string.h>

void *lower_grow(struct arena *a, void *rows, uint32_t *room, size_t size)
{
  uint32_t more = *room ? *room * 2 : 8;
  rows = arena_grow(a, rows, *room * size, more * size);
  *room = more;
  return rows;
}

// ---- slots ----

static uint32_t add_slot(struct lower *l, const struct type *type, atom name)
{
  struct code *k = l->code;
  uint32_t at = k->n_slots, room = k->room_slots;
  if (at == room)
    k->units = lower_grow(l->scratch, k->units, &room, sizeof *k->units);
  struct slot s = {type, name};
  LOWER_PUSH(l->scratch, k->slots, k->n_slots, k->room_slots, s);
  k->units[at] = at;
  return at;
}

uint32_t slot_new(struct lower *l, const struct type *type, atom name)
{
  return add_slot(l, type, name);
}

uint32_t slot_run(struct lower *l, uint32_t count)
{
  uint32_t first = l->code->n_slots;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slot = add_slot(l, NULL, NULL); // which may move `units`
    l->code->units[slot] = first;
  }
  return count ? first : 0;
}

uint32_t slot_for(struct lower *l, uint32_t dst, const struct type *type)
{
  dst = slot_or(l, dst);
  l->code->slots[dst].type = type;
  return dst;
}

// ---- instructions ----

void code_push(struct lower *l, struct ins i)
{
  struct code *k = l->code;
  i.span = l->span;
  LOWER_PUSH(l->scratch, k->ins, k->n_ins, k->room_ins, i);
}

static uint32_t add(struct lower *l, const struct ins i)
{
  struct code *k = l->code;
  if (l->dead)
    return k->n_ins;
  code_make_ready(l, &i);
  code_push(l, i);
  l->dead = i.op == OP_return || i.op == OP_fail || i.op == OP_jump ||
            i.op == OP_end || i.op == OP_done || i.op == OP_choose;
  return k->n_ins - 1;
}

uint32_t code_add(struct lower *l, enum opcode op, uint32_t a, uint32_t b,
                  uint32_t c)
{
  return add(l, (struct ins){.op = op, .a = a, .b = b, .c = c});
}

void code_add_run(struct lower *l, enum opcode op, uint32_t a, uint32_t b,
                  uint32_t c, uint32_t run)
{
  add(l, (struct ins){.op = op, .a = a, .b = b, .c = c, .run = run});
}

uint32_t code_jump(struct lower *l, enum opcode op, uint32_t a)
{
  return l->dead ? UINT32_MAX : code_add(l, op, a, UINT32_MAX, 0);
}

void code_aim(struct lower *l, uint32_t jump)
{
  if (jump != UINT32_MAX)
    l->code->ins[jump].b = code_here(l);
}

uint32_t code_here(struct lower *l)
{
  l->dead = false;
  l->label = l->code->n_ins;
  return l->label;
}

void code_jump_to(struct lower *l, uint32_t to)
{
  code_add(l, OP_jump, 0, to, 0);
}

void code_const(struct lower *l, uint32_t dst, const struct constant *c)
{
  struct code *k = l->code;
  LOWER_PUSH(l->scratch, k->constants, k->n_constants, k->room_constants, c);
  code_add(l, OP_const, dst, k->n_constants - 1, 0);
}

void code_int(struct lower *l, uint32_t dst, int64_t i)
{
  struct constant *c = ARENA_NEW(l->arena, struct constant);
  c->type = l->code->slots[dst].type;
  c->i = i;
  code_const(l, dst, c);
}

void code_move(struct lower *l, uint32_t dst, uint32_t src)
{
  if (dst != src)
    code_add(l, OP_move, dst, src, 0);
}

void code_call(struct lower *l, enum opcode op, uint32_t dst, struct site site)
{
  struct code *k = l->code;
  site.span = l->span;
  LOWER_PUSH(l->scratch, k->sites, k->n_sites, k->room_sites, site);
  code_add(l, op, dst, k->n_sites - 1, 0);
}

// ---- what is known on this path only ----

void trail_undo(struct lower *l, uint32_t mark)
{
  while (l->n_trail > mark)
    l->trail[--l->n_trail]->forced = NO_SLOT;
}

void trail_learn(struct lower *l, struct home *h, uint32_t slot)
{
  h->forced = slot;
  LOWER_PUSH(l->scratch, l->trail, l->n_trail, l->room_trail, h);
}

// ---- types and locals ----

const struct type *type_slot(struct lower *l, const struct type *t)
{
  return type_base(l->c->types, t);
}

const struct type *type_kind(struct lower *l, enum type_kind kind)
{
  return type_base(l->c->types, type_simple(l->c->types, kind));
}

struct home *home_new(struct lower *l, struct local *local)
{
  struct home *h = ARENA_NEW(l->scratch, struct home);
  h->local = local;
  h->slot = h->forced = NO_SLOT;
  h->next = l->scope;
  l->scope = h;
  local->note = h;
  return h;
}

struct home *home_of(const struct local *local)
{
  return local->note;
}

// ---- shapes of instructions ----

enum {
#define SHAPE(word, what) SHAPE_##word = OPERAND_##what,
  SHAPE(__, none) SHAPE(NUM, num) SHAPE(REG, reg) SHAPE(W_CONST, const)
      SHAPE(W_SITE, site) SHAPE(W_JUMP, jump)
#define SHAPES(kind) SHAPE(D_##kind, dst) SHAPE(S_##kind, src)
          SHAPES(ANY) SHAPES(BOOL) SHAPES(INT) SHAPES(FLOAT) SHAPES(STR)
              SHAPES(LIST) SHAPES(MAP) SHAPES(UNION) SHAPES(STEP)
                  SHAPES(OPTIONAL) SHAPES(FUTURE) SHAPES(STREAM)
#undef SHAPES
#undef SHAPE
};

const struct opcode_shape opcode_shapes[OPCODES] = {
#define OPCODE(name, a, b, c, rule, doc) {SHAPE_##a, SHAPE_##b, SHAPE_##c},
#include "grammar/defs/opcodes.def"
#undef OPCODE
};

static void visit_run(const struct code *code, struct ins *i, slot_visit *visit,
                      void *user)
{
  const struct opcode_shape *s = &opcode_shapes[i->op];
  if (s->b == OPERAND_site) {
    struct site *t = &code->sites[i->b];
    if (t->count)
      visit(user, &t->first, t->count, USE_read);
  } else if (i->run && s->b == OPERAND_reg) {
    visit(user, &i->b, i->run, USE_read);
  } else if (i->run && s->c == OPERAND_reg) {
    visit(user, &i->c, i->run, USE_read);
  }
}

static void visit_reply(struct ins *i, slot_visit *visit, void *user)
{
  if (i->b != NO_SLOT)
    visit(user, &i->b, 1, USE_read);
  if (i->c != NO_SLOT)
    visit(user, &i->c, 1, USE_read);
}

void ins_slots(const struct code *code, struct ins *i, slot_visit *visit,
               void *user)
{
  const struct opcode_shape *s = &opcode_shapes[i->op];
  visit_run(code, i, visit, user);
  if (i->op == OP_reply)
    visit_reply(i, visit, user);
  if (s->b == OPERAND_src)
    visit(user, &i->b, 1, USE_read);
  if (s->c == OPERAND_src)
    visit(user, &i->c, 1, USE_read);
  if (i->op == OP_push || s->a == OPERAND_src)
    visit(user, &i->a, 1, USE_read);
  else if (s->a == OPERAND_dst)
    visit(user, &i->a, 1, USE_write);
}
