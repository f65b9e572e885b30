// See elementwise.h.
#include "stdlib/ops/ref/elementwise.h"

#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"

#include <math.h>

// ---- numbers ----

static bool fits_whole(double x)
{
  return x >= -0x1p63 && x < 0x1p63 && floor(x) == x;
}

// The number as it meets elements of the type; whether it is one of them.
static bool meets(enum dtype dtype, bool whole, bool element, double *x)
{
  int64_t least, most;
  if (!whole) {
    *x = ref_as(dtype, *x);
    return true;
  }
  ref_range(dtype, &least, &most);
  if (element) // the nearest one; 2^63 is not an int64
    *x = *x != *x ? 0 : trunc(fmin(fmax(*x, (double)least), (double)most));
  if (element && *x == 0x1p63)
    *x = 0x1p63 - 1024;
  if (fabs(*x) > 0x1p63 || *x == 0x1p63)
    *x = copysign(INFINITY, *x);
  return fits_whole(*x);
}

// ---- two operands ----

struct two {
  const struct tensor_step *step;
  const struct ref_function *f;
  struct ref_operand x, y;
  struct places places; // of those that are tensors
  int64_t n;            // elements of a row
  int64_t out;          // where the row is in the result
};

static void load(const struct two *w, struct ref_operand o, uint32_t number,
                 int64_t from, double *to, int64_t n)
{
  int64_t stride = places_stride(&w->places, number);
  if (o.tensor) {
    ref_load(to, o.tensor, w->places.at[number] + from * stride, stride, n);
    return;
  }
  for (int64_t i = 0; i < n; i++)
    to[i] = o.number;
}

static void load_whole(const struct two *w, struct ref_operand o,
                       uint32_t number, int64_t from, int64_t *to, int64_t n)
{
  int64_t stride = places_stride(&w->places, number);
  if (o.tensor) {
    ref_load_whole(to, o.tensor, w->places.at[number] + from * stride, stride,
                   n);
    return;
  }
  for (int64_t i = 0; i < n; i++)
    to[i] = (int64_t)o.number;
}

static void row_of_floats(const struct two *w, int64_t from, int64_t n)
{
  double x[REF_PIECE], y[REF_PIECE];
  load(w, w->x, 0, from, x, n);
  load(w, w->y, w->x.tensor ? 1 : 0, from, y, n);
  w->f->floats(x, y, n);
  ref_store(w->step->output, w->out + from, 1, x, n);
}

static void row_of_wholes(const struct two *w, int64_t from, int64_t n)
{
  int64_t x[REF_PIECE], y[REF_PIECE];
  load_whole(w, w->x, 0, from, x, n);
  load_whole(w, w->y, w->x.tensor ? 1 : 0, from, y, n);
  w->f->wholes(x, y, n);
  ref_store_whole(w->step->output, w->out + from, 1, x, n);
}

static void rows(struct two *w,
                 void (*row)(const struct two *, int64_t from, int64_t n))
{
  w->n = places_rows(&w->places, w->step->output);
  if (w->x.tensor)
    places_add(&w->places, w->x.tensor, 0);
  if (w->y.tensor)
    places_add(&w->places, w->y.tensor, 0);
  for (; places_next(&w->places); w->out += w->n)
    for (int64_t i = 0; i < w->n; i += REF_PIECE)
      row(w, i, w->n - i < REF_PIECE ? w->n - i : REF_PIECE);
}

const char *ref_two(const struct tensor_step *s, const struct ref_function *f,
                    struct ref_operand x, struct ref_operand y)
{
  struct two w = {.step = s, .f = f, .x = x, .y = y};
  const struct tensor *t = x.tensor ? x.tensor : y.tensor;
  bool whole = ref_is_whole(t), fits = true;
  struct ref_operand *number = !x.tensor ? &w.x : !y.tensor ? &w.y : NULL;
  if (number)
    fits = meets((enum dtype)t->dtype, whole, f->element, &number->number);
  rows(&w, whole && fits ? row_of_wholes : row_of_floats);
  return NULL;
}

// ---- one operand ----

struct one {
  const struct tensor_step *step;
  const struct ref_function *f;
  const double *numbers;
  int64_t wholes[4]; // the same numbers
};

static void piece(const struct one *o, int64_t at, int64_t stride, int64_t out,
                  int64_t n)
{
  const struct tensor *t = o->step->inputs[0];
  double x[REF_PIECE];
  int64_t whole[REF_PIECE];
  if (ref_is_whole(t)) {
    ref_load_whole(whole, t, at, stride, n);
    o->f->wholes(whole, o->wholes, n);
    ref_store_whole(o->step->output, out, 1, whole, n);
    return;
  }
  ref_load(x, t, at, stride, n);
  o->f->floats(x, o->numbers, n);
  ref_store(o->step->output, out, 1, x, n);
}

const char *ref_one(const struct tensor_step *s, const struct ref_function *f,
                    const double *numbers)
{
  struct one o = {.step = s, .f = f, .numbers = numbers};
  const struct tensor *t = s->inputs[0];
  struct places p;
  int64_t n = places_rows(&p, t), out = 0;
  places_add(&p, t, 0);
  for (int i = 0; numbers && f->wholes && i < 2; i++) {
    double x = numbers[i];
    meets((enum dtype)t->dtype, true, true, &x);
    o.wholes[i] = (int64_t)x;
  }
  int64_t stride = places_stride(&p, 0);
  for (; places_next(&p); out += n)
    for (int64_t i = 0; i < n; i += REF_PIECE)
      piece(&o, p.at[0] + i * stride, stride, out + i,
            n - i < REF_PIECE ? n - i : REF_PIECE);
  return NULL;
}
