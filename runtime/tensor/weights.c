// Weights into a record type: see weights.h.
//
// A walk along the type, with the name so far. What does not fit is noted, and
// the walk goes on; elements are asked for only as long as everything fits.
#include "runtime/tensor/weights.h"

#include "runtime/codec/codec.h"
#include "runtime/codec/tensor.h"
#include "runtime/tensor/weights_bind.h"
#include "runtime/value/walk.h"

#include <stdio.h>

enum { BIND_DEPTH = 200 };

static void bind(struct binder *b, uint32_t type, uint32_t depth, value *out);

static void *room_for(struct binder *b, const void *made)
{
  b->exhausted |= !made;
  return (void *)(uintptr_t)made;
}

// ---- names ----

// Goes on to a part; what `leave` needs to come back.
static size_t enter(struct binder *b, const char *part, size_t size)
{
  size_t before = b->path.size;
  if (before > b->root)
    buf_addc(&b->path, '.');
  buf_add(&b->path, part, size);
  b->exhausted |= b->path.failed;
  return before;
}

static size_t enter_number(struct binder *b, uint32_t n)
{
  char text[16];
  int size = snprintf(text, sizeof text, "%u", (unsigned)n);
  return enter(b, text, (size_t)size);
}

static void leave(struct binder *b, size_t before)
{
  if (!b->path.failed)
    b->path.size = before;
}

// The tensor whose name the path is, or NULL.
static const struct weights_place *find(const struct binder *b)
{
  const struct weights_folder *w = &b->folder;
  uint32_t at = weights_folder_from(w, b->path.data, b->path.size);
  bool there = at < w->n_places &&
               text_is(w->places[at].name, b->path.data, b->path.size);
  return there ? &w->places[at] : NULL;
}

// Tensors whose names go on behind the path, in order: `rest` is how.
struct below {
  const struct binder *b;
  struct buf path; // with its dot
  uint32_t at;     // of the next place
  struct text rest;
};

static struct below below(struct binder *b)
{
  struct below w = {.b = b, .path.arena = b->scratch};
  buf_add(&w.path, b->path.data, b->path.size);
  if (b->path.size > b->root)
    buf_addc(&w.path, '.');
  b->exhausted |= w.path.failed;
  if (!w.path.failed)
    w.at = weights_folder_from(&b->folder, w.path.data, w.path.size);
  return w;
}

static bool below_next(struct below *w)
{
  const struct weights_folder *f = &w->b->folder;
  if (w->path.failed || w->at == f->n_places)
    return false;
  const struct text *t = f->places[w->at].name;
  size_t n = w->path.size;
  if (t->size < n || memcmp(t->data, w->path.data, n))
    return false;
  w->rest = (struct text){t->size - (uint32_t)n, 0, t->data + n};
  w->at++;
  return true;
}

// Its part up to the next dot.
static struct text first_part(struct text rest)
{
  const char *dot = rest.size ? memchr(rest.data, '.', rest.size) : NULL;
  if (dot)
    rest.size = (uint32_t)(dot - rest.data);
  return rest;
}

// A number as elements of lists have it.
static bool is_number(struct text part, uint64_t *n)
{
  *n = 0;
  for (uint32_t i = 0; i < part.size; i++) {
    unsigned digit = (unsigned)part.data[i] - '0';
    if (digit > 9)
      return false;
    *n = *n * 10 + digit;
  }
  return part.size && part.size <= 18 &&
         (part.data[0] != '0' || part.size == 1);
}

static bool has_more(struct binder *b)
{
  struct below w = below(b);
  return below_next(&w);
}

// Whether something of a type is there at the path.
static bool is_there(struct binder *b, uint32_t type)
{
  const struct plan_type *t = &b->plan->types[type];
  while (t->kind == TYPE_optional)
    t = &b->plan->types[t->of];
  return t->kind == TYPE_tensor ? find(b) != NULL : has_more(b);
}

// ---- dimensions ----

static struct binding_dim *dim_named(struct binder *b, const char *name)
{
  for (uint32_t i = 0; i < b->n_dims; i++)
    if (!strcmp(b->dims[i].name, name))
      return &b->dims[i];
  return NULL;
}

static void add_dim(struct binder *b, struct binding_dim dim)
{
  if (b->n_dims == b->room_dims) {
    uint32_t room = b->room_dims ? 2 * b->room_dims : 8;
    void *rows = arena_grow(b->scratch, b->dims, b->n_dims * sizeof *b->dims,
                            room * sizeof *b->dims);
    if (!room_for(b, rows))
      return;
    b->dims = rows;
    b->room_dims = room;
  }
  b->dims[b->n_dims++] = dim;
}

// Whether one dimension is as wanted; if not, *who is the name that says so.
static bool dim_fits(struct binder *b, const struct plan_field *f, int64_t size,
                     const struct binding_dim **who)
{
  const char *name = plan_str(b->plan, f->name);
  *who = NULL;
  if (f->value != PLAN_NONE)
    return plan_bits(&b->plan->consts[f->value]) == (uint64_t)size;
  if (!f->name.size)
    return true;
  *who = dim_named(b, name);
  return !*who || (*who)->size == size;
}

// A name means what the first tensor that fits has there.
static bool dims_fit(struct binder *b, const struct plan_type *t,
                     const struct safetensors_entry *e)
{
  const struct plan_field *f = b->plan->fields + t->fields.first;
  const struct binding_dim *who = NULL;
  uint32_t before = b->n_dims;
  bool ok = e->rank == t->fields.count;
  for (uint32_t i = 0; ok && i < e->rank; i++) {
    ok = dim_fits(b, &f[i], e->dims[i], &who);
    if (ok && !who && f[i].value == PLAN_NONE && f[i].name.size)
      add_dim(b, (struct binding_dim){plan_str(b->plan, f[i].name), e->dims[i],
                                      e->name});
  }
  if (ok || !t->fields.count)
    return true;
  offence_shape(b, e, t, who);
  b->n_dims = before; // it is no witness
  return false;
}

// ---- tensors ----

static struct tensor *tensor_over(struct binder *b,
                                  const struct safetensors_entry *e,
                                  enum dtype dtype,
                                  const struct weights_place *p)
{
  struct tensor *t = room_for(b, ARENA_NEW(b->arena, struct tensor));
  if (!t)
    return NULL;
  t->dtype = dtype;
  tensor_shape(t, e->rank, e->dims);
  t->owner = weights_file_elements(b->folder.files[p->file], p->entry, dtype,
                                   b->precision, &t->data);
  bool kept = t->owner && tensor_buffer_keep(b->arena, t->owner);
  tensor_buffer_drop(t->owner); // the arena has a count of its own
  b->exhausted |= !kept;
  return kept ? t : NULL;
}

static void bind_tensor(struct binder *b, const struct plan_type *t, value *out)
{
  const struct weights_place *p = find(b);
  enum dtype dtype = (enum dtype)t->detail;
  if (!p) {
    offence_missing(b);
    return;
  }
  b->n_used += !b->used[p - b->folder.places];
  b->used[p - b->folder.places] = true;
  b->tensors++;
  const struct safetensors_entry *e = weights_folder_entry(&b->folder, p);
  if (!weights_become(e->dtype, dtype))
    offence_dtype(b, e, dtype);
  bool fits = dims_fit(b, t, e);
  if (fits && !b->n_offences && !b->exhausted)
    out->tensor = tensor_over(b, e, dtype, p);
}

// ---- what holds them ----

static void bind_field(struct binder *b, const struct plan_field *f,
                       uint32_t depth, value *out)
{
  if (f->value == PLAN_NONE || is_there(b, f->type))
    bind(b, f->type, depth, out);
  else if (!const_value(b->arena, b->plan, f->value, out))
    b->exhausted = true;
}

static void bind_parts(struct binder *b, const struct plan_type *t,
                       uint32_t depth, value *out)
{
  const struct plan_field *f = b->plan->fields + t->fields.first;
  value *parts = room_for(b, ARENA_ARRAY(b->arena, t->fields.count + 1, value));
  for (uint32_t i = 0; parts && i < t->fields.count; i++) {
    const char *name = plan_str(b->plan, f[i].name);
    size_t before = t->kind == TYPE_tuple ? enter_number(b, i)
                                          : enter(b, name, f[i].name.size);
    bind_field(b, &f[i], depth, &parts[i]);
    leave(b, before);
  }
  out->parts = parts;
}

// Elements that are there from 0 on.
static uint32_t count_elements(struct binder *b)
{
  uint32_t n = 0;
  for (bool there = true; there && !b->exhausted; n += there) {
    size_t before = enter_number(b, n);
    there = find(b) || has_more(b);
    leave(b, before);
  }
  return n;
}

// Numbers behind a gap; the first of them is told.
static void check_gap(struct binder *b, uint32_t count)
{
  struct below w = below(b);
  uint64_t n;
  while (below_next(&w))
    if (is_number(first_part(w.rest), &n) && n > count) {
      offence_other(b, "has an element %llu, and no %u", (unsigned long long)n,
                    (unsigned)count);
      return;
    }
}

// Its first element, say.
static void missing_part(struct binder *b, const char *part)
{
  size_t before = enter(b, part, strlen(part));
  offence_missing(b);
  leave(b, before);
}

static void check_count(struct binder *b, const struct plan_type *t,
                        uint32_t count)
{
  for (uint32_t i = 0; i < t->limits.count; i++) {
    const struct plan_limit *l = &b->plan->limits[t->limits.first + i];
    int64_t bound = (int64_t)plan_bits(&b->plan->consts[l->value]);
    bool least = l->kind == LIMIT_min_items;
    if ((least && count < bound) ||
        (l->kind == LIMIT_max_items && count > bound))
      offence_other(b, "has %u elements, and at %s %lld are wanted",
                    (unsigned)count, least ? "least" : "most",
                    (long long)bound);
  }
}

static void bind_list(struct binder *b, const struct plan_type *t,
                      uint32_t depth, value *out)
{
  uint32_t n = count_elements(b);
  if (!n)
    missing_part(b, "0");
  check_gap(b, n);
  check_count(b, t, n);
  struct list *l = room_for(b, list_new(b->arena, n));
  for (uint32_t i = 0; l && i < n; i++) {
    size_t before = enter_number(b, i);
    bind(b, t->of, depth, &l->items[i]);
    leave(b, before);
  }
  if (l)
    l->count = n;
  out->list = l;
}

static void bind_key(struct binder *b, struct map *m, uint32_t of,
                     struct text name, uint32_t depth)
{
  const struct text *key =
      room_for(b, text_new(b->arena, name.data, name.size));
  value item = {0};
  if (!key || map_get(m, key))
    return;
  size_t before = enter(b, name.data, name.size);
  bind(b, of, depth, &item);
  leave(b, before);
  b->exhausted |= !map_add(b->arena, m, key, item);
}

// Where tensors themselves are in it, their keys are all that is left of their
// names.
static void bind_map(struct binder *b, const struct plan_type *t,
                     uint32_t depth, value *out)
{
  bool whole = b->plan->types[t->of].kind == TYPE_tensor;
  struct map *m = room_for(b, map_new(b->arena, 0));
  struct below w = below(b);
  bool any = false;
  while (m && below_next(&w) && !b->exhausted) {
    struct text key = whole ? w.rest : first_part(w.rest);
    if (!whole && key.size == w.rest.size)
      continue; // a tensor, where something with parts is wanted
    bind_key(b, m, t->of, key, depth);
    any = true;
  }
  if (!any)
    missing_part(b, "…");
  out->map = m;
}

static void bind_optional(struct binder *b, const struct plan_type *t,
                          uint32_t depth, value *out)
{
  value v = {0};
  out->bits = 0;
  if (!is_there(b, t->of))
    return;
  bind(b, t->of, depth, &v);
  *out = value_wrap(b->arena, v);
  b->exhausted |= !out->box;
}

static void bind(struct binder *b, uint32_t type, uint32_t depth, value *out)
{
  const struct plan_type *t = &b->plan->types[type];
  if (b->exhausted)
    return;
  if (depth == BIND_DEPTH) {
    offence_other(b, "is nested too deeply");
    return;
  }
  switch (t->kind) {
  case TYPE_tensor:
    bind_tensor(b, t, out);
    break;
  case TYPE_record:
  case TYPE_tuple:
    bind_parts(b, t, depth + 1, out);
    break;
  case TYPE_list:
    bind_list(b, t, depth + 1, out);
    break;
  case TYPE_map:
    bind_map(b, t, depth + 1, out);
    break;
  case TYPE_optional:
    bind_optional(b, t, depth + 1, out);
    break;
  default:
    offence_other(b, "is to be %s, which weights are not",
                  type_kind_name((enum type_kind)t->kind));
  }
}

// ---- all of it ----

// The prefix, with a dot behind it.
static void set_root(struct binder *b, const char *prefix)
{
  size_t n = strlen(prefix);
  buf_add(&b->path, prefix, n);
  if (n && prefix[n - 1] != '.')
    buf_addc(&b->path, '.');
  b->root = b->path.size;
  b->exhausted |= b->path.failed;
}

static bool bind_all(struct binder *b, const struct weights_request *r,
                     value *out, struct buf *why)
{
  b->used =
      room_for(b, ARENA_ARRAY(b->scratch, b->folder.n_places + 1ul, bool));
  set_root(b, r->prefix);
  bind(b, r->type, 0, out);
  if (!b->n_offences && !b->exhausted)
    return true;
  offences_conclude(b, r->path, why);
  return false;
}

bool weights_load(const struct weights_request *r, struct arena *a, value *out,
                  struct weights_report *report, struct buf *why)
{
  struct arena scratch = {0};
  struct buf offences = {.arena = &scratch};
  struct binder b = {.plan = r->plan,
                     .arena = a,
                     .scratch = &scratch,
                     .precision = r->precision,
                     .path.arena = &scratch,
                     .offences = &offences};
  value v = {0};
  bool ok = weights_folder_open(&b.folder, &scratch, r->path, why) &&
            bind_all(&b, r, &v, why);
  if (ok) {
    *out = v;
    *report = (struct weights_report){b.tensors, b.folder.n_places - b.n_used};
  }
  weights_folder_close(&b.folder);
  arena_free(&scratch);
  return ok;
}

bool precision_named(const struct text *name, enum tensor_precision *out)
{
  static const char *const names[PRECISIONS] = {
#define PRECISION(name) #name,
#include "grammar/defs/precisions.def"
#undef PRECISION
  };
  for (int i = 0; i < PRECISIONS; i++)
    if (text_is(name, names[i], strlen(names[i]))) {
      *out = (enum tensor_precision)i;
      return true;
    }
  return false;
}
