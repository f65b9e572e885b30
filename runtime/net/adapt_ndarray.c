// ndarray: {"array": nested lists, "shape": [ints]?, "dtype": NumPy's name?}.
// The array is read, given its shape, cast to its dtype (toward zero) and then
// to the element type that the route wants. multi_ndarray: an object of such.
#include "grammar/base/utf8.h"
#include "runtime/codec/tensor.h"
#include "runtime/net/adapt.h"

#include <string.h>

static const struct json *member(const struct json *object, const char *name)
{
  struct text key = {(uint32_t)strlen(name), (uint32_t)strlen(name), name};
  const value *v = map_get(object->as.map, &key);
  return v && v->json->kind != JSON_NULL ? v->json : NULL;
}

static struct loc below(const struct loc *up, const char *key)
{
  return (struct loc){up, key, strlen(key), 0};
}

// f64 when none is said.
static bool read_dtype(struct decode *d, const struct json *from,
                       const struct loc *up, enum dtype *out)
{
  struct loc at = below(up, "dtype");
  *out = DTYPE_f64;
  if (!from)
    return true;
  if (from->kind != JSON_TEXT)
    return offence_at(d, from, &at, "string_type", NULL,
                      "Input should be a valid string");
  const struct text *t = from->as.text;
  if (dtype_find(t->data, t->size, out))
    return true;
  return offence_value(d, from, &at, "data type '%.*s' is not known",
                       (int)utf8_cut(t->data, t->size, 40), t->data);
}

// The sizes of a shape; one may be -1, which stands for what is left.
static bool read_sizes(struct decode *d, const struct list *l,
                       const struct loc *at, int64_t *dims, int *open)
{
  for (uint32_t i = 0; i < l->count; i++) {
    const struct json *j = l->items[i].json;
    struct loc here = {at, NULL, 0, i};
    if (j->kind != JSON_INT)
      return offence_at(d, j, &here, "int_type", NULL,
                        "Input should be a valid integer");
    if (j->as.i < -1 || (j->as.i == -1 && *open >= 0))
      return offence_value(d, j, &here,
                           "a size is 0 or more; one may be -1 for the rest");
    dims[i] = j->as.i;
    if (j->as.i == -1)
      *open = (int)i;
  }
  return true;
}

// The product without the open size; -1 when it is beyond any array.
static int64_t product(const int64_t *dims, uint32_t rank, int open)
{
  int64_t n = 1;
  bool zero = false;
  for (uint32_t i = 0; i < rank; i++)
    zero |= dims[i] == 0;
  for (uint32_t i = 0; i < rank && !zero; i++)
    if ((int)i != open && __builtin_mul_overflow(n, dims[i], &n))
      return -1;
  return zero ? 0 : n;
}

static bool give_shape(struct decode *d, struct tensor *t,
                       const struct json *from, const struct loc *up)
{
  struct loc at = below(up, "shape");
  int64_t dims[TENSOR_RANK], size = tensor_size(t);
  int open = -1;
  if (!from)
    return true;
  if (from->kind != JSON_LIST)
    return offence_at(d, from, &at, "list_type", NULL,
                      "Input should be a valid list");
  uint32_t rank = from->as.list->count;
  if (rank > TENSOR_RANK)
    return offence_value(d, from, &at, "a shape has at most %d sizes",
                         TENSOR_RANK);
  if (!rank)
    return true; // as if none were said
  if (!read_sizes(d, from->as.list, &at, dims, &open))
    return false;
  int64_t n = product(dims, rank, open);
  struct buf shape = {.arena = d->arena};
  shape_print(dims, rank, &shape);
  if (shape.failed)
    return false;
  if (open >= 0 && n > 0 && size % n == 0) {
    dims[open] = size / n;
    n = size;
  }
  if (n != size || (open >= 0 && dims[open] < 0))
    return offence_value(
        d, from, &at, "%lld elements cannot have the shape %s, which has %lld",
        (long long)size, shape.data, (long long)n);
  tensor_shape(t, rank, dims);
  return true;
}

static bool read_one(struct decode *d, uint32_t type, const struct json *from,
                     const struct loc *up, value *out)
{
  enum dtype dtype;
  if (from->kind != JSON_MAP)
    return offence_at(d, from, up, "model_attributes_type", NULL,
                      "Input should be a valid dictionary or object to "
                      "extract fields from");
  const struct json *array = member(from, "array");
  struct loc at = below(up, "array");
  if (!array)
    offence_at(d, from, &at, "missing", NULL, "Field required");
  bool known = read_dtype(d, member(from, "dtype"), up, &dtype);
  struct tensor *t = array ? tensor_read(d, array, dtype, &at) : NULL;
  if (!t || !give_shape(d, t, member(from, "shape"), up) || !known ||
      !tensor_fit(d, t, type, from, up))
    return false;
  out->tensor = t;
  return true;
}

bool adapt_ndarray(struct decode *d, uint32_t type,
                   const struct adapt_input *in, value *out)
{
  const struct json *j = json_parse(d, in->body, in->size, &adapt_body);
  return j && read_one(d, type, j, &adapt_body, out);
}

bool adapt_multi_ndarray(struct decode *d, uint32_t type,
                         const struct adapt_input *in, value *out)
{
  const struct json *j = json_parse(d, in->body, in->size, &adapt_body);
  if (!j)
    return false;
  if (j->kind != JSON_MAP || d->plan->types[type].kind != TYPE_map)
    return offence_at(d, j, &adapt_body, "dict_type", NULL,
                      "Input should be a valid dictionary");
  const struct map *m = j->as.map;
  struct map *made = map_new(d->arena, m->count);
  bool ok = made;
  for (uint32_t i = 0; made && i < m->count; i++) {
    const struct text *key = m->entries[i].key;
    struct loc at = {&adapt_body, key->data, key->size, 0};
    value v;
    ok &= read_one(d, d->plan->types[type].of, m->entries[i].item.json, &at,
                   &v) &&
          map_put(d->arena, made, key, v);
  }
  out->map = made;
  return ok;
}
