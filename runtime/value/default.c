// The default values of types: what a slot holds before anything is written.
#include "runtime/value/value.h"

// Parts held by value have smaller numbers, so one pass in order does it.
static bool default_parts(struct arena *a, const struct plan *p, uint32_t type,
                          value *all)
{
  struct plan_run f = p->types[type].fields;
  value *parts = ARENA_ARRAY(a, f.count + 1, value);
  if (!parts)
    return false;
  for (uint32_t i = 0; i < f.count; i++) {
    uint32_t part = p->fields[f.first + i].type;
    if (part >= type)
      return false;
    parts[i] = all[part];
  }
  all[type].parts = parts;
  return true;
}

static bool default_tagged(struct arena *a, const struct plan *p, uint32_t type,
                           value *all)
{
  const struct plan_type *t = &p->types[type];
  uint32_t of = t->kind == TYPE_step  ? t->of
                : t->fields.count > 0 ? p->fields[t->fields.first].type
                                      : PLAN_NONE;
  struct tagged *v = ARENA_NEW(a, struct tagged);
  if (!v || (of != PLAN_NONE && of >= type))
    return false;
  if (of != PLAN_NONE)
    v->payload = all[of];
  all[type].tagged = v;
  return true;
}

// No elements, one dimension.
static bool default_tensor(struct arena *a, const struct plan *p, uint32_t type,
                           value *all)
{
  static uint64_t nothing[1];
  struct tensor *t = ARENA_NEW(a, struct tensor);
  if (!t)
    return false;
  t->dtype = p->types[type].detail;
  t->rank = 1;
  t->strides[0] = 1;
  t->data = nothing;
  all[type].tensor = t;
  return true;
}

static bool default_of(struct arena *a, const struct plan *p, uint32_t type,
                       value *all)
{
  switch (p->types[type].kind) {
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_secret:
  case TYPE_markdown:
  case TYPE_enum:
    all[type].text = &text_empty;
    return true;
  case TYPE_list:
    all[type].list = &list_empty;
    return true;
  case TYPE_map:
    all[type].map = &map_empty;
    return true;
  case TYPE_json:
    all[type].json = &json_null;
    return true;
  case TYPE_tuple:
  case TYPE_record:
    return default_parts(a, p, type, all);
  case TYPE_union:
  case TYPE_step:
    return default_tagged(a, p, type, all);
  case TYPE_tensor:
    return default_tensor(a, p, type, all);
  default:
    return true; // 0, none, NULL
  }
}

value *value_defaults(struct arena *a, const struct plan *p)
{
  value *all = ARENA_ARRAY(a, p->n_types + 1, value);
  for (uint32_t i = 0; all && i < p->n_types; i++)
    if (!default_of(a, p, i, all))
      return NULL;
  return all;
}
