// Attention; compiled for every level (attention.h).
//
// Keys and values are taken in blocks. A block of keys is made into panels as
// weights are, so scores and what they weigh are tiles of the matrix product.
// The softmax is kept running (Milakov and Gimelshein, 2018): when a block has
// a greater score, what was summed so far is scaled down. A few queries, as in
// decoding, are not worth the panels: they go along the rows as they lie.
#ifndef SG_CPU_ATTENTION_BODY_H
#define SG_CPU_ATTENTION_BODY_H

#include "stdlib/ops/cpu/attention.h"
#include "stdlib/ops/cpu/gemm_body.h"
#include "stdlib/ops/cpu/rows_body.h"

enum { KEY_BLOCK = 128, QUERY_BLOCK = 16 * TILE_ROWS, FEW_QUERIES = 3 };

// One head of some queries of a sequence, and where it works.
struct attending {
  const struct attention *a;
  const float *q, *k, *v; // the head's first elements
  size_t queries, keys;   // of the sequence
  size_t first, count;    // the queries in hand
  float *key_panels, *value_panels;
  float *scores; // TILE_ROWS × KEY_BLOCK
  float *sums;   // what values came to so far, `sums_ld` apart
  size_t sums_ld;
  float *most, *total; // of each query in hand
};

static size_t value_columns(const struct attention *a)
{
  return (a->value_width + GEMM_PANEL - 1) / GEMM_PANEL * GEMM_PANEL;
}

static size_t attention_scratch(const struct attention *a)
{
  size_t floats = KEY_BLOCK * (a->width + value_columns(a)) +
                  TILE_ROWS * KEY_BLOCK + QUERY_BLOCK * (value_columns(a) + 2);
  return floats * sizeof(float);
}

static void attending_place(struct attending *w, void *scratch)
{
  w->sums_ld = value_columns(w->a);
  w->key_panels = scratch;
  w->value_panels = w->key_panels + KEY_BLOCK * w->a->width;
  w->scores = w->value_panels + KEY_BLOCK * w->sums_ld;
  w->sums = w->scores + TILE_ROWS * KEY_BLOCK;
  w->most = w->sums + QUERY_BLOCK * w->sums_ld;
  w->total = w->most + QUERY_BLOCK;
}

// How many keys a query sees.
static size_t visible(const struct attending *w, size_t query)
{
  if (!w->a->causal)
    return w->keys;
  size_t behind = w->queries - 1 - query;
  return behind < w->keys ? w->keys - behind : 0;
}

// Of a block of n keys from `first` on.
static size_t visible_in(const struct attending *w, size_t query, size_t first,
                         size_t n)
{
  size_t all = visible(w, query);
  return all <= first ? 0 : all - first < n ? all - first : n;
}

// ---- panels ----
static void pack_keys(const struct attending *w, size_t first, size_t n)
{
  for (size_t j = 0; j < n; j += GEMM_PANEL)
    panel_of_rows(w->k + (first + j) * w->a->k.ld, w->a->k.ld,
                  n - j < GEMM_PANEL ? n - j : GEMM_PANEL, w->a->width,
                  w->key_panels + j * w->a->width);
}

static void pack_values(const struct attending *w, size_t first, size_t n)
{
  size_t width = w->a->value_width;
  for (size_t j = 0; j < width; j += GEMM_PANEL) {
    size_t columns = width - j < GEMM_PANEL ? width - j : GEMM_PANEL;
    float *out = w->value_panels + j * KEY_BLOCK;
    for (size_t i = 0; i < n; i++, out += GEMM_PANEL)
      panel_row(w->v + (first + i) * w->a->v.ld + j, columns, out);
  }
}

// ---- the running softmax ----
// What was summed so far counts so much when the greatest score grows.
static float fading(float before, float now)
{
  return before == now ? 1 : before == -INFINITY ? 0 : expf(before - now);
}

// Makes a row of scores its weights, and takes them into what is known of the
// query.
static void weigh(const struct attending *w, size_t i, float *scores, size_t n)
{
  float scale = w->a->scale;
  if (scale < 0) { // the least would be the greatest
    row_scale(n, scores, scale, scores);
    scale = 1;
  }
  float most = row_greatest(n, scores) * scale;
  most = most > w->most[i] ? most : w->most[i];
  float by = fading(w->most[i], most);
  float shift = most == -INFINITY ? 0 : most;
  w->total[i] = w->total[i] * by + row_exp(n, scores, scale, shift, scores);
  float *sums = w->sums + i * w->sums_ld;
  if (by != 1 && w->most[i] != -INFINITY)
    row_scale(w->sums_ld, sums, by, sums);
  w->most[i] = most;
}

// ---- many queries ----
// Some rows of the queries in hand, with a block of keys.
static void attend_tile(const struct attending *w, size_t i, size_t rows,
                        size_t first, size_t n)
{
  size_t query = w->first + i;
  size_t seen = visible_in(w, query + rows - 1, first, n);
  if (!seen)
    return;
  struct gemm_tile t = {.a = (const char *)(w->q + query * w->a->q.ld),
                        .lda = w->a->q.ld * sizeof(float),
                        .depth = w->a->width,
                        .ldc = KEY_BLOCK};
  for (size_t j = 0; j < seen; j += GEMM_PANEL) {
    t.b = (const char *)(w->key_panels + j * w->a->width);
    t.c = w->scores + j;
    f32[rows](&t);
  }
  for (size_t r = 0; r < rows; r++) {
    float *scores = w->scores + r * KEY_BLOCK;
    size_t own = visible_in(w, query + r, first, n);
    if (own)
      weigh(w, i + r, scores, own);
    for (; own < seen; own++)
      scores[own] = 0;
  }
  t = (struct gemm_tile){.a = (const char *)w->scores,
                         .lda = KEY_BLOCK * sizeof(float),
                         .depth = seen,
                         .ldc = w->sums_ld,
                         .add = true};
  for (size_t j = 0; j < w->sums_ld; j += GEMM_PANEL) {
    t.b = (const char *)(w->value_panels + j * KEY_BLOCK);
    t.c = w->sums + i * w->sums_ld + j;
    f32[rows](&t);
  }
}

static void attend_block(const struct attending *w, size_t first, size_t n)
{
  pack_keys(w, first, n);
  pack_values(w, first, n);
  size_t tiles = (w->count + TILE_ROWS - 1) / TILE_ROWS;
  for (size_t t = 0, i = 0; t < tiles; t++) {
    size_t rows = w->count / tiles + (t < w->count % tiles);
    attend_tile(w, i, rows, first, n);
    i += rows;
  }
}

// ---- few queries ----
INLINE float row_dot(size_t n, const float *x, const float *y)
{
  vf a = {0}, b = {0};
  size_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    a += vf_load(x + i) * vf_load(y + i);
    b += vf_load(x + i + LANES) * vf_load(y + i + LANES);
  }
  float rest = 0;
  for (; i < n; i++)
    rest += x[i] * y[i];
  return vf_sum(a + b) + rest;
}

INLINE void row_add_scaled(size_t n, float by, const float *x, float *out)
{
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    vf_store(out + i, vf_load(out + i) + vf_load(x + i) * by);
  for (; i < n; i++)
    out[i] += x[i] * by;
}

static void attend_row(const struct attending *w, size_t i, size_t first,
                       size_t n)
{
  const struct attention *a = w->a;
  n = visible_in(w, w->first + i, first, n);
  if (!n)
    return;
  const float *q = w->q + (w->first + i) * a->q.ld;
  for (size_t j = 0; j < n; j++)
    w->scores[j] = row_dot(a->width, q, w->k + (first + j) * a->k.ld);
  weigh(w, i, w->scores, n);
  for (size_t j = 0; j < n; j++)
    row_add_scaled(a->value_width, w->scores[j], w->v + (first + j) * a->v.ld,
                   w->sums + i * w->sums_ld);
}

// ---- all of it ----
// What the queries in hand come to, given the head's place in `out`.
static void attend(struct attending *w, float *out)
{
  for (size_t i = 0; i < w->count; i++) {
    w->most[i] = -INFINITY;
    w->total[i] = 0;
  }
  memset(w->sums, 0, w->count * w->sums_ld * sizeof *w->sums);
  size_t end = visible(w, w->first + w->count - 1);
  for (size_t first = 0; first < end; first += KEY_BLOCK) {
    size_t n = end - first < KEY_BLOCK ? end - first : KEY_BLOCK;
    if (w->count > FEW_QUERIES)
      attend_block(w, first, n);
    else
      for (size_t i = 0; i < w->count; i++)
        attend_row(w, i, first, n);
  }
  for (size_t i = 0; i < w->count; i++) {
    float by = visible(w, w->first + i) ? 1 / w->total[i] : 0;
    row_scale(w->a->value_width, w->sums + i * w->sums_ld, by,
              out + (w->first + i) * w->a->out.ld);
  }
}

static void attend_sequence(struct attending *w, size_t s)
{
  const struct attention *a = w->a;
  size_t row = (size_t)a->queries.starts[s], key = (size_t)a->keys.starts[s];
  w->queries = (size_t)a->queries.lengths[s];
  w->keys = (size_t)a->keys.lengths[s];
  for (size_t h = 0; h < a->heads; h++) {
    size_t key_head = h / (a->heads / a->key_heads);
    w->q = row_in(a->q, row) + h * a->width;
    w->k = row_in(a->k, key) + key_head * a->width;
    w->v = row_in(a->v, key) + key_head * a->value_width;
    float *out = row_out(a->out, row) + h * a->value_width;
    for (w->first = 0; w->first < w->queries; w->first += w->count) {
      size_t left = w->queries - w->first;
      w->count = left < QUERY_BLOCK ? left : QUERY_BLOCK;
      attend(w, out);
    }
  }
}

static void attention_run(const struct attention *a, void *scratch)
{
  struct attending w = {.a = a};
  attending_place(&w, scratch);
  for (size_t s = 0; s < a->queries.count; s++)
    attend_sequence(&w, s);
}

static const struct attention_kernels attention_kernels = {
    .run = attention_run,
    .scratch = attention_scratch,
};

#endif
