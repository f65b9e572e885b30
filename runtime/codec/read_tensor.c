// The quick way for tensors: nested lists of numbers straight into elements.
// The shape is found on the way; what is uneven or no number is left to the
// thorough way.
#include "runtime/codec/parts.h"
#include "runtime/codec/tensor.h"

#include <string.h>

enum { FIRST_ROOM = 64 };

struct filling {
  struct scan *s;
  struct arena *arena;
  enum dtype dtype;
  void *data;
  size_t count, room;
  uint32_t rank; // 0: not known yet
  int64_t dims[TENSOR_RANK];
};

static bool grow(struct filling *f)
{
  size_t one = dtype_size[f->dtype];
  size_t room = f->room ? f->room * 2 : FIRST_ROOM;
  void *data = arena_grow(f->arena, f->data, f->count * one, room * one);
  if (!data)
    return false;
  f->data = data;
  f->room = room;
  return true;
}

static bool fill_number(struct filling *f)
{
  int64_t whole;
  double x;
  if (f->count == f->room && !grow(f))
    return false;
  if (element_is_int(f->dtype) && scan_int(f->s, &whole)) {
    element_set_int(f->data, f->dtype, f->count++, whole);
    return true;
  }
  if (!scan_float(f->s, &x))
    return false;
  element_set(f->data, f->dtype, f->count++, x);
  return true;
}

static bool fill_list(struct filling *f, uint32_t axis);

static bool fill_item(struct filling *f, uint32_t axis)
{
  if (scan_peek(f->s) == '[')
    return axis + 1 < (f->rank ? f->rank : TENSOR_RANK) &&
           fill_list(f, axis + 1);
  if (!f->rank)
    f->rank = axis + 1;
  return f->rank == axis + 1 && fill_number(f);
}

static bool fill_list(struct filling *f, uint32_t axis)
{
  int64_t count = 0;
  if (!scan_take(f->s, '['))
    return false;
  do {
    if (!fill_item(f, axis))
      return false;
    count++;
  } while (scan_peek(f->s) == ',' && scan_take(f->s, ','));
  if (f->dims[axis] && f->dims[axis] != count)
    return false;
  f->dims[axis] = count;
  return scan_take(f->s, ']');
}

bool read_tensor(struct decode *d, uint32_t type, struct scan *s, value *out)
{
  struct filling f = {.s = s, .arena = d->arena};
  f.dtype = (enum dtype)d->plan->types[type].detail;
  if (s->depth + TENSOR_RANK > JSON_DEPTH || scan_peek(s) != '[' ||
      !fill_list(&f, 0))
    return false;
  struct tensor *t = arena_zalloc(d->arena, sizeof *t);
  if (!t)
    return false;
  t->dtype = f.dtype;
  t->data = f.data;
  tensor_shape(t, f.rank, f.dims);
  out->tensor = t;
  return tensor_fit(d, t, type, NULL, NULL);
}
