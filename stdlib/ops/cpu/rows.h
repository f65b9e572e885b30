// Kernels over rows: norms, softmax, sums, embeddings, rotation.
//
// A row with a NaN gives a row of NaN, or a NaN, and touches no other.
#ifndef SG_CPU_ROWS_H
#define SG_CPU_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// rows × n elements, rows `ld` apart.
struct rows_in {
  const float *data;
  size_t ld;
};

struct rows_out {
  float *data;
  size_t ld;
};

// Sequences one behind the other in rows: each begins at a row and has so many.
struct segments {
  size_t count;
  const int32_t *starts, *lengths;
};

// What a row of an embedding is the sum of: rows of tables, by their numbers.
struct embedding {
  const float *table; // [.., n], dense
  const int32_t *ids; // one for each row out, within the table
};

struct rotation {
  size_t heads, width;      // a row is `heads` heads of `width`
  const int32_t *positions; // of each row
  double base;
  bool interleaved; // pairs are neighbours, not i and i + width / 2
};

struct row_kernels {
  // exp(x - max) / sum. -inf is given 0; a row of -inf alone is NaN, as in
  // other libraries, and so is one with +inf. `y` may be x.
  void (*softmax)(size_t rows, size_t n, struct rows_in x, struct rows_out y);
  // (x - mean) / sqrt(variance + eps) * w + b, of x + residual where that is
  // given. w and b may be NULL. `y` may be x or the residual.
  void (*layer_norm)(size_t rows, size_t n, struct rows_in x,
                     struct rows_in residual, const float *w, const float *b,
                     float eps, struct rows_out y);
  // x / sqrt(mean(x^2) + eps) * w. The same holds.
  void (*rms_norm)(size_t rows, size_t n, struct rows_in x,
                   struct rows_in residual, const float *w, float eps,
                   struct rows_out y);
  // x / max(sqrt(sum(x^2)), eps). `y` may be x.
  void (*normalize)(size_t rows, size_t n, struct rows_in x, float eps,
                    struct rows_out y);
  // One number a row. Of no elements the sum is 0, the mean NaN, the greatest
  // -inf.
  void (*sum)(size_t rows, size_t n, struct rows_in x, float *out);
  void (*mean)(size_t rows, size_t n, struct rows_in x, float *out);
  void (*greatest)(size_t rows, size_t n, struct rows_in x, float *out);
  // One row a sequence: the sum of its rows, or their mean, that of none is 0.
  void (*segment_sum)(struct segments s, size_t n, struct rows_in x,
                      struct rows_out y);
  void (*segment_mean)(struct segments s, size_t n, struct rows_in x,
                       struct rows_out y);
  // y[i] = the sum of table[ids[i]] of each embedding.
  void (*embed)(size_t rows, size_t n, size_t tables,
                const struct embedding *tables_in, struct rows_out y);
  // Rotary position embedding (Su et al., 2021). Pairs of each head's elements
  // are turned by position / base^(2 i / width); of an odd width the last
  // stays. `room` has place for `width` numbers. `y` may be x.
  void (*rotate)(size_t rows, struct rows_in x, const struct rotation *r,
                 double *room, struct rows_out y);
};

#endif
