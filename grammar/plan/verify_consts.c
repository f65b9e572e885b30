// Constants: children come before, and agree with the type.
#include "grammar/plan/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "grammar/plan/print.h"

struct sizes {
  uint8_t *depth;
  uint32_t *parts;
};

__attribute__((format(printf, 3, 4))) static bool
refuse(struct plan_check *c, uint32_t i, const char *format, ...)
{
  char reason[160];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  enum type_kind kind = (enum type_kind)c->p->types[c->p->consts[i].type].kind;
  return check_refuse(c, "const %u %s: %s", i, type_kind_name(kind), reason);
}

static bool is_text(struct plan_check *c, uint32_t i, struct plan_text t)
{
  return check_text(c, t) || refuse(c, i, "it is no text");
}

static bool is_bytes(struct plan_check *c, uint32_t i, struct plan_text t)
{
  if (t.at < c->p->n_text && t.size < c->p->n_text - t.at &&
      !c->p->text[t.at + t.size])
    return true;
  return refuse(c, i, "its bytes are out of range");
}

static bool is_word(struct plan_check *c, uint32_t i, struct plan_text t)
{
  const struct plan *p = c->p;
  struct plan_run words = p->types[p->consts[i].type].fields;
  if (!is_text(c, i, t) || !check_pay(c, words.count))
    return false;
  for (uint32_t k = 0; k < words.count; k++) {
    struct plan_text w = p->fields[words.first + k].name;
    if (!check_pay(c, t.size / 64))
      return false;
    if (w.size == t.size &&
        (w.at == t.at || !memcmp(plan_str(p, w), plan_str(p, t), w.size)))
      return true;
  }
  return refuse(c, i, "it is none of the words");
}

// ---- what has parts ----
// Takes constant `part`, of `type`, as a part of constant `i`.
static bool has_part(struct plan_check *c, struct sizes *s, uint32_t i,
                     uint32_t part, uint32_t type)
{
  if (part >= i)
    return refuse(c, i, "constant %u, a part of it, does not come before it",
                  part);
  if (!base_same(c->p, c->p->consts[part].type, type))
    return refuse(c, i, "constant %u, a part of it, has another type", part);
  if (s->depth[i] <= s->depth[part])
    s->depth[i] = s->depth[part] + 1;
  s->parts[i] += s->parts[part];
  if (s->depth[i] > CONST_DEPTH || s->parts[i] > CONST_PARTS)
    return refuse(c, i, "it is too large");
  return true;
}

// The type of part k, or PLAN_NONE for the key of a map.
static uint32_t part_type(const struct plan *p, const struct plan_type *t,
                          uint32_t k)
{
  if (t->kind == TYPE_tuple || t->kind == TYPE_record)
    return p->fields[t->fields.first + k].type;
  return t->kind == TYPE_map && k % 2 == 0 ? PLAN_NONE : t->of;
}

static bool is_count(const struct plan_type *t, uint32_t n)
{
  switch (t->kind) {
  case TYPE_tuple:
  case TYPE_record:
    return n == t->fields.count;
  case TYPE_map:
    return n % 2 == 0;
  case TYPE_optional:
    return n <= 1;
  default:
    return true;
  }
}

static bool is_key(struct plan_check *c, uint32_t i, uint32_t part)
{
  const struct plan *p = c->p;
  if (part < i && p->types[base_of(p, p->consts[part].type)].kind != TYPE_str)
    return refuse(c, i, "constant %u, a key of it, is not str", part);
  return true;
}

static bool has_run(struct plan_check *c, struct sizes *s, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_const *v = &p->consts[i];
  const struct plan_type *t = &p->types[v->type];
  if (v->hi && (v->lo >= i || v->hi > i - v->lo))
    return refuse(c, i, "its parts do not come before it");
  if (!is_count(t, v->hi))
    return refuse(c, i, "%u parts are too many or too few", v->hi);
  for (uint32_t k = 0; k < v->hi; k++) {
    uint32_t part = v->lo + k, type = part_type(p, t, k);
    if (type == PLAN_NONE && !is_key(c, i, part))
      return false;
    if (type == PLAN_NONE)
      type = p->consts[part].type;
    if (!has_part(c, s, i, part, type))
      return false;
  }
  return true;
}

static bool is_tagged(struct plan_check *c, struct sizes *s, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_const *v = &p->consts[i];
  const struct plan_type *t = &p->types[v->type];
  uint32_t tags = t->kind == TYPE_step ? STEP_respond + 1 : t->fields.count;
  if (v->lo >= tags)
    return refuse(c, i, "tag %u is not below %u", v->lo, tags);
  return has_part(c, s, i, v->hi,
                  t->kind == TYPE_step
                      ? t->of
                      : p->fields[t->fields.first + v->lo].type);
}

static bool is_handle(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_const *v = &p->consts[i];
  if (v->hi || v->lo >= p->n_bindings)
    return refuse(c, i, "there is no binding %u", v->lo);
  if (p->bindings[v->lo].class != p->types[v->type].detail)
    return refuse(c, i, "binding %u is of another class", v->lo);
  return true;
}

static bool is_sound(struct plan_check *c, struct sizes *s, uint32_t i)
{
  const struct plan_const *v = &c->p->consts[i];
  switch (c->p->types[v->type].kind) {
  case TYPE_none:
    return !(v->lo | v->hi) || refuse(c, i, "none has bits");
  case TYPE_bool:
    return (v->lo <= 1 && !v->hi) || refuse(c, i, "it is neither 0 nor 1");
  case TYPE_int: case TYPE_float: case TYPE_duration: case TYPE_size:
  case TYPE_time: case TYPE_percent:
    return true;
  case TYPE_str: case TYPE_markdown:
    return is_text(c, i, (struct plan_text){v->lo, v->hi});
  case TYPE_json:
    return !(v->lo | v->hi) ||
           is_text(c, i, (struct plan_text){v->lo, v->hi});
  case TYPE_bytes:
    return is_bytes(c, i, (struct plan_text){v->lo, v->hi});
  case TYPE_enum:
    return is_word(c, i, (struct plan_text){v->lo, v->hi});
  case TYPE_list: case TYPE_map: case TYPE_tuple: case TYPE_record:
  case TYPE_optional:
    return has_run(c, s, i);
  case TYPE_union: case TYPE_step:
    return is_tagged(c, s, i);
  case TYPE_handle:
    return is_handle(c, i);
  default:
    return refuse(c, i, "there are no constants of this kind");
  }
}

bool check_consts(struct plan_check *c)
{
  uint32_t n = c->p->n_consts;
  struct sizes s = {check_memory(c, n, 1), check_memory(c, n, 4)};
  if (!s.depth || !s.parts)
    return false;
  for (uint32_t i = 0; i < n; i++) {
    s.depth[i] = s.parts[i] = 1;
    if (!is_sound(c, &s, i) || !check_pay(c, s.parts[i]))
      return false;
  }
  return true;
}
