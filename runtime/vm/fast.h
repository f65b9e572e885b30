// The engine's own copy of a plan's code, and what is quicker in it. The plan
// has been verified, so all that is asked here is which instructions belong
// together and who else can see a value.
#ifndef SG_FAST_H
#define SG_FAST_H

#include "grammar/plan/operands.h"
#include "runtime/vm/vm.h"

enum fast {
  FAST_BEFORE = OPCODES - 1,
#define FAST(name, doc) FAST_##name,
#define FAST_COMPARE(name, test)                                               \
  FAST_##name, FAST_##name##_if, FAST_##name##_not,
#define FAST_INTS(x, y) FAST_##x##_##y##_i,
#define FAST_MOD(x) FAST_##x##_mod_i,
#define FAST_FLOATS(x, sign, y, other) FAST_##x##_##y##_f,
#include "runtime/vm/fast.def"
#undef FAST
#undef FAST_COMPARE
#undef FAST_INTS
#undef FAST_MOD
#undef FAST_FLOATS
  FAST_END
};
enum { SHOW_ALL = UINT16_MAX };

// What is known of a function's code while it is being made quick.
struct look {
  const struct engine *engine;
  const struct plan *plan;
  struct function *f;
  const struct plan_code *code; // the plan's
  struct plan_code *fast;       // as long
  uint32_t n;
  uint8_t *label;     // by instruction: something jumps there
  uint32_t *handlers; // where handlers begin
  uint32_t n_handlers;
  uint32_t *seen, walk; // by instruction: in which walk it was last reached
  uint32_t *todo;       // of a walk
  uint64_t allowed;     // steps that all walks may take together
};

// Looks the code over; what it needs lies in `a`. False when memory is out.
bool look_begin(struct look *l, struct arena *a);
bool code_ends(struct plan_code i); // what is behind is not reached from here
static inline bool code_jumps(struct plan_code i)
{
  return opcode_rows[i.op].operands[1].form == OPERAND_JUMP;
}
static inline uint32_t code_target(struct plan_code i, uint32_t at)
{
  return at + 1 + plan_wide(i);
}
// The slot that is written, or PLAN_NO_SLOT.
uint16_t code_writes(struct plan_code i);
bool code_reads(const struct plan *p, struct plan_code i, uint16_t slot);
// Whether nobody reads what the slot holds when `from` is about to run; false
// also where that would take long to find out.
bool slot_dead(struct look *l, uint32_t from, uint16_t slot);

// Changes in place what nobody else can see (own.c). False when memory is out.
bool own_function(struct engine *e, struct look *l, struct arena *scratch);

// Makes the function's code quick: `fast` is the engine's copy of it, and
// becomes f->code. False when memory is out.
bool quicken(struct engine *e, struct function *f, struct plan_code *fast,
             struct arena *scratch);

#endif
