// Tensors as nested lists: read from json into an element type, and printed.
// Memory is the arena's; the elements are dense and row-major.
#include "runtime/codec/parts.h"
#include "runtime/value/tensor_node.h"
#include "runtime/codec/tensor.h"

#include <string.h>

static const char *const numpy_names[DTYPES] = {
#define DTYPE(name, bytes, numpy) numpy,
#include "grammar/defs/dtypes.def"
#undef DTYPE
};

bool dtype_find(const char *name, size_t size, enum dtype *out)
{
  static const struct {
    const char *name;
    enum dtype dtype;
  } more[] = {
      {"int", DTYPE_i64},    {"float", DTYPE_f64}, {"double", DTYPE_f64},
      {"single", DTYPE_f32}, {"half", DTYPE_f16},  {"f4", DTYPE_f32},
      {"f8", DTYPE_f64},     {"i4", DTYPE_i32},    {"i8", DTYPE_i64},
      {"u1", DTYPE_u8},      {"i1", DTYPE_i8},     {"f2", DTYPE_f16},
      {"bool_", DTYPE_bool}};
  for (unsigned i = 0; i < DTYPES; i++)
    if (strlen(numpy_names[i]) == size && !memcmp(numpy_names[i], name, size)) {
      *out = (enum dtype)i;
      return true;
    }
  for (unsigned i = 0; i < sizeof more / sizeof *more; i++)
    if (strlen(more[i].name) == size && !memcmp(more[i].name, name, size)) {
      *out = more[i].dtype;
      return true;
    }
  return false;
}

// ---- elements ----

// Half precision, rounded to the nearest, ties to even.
static uint16_t half_of(float f)
{
  uint32_t x;
  memcpy(&x, &f, sizeof x);
  uint32_t sign = x >> 16 & 0x8000, bits = x & 0x7FFFFFFF;
  if (bits > 0x7F800000)
    return (uint16_t)(sign | 0x7E00);
  if (bits >= 0x477FF000) // rounds beyond 65504
    return (uint16_t)(sign | 0x7C00);
  if (bits >= 0x38800000) {
    uint32_t odd = bits >> 13 & 1;
    return (uint16_t)(sign | (bits - 0x38000000 + 0xFFF + odd) >> 13);
  }
  float scaled; // subnormal: the addition rounds
  uint32_t magic = 0x3F000000;
  float half;
  memcpy(&scaled, &bits, sizeof scaled);
  memcpy(&half, &magic, sizeof half);
  scaled += half;
  memcpy(&bits, &scaled, sizeof bits);
  return (uint16_t)(sign | (bits - magic));
}

static float float_of_half(uint16_t h)
{
  uint32_t e = h >> 10 & 31, m = h & 1023, x;
  float f;
  if (!e) {
    f = (float)m * 0x1p-24f;
    return h & 0x8000 ? -f : f;
  }
  x = (uint32_t)(h & 0x8000) << 16 | (e == 31 ? 255u : e + 112) << 23 | m << 13;
  memcpy(&f, &x, sizeof f);
  return f;
}

static uint16_t brain_of(float f)
{
  uint32_t x;
  memcpy(&x, &f, sizeof x);
  if (f != f)
    return (uint16_t)(x >> 16 | 0x40);
  return (uint16_t)((x + 0x7FFF + (x >> 16 & 1)) >> 16);
}

static float float_of_brain(uint16_t b)
{
  uint32_t x = (uint32_t)b << 16;
  float f;
  memcpy(&f, &x, sizeof f);
  return f;
}

// A float that is rounded further as the double itself would be: where it is
// not exact, it is the one of both neighbours whose last bit is 1 (Boldo and
// Melquiond, 2008).
static float odd_of(double x)
{
  float f = (float)x;
  uint32_t bits;
  if ((double)f == x || f != f || f - f != 0)
    return f;
  memcpy(&bits, &f, sizeof bits);
  bits -= (f < 0 ? -(double)f : (double)f) > (x < 0 ? -x : x);
  bits |= 1;
  memcpy(&f, &bits, sizeof f);
  return f;
}

// Toward zero, as NumPy; what does not fit becomes the nearest that does.
static int64_t whole(double x)
{
  return x >= 0x1p63    ? INT64_MAX
         : x > -0x1p63  ? (int64_t)x
         : x <= -0x1p63 ? INT64_MIN
                        : 0;
}

void element_set(void *data, enum dtype dtype, size_t at, double x)
{
  switch (dtype) {
  case DTYPE_f64:
    ((double *)data)[at] = x;
    break;
  case DTYPE_f32:
    ((float *)data)[at] = (float)x;
    break;
  case DTYPE_f16:
    ((uint16_t *)data)[at] = half_of(odd_of(x));
    break;
  case DTYPE_bf16:
    ((uint16_t *)data)[at] = brain_of(odd_of(x));
    break;
  case DTYPE_bool:
    ((uint8_t *)data)[at] = x != 0;
    break;
  default:
    element_set_int(data, dtype, at, whole(x));
  }
}

// Whole numbers keep all their 64 bits, and wrap in fewer, as NumPy's.
void element_set_int(void *data, enum dtype dtype, size_t at, int64_t x)
{
  switch (dtype) {
  case DTYPE_i64:
    ((int64_t *)data)[at] = x;
    break;
  case DTYPE_i32:
    ((int32_t *)data)[at] = (int32_t)x;
    break;
  case DTYPE_i8:
    ((int8_t *)data)[at] = (int8_t)x;
    break;
  case DTYPE_u8:
    ((uint8_t *)data)[at] = (uint8_t)x;
    break;
  case DTYPE_f32:
    ((float *)data)[at] = (float)x;
    break;
  default:
    element_set(data, dtype, at, (double)x);
  }
}

bool element_is_int(enum dtype dtype)
{
  return dtype == DTYPE_i64 || dtype == DTYPE_i32 || dtype == DTYPE_i8 ||
         dtype == DTYPE_u8;
}

int64_t element_int(const void *data, enum dtype dtype, size_t at)
{
  switch (dtype) {
  case DTYPE_i64:
    return ((const int64_t *)data)[at];
  case DTYPE_i32:
    return ((const int32_t *)data)[at];
  case DTYPE_i8:
    return ((const int8_t *)data)[at];
  case DTYPE_bool:
    return ((const uint8_t *)data)[at] != 0;
  default:
    return ((const uint8_t *)data)[at];
  }
}

double element_float(const void *data, enum dtype dtype, size_t at)
{
  switch (dtype) {
  case DTYPE_f64:
    return ((const double *)data)[at];
  case DTYPE_f32:
    return ((const float *)data)[at];
  case DTYPE_f16:
    return float_of_half(((const uint16_t *)data)[at]);
  case DTYPE_bf16:
    return float_of_brain(((const uint16_t *)data)[at]);
  default:
    return (double)element_int(data, dtype, at);
  }
}

static void floats_of_halves(float *to, const uint16_t *from, size_t count)
{
  for (size_t i = 0; i < count; i++)
    to[i] = float_of_half(from[i]);
}

static void floats_of_brains(float *to, const uint16_t *from, size_t count)
{
  for (size_t i = 0; i < count; i++)
    to[i] = float_of_brain(from[i]);
}

void elements_cast(void *to, enum dtype dtype, const void *data,
                   enum dtype from, size_t count)
{
  if (from == dtype && count)
    memcpy(to, data, count * dtype_size[dtype]);
  else if (dtype == DTYPE_f32 && from == DTYPE_f16)
    floats_of_halves(to, data, count);
  else if (dtype == DTYPE_f32 && from == DTYPE_bf16)
    floats_of_brains(to, data, count);
  else if (element_is_int(from))
    for (size_t i = 0; i < count; i++)
      element_set_int(to, dtype, i, element_int(data, from, i));
  else
    for (size_t i = 0; i < count; i++)
      element_set(to, dtype, i, element_float(data, from, i));
}

// ---- making ----

struct tensor *tensor_make(struct arena *a, enum dtype dtype, uint32_t rank,
                           const int64_t *dims)
{
  size_t count = 1, bytes;
  for (uint32_t i = 0; i < rank; i++)
    if (__builtin_mul_overflow(count, (size_t)dims[i], &count))
      return NULL;
  if (__builtin_mul_overflow(count, dtype_size[dtype], &bytes))
    return NULL;
  struct tensor *t = arena_zalloc(a, sizeof *t);
  void *data = arena_alloc(a, bytes + !bytes);
  if (!t || !data)
    return NULL;
  t->dtype = dtype;
  t->rank = rank;
  t->data = data;
  tensor_shape(t, rank, dims);
  return t;
}

void tensor_shape(struct tensor *t, uint32_t rank, const int64_t *dims)
{
  int64_t stride = 1;
  t->rank = rank;
  for (uint32_t i = rank; i-- > 0;) {
    t->dims[i] = dims[i];
    t->strides[i] = stride;
    stride *= dims[i];
  }
}

bool tensor_cast(struct arena *a, struct tensor *t, enum dtype dtype)
{
  size_t count = (size_t)tensor_size(t);
  enum dtype from = (enum dtype)t->dtype;
  if (from == dtype)
    return true;
  void *data = arena_alloc(a, count * dtype_size[dtype] + 1);
  if (!data)
    return false;
  elements_cast(data, dtype, t->data, from, count);
  t->data = data;
  t->dtype = dtype;
  return true;
}

// ---- printing ----

static bool print_element(const struct tensor *t, size_t at, struct buf *out)
{
  enum dtype dtype = (enum dtype)t->dtype;
  if (element_is_int(dtype)) {
    number_add_int(out, element_int(t->data, dtype, at));
    return true;
  }
  double x = element_float(t->data, dtype, at);
  put_float(out, x);
  return x - x == 0;
}

static bool print_axis(const struct tensor *t, bool wide, uint32_t axis,
                       int64_t at, struct buf *out)
{
  if (axis == t->rank) {
    if (t->dtype != DTYPE_bool)
      return print_element(t, (size_t)at, out);
    bool x = ((const uint8_t *)t->data)[at];
    buf_adds(out, x ? wide ? "True" : "true" : wide ? "False" : "false");
    return true;
  }
  bool finite = true;
  buf_addc(out, '[');
  for (int64_t i = 0; i < t->dims[axis] && !out->failed; i++) {
    if (i)
      buf_addc(out, ',');
    if (i && wide)
      buf_addc(out, ' ');
    finite &= print_axis(t, wide, axis + 1, at + i * t->strides[axis], out);
  }
  buf_addc(out, ']');
  return finite;
}

bool tensor_print(const struct tensor *t, bool wide, struct buf *out)
{
  return !tensor_is_out(t) && print_axis(t, wide, 0, 0, out);
}
