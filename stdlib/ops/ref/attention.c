// Attention: of sequences that lie one behind the other, and of whole tensors.
// A query that may look at no key gives 0.
#include "stdlib/ops/ref/lines.h"
#include "stdlib/ops/ref/segment.h"

#include <math.h>

// Some rows of a tensor, or a part of each.
struct rows {
  const struct tensor *tensor;
  int64_t at, row, step, width; // to the next row, to the next element
};

struct attention {
  struct rows q, k, v;
  double scale;
  // what it works in
  double *scores, *query, *other, *sums;
};

static struct rows rows_of(const struct tensor *t, int64_t width)
{
  uint32_t r = t->rank;
  return (struct rows){t, 0, t->strides[r - 2], t->strides[r - 1], width};
}

static void load(double *to, const struct rows *r, int64_t row)
{
  ref_load(to, r->tensor, r->at + row * r->row, r->step, r->width);
}

static int64_t last_dim(const struct tensor *t)
{
  return t->dims[t->rank - 1];
}

size_t ref_room_attention(const struct tensor_step *s)
{
  const struct tensor *q = s->inputs[0], *k = s->inputs[1], *v = s->inputs[2];
  int64_t keys = k->dims[k->rank - 2];
  return (size_t)(keys + last_dim(q) + last_dim(q) + 2 * last_dim(v)) *
         sizeof(double);
}

static void begin(struct attention *a, double *room, double scale)
{
  int64_t wide = a->k.width > a->v.width ? a->k.width : a->v.width;
  a->query = room;
  a->other = a->query + a->q.width;
  a->sums = a->other + wide;
  a->scores = a->sums + a->v.width;
  a->scale = scale != 0 ? scale : 1 / sqrt((double)a->q.width);
}

// The scores of the first n keys become their shares.
static void shares(const struct attention *a, int64_t n)
{
  double most = -INFINITY, sum = 0;
  for (int64_t j = 0; j < n; j++) {
    double dot = 0;
    load(a->other, &a->k, j);
    for (int64_t i = 0; i < a->q.width; i++)
      dot += a->query[i] * a->other[i];
    a->scores[j] = dot * a->scale;
    most = ref_max(most, a->scores[j]);
  }
  for (int64_t j = 0; j < n; j++)
    sum += a->scores[j] = exp(a->scores[j] - most);
  for (int64_t j = 0; j < n; j++)
    a->scores[j] /= sum;
}

// A query looks at the first n keys.
static void look(const struct attention *a, int64_t query, int64_t n,
                 const struct tensor *out, int64_t out_at)
{
  load(a->query, &a->q, query);
  shares(a, n);
  for (int64_t i = 0; i < a->v.width; i++)
    a->sums[i] = 0;
  for (int64_t j = 0; j < n; j++) {
    load(a->other, &a->v, j);
    for (int64_t i = 0; i < a->v.width; i++)
      a->sums[i] += a->scores[j] * a->other[i];
  }
  ref_store(out, out_at, 1, a->sums, a->v.width);
}

// ---- sequences ----

struct heads {
  int64_t heads, keys, width; // heads of queries, of keys
};

static const char *split(const struct tensor_step *s, struct heads *h)
{
  int64_t wide = last_dim(s->inputs[0]), keys = last_dim(s->inputs[1]);
  h->heads = s->attributes[0];
  if (h->heads < 1 || wide % h->heads || wide < h->heads)
    return "the width of the queries is not a multiple of the heads";
  h->width = wide / h->heads;
  h->keys = keys / h->width;
  if (keys % h->width || !h->keys || h->heads % h->keys)
    return "the width of the keys is not that of a part of the heads";
  return NULL;
}

// One sequence, one head.
static void sequence(const struct tensor_step *s, struct attention *a,
                     struct segment q, struct segment k, int64_t out_at)
{
  bool causal = s->attributes[1];
  a->q.at += q.start * a->q.row;
  a->k.at += k.start * a->k.row;
  a->v.at += k.start * a->v.row;
  for (int64_t i = 0; i < q.length; i++) {
    int64_t seen = causal ? k.length - q.length + i + 1 : k.length;
    look(a, i, seen > 0 ? seen : 0, s->output,
         (q.start + i) * last_dim(s->output) + out_at);
  }
}

static const char *ragged(const struct tensor_step *s,
                          const struct tensor *key_starts,
                          const struct tensor *key_lengths, void *room)
{
  const struct tensor *starts = s->inputs[3], *lengths = s->inputs[4];
  struct heads n;
  const char *why = split(s, &n);
  if (why)
    return why;
  if (!segments_fit(starts, lengths, s->inputs[0]->dims[0]) ||
      !segments_fit(key_starts, key_lengths, s->inputs[1]->dims[0]))
    return "a sequence lies outside of the rows";
  ref_fill(s->output, 0); // rows of no sequence
  for (int64_t b = 0; b < starts->dims[0]; b++)
    for (int64_t h = 0; h < n.heads; h++) {
      struct attention a = {.q = rows_of(s->inputs[0], n.width),
                            .k = rows_of(s->inputs[1], n.width),
                            .v = rows_of(s->inputs[2], n.width)};
      int64_t of = h / (n.heads / n.keys);
      a.q.at = h * n.width * a.q.step;
      a.k.at = of * n.width * a.k.step;
      a.v.at = of * n.width * a.v.step;
      begin(&a, room, attribute_float(s->attributes[2]));
      sequence(s, &a, segment_of(starts, lengths, b),
               segment_of(key_starts, key_lengths, b), h * n.width);
    }
  return NULL;
}

KERNEL(nn_ragged_attention)
{
  return ragged(s, s->inputs[3], s->inputs[4], room);
}

KERNEL(nn_ragged_attention_cached)
{
  return ragged(s, s->inputs[5], s->inputs[6], room);
}

// ---- whole tensors ----

KERNEL(nn_attention)
{
  const struct tensor *q = s->inputs[0], *k = s->inputs[1], *v = s->inputs[2];
  int64_t rows = q->dims[q->rank - 2], keys = k->dims[k->rank - 2], out = 0;
  bool causal = s->attributes[0];
  struct attention a = {.q = rows_of(q, last_dim(q)),
                        .k = rows_of(k, last_dim(k)),
                        .v = rows_of(v, last_dim(v))};
  struct places p;
  begin(&a, room, attribute_float(s->attributes[1]));
  places_begin(&p, q->dims, q->rank - 2);
  for (uint32_t i = 0; i < 3; i++)
    places_add(&p, s->inputs[i], 2);
  while (places_next(&p)) {
    a.q.at = p.at[0], a.k.at = p.at[1], a.v.at = p.at[2];
    for (int64_t i = 0; i < rows; i++, out += a.v.width)
      look(&a, i, causal && i + 1 < keys ? i + 1 : keys, s->output, out);
  }
  return NULL;
}
