// Norms and softmax.
#include "stdlib/ops/ref/lines.h"

#include <math.h>

// ---- softmax ----

static double greatest(const double *x, int64_t n)
{
  double most = -INFINITY;
  for (int64_t i = 0; i < n; i++)
    most = x[i] > most || x[i] != x[i] ? x[i] : most;
  return most;
}

static void softmax(double *x, int64_t n, double number)
{
  double most = greatest(x, n);
  for (int64_t i = 0; i < n; i++)
    x[i] = exp(x[i] - most);
  double sum = ref_sum(x, n);
  for (int64_t i = 0; i < n; i++)
    x[i] /= sum;
}

static void log_softmax(double *x, int64_t n, double number)
{
  double most = greatest(x, n), sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += exp(x[i] - most);
  for (int64_t i = 0; i < n; i++)
    x[i] = x[i] - most - log(sum);
}

static double squares(const double *x, int64_t n)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += x[i] * x[i];
  return sum;
}

static void normalize(double *x, int64_t n, double eps)
{
  double by = ref_max(sqrt(squares(x, n)), eps);
  for (int64_t i = 0; i < n; i++)
    x[i] /= by;
}

#define ALONG_AXIS(id, f, number)                                              \
  KERNEL(id)                                                                   \
  {                                                                            \
    ref_lines(s, ref_axis(s->attributes[0], s->inputs[0]->rank), f, number,    \
              room);                                                           \
    return NULL;                                                               \
  }
ALONG_AXIS(nn_softmax, softmax, 0)
ALONG_AXIS(nn_log_softmax, log_softmax, 0)
ALONG_AXIS(nn_normalize, normalize, attribute_float(s->attributes[1]))

// ---- norms of the last dimension ----

// To a mean of 0 and a variance of 1.
static void standardize(double *x, int64_t n, double eps)
{
  double mean = ref_sum(x, n) / (double)n, variance = 0;
  for (int64_t i = 0; i < n; i++)
    variance += (x[i] - mean) * (x[i] - mean);
  double by = sqrt(variance / (double)n + eps);
  for (int64_t i = 0; i < n; i++)
    x[i] = (x[i] - mean) / by;
}

static void to_mean_square(double *x, int64_t n, double eps)
{
  double by = sqrt(squares(x, n) / (double)n + eps);
  for (int64_t i = 0; i < n; i++)
    x[i] /= by;
}

// Each line by `f`, then times w and plus b, where there is one.
static void norm(const struct tensor_step *s, ref_line *f, double eps,
                 const struct tensor *b, double *room)
{
  const struct tensor *x = s->inputs[0], *w = s->inputs[1];
  uint32_t last = x->rank - 1;
  int64_t n = x->dims[last], out = 0;
  double *weight = room + n, *bias = weight + n;
  struct places p;
  ref_load(weight, w, 0, w->strides[0], n);
  if (b)
    ref_load(bias, b, 0, b->strides[0], n);
  places_lines(&p, x, last);
  for (; places_next(&p); out += n) {
    ref_load(room, x, p.at[0], x->strides[last], n);
    f(room, n, eps);
    for (int64_t i = 0; i < n; i++)
      room[i] = room[i] * weight[i] + (b ? bias[i] : 0);
    ref_store(s->output, out, 1, room, n);
  }
}

KERNEL(nn_layer_norm)
{
  norm(s, standardize, attribute_float(s->attributes[0]), s->inputs[2], room);
  return NULL;
}

KERNEL(nn_rms_norm)
{
  norm(s, to_mean_square, attribute_float(s->attributes[0]), NULL, room);
  return NULL;
}

// ---- norms of channels ----

// Of the inputs that have an element a channel.
static double of_channel(const struct tensor_step *s, uint32_t input,
                         int64_t channel)
{
  double x;
  const struct tensor *t = s->inputs[input];
  ref_load(&x, t, channel * t->strides[0], 0, 1);
  return x;
}

// A group of channels, each of n elements, times w and plus b.
static void scale_channels(const struct tensor_step *s, double *x, int64_t n,
                           int64_t first, int64_t channels)
{
  for (int64_t c = 0; c < channels; c++)
    for (int64_t i = 0; i < n; i++, x++)
      *x = *x * of_channel(s, 1, first + c) + of_channel(s, 2, first + c);
}

size_t ref_room_image(const struct tensor_step *s)
{
  const struct tensor part = ref_part(s->inputs[0]);
  return ((size_t)tensor_size(&part) + 1) * sizeof(double);
}

// All elements of a tensor, that begins at `at`, densely.
static void load_all(const struct tensor *t, int64_t at, double *to)
{
  struct places p;
  int64_t n = places_rows(&p, t);
  places_add(&p, t, 0);
  for (; places_next(&p); to += n)
    ref_load(to, t, at + p.at[0], places_stride(&p, 0), n);
}

KERNEL(nn_group_norm)
{
  const struct tensor *x = s->inputs[0];
  int64_t groups = s->attributes[0], channels = x->dims[1], out = 0;
  if (groups < 1 || channels % groups)
    return "the channels are not a multiple of the groups";
  int64_t each = channels / groups;
  struct tensor part = ref_part(x); // of an image: a group
  part.dims[0] = each;
  int64_t n = tensor_size(&part);
  for (int64_t i = 0; i < x->dims[0] * groups && n; i++, out += n) {
    int64_t first = i % groups * each;
    load_all(&part, i / groups * x->strides[0] + first * x->strides[1], room);
    standardize(room, n, attribute_float(s->attributes[1]));
    scale_channels(s, room, n / each, first, each);
    ref_store(s->output, out, 1, room, n);
  }
  return NULL;
}

KERNEL(nn_batch_norm)
{
  const struct tensor *x = s->inputs[0];
  double eps = attribute_float(s->attributes[0]), *line = room;
  int64_t channels = x->dims[1], out = 0;
  struct tensor image = ref_part(x), part = ref_part(&image);
  int64_t n = tensor_size(&part);
  for (int64_t i = 0; i < x->dims[0] * channels; i++, out += n) {
    int64_t c = i % channels;
    double mean = of_channel(s, 1, c), w = of_channel(s, 3, c);
    double by = sqrt(of_channel(s, 2, c) + eps), b = of_channel(s, 4, c);
    load_all(&part, i / channels * x->strides[0] + c * x->strides[1], line);
    for (int64_t j = 0; j < n; j++)
      line[j] = (line[j] - mean) / by * w + b;
    ref_store(s->output, out, 1, line, n);
  }
  return NULL;
}
