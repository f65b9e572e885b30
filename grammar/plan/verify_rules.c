// Instructions: what kinds their operands have, by the table, and how these
// hang together, by one small check for each rule of opcodes.def.
#include "grammar/plan/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "grammar/plan/operands.h"
#include "grammar/plan/print.h"

bool at_refuse(struct plan_at *at, const char *format, ...)
{
  char reason[320], label[PLAN_LABEL];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return check_refuse(at->c, "function %u '%s', instruction %u %s: %s",
                      at->number, plan_label(label, at->p, at->f->name),
                      at->at, opcode_name((enum opcode)at->i.op), reason);
}

// "slot 3 is str, not int"
static bool refuse_type(struct plan_at *at, uint32_t slot, uint32_t type)
{
  struct buf is = {0}, wanted = {0};
  plan_print_type(at->p, at_type(at, slot), false, &is);
  plan_print_type(at->p, type, false, &wanted);
  at_refuse(at, "slot %u is %.100s, not %.100s", slot, is.data ? is.data : "?",
            wanted.data ? wanted.data : "?");
  buf_free(&is);
  buf_free(&wanted);
  return false;
}

bool at_refuse_kind(struct plan_at *at, uint32_t slot, const char *wanted)
{
  struct buf is = {0};
  plan_print_type(at->p, at_type(at, slot), false, &is);
  at_refuse(at, "slot %u is %.100s, not %s", slot, is.data ? is.data : "?",
            wanted);
  buf_free(&is);
  return false;
}

static const struct plan_type *type_at(const struct plan_at *at, uint32_t slot)
{
  return &at->p->types[at_type(at, slot)];
}

static enum type_kind kind_at(const struct plan_at *at, uint32_t slot)
{
  return (enum type_kind)type_at(at, slot)->kind;
}

static uint32_t field_type(const struct plan_at *at, struct plan_run fields,
                           uint32_t i)
{
  return base_of(at->p, at->p->fields[fields.first + i].type);
}

bool at_has(struct plan_at *at, uint32_t slot, uint32_t type)
{
  return at_type(at, slot) == type || refuse_type(at, slot, type);
}

bool at_run(struct plan_at *at, uint32_t first, uint64_t count)
{
  uint32_t n = at->f->slots.count;
  if (first > n || count > n - first)
    return at_refuse(at, "slots %u … +%llu go beyond %u", first,
                     (unsigned long long)count, n);
  return check_pay(at->c, count);
}

bool at_is_out(struct plan_at *at, uint32_t slot)
{
  if (!has_future(at->c, at_type(at, slot)))
    return false;
  at_refuse(at, "slot %u holds a call that may be out", slot);
  return true;
}

static bool is_kind(struct plan_at *at, uint32_t slot, enum type_kind kind)
{
  return kind_at(at, slot) == kind ||
         at_refuse_kind(at, slot, type_kind_name(kind));
}

// ---- operands by the table ----
static bool is_slot(struct plan_at *at, uint32_t slot, unsigned kind)
{
  if (slot >= at->f->slots.count)
    return at_refuse(at, "there is no slot %u", slot);
  return kind == OPERAND_ANY || is_kind(at, slot, (enum type_kind)kind);
}

static bool is_operand(struct plan_at *at, unsigned k)
{
  struct operand o = opcode_rows[at->i.op].operands[k];
  uint32_t n = plan_operand(at->i, k), wide = plan_wide(at->i);
  switch (o.form) {
  case OPERAND_UNUSED:
    if (k == 2 && opcode_rows[at->i.op].operands[1].form >= OPERAND_CONST)
      return true; // a part of b
    return !n || at_refuse(at, "%c is %u, not 0", 'a' + (int)k, n);
  case OPERAND_WRITE:
  case OPERAND_READ:
    return is_slot(at, n, o.kind);
  case OPERAND_CONST:
    return wide < at->p->n_consts ||
           at_refuse(at, "there is no constant %u", wide);
  case OPERAND_SITE:
    return wide < at->p->n_sites || at_refuse(at, "there is no site %u", wide);
  case OPERAND_JUMP:
    return (at_target(at) >= at->low && at_target(at) < at->high) ||
           at_refuse(at, "it goes to %d, out of %u … %u", (int)at_target(at),
                     at->low, at->high - 1);
  default:
    return true; // the rule's business
  }
}

// ---- rules: values ----
static bool rule_NONE(struct plan_at *at)
{
  return true;
}

static bool rule_SAME(struct plan_at *at)
{
  return at_has(at, at->i.b, at_type(at, at->i.a));
}

static bool rule_AMOUNT(struct plan_at *at)
{
  uint32_t type = at_type(at, at->i.a);
  enum type_kind kind = kind_at(at, at->i.a);
  if (kind != TYPE_duration && kind != TYPE_size)
    return at_refuse_kind(at, at->i.a, "duration or size");
  return at_has(at, at->i.b, type) && at_has(at, at->i.c, type);
}

static bool rule_EQUAL(struct plan_at *at)
{
  return at_has(at, at->i.c, at_type(at, at->i.b)) && !at_is_out(at, at->i.b);
}

static bool rule_ORDER(struct plan_at *at)
{
  switch (kind_at(at, at->i.b)) {
  case TYPE_int: case TYPE_float: case TYPE_str: case TYPE_bytes:
  case TYPE_duration: case TYPE_size: case TYPE_time: case TYPE_percent:
    return at_has(at, at->i.c, at_type(at, at->i.b));
  default:
    return at_refuse_kind(at, at->i.b, "ordered");
  }
}

static bool rule_SHOW(struct plan_at *at)
{
  return !at_is_out(at, at->i.b);
}

static bool rule_CONCAT(struct plan_at *at)
{
  if (!at_run(at, at->i.b, at->i.c))
    return false;
  for (uint32_t k = 0; k < at->i.c; k++)
    if (!is_kind(at, at->i.b + k, TYPE_str))
      return false;
  return true;
}

static bool rule_CONST(struct plan_at *at)
{
  const struct plan_const *v = &at->p->consts[plan_wide(at->i)];
  return at_has(at, at->i.a, base_of(at->p, v->type));
}

static bool rule_FAIL(struct plan_at *at)
{
  return true; // its kinds say it
}

// ---- rules: containers ----
static bool rule_LIST(struct plan_at *at)
{
  if (!at_run(at, at->i.b, at->i.c))
    return false;
  for (uint32_t k = 0; k < at->i.c; k++)
    if (!at_has(at, at->i.b + k, type_at(at, at->i.a)->of))
      return false;
  return true;
}

static bool is_tuple(struct plan_at *at, uint32_t slot)
{
  enum type_kind kind = kind_at(at, slot);
  return kind == TYPE_tuple || kind == TYPE_record ||
         at_refuse_kind(at, slot, "tuple or record");
}

static bool rule_TUPLE(struct plan_at *at)
{
  if (!is_tuple(at, at->i.a) || !at_run(at, at->i.b, at->i.c))
    return false;
  struct plan_run fields = type_at(at, at->i.a)->fields;
  if (fields.count != at->i.c)
    return at_refuse(at, "%u parts for %u", at->i.c, fields.count);
  for (uint32_t k = 0; k < at->i.c; k++)
    if (!at_has(at, at->i.b + k, field_type(at, fields, k)))
      return false;
  return true;
}

static bool rule_PART(struct plan_at *at)
{
  if (!is_tuple(at, at->i.b))
    return false;
  struct plan_run fields = type_at(at, at->i.b)->fields;
  if (at->i.c >= fields.count)
    return at_refuse(at, "there is no part %u", at->i.c);
  return at_has(at, at->i.a, field_type(at, fields, at->i.c));
}

static bool rule_MAP(struct plan_at *at)
{
  if (!at_run(at, at->i.b, (uint64_t)at->i.c * 2))
    return false;
  for (uint32_t k = 0; k < at->i.c; k++)
    if (!is_kind(at, at->i.b + 2 * k, TYPE_str) ||
        !at_has(at, at->i.b + 2 * k + 1, type_at(at, at->i.a)->of))
      return false;
  return true;
}

static bool rule_INDEX(struct plan_at *at)
{
  return at_has(at, at->i.a, type_at(at, at->i.b)->of);
}

static bool rule_KEY(struct plan_at *at)
{
  return at_has(at, at->i.a, type_at(at, at->i.b)->of);
}

static bool rule_PUSH(struct plan_at *at)
{
  return at_has(at, at->i.b, type_at(at, at->i.a)->of);
}

static bool rule_WRAP(struct plan_at *at)
{
  return at_has(at, at->i.b, type_at(at, at->i.a)->of);
}

static bool rule_UNWRAP(struct plan_at *at)
{
  return at_has(at, at->i.a, type_at(at, at->i.b)->of);
}

static bool rule_ISNONE(struct plan_at *at)
{
  return true; // its kinds say it
}

// ---- rules: unions and steps ----
// What a tag of a union or step carries; PLAN_NONE, with a reason, for no tag.
static uint32_t payload_type(struct plan_at *at, const struct plan_type *t,
                             uint32_t tag)
{
  uint32_t tags = t->kind == TYPE_step ? STEP_respond + 1 : t->fields.count;
  if (tag >= tags) {
    at_refuse(at, "there is no tag %u", tag);
    return PLAN_NONE;
  }
  return t->kind == TYPE_step ? t->of : field_type(at, t->fields, tag);
}

static bool is_tagged(struct plan_at *at, uint32_t slot)
{
  enum type_kind kind = kind_at(at, slot);
  return kind == TYPE_union || kind == TYPE_step ||
         at_refuse_kind(at, slot, "union or step");
}

static bool rule_UNION(struct plan_at *at)
{
  uint32_t type = payload_type(at, type_at(at, at->i.a), at->i.b);
  return type != PLAN_NONE && at_has(at, at->i.c, type);
}

static bool rule_STEP(struct plan_at *at)
{
  return rule_UNION(at);
}

static bool rule_TAG(struct plan_at *at)
{
  return is_tagged(at, at->i.b);
}

static bool rule_PAYLOAD(struct plan_at *at)
{
  if (!is_tagged(at, at->i.b))
    return false;
  uint32_t type = payload_type(at, type_at(at, at->i.b), at->i.c);
  return type != PLAN_NONE && at_has(at, at->i.a, type);
}

// ---- rules: the replica ----
static const struct plan_class *class_of(struct plan_at *at)
{
  if (at->f->class == PLAN_NONE) {
    at_refuse(at, "its function belongs to no class");
    return NULL;
  }
  const struct plan_class *c = &at->p->classes[at->f->class];
  if (at->i.b < c->fields.count)
    return c;
  at_refuse(at, "there is no field %u", at->i.b);
  return NULL;
}

static bool rule_SELF(struct plan_at *at)
{
  const struct plan_class *c = class_of(at);
  return c && at_has(at, at->i.a, field_type(at, c->fields, at->i.b));
}

static bool rule_STATE(struct plan_at *at)
{
  const struct plan_class *c = class_of(at);
  if (!c)
    return false;
  uint32_t first = c->n_params;
  if (at->f->kind != FUNCTION_init)
    first += c->n_lets;
  if (at->i.b < first)
    return at_refuse(at, "field %u is not to be set here", at->i.b);
  return at_has(at, at->i.a, field_type(at, c->fields, at->i.b));
}

static bool rule_READ(struct plan_at *at)
{
  if (kind_at(at, at->i.b) != TYPE_json)
    return at_refuse_kind(at, at->i.b, "json");
  if (at->i.c >= at->p->n_types)
    return at_refuse(at, "there is no type %u", at->i.c);
  return at_has(at, at->i.a, base_of(at->p, at->i.c));
}

static bool rule_WEIGHTS(struct plan_at *at)
{
  if (!at_run(at, at->i.b, WEIGHTS_ARGS))
    return false;
  for (uint32_t k = 0; k < WEIGHTS_ARGS; k++)
    if (kind_at(at, at->i.b + k) != TYPE_str)
      return at_refuse_kind(at, at->i.b + k, "str");
  if (at->i.c >= at->p->n_types)
    return at_refuse(at, "there is no type %u", at->i.c);
  return at_has(at, at->i.a, base_of(at->p, at->i.c));
}

// ---- rules: calls and the way on ----
static bool rule_OPERATOR(struct plan_at *at)
{
  return at_operator(at);
}

static bool rule_CALL(struct plan_at *at)
{
  return at_call(at);
}

static bool rule_START(struct plan_at *at)
{
  return at_start(at);
}

static bool rule_EACH(struct plan_at *at)
{
  return at_each(at);
}

static bool rule_CLOSURE(struct plan_at *at)
{
  return at_closure(at);
}

static bool rule_STUB(struct plan_at *at)
{
  return at_stub(at);
}

static bool rule_SPAWN(struct plan_at *at)
{
  return at_spawn(at);
}

static bool rule_EACH_LIMIT(struct plan_at *at)
{
  return at_each_limit(at);
}

static bool rule_FORCE(struct plan_at *at)
{
  if (check_forced(at->c, at_type(at, at->i.a), at_type(at, at->i.b)))
    return true;
  return at_refuse(at, "slot %u is not slot %u without futures", at->i.a,
                   at->i.b);
}

static bool rule_RETURN(struct plan_at *at)
{
  return at_has(at, at->i.a, base_of(at->p, at->f->result));
}

// T of the stream T that the function gives.
static bool is_stream_function(struct plan_at *at, uint32_t *piece)
{
  const struct plan_type *t = &at->p->types[base_of(at->p, at->f->result)];
  if (at->f->kind != FUNCTION_body)
    return at_refuse(at, "only bodies have pieces of their own");
  if (t->kind != TYPE_stream)
    return at_refuse(at, "its function does not give a stream");
  *piece = t->of;
  return true;
}

static bool rule_YIELD(struct plan_at *at)
{
  uint32_t piece = 0;
  return is_stream_function(at, &piece) && at_has(at, at->i.a, piece);
}

static bool rule_END(struct plan_at *at)
{
  uint32_t piece = 0;
  return is_stream_function(at, &piece);
}

static bool rule_PIECE(struct plan_at *at)
{
  return at_has(at, at->i.a, type_at(at, at->i.b)->of);
}

// Whether a method is there for it is known when it runs: it fails otherwise.
static bool rule_BATCH(struct plan_at *at)
{
  if (at->f->kind != FUNCTION_body || at->f->class == PLAN_NONE)
    return at_refuse(at, "its function is none of a deployment");
  return at_has(at, at->i.a, base_of(at->p, at->f->result));
}

static bool is_calls(struct plan_at *at, uint32_t slot)
{
  const struct plan_type *t = type_at(at, slot);
  return at->p->types[t->of].kind == TYPE_future ||
         at_refuse_kind(at, slot, "a list of futures");
}

static bool rule_ARRIVALS(struct plan_at *at)
{
  const struct plan_type *t = type_at(at, at->i.a);
  bool numbers =
      t->kind == TYPE_stream && at->p->types[t->of].kind == TYPE_int;
  return (numbers || at_refuse_kind(at, at->i.a, "stream int")) &&
         is_calls(at, at->i.b);
}

static bool rule_CALLS(struct plan_at *at)
{
  return is_calls(at, at->i.a);
}

static bool rule_READY(struct plan_at *at)
{
  return at->i.b <= 1 || at_refuse(at, "it is neither needed nor a result");
}

static bool rule_REPLY(struct plan_at *at)
{
  if (at->i.a >= FORMS)
    return at_refuse(at, "there is no form %u", at->i.a);
  if (at->i.b != PLAN_NO_SLOT && !is_slot(at, at->i.b, TYPE_int))
    return false;
  if (at->i.c == PLAN_NO_SLOT)
    return true;
  if (!is_slot(at, at->i.c, TYPE_map))
    return false;
  return at->p->types[type_at(at, at->i.c)->of].kind == TYPE_str ||
         at_refuse_kind(at, at->i.c, "map str");
}

static bool rule_TRY(struct plan_at *at)
{
  static const enum type_kind parts[] = {TYPE_str, TYPE_str, TYPE_int};
  if (at->f->kind == FUNCTION_graph)
    return at_refuse(at, "a graph has no handlers");
  if (!is_kind(at, at->i.a, TYPE_record))
    return false;
  struct plan_run fields = type_at(at, at->i.a)->fields;
  for (uint32_t k = 0; k < 3; k++)
    if (fields.count != 3 ||
        at->p->types[field_type(at, fields, k)].kind != parts[k])
      return at_refuse_kind(at, at->i.a,
                         "{ message: str, kind: str, status: int }");
  return true;
}

static bool rule_END_TRY(struct plan_at *at)
{
  return at->f->kind != FUNCTION_graph ||
         at_refuse(at, "a graph has no handlers");
}

static bool (*const rules[RULES])(struct plan_at *) = {
#define RULE_ROW(rule) rule_##rule,
  OPCODE_RULES(RULE_ROW)
#undef RULE_ROW
};

bool check_instruction(struct plan_at *at)
{
  if (at->i.op >= OPCODES)
    return check_refuse(at->c, "function %u, instruction %u: there is no "
                        "opcode %u", at->number, at->at, at->i.op);
  for (unsigned k = 0; k < 3; k++)
    if (!is_operand(at, k))
      return false;
  return rules[opcode_rows[at->i.op].rule](at);
}
