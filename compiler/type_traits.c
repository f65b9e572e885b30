// What can be done with the values of a type; and declarations of types as a
// whole: none may contain itself, and the cases of unions get their names.
#include "compiler/checker.h"

enum { DEEP_MAX = 1000 };

bool type_ordered(const struct type *t)
{
  switch (t->kind) {
  case TYPE_int:
  case TYPE_float:
  case TYPE_str:
  case TYPE_enum:
  case TYPE_markdown:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
  case TYPE_percent:
    return true;
  default:
    return false;
  }
}

bool type_sortable(const struct type *t)
{
  if (t->kind != TYPE_tuple)
    return type_ordered(t) || t->kind == TYPE_bool;
  for (uint32_t i = 0; i < t->n_parts; i++)
    if (!type_sortable(t->parts[i].type))
      return false;
  return true;
}

bool type_is_scalar(const struct type *t)
{
  return type_ordered(t) || t->kind == TYPE_bool ||
         (t->kind == TYPE_optional && type_is_scalar(t->of));
}

// Types that one question has met, by their numbers.
struct met {
  struct checker *k;
  const struct type **slots;
  uint32_t count, room;
};

static const struct type **met_place(struct met *m, const struct type *t)
{
  uint32_t at = t->number * 2654435761u & (m->room - 1);
  while (m->slots[at] && m->slots[at] != t)
    at = (at + 1) & (m->room - 1);
  return &m->slots[at];
}

// Whether it is there already; adds it if not.
static bool met_before(struct met *m, const struct type *t)
{
  if ((m->count + 1) * 2 > m->room) {
    struct met wide = {m->k, NULL, m->count, m->room ? m->room * 2 : 16};
    wide.slots = ARENA_ARRAY(m->k->a, wide.room, const struct type *);
    for (uint32_t i = 0; i < m->room; i++)
      if (m->slots[i])
        *met_place(&wide, m->slots[i]) = m->slots[i];
    *m = wide;
  }
  const struct type **place = met_place(m, t);
  if (*place)
    return true;
  *place = t;
  m->count++;
  return false;
}

// Whether no part at any depth is of the kinds in `without`.
static bool lacks(struct met *m, const struct type *t, uint64_t without)
{
  if (without >> t->kind & 1)
    return false;
  if ((!t->of && !t->n_parts) || met_before(m, t))
    return true;
  if (t->of && !lacks(m, t->of, without))
    return false;
  for (uint32_t i = 0; i < t->n_parts; i++)
    if (t->parts[i].type && !lacks(m, t->parts[i].type, without))
      return false;
  return true;
}

#define BIT(kind) (1ull << TYPE_##kind)
static const uint64_t opaque = BIT(stream) | BIT(callable) | BIT(handle) |
                               BIT(future) | BIT(step) | BIT(secret) |
                               BIT(tokenizer);

bool type_comparable(struct checker *k, const struct type *t)
{ // tensors are compared element by element
  return lacks(&(struct met){.k = k}, t, opaque | BIT(tensor));
}

bool type_has_text(struct checker *k, const struct type *t)
{
  return lacks(&(struct met){.k = k}, t, opaque);
}

bool type_has_json(struct checker *k, const struct type *t)
{
  return lacks(&(struct met){.k = k}, t, opaque);
}

bool type_has_weights(struct checker *k, const struct type *t)
{
  const uint64_t holding = BIT(tensor) | BIT(record) | BIT(list) | BIT(map) |
                           BIT(tuple) | BIT(optional);
  return t->kind != TYPE_optional && lacks(&(struct met){.k = k}, t, ~holding);
}

bool type_has_stream(struct checker *k, const struct type *t)
{
  return !lacks(&(struct met){.k = k}, t, BIT(stream));
}

// ---- how large a value is ----

struct measure { // of a default value, as plan.h limits it
  uint32_t depth, parts;
  enum state state;
};

static struct measure *measure_of(struct checker *k, const struct type *t)
{
  if (t->number >= k->room_measures) {
    uint32_t room = (t->number + 16) * 2;
    struct measure *wide = ARENA_ARRAY(k->a, room, struct measure);
    for (uint32_t i = 0; i < k->room_measures; i++)
      wide[i] = k->measures[i];
    k->measures = wide;
    k->room_measures = room;
  }
  return &k->measures[t->number];
}

// A type that contains itself is measured without that; it is reported as such.
static struct measure measure(struct checker *k, const struct type *t)
{
  struct measure m = *measure_of(k, t);
  if (m.state != UNTOUCHED)
    return m;
  measure_of(k, t)->state = UNDER_WAY;
  m = (struct measure){1, 1, FINISHED};
  uint32_t n = t->kind == TYPE_union && t->n_parts ? 1 : t->n_parts;
  if (t->kind != TYPE_record && t->kind != TYPE_tuple && t->kind != TYPE_union)
    n = 0;
  for (uint32_t i = 0; i < n && m.parts <= TYPE_PARTS; i++) {
    struct measure part = measure(k, t->parts[i].type);
    m.parts += part.parts;
    if (m.depth <= part.depth)
      m.depth = part.depth + 1;
  }
  *measure_of(k, t) = m;
  return m;
}

bool type_size_check(struct checker *k, const struct type *t, struct span at)
{
  struct measure m = measure(k, t);
  if (m.depth > TYPE_DEPTH)
    diag_report(k->d, DIAG_too_deep, at,
                "a value of this type is more than %d parts deep", TYPE_DEPTH);
  else if (m.parts > TYPE_PARTS)
    diag_report(k->d, DIAG_source_too_large, at,
                "a value of this type has more than %d parts", TYPE_PARTS);
  if (m.depth <= TYPE_DEPTH && m.parts <= TYPE_PARTS)
    return true;
  *measure_of(k, t) = (struct measure){1, 1, FINISHED}; // told once
  return false;
}

// ---- types that contain themselves ----

struct nesting {
  struct checker *k;
  struct met finished, under_way;
};

static bool contains_itself(struct nesting *n, const struct type *t,
                            uint32_t depth);

static bool parts_contain(struct nesting *n, const struct type *t,
                          uint32_t depth)
{
  if (t->kind != TYPE_record && t->kind != TYPE_tuple && t->kind != TYPE_union)
    return false;
  uint32_t held = t->kind == TYPE_union && t->n_parts ? 1 : t->n_parts;
  for (uint32_t i = 0; i < held; i++)
    if (t->parts[i].type && contains_itself(n, t->parts[i].type, depth + 1))
      return true;
  return false;
}

static bool contains_itself(struct nesting *n, const struct type *t,
                            uint32_t depth)
{
  if (n->finished.room && *met_place(&n->finished, t))
    return false;
  bool deep = depth > DEEP_MAX, again = met_before(&n->under_way, t);
  if (deep || (again && t->name)) {
    struct diag *d = diag_report(
        n->k->d, deep ? DIAG_too_deep : DIAG_recursive_type, t->span,
        deep ? "types are nested too deeply" : "`%s` contains itself",
        t->name ? t->name->text : "");
    if (!deep)
      diag_hint(n->k->d, d, "a list, a map or `?` in between makes it finite");
    return true;
  }
  bool found = parts_contain(n, t, depth);
  met_before(&n->finished, t);
  return found;
}

static void add_cases(struct checker *k, const struct type *t)
{
  for (uint32_t i = 0; i < t->n_parts; i++) {
    struct case_ref *c = NEW(k, struct case_ref);
    void **at = table_at(k->a, &k->cases, t->parts[i].name);
    *c = (struct case_ref){t, i, t->parts[i].span, *at};
    *at = c;
  }
}

void types_collect(struct checker *k)
{
  struct nesting n = {k, {.k = k}, {.k = k}};
  for (uint32_t f = k->space->first; f < k->space->end; f++)
    for (struct item *i = k->c->files[f]->items; i; i = i->next) {
      if (i->kind != ITEM_TYPE || !i->note)
        continue;
      struct symbol *s = i->note;
      struct name name = {s->name, s->span, NULL};
      struct type_expr use = {.kind = TYPE_NAMED, .span = s->span};
      use.named.path = &name;
      bool dims = i->type_decl.dims;
      const struct type *t =
          dims ? type_of_symbol(k, s) : type_of_expr(k, &use);
      if (dims && !is_bad(t) && !type_size_check(k, t, s->span))
        t = &type_bad;
      s->uses -= !dims;
      if (is_bad(t)) {
        s->type = &type_bad;
        continue;
      }
      if (t->name && contains_itself(&n, t, 0))
        s->type = &type_bad;
      else if (t->kind == TYPE_union && t->name == s->name)
        add_cases(k, t);
    }
}
