// Requests that a test makes of the program's own routes.
#include "stdlib/ops/ops.h"

OP(client_send)
{
  const char *why;
  uint32_t of = call->plan->types[call->result_type].of;
  struct stream *s =
      engine_ask(call->engine, call->whole, of, call->args, &why);
  if (!s)
    return operator_fail(call, "%s", why);
  out->stream = s;
  return OPERATOR_DONE;
}
