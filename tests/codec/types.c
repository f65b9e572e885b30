// Notation in, rows of a plan out. A type and its base are made together, so
// that parts are made once.
#include "tests/codec/types.h"

#include <cjson/cJSON.h>
#include <string.h>

struct pair {
  uint32_t full, base;
};

static const char *const kinds[] = {
#define TYPE(name, text, form, part) #name,
#include "grammar/defs/types.def"
#undef TYPE
};
static const char *const limits[] = {
#define LIMIT(name, on, error, message) #name,
#include "grammar/defs/limits.def"
#undef LIMIT
};
static const char *const dtypes[] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
};

static uint32_t index_of(const char *const *names, uint32_t n, const char *name)
{
  uint32_t i = 0;
  while (i < n && (!name || strcmp(names[i], name)))
    i++;
  return i;
}

static struct pair add(struct plan_builder *b, const cJSON *t);

// A row that is its own base when `base` is PLAN_NONE.
static uint32_t row(struct plan_builder *b, struct plan_type t, uint32_t base)
{
  t.base = base == PLAN_NONE ? b->types.n : base;
  return plan_add_types(b, t);
}

static struct pair simple(struct plan_builder *b, uint32_t kind)
{
  struct plan_type t = {.kind = kind, .of = PLAN_NONE};
  if (kind == TYPE_markdown) {
    struct pair str = simple(b, TYPE_str);
    return (struct pair){row(b, t, str.base), str.base};
  }
  uint32_t n = row(b, t, PLAN_NONE);
  return (struct pair){n, n};
}

static struct pair with_of(struct plan_builder *b, uint32_t kind,
                           const cJSON *of)
{
  struct pair part = add(b, of);
  struct plan_type t = {.kind = kind, .of = part.base};
  struct pair made;
  made.base = row(b, t, PLAN_NONE);
  t.of = part.full;
  made.full = row(b, t, made.base);
  return made;
}

static struct plan_field word(struct plan_builder *b, const char *name)
{
  return (struct plan_field){
      .name = plan_intern(b, name), .type = PLAN_NONE, .value = PLAN_NONE};
}

static struct pair enumeration(struct plan_builder *b, const cJSON *words)
{
  struct plan_field f[64];
  uint32_t n = 0;
  const cJSON *w;
  cJSON_ArrayForEach(w, words) f[n++] = word(b, w->valuestring);
  struct plan_type t = {.kind = TYPE_enum, .of = PLAN_NONE};
  t.fields = plan_add_run_fields(b, f, n);
  uint32_t base = simple(b, TYPE_str).base;
  return (struct pair){row(b, t, base), base};
}

static uint32_t constant(struct plan_builder *b, uint32_t type, const cJSON *v)
{
  uint32_t kind = b->types.rows[type].kind;
  if (kind == TYPE_optional && cJSON_IsNull(v))
    return plan_const_run(b, type, NULL, 0);
  if (kind == TYPE_optional) {
    uint32_t inner = constant(b, b->types.rows[type].of, v);
    return plan_const_run(b, type, &inner, 1);
  }
  if (kind == TYPE_list)
    return plan_const_run(b, type, NULL, 0);
  if (cJSON_IsString(v))
    return plan_const_text(b, type, v->valuestring, strlen(v->valuestring));
  if (kind == TYPE_float)
    return plan_const_float(b, type, v->valuedouble);
  return plan_const_int(b, type, cJSON_IsTrue(v) ? 1 : (int64_t)v->valuedouble);
}

// Fields of a tuple (types only) or a record ([name, type, default?]).
static struct pair with_fields(struct plan_builder *b, uint32_t kind,
                               const cJSON *parts)
{
  struct plan_field full[64], base[64];
  uint32_t n = 0;
  const cJSON *part;
  cJSON_ArrayForEach(part, parts)
  {
    bool named = kind == TYPE_record;
    struct pair p = add(b, named ? cJSON_GetArrayItem(part, 1) : part);
    full[n] = base[n] = word(b, "");
    full[n].type = p.full;
    base[n].type = p.base;
    if (named) {
      const char *name = cJSON_GetArrayItem(part, 0)->valuestring;
      full[n].name = base[n].name = plan_intern(b, name);
      if (cJSON_GetArraySize(part) > 2)
        full[n].value = constant(b, p.base, cJSON_GetArrayItem(part, 2));
    }
    n++;
  }
  struct plan_type t = {.kind = kind, .of = PLAN_NONE};
  struct pair made;
  t.fields = plan_add_run_fields(b, base, n);
  made.base = row(b, t, PLAN_NONE);
  t.fields = plan_add_run_fields(b, full, n);
  made.full = row(b, t, made.base);
  return made;
}

static struct pair tagged(struct plan_builder *b, const cJSON *variants)
{
  struct plan_field full[16], base[16];
  uint32_t n = 0;
  const cJSON *v;
  cJSON_ArrayForEach(v, variants)
  {
    struct pair p = with_fields(b, TYPE_record, cJSON_GetArrayItem(v, 1));
    full[n] = base[n] = word(b, cJSON_GetArrayItem(v, 0)->valuestring);
    full[n].type = p.full;
    base[n++].type = p.base;
  }
  struct plan_type t = {.kind = TYPE_union, .of = PLAN_NONE};
  struct pair made;
  t.fields = plan_add_run_fields(b, base, n);
  made.base = row(b, t, PLAN_NONE);
  t.fields = plan_add_run_fields(b, full, n);
  made.full = row(b, t, made.base);
  return made;
}

static struct pair tensor(struct plan_builder *b, const cJSON *t)
{
  struct plan_field dims[8];
  uint32_t n = 0, i = simple(b, TYPE_int).base;
  const cJSON *dim;
  struct plan_type row_ = {.kind = TYPE_tensor, .of = PLAN_NONE};
  row_.detail =
      index_of(dtypes, DTYPES, cJSON_GetObjectItem(t, "tensor")->valuestring);
  uint32_t base = row(b, row_, PLAN_NONE);
  cJSON_ArrayForEach(dim, cJSON_GetObjectItem(t, "dims"))
  {
    dims[n] = word(b, cJSON_IsString(dim) ? dim->valuestring : "");
    if (cJSON_IsNumber(dim))
      dims[n].value = plan_const_int(b, i, (int64_t)dim->valuedouble);
    n++;
  }
  row_.fields = plan_add_run_fields(b, dims, n);
  return (struct pair){row(b, row_, base), base};
}

static uint32_t bound(struct plan_builder *b, const cJSON *v)
{
  if (cJSON_IsString(v))
    return plan_const_text(b, simple(b, TYPE_str).base, v->valuestring,
                           strlen(v->valuestring));
  if (v->valuedouble == (double)(int64_t)v->valuedouble)
    return plan_const_int(b, simple(b, TYPE_int).base, (int64_t)v->valuedouble);
  return plan_const_float(b, simple(b, TYPE_float).base, v->valuedouble);
}

static struct pair limited(struct plan_builder *b, const cJSON *t)
{
  struct pair p = add(b, cJSON_GetObjectItem(t, "limit"));
  struct plan_limit rows[LIMIT_KINDS];
  uint32_t n = 0;
  const cJSON *one;
  cJSON_ArrayForEach(one, t)
  {
    uint32_t kind = index_of(limits, LIMIT_KINDS, one->string);
    if (kind < LIMIT_KINDS)
      rows[n++] = (struct plan_limit){kind, bound(b, one)};
  }
  struct plan_type full = b->types.rows[p.full];
  full.limits = plan_add_run_limits(b, rows, n);
  return (struct pair){row(b, full, p.base), p.base};
}

static struct pair add(struct plan_builder *b, const cJSON *t)
{
  static const struct pair none = {PLAN_NONE, PLAN_NONE};
  const cJSON *first = cJSON_IsObject(t) ? t->child : NULL;
  if (cJSON_IsString(t)) {
    uint32_t kind = index_of(kinds, TYPE_KINDS, t->valuestring);
    return kind < TYPE_list ? simple(b, kind) : none;
  }
  if (!first)
    return none;
  if (!strcmp(first->string, "limit"))
    return limited(b, t);
  switch (index_of(kinds, TYPE_KINDS, first->string)) {
  case TYPE_list:
  case TYPE_map:
  case TYPE_optional:
    return with_of(b, index_of(kinds, TYPE_KINDS, first->string), first);
  case TYPE_tuple:
  case TYPE_record:
    return with_fields(b, index_of(kinds, TYPE_KINDS, first->string), first);
  case TYPE_union:
    return tagged(b, first);
  case TYPE_enum:
    return enumeration(b, first);
  case TYPE_tensor:
    return tensor(b, t);
  default:
    return none;
  }
}

uint32_t types_add(struct plan_builder *b, const char *notation)
{
  cJSON *t = cJSON_Parse(notation);
  if (!t)
    return PLAN_NONE;
  uint32_t full = add(b, t).full;
  cJSON_Delete(t);
  return full;
}

struct plan types_plan(const struct plan_builder *b)
{
  struct plan p = {0};
#define VIEW(table, type, FIELDS)                                              \
  p.table = b->table.rows;                                                     \
  p.n_##table = b->table.n;
  PLAN_TABLES(VIEW)
#undef VIEW
  p.text = b->text.rows;
  p.n_text = b->text.n;
  return p;
}
