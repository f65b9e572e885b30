// Hashes of values, by their type: what is equal (value_equal) has the same
// one.
#include "runtime/value/tensor_node.h"
#include "runtime/value/walk.h"

#include <xxhash.h>

struct hashing {
  struct walk walk;
  bool never; // something has no equals
};

static uint64_t mix(uint64_t h, uint64_t bits)
{
  return XXH3_64bits_withSeed(&bits, sizeof bits, h);
}

static uint64_t mix_text(uint64_t h, const struct text *t)
{
  return XXH3_64bits_withSeed(t->data, t->size, mix(h, t->size));
}

// Both zeros are equal.
static uint64_t mix_float(uint64_t h, double f)
{
  value v = {.f = f == 0 ? 0 : f};
  return mix(h, v.bits);
}

static uint64_t hash(struct hashing *g, uint64_t h, uint32_t type, value v,
                     uint32_t depth);
static uint64_t hash_json(struct hashing *g, uint64_t h, const struct json *j,
                          uint32_t depth);

// Maps are equal in any order, so their entries are added. `of` is PLAN_NONE
// for a map of json.
static uint64_t hash_map(struct hashing *g, uint64_t h, uint32_t of,
                         const struct map *m, uint32_t depth)
{
  uint64_t sum = 0;
  for (uint32_t i = 0; i < m->count; i++) {
    uint64_t key = mix_text(h, m->entries[i].key);
    value item = m->entries[i].item;
    sum += of == PLAN_NONE ? hash_json(g, key, item.json, depth)
                           : hash(g, key, of, item, depth);
  }
  return mix(mix(h, m->count), sum);
}

// Whole numbers are equal to floats.
static uint64_t hash_json(struct hashing *g, uint64_t h, const struct json *j,
                          uint32_t depth)
{
  if (!walk_enter(&g->walk, depth))
    return h;
  if (j->kind == JSON_INT)
    return mix_float(h, (double)j->as.i);
  if (j->kind == JSON_FLOAT)
    return mix_float(h, j->as.f);
  h = mix(h, j->kind);
  switch (j->kind) {
  case JSON_TEXT:
    return mix_text(h, j->as.text);
  case JSON_LIST:
    for (uint32_t i = 0; i < j->as.list->count; i++)
      h = hash_json(g, h, j->as.list->items[i].json, depth + 1);
    return mix(h, j->as.list->count);
  case JSON_MAP:
    return hash_map(g, h, PLAN_NONE, j->as.map, depth + 1);
  default:
    return mix(h, j->as.bits);
  }
}

static uint64_t hash_tensor(uint64_t h, const struct tensor *t)
{
  size_t n = (size_t)tensor_size(t), one = dtype_size[t->dtype];
  h = XXH3_64bits_withSeed(t->dims, t->rank * sizeof *t->dims,
                           mix(h, t->dtype));
  for (size_t i = 0; i < n && !tensor_is_out(t); i++) {
    uint64_t bits = 0;
    float f;
    double d;
    memcpy(&bits, tensor_at(t, i), one);
    if (t->dtype == DTYPE_f32)
      memcpy(&f, &bits, one), h = mix_float(h, f);
    else if (t->dtype == DTYPE_f64)
      memcpy(&d, &bits, one), h = mix_float(h, d);
    else
      h = mix(h, bits);
  }
  return h;
}

static uint64_t hash_parts(struct hashing *g, uint64_t h,
                           const struct plan_type *t, const value *parts,
                           uint32_t depth)
{
  for (uint32_t i = 0; i < t->fields.count; i++)
    h = hash(g, h, part_type(g->walk.plan, t, i), parts[i], depth);
  return h;
}

static uint64_t hash_tagged(struct hashing *g, uint64_t h,
                            const struct plan_type *t, const struct tagged *x,
                            uint32_t depth)
{
  uint32_t of = payload_type(g->walk.plan, t, x->tag);
  h = mix(h, x->tag);
  return of == PLAN_NONE ? h : hash(g, h, of, x->payload, depth);
}

static uint64_t hash_pointer(struct hashing *g, uint64_t h,
                             const struct plan_type *t, value v, uint32_t depth)
{
  switch (t->kind) {
  case TYPE_list:
    for (uint32_t i = 0; i < v.list->count; i++)
      h = hash(g, h, t->of, v.list->items[i], depth);
    return mix(h, v.list->count);
  case TYPE_map:
    return hash_map(g, h, t->of, v.map, depth);
  case TYPE_tuple:
  case TYPE_record:
    return hash_parts(g, h, t, v.parts, depth);
  case TYPE_optional:
    return v.box ? hash(g, mix(h, 1), t->of, *v.box, depth) : mix(h, 0);
  case TYPE_union:
  case TYPE_step:
    return hash_tagged(g, h, t, v.tagged, depth);
  case TYPE_json:
    return hash_json(g, h, v.json, depth);
  case TYPE_tensor:
    return hash_tensor(h, v.tensor);
  case TYPE_handle:
    return mix(h, v.bits);
  default: // streams, futures, closures
    g->never = true;
    return h;
  }
}

static uint64_t hash(struct hashing *g, uint64_t h, uint32_t type, value v,
                     uint32_t depth)
{
  const struct plan_type *t = &g->walk.plan->types[type];
  switch (t->kind) {
  case TYPE_float:
  case TYPE_percent:
    return mix_float(h, v.f);
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_secret:
  case TYPE_markdown:
  case TYPE_enum:
    return mix_text(h, v.text);
  case TYPE_none:
  case TYPE_bool:
  case TYPE_int:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
    return mix(h, v.bits);
  default:
    return walk_enter(&g->walk, depth) ? hash_pointer(g, h, t, v, depth + 1)
                                       : h;
  }
}

bool value_hash(const struct plan *p, uint32_t type, value v, uint64_t *h)
{
  struct hashing g = {.walk = {.plan = p, .left = VALUE_PARTS}};
  *h = hash(&g, *h, type, v, 0);
  return !g.never && !g.walk.over;
}
