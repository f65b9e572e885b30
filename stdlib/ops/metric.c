// Metrics: what `metric.method(…)` has become.
#include "stdlib/ops/ops.h"

static enum operator_status change(struct operator_call *call, value *out,
                                   enum measuring what)
{
  const char *why;
  double x = ARG(1).f;
  if (!engine_measure(call->engine, what, ARG(0).i, ARG(2).list, &x, &why))
    return operator_fail(call, "%s", why);
  return give_int(out, 0);
}

static bool ask(struct operator_call *call, enum measuring what, double *x)
{
  const char *why;
  if (engine_measure(call->engine, what, ARG(0).i, ARG(1).list, x, &why))
    return true;
  operator_fail(call, "%s", why);
  return false;
}

OP(metric_inc)
{
  return change(call, out, MEASURE_inc);
}

OP(metric_set)
{
  return change(call, out, MEASURE_set);
}

OP(metric_observe)
{
  return change(call, out, MEASURE_observe);
}

OP(metric_value)
{
  double x;
  return ask(call, MEASURE_value, &x) ? give_float(out, x) : OPERATOR_FAIL;
}

OP(metric_count)
{
  double x;
  return ask(call, MEASURE_count, &x) ? give_int(out, (int64_t)x)
                                      : OPERATOR_FAIL;
}
