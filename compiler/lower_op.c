// One instruction for one expression whose arguments are in slots.
//
// What only passes values on (a list, a record, a part of one) does so with
// futures too; the type of the slot that it writes says where they are.
#include "compiler/lower_code.h"

#include "grammar/defs/signature.h"

#include <string.h>

bool op_takes_run(const struct core *e)
{
  switch (e->kind) {
  case CORE_LIST:
  case CORE_TUPLE:
  case CORE_MAP:
  case CORE_CONCAT:
  case CORE_OPERATOR:
  case CORE_CALL:
  case CORE_CLOSURE:
    return true;
  default:
    return false;
  }
}

bool op_passes_on(const struct core *e)
{
  return e->kind == CORE_LIST || e->kind == CORE_TUPLE || e->kind == CORE_MAP ||
         e->kind == CORE_WRAP;
}

static const struct type *held(struct lower *l, const struct val *v)
{
  return l->code->slots[v->slot].type;
}

static bool any_pending(struct lower *l, const struct val *args, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    if (val_pending(l, &args[i]))
      return true;
  return false;
}

// ---- containers ----

static const struct type *tuple_type(struct lower *l, const struct core *e,
                                     const struct val *args)
{
  const struct type *base = type_slot(l, e->type);
  struct type_part *parts =
      ARENA_ARRAY(l->arena, e->n_args + 1, struct type_part);
  for (uint32_t i = 0; i < e->n_args; i++) {
    parts[i].name = base->parts[i].name;
    parts[i].type = held(l, &args[i]);
  }
  return type_slot(l,
                   type_parts(l->c->types, base->kind, parts, base->n_parts));
}

// The type of what holds `args`; of a list or map only if they are of one type.
static const struct type *container_type(struct lower *l, const struct core *e,
                                         const struct val *args)
{
  if (!any_pending(l, args, e->n_args))
    return type_slot(l, e->type);
  if (e->kind == CORE_TUPLE)
    return tuple_type(l, e, args);
  uint32_t step = e->kind == CORE_MAP ? 2 : 1;
  const struct type *item = held(l, &args[step - 1]);
  for (uint32_t i = step - 1; i < e->n_args; i += step)
    if (held(l, &args[i]) != item)
      return NULL;
  enum type_kind kind = e->kind == CORE_MAP    ? TYPE_map
                        : e->kind == CORE_LIST ? TYPE_list
                                               : TYPE_optional;
  return type_slot(l, type_of(l->c->types, kind, item));
}

// What is not of one type becomes a call of one each.
static uint32_t lift_run(struct lower *l, const struct val *args, uint32_t n,
                         uint32_t step, const struct type *call)
{
  uint32_t run = slot_run(l, n);
  for (uint32_t i = 0; i < n; i++) {
    const struct type *type = held(l, &args[i]);
    bool lift = i % step == step - 1 && type != call;
    slot_for(l, run + i, lift ? call : type);
    if (lift)
      code_call(l, OP_start, run + i, lift_site(l, args[i].slot, type, call));
    else
      code_move(l, run + i, args[i].slot);
  }
  return run;
}

static enum opcode container_op(const struct core *e)
{
  return e->kind == CORE_LIST  ? OP_list
         : e->kind == CORE_MAP ? OP_map
                               : OP_tuple;
}

static uint32_t emit_container(struct lower *l, const struct core *e,
                               const struct val *args, uint32_t run,
                               uint32_t dst)
{
  const struct type *t = container_type(l, e, args);
  if (!t) {
    enum type_kind kind = e->kind == CORE_MAP ? TYPE_map : TYPE_list;
    const struct type *call = lift_type(l, type_slot(l, e->type)->of);
    run = lift_run(l, args, e->n_args, kind == TYPE_map ? 2 : 1, call);
    t = type_slot(l, type_of(l->c->types, kind, call));
  }
  dst = slot_for(l, dst, t);
  uint32_t count = e->kind == CORE_MAP ? e->n_args / 2 : e->n_args;
  code_add_run(l, container_op(e), dst, run, count, e->n_args);
  return dst;
}

// ---- parts ----

// A part of a record that holds futures may be one.
static uint32_t emit_part(struct lower *l, const struct core *e,
                          const struct val *args, uint32_t dst)
{
  const struct type *from = held(l, &args[0]);
  const struct type *t = type_slot(l, e->type);
  if (e->kind == CORE_PART)
    t = from->parts[e->index].type;
  else if (val_pending(l, &args[0]))
    t = from->of;
  dst = slot_for(l, dst, t);
  if (e->kind == CORE_PART)
    code_add(l, OP_part, dst, args[0].slot, e->index);
  else
    code_add(l, e->kind == CORE_INDEX ? OP_index : OP_key, dst, args[0].slot,
             args[1].slot);
  return dst;
}

// ---- the others ----

static uint32_t emit_call(struct lower *l, const struct core *e, uint32_t run,
                          uint32_t dst)
{
  struct site site = {.call = &e->call,
                      .function = e->call.function,
                      .kind = e->call.kind,
                      .first = run,
                      .count = e->n_args};
  site.result = type_slot(l, e->type);
  dst = slot_for(l, dst, site.result);
  code_call(l, OP_call, dst, site);
  return dst;
}

// A method of what is known needs no handle. The site's call stands in a node
// of its own, for those who look at calls.
static uint32_t emit_closure(struct lower *l, const struct core *e,
                             uint32_t run, uint32_t dst)
{
  struct core *x = ARENA_NEW(l->arena, struct core);
  const struct core *handle = e->closure.method ? e->args[0] : NULL;
  bool known = handle && handle->kind == CORE_CONST;
  core_become(x, e);
  x->kind = CORE_CALL;
  x->call = (struct core_call){.kind = SITE_function,
                               .function = e->closure.function,
                               .method = e->closure.method};
  if (handle)
    x->call.kind = known ? SITE_method : SITE_handle;
  if (known)
    x->call.binding = handle->constant->binding;
  struct site site = {.call = &x->call,
                      .function = x->call.function,
                      .kind = x->call.kind,
                      .result = type_slot(l, e->type)->of,
                      .first = known ? 0 : run,
                      .count = known ? 0 : e->n_args};
  dst = slot_for(l, dst, type_slot(l, e->type));
  code_call(l, OP_closure, dst, site);
  return dst;
}

// Reading json and weights needs the whole type, which slots do not know.
static void emit_operator(struct lower *l, const struct core *e, uint32_t run,
                          uint32_t x, uint32_t dst)
{
  struct code *k = l->code;
  bool weights = e->operator_id == OPERATOR_safetensors;
  if (e->operator_id != OPERATOR_from_json && !weights) {
    code_add_run(l, OP_op, dst, e->operator_id, run, e->n_args);
    return;
  }
  LOWER_PUSH(l->scratch, k->types, k->n_types, k->room_types, e->type);
  if (weights)
    code_add_run(l, OP_weights, dst, run, k->n_types - 1, e->n_args);
  else
    code_add(l, OP_read, dst, x, k->n_types - 1);
}

// A step whose answers differ in type is a union of records (base_of_step).
static uint32_t emit_step(struct lower *l, const struct core *e, uint32_t x,
                          uint32_t dst)
{
  const struct type *t = l->code->slots[dst].type;
  if (t->kind == TYPE_step) {
    code_add(l, OP_step, dst, e->index, x);
    return dst;
  }
  uint32_t record = slot_new(l, t->parts[e->index].type, NULL);
  code_add_run(l, OP_tuple, record, x, 1, 1);
  code_add(l, OP_union, dst, e->index, record);
  return dst;
}

static uint32_t emit_payload(struct lower *l, const struct core *e, uint32_t x,
                             uint32_t dst)
{
  const struct type *t = l->code->slots[x].type;
  bool step = e->args[0]->type->kind == TYPE_step;
  if (!step || t->kind == TYPE_step) {
    code_add(l, OP_payload, dst, x, e->index);
    return dst;
  }
  uint32_t record = slot_new(l, t->parts[e->index].type, NULL);
  code_add(l, OP_payload, record, x, e->index);
  code_add(l, OP_part, dst, record, 0);
  return dst;
}

static uint32_t emit_plain(struct lower *l, const struct core *e,
                           const struct val *args, uint32_t run, uint32_t dst)
{
  uint32_t x = e->n_args ? args[0].slot : 0;
  uint32_t y = e->n_args > 1 ? args[1].slot : 0;
  dst = slot_for(l, dst, type_slot(l, e->type));
  switch (e->kind) {
  case CORE_PRIM:
    code_add(l, e->opcode, dst, x, y);
    break;
  case CORE_CONCAT:
    code_add_run(l, OP_concat, dst, run, e->n_args, e->n_args);
    break;
  case CORE_OPERATOR:
    emit_operator(l, e, run, x, dst);
    break;
  case CORE_SELF:
    code_add(l, OP_self, dst, e->index, 0);
    break;
  case CORE_UNWRAP:
    code_add(l, OP_unwrap, dst, x, 0);
    break;
  case CORE_IS_NONE:
    code_add(l, OP_is_none, dst, x, 0);
    break;
  case CORE_UNION:
    code_add(l, OP_union, dst, e->index, x);
    break;
  case CORE_STEP:
    return emit_step(l, e, x, dst);
  case CORE_BATCH:
    code_add(l, OP_batch, dst, x, 0);
    break;
  case CORE_MODEL:
    code_add(l, OP_model, dst, x, 0);
    break;
  case CORE_TAG:
    code_add(l, OP_tag, dst, x, 0);
    break;
  case CORE_PAYLOAD:
    return emit_payload(l, e, x, dst);
  default:
    lower_not_built(l, DIAG_not_built, e->span);
    break;
  }
  return dst;
}

static uint32_t emit_wrap(struct lower *l, const struct core *e,
                          const struct val *args, uint32_t dst)
{
  dst = slot_for(l, dst, container_type(l, e, args));
  code_add(l, OP_wrap, dst, args[0].slot, 0);
  return dst;
}

struct val op_emit(struct lower *l, const struct core *e,
                   const struct val *args, uint32_t run, uint32_t dst)
{
  struct val v = {.plain = type_slot(l, e->type)};
  struct span up = l->span;
  l->span = e->span;
  switch (e->kind) {
  case CORE_LIST:
  case CORE_TUPLE:
  case CORE_MAP:
    v.slot = emit_container(l, e, args, run, dst);
    break;
  case CORE_PART:
  case CORE_INDEX:
  case CORE_KEY:
    v.slot = emit_part(l, e, args, dst);
    break;
  case CORE_WRAP:
    v.slot = emit_wrap(l, e, args, dst);
    break;
  case CORE_CALL:
    v.slot = emit_call(l, e, run, dst);
    break;
  case CORE_CLOSURE:
    v.slot = emit_closure(l, e, run, dst);
    break;
  default:
    v.slot = emit_plain(l, e, args, run, dst);
    break;
  }
  l->span = up;
  return v;
}
