// Time and the world outside: waiting, clocks, deployments and the environment.
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

// ---- deployments ----

static enum operator_status give_count(
    struct operator_call *call, value *out,
    uint32_t (*count)(const struct engine *e, const struct deployment *d))
{
  const struct deployment *d = ARG(0).handle;
  if (!d)
    return operator_fail(call, "the deployment is not there");
  return give_int(out, count(call->engine, d));
}

OP(replicas)
{
  return give_count(call, out, engine_replicas);
}

OP(ongoing)
{
  return give_count(call, out, engine_ongoing);
}

OP(queued)
{
  return give_count(call, out, engine_queued);
}

// ---- the call ----

OP(multiplexed_model_id)
{
  out->bits = 0; // none
  if (!call->model)
    return OPERATOR_DONE;
  value id = {.text = call->model};
  return give(call, out, value_wrap(call->arena, id).box);
}

// ---- the environment ----

// A variable's text; NULL where it is not set, and `call->error` is filled
// where it cannot be read.
static const struct text *variable(struct operator_call *call, bool *failed)
{
  const struct text *name = ARG(0).text;
  *failed = false;
  if (!name->size || memchr(name->data, 0, name->size))
    return NULL;
  char *key = arena_copy(call->arena, name->data, name->size);
  const char *set = key ? getenv(key) : NULL;
  const struct text *t = NULL;
  if (key && !set)
    return NULL;
  *failed = true;
  if (key && utf8_check(set, strlen(set)) != strlen(set)) {
    operator_fail(call, "the environment variable %s is not UTF-8", key);
    return NULL;
  }
  if (!key || !(t = text_new(call->arena, set, strlen(set))))
    operator_exhausted(call);
  *failed = !t;
  return t;
}

// In a test, what must be set and is not is its own name.
static enum operator_status needed(struct operator_call *call, value *out,
                                   bool empty)
{
  bool failed;
  const struct text *t = variable(call, &failed);
  if (failed)
    return OPERATOR_FAIL;
  if (t && (t->size || empty))
    return give(call, out, t);
  if (engine_is_test(call->engine))
    return give(call, out, ARG(0).text);
  return operator_fail(call, "the environment variable %.*s is %s",
                       (int)ARG(0).text->size, ARG(0).text->data,
                       t ? "empty" : "not set");
}

OP(env)
{
  bool failed;
  const struct text *t = variable(call, &failed);
  return failed ? OPERATOR_FAIL : give(call, out, t ? t : ARG(1).text);
}

OP(secret)
{
  bool failed;
  const struct text *t = variable(call, &failed);
  if (failed)
    return OPERATOR_FAIL;
  return give(call, out, t && t->size ? t : ARG(1).text);
}

OP(env_needed)
{
  return needed(call, out, true);
}
OP(secret_needed)
{
  return needed(call, out, false);
}

// ---- time spans ----

OP(float_duration)
{
  return give_float(out, (double)ARG(0).i / 1e9);
}
