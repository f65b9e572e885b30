// Any value as text and as json, and back.
#include "runtime/codec/codec.h"
#include "stdlib/ops/ops.h"

#include <string.h>

OP(str)
{
  struct buf b = {.arena = call->arena};
  if (call->plan->types[call->types[0]].kind == TYPE_str)
    return give(call, out, ARG(0).text);
  value_text(call->plan, call->types[0], ARG(0), &b);
  return ops_give_buf(call, out, &b);
}

OP(repr)
{
  struct buf b = {.arena = call->arena};
  value_repr(call->plan, call->types[0], ARG(0), &b);
  return ops_give_buf(call, out, &b);
}

OP(to_json)
{
  const struct json *j =
      json_of(call->arena, call->plan, call->types[0], ARG(0));
  struct buf b = {.arena = call->arena};
  if (!j && !json_encode(call->plan, call->types[0], ARG(0), &b) && !b.failed)
    return operator_fail(call, "a number in it is not finite");
  return give(call, out, j);
}

// `["items",1]: Input should be…`: the first of what does not fit.
static enum operator_status fail_offence(struct operator_call *call,
                                         const struct offences *o)
{
  if (!o->first)
    return operator_exhausted(call);
  if (!strcmp(o->first->loc, "[]"))
    return operator_fail(call, "%s", o->first->msg);
  return operator_fail(call, "%s: %s", o->first->loc, o->first->msg);
}

OP(from_json)
{
  struct offences offences = {.arena = call->arena};
  struct decode d = {call->plan, call->arena, &offences};
  if (json_convert(&d, call->result_type, ARG(0).json, NULL, out))
    return OPERATOR_DONE;
  return fail_offence(call, &offences);
}
