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
  int64_t keys = 0, wide = 0;
  for (uint32_t i = 0; i < s->n_inputs; i++) {
    const struct tensor *t = s->inputs[i];
    if (t->rank < 2)
      continue;
    keys = t->dims[t->rank - 2] > keys ? t->dims[t->rank - 2] : keys;
    wide = last_dim(t) > wide ? last_dim(t) : wide;
  }
  return (size_t)(keys + 4 * wide) * sizeof(double);
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

struct sequence {
  const struct tensor *k, *v;
  struct segment queries, keys; // rows of q, of k and v
};

// Widths of heads. Keys may have fewer heads than queries.
struct heads {
  int64_t heads, each, width; // `each` queries' heads look at one of the keys'
};

static const char *split(const struct tensor_step *s, const struct tensor *k,
                         struct heads *h)
{
  int64_t wide = last_dim(s->inputs[0]), keys = last_dim(k);
  h->heads = s->attributes[0];
  if (h->heads < 1 || wide % h->heads || wide < h->heads)
    return "the width of the queries is not a multiple of the heads";
  h->width = wide / h->heads;
  if (keys % h->width || !keys || h->heads % (keys / h->width))
    return "the width of the keys is not that of a part of the heads";
  h->each = h->heads / (keys / h->width);
  return NULL;
}

// The part of rows that a head has.
static struct rows head_of(const struct tensor *t, int64_t row, int64_t head,
                           int64_t width)
{
  struct rows r = rows_of(t, width);
  r.at = row * r.row + head * width * r.step;
  return r;
}

static const char *attend(const struct tensor_step *s, const struct sequence *q,
                          void *room)
{
  bool causal = s->attributes[1];
  struct heads n;
  const char *why = split(s, q->k, &n);
  for (int64_t h = 0; !why && h < n.heads; h++) {
    struct attention a = {
        .q = head_of(s->inputs[0], q->queries.start, h, n.width),
        .k = head_of(q->k, q->keys.start, h / n.each, n.width),
        .v = head_of(q->v, q->keys.start, h / n.each, n.width)};
    begin(&a, room, attribute_float(s->attributes[2]));
    for (int64_t i = 0; i < q->queries.length; i++) {
      int64_t behind = causal ? q->queries.length - i - 1 : 0;
      int64_t seen = q->keys.length > behind ? q->keys.length - behind : 0;
      look(&a, i, seen, s->output,
           (q->queries.start + i) * last_dim(s->output) + h * n.width);
    }
  }
  return why;
}

static const char *const outside = "a sequence lies outside of the rows";

static const char *ragged(const struct tensor_step *s,
                          const struct tensor *key_starts,
                          const struct tensor *key_lengths, void *room)
{
  const struct tensor *starts = s->inputs[3], *lengths = s->inputs[4];
  const char *why = NULL;
  if (!segments_fit(starts, lengths, s->inputs[0]->dims[0]) ||
      !segments_fit(key_starts, key_lengths, s->inputs[1]->dims[0]))
    return outside;
  ref_fill(s->output, 0); // rows of no sequence
  for (int64_t b = 0; !why && b < starts->dims[0]; b++) {
    struct sequence q = {s->inputs[1], s->inputs[2],
                         segment_of(starts, lengths, b),
                         segment_of(key_starts, key_lengths, b)};
    why = attend(s, &q, room);
  }
  return why;
}

KERNEL(nn_ragged_attention)
{
  return ragged(s, s->inputs[3], s->inputs[4], room);
}

KERNEL(nn_ragged_attention_cached)
{
  return ragged(s, s->inputs[5], s->inputs[6], room);
}

// ---- sequences that have keys and values of their own ----

static bool are_pair(const struct tensor *k, const struct tensor *v)
{
  return k->rank == 2 && v->rank == 2 && k->dims[0] == v->dims[0] &&
         k->dims[1] == v->dims[1];
}

KERNEL(nn_cached_attention)
{
  const struct tensor *starts = s->inputs[s->n_inputs - 2];
  const struct tensor *lengths = s->inputs[s->n_inputs - 1];
  const char *why = NULL;
  int64_t n = starts->dims[0];
  if (s->n_inputs != 3 + 2 * n)
    return "not every sequence has keys and values";
  if (!segments_fit(starts, lengths, s->inputs[0]->dims[0]))
    return outside;
  ref_fill(s->output, 0);
  for (int64_t b = 0; !why && b < n; b++) {
    struct sequence q = {s->inputs[1 + b],
                         s->inputs[1 + n + b],
                         segment_of(starts, lengths, b),
                         {0, 0}};
    if (!are_pair(q.k, q.v))
      return "keys and values of a sequence differ in their dimensions";
    q.keys.length = q.k->dims[0];
    why = attend(s, &q, room);
  }
  return why;
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
