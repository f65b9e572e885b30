// Values as json: what reading their JSON text would give, without the text.
// Texts are shared with the value; so is json within it.
#include "runtime/codec/parts.h"

#include "grammar/base/utf8.h"

struct maker {
  const struct plan *plan;
  struct arena *arena;
  unsigned depth;
};

static const struct json *of_type(struct maker *m, uint32_t type, value v);

static const struct json *make(struct maker *m, enum json_kind kind, value as)
{
  struct json *j = arena_alloc(m->arena, sizeof *j);
  if (j)
    *j = (struct json){kind, as};
  return j;
}

// ---- scalars ----

static const struct json *of_text(struct maker *m, const struct text *t)
{
  return t ? make(m, JSON_TEXT, (value){.text = t}) : NULL;
}

static const struct json *of_float(struct maker *m, double x)
{
  return x - x == 0 ? make(m, JSON_FLOAT, (value){.f = x}) : NULL;
}

static const struct json *of_bytes(struct maker *m, const struct text *t)
{
  struct buf b = {.arena = m->arena};
  if (utf8_check(t->data, t->size) == t->size)
    return of_text(m, text_view(m->arena, t->data, t->size));
  put_base64(t, &b);
  return b.failed ? NULL : of_text(m, text_view(m->arena, b.data, b.size));
}

static const struct json *of_time(struct maker *m, int64_t ns)
{
  char text[40];
  size_t n = moment_print_time(text, ns);
  return of_text(m, text_new(m->arena, text, n));
}

// By way of text: rare, and there is one set of rules.
static const struct json *of_tensor(struct maker *m, const struct tensor *t)
{
  struct buf b = {.arena = m->arena};
  if (!tensor_print(t, false, &b) || b.failed)
    return NULL;
  struct scan s = {.at = b.data, .end = b.data + b.size, .start = b.data};
  return tree_read(&s, m->arena);
}

// ---- containers ----

static const struct json *of_list(struct maker *m, uint32_t of,
                                  const struct list *l)
{
  struct list *made = list_new(m->arena, l->count);
  for (uint32_t i = 0; made && i < l->count; i++)
    if (!(made->items[made->count++].json = of_type(m, of, l->items[i])))
      return NULL;
  return made ? make(m, JSON_LIST, (value){.list = made}) : NULL;
}

static const struct json *of_tuple(struct maker *m, struct plan_run run,
                                   const value *parts)
{
  struct list *made = list_new(m->arena, run.count);
  for (uint32_t i = 0; made && i < run.count; i++)
    if (!(made->items[made->count++].json =
              of_type(m, m->plan->fields[run.first + i].type, parts[i])))
      return NULL;
  return made ? make(m, JSON_LIST, (value){.list = made}) : NULL;
}

static const struct json *of_map(struct maker *m, uint32_t of,
                                 const struct map *from)
{
  struct map *made = map_new(m->arena, from->count);
  for (uint32_t i = 0; made && i < from->count; i++) {
    const struct map_entry *e = &from->entries[i];
    value item = {.json = of_type(m, of, e->item)};
    if (!item.json || !map_put(m->arena, made, e->key, item))
      return NULL;
  }
  return made ? make(m, JSON_MAP, (value){.map = made}) : NULL;
}

static bool put_fields(struct maker *m, struct plan_run run, const value *parts,
                       struct map *to)
{
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_field *f = &m->plan->fields[run.first + i];
    const struct text *name =
        text_view(m->arena, plan_str(m->plan, f->name), f->name.size);
    value item = {.json = name ? of_type(m, f->type, parts[i]) : NULL};
    if (!item.json || !map_put(m->arena, to, name, item))
      return false;
  }
  return true;
}

static const struct json *of_record(struct maker *m, struct plan_run run,
                                    const value *parts)
{
  struct map *made = map_new(m->arena, run.count);
  return made && put_fields(m, run, parts, made)
             ? make(m, JSON_MAP, (value){.map = made})
             : NULL;
}

static const struct json *of_union(struct maker *m, struct plan_run run,
                                   const struct tagged *t)
{
  static const struct text type = {4, 4, "type"};
  const struct plan_field *f = &m->plan->fields[run.first + t->tag];
  struct plan_run fields = m->plan->types[f->type].fields;
  struct map *made = map_new(m->arena, fields.count + 1);
  const struct text *name =
      text_view(m->arena, plan_str(m->plan, f->name), f->name.size);
  value tag = {.json = of_text(m, name)};
  return made && tag.json && map_put(m->arena, made, &type, tag) &&
                 put_fields(m, fields, t->payload.parts, made)
             ? make(m, JSON_MAP, (value){.map = made})
             : NULL;
}

// ---- any type ----

static const struct json *of_value(struct maker *m, const struct plan_type *t,
                                   value v)
{
  switch ((enum type_kind)t->kind) {
  case TYPE_none:
    return &json_null;
  case TYPE_bool:
    return make(m, JSON_BOOL, v);
  case TYPE_int:
  case TYPE_size:
    return make(m, JSON_INT, v);
  case TYPE_float:
  case TYPE_percent:
    return of_float(m, v.f);
  case TYPE_duration:
    return of_float(m, (double)v.i / 1e9);
  case TYPE_time:
    return of_time(m, v.i);
  case TYPE_str:
  case TYPE_markdown:
  case TYPE_enum:
    return of_text(m, v.text);
  case TYPE_bytes:
    return of_bytes(m, v.text);
  case TYPE_list:
    return of_list(m, t->of, v.list);
  case TYPE_map:
    return of_map(m, t->of, v.map);
  case TYPE_tuple:
    return of_tuple(m, t->fields, v.parts);
  case TYPE_record:
    return of_record(m, t->fields, v.parts);
  case TYPE_union:
    return of_union(m, t->fields, v.tagged);
  case TYPE_step:
    return of_type(m, t->of, v.tagged->payload);
  case TYPE_optional:
    return v.box ? of_type(m, t->of, *v.box) : &json_null;
  case TYPE_json:
    return v.json ? v.json : &json_null;
  case TYPE_tensor:
    return of_tensor(m, v.tensor);
  default: // streams, handles and the like have no JSON form
    return NULL;
  }
}

static const struct json *of_type(struct maker *m, uint32_t type, value v)
{
  if (m->depth == PRINT_DEPTH)
    return NULL;
  m->depth++;
  const struct json *j = of_value(m, &m->plan->types[type], v);
  m->depth--;
  return j;
}

const struct json *json_of(struct arena *a, const struct plan *p, uint32_t type,
                           value v)
{
  return of_type(&(struct maker){p, a, 0}, type, v);
}
