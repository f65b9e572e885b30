// Operators on amounts, that is durations and sizes, whole numbers both.
#include "stdlib/ops/ops.h"

#include <math.h>

static enum operator_status give_amount(struct operator_call *call, double x,
                                        value *out)
{
  x = rint(x);
  if (!(fabs(x) < 0x1p63))
    return operator_fail(call, "the result is too large");
  return give_int(out, (int64_t)x);
}

static enum operator_status times(struct operator_call *call, value *out)
{
  return give_amount(call, (double)ARG(0).i * ARG(1).f, out);
}

static enum operator_status part(struct operator_call *call, value *out)
{
  if (ARG(1).f == 0)
    return operator_fail(call, "division by zero");
  return give_amount(call, (double)ARG(0).i / ARG(1).f, out);
}

static enum operator_status over(struct operator_call *call, value *out)
{
  if (!ARG(1).i)
    return operator_fail(call, "division by zero");
  return give_float(out, (double)ARG(0).i / (double)ARG(1).i);
}

OP(times_duration) { return times(call, out); }
OP(times_size) { return times(call, out); }
OP(over_duration) { return over(call, out); }
OP(over_size) { return over(call, out); }
OP(part_duration) { return part(call, out); }
OP(part_size) { return part(call, out); }
