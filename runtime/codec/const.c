// Constants of the plan as values. The verifier has made sure that they are of
// their types and that parts come before wholes; texts borrow the plan.
#include "runtime/codec/parts.h"

#include "grammar/base/utf8.h"

#include <string.h>

static bool const_text(struct arena *a, const struct plan *p,
                       const struct plan_const *c, value *out)
{
  const char *data = p->text + c->lo;
  bool bytes = p->types[c->type].kind == TYPE_bytes;
  out->text =
      text_over(a, data, c->hi, bytes ? c->hi : utf8_length(data, c->hi));
  return out->text;
}

static bool const_json(struct arena *a, const struct plan *p,
                       const struct plan_const *c, value *out)
{
  const char *data = p->text + c->lo;
  struct scan s = {.at = data, .end = data + c->hi, .start = data};
  out->json = c->hi ? tree_read(&s, a) : &json_null;
  return out->json;
}

static bool const_list(struct arena *a, const struct plan *p,
                       const struct plan_const *c, value *out)
{
  struct list *l = list_new(a, c->hi);
  if (!l)
    return false;
  for (uint32_t i = 0; i < c->hi; i++)
    if (!const_value(a, p, c->lo + i, &l->items[i]))
      return false;
  l->count = c->hi;
  out->list = l;
  return true;
}

static bool const_map(struct arena *a, const struct plan *p,
                      const struct plan_const *c, value *out)
{
  struct map *m = map_new(a, c->hi / 2);
  value key, item;
  if (!m)
    return false;
  for (uint32_t i = 0; i + 1 < c->hi; i += 2)
    if (!const_value(a, p, c->lo + i, &key) ||
        !const_value(a, p, c->lo + i + 1, &item) ||
        !map_put(a, m, key.text, item))
      return false;
  out->map = m;
  return true;
}

static bool const_parts(struct arena *a, const struct plan *p,
                        const struct plan_const *c, value *out)
{
  value *parts = arena_alloc(a, (c->hi + !c->hi) * sizeof *parts);
  if (!parts)
    return false;
  for (uint32_t i = 0; i < c->hi; i++)
    if (!const_value(a, p, c->lo + i, &parts[i]))
      return false;
  out->parts = parts;
  return true;
}

static bool const_union(struct arena *a, const struct plan *p,
                        const struct plan_const *c, value *out)
{
  struct tagged *t = arena_alloc(a, sizeof *t);
  if (!t || !const_value(a, p, c->hi, &t->payload))
    return false;
  t->tag = c->lo;
  out->tagged = t;
  return true;
}

bool const_value(struct arena *a, const struct plan *p, uint32_t index,
                 value *out)
{
  const struct plan_const *c = &p->consts[index];
  switch ((enum type_kind)p->types[c->type].kind) {
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_markdown:
  case TYPE_enum:
    return const_text(a, p, c, out);
  case TYPE_json:
    return const_json(a, p, c, out);
  case TYPE_list:
    return const_list(a, p, c, out);
  case TYPE_map:
    return const_map(a, p, c, out);
  case TYPE_tuple:
  case TYPE_record:
    return const_parts(a, p, c, out);
  case TYPE_union:
  case TYPE_step:
    return const_union(a, p, c, out);
  case TYPE_optional:
    out->bits = 0;
    if (c->hi) {
      value inner;
      if (!const_value(a, p, c->lo, &inner))
        return false;
      *out = value_wrap(a, inner);
      return out->box;
    }
    return true;
  default:
    out->bits = plan_bits(c);
    return true;
  }
}
