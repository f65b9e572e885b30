// Element types.
#include "stdlib/ops/ref/elements.h"
#include "stdlib/ops/ref/places.h"
#include "stdlib/ops/ref/ref.h"

static void fit(enum dtype dtype, int64_t *x, int64_t n)
{
  int64_t least, most;
  ref_range(dtype, &least, &most);
  for (int64_t i = 0; i < n; i++)
    x[i] = x[i] < least ? least : x[i] > most ? most : x[i];
}

static void piece(const struct tensor *x, int64_t at, int64_t stride,
                  const struct tensor *out, int64_t out_at, int64_t n)
{
  int64_t wholes[REF_PIECE];
  double floats[REF_PIECE];
  if (x->dtype == out->dtype) {
    ref_copy(out, out_at, 1, x, at, stride, n);
  } else if (ref_is_whole(x)) {
    ref_load_whole(wholes, x, at, stride, n);
    fit((enum dtype)out->dtype, wholes, n);
    ref_store_whole(out, out_at, 1, wholes, n);
  } else {
    ref_load(floats, x, at, stride, n);
    ref_store(out, out_at, 1, floats, n);
  }
}

static const char *cast(const struct tensor_step *s)
{
  const struct tensor *x = s->inputs[0];
  struct places p;
  int64_t n = places_rows(&p, x), out = 0;
  places_add(&p, x, 0);
  int64_t stride = places_stride(&p, 0);
  for (; places_next(&p); out += n)
    for (int64_t i = 0; i < n; i += REF_PIECE)
      piece(x, p.at[0] + i * stride, stride, s->output, out + i,
            n - i < REF_PIECE ? n - i : REF_PIECE);
  return NULL;
}

KERNEL(tensor_f32)
{
  return cast(s);
}
KERNEL(tensor_f16)
{
  return cast(s);
}
KERNEL(tensor_bf16)
{
  return cast(s);
}
KERNEL(tensor_f64)
{
  return cast(s);
}
KERNEL(tensor_i8)
{
  return cast(s);
}
KERNEL(tensor_u8)
{
  return cast(s);
}
KERNEL(tensor_i32)
{
  return cast(s);
}
KERNEL(tensor_i64)
{
  return cast(s);
}
KERNEL(tensor_bool)
{
  return cast(s);
}
