// What runs when code meets a tensor operator: it is noted.
//
// The result is a tensor whose dimensions are known and whose elements are
// still to be computed. Dimensions that do not fit are an error here, where the
// code stands; what is wrong with elements is one when they are computed.
#include "runtime/tensor/shape.h"
#include "runtime/value/tensor_node.h"
#include "stdlib/ops/ops.h"

#include <stdatomic.h>
#include <string.h>

enum { MOST_INPUTS = 4096, MOST_ATTRIBUTES = 256 };

struct record {
  struct operator_call *call;
  uint32_t n_inputs, n_attributes;
  const struct tensor **inputs; // room for all
  uint32_t *params;
  int64_t *attributes;
};

static enum type_kind kind_of(const struct operator_call *call, uint32_t type)
{
  return call->plan->types[type].kind;
}

static bool is_tensors(const struct operator_call *call, uint32_t type)
{
  return kind_of(call, type) == TYPE_list &&
         kind_of(call, call->plan->types[type].of) == TYPE_tensor;
}

// How much room the arguments need.
static void count(const struct operator_call *call, uint32_t n,
                  uint32_t *inputs, uint32_t *attributes)
{
  for (uint32_t i = 0; i < n; i++) {
    enum type_kind kind = kind_of(call, call->types[i]);
    bool list = kind == TYPE_list;
    uint32_t parts = list ? ARG(i).list->count : 1;
    if (kind == TYPE_tensor || is_tensors(call, call->types[i]))
      *inputs += parts;
    else
      *attributes += parts + list;
  }
}

static void add_input(struct record *r, uint32_t param, const struct tensor *t)
{
  r->params[r->n_inputs] = param;
  r->inputs[r->n_inputs++] = t;
}

static void add_argument(struct record *r, uint32_t i)
{
  struct operator_call *call = r->call;
  uint32_t type = call->types[i];
  value v = ARG(i);
  switch (kind_of(call, type)) {
  case TYPE_tensor:
    add_input(r, i, v.tensor);
    break;
  case TYPE_str:
    r->attributes[r->n_attributes++] =
        attribute_text(v.text->data, v.text->size);
    break;
  case TYPE_list:
    if (!is_tensors(call, type))
      r->attributes[r->n_attributes++] = v.list->count;
    for (uint32_t k = 0; k < v.list->count; k++)
      if (is_tensors(call, type))
        add_input(r, i, v.list->items[k].tensor);
      else
        r->attributes[r->n_attributes++] = v.list->items[k].i;
    break;
  default:
    r->attributes[r->n_attributes++] = v.i;
  }
}

static struct tensor_node *node_new(struct record *r)
{
  static _Atomic uint64_t numbers;
  struct operator_call *call = r->call;
  size_t size = sizeof(struct tensor_node) +
                r->n_inputs * sizeof(struct tensor *) +
                r->n_attributes * sizeof(int64_t);
  struct tensor_node *n = arena_alloc(call->arena, size);
  if (!n)
    return NULL;
  *n = (struct tensor_node){.number = atomic_fetch_add(&numbers, 1),
                            .op = call->id,
                            .n_inputs = r->n_inputs,
                            .n_attributes = r->n_attributes,
                            .place = {call->place[0], call->place[1]}};
  n->attributes = (int64_t *)(n->inputs + n->n_inputs);
  memcpy(n->inputs, r->inputs, r->n_inputs * sizeof *r->inputs);
  memcpy(n->attributes, r->attributes, r->n_attributes * sizeof *r->attributes);
  return n;
}

static enum operator_status note(struct record *r, const struct signature *row,
                                 value *out)
{
  struct operator_call *call = r->call;
  struct buf why = {.arena = call->arena};
  struct tensor_use use = {row, r->inputs, r->params, r->n_inputs,
                           r->attributes};
  struct tensor *t = ARENA_NEW(call->arena, struct tensor);
  if (!t)
    return operator_exhausted(call);
  if (!tensor_infer(&use, t, &why))
    return operator_fail(call, "%.*s", (int)why.size, why.data);
  t->node = node_new(r);
  return t->node ? give(call, out, t) : operator_exhausted(call);
}

enum operator_status op_tensor(struct operator_call *call, value *out)
{
  const struct signature *row = signature_of(call->id);
  uint32_t inputs = 0, attributes = 0;
  count(call, row->n_params, &inputs, &attributes);
  if (inputs > MOST_INPUTS || attributes > MOST_ATTRIBUTES)
    return operator_fail(call, "%s: too many arguments", row->name);
  const struct tensor *in[inputs + 1];
  uint32_t params[inputs + 1];
  int64_t told[attributes + 1];
  struct record r = {call, 0, 0, in, params, told};
  for (uint32_t i = 0; i < row->n_params; i++)
    add_argument(&r, i);
  return note(&r, row, out);
}
