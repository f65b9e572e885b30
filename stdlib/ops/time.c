// Time and the world outside: waiting, clocks and the environment.
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

OP(sleep)
{
  if (ARG(0).i < 0)
    return operator_fail(call, "sleep length must be non-negative");
  call->wait = ARG(0).i;
  give_int(out, 0);
  return OPERATOR_WAIT;
}

OP(clock)
{
  return give_int(out, engine_now(call->engine));
}

OP(now)
{
  return give_int(out, engine_time(call->engine));
}

OP(env)
{
  const struct text *name = ARG(0).text;
  if (!name->size || memchr(name->data, 0, name->size))
    return give(call, out, ARG(1).text);
  char *key = arena_copy(call->arena, name->data, name->size);
  if (!key)
    return operator_exhausted(call);
  const char *set = getenv(key);
  if (!set)
    return give(call, out, ARG(1).text);
  size_t size = strlen(set);
  if (utf8_check(set, size) != size)
    return operator_fail(call, "the environment variable %s is not UTF-8", key);
  return give(call, out, text_new(call->arena, set, size));
}

// ---- time spans ----

OP(float_duration)
{
  return give_float(out, (double)ARG(0).i / 1e9);
}
