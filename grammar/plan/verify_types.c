// Types: whether each is sound by itself, agrees with its base, and has a
// finite default value. And the constants of types and of code.
#include "grammar/plan/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "grammar/plan/names.h"
#include "grammar/plan/print.h"

enum { NO = 0, OF = 1, FIELDS = 2, BOTH = 3 };
static const uint8_t parts_of_kind[TYPE_KINDS] = {
#define TYPE(name, text, form, part) part,
#include "grammar/defs/types.def"
#undef TYPE
};

struct sizes {
  uint8_t *depth;  // parts of parts by value
  uint32_t *parts; // of the default value
};

__attribute__((format(printf, 3, 4))) static bool
refuse(struct plan_check *c, uint32_t type, const char *format, ...)
{
  char reason[160], label[PLAN_LABEL];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  const struct plan_type *t = &c->p->types[type];
  return check_refuse(c, "type %u %s '%s': %s", type,
                      type_kind_name((enum type_kind)t->kind),
                      plan_label(label, c->p, t->name), reason);
}

// ---- the type by itself ----
static bool is_shaped(struct plan_check *c, uint32_t i)
{
  const struct plan_type *t = &c->p->types[i];
  unsigned parts = parts_of_kind[t->kind];
  if ((t->of != PLAN_NONE) != (parts & OF))
    return refuse(c, i, t->of == PLAN_NONE ? "of is missing" : "of is set");
  if (t->fields.count && !(parts & FIELDS))
    return refuse(c, i, "it has fields");
  if (!t->fields.count && (t->kind == TYPE_enum || t->kind == TYPE_union))
    return refuse(c, i, "it has no fields");
  uint32_t below = t->kind == TYPE_tensor   ? DTYPES
                   : t->kind == TYPE_handle ? c->p->n_classes
                                            : 1;
  if (t->detail >= below)
    return refuse(c, i, "detail %u is not below %u", t->detail, below);
  if (t->kind == TYPE_tensor && t->fields.count > 8)
    return refuse(c, i, "rank %u is more than 8", t->fields.count);
  return true;
}

// A dimension's size, when it is known.
static bool is_dimension(struct plan_check *c, uint32_t i,
                         const struct plan_field *f)
{
  if (f->value == PLAN_NONE)
    return true;
  const struct plan_const *v = &c->p->consts[f->value];
  if (c->p->types[v->type].kind != TYPE_int || v->hi >> 31)
    return refuse(c, i, "a dimension is no whole number");
  return true;
}

static bool is_field(struct plan_check *c, uint32_t i,
                     const struct plan_field *f)
{
  const struct plan *p = c->p;
  enum type_kind kind = (enum type_kind)p->types[i].kind;
  bool typed = kind != TYPE_enum && kind != TYPE_tensor;
  if ((f->type != PLAN_NONE) != typed)
    return refuse(c, i, typed ? "a field has no type" : "a field has a type");
  if (kind == TYPE_tensor)
    return is_dimension(c, i, f);
  if (kind == TYPE_union && p->types[f->type].kind != TYPE_record)
    return refuse(c, i, "a variant is %s, not record",
                  type_kind_name((enum type_kind)p->types[f->type].kind));
  if (f->value == PLAN_NONE)
    return true;
  if (!typed || !base_same(p, p->consts[f->value].type, f->type))
    return refuse(c, i, "a default has another type than its field");
  return true;
}

static bool are_fields(struct plan_check *c, uint32_t i)
{
  struct plan_run run = c->p->types[i].fields;
  for (uint32_t k = 0; k < run.count; k++)
    if (!is_field(c, i, &c->p->fields[run.first + k]))
      return false;
  return true;
}

// ---- limits ----
enum { TEXT, NUMBER, ITEMS, PATTERN };
static const uint8_t limit_on[LIMIT_KINDS] = {
#define LIMIT(name, on, error, message) on,
#include "grammar/defs/limits.def"
#undef LIMIT
};

// The kind of constant that a limit on a kind of type has; none: it has none.
static enum type_kind limit_value(unsigned on, enum type_kind base)
{
  bool text = base == TYPE_str || base == TYPE_bytes;
  bool number = base == TYPE_int || base == TYPE_float ||
                base == TYPE_duration || base == TYPE_size ||
                base == TYPE_time || base == TYPE_percent;
  switch (on) {
  case TEXT:
    return text ? TYPE_int : TYPE_none;
  case NUMBER:
    return number ? base : TYPE_none;
  case ITEMS:
    return base == TYPE_list || base == TYPE_map ? TYPE_int : TYPE_none;
  default:
    return base == TYPE_str ? TYPE_str : TYPE_none;
  }
}

static bool are_limits(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  struct plan_run run = p->types[i].limits;
  enum type_kind base = (enum type_kind)p->types[base_of(p, i)].kind;
  for (uint32_t k = 0; k < run.count; k++) {
    const struct plan_limit *l = &p->limits[run.first + k];
    const struct plan_const *v = &p->consts[l->value];
    const char *name = plan_names_LIMIT_KINDS[l->kind];
    enum type_kind need = limit_value(limit_on[l->kind], base);
    if (need == TYPE_none || p->types[i].kind == TYPE_enum)
      return refuse(c, i, "it cannot have the limit %s", name);
    if (p->types[base_of(p, v->type)].kind != need)
      return refuse(c, i, "%s is not a constant of type %s", name,
                    type_kind_name(need));
    if (limit_on[l->kind] != NUMBER && need == TYPE_int && v->hi >> 31)
      return refuse(c, i, "%s is negative", name);
  }
  return true;
}

// ---- the base ----
static bool same_parts(const struct plan *p, const struct plan_type *t,
                       const struct plan_type *b)
{
  if ((t->of == PLAN_NONE) != (b->of == PLAN_NONE) ||
      (t->of != PLAN_NONE && b->of != base_of(p, t->of)))
    return false;
  if (t->kind == TYPE_tensor)
    return true;
  if (t->fields.count != b->fields.count)
    return false;
  for (uint32_t k = 0; k < t->fields.count; k++)
    if (p->fields[b->fields.first + k].type !=
        base_of(p, p->fields[t->fields.first + k].type))
      return false;
  return true;
}

// A base is its own, as are its parts; it knows nothing that slots do not.
static bool is_own_base(struct plan_check *c, uint32_t i)
{
  const struct plan_type *t = &c->p->types[i];
  if (t->kind == TYPE_enum || t->kind == TYPE_markdown)
    return refuse(c, i, "its base is not str");
  if (t->limits.count)
    return refuse(c, i, "a base has limits");
  if (t->kind == TYPE_tensor && t->fields.count)
    return refuse(c, i, "the base of a tensor has dimensions");
  if (!same_parts(c->p, t, t))
    return refuse(c, i, "a part of a base is no base");
  return true;
}

static bool has_base(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_type *t = &p->types[i], *b = &p->types[t->base];
  if (b == t)
    return is_own_base(c, i);
  if (b->base != t->base)
    return refuse(c, i, "its base %u is not its own base", t->base);
  if (t->kind == TYPE_enum || t->kind == TYPE_markdown) {
    if (b->kind != TYPE_str)
      return refuse(c, i, "its base is not str");
    return true;
  }
  if (b->kind != t->kind || b->detail != t->detail || !same_parts(p, t, b))
    return refuse(c, i, "its base %u is another type", t->base);
  return true;
}

// ---- finite values ----
static bool grow(struct plan_check *c, struct sizes *s, uint32_t i,
                 uint32_t part)
{
  if (part >= i)
    return refuse(c, i, "type %u, a part by value, does not come before it",
                  part);
  if (s->depth[i] <= s->depth[part])
    s->depth[i] = s->depth[part] + 1;
  s->parts[i] += s->parts[part];
  if (s->depth[i] > TYPE_DEPTH)
    return refuse(c, i, "it is more than %d parts deep", TYPE_DEPTH);
  if (s->parts[i] > TYPE_PARTS)
    return refuse(c, i, "its default has more than %d parts", TYPE_PARTS);
  return true;
}

static bool is_finite_type(struct plan_check *c, struct sizes *s, uint32_t i)
{
  const struct plan_type *t = &c->p->types[i];
  s->depth[i] = s->parts[i] = 1;
  if (t->kind == TYPE_step)
    return grow(c, s, i, t->of);
  uint32_t n = t->kind == TYPE_tuple || t->kind == TYPE_record
                   ? t->fields.count
                   : t->kind == TYPE_union;
  for (uint32_t k = 0; k < n; k++)
    if (!grow(c, s, i, c->p->fields[t->fields.first + k].type))
      return false;
  return true;
}

// ---- futures ----
// Kinds that may have futures in them.
static bool carries(enum type_kind kind)
{
  return kind == TYPE_list || kind == TYPE_map || kind == TYPE_optional ||
         kind == TYPE_tuple || kind == TYPE_record;
}

// Takes in what is known of a part; true when something is new.
static bool see_future(struct plan_check *c, uint32_t i, uint32_t part)
{
  if (!has_future(c, part) || c->future_depth[i] > c->future_depth[part])
    return false;
  c->future_depth[i] = c->future_depth[part] + 1;
  return true;
}

static bool see_futures(struct plan_check *c, uint32_t i)
{
  const struct plan_type *t = &c->p->types[i];
  bool more = t->kind == TYPE_future && !has_future(c, i);
  if (more)
    c->future_depth[i] = 1;
  if (!carries((enum type_kind)t->kind))
    return more;
  if (t->of != PLAN_NONE)
    more |= see_future(c, i, t->of);
  for (uint32_t k = 0; k < t->fields.count; k++)
    more |= see_future(c, i, c->p->fields[t->fields.first + k].type);
  return more;
}

// Parts may come later, so this goes round until nothing is new: at most once
// for each level, since a type that comes back to itself gets ever deeper.
static bool find_futures(struct plan_check *c)
{
  for (bool more = true; more;) {
    more = false;
    for (uint32_t i = 0; i < c->p->n_types; i++) {
      more |= see_futures(c, i);
      if (c->future_depth[i] > TYPE_DEPTH)
        return refuse(c, i, "a future is more than %d parts deep", TYPE_DEPTH);
    }
  }
  return true;
}

static bool future_is_allowed(struct plan_check *c, uint32_t i, uint32_t part)
{
  if (part == PLAN_NONE || !has_future(c, part) ||
      carries((enum type_kind)c->p->types[i].kind))
    return true;
  return refuse(c, i, "type %u, a part of it, has a future", part);
}

static bool are_futures_allowed(struct plan_check *c, uint32_t i)
{
  const struct plan_type *t = &c->p->types[i];
  if (!future_is_allowed(c, i, t->of))
    return false;
  for (uint32_t k = 0; k < t->fields.count; k++)
    if (!future_is_allowed(c, i, c->p->fields[t->fields.first + k].type))
      return false;
  return true;
}

bool check_forced(struct plan_check *c, uint32_t forced, uint32_t type)
{
  const struct plan *p = c->p;
  const struct plan_type *a = &p->types[forced], *b = &p->types[type];
  if (!has_future(c, type))
    return forced == type;
  if (b->kind == TYPE_future)
    return forced == b->of;
  if (a->kind != b->kind || a->fields.count != b->fields.count ||
      !check_pay(c, 1 + a->fields.count))
    return false;
  if (b->of != PLAN_NONE)
    return check_forced(c, a->of, b->of);
  for (uint32_t k = 0; k < a->fields.count; k++)
    if (!check_forced(c, p->fields[a->fields.first + k].type,
                      p->fields[b->fields.first + k].type))
      return false;
  return true;
}

bool check_types(struct plan_check *c)
{
  uint32_t n = c->p->n_types;
  struct sizes s = {check_memory(c, n, 1), check_memory(c, n, 4)};
  if (!s.depth || !s.parts)
    return false;
  for (uint32_t i = 0; i < n; i++)
    if (!is_shaped(c, i) || !are_fields(c, i) || !are_limits(c, i))
      return false;
  for (uint32_t i = 0; i < n; i++)
    if (!has_base(c, i) || !is_finite_type(c, &s, i))
      return false;
  if (!find_futures(c))
    return false;
  for (uint32_t i = 0; i < n; i++)
    if (!are_futures_allowed(c, i))
      return false;
  return true;
}
