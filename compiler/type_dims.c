// Dimensions: which are known where, which agree; types with other dimensions
// in the place of theirs, and the instances of declared types that have some.
#include "compiler/type.h"

#include <string.h>

// ---- scopes ----

uint32_t dim_scope_new(struct dim_scopes *s, uint32_t around)
{
  if (s->n + 1 >= s->room) {
    uint32_t room = s->room ? s->room * 2 : 64;
    s->around = arena_grow(s->arena, s->around, s->room * sizeof *s->around,
                           room * sizeof *s->around);
    s->room = room;
  }
  s->around[++s->n] = around;
  return s->n;
}

bool dim_known(const struct dim_scopes *s, const struct type_part *d)
{
  if (!d->name)
    return d->size != DIM_ANY;
  for (uint32_t i = s->now; i; i = s->around[i])
    if (i == (uint32_t)d->size)
      return true;
  return false;
}

// ---- which agree ----

bool dims_agree(const struct dim_scopes *s, const struct type_part *x,
                const struct type_part *y)
{
  bool same = x->name == y->name && x->size == y->size;
  return same || !dim_known(s, x) || !dim_known(s, y);
}

const struct type_part *dim_opposite(const struct type *x, uint32_t i,
                                     const struct type *y)
{
  uint32_t last = x->n_parts - 1 - i; // counted from the end
  bool front = !x->any_rank || i < x->rest;
  bool back = !x->any_rank || i >= x->rest;
  if (front && i < (y->any_rank ? y->rest : y->n_parts))
    return &y->parts[i];
  if (back && last < (y->any_rank ? y->n_parts - y->rest : y->n_parts))
    return &y->parts[y->n_parts - 1 - last];
  return NULL;
}

bool ranks_agree(const struct type *x, const struct type *y)
{
  if (x->any_rank && y->any_rank)
    return true;
  return x->any_rank   ? y->n_parts >= x->n_parts
         : y->any_rank ? x->n_parts >= y->n_parts
                       : x->n_parts == y->n_parts;
}

bool tensors_agree(const struct dim_scopes *s, const struct type *x,
                   const struct type *y)
{
  if (x->dtype != y->dtype || !ranks_agree(x, y))
    return false;
  for (uint32_t i = 0; i < x->n_parts; i++) {
    const struct type_part *d = dim_opposite(x, i, y);
    if (d && !dims_agree(s, &x->parts[i], d))
      return false;
  }
  return true;
}

const struct type *tensors_join(struct types *t, const struct type *x,
                                const struct type *y)
{
  struct type_part dims[TYPE_RANK] = {0};
  if (x->dtype != y->dtype)
    return NULL;
  if (x->any_rank || y->any_rank || x->n_parts != y->n_parts)
    return x == y ? x : type_tensor(t, x->dtype, true, NULL, 0);
  for (uint32_t i = 0; i < x->n_parts; i++) {
    const struct type_part *p = &x->parts[i], *q = &y->parts[i];
    bool same = p->name == q->name && p->size == q->size;
    dims[i].name = same ? p->name : NULL;
    dims[i].size = same ? p->size : DIM_ANY;
  }
  return type_tensor(t, x->dtype, false, dims, x->n_parts);
}

// ---- other dimensions ----

// A declared type without dimensions of its own has none inside.
bool type_has_dims(const struct type *x)
{
  if (x->kind == TYPE_tensor || x->family)
    return true;
  if (x->name || x->kind == TYPE_step)
    return false;
  if (x->of && type_has_dims(x->of))
    return true;
  for (uint32_t i = 0; i < x->n_parts; i++)
    if (x->parts[i].type && type_has_dims(x->parts[i].type))
      return true;
  return false;
}

static const struct type_part *changed(struct arena *a, uint32_t n,
                                       const struct type_part *dims,
                                       const struct dim_change *c)
{
  struct type_part *out = ARENA_ARRAY(a, n + 1, struct type_part);
  for (uint32_t i = 0; i < n; i++) {
    struct type_part d = c->of(c, &dims[i]);
    out[i] = dims[i];
    out[i].name = d.name;
    out[i].size = d.size;
  }
  return out;
}

static const struct type_part *parts_with(struct types *t, const struct type *x,
                                          const struct dim_change *c)
{
  struct arena *a = types_scopes(t)->arena;
  struct type_part *parts = ARENA_ARRAY(a, x->n_parts + 1, struct type_part);
  for (uint32_t i = 0; i < x->n_parts; i++) {
    parts[i] = x->parts[i];
    if (parts[i].type)
      parts[i].type = type_with_dims(t, parts[i].type, c);
  }
  return parts;
}

// Without its name and constraints.
static const struct type *made_with(struct types *t, const struct type *x,
                                    const struct dim_change *c)
{
  if (x->kind == TYPE_tensor) {
    const struct type_part *dims =
        changed(types_scopes(t)->arena, x->n_parts, x->parts, c);
    return x->any_rank
               ? type_tensor_around(t, x->dtype, dims, x->n_parts, x->rest)
               : type_tensor(t, x->dtype, false, dims, x->n_parts);
  }
  if (x->kind == TYPE_callable)
    return type_callable(t, parts_with(t, x, c), x->n_parts,
                         type_with_dims(t, x->of, c));
  return x->of ? type_of(t, x->kind, type_with_dims(t, x->of, c))
               : type_parts(t, x->kind, parts_with(t, x, c), x->n_parts);
}

const struct type *type_with_dims(struct types *t, const struct type *x,
                                  const struct dim_change *c)
{
  if (!type_has_dims(x))
    return x;
  if (x->family)
    return type_instance(
        t, x->family,
        changed(types_scopes(t)->arena, x->family->n, x->dims, c));
  const struct type *y = made_with(t, x, c);
  return x->n_limits ? type_limited(t, y, x->limits, x->n_limits) : y;
}

// ---- declared types with dimensions ----

struct type_instance {
  const struct type *type; // declared, or what an alias stands for
  struct type *own;        // then NULL
  struct type_instance *next;
  const struct type_part *dims;
};

struct chosen {
  struct dim_change change;
  const struct type_family *family;
  const struct type_part *dims;
};

static struct type_part chosen_dim(const struct dim_change *c,
                                   const struct type_part *d)
{
  const struct chosen *x = (const struct chosen *)c;
  for (uint32_t i = 0; i < x->family->n && d->name; i++)
    if (x->family->dims[i].name == d->name &&
        x->family->dims[i].size == d->size)
      return x->dims[i];
  return *d;
}

static void fill(struct types *t, const struct type_family *f,
                 struct type_instance *i)
{
  struct chosen c = {{chosen_dim}, f, i->dims};
  const struct type *x = f->pattern;
  if (!i->own) {
    i->type = type_with_dims(t, x, &c.change);
    return;
  }
  const struct type *as =
      type_own_parts(t, x->kind, parts_with(t, x, &c.change), x->n_parts);
  type_fill(t, i->own, as);
}

static bool same_dims(const struct type_part *x, const struct type_part *y,
                      uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    if (x[i].name != y[i].name || x[i].size != y[i].size)
      return false;
  return true;
}

const struct type *type_instance(struct types *t, struct type_family *f,
                                 const struct type_part *dims)
{
  if (same_dims(dims, f->dims, f->n))
    return f->pattern;
  struct type_instance *i = f->instances;
  for (; i; i = i->next)
    if (same_dims(dims, i->dims, f->n))
      return i->type;
  const struct type *x = f->pattern;
  i = ARENA_NEW(types_scopes(t)->arena, struct type_instance);
  i->dims = dims;
  i->next = f->instances;
  f->instances = i;
  if (x->family == f) {
    i->own = type_declare(t, x->name, x->span, x->doc);
    i->own->kind = x->kind;
    i->own->family = f;
    i->own->dims = dims;
    i->type = i->own;
  }
  if (f->filled)
    fill(t, f, i);
  return i->type;
}

void type_family_fill(struct types *t, struct type_family *f)
{
  f->filled = true;
  for (struct type_instance *i = f->instances; i; i = i->next)
    fill(t, f, i);
}
