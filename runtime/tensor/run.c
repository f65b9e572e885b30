// Running a program of tensors: who does what, then step after step.
#include "runtime/tensor/program.h"

#include "runtime/value/walk.h"

#include <stdio.h>
#include <string.h>

static bool fail(struct tensor_program *p, const struct tensor_step *s,
                 const char *why)
{
  p->failed = s;
  snprintf(p->why, sizeof p->why, "%s", why);
  return false;
}

// ---- planning ----

static bool choose(struct tensor_step *s)
{
  for (const struct backend *const *b = backends; *b; b++)
    if ((*b)->supports(s)) {
      s->backend = *b;
      return true;
    }
  return false;
}

// An output that lies in its first input has that one's root.
static void look_for_view(struct tensor_step *s)
{
  struct tensor_value *v = tensor_value(s->output);
  int64_t offset;
  if (!s->n_inputs || !tensor_view(s, &offset))
    return;
  const struct tensor_value *of = tensor_value(s->inputs[0]);
  s->view = true;
  v->root = of->root;
  v->offset = of->offset + offset;
}

// Views come first: whether steps can be joined depends on how their inputs
// lie.
bool tensor_program_plan(struct tensor_program *p)
{
  for (struct tensor_step *s = p->first; s; s = s->next)
    look_for_view(s);
  for (const struct backend *const *b = backends; *b; b++)
    if ((*b)->fuse)
      (*b)->fuse(p);
  for (struct tensor_step *s = p->first; s; s = s->next) {
    s->grows = s->op == OPERATOR_tensor_append;
    if (!s->view && !s->grows && !choose(s))
      return fail(p, s, "no backend supports this operator");
  }
  p->planned = tensor_memory_plan(p);
  if (p->planned)
    tensor_program_show(p);
  return p->planned ||
         fail(p, NULL,
              p->too_much ? "tensors need more memory than a request may have"
                          : "out of memory");
}

// ---- running ----

static char *data_of(struct tensor_value *v)
{
  return (char *)v->root->tensor.data + v->offset * dtype_size[v->tensor.dtype];
}

static bool run_step(struct tensor_program *p, struct tensor_step *s,
                     char *workspace)
{
  struct tensor_value *v = tensor_value(s->output);
  if (s->view) {
    s->output->data = data_of(v);
    return true;
  }
  if (s->grows)
    return tensor_grow(p, s) || fail(p, NULL, "out of memory");
  if (!v->asked)
    s->output->data = workspace + v->place;
  const char *why = s->backend->run(s, workspace + s->scratch_at);
  return !why || fail(p, s, why);
}

// What is asked for and lies in another is copied, densely.
static void take_out(struct tensor_result *r)
{
  struct tensor *t = r->tensor;
  if (t->data == r->data || !r->data)
    return;
  tensor_copy(t, r->data);
  t->data = r->data;
  tensor_lay_out(t);
}

bool tensor_program_run(struct tensor_program *p, const _Atomic bool *unwanted)
{
  char *workspace = tensor_workspace(p->held);
  if (!workspace)
    return fail(p, NULL, "out of memory");
  for (struct tensor_step *s = p->first; s; s = s->next) {
    if (unwanted && *unwanted)
      return fail(p, s, "nobody waits for it");
    if (!run_step(p, s, workspace))
      return false;
  }
  for (uint32_t i = 0; i < p->n_results; i++)
    take_out(&p->results[i]);
  return true;
}
