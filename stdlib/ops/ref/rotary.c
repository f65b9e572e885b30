// Positions as angles by which pairs of elements are turned.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/ref.h"

#include <math.h>

// One pair: elements `i` and `j` of a row of x.
struct pair {
  int64_t row, i, j;
  double angle;
};

static void turn(const struct tensor *x, const struct tensor *out,
                 const struct pair *p)
{
  double a, b, c = cos(p->angle), s = sin(p->angle);
  int64_t at = p->row * x->strides[0], to = p->row * out->strides[0];
  ref_load(&a, x, at + p->i * x->strides[1], 0, 1);
  ref_load(&b, x, at + p->j * x->strides[1], 0, 1);
  double turned[2] = {a * c - b * s, b * c + a * s};
  ref_store(out, to + p->i, 1, turned, 1);
  ref_store(out, to + p->j, 1, turned + 1, 1);
}

KERNEL(nn_rotary)
{
  const struct tensor *x = s->inputs[0], *positions = s->inputs[1];
  int64_t heads = s->attributes[0], wide = x->dims[1], position;
  double base = attribute_float(s->attributes[1]);
  bool interleaved = s->attributes[2];
  if (heads < 1 || wide % heads || wide / heads % 2)
    return "the width is not an even number for each head";
  int64_t width = wide / heads;
  for (int64_t row = 0; row < x->dims[0]; row++) {
    ref_load_whole(&position, positions, row * positions->strides[0], 0, 1);
    for (int64_t n = 0; n < wide / 2; n++) {
      int64_t head = n / (width / 2) * width, i = n % (width / 2);
      struct pair p = {row, head + (interleaved ? 2 * i : i),
                       head + (interleaved ? 2 * i + 1 : i + width / 2),
                       (double)position /
                           pow(base, 2.0 * (double)i / (double)width)};
      turn(x, s->output, &p);
    }
  }
  return NULL;
}
