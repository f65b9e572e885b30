// What the files of the verifier share. Nobody else includes this.
//
// A check is a question that answers true, or writes the reason and answers
// false. Each relies on those before it (the order stands in verify.c): after
// the ranges every reference may be followed, after the types every type is
// sound, and so on.
//
// Work is linear in the size of the file: what may be shared and therefore seen
// often (runs, a site used by many calls) is paid for out of `budget`.
#ifndef SG_PLAN_CHECK_H
#define SG_PLAN_CHECK_H

#include "grammar/base/arena.h"
#include "grammar/base/buf.h"
#include "grammar/plan/plan.h"

struct plan_check {
  const struct plan *p;
  char *why;
  size_t why_size;
  uint64_t budget;
  struct arena scratch;
  // by type
  uint8_t *future_depth; // parts of parts down to a future; 0: there is none
  // of the text: where bytes are that are not UTF-8, ascending
  uint32_t *bad;
  uint32_t n_bad;
  // one element a strand, an instruction: free for whoever works
  uint32_t *by_strand, *by_code;
  uint8_t *handlers;
};

// Writes the reason; false.
bool check_refuse(struct plan_check *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Takes from the budget; false, with a reason, when it is used up.
bool check_pay(struct plan_check *c, uint64_t work);
// Cleared scratch memory; NULL, with a reason, when there is none.
void *check_memory(struct plan_check *c, size_t count, size_t size);

bool check_ranges(struct plan_check *c);
bool check_utf8(struct plan_check *c);
bool check_types(struct plan_check *c);
bool check_consts(struct plan_check *c);
bool check_slots(struct plan_check *c);
bool check_serving(struct plan_check *c); // classes to apps, tests, program
bool check_routes(struct plan_check *c);
bool check_sites(struct plan_check *c);
bool check_functions(struct plan_check *c);

bool check_settings(struct plan_check *c, struct plan_run settings,
                    unsigned places, const char *what, uint32_t number);

// Whether a text is in range, NUL-terminated and UTF-8.
bool check_text(const struct plan_check *c, struct plan_text t);

static inline uint32_t base_of(const struct plan *p, uint32_t type)
{
  return p->types[type].base;
}
// The base type of a field of a run.
static inline uint32_t field_base(const struct plan *p, struct plan_run fields,
                                  uint32_t i)
{
  return base_of(p, p->fields[fields.first + i].type);
}
// Whether no parameter and not the result has a future in it.
bool check_border(struct plan_check *c, const struct plan_function *f);
// Whether two types are the same to a slot.
static inline bool base_same(const struct plan *p, uint32_t x, uint32_t y)
{
  return base_of(p, x) == base_of(p, y);
}
static inline bool has_future(const struct plan_check *c, uint32_t type)
{
  return c->future_depth[type] != 0;
}
// Whether `forced` is `type` with the futures in it taken out (both bases).
bool check_forced(struct plan_check *c, uint32_t forced, uint32_t type);

// One instruction at its place.
struct plan_at {
  struct plan_check *c;
  const struct plan *p;
  const struct plan_function *f;
  uint32_t number;           // of the function
  uint32_t at;               // of the instruction, in its function
  uint32_t low, high;        // jumps stay in low … high - 1
  struct plan_code i;
};
bool check_instruction(struct plan_at *at);
// As check_refuse, with the place first.
bool at_refuse(struct plan_at *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool at_refuse_kind(struct plan_at *at, uint32_t slot, const char *wanted);
bool at_run(struct plan_at *at, uint32_t first, uint64_t count);
bool at_has(struct plan_at *at, uint32_t slot, uint32_t type);
// Whether a slot may hold a call that is out: then it is refused.
bool at_is_out(struct plan_at *at, uint32_t slot);
static inline uint32_t at_type(const struct plan_at *at, uint32_t slot)
{
  return at->p->slots[at->f->slots.first + slot].type;
}
static inline uint32_t at_target(const struct plan_at *at)
{
  return at->at + 1 + plan_wide(at->i); // wraps as a signed distance does
}
// The rules of instructions that call.
bool at_operator(struct plan_at *at);
bool at_call(struct plan_at *at);
bool at_start(struct plan_at *at);
bool at_each(struct plan_at *at);
bool at_each_limit(struct plan_at *at);
bool at_closure(struct plan_at *at);
bool at_stub(struct plan_at *at);
bool at_spawn(struct plan_at *at);

#endif
