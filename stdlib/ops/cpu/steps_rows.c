// Steps over rows: norms, softmax, sums of sequences, embeddings.
#include "stdlib/ops/cpu/steps.h"

#include <string.h>

static const struct row_kernels *kernels(void)
{
  return cpu_kernels()->rows;
}

static bool last_axis(const struct tensor_step *s)
{
  int64_t axis = s->attributes[0];
  return axis == -1 || axis == (int64_t)s->inputs[0]->rank - 1;
}

// ---- softmax, normalize ----

static bool takes_last(const struct tensor_step *s)
{
  return last_axis(s) && cpu_has_rows(s->inputs[0]) && cpu_has_rows(s->output);
}

static const char *run_softmax(const struct tensor_step *s, void *scratch)
{
  struct cpu_rows y = cpu_rows(s->output);
  kernels()->softmax(y.rows, y.n, cpu_in(s->inputs[0]), cpu_out(s->output));
  return NULL;
}

static const char *run_normalize(const struct tensor_step *s, void *scratch)
{
  struct cpu_rows y = cpu_rows(s->output);
  kernels()->normalize(y.rows, y.n, cpu_in(s->inputs[0]),
                       (float)attribute_float(s->attributes[1]),
                       cpu_out(s->output));
  return NULL;
}

const struct cpu_row cpu_softmax = {takes_last, NULL, run_softmax};
const struct cpu_row cpu_normalize = {takes_last, NULL, run_normalize};

// ---- norms ----

static const struct tensor *residual_of(const struct tensor_step *s)
{
  return cpu_fused(s)->residual ? s->inputs[s->n_inputs - 1] : NULL;
}

static bool takes_norm(const struct tensor_step *s)
{
  const struct tensor *r = residual_of(s);
  bool layer = s->op == OPERATOR_nn_layer_norm;
  return cpu_has_rows(s->inputs[0]) && cpu_has_rows(s->output) &&
         cpu_dense(s->inputs[1], DTYPE_f32) && (!r || cpu_has_rows(r)) &&
         (!layer || cpu_dense(s->inputs[2], DTYPE_f32));
}

static const char *run_norm(const struct tensor_step *s, void *scratch)
{
  struct cpu_rows y = cpu_rows(s->output);
  const struct tensor *r = residual_of(s);
  struct rows_in x = cpu_in(s->inputs[0]), more = {NULL, 0};
  float eps = (float)attribute_float(s->attributes[0]);
  if (r)
    more = cpu_in(r);
  if (s->op == OPERATOR_nn_layer_norm)
    kernels()->layer_norm(y.rows, y.n, x, more, s->inputs[1]->data,
                          s->inputs[2]->data, eps, cpu_out(s->output));
  else
    kernels()->rms_norm(y.rows, y.n, x, more, s->inputs[1]->data, eps,
                        cpu_out(s->output));
  return NULL;
}

const struct cpu_row cpu_norm = {takes_norm, NULL, run_norm};

// ---- sequences ----

static bool within(const struct tensor *starts, const struct tensor *lengths,
                   int64_t rows)
{
  const int32_t *at = starts->data, *n = lengths->data;
  for (int64_t i = 0; i < starts->dims[0]; i++)
    if (at[i] < 0 || n[i] < 0 || (int64_t)at[i] + n[i] > rows)
      return false;
  return true;
}

static struct segments segments(const struct tensor *starts,
                                const struct tensor *lengths)
{
  return (struct segments){(size_t)starts->dims[0], starts->data,
                           lengths->data};
}

static bool takes_segment(const struct tensor_step *s)
{
  return s->inputs[0]->rank == 2 && cpu_has_rows(s->inputs[0]) &&
         cpu_has_rows(s->output) && cpu_dense(s->inputs[1], DTYPE_i32) &&
         cpu_dense(s->inputs[2], DTYPE_i32);
}

static const char *run_segment(const struct tensor_step *s, void *scratch)
{
  bool mean = s->op == OPERATOR_nn_segment_mean;
  if (!within(s->inputs[1], s->inputs[2], s->inputs[0]->dims[0]))
    return "a sequence lies outside of the rows";
  (mean ? kernels()->segment_mean : kernels()->segment_sum)(
      segments(s->inputs[1], s->inputs[2]), cpu_rows(s->output).n,
      cpu_in(s->inputs[0]), cpu_out(s->output));
  return NULL;
}

const struct cpu_row cpu_segment = {takes_segment, NULL, run_segment};

// ---- embeddings ----

enum { TABLES_MOST = 8 };

static uint32_t tables_of(const struct tensor_step *s)
{
  return cpu_fused(s)->tables ? cpu_fused(s)->tables : 1;
}

static bool takes_embedding(const struct tensor_step *s)
{
  uint32_t n = tables_of(s);
  for (uint32_t i = 0; i < n; i++)
    if (s->inputs[2 * i]->rank != 2 ||
        !cpu_dense(s->inputs[2 * i], DTYPE_f32) ||
        !cpu_dense(s->inputs[2 * i + 1], DTYPE_i32))
      return false;
  return n <= TABLES_MOST && cpu_has_rows(s->output);
}

static bool in_table(const struct tensor *ids, const struct tensor *table)
{
  const int32_t *id = ids->data;
  for (int64_t i = 0, n = tensor_size(ids); i < n; i++)
    if (id[i] < 0 || id[i] >= table->dims[0])
      return false;
  return true;
}

static const char *run_embedding(const struct tensor_step *s, void *scratch)
{
  struct embedding tables[TABLES_MOST];
  uint32_t n = tables_of(s);
  struct cpu_rows y = cpu_rows(s->output);
  for (uint32_t i = 0; i < n; i++) {
    const struct tensor *table = s->inputs[2 * i], *ids = s->inputs[2 * i + 1];
    if (!in_table(ids, table))
      return "a row's number lies outside of the table";
    tables[i] = (struct embedding){table->data, ids->data};
  }
  kernels()->embed(y.rows, y.n, n, tables, cpu_out(s->output));
  return NULL;
}

const struct cpu_row cpu_embedding = {takes_embedding, NULL, run_embedding};

// ---- attention ----

static bool apart(const struct tensor_step *s)
{
  return s->op == OPERATOR_nn_ragged_attention_cached;
}

static bool takes_attention(const struct tensor_step *s)
{
  for (uint32_t i = 0; i < 3; i++)
    if (!cpu_has_rows(s->inputs[i]))
      return false;
  for (uint32_t i = 3; i < s->n_inputs; i++)
    if (!cpu_dense(s->inputs[i], DTYPE_i32))
      return false;
  int64_t heads = s->attributes[0];
  int64_t d = s->inputs[0]->dims[1], kd = s->inputs[1]->dims[1];
  return cpu_has_rows(s->output) && heads > 0 && d > 0 && d % heads == 0 &&
         kd > 0 && kd % (d / heads) == 0 && heads % (kd / (d / heads)) == 0;
}

static struct attention attention(const struct tensor_step *s)
{
  const struct tensor *const *in = s->inputs;
  size_t heads = (size_t)s->attributes[0];
  size_t width = (size_t)in[0]->dims[1] / heads;
  float scale = (float)attribute_float(s->attributes[2]);
  struct segments queries = segments(in[3], in[4]);
  return (struct attention){
      .heads = heads,
      .key_heads = (size_t)in[1]->dims[1] / width,
      .width = width,
      .value_width = width,
      .q = cpu_in(in[0]),
      .k = cpu_in(in[1]),
      .v = cpu_in(in[2]),
      .out = cpu_out(s->output),
      .queries = queries,
      .keys = apart(s) ? segments(in[5], in[6]) : queries,
      .scale = scale != 0 ? scale : 1 / __builtin_sqrtf((float)width),
      .causal = s->attributes[1]};
}

static size_t scratch_attention(const struct tensor_step *s)
{
  struct attention a = attention(s);
  return cpu_kernels()->attention->scratch(&a);
}

static const char *run_attention(const struct tensor_step *s, void *scratch)
{
  struct attention a = attention(s);
  const struct tensor *const *in = s->inputs;
  if (!within(in[3], in[4], in[0]->dims[0]) ||
      !within(in[apart(s) ? 5 : 3], in[apart(s) ? 6 : 4], in[1]->dims[0]))
    return "a sequence lies outside of the rows";
  memset(s->output->data, 0, tensor_bytes(s->output)); // rows of no sequence
  cpu_kernels()->attention->run(&a, scratch);
  return NULL;
}

const struct cpu_row cpu_attention = {takes_attention, scratch_attention,
                                      run_attention};
