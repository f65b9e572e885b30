// Kernels over rows and attention beside plain loops in double, at every level.
#include "tests/unit/kernel_sample.h"

static const size_t lengths[] = {1, 2, 3, 7, 16, 31, 64, 65, 97, 384};
enum { LENGTHS = sizeof lengths / sizeof *lengths, ROWS = 3 };

static struct rows_in some_rows(size_t rows, size_t n)
{
  size_t ld = n + any_of(5);
  return (struct rows_in){numbers(rows * ld), ld};
}

static struct rows_out room(size_t rows, size_t n)
{
  size_t ld = n + any_of(5);
  return (struct rows_out){numbers(rows * ld), ld};
}

static double in(struct rows_in x, size_t r, size_t i)
{
  return x.data[r * x.ld + i];
}

static double out(struct rows_out y, size_t r, size_t i)
{
  return y.data[r * y.ld + i];
}

// ---- norms ----
static void check_norms(size_t n)
{
  const struct row_kernels *k = cpu_kernels()->rows;
  struct rows_in x = some_rows(ROWS, n), none = {0}, more = some_rows(ROWS, n);
  float *w = numbers(n), *b = numbers(n);
  struct rows_out layer = room(ROWS, n), plain = room(ROWS, n),
                  rms = room(ROWS, n), unit = room(ROWS, n);
  k->layer_norm(ROWS, n, x, more, w, b, 1e-5f, layer);
  k->layer_norm(ROWS, n, x, none, NULL, NULL, 1e-5f, plain);
  k->rms_norm(ROWS, n, x, more, w, 1e-6f, rms);
  k->normalize(ROWS, n, x, 1e-12f, unit);
  for (size_t r = 0; r < ROWS; r++) {
    double mean[2] = {0}, var[2] = {0}, square[2] = {0};
    for (size_t i = 0; i < n; i++) {
      double y[2] = {in(x, r, i), in(x, r, i) + in(more, r, i)};
      for (int j = 0; j < 2; j++) {
        mean[j] += y[j] / (double)n;
        square[j] += y[j] * y[j];
      }
    }
    for (int j = 0; j < 2; j++)
      var[j] = square[j] / (double)n - mean[j] * mean[j];
    for (size_t i = 0; i < n; i++) {
      double y = in(x, r, i), z = y + in(more, r, i);
      if (n > 1) {
        expect_near(out(layer, r, i),
                    (z - mean[1]) / sqrt(var[1] + 1e-5) * w[i] + b[i], 2e-5);
        expect_near(out(plain, r, i), (y - mean[0]) / sqrt(var[0] + 1e-5),
                    2e-5);
      }
      expect_near(out(rms, r, i), z / sqrt(square[1] / (double)n + 1e-6) * w[i],
                  1e-5);
      expect_near(out(unit, r, i), y / fmax(sqrt(square[0]), 1e-12), 1e-6);
    }
  }
}

static void norms(void)
{
  for (size_t i = 0; i < LENGTHS; i++)
    check_norms(lengths[i]);
}

static void rows_are_normed(void **state)
{
  at_each_level(norms);
}

static void in_place(void)
{
  const struct row_kernels *k = cpu_kernels()->rows;
  enum { N = 37 };
  float *x = numbers(N), *more = numbers(N), apart[N], same[N];
  struct rows_in from = {x, N}, residual = {more, N};
  k->layer_norm(1, N, from, residual, NULL, NULL, 0,
                (struct rows_out){apart, N});
  memcpy(same, x, sizeof same);
  k->layer_norm(1, N, (struct rows_in){same, N}, residual, NULL, NULL, 0,
                (struct rows_out){same, N});
  assert_memory_equal(apart, same, sizeof same);
  k->softmax(1, N, from, (struct rows_out){apart, N});
  k->softmax(1, N, from, (struct rows_out){x, N});
  assert_memory_equal(apart, x, sizeof apart);
}

static void rows_may_be_changed_in_place(void **state)
{
  at_each_level(in_place);
}

// ---- sums and softmax ----
static void check_sums(size_t n)
{
  const struct row_kernels *k = cpu_kernels()->rows;
  struct rows_in x = some_rows(ROWS, n);
  struct rows_out y = room(ROWS, n);
  float total[ROWS], mean[ROWS], most[ROWS];
  k->sum(ROWS, n, x, total);
  k->mean(ROWS, n, x, mean);
  k->greatest(ROWS, n, x, most);
  k->softmax(ROWS, n, x, y);
  for (size_t r = 0; r < ROWS; r++) {
    double s = 0, m = -INFINITY, e = 0;
    for (size_t i = 0; i < n; i++) {
      s += in(x, r, i);
      m = fmax(m, in(x, r, i));
      e += exp(in(x, r, i));
    }
    expect_near(total[r], s, 1e-5);
    expect_near(mean[r], s / (double)n, 1e-6);
    expect_near(most[r], m, 0);
    for (size_t i = 0; i < n; i++)
      expect_near(out(y, r, i), exp(in(x, r, i)) / e, 1e-6);
  }
}

static void sums(void)
{
  for (size_t i = 0; i < LENGTHS; i++)
    check_sums(lengths[i]);
  float none[3];
  cpu_kernels()->rows->sum(1, 0, (struct rows_in){none, 0}, none);
  cpu_kernels()->rows->greatest(1, 0, (struct rows_in){none, 0}, none + 1);
  assert_true(none[0] == 0 && none[1] == -INFINITY);
}

static void rows_are_reduced(void **state)
{
  at_each_level(sums);
}

// Row 1 has what is bad at every place in turn; rows 0 and 2 do not see it.
static void bad_elements(void)
{
  const struct row_kernels *k = cpu_kernels()->rows;
  enum { N = 35 };
  for (size_t bad = 0; bad < N; bad++) {
    float *x = numbers(3 * N), y[3 * N], most[3];
    struct rows_in from = {x, N}, none = {0};
    x[N + bad] = NAN;
    k->softmax(3, N, from, (struct rows_out){y, N});
    k->greatest(3, N, from, most);
    for (size_t i = 0; i < 3 * N; i++)
      assert_int_equal(isnan(y[i]) != 0, i / N == 1);
    assert_true(!isnan(most[0]) && isnan(most[1]) && !isnan(most[2]));
    k->layer_norm(3, N, from, none, NULL, NULL, 1e-5f, (struct rows_out){y, N});
    for (size_t i = 0; i < 3 * N; i++)
      assert_int_equal(isnan(y[i]) != 0, i / N == 1);
    x[N + bad] = -INFINITY;
    k->softmax(3, N, from, (struct rows_out){y, N});
    for (size_t i = 0; i < 3 * N; i++)
      assert_int_equal(y[i] == 0, i == N + bad);
    free_all();
  }
  float x[2] = {-INFINITY, -INFINITY}, y[2];
  k->softmax(1, 2, (struct rows_in){x, 2}, (struct rows_out){y, 2});
  assert_true(isnan(y[0]) && isnan(y[1]));
}

static void nan_stays_in_its_row(void **state)
{
  at_each_level(bad_elements);
}

// ---- sequences, embeddings, rotation ----
static void segments(void)
{
  const struct row_kernels *k = cpu_kernels()->rows;
  enum { N = 37 };
  static const int32_t starts[] = {4, 0, 2, 9}, counts[] = {3, 2, 0, 1};
  struct segments s = {4, starts, counts};
  struct rows_in x = some_rows(10, N);
  struct rows_out y = room(4, N), z = room(4, N);
  k->segment_sum(s, N, x, y);
  k->segment_mean(s, N, x, z);
  for (size_t r = 0; r < 4; r++)
    for (size_t i = 0; i < N; i++) {
      double total = 0;
      for (int j = 0; j < counts[r]; j++)
        total += in(x, (size_t)(starts[r] + j), i);
      expect_near(out(y, r, i), total, 1e-6);
      expect_near(out(z, r, i), counts[r] ? total / counts[r] : 0, 1e-6);
    }
}

static void sequences_are_reduced(void **state)
{
  at_each_level(segments);
}

static void embeddings(void)
{
  enum { N = 21, VOCABULARY = 50 };
  static const int32_t words[] = {49, 0, 7, 7}, places[] = {0, 1, 2, 3};
  float *w = numbers(VOCABULARY * N), *p = numbers(4 * N);
  struct embedding tables[] = {{w, words}, {p, places}};
  struct rows_out y = room(4, N);
  cpu_kernels()->rows->embed(4, N, 2, tables, y);
  for (size_t r = 0; r < 4; r++)
    for (size_t i = 0; i < N; i++)
      expect_near(out(y, r, i),
                  (double)w[(size_t)words[r] * N + i] + p[r * N + i], 1e-6);
}

static void tables_are_added(void **state)
{
  at_each_level(embeddings);
}

static void check_rotation(size_t width, bool interleaved)
{
  static const int32_t positions[] = {0, 5, 5, 1000};
  struct rotation r = {2, width, positions, 10000, interleaved};
  struct rows_in x = some_rows(4, 2 * width);
  struct rows_out y = room(4, 2 * width);
  cpu_kernels()->rows->rotate(4, x, &r, block(width * sizeof(double)), y);
  for (size_t row = 0; row < 4; row++)
    for (size_t h = 0; h < 2; h++)
      for (size_t i = 0; i < width / 2; i++) {
        size_t a = h * width + (interleaved ? 2 * i : i);
        size_t b = interleaved ? a + 1 : a + width / 2;
        double t = positions[row] * pow(10000, -2. * (double)i / (double)width);
        expect_near(out(y, row, a),
                    in(x, row, a) * cos(t) - in(x, row, b) * sin(t), 1e-6);
        expect_near(out(y, row, b),
                    in(x, row, b) * cos(t) + in(x, row, a) * sin(t), 1e-6);
      }
}

static void rotations(void)
{
  for (size_t width = 2; width < 80; width += 6) {
    check_rotation(width, false);
    check_rotation(width, true);
  }
}

static void heads_are_rotated(void **state)
{
  at_each_level(rotations);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_normed),
      cmocka_unit_test(rows_may_be_changed_in_place),
      cmocka_unit_test(rows_are_reduced),
      cmocka_unit_test(nan_stays_in_its_row),
      cmocka_unit_test(sequences_are_reduced),
      cmocka_unit_test(tables_are_added),
      cmocka_unit_test(heads_are_rotated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
