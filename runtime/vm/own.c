// Who owns a value: lists, maps and texts that a body changes again and again
// are changed in place where nobody else can see them.
//
// An update is an instruction whose result takes the place of its first
// argument: `m[k] = x`, `xs += ys`, `text += more`. The slot that it updates
// gets a hidden one beside it, and the rule is: the slot owns what it holds if
// the hidden one holds the same, and then there is no way to that value but the
// slot. What makes this true:
//
// - Only an update fills the hidden slot, with what it has made itself.
// - Each instruction that reads the slot is looked at here. It either borrows:
//   it looks at the value, and keeps and gives nothing of it; or it is a move
//   into a temporary that is only borrowed from until it is overwritten, and no
//   update comes between; or it is the update. Whatever else reads the slot
//   shows the value: FAST_show empties the hidden slot first.
// - Hidden slots are empty when a frame begins, and no instruction reads them.
//
// So arguments, what is returned, put into something, captured, yielded, walked
// over or kept has been shown, and the next update makes a new value, as
// always. Graphs, whose strands share a frame, have no updates.
#include "runtime/vm/fast.h"

#include <string.h>

struct own {
  struct look *l;
  uint16_t *hidden; // by slot
  uint16_t *shown;  // by instruction
  uint16_t n_hidden;
};

// ---- updates ----

// The first of the run that an update reads, or PLAN_NO_SLOT.
static uint16_t updated_from(struct plan_code i)
{
  if (i.op == OP_concat)
    return i.c > 1 ? i.b : PLAN_NO_SLOT;
  bool fits =
      i.op == OP_op && (i.b == OPERATOR_put || i.b == OPERATOR_put_list ||
                        i.b == OPERATOR_concat_list);
  return fits ? i.c : PLAN_NO_SLOT;
}

// The move of the updated slot into that run, which the update's value comes
// from whichever way it is reached; UINT32_MAX where there is none.
static uint32_t borrowing_move(const struct look *l, uint32_t update)
{
  uint16_t slot = l->code[update].a, from = updated_from(l->code[update]);
  for (uint32_t at = update; at-- && !l->label[at + 1];) {
    struct plan_code i = l->code[at];
    if (i.op == OP_move && i.a == from && i.b == slot)
      return at;
    if (code_jumps(i) || code_ends(i) || code_writes(i) == from ||
        code_writes(i) == slot || code_reads(l->plan, i, from))
      return UINT32_MAX;
  }
  return UINT32_MAX;
}

static bool is_update(const struct own *o, uint32_t at)
{
  uint16_t op = o->l->fast[at].op;
  return op == FAST_own_put || op == FAST_own_concat_list ||
         op == FAST_own_concat;
}

static void mark_update(struct own *o, uint32_t at)
{
  struct look *l = o->l;
  struct plan_code i = l->code[at];
  bool concat = i.op == OP_concat, list = i.b == OPERATOR_concat_list;
  l->fast[at].op = concat ? FAST_own_concat
                   : list ? FAST_own_concat_list
                          : FAST_own_put;
  if (o->hidden[i.a])
    return;
  o->hidden[i.a] = (uint16_t)(l->f->n_slots + o->n_hidden);
  // A text's is followed by what it can grow into, a map's by what was found
  // in it last (update.c).
  o->n_hidden += concat ? 2 : i.b == OPERATOR_put ? 3 : 1;
}

static bool find_updates(struct own *o, struct arena *a)
{
  struct look *l = o->l;
  for (uint32_t at = 0; at < l->n; at++) {
    uint16_t from = updated_from(l->code[at]);
    uint32_t move = from == PLAN_NO_SLOT ? UINT32_MAX : borrowing_move(l, at);
    if (move == UINT32_MAX || code_reads(l->plan, l->code[at], l->code[at].a) ||
        l->f->n_slots + o->n_hidden + 3u >= PLAN_NO_SLOT ||
        !slot_dead(l, at + 1, from))
      continue;
    if (!o->hidden && !(o->hidden = ARENA_ARRAY(a, l->f->n_slots, uint16_t)))
      return false;
    mark_update(o, at);
  }
  return true;
}

// ---- who only borrows ----

static bool operator_borrows(const struct own *o, uint32_t at, uint16_t slot)
{
  struct plan_code i = o->l->code[at];
  if (o->l->fast[at].op == FAST_own_concat_list) // elements are copied
    return true;
  switch ((enum operator_id)i.b) {
#define BORROWS(name) case OPERATOR_##name:
#include "runtime/vm/borrows.def"
#undef BORROWS
    return true;
  default:
    return is_update(o, at) && slot == i.c; // not a key, an item
  }
}

static bool borrows(const struct own *o, uint32_t at, uint16_t slot)
{
  struct plan_code i = o->l->code[at];
  switch ((enum opcode)i.op) {
  case OP_len:
  case OP_eq:
  case OP_ne:
  case OP_lt:
  case OP_le:
  case OP_concat:
  case OP_assert:
  case OP_return:   // the frame is over
  case OP_set_self: // state is a copy
    return true;
  case OP_index:
  case OP_key:
    return i.a != slot;
  case OP_text: // a text's is the text itself
    return o->l->f->kinds[i.b] != TYPE_str;
  case OP_op:
    return operator_borrows(o, at, slot);
  default:
    return false;
  }
}

// Whether the temporary that the move fills is only borrowed from, and before
// the slot that it was filled from is updated.
static bool move_borrows(struct own *o, uint32_t move)
{
  struct look *l = o->l;
  uint16_t to = l->code[move].a, from = l->code[move].b;
  uint32_t at = move + 1;
  for (; at < l->n && !l->label[at]; at++) {
    struct plan_code i = l->code[at];
    if (code_reads(l->plan, i, to) && !borrows(o, at, to))
      return false;
    if (code_writes(i) == to)
      return slot_dead(l, l->n, to); // in the handlers
    if (code_jumps(i) || code_ends(i))
      break;
    if (is_update(o, at) && i.a == from)
      return slot_dead(l, at + 1, to);
  }
  return slot_dead(l, at, to);
}

// ---- who shows ----

static bool shows(struct own *o, uint32_t at, uint16_t slot)
{
  struct plan_code i = o->l->code[at];
  if (i.op == OP_move)
    return i.a == slot || !move_borrows(o, at);
  return !borrows(o, at, slot);
}

static void mark_shows(struct own *o, uint32_t at)
{
  struct look *l = o->l;
  struct plan_run runs[READS_MOST];
  unsigned n = plan_reads(l->plan, l->code[at], runs);
  uint16_t shown = 0;
  for (unsigned k = 0; k < n; k++)
    for (uint32_t i = 0; i < runs[k].count; i++) {
      uint16_t slot = (uint16_t)(runs[k].first + i), own = o->hidden[slot];
      if (own && own != shown && shows(o, at, slot))
        shown = shown ? SHOW_ALL : own;
    }
  if (!shown)
    return;
  if (is_update(o, at)) // of another slot: it is none then
    l->fast[borrowing_move(l, at)].op = OP_move;
  l->fast[at] = l->code[at];
  l->fast[at].op = FAST_show;
  o->shown[at] = shown;
}

// The temporary that an update reads is not filled: nobody else reads it.
static void drop_move(struct own *o, uint32_t update)
{
  struct look *l = o->l;
  uint32_t move = is_update(o, update) ? borrowing_move(l, update) : UINT32_MAX;
  if (move != UINT32_MAX && l->fast[move].op == OP_move)
    l->fast[move].op = l->fast[move + 1].op == OP_move ? FAST_second : OP_nop;
}

// ---- xs += [x] ----

static void mark_push(struct own *o, uint32_t at)
{
  struct look *l = o->l;
  const struct plan_code *i = &l->code[at];
  if (l->fast[at].op != FAST_own_concat_list || at < 3 || i[-1].op != OP_move ||
      i[-1].a != i->c + 1 || i[-2].op != OP_move || i[-2].a != i->c ||
      i[-2].b != i->a || i[-3].op != OP_list || i[-3].a != i[-1].b ||
      !o->hidden[i->a])
    return;
  if (l->fast[at - 1].op == OP_move && l->fast[at - 3].op == OP_list &&
      i[-3].a != i->a && slot_dead(l, at + 1, i[-3].a) &&
      slot_dead(l, at + 1, i[-1].a))
    l->fast[at - 3].op = FAST_own_push;
}

// ---- text += "…{x}…" ----

static void mark_append(struct own *o, uint32_t at)
{
  struct look *l = o->l;
  const struct plan_code *i = &l->code[at];
  if (l->fast[at].op != FAST_own_concat || at < 2 || i->c != 2 ||
      i[-1].op != OP_move || i[-1].a != i->b || i[-2].op != OP_concat ||
      i[-2].a != i->b + 1)
    return;
  if (l->fast[at - 2].op == OP_concat && slot_dead(l, at + 1, i[-2].a))
    l->fast[at - 2].op = FAST_own_append;
}

// The frame has the hidden slots behind its own.
static bool add_slots(struct engine *e, struct own *o)
{
  struct function *f = o->l->f;
  uint32_t n = f->n_slots + o->n_hidden;
  value *template = ARENA_ARRAY(&e->arena, n, value);
  uint16_t *hidden = ARENA_ARRAY(&e->arena, f->n_slots, uint16_t);
  if (!template || !hidden)
    return false;
  memcpy(template, f->template, f->n_slots * sizeof *template);
  memcpy(hidden, o->hidden, f->n_slots * sizeof *hidden);
  f->shown = o->shown;
  f->first_hidden = f->n_slots;
  f->template = template;
  f->hidden = hidden;
  f->n_slots = n;
  return true;
}

bool own_function(struct engine *e, struct look *l, struct arena *scratch)
{
  struct own o = {.l = l};
  if (!find_updates(&o, scratch))
    return false;
  if (!o.n_hidden)
    return true;
  if (!(o.shown = ARENA_ARRAY(&e->arena, l->n, uint16_t)))
    return false;
  for (uint32_t at = 0; at < l->n; at++)
    mark_shows(&o, at);
  for (uint32_t at = 0; at < l->n; at++) {
    mark_push(&o, at);
    mark_append(&o, at);
    drop_move(&o, at);
  }
  return add_slots(e, &o);
}
