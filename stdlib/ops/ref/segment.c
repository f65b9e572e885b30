// What the rows of a sequence come to.
#include "stdlib/ops/ref/segment.h"

#include "stdlib/ops/ref/lines.h"

#include <math.h>

bool segments_fit(const struct tensor *starts, const struct tensor *lengths,
                  int64_t rows)
{
  for (int64_t b = 0; b < starts->dims[0]; b++) {
    struct segment s = segment_of(starts, lengths, b);
    if (s.start < 0 || s.length < 0 || s.length > rows - s.start)
      return false;
  }
  return true;
}

typedef double reduction(const double *x, int64_t n);

static double mean(const double *x, int64_t n)
{
  return n ? ref_sum(x, n) / (double)n : 0;
}

static double greatest(const double *x, int64_t n)
{
  double most = n ? x[0] : 0;
  for (int64_t i = 1; i < n; i++)
    most = ref_max(most, x[i]);
  return most;
}

static const char *segments(const struct tensor_step *s, reduction *f,
                            double *room)
{
  const struct tensor *x = s->inputs[0];
  struct places p;
  int64_t out = 0;
  if (!segments_fit(s->inputs[1], s->inputs[2], x->dims[0]))
    return "a sequence lies outside of the rows";
  for (int64_t b = 0; b < s->output->dims[0]; b++) {
    struct segment g = segment_of(s->inputs[1], s->inputs[2], b);
    places_lines(&p, x, 0);
    for (; places_next(&p); out++) {
      ref_load(room, x, p.at[0] + g.start * x->strides[0], x->strides[0],
               g.length);
      double result = f(room, g.length);
      ref_store(s->output, out, 1, &result, 1);
    }
  }
  return NULL;
}

KERNEL(nn_segment_sum)
{
  return segments(s, ref_sum, room);
}
KERNEL(nn_segment_mean)
{
  return segments(s, mean, room);
}
KERNEL(nn_segment_max)
{
  return segments(s, greatest, room);
}
