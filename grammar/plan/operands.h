// The rows of opcodes.def as a table: what an instruction's fields mean.
#ifndef SG_PLAN_OPERANDS_H
#define SG_PLAN_OPERANDS_H

#include "grammar/plan/plan.h"

enum operand_form {
  OPERAND_UNUSED,
  OPERAND_WRITE, // a slot
  OPERAND_READ,  // a slot
  OPERAND_NUMBER,
  OPERAND_RUN,   // of slots
  OPERAND_CONST, // this and the next forms take b and c
  OPERAND_SITE,
  OPERAND_JUMP,
};
enum { OPERAND_ANY = TYPE_KINDS };

struct operand {
  uint8_t form;
  uint8_t kind; // of a slot's type; OPERAND_ANY: any
};

enum { WEIGHTS_ARGS = 3 }; // of OP_weights: dir, precision, prefix

// How the types of operands hang together: a check each in verify_rules.c.
#define OPCODE_RULES(X)                                                        \
  X(NONE) X(SAME) X(AMOUNT) X(EQUAL) X(ORDER) X(SHOW) X(CONCAT) X(CONST)       \
  X(LIST) X(TUPLE) X(PART) X(MAP) X(UNION) X(TAG) X(PAYLOAD) X(STEP) X(INDEX)  \
  X(KEY) X(PUSH) X(WRAP) X(UNWRAP) X(ISNONE) X(SELF) X(STATE) X(READ)         \
  X(WEIGHTS)                                                                  \
  X(OPERATOR) X(CALL) X(START) X(EACH) X(FORCE) X(RETURN) X(REPLY) X(TRY)     \
  X(END_TRY) X(FAIL) X(CLOSURE) X(STUB) X(SPAWN) X(EACH_LIMIT) X(YIELD) X(END) X(PIECE) \
  X(BATCH) X(ARRIVALS) X(CALLS) X(READY)
enum opcode_rule {
#define RULE_ENUM(rule) RULE_##rule,
  OPCODE_RULES(RULE_ENUM)
#undef RULE_ENUM
  RULES
};

struct opcode_row {
  struct operand operands[3]; // c is unused where b is wide
  enum opcode_rule rule;
};
extern const struct opcode_row opcode_rows[OPCODES];

static inline uint16_t plan_operand(struct plan_code i, unsigned k)
{
  return k == 0 ? i.a : k == 1 ? i.b : i.c;
}

// The slots that an instruction of a verified plan reads, as runs; how many runs.
enum { READS_MOST = 4 };
unsigned plan_reads(const struct plan *p, struct plan_code i,
                    struct plan_run out[READS_MOST]);

#endif
