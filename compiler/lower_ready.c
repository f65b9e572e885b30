// Where tensors are needed.
//
// Operators of tensors only note what is to be computed, so a value may hold
// tensors whose elements nobody has computed yet. It may be named, put into
// something, and passed to a helper like that. Before an instruction that looks
// at elements, gives the value to another deployment, keeps it or returns it
// stands `ready`.
#include "compiler/lower_code.h"

#include "grammar/defs/signature.h"

// ---- which types hold tensors ----

enum { UNKNOWN, NO, YES, ASKED };

static uint8_t *answer_of(struct lower *l, const struct type *t)
{
  struct lower_shared *s = l->shared;
  if (t->number >= s->room_tensors) {
    uint32_t room = (t->number + 64) * 2;
    s->tensors =
        arena_grow(l->arena, s->tensors, s->room_tensors * sizeof *s->tensors,
                   room * sizeof *s->tensors);
    memset(s->tensors + s->room_tensors, UNKNOWN, room - s->room_tensors);
    s->room_tensors = room;
  }
  return &s->tensors[t->number];
}

struct asked { // types under way: one that comes back to itself adds nothing
  struct asked *up;
  const struct type *type;
};

static bool ask(struct lower *l, const struct type *t, struct asked **all)
{
  uint8_t known = *answer_of(l, t);
  if (known)
    return known == YES;
  bool is = t->kind == TYPE_tensor;
  struct asked *a = ARENA_NEW(l->scratch, struct asked);
  *a = (struct asked){*all, t};
  *all = a;
  *answer_of(l, t) = ASKED;
  is = is || (t->of && ask(l, t->of, all));
  bool parts = t->kind != TYPE_callable && t->kind != TYPE_tensor;
  for (uint32_t i = 0; parts && i < t->n_parts && !is; i++)
    is = t->parts[i].type && ask(l, t->parts[i].type, all);
  if (is)
    *answer_of(l, t) = YES;
  return is;
}

bool type_holds_tensor(struct lower *l, const struct type *t)
{
  struct asked *all = NULL;
  uint8_t known = *answer_of(l, t);
  if (known)
    return known == YES;
  bool is = ask(l, t, &all);
  for (; all; all = all->up) // of those in a circle only the whole is known
    if (*answer_of(l, all->type) == ASKED)
      *answer_of(l, all->type) = is ? UNKNOWN : NO;
  return is;
}

// ---- who needs them ----

bool operator_needs_tensors(enum operator_id id)
{
  switch (id) {
  case OPERATOR_len_list: // what moves values, as they are
  case OPERATOR_len_map:
  case OPERATOR_put:
  case OPERATOR_put_list:
  case OPERATOR_get:
  case OPERATOR_remove:
  case OPERATOR_merge:
  case OPERATOR_keys:
  case OPERATOR_values:
  case OPERATOR_zip:
  case OPERATOR_concat_list:
  case OPERATOR_slice_list:
  case OPERATOR_reversed:
  case OPERATOR_chunks:
  case OPERATOR_list_flatten:
  case OPERATOR_list_filled:
    return false;
  default:
    return !(signature_of(id)->attributes & (OPERATOR_TENSOR | OPERATOR_DIMS));
  }
}

static void ready(struct lower *l, uint32_t slot, bool result)
{
  const struct type *t = l->code->slots[slot].type;
  if (t && type_holds_tensor(l, t))
    code_push(l, (struct ins){.op = OP_ready, .a = slot, .b = result});
}

static void ready_run(struct lower *l, uint32_t first, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++)
    ready(l, first + i, false);
}

// A helper takes them as they are.
static bool goes_out(const struct site *s)
{
  return s->kind != SITE_function || (s->function && s->function->batch);
}

void code_make_ready(struct lower *l, const struct ins *i)
{
  const struct site *s;
  switch (i->op) {
  case OP_op:
    if (operator_needs_tensors(i->b))
      ready_run(l, i->c, i->run);
    break;
  case OP_call:
  case OP_start:
  case OP_spawn:
    s = &l->code->sites[i->b];
    if (goes_out(s) || i->op == OP_spawn)
      ready_run(l, s->first, s->count);
    break;
  case OP_text:
    ready(l, i->b, false);
    break;
  case OP_return:
    ready(l, i->a, true);
    break;
  case OP_yield:
  case OP_set_self:
    ready(l, i->a, false);
    break;
  default:
    break;
  }
}
