// Lowering: from core to strands and code, which the plan and the pictures
// hold.
//
// Each function becomes one `struct code`, which hangs at function->note. Its
// slots are virtual while it is made and real (dense, shared by what lives at
// different times) when lowering is done. A graph's code is cut into strands.
#ifndef SG_LOWER_H
#define SG_LOWER_H

#include "compiler/core.h"

#define NO_SLOT UINT32_MAX

// One instruction, wider than the plan's. `b` is, where the row of opcodes.def
// says W_CONST, W_SITE or W_JUMP, an index into code->constants, into
// code->sites, or of the instruction that is jumped to. `run`: slots of the REG
// operand.
struct ins {
  enum opcode op;
  uint32_t a, b, c;
  uint32_t run;
  struct span span;
};

struct slot {
  const struct type *type; // a base
  atom name;               // a local's, or NULL
};

struct site {
  const struct core_call
      *call;                 // NULL: `function` is the body of a comprehension
  struct function *function; // SITE_function
  enum plan_site_kind kind;
  const struct type *result; // a base
  uint32_t first, count;
  uint32_t pending; // how many in the run may be or hold futures
  struct span span;
};

enum strand_kind {
  STRAND_call,
  STRAND_each,
  STRAND_glue,
  STRAND_choose,
  STRAND_return
};

struct edge {
  uint32_t strand;
  enum plan_edge_kind kind;
};

struct strand {
  enum strand_kind kind;
  uint32_t entry, end; // instructions of it: entry … end - 1
  uint32_t n_inputs;
  struct edge *feeds; // sorted by strand
  uint32_t n_feeds;
  const char *label;
  const struct core *call; // of STRAND_call
  const struct type *type; // of what it gives, as declared; NULL: nothing
  bool step;               // a choose that asks whether a step goes on
  struct core_route route; // of a choose
  bool returns;            // what it gives is the graph's result
  struct span span;
};

struct code {
  struct function *function;
  const struct type **given; // of the parameters, where calls may be out among
                             // what it is given; or NULL
  struct ins *ins;
  uint32_t n_ins, room_ins;
  struct slot *slots;
  uint32_t n_slots, room_slots;
  struct site *sites;
  uint32_t n_sites, room_sites;
  const struct constant **constants;
  uint32_t n_constants, room_constants;
  const struct type **types; // that json is read into
  uint32_t n_types, room_types;
  struct strand *strands; // of a graph
  uint32_t n_strands;
  uint32_t *units, room_units; // by virtual slot: first of its run
  uint8_t waits;               // see function_waits
  struct blocking *blocking;   // blocks.c's
  uint32_t seen;               // by the walk of this number (dot_calls.c)
};

// Lowers every function of the program (tests only where `tests` says so), and
// adds the functions that comprehensions become to program->functions. What
// cannot be lowered is reported.
struct compile;
void lower_program(struct compile *c, struct program *p, bool tests);

static inline struct code *code_of(const struct function *f)
{
  return f->note;
}

// For --dump=graph: strands and code of every function.
void lower_dump(const struct program *p, struct buf *out);

// ---- what the fields of an instruction mean ----
enum operand {
  OPERAND_none,
  OPERAND_dst,
  OPERAND_src,
  OPERAND_num,
  OPERAND_reg,
  OPERAND_const,
  OPERAND_site,
  OPERAND_jump,
};
struct opcode_shape {
  uint8_t a, b, c; // enum operand; of wide ones b
};
extern const struct opcode_shape opcode_shapes[OPCODES];

// Calls `visit` with each slot that an instruction names, and with the first
// slot and length of each run.
enum slot_use { USE_read, USE_write };
typedef void slot_visit(void *user, uint32_t *slot, uint32_t count,
                        enum slot_use);
void ins_slots(const struct code *code, struct ins *i, slot_visit *visit,
               void *user);

#endif
