// Fusion: a linear layer takes its activation and its residual along, a layer
// norm the sum before it, and embeddings that are added are one. What is joined
// stands where the last of its steps stood, so that all of its inputs are
// there; what nobody else reads is never written.
#include "stdlib/ops/cpu/fuse.h"

#include <string.h>

struct use { // of a step's output
  uint32_t count;
  struct tensor_step *by; // the last one
};

struct fusing {
  struct tensor_program *program;
  struct use *uses; // by step
};

static void count_uses(struct fusing *f)
{
  uint32_t n = 0;
  for (struct tensor_step *s = f->program->first; s; s = s->next)
    s->number = n++;
  for (struct tensor_step *s = f->program->first; s; s = s->next)
    for (uint32_t i = 0; i < s->n_inputs; i++) {
      const struct tensor_step *of = tensor_value(s->inputs[i])->step;
      if (of) {
        f->uses[of->number].count++;
        f->uses[of->number].by = s;
      }
    }
}

// Who alone reads what the step makes; NULL: several do, or somebody outside.
static struct tensor_step *only_reader(const struct fusing *f,
                                       const struct tensor_step *s)
{
  const struct use *u = &f->uses[s->number];
  return u->count == 1 && !tensor_value(s->output)->asked ? u->by : NULL;
}

static bool same_shape(const struct tensor *x, const struct tensor *y)
{
  return x->dtype == y->dtype && x->rank == y->rank &&
         !memcmp(x->dims, y->dims, x->rank * sizeof *x->dims);
}

static struct cpu_fused fused_of(const struct tensor_step *s)
{
  const struct cpu_fused *f = s->fused;
  return f ? *f : (struct cpu_fused){.activation = UNARY_copy};
}

// `reader` becomes the step `s`, and more: `with` says what, and which inputs
// come behind its own. Not where no kernel does it: what is joined, the
// reference does not know.
static bool become(struct fusing *f, struct tensor_step *reader,
                   const struct tensor_step *s, struct cpu_fused with,
                   const struct tensor *const *more, uint32_t n_more,
                   const char *name)
{
  struct arena *a = &f->program->arena;
  struct cpu_fused *fused = ARENA_NEW(a, struct cpu_fused);
  const struct tensor **inputs =
      ARENA_ARRAY(a, s->n_inputs + n_more + 1, const struct tensor *);
  if (!fused || !inputs)
    return false;
  *fused = with;
  memcpy(inputs, s->inputs, s->n_inputs * sizeof *inputs);
  for (uint32_t i = 0; i < n_more; i++)
    inputs[s->n_inputs + i] = more[i];
  struct tensor_step joined = *reader;
  joined.op = s->op;
  joined.inputs = inputs;
  joined.n_inputs = s->n_inputs + n_more;
  joined.attributes = s->attributes;
  joined.n_attributes = s->n_attributes;
  joined.fused = fused;
  joined.name = name;
  joined.place[0] = s->place[0];
  joined.place[1] = s->place[1];
  if (!cpu_supports(&joined))
    return false;
  *reader = joined;
  return true;
}

// ---- linear layers ----

static enum element_unary activation_of(const struct tensor_step *s)
{
  switch (s->op) {
  case OPERATOR_nn_relu:
    return UNARY_relu;
  case OPERATOR_nn_silu:
    return UNARY_silu;
  case OPERATOR_nn_gelu:
    return s->attributes[0] == attribute_text("tanh", 4) ? UNARY_gelu_tanh
                                                         : UNARY_gelu;
  default:
    return UNARY_copy;
  }
}

static bool is_linear(const struct tensor_step *s)
{
  return (s->op == OPERATOR_nn_linear || s->op == OPERATOR_nn_linear_bias) &&
         s->output->dtype == DTYPE_f32;
}

static const char *linear_name(struct cpu_fused l)
{
  switch (l.activation) {
  case UNARY_relu:
    return l.residual ? "nn.linear + relu + residual" : "nn.linear + relu";
  case UNARY_silu:
    return l.residual ? "nn.linear + silu + residual" : "nn.linear + silu";
  case UNARY_copy:
    return "nn.linear + residual";
  default:
    return l.residual ? "nn.linear + gelu + residual" : "nn.linear + gelu";
  }
}

static const struct tensor *other_input(const struct tensor_step *sum,
                                        const struct tensor_step *s)
{
  return sum->inputs[sum->inputs[0] == s->output];
}

static bool join_linear(struct fusing *f, struct tensor_step *s,
                        struct tensor_step *reader)
{
  struct cpu_fused with = fused_of(s);
  enum element_unary then = activation_of(reader);
  if (with.residual)
    return false;
  if (then != UNARY_copy && with.activation == UNARY_copy) {
    with.activation = then;
    return become(f, reader, s, with, NULL, 0, linear_name(with));
  }
  if (reader->op != OPERATOR_tensor_add)
    return false;
  const struct tensor *residual = other_input(reader, s);
  if (!same_shape(residual, s->output) ||
      !same_shape(reader->output, s->output))
    return false;
  with.residual = true;
  return become(f, reader, s, with, &residual, 1, linear_name(with));
}

// ---- norms ----

static bool join_norm(struct fusing *f, struct tensor_step *sum,
                      struct tensor_step *norm)
{
  bool layer = norm->op == OPERATOR_nn_layer_norm;
  if ((!layer && norm->op != OPERATOR_nn_rms_norm) ||
      norm->inputs[0] != sum->output || sum->output->dtype != DTYPE_f32 ||
      !same_shape(sum->inputs[0], sum->inputs[1]))
    return false;
  const struct tensor **inputs =
      ARENA_ARRAY(&f->program->arena, 3, const struct tensor *);
  if (!inputs)
    return false;
  struct cpu_fused with = {.activation = UNARY_copy, .residual = true};
  memcpy(inputs, norm->inputs, norm->n_inputs * sizeof *inputs);
  inputs[0] = sum->inputs[0];
  struct tensor_step as = *norm;
  as.inputs = inputs;
  return become(f, norm, &as, with, &sum->inputs[1], 1,
                layer ? "add + nn.layer_norm" : "add + nn.rms_norm");
}

// ---- embeddings ----

static bool is_embedding(const struct tensor *t)
{
  const struct tensor_step *s = tensor_value(t)->step;
  return s && s->op == OPERATOR_nn_gather && t->dtype == DTYPE_f32 &&
         t->rank == 2 && s->inputs[1]->dtype == DTYPE_i32;
}

// The sum of two embeddings, of which the later one, `s`, is looked at.
static bool join_embedding(struct fusing *f, struct tensor_step *s,
                           struct tensor_step *sum)
{
  if (sum->op != OPERATOR_tensor_add || !is_embedding(s->output))
    return false;
  const struct tensor *other = other_input(sum, s);
  struct tensor_step *first = tensor_value(other)->step;
  if (!is_embedding(other) || first->number > s->number ||
      !same_shape(other, s->output) || !f->uses[first->number].by ||
      only_reader(f, first) != sum)
    return false;
  struct cpu_fused with = fused_of(first), more = fused_of(s);
  with.tables =
      (with.tables ? with.tables : 1) + (more.tables ? more.tables : 1);
  if (!become(f, sum, first, with, s->inputs, s->n_inputs, "embeddings"))
    return false;
  f->uses[first->number].by = NULL; // it is in the sum, too
  return true;
}

// ---- all of it ----

static bool join(struct fusing *f, struct tensor_step *s)
{
  struct tensor_step *reader = only_reader(f, s);
  if (!reader || reader->fused)
    return false;
  if (is_linear(s))
    return join_linear(f, s, reader);
  if (s->op == OPERATOR_nn_gather)
    return join_embedding(f, s, reader);
  return s->op == OPERATOR_tensor_add && join_norm(f, s, reader);
}

// Steps that are nowhere needed any more.
static void take_out(struct fusing *f, const bool *gone)
{
  struct tensor_step **at = &f->program->first;
  while (*at) {
    struct tensor_step *s = *at;
    bool joined =
        gone[s->number] || (!f->uses[s->number].by && f->uses[s->number].count);
    if (joined) {
      *at = s->next;
      f->program->n_steps--;
    } else {
      at = &s->next;
    }
  }
  f->program->last = at;
}

void cpu_fuse(struct tensor_program *p)
{
  struct fusing f = {.program = p};
  f.uses = ARENA_ARRAY(&p->arena, p->n_steps + 1, struct use);
  bool *gone = ARENA_ARRAY(&p->arena, p->n_steps + 1, bool);
  if (!f.uses || !gone)
    return;
  count_uses(&f);
  for (struct tensor_step *s = p->first; s; s = s->next)
    gone[s->number] = join(&f, s);
  take_out(&f, gone);
}
