// In: the rows of opcodes.def. Out: the same as data, for verifier and dump.
#include "grammar/plan/operands.h"

#include "grammar/defs/signature.h"

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

static struct plan_run run_of(const struct plan *p, struct plan_code i)
{
  if (opcode_rows[i.op].operands[1].form == OPERAND_SITE) {
    const struct plan_site *s = &p->sites[plan_wide(i)];
    return (struct plan_run){s->first, s->count};
  }
  switch ((enum opcode)i.op) {
  case OP_concat:
  case OP_list:
  case OP_tuple:
    return (struct plan_run){i.b, i.c};
  case OP_map:
    return (struct plan_run){i.b, 2u * i.c};
  case OP_weights:
    return (struct plan_run){i.b, WEIGHTS_ARGS};
  case OP_op:
    return (struct plan_run){i.c, signature_of((enum operator_id)i.b)->n_params};
  default:
    return (struct plan_run){0, 0};
  }
}

unsigned plan_reads(const struct plan *p, struct plan_code i,
                    struct plan_run out[READS_MOST])
{
  unsigned n = 0;
  out[0] = run_of(p, i);
  n += out[0].count != 0;
  for (unsigned k = 0; k < 3; k++) {
    uint16_t x = plan_operand(i, k);
    bool read = opcode_rows[i.op].operands[k].form == OPERAND_READ ||
                (i.op == OP_push && k == 0) ||
                (i.op == OP_reply && k && x != PLAN_NO_SLOT);
    if (read)
      out[n++] = (struct plan_run){x, 1};
  }
  return n;
}
