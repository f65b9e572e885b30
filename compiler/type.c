// Types: made unique through one hash table, so that sameness is one compare.
//
// Enters: kinds, parts, limits. Leaves: types that live as long as the run's
// arena. A declared type stays out of the table: its declaration is its identity.
#include "compiler/type.h"

#include "compiler/core.h"

#include <string.h>
#include <xxhash.h>

struct types {
  struct arena *arena;
  struct atoms *atoms;
  struct type **slots;
  size_t count, room; // room is a power of two
  uint32_t next;      // number of the next type
  struct dim_scopes scopes;
};

// While a declared type's base is being made, its `base` is this mark or, once
// somebody came back to it, the base that is being made.
static const struct type in_progress;

struct types *types_new(struct arena *arena, struct atoms *atoms)
{
  struct types *t = ARENA_NEW(arena, struct types);
  t->arena = t->scopes.arena = arena;
  t->atoms = atoms;
  t->room = 256;
  t->slots = ARENA_ARRAY(arena, t->room, struct type *);
  return t;
}

struct dim_scopes *types_scopes(struct types *t)
{
  return &t->scopes;
}

// ---- making types unique ----

static uint64_t mix(uint64_t h, const void *p)
{
  return (h ^ (uint64_t)(uintptr_t)p) * 0x9E3779B97F4A7C15u ^ h >> 29;
}

static uint64_t hash_of(const struct type *x)
{
  uint64_t h = (uint64_t)x->kind * 31 + x->dtype * 7 + x->any_rank + x->rest * 3;
  h = mix(mix(h, x->of), x->class);
  for (uint32_t i = 0; i < x->n_parts; i++) {
    const struct type_part *p = &x->parts[i];
    h = mix(mix(mix(h, p->name), p->type), p->initial);
    h = mix(h, (void *)(uintptr_t)p->size);
  }
  for (uint32_t i = 0; i < x->n_limits; i++)
    h = mix(h + x->limits[i].kind, x->limits[i].value);
  return h ^ h >> 32;
}

static bool parts_equal(const struct type *x, const struct type *y)
{
  if (x->n_parts != y->n_parts)
    return false;
  for (uint32_t i = 0; i < x->n_parts; i++) {
    const struct type_part *p = &x->parts[i], *q = &y->parts[i];
    if (p->name != q->name || p->type != q->type || p->size != q->size ||
        p->initial != q->initial)
      return false;
  }
  return true;
}

static bool limits_equal(const struct type *x, const struct type *y)
{
  if (x->n_limits != y->n_limits)
    return false;
  for (uint32_t i = 0; i < x->n_limits; i++)
    if (x->limits[i].kind != y->limits[i].kind ||
        x->limits[i].value != y->limits[i].value)
      return false;
  return true;
}

static bool alike(const struct type *x, const struct type *y)
{
  return x->kind == y->kind && x->of == y->of && x->class == y->class &&
         x->dtype == y->dtype && x->any_rank == y->any_rank &&
         x->rest == y->rest &&
         parts_equal(x, y) && limits_equal(x, y);
}

static void place(struct types *t, struct type *x)
{
  size_t at = hash_of(x) & (t->room - 1);
  while (t->slots[at])
    at = (at + 1) & (t->room - 1);
  t->slots[at] = x;
}

static void widen(struct types *t)
{
  struct type **old = t->slots;
  size_t n = t->room;
  t->room *= 2;
  t->slots = ARENA_ARRAY(t->arena, t->room, struct type *);
  for (size_t i = 0; i < n; i++)
    if (old[i])
      place(t, old[i]);
}

static struct type *keep(struct types *t, const struct type *x)
{
  struct type *y = ARENA_NEW(t->arena, struct type);
  *y = *x;
  y->number = t->next++;
  if (x->n_parts) {
    struct type_part *parts = ARENA_ARRAY(t->arena, x->n_parts, struct type_part);
    memcpy(parts, x->parts, x->n_parts * sizeof *parts);
    y->parts = parts;
  }
  return y;
}

static const struct type *unique(struct types *t, const struct type *x)
{
  size_t at = hash_of(x) & (t->room - 1);
  for (; t->slots[at]; at = (at + 1) & (t->room - 1))
    if (alike(t->slots[at], x))
      return t->slots[at];
  struct type *y = keep(t, x);
  t->slots[at] = y;
  if (++t->count * 2 > t->room)
    widen(t);
  return y;
}

// ---- constructors ----

const struct type *type_simple(struct types *t, enum type_kind kind)
{
  return unique(t, &(struct type){.kind = kind});
}

const struct type *type_of(struct types *t, enum type_kind kind,
                           const struct type *of)
{
  if (kind == TYPE_optional && (of->kind == TYPE_optional || of->kind == TYPE_none))
    return of->kind == TYPE_optional ? of : unique(t, &(struct type){.kind = kind, .of = of});
  return unique(t, &(struct type){.kind = kind, .of = of});
}

const struct type *type_parts(struct types *t, enum type_kind kind,
                              const struct type_part *parts, uint32_t n)
{
  return unique(t, &(struct type){.kind = kind, .parts = parts, .n_parts = n});
}

const struct type *type_own_parts(struct types *t, enum type_kind kind,
                                  const struct type_part *parts, uint32_t n)
{
  return keep(t, &(struct type){.kind = kind, .parts = parts, .n_parts = n});
}

const struct type *type_callable(struct types *t, const struct type_part *params,
                                 uint32_t n, const struct type *result)
{
  return unique(t, &(struct type){.kind = TYPE_callable, .parts = params,
                                  .n_parts = n, .of = result});
}

const struct type *type_tensor(struct types *t, enum dtype dtype, bool any_rank,
                               const struct type_part *dims, uint32_t n)
{
  return unique(t, &(struct type){.kind = TYPE_tensor, .dtype = dtype,
                                  .any_rank = any_rank, .parts = dims,
                                  .n_parts = n});
}

const struct type *type_tensor_around(struct types *t, enum dtype dtype,
                                      const struct type_part *dims, uint32_t n,
                                      uint32_t rest)
{
  return unique(t, &(struct type){.kind = TYPE_tensor, .dtype = dtype,
                                  .any_rank = true, .rest = rest, .parts = dims,
                                  .n_parts = n});
}

bool type_has_handle(const struct types *t, struct class *c)
{
  const struct type x = {.kind = TYPE_handle, .class = c};
  size_t at = hash_of(&x) & (t->room - 1);
  while (t->slots[at] && !alike(t->slots[at], &x))
    at = (at + 1) & (t->room - 1);
  return t->slots[at];
}

const struct type *type_handle(struct types *t, struct class *c)
{
  return unique(t, &(struct type){.kind = TYPE_handle, .class = c});
}

const struct type *type_limited(struct types *t, const struct type *of,
                                const struct type_limit *limits, uint32_t n)
{
  struct type_limit *all = ARENA_ARRAY(t->arena, of->n_limits + n, struct type_limit);
  uint32_t count = 0;
  for (uint32_t kind = 0; kind < LIMIT_KINDS; kind++) {
    for (uint32_t i = 0; i < of->n_limits; i++)
      if (of->limits[i].kind == kind)
        all[count++] = of->limits[i];
    for (uint32_t i = 0; i < n; i++)
      if (limits[i].kind == kind)
        all[count++] = limits[i];
  }
  struct type x = *of;
  x.limits = all;
  x.n_limits = count;
  x.base = NULL;
  x.plan = 0;
  return of->name ? keep(t, &x) : unique(t, &x);
}

struct type *type_declare(struct types *t, atom name, struct span span,
                          const char *doc)
{
  return keep(t, &(struct type){.name = name, .span = span, .doc = doc});
}

void type_fill(struct types *t, struct type *declared, const struct type *as)
{
  struct type own = *declared;
  *declared = *as;
  declared->number = own.number;
  declared->name = own.name;
  declared->span = own.span;
  declared->doc = own.doc ? own.doc : as->doc;
  declared->family = own.family;
  declared->dims = own.dims;
  declared->base = NULL;
  declared->plan = 0;
}

struct type *type_own_step(struct types *t, const struct type *of)
{
  return keep(t, &(struct type){.kind = TYPE_step, .of = of});
}

// ---- base types ----

// A step whose answers differ in type is a union of them; each is in a record.
static const struct type *base_of_step(struct types *t, const struct type *x)
{
  static const char *const names[] = {"next", "end_loop", "respond"};
  const struct type *of = type_base(t, x->of);
  const struct type *with = x->n_parts ? type_base(t, x->parts[0].type) : of;
  struct type_part cases[3] = {0};
  if (with == of)
    return unique(t, &(struct type){.kind = TYPE_step, .of = of});
  for (int i = 0; i < 3; i++) {
    struct type_part value = {.name = atom_of_text(t->atoms, "value"),
                              .type = i == STEP_respond ? with : of};
    cases[i].name = atom_of_text(t->atoms, names[i]);
    cases[i].type = type_parts(t, TYPE_record, &value, 1);
    ((struct type *)cases[i].type)->base = cases[i].type;
  }
  return type_parts(t, TYPE_union, cases, 3);
}

static const struct type *base_of_parts(struct types *t, const struct type *x)
{
  struct type_part *parts = ARENA_ARRAY(t->arena, x->n_parts + 1, struct type_part);
  for (uint32_t i = 0; i < x->n_parts; i++) {
    parts[i].name = x->kind == TYPE_callable ? NULL : x->parts[i].name;
    if (x->parts[i].type)
      parts[i].type = type_base(t, x->parts[i].type);
  }
  struct type y = {.kind = x->kind, .parts = parts, .n_parts = x->n_parts};
  if (x->of)
    y.of = type_base(t, x->of);
  if (x->name && x->base != &in_progress) { // somebody came back to it
    struct type *own = (struct type *)x->base;
    uint32_t number = own->number;
    *own = y;
    own->number = number;
    own->base = own;
    return own;
  }
  return unique(t, &y);
}

static const struct type *make_base(struct types *t, struct type *x)
{
  switch (x->kind) {
  case TYPE_markdown:
  case TYPE_enum:
    return type_simple(t, TYPE_str);
  case TYPE_handle:
    return type_handle(t, x->class);
  case TYPE_tensor:
    return type_tensor(t, x->dtype, true, NULL, 0);
  case TYPE_step:
    return base_of_step(t, x);
  case TYPE_list:
  case TYPE_map:
  case TYPE_optional:
  case TYPE_stream:
  case TYPE_future:
  case TYPE_tuple:
  case TYPE_record:
  case TYPE_union:
  case TYPE_callable:
    return base_of_parts(t, x);
  default:
    return type_simple(t, x->kind);
  }
}

const struct type *type_base(struct types *t, const struct type *of)
{
  struct type *x = (struct type *)of; // `base` is a note, not part of the type
  if (x->base == &in_progress) {
    struct type *own = keep(t, &(struct type){.kind = x->kind});
    own->base = own;
    x->base = own;
    return own;
  }
  if (x->base)
    return x->base;
  if (x->name)
    x->base = &in_progress;
  const struct type *base = make_base(t, x);
  x->base = base;
  ((struct type *)base)->base = base;
  return base;
}

// ---- what may stand for what ----

struct pair { // a question that is being answered further up
  const struct type *x, *y;
  const struct pair *up;
};

static bool same_inside(struct types *t, const struct type *x,
                        const struct type *y, const struct pair *up);

static bool same_parts(struct types *t, const struct type *x,
                       const struct type *y, const struct pair *up)
{
  if (x->n_parts != y->n_parts)
    return false;
  for (uint32_t i = 0; i < x->n_parts; i++) {
    const struct type_part *p = &x->parts[i], *q = &y->parts[i];
    if (x->kind != TYPE_callable && p->name != q->name)
      return false;
    if (!p->type != !q->type)
      return false;
    if (p->type && !same_inside(t, p->type, q->type, up))
      return false;
  }
  return true;
}

static bool has_word(const struct type *t, atom word)
{
  for (uint32_t i = 0; i < t->n_parts; i++)
    if (t->parts[i].name == word)
      return true;
  return false;
}

static bool words_within(const struct type *x, const struct type *y)
{
  for (uint32_t i = 0; i < x->n_parts; i++)
    if (!has_word(y, x->parts[i].name))
      return false;
  return true;
}

// One representation, and every value of x is one of y.
static bool same_inside(struct types *t, const struct type *x,
                        const struct type *y, const struct pair *up)
{
  if (x == y)
    return true;
  for (const struct pair *p = up; p; p = p->up)
    if (p->x == x && p->y == y)
      return true;
  struct pair here = {x, y, up};
  if (x->kind == TYPE_enum)
    return y->kind == TYPE_str || (y->kind == TYPE_enum && words_within(x, y));
  if (x->kind == TYPE_markdown && y->kind == TYPE_str)
    return true;
  if (x->kind != y->kind)
    return false;
  if (x->kind == TYPE_handle)
    return x->class == y->class;
  if (x->kind == TYPE_tensor)
    return tensors_agree(&t->scopes, x, y);
  if (x->kind == TYPE_step) // what they respond with may differ
    return false;
  if (!x->of != !y->of || (x->of && !same_inside(t, x->of, y->of, &here)))
    return false;
  return same_parts(t, x, y, &here);
}

bool type_fits(struct types *t, const struct type *from, const struct type *to)
{
  if (same_inside(t, from, to, NULL))
    return true;
  if (from->kind == TYPE_int && to->kind == TYPE_float)
    return true;
  if (to->kind != TYPE_optional)
    return false;
  return from->kind == TYPE_none ||
         (from->kind != TYPE_optional && type_fits(t, from, to->of));
}

const struct type *type_join(struct types *t, const struct type *x,
                             const struct type *y)
{
  if (x->kind == TYPE_tensor && y->kind == TYPE_tensor)
    return tensors_join(t, x, y);
  if (type_fits(t, x, y))
    return y;
  if (type_fits(t, y, x))
    return x;
  if (x->kind == TYPE_none)
    return type_of(t, TYPE_optional, y);
  if (y->kind == TYPE_none)
    return type_of(t, TYPE_optional, x);
  if (x->kind == TYPE_enum && y->kind == TYPE_enum)
    return type_simple(t, TYPE_str);
  if (x->kind == TYPE_optional || y->kind == TYPE_optional) {
    const struct type *inner =
        type_join(t, x->kind == TYPE_optional ? x->of : x,
                  y->kind == TYPE_optional ? y->of : y);
    return inner ? type_of(t, TYPE_optional, inner) : NULL;
  }
  return NULL;
}
