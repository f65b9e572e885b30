// In: the rows of opcodes.def. Out: the same as data, for verifier and dump.
#include "grammar/plan/operands.h"

#define IS___ {OPERAND_UNUSED, 0}
#define IS_NUM {OPERAND_NUMBER, 0}
#define IS_REG {OPERAND_RUN, 0}
#define IS_W_CONST {OPERAND_CONST, 0}
#define IS_W_SITE {OPERAND_SITE, 0}
#define IS_W_JUMP {OPERAND_JUMP, 0}

#define IS_D_ANY {OPERAND_WRITE, OPERAND_ANY}
#define IS_D_BOOL {OPERAND_WRITE, TYPE_bool}
#define IS_D_INT {OPERAND_WRITE, TYPE_int}
#define IS_D_FLOAT {OPERAND_WRITE, TYPE_float}
#define IS_D_STR {OPERAND_WRITE, TYPE_str}
#define IS_D_LIST {OPERAND_WRITE, TYPE_list}
#define IS_D_MAP {OPERAND_WRITE, TYPE_map}
#define IS_D_UNION {OPERAND_WRITE, TYPE_union}
#define IS_D_STEP {OPERAND_WRITE, TYPE_step}
#define IS_D_OPTIONAL {OPERAND_WRITE, TYPE_optional}
#define IS_D_FUTURE {OPERAND_WRITE, TYPE_future}

#define IS_S_ANY {OPERAND_READ, OPERAND_ANY}
#define IS_S_BOOL {OPERAND_READ, TYPE_bool}
#define IS_S_INT {OPERAND_READ, TYPE_int}
#define IS_S_FLOAT {OPERAND_READ, TYPE_float}
#define IS_S_STR {OPERAND_READ, TYPE_str}
#define IS_S_LIST {OPERAND_READ, TYPE_list}
#define IS_S_MAP {OPERAND_READ, TYPE_map}
#define IS_S_OPTIONAL {OPERAND_READ, TYPE_optional}
#define IS_S_STREAM {OPERAND_READ, TYPE_stream}

const struct opcode_row opcode_rows[OPCODES] = {
#define OPCODE(name, a, b, c, rule, doc)                                       \
  {{IS_##a, IS_##b, IS_##c}, RULE_##rule},
#include "grammar/defs/opcodes.def"
#undef OPCODE
};
