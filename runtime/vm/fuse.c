// Quick code: instructions for the types at hand, and one in place of several
// that follow each other. See fast.h and fast.def.
#include "runtime/vm/fast.h"

#include <string.h>

static const uint8_t *kinds_of(const struct look *l)
{
  return l->f->kinds;
}

// ---- comparing ----

enum { BY_NOTHING, BY_INT, BY_FLOAT, BY_TEXT };

static unsigned compared_as(enum type_kind kind)
{
  switch (kind) {
  case TYPE_bool:
  case TYPE_int:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
    return BY_INT;
  case TYPE_float:
  case TYPE_percent:
    return BY_FLOAT;
  case TYPE_str:
    return BY_TEXT;
  default:
    return BY_NOTHING;
  }
}

// The comparison of its type, or the plan's instruction.
static uint16_t comparison(const struct look *l, struct plan_code i)
{
  static const uint16_t ints[] = {FAST_eq_i, FAST_ne_i, FAST_lt_i, FAST_le_i};
  static const uint16_t floats[] = {FAST_eq_f, FAST_ne_f, FAST_lt_f, FAST_le_f};
  unsigned which = i.op - OP_eq;
  if (i.op < OP_eq || i.op > OP_le)
    return i.op;
  switch (compared_as((enum type_kind)kinds_of(l)[i.b])) {
  case BY_INT:
    return ints[which];
  case BY_FLOAT:
    return floats[which];
  case BY_TEXT:
    return i.op == OP_eq ? FAST_eq_s : i.op == OP_ne ? FAST_ne_s : i.op;
  default:
    return i.op;
  }
}

// With the jump behind it, which goes on: a jump back is counted by itself.
static void fuse_jump(struct look *l, uint32_t at)
{
  struct plan_code i = l->code[at];
  if (at + 1 >= l->n)
    return;
  struct plan_code jump = l->code[at + 1];
  bool fits = (jump.op == OP_jump_if || jump.op == OP_jump_not) &&
              jump.a == i.a && code_target(jump, at + 1) > at;
  if (fits)
    l->fast[at].op += jump.op == OP_jump_if ? 1 : 2;
}

static void quicken_compare(struct look *l, uint32_t at)
{
  uint16_t op = comparison(l, l->code[at]);
  if (op == l->code[at].op)
    return;
  l->fast[at].op = op;
  fuse_jump(l, at);
}

// ---- loops ----

// The end of a loop that counts: what it jumps back to has been looked at.
static void quicken_next(struct look *l, uint32_t at)
{
  if (at + 1 >= l->n || l->code[at + 1].op != OP_jump)
    return;
  uint32_t top = code_target(l->code[at + 1], at + 1);
  if (top > at || l->fast[top].op != FAST_lt_i_not)
    return;
  bool item = top + 2 < at && l->fast[top + 2].op == OP_index;
  l->fast[at].op = item ? FAST_next_item : FAST_next;
}

// ---- arithmetic ----

// The pair's instruction; what it stands for takes the first's result as its
// first operand or, where the order does not matter, as its second.
static uint16_t pair(struct plan_code x, struct plan_code y)
{
  bool turns = y.op == OP_add_i || y.op == OP_mul_i || y.op == OP_add_f ||
               y.op == OP_mul_f;
  if (y.b != x.a && !(turns && y.c == x.a))
    return x.op;
  switch ((uint32_t)x.op << 16 | y.op) {
#define FAST(name, doc)
#define FAST_COMPARE(name, test)
#define FAST_INTS(first, second)                                               \
  case OP_##first##_i << 16 | OP_##second##_i:                                 \
    return FAST_##first##_##second##_i;
#define FAST_MOD(first)                                                        \
  case OP_##first##_i << 16 | OP_mod_i:                                        \
    return FAST_##first##_mod_i;
#define FAST_FLOATS(first, sign, second, other)                                \
  case OP_##first##_f << 16 | OP_##second##_f:                                 \
    return FAST_##first##_##second##_f;
#include "runtime/vm/fast.def"
#undef FAST
#undef FAST_COMPARE
#undef FAST_INTS
#undef FAST_MOD
#undef FAST_FLOATS
  default:
    return x.op;
  }
}

static void quicken_pair(struct look *l, uint32_t at)
{
  if (at + 1 >= l->n || l->fast[at].op != l->code[at].op)
    return;
  uint16_t op = pair(l->code[at], l->code[at + 1]);
  if (op == FAST_mul_add_i && at + 2 < l->n &&
      pair(l->code[at + 1], l->code[at + 2]) == FAST_add_mod_i)
    op = FAST_mul_add_mod_i;
  l->fast[at].op = op;
}

// ---- operators ----

static void become(struct plan_code *i, uint16_t op)
{
  *i = (struct plan_code){op, i->a, i->c, 0};
}

static uint16_t hidden_of(const struct look *l, uint16_t slot)
{
  return l->f->hidden ? l->f->hidden[slot] : 0;
}

// With the moves that bring it the map and the key. A key that may yet be
// changed in place is no mark to know it by.
static void quicken_get_of(struct look *l, uint32_t at)
{
  struct plan_code *i = &l->fast[at];
  if (at < 2 || i[-2].op != OP_move || i[-1].op != OP_move || i[-2].a != i->c ||
      i[-1].a != i->c + 1 || i[-1].b == i[-2].a ||
      !slot_dead(l, at + 3, i[-2].a) || !slot_dead(l, at + 3, i[-1].a))
    return;
  i->b = hidden_of(l, i[-1].b) ? 0 : hidden_of(l, i[-2].b);
  i[-2].op = FAST_get_of;
}

// get, and what is there is taken out of its optional at once.
static void quicken_get(struct look *l, uint32_t at)
{
  const struct plan_code *i = &l->code[at];
  if (at + 2 >= l->n || i[1].op != OP_is_none || i[1].b != i->a ||
      i[2].op != OP_jump_not || i[2].a != i[1].a)
    return;
  uint32_t there = code_target(i[2], at + 2);
  bool fits = there > at && l->code[there].op == OP_unwrap &&
              l->code[there].b == i->a && i[1].a != i->a &&
              slot_dead(l, there + 1, i->a);
  if (!fits)
    return;
  l->fast[at].op = FAST_get_or;
  quicken_get_of(l, at);
}

static void quicken_read(struct look *l, uint32_t at)
{
  const struct plan_code *i = &l->code[at];
  if (at + 1 < l->n && i[1].op == OP_read && i[1].b == i->a && i[1].a != i->a &&
      slot_dead(l, at + 2, i->a))
    l->fast[at].op = FAST_read_text;
}

// Not with a union in it, whose fields may have the name of its tag: json has
// only one of the two.
static void quicken_json_text(struct look *l, uint32_t at)
{
  const struct plan_code *i = &l->code[at];
  if (at + 1 < l->n && i[1].op == OP_op && i[1].b == OPERATOR_json_text &&
      i[1].c == i->a && i[1].a != i->a && i->a + 1 != i->c &&
      !l->engine->has_union[l->f->types[i->c]] && l->fast[at + 1].op == OP_op &&
      slot_dead(l, at + 2, i->a))
    l->fast[at].op = FAST_text_of;
}

static void quicken_operator(struct look *l, uint32_t at)
{
  switch ((enum operator_id)l->code[at].b) {
  case OPERATOR_len_list:
    become(&l->fast[at], OP_len);
    break;
  case OPERATOR_len_str:
    become(&l->fast[at], FAST_len_text);
    break;
  case OPERATOR_len_map:
    become(&l->fast[at], FAST_len_map);
    break;
  case OPERATOR_float_int:
    become(&l->fast[at], OP_float);
    break;
  case OPERATOR_int_int:
  case OPERATOR_float_float:
    become(&l->fast[at], OP_move);
    break;
  case OPERATOR_to_json:
    quicken_json_text(l, at);
    break;
  case OPERATOR_json_parse:
    quicken_read(l, at);
    break;
  case OPERATOR_get:
    quicken_get(l, at);
    break;
  default:
    break;
  }
}

static void quicken_text(struct look *l, uint32_t at)
{
  uint8_t kind = kinds_of(l)[l->code[at].b];
  if (kind == TYPE_int)
    l->fast[at].op = FAST_text_i;
  else if (kind == TYPE_str)
    l->fast[at].op = OP_move;
}

// ---- all of it ----

static void quicken_code(struct look *l)
{
  for (uint32_t at = 0; at < l->n; at++) {
    if (l->fast[at].op != l->code[at].op)
      continue;
    if (l->code[at].op == OP_op)
      quicken_operator(l, at);
    else if (l->code[at].op == OP_text)
      quicken_text(l, at);
    else if (l->code[at].op == OP_add_i)
      quicken_next(l, at);
    else
      quicken_compare(l, at);
    quicken_pair(l, at);
  }
}

bool quicken(struct engine *e, struct function *f, struct plan_code *fast,
             struct arena *scratch)
{
  struct look l = {.engine = e,
                   .plan = e->plan,
                   .f = f,
                   .code = e->plan->code + f->row->code.first,
                   .fast = fast,
                   .n = f->row->code.count};
  f->code = fast;
  arena_reset(scratch);
  if (!look_begin(&l, scratch) || !(f->graph || own_function(e, &l, scratch)))
    return false;
  quicken_code(&l);
  return true;
}
