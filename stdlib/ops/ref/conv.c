// Convolutions, as sums of products: the elements that meet a kernel's are a
// row. In one dimension there is a second one, of 1, before it.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/product.h"

#include <string.h>

// How an image and a kernel are seen: dimensions and steps of channels, lines
// and columns.
struct image {
  const struct tensor *tensor;
  int64_t dims[3], steps[3];
};

struct conv {
  const struct tensor_step *step;
  struct image x, w;
  const struct tensor *bias;                  // or NULL
  int64_t lines, columns;                     // of the result
  int64_t stride[2], padding[2], dilation[2]; // of lines, of columns
  int64_t groups;
};

// Its dimensions behind the first.
static struct image image_of(const struct tensor *t)
{
  uint32_t r = t->rank;
  struct image i = {t,
                    {t->dims[1], 1, t->dims[r - 1]},
                    {t->strides[1], 0, t->strides[r - 1]}};
  if (r == 4) {
    i.dims[1] = t->dims[2];
    i.steps[1] = t->strides[2];
  }
  return i;
}

static struct conv conv_of(const struct tensor_step *s,
                           const struct tensor *bias)
{
  const int64_t *a = s->attributes;
  const struct tensor *out = s->output;
  bool two = out->rank == 4;
  return (struct conv){.step = s,
                       .x = image_of(s->inputs[0]),
                       .w = image_of(s->inputs[1]),
                       .bias = bias,
                       .lines = two ? out->dims[2] : 1,
                       .columns = out->dims[out->rank - 1],
                       .stride = {two ? a[0] : 1, a[0]},
                       .padding = {two ? a[1] : 0, a[1]},
                       .dilation = {two ? a[2] : 1, a[2]},
                       .groups = a[3]};
}

size_t ref_room_conv(const struct tensor_step *s)
{
  struct image w = image_of(s->inputs[1]);
  return product_room(w.dims[0] * w.dims[1] * w.dims[2]);
}

// What meets the kernel for the result's place number `at`; what is padded is
// 0.
static void load_patch(const struct conv *c, int64_t from, int64_t at,
                       double *to)
{
  const struct image *x = &c->x, *w = &c->w;
  int64_t line = at / c->columns * c->stride[0] - c->padding[0];
  int64_t column = at % c->columns * c->stride[1] - c->padding[1];
  for (int64_t ch = 0; ch < w->dims[0]; ch++)
    for (int64_t i = 0; i < w->dims[1]; i++)
      for (int64_t j = 0; j < w->dims[2]; j++, to++) {
        int64_t l = line + i * c->dilation[0], k = column + j * c->dilation[1];
        *to = 0;
        if (l >= 0 && l < x->dims[1] && k >= 0 && k < x->dims[2])
          ref_load(to, x->tensor,
                   from + ch * x->steps[0] + l * x->steps[1] + k * x->steps[2],
                   0, 1);
      }
}

static void load_kernel(const struct image *w, int64_t number, double *to)
{
  int64_t at = number * w->tensor->strides[0];
  for (int64_t ch = 0; ch < w->dims[0]; ch++)
    for (int64_t i = 0; i < w->dims[1]; i++, to += w->dims[2])
      ref_load(to, w->tensor, at + ch * w->steps[0] + i * w->steps[1],
               w->steps[2], w->dims[2]);
}

// Some places of the result meet all kernels of a group.
static void meet(const struct conv *c, const struct product *p, int64_t image,
                 int64_t group, int64_t at, int64_t n)
{
  const struct tensor *out = c->step->output;
  int64_t each = out->dims[1] / c->groups, places = c->lines * c->columns;
  for (int64_t o = group * each; o < (group + 1) * each; o++) {
    double bias = 0;
    load_kernel(&c->w, o, p->w);
    if (c->bias)
      ref_load(&bias, c->bias, o * c->bias->strides[0], 0, 1);
    product_meet(p, n);
    for (int64_t i = 0; i < n; i++)
      p->sums[i] += bias;
    ref_store(out, (image * out->dims[1] + o) * places + at, 1, p->sums, n);
  }
}

static void convolve(const struct conv *c, int64_t image, int64_t group,
                     void *room)
{
  const struct image *x = &c->x, *w = &c->w;
  struct product p = product_begin(room, w->dims[0] * w->dims[1] * w->dims[2]);
  int64_t places = c->lines * c->columns;
  int64_t from =
      image * x->tensor->strides[0] + group * w->dims[0] * x->steps[0];
  for (int64_t at = 0; at < places; at += PRODUCT_ROWS) {
    int64_t n = places - at < PRODUCT_ROWS ? places - at : PRODUCT_ROWS;
    for (int64_t i = 0; i < n; i++)
      load_patch(c, from, at + i, p.x + i * p.k);
    meet(c, &p, image, group, at, n);
  }
}

static const char *conv(const struct tensor_step *s, const struct tensor *bias,
                        void *room)
{
  struct conv c = conv_of(s, bias);
  for (int64_t i = 0; i < s->output->dims[0]; i++)
    for (int64_t g = 0; g < c.groups; g++)
      convolve(&c, i, g, room);
  return NULL;
}

KERNEL(nn_conv1d)
{
  return conv(s, NULL, room);
}
KERNEL(nn_conv2d)
{
  return conv(s, NULL, room);
}
KERNEL(nn_conv1d_bias)
{
  return conv(s, s->inputs[2], room);
}
KERNEL(nn_conv2d_bias)
{
  return conv(s, s->inputs[2], room);
}
