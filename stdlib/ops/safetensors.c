// Weights: files of safetensors, read into the type of the place. The work is
// runtime/tensor's; it may take long (a first read, a conversion), so it is a
// job.
#include "runtime/tensor/weights.h"
#include "stdlib/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>

struct load {
  struct operator_job job;
  struct weights_request request; // its texts are the load's
  struct arena arena;             // of all that it has
  struct buf why;
  struct weights_report report;
  value weights;
  bool loaded;
};

static void run(struct operator_job *j)
{
  struct load *l = (struct load *)j;
  l->loaded =
      weights_load(&l->request, &l->arena, &l->weights, &l->report, &l->why);
}

static void tell(const struct operator_call *call, const struct load *l)
{
  if (l->report.left_over && !engine_is_test(call->engine))
    fprintf(stderr, "debug: %s: %u tensors are read, and %u left over\n",
            l->request.path, (unsigned)l->report.tensors,
            (unsigned)l->report.left_over);
}

static enum operator_status done(struct operator_job *j,
                                 struct operator_call *call, value *out)
{
  struct load *l = (struct load *)j;
  if (!l->loaded)
    return operator_fail(call, "%s",
                         l->why.failed ? "out of memory" : l->why.data);
  tell(call, l);
  if (!value_copy(call->arena, call->plan, call->result_type, l->weights, out))
    return operator_exhausted(call);
  return OPERATOR_DONE;
}

static void load_free(struct operator_job *j)
{
  struct load *l = (struct load *)j;
  arena_free(&l->arena);
  free(l);
}

static struct load *load_new(const struct operator_call *call,
                             enum tensor_precision precision)
{
  struct load *l = calloc(1, sizeof *l);
  if (!l)
    return NULL;
  const struct text *path = call->args[0].text, *prefix = call->args[2].text;
  l->job = (struct operator_job){.run = run, .done = done, .free = load_free};
  l->why.arena = &l->arena;
  l->request = (struct weights_request){
      .plan = call->plan,
      .type = call->result_type,
      .path = arena_copy(&l->arena, path->data, path->size),
      .prefix = arena_copy(&l->arena, prefix->data, prefix->size),
      .precision = precision};
  if (l->request.path && l->request.prefix)
    return l;
  load_free(&l->job);
  return NULL;
}

OP(safetensors)
{
  enum tensor_precision precision;
  if (!precision_named(ARG(1).text, &precision))
    return operator_fail(call,
                         "the precision is \"f32\", \"bf16\" or \"int8\"");
  if (memchr(ARG(0).text->data, 0, ARG(0).text->size))
    return operator_fail(call, "a path has no NUL in it");
  struct load *l = load_new(call, precision);
  if (!l)
    return operator_exhausted(call);
  call->job = &l->job;
  return OPERATOR_JOB;
}
