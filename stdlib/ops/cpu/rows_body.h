// Kernels over rows; compiled for every level (rows.h).
//
// A row is read several times and stays in the first cache meanwhile. Sums run
// in four vectors side by side, so that no addition waits for the one before.
#ifndef SG_CPU_ROWS_BODY_H
#define SG_CPU_ROWS_BODY_H

#include "stdlib/ops/cpu/functions.h"
#include "stdlib/ops/cpu/rows.h"

INLINE const float *row_in(struct rows_in x, size_t row)
{
  return x.data + row * x.ld;
}

INLINE float *row_out(struct rows_out y, size_t row)
{
  return y.data + row * y.ld;
}

// ---- sums of a row ----
enum row_term { TERM_PLAIN, TERM_SQUARE, TERM_DEVIATION };

INLINE vf row_term(enum row_term term, vf x, float mean)
{
  if (term == TERM_DEVIATION)
    x = x - mean;
  return term == TERM_PLAIN ? x : x * x;
}

INLINE float row_total(enum row_term term, size_t n, const float *x, float mean)
{
  vf a = {0}, b = {0}, c = {0}, d = {0};
  size_t i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    a += row_term(term, vf_load(x + i), mean);
    b += row_term(term, vf_load(x + i + LANES), mean);
    c += row_term(term, vf_load(x + i + 2 * LANES), mean);
    d += row_term(term, vf_load(x + i + 3 * LANES), mean);
  }
  for (; i + LANES <= n; i += LANES)
    a += row_term(term, vf_load(x + i), mean);
  float rest = 0;
  for (; i < n; i++) {
    float y = term == TERM_DEVIATION ? x[i] - mean : x[i];
    rest += term == TERM_PLAIN ? y : y * y;
  }
  return vf_sum((a + b) + (c + d)) + rest;
}

static float row_sum(size_t n, const float *x)
{
  return row_total(TERM_PLAIN, n, x, 0);
}

// The greatest that is a number; -inf where there is none.
static float row_greatest(size_t n, const float *x)
{
  vf a = vf_all(-INFINITY), b = a;
  size_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    a = vf_max(vf_load(x + i), a);
    b = vf_max(vf_load(x + i + LANES), b);
  }
  float most = vf_greatest(vf_max(a, b));
  for (; i < n; i++)
    most = x[i] > most ? x[i] : most;
  return most;
}

static bool row_has_nan(size_t n, const float *x)
{
  vi any = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    vf v = vf_load(x + i);
    any |= v != v;
  }
  bool found = vi_any(any);
  for (; i < n; i++)
    found |= x[i] != x[i];
  return found;
}

// ---- softmax ----
// y = exp(x * scale - shift), and their sum. `y` may be x.
static float row_exp(size_t n, const float *x, float scale, float shift,
                     float *y)
{
  vf sum = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    vf e = vf_exp(vf_load(x + i) * scale - shift);
    vf_store(y + i, e);
    sum += e;
  }
  if (i == n)
    return vf_sum(sum);
  vf_store_part(y + i, vf_exp(vf_load_part(x + i, n - i) * scale - shift),
                n - i);
  float rest = 0;
  for (; i < n; i++)
    rest += y[i];
  return vf_sum(sum) + rest;
}

static void row_scale(size_t n, const float *x, float by, float *y)
{
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    vf_store(y + i, vf_load(x + i) * by);
  vf_store_part(y + i, vf_load_part(x + i, n - i) * by, n - i);
}

static void softmax(size_t rows, size_t n, struct rows_in x, struct rows_out y)
{
  for (size_t r = 0; r < rows; r++) {
    const float *in = row_in(x, r);
    float *out = row_out(y, r);
    float sum = row_exp(n, in, 1, row_greatest(n, in), out);
    row_scale(n, out, 1 / sum, out);
  }
}

// ---- norms ----
INLINE void row_add(size_t n, const float *x, const float *y, float *out)
{
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    vf_store(out + i, vf_load(x + i) + vf_load(y + i));
  for (; i < n; i++)
    out[i] = x[i] + y[i];
}

// (x - mean) * by * w + b.
INLINE void row_affine(size_t n, const float *x, float mean, float by,
                       const float *w, const float *b, float *y)
{
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    vf v = (vf_load(x + i) - mean) * by;
    v = w ? v * vf_load(w + i) : v;
    vf_store(y + i, b ? v + vf_load(b + i) : v);
  }
  for (; i < n; i++) {
    float v = (x[i] - mean) * by * (w ? w[i] : 1);
    y[i] = b ? v + b[i] : v;
  }
}

// The row to be normed: x, or x + residual, which is made in y.
INLINE const float *row_joined(size_t n, const float *x,
                               struct rows_in residual, size_t r, float *y)
{
  if (!residual.data)
    return x;
  row_add(n, x, row_in(residual, r), y);
  return y;
}

static void layer_norm(size_t rows, size_t n, struct rows_in x,
                       struct rows_in residual, const float *w, const float *b,
                       float eps, struct rows_out y)
{
  for (size_t r = 0; n && r < rows; r++) {
    float *out = row_out(y, r);
    const float *in = row_joined(n, row_in(x, r), residual, r, out);
    float mean = row_sum(n, in) / (float)n;
    float variance = row_total(TERM_DEVIATION, n, in, mean) / (float)n;
    float by = 1 / sqrtf(variance + eps);
    row_affine(n, in, mean, by, w, b, out);
  }
}

static void rms_norm(size_t rows, size_t n, struct rows_in x,
                     struct rows_in residual, const float *w, float eps,
                     struct rows_out y)
{
  for (size_t r = 0; n && r < rows; r++) {
    float *out = row_out(y, r);
    const float *in = row_joined(n, row_in(x, r), residual, r, out);
    float square = row_total(TERM_SQUARE, n, in, 0) / (float)n;
    row_affine(n, in, 0, 1 / sqrtf(square + eps), w, NULL, out);
  }
}

static void normalize(size_t rows, size_t n, struct rows_in x, float eps,
                      struct rows_out y)
{
  for (size_t r = 0; r < rows; r++) {
    const float *in = row_in(x, r);
    float length = sqrtf(row_total(TERM_SQUARE, n, in, 0));
    row_scale(n, in, 1 / (length < eps ? eps : length), row_out(y, r));
  }
}

// ---- reductions ----
static void sum(size_t rows, size_t n, struct rows_in x, float *out)
{
  for (size_t r = 0; r < rows; r++)
    out[r] = row_sum(n, row_in(x, r));
}

static void mean(size_t rows, size_t n, struct rows_in x, float *out)
{
  for (size_t r = 0; r < rows; r++)
    out[r] = row_sum(n, row_in(x, r)) / (float)n;
}

static void greatest(size_t rows, size_t n, struct rows_in x, float *out)
{
  for (size_t r = 0; r < rows; r++) {
    const float *in = row_in(x, r);
    out[r] = row_has_nan(n, in) ? NAN : row_greatest(n, in);
  }
}

INLINE void segments_reduce(bool average, struct segments s, size_t n,
                            struct rows_in x, struct rows_out y)
{
  for (size_t i = 0; i < s.count; i++) {
    size_t length = (size_t)s.lengths[i];
    float *out = row_out(y, i);
    for (size_t j = 0; j < n; j++)
      out[j] = 0;
    for (size_t r = 0; r < length; r++)
      row_add(n, out, row_in(x, (size_t)s.starts[i] + r), out);
    if (average && length)
      row_scale(n, out, 1 / (float)length, out);
  }
}

static void segment_sum(struct segments s, size_t n, struct rows_in x,
                        struct rows_out y)
{
  segments_reduce(false, s, n, x, y);
}

static void segment_mean(struct segments s, size_t n, struct rows_in x,
                         struct rows_out y)
{
  segments_reduce(true, s, n, x, y);
}

// ---- embeddings ----
static void embed(size_t rows, size_t n, size_t tables,
                  const struct embedding *e, struct rows_out y)
{
  for (size_t r = 0; r < rows; r++) {
    float *out = row_out(y, r);
    for (size_t t = 0; n && t < tables; t++) {
      const float *row = e[t].table + (size_t)e[t].ids[r] * n;
      if (t)
        row_add(n, out, row, out);
      else
        memcpy(out, row, n * sizeof *out);
    }
  }
}

// ---- rotation ----
INLINE void rotate_pair(const float *x, float c, float s, size_t i, size_t j,
                        float *y)
{
  float a = x[i], b = x[j];
  y[i] = a * c - b * s;
  y[j] = b * c + a * s;
}

static void rotate_head(const struct rotation *r, const float *x,
                        const float *cosine, float *y)
{
  size_t half = r->width / 2, i = 0;
  const float *sine = cosine + half;
  if (!r->interleaved)
    for (; i + LANES <= half; i += LANES) {
      vf a = vf_load(x + i), b = vf_load(x + half + i);
      vf c = vf_load(cosine + i), s = vf_load(sine + i);
      vf_store(y + i, a * c - b * s);
      vf_store(y + half + i, b * c + a * s);
    }
  for (; i < half; i++)
    if (r->interleaved)
      rotate_pair(x, cosine[i], sine[i], 2 * i, 2 * i + 1, y);
    else
      rotate_pair(x, cosine[i], sine[i], i, i + half, y);
  if (r->width % 2)
    y[r->width - 1] = x[r->width - 1];
}

// The angles are those of the row before where its position is the same.
static void rotate(size_t rows, struct rows_in x, const struct rotation *r,
                   double *room, struct rows_out y)
{
  size_t half = r->width / 2;
  float *cosine = (float *)(room + half), *sine = cosine + half;
  for (size_t i = 0; i < half; i++)
    room[i] = pow(r->base, -2. * (double)i / (double)r->width);
  for (size_t row = 0; row < rows; row++) {
    int32_t at = r->positions[row];
    for (size_t i = 0; i < half && (!row || at != r->positions[row - 1]); i++) {
      cosine[i] = (float)cos(at * room[i]);
      sine[i] = (float)sin(at * room[i]);
    }
    for (size_t h = 0; h < r->heads; h++)
      rotate_head(r, row_in(x, row) + h * r->width, cosine,
                  row_out(y, row) + h * r->width);
  }
}

static const struct row_kernels row_kernels = {
    .softmax = softmax,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .normalize = normalize,
    .sum = sum,
    .mean = mean,
    .greatest = greatest,
    .segment_sum = segment_sum,
    .segment_mean = segment_mean,
    .embed = embed,
    .rotate = rotate,
};

#endif
