// What a function's code reads, writes and reaches: see fast.h.
#include "runtime/vm/fast.h"

bool code_ends(struct plan_code i)
{
  switch ((enum opcode)i.op) {
  case OP_jump:
  case OP_return:
  case OP_fail:
  case OP_end:
  case OP_done:
  case OP_choose:
    return true;
  default:
    return false;
  }
}

uint16_t code_writes(struct plan_code i)
{
  bool writes = opcode_rows[i.op].operands[0].form == OPERAND_WRITE;
  return writes && i.op != OP_try ? i.a : PLAN_NO_SLOT;
}

bool code_reads(const struct plan *p, struct plan_code i, uint16_t slot)
{
  struct plan_run runs[READS_MOST];
  unsigned n = plan_reads(p, i, runs);
  for (unsigned k = 0; k < n; k++)
    if (slot - runs[k].first < runs[k].count)
      return true;
  return false;
}

static void reach(struct look *l, uint32_t at, uint32_t *n_todo)
{
  if (at >= l->n || l->seen[at] == l->walk)
    return;
  l->seen[at] = l->walk;
  l->todo[(*n_todo)++] = at;
}

// An error may lead to any handler.
bool slot_dead(struct look *l, uint32_t from, uint16_t slot)
{
  uint32_t n = 0;
  l->walk++;
  reach(l, from, &n);
  for (uint32_t i = 0; i < l->n_handlers; i++)
    reach(l, l->handlers[i], &n);
  while (n) {
    uint32_t at = l->todo[--n];
    struct plan_code i = l->code[at];
    if (!l->allowed || code_reads(l->plan, i, slot))
      return false;
    l->allowed--;
    if (code_writes(i) == slot)
      continue;
    if (code_jumps(i))
      reach(l, code_target(i, at), &n);
    if (!code_ends(i))
      reach(l, at + 1, &n);
  }
  return true;
}

bool look_begin(struct look *l, struct arena *a)
{
  l->label = ARENA_ARRAY(a, l->n + 1, uint8_t);
  l->seen = ARENA_ARRAY(a, l->n + 1, uint32_t);
  l->todo = ARENA_ARRAY(a, l->n + 1, uint32_t);
  l->handlers = ARENA_ARRAY(a, l->n + 1, uint32_t);
  if (!l->label || !l->seen || !l->todo || !l->handlers)
    return false;
  l->allowed = 64 * (uint64_t)l->n + 1000;
  for (uint32_t i = 0; i < l->n; i++) {
    if (l->code[i].op == OP_batch) // it reads parameters that it does not name
      l->allowed = 0;
    if (!code_jumps(l->code[i]))
      continue;
    l->label[code_target(l->code[i], i)] = 1;
    if (l->code[i].op == OP_try)
      l->handlers[l->n_handlers++] = code_target(l->code[i], i);
  }
  return true;
}
