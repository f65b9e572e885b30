// What the files of lowering share: a function's code while it is being made.
#ifndef SG_LOWER_CODE_H
#define SG_LOWER_CODE_H

#include "compiler/compile.h"
#include "compiler/lower.h"

struct graph;

// What an expression gave. It is in a slot, whose type may have futures in it,
// or it is still to be computed from values that nobody has waited for.
struct val {
  uint32_t slot;            // its type has futures in it where calls are out
  const struct type *plain; // the type without futures
  struct home *home;        // of the local that it was read from, or NULL
  struct later *later;      // or NULL
};

struct later {
  const struct core *e;
  struct val *args;
  const uint32_t *order; // in which they are evaluated; NULL: as they stand
  uint32_t run;          // first slot of the arguments' run, or NO_SLOT
  uint32_t dst;
  bool waits; // somewhere below is a call that is out
};

// Where a local's value is: what local->note points to.
struct home {
  struct local *local;
  uint32_t slot;
  uint32_t forced; // the slot of the value without futures, or NO_SLOT; known
                   // on this path only (see `trail`)
  struct known *known; // in a graph: who computes it (lower_graph.h)
  struct home *next;   // the one declared before
};

struct loop {
  struct loop *up;
  uint32_t *breaks, n_breaks, room_breaks;
  uint32_t *nexts, n_nexts, room_nexts;
  uint32_t tries;     // handlers that were open when it began
  struct home *scope; // what was declared before its body
};

struct lower_shared { // of all functions of a run
  struct program *program;
  struct function **identities;
  uint32_t n_identities, room_identities;
  uint8_t *tensors; // by type: whether it holds some, as far as was asked
  uint32_t room_tensors;
};

struct lower {
  struct compile *c;
  struct lower_shared *shared;
  struct code *code;
  struct arena *arena;   // for what the code refers to
  struct arena *scratch; // for what is needed until the function is lowered,
                         // the code itself too: it is copied when it is whole
  bool dead;             // the place is never reached: nothing is emitted
  uint32_t label;        // the last instruction that is jumped to
  struct span span;      // of what is being lowered
  struct home **trail;   // homes whose `forced` was learnt, oldest first
  uint32_t n_trail, room_trail;
  struct loop *loop;
  uint32_t tries;
  struct home *scope;  // locals of the innermost block, newest first
  struct graph *graph; // or NULL
};

// Doubles an array of the arena, which is full.
void *lower_grow(struct arena *a, void *rows, uint32_t *room, size_t size);
#define LOWER_PUSH(arena, rows, n, room, row)                                  \
  ((void)((n) < (room) ||                                                      \
          ((rows) = lower_grow((arena), (rows), &(room), sizeof *(rows)), 0)), \
   (rows)[(n)++] = (row))

// ---- slots ----
uint32_t slot_new(struct lower *l, const struct type *type, atom name);
uint32_t slot_run(struct lower *l,
                  uint32_t count); // types are set by the first write
static inline uint32_t slot_or(struct lower *l, uint32_t dst)
{
  return dst == NO_SLOT ? slot_new(l, NULL, NULL) : dst;
}
// Readies `dst` (or a new slot) to be written as `type`.
uint32_t slot_for(struct lower *l, uint32_t dst, const struct type *type);

// ---- instructions ----
uint32_t code_add(struct lower *l, enum opcode op, uint32_t a, uint32_t b,
                  uint32_t c);
void code_add_run(struct lower *l, enum opcode op, uint32_t a, uint32_t b,
                  uint32_t c, uint32_t run);
void code_push(struct lower *l, struct ins i); // the place is not dead
uint32_t code_jump(struct lower *l, enum opcode op, uint32_t a); // to be aimed
void code_aim(struct lower *l, uint32_t jump);                   // to here
void code_jump_to(struct lower *l, uint32_t to);
uint32_t code_here(struct lower *l); // a label
void code_const(struct lower *l, uint32_t dst, const struct constant *c);
void code_int(struct lower *l, uint32_t dst, int64_t i);
void code_move(struct lower *l, uint32_t dst, uint32_t src);
void code_call(struct lower *l, enum opcode op, uint32_t dst, struct site site);

// ---- tensors (lower_ready.c) ----
// Before an instruction is added: tensors that it needs are computed.
void code_make_ready(struct lower *l, const struct ins *i);
bool type_holds_tensor(struct lower *l, const struct type *t);
bool operator_needs_tensors(enum operator_id id); // of its arguments

// ---- what is known on this path only ----
static inline uint32_t trail_mark(const struct lower *l)
{
  return l->n_trail;
}
void trail_undo(struct lower *l, uint32_t mark);
void trail_learn(struct lower *l, struct home *h, uint32_t slot);

// ---- types ----
const struct type *type_slot(struct lower *l, const struct type *t); // its base
const struct type *type_kind(struct lower *l,
                             enum type_kind kind); // a simple one

// ---- locals ----
struct home *home_new(struct lower *l, struct local *local);
struct home *home_of(const struct local *local);

// ---- facts (lower_facts.c) ----
// Whether evaluating may wait: a call of a deployment, a sleep, a helper that
// does.
bool core_waits(const struct core *e);
bool function_waits(struct function *f);
// Whether the field of a replica (CORE_SELF) is state, which may change.
bool core_is_state(const struct lower *l, const struct core *e);
// Locals that are read in `e` and bound outside of it, each once.
void core_free(struct arena *a, const struct core *e, struct local ***out,
               uint32_t *n);

// ---- expressions (lower_expr.c) ----
// Evaluates as far as it goes without waiting; into `dst` where that is a slot.
struct val lower_later(struct lower *l, const struct core *e, uint32_t dst);
// The same, but in a slot: only calls may be out.
struct val lower_slot(struct lower *l, const struct core *e, uint32_t dst);
// Waited for, even if in a graph a strand of its own computes it.
uint32_t lower_uncut(struct lower *l, const struct core *e, uint32_t dst);
// Waited for.
uint32_t lower_value(struct lower *l, const struct core *e, uint32_t dst);
// The arguments of `e`, all of them begun before the first is waited for: the
// first slot of their run.
uint32_t lower_values(struct lower *l, const struct core *e);
static inline struct val val_in_slot(uint32_t slot, const struct type *plain)
{
  return (struct val){.slot = slot, .plain = plain};
}
struct val val_settle(struct lower *l, struct val v);
uint32_t val_force(struct lower *l, struct val v, uint32_t dst);
bool val_pending(const struct lower *l, const struct val *v);
void lower_not_built(struct lower *l, enum diag_id id, struct span at);

// Whether the value is never a future: it may be evaluated where a plain one is
// wanted.
bool core_surely_plain(const struct core *e);

// The order in which the arguments are evaluated, which is that in which they
// are written, wherever the operation wants them: `x > y` is y < x, names may
// stand in any order. NULL: as they are.
const uint32_t *lower_order(struct lower *l, const struct core *e);

// In part evaluated (lower_branch.c): and, or; if; let in; fail.
struct val lower_short(struct lower *l, const struct core *e, uint32_t dst);
struct val lower_choice(struct lower *l, const struct core *e, uint32_t dst);
struct val lower_in_let(struct lower *l, const struct core *e, uint32_t dst);
struct val lower_fail(struct lower *l, const struct core *e, uint32_t dst);

// The instruction of `e` over arguments that are there (lower_op.c); futures
// stay where it only passes them on.
bool op_takes_run(const struct core *e);
bool op_passes_on(const struct core *e); // does not need its arguments
struct val op_emit(struct lower *l, const struct core *e,
                   const struct val *args, uint32_t run, uint32_t dst);

// A value as a future, where calls stand beside it (lower_lift.c): a call, of
// type `call`, of a helper that gives it back. `held`: the type of its slot, in
// which calls may be.
const struct type *lift_type(struct lower *l, const struct type *plain);
struct site lift_site(struct lower *l, uint32_t slot, const struct type *held,
                      const struct type *call);
// The same of the elements of a list, in each of which calls stand, for
// OP_each.
struct site lift_site_of(struct lower *l, uint32_t list,
                         const struct type *plain);

// ---- functions that are made (lower_helper.c) ----
// A body like that, which is lowered behind the one that is being lowered.
struct function *helper_add(struct lower *l, struct function like);
// The call of a helper that makes the call and, when it fails, gives what it
// falls back on.
struct core *lower_fallback(struct lower *l, const struct core *e);
void lower_spawn(struct lower *l, const struct core *e);

// ---- comprehensions (lower_each.c) ----
struct val lower_each(struct lower *l, const struct core *e, uint32_t dst);
// for item(, second) in `list`: emits the head, and gives what the tail needs.
// `index` and `one` are NO_SLOT where nothing is counted, `stream` where what
// is walked is none.
struct walk {
  uint32_t list, map, stream, count, index, one, top, end;
};
void walk_list(struct lower *l, struct walk *w, struct local *item,
               struct local *second); // that is in w->list
void walk_open(struct lower *l, struct walk *w, const struct core *list,
               struct local *item, struct local *second);
void walk_close(struct lower *l, struct walk *w);

// ---- state (lower_settle.c) ----
// What is left of a value that state is set to, when all in it that may wait is
// there; the state is read behind that.
const struct core *lower_settled(struct lower *l, const struct core *e);

// ---- results as they come (lower_arrivals.c) ----
// `for item(, second) in as_completed(list)`, as walk_open; where the calls are
// nobody else's, *calls is the slot that holds them, else NO_SLOT.
void arrivals_open(struct lower *l, struct walk *w, const struct stmt *s,
                   uint32_t *calls);

// ---- graphs (lower_graph.c, lower_strand.c) ----
// The slot of a local of a graph, which is computed now if nobody did it
// before.
uint32_t graph_local(struct lower *l, struct home *h);
// Whether `e` is computed by a strand of its own; then `*slot` holds it.
bool graph_cut(struct lower *l, const struct core *e, uint32_t *slot);

// ---- functions ----
void lower_body(struct lower *l, struct function *f);
void lower_graph(struct lower *l, struct function *f);
// Constants go before the loops that need them (lower_hoist.c).
void hoist_constants(struct lower *l);
// From virtual slots to real ones (lower_slots.c).
void assign_slots(struct lower *l);

#endif
