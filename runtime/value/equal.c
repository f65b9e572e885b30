// Equality and order of values, by their type.
#include "runtime/value/tensor_node.h"
#include "runtime/value/walk.h"

static bool equal(struct walk *w, uint32_t type, value x, value y,
                  uint32_t depth);

static bool equal_lists(struct walk *w, uint32_t of, const struct list *x,
                        const struct list *y, uint32_t depth)
{
  if (x->count != y->count)
    return false;
  for (uint32_t i = 0; i < x->count; i++)
    if (!equal(w, of, x->items[i], y->items[i], depth))
      return false;
  return true;
}

static bool equal_maps(struct walk *w, uint32_t of, const struct map *x,
                       const struct map *y, uint32_t depth)
{
  if (x->count != y->count)
    return false;
  for (uint32_t i = 0; i < x->count; i++) {
    const value *other = map_get(y, x->entries[i].key);
    if (!other || !equal(w, of, x->entries[i].item, *other, depth))
      return false;
  }
  return true;
}

static bool equal_parts(struct walk *w, const struct plan_type *t,
                        const value *x, const value *y, uint32_t depth)
{
  for (uint32_t i = 0; i < t->fields.count; i++)
    if (!equal(w, part_type(w->plan, t, i), x[i], y[i], depth))
      return false;
  return true;
}

static bool is_number(const struct json *j)
{
  return j->kind == JSON_INT || j->kind == JSON_FLOAT;
}

static bool equal_numbers(const struct json *x, const struct json *y)
{
  if (x->kind == JSON_INT && y->kind == JSON_INT)
    return x->as.i == y->as.i;
  double a = x->kind == JSON_INT ? (double)x->as.i : x->as.f;
  double b = y->kind == JSON_INT ? (double)y->as.i : y->as.f;
  return a == b;
}

static bool equal_json(struct walk *w, const struct json *x,
                       const struct json *y, uint32_t depth);

static bool equal_json_maps(struct walk *w, const struct map *x,
                            const struct map *y, uint32_t depth)
{
  if (x->count != y->count)
    return false;
  for (uint32_t i = 0; i < x->count; i++) {
    const value *other = map_get(y, x->entries[i].key);
    if (!other || !equal_json(w, x->entries[i].item.json, other->json, depth))
      return false;
  }
  return true;
}

static bool equal_json_lists(struct walk *w, const struct list *x,
                             const struct list *y, uint32_t depth)
{
  if (x->count != y->count)
    return false;
  for (uint32_t i = 0; i < x->count; i++)
    if (!equal_json(w, x->items[i].json, y->items[i].json, depth))
      return false;
  return true;
}

static bool equal_json(struct walk *w, const struct json *x,
                       const struct json *y, uint32_t depth)
{
  if (x == y)
    return true;
  if (!walk_enter(w, depth))
    return false;
  if (is_number(x) && is_number(y))
    return equal_numbers(x, y);
  if (x->kind != y->kind)
    return false;
  switch (x->kind) {
  case JSON_NULL:
    return true;
  case JSON_TEXT:
    return !text_compare(x->as.text, y->as.text);
  case JSON_LIST:
    return equal_json_lists(w, x->as.list, y->as.list, depth + 1);
  case JSON_MAP:
    return equal_json_maps(w, x->as.map, y->as.map, depth + 1);
  default:
    return x->as.i == y->as.i;
  }
}

static bool equal_tensors(const struct tensor *x, const struct tensor *y)
{
  if (tensor_is_out(x) || tensor_is_out(y) || x->dtype != y->dtype ||
      x->rank != y->rank || memcmp(x->dims, y->dims, x->rank * sizeof *x->dims))
    return false;
  size_t n = (size_t)tensor_size(x), one = dtype_size[x->dtype];
  for (size_t i = 0; i < n; i++) {
    const char *a = tensor_at(x, i), *b = tensor_at(y, i);
    float f, g;
    double d, e;
    if (x->dtype == DTYPE_f32) {
      memcpy(&f, a, one), memcpy(&g, b, one);
      if (f != g)
        return false;
    } else if (x->dtype == DTYPE_f64) {
      memcpy(&d, a, one), memcpy(&e, b, one);
      if (d != e)
        return false;
    } else if (memcmp(a, b, one)) {
      return false;
    }
  }
  return true;
}

static bool equal_tagged(struct walk *w, const struct plan_type *t,
                         const struct tagged *x, const struct tagged *y,
                         uint32_t depth)
{
  if (x->tag != y->tag)
    return false;
  uint32_t of = payload_type(w->plan, t, x->tag);
  return of == PLAN_NONE || equal(w, of, x->payload, y->payload, depth);
}

static bool equal_pointers(struct walk *w, const struct plan_type *t, value x,
                           value y, uint32_t depth)
{
  switch (t->kind) {
  case TYPE_list:
    return equal_lists(w, t->of, x.list, y.list, depth);
  case TYPE_map:
    return equal_maps(w, t->of, x.map, y.map, depth);
  case TYPE_tuple:
  case TYPE_record:
    return equal_parts(w, t, x.parts, y.parts, depth);
  case TYPE_optional:
    return x.box && y.box && equal(w, t->of, *x.box, *y.box, depth);
  case TYPE_union:
  case TYPE_step:
    return equal_tagged(w, t, x.tagged, y.tagged, depth);
  case TYPE_json:
    return equal_json(w, x.json, y.json, depth);
  case TYPE_tensor:
    return equal_tensors(x.tensor, y.tensor);
  default: // streams, futures, handles, closures: the same one or not
    return false;
  }
}

static bool equal(struct walk *w, uint32_t type, value x, value y,
                  uint32_t depth)
{
  const struct plan_type *t = &w->plan->types[type];
  switch (t->kind) {
  case TYPE_float:
  case TYPE_percent:
    return x.f == y.f;
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_secret:
  case TYPE_markdown:
  case TYPE_enum:
    return x.text->size == y.text->size && !text_compare(x.text, y.text);
  default:
    break;
  }
  // A list that holds a NaN equals itself, as in Python.
  return x.bits == y.bits ||
         (t->kind != TYPE_none && t->kind != TYPE_bool && t->kind != TYPE_int &&
          t->kind != TYPE_duration && t->kind != TYPE_size &&
          t->kind != TYPE_time && walk_enter(w, depth) &&
          equal_pointers(w, t, x, y, depth + 1));
}

bool value_equal_within(const struct plan *p, uint32_t type, value x, value y,
                        bool *over)
{
  struct walk w = {.plan = p, .left = VALUE_PARTS};
  bool same = equal(&w, type, x, y, 0);
  *over = w.over;
  return same && !w.over;
}

bool value_equal(const struct plan *p, uint32_t type, value x, value y)
{
  bool over;
  return value_equal_within(p, type, x, y, &over);
}

// By the first part that differs.
static int compare_parts(const struct plan *p, uint32_t type, value x, value y)
{
  struct plan_run run = p->types[type].fields;
  int order = 0;
  for (uint32_t i = 0; i < run.count && !order; i++)
    order =
        value_compare(p, p->fields[run.first + i].type, x.parts[i], y.parts[i]);
  return order;
}

int value_compare(const struct plan *p, uint32_t type, value x, value y)
{
  switch (p->types[type].kind) {
  case TYPE_tuple:
    return compare_parts(p, type, x, y);
  case TYPE_float:
  case TYPE_percent: // NaN comes last, so that sorting has an order
    if (x.f != x.f || y.f != y.f)
      return (x.f != x.f) - (y.f != y.f);
    return (x.f > y.f) - (x.f < y.f);
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_secret:
  case TYPE_markdown:
  case TYPE_enum:
    return text_compare(x.text, y.text);
  default:
    return (x.i > y.i) - (x.i < y.i);
  }
}
