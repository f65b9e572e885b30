// The thorough way's second half: json into a value of a type. It does what
// Pydantic does with what Python's json gives, offence by offence, in the
// order in which types are declared and inputs come.
#include "runtime/codec/parts.h"

#include "grammar/base/utf8.h"

#include <string.h>

bool default_value(struct decode *d, const struct plan_field *f, value *out)
{
  if (f->value != PLAN_NONE)
    return const_value(d->arena, d->plan, f->value, out);
  out->bits = 0;
  return d->plan->types[f->type].kind == TYPE_optional;
}

static value *new_parts(struct decode *d, uint32_t count)
{
  return arena_alloc(d->arena, (count + !count) * sizeof(value));
}

static struct loc loc_index(const struct loc *up, uint32_t index)
{
  return (struct loc){up, NULL, 0, index};
}

static struct loc loc_key(const struct loc *up, const char *key, size_t size)
{
  return (struct loc){up, key, size, 0};
}

// ---- lists, maps, tuples ----

static bool convert_list(struct decode *d, uint32_t type,
                         const struct json *from, const struct loc *at,
                         value *out)
{
  if (from->kind != JSON_LIST)
    return offence_at(d, from, at, "list_type", NULL,
                      "Input should be a valid list");
  const struct list *l = from->as.list;
  if (!limits_items(d, type, l->count, true, from, at))
    return false;
  struct list *made = list_new(d->arena, l->count);
  bool ok = made;
  for (uint32_t i = 0; made && i < l->count; i++) {
    struct loc here = loc_index(at, i);
    ok &= json_convert(d, d->plan->types[type].of, l->items[i].json, &here,
                       &made->items[i]);
  }
  if (!ok || !limits_items(d, type, l->count, false, from, at))
    return false;
  made->count = l->count;
  out->list = made;
  return true;
}

static bool convert_map(struct decode *d, uint32_t type,
                        const struct json *from, const struct loc *at,
                        value *out)
{
  if (from->kind != JSON_MAP)
    return offence_at(d, from, at, "dict_type", NULL,
                      "Input should be a valid dictionary");
  const struct map *m = from->as.map;
  struct map *made = map_new(d->arena, m->count);
  bool ok = made;
  for (uint32_t i = 0; made && i < m->count; i++) {
    const struct text *key = m->entries[i].key;
    struct loc here = loc_key(at, key->data, key->size);
    value item;
    bool read = json_convert(d, d->plan->types[type].of,
                             m->entries[i].item.json, &here, &item);
    ok &= read && map_put(d->arena, made, key, item);
  }
  if (!ok || !limits_items(d, type, m->count, true, from, at) ||
      !limits_items(d, type, m->count, false, from, at))
    return false;
  out->map = made;
  return true;
}

static bool offend_missing(struct decode *d, const struct json *from,
                           const struct loc *at)
{
  return offence_at(d, from, at, "missing", NULL, "Field required");
}

static bool offend_tuple_size(struct decode *d, const struct json *from,
                              const struct loc *at, uint32_t want,
                              uint32_t have)
{
  const char *ctx = d->offences ? arena_printf(d->arena,
                                               "{\"field_type\":\"Tuple\","
                                               "\"max_length\":%u,"
                                               "\"actual_length\":%u}",
                                               want, have)
                                : NULL;
  return offence_at(
      d, from, at, "too_long", ctx,
      "Tuple should have at most %u item%s after validation, not %u", want,
      want == 1 ? "" : "s", have);
}

static bool convert_tuple(struct decode *d, uint32_t type,
                          const struct json *from, const struct loc *at,
                          value *out)
{
  struct plan_run run = d->plan->types[type].fields;
  if (from->kind != JSON_LIST)
    return offence_at(d, from, at, "tuple_type", NULL,
                      "Input should be a valid tuple");
  const struct list *l = from->as.list;
  if (l->count > run.count)
    return offend_tuple_size(d, from, at, run.count, l->count);
  value *parts = new_parts(d, run.count);
  bool ok = parts;
  for (uint32_t i = 0; parts && i < run.count; i++) {
    struct loc here = loc_index(at, i);
    ok &= i < l->count ? json_convert(d, d->plan->fields[run.first + i].type,
                                      l->items[i].json, &here, &parts[i])
                       : offend_missing(d, from, &here);
  }
  out->parts = parts;
  return ok;
}

// ---- records, unions ----

static const struct json *member(const struct map *m, const char *name,
                                 size_t size)
{
  struct text key = {(uint32_t)size, (uint32_t)utf8_length(name, size), name};
  const value *v = map_get(m, &key);
  return v ? v->json : NULL;
}

static bool convert_field(struct decode *d, const struct plan_field *f,
                          const struct json *from, const struct loc *at,
                          value *out)
{
  const char *name = plan_str(d->plan, f->name);
  struct loc here = loc_key(at, name, f->name.size);
  const struct json *item = member(from->as.map, name, f->name.size);
  if (item)
    return json_convert(d, f->type, item, &here, out);
  if (default_value(d, f, out))
    return true;
  return f->value == PLAN_NONE && offend_missing(d, from, &here);
}

static bool convert_fields(struct decode *d, struct plan_run run,
                           const struct json *from, const struct loc *at,
                           value *out)
{
  value *parts = new_parts(d, run.count);
  bool ok = parts;
  for (uint32_t i = 0; parts && i < run.count; i++)
    ok &=
        convert_field(d, &d->plan->fields[run.first + i], from, at, &parts[i]);
  out->parts = parts;
  return ok;
}

static bool offend_record(struct decode *d, const struct json *from,
                          const struct loc *at)
{
  return offence_at(d, from, at, "model_attributes_type", NULL,
                    "Input should be a valid dictionary or object to extract "
                    "fields from");
}

static bool convert_record(struct decode *d, uint32_t type,
                           const struct json *from, const struct loc *at,
                           value *out)
{
  if (from->kind != JSON_MAP)
    return offend_record(d, from, at);
  return convert_fields(d, d->plan->types[type].fields, from, at, out);
}

// 'Done', 'Failed'
static void print_tags(const struct plan *p, struct plan_run run,
                       struct buf *out)
{
  for (uint32_t i = 0; i < run.count; i++)
    buf_addf(out, "%s'%s'", i ? ", " : "",
             plan_str(p, p->fields[run.first + i].name));
}

static bool offend_tag(struct decode *d, struct plan_run run,
                       const struct json *tag, const struct json *from,
                       const struct loc *at)
{
  if (!d->offences)
    return false;
  struct buf tags = {.arena = d->arena}, text = {.arena = d->arena},
             ctx = {.arena = d->arena};
  print_tags(d->plan, run, &tags);
  if (tag->kind == JSON_TEXT)
    buf_add(&text, tag->as.text->data, tag->as.text->size);
  else
    repr_json(tag, &text);
  if (tags.failed || text.failed)
    return false;
  buf_adds(&ctx, "{\"discriminator\":\"'type'\",\"tag\":");
  json_encode_text(text.data, text.size, &ctx);
  buf_adds(&ctx, ",\"expected_tags\":");
  json_encode_text(tags.data, tags.size, &ctx);
  buf_addc(&ctx, '}');
  return !ctx.failed &&
         offence_at(
             d, from, at, "union_tag_invalid", ctx.data,
             "Input tag '%s' found using 'type' does not match any of the "
             "expected tags: %s",
             text.data ? text.data : "", tags.data);
}

// The variant that `tag` names; run.count when there is none.
static uint32_t find_variant(const struct plan *p, struct plan_run run,
                             const struct json *tag)
{
  uint32_t i = 0;
  for (; tag->kind == JSON_TEXT && i < run.count; i++) {
    struct plan_text name = p->fields[run.first + i].name;
    if (text_is(tag->as.text, plan_str(p, name), name.size))
      return i;
  }
  return run.count;
}

// A union is an object whose member `type` names the variant; the variant's
// fields stand beside it.
static bool convert_union(struct decode *d, uint32_t type,
                          const struct json *from, const struct loc *at,
                          value *out)
{
  const struct plan *p = d->plan;
  struct plan_run run = p->types[type].fields;
  if (from->kind != JSON_MAP)
    return offend_record(d, from, at);
  const struct json *tag = member(from->as.map, "type", 4);
  if (!tag)
    return offence_at(d, from, at, "union_tag_not_found",
                      "{\"discriminator\":\"'type'\"}",
                      "Unable to extract tag using discriminator 'type'");
  uint32_t i = find_variant(p, run, tag);
  if (i == run.count)
    return offend_tag(d, run, tag, from, at);
  const struct plan_field *f = &p->fields[run.first + i];
  struct loc here = loc_key(at, plan_str(p, f->name), f->name.size);
  struct tagged *made = arena_alloc(d->arena, sizeof *made);
  if (!made ||
      !convert_fields(d, p->types[f->type].fields, from, &here, &made->payload))
    return false;
  made->tag = i;
  out->tagged = made;
  return true;
}

// ---- any type ----

static bool convert_optional(struct decode *d, uint32_t type,
                             const struct json *from, const struct loc *at,
                             value *out)
{
  value inner;
  out->bits = 0;
  if (from->kind == JSON_NULL)
    return true;
  if (!json_convert(d, d->plan->types[type].of, from, at, &inner))
    return false;
  *out = value_wrap(d->arena, inner);
  return out->box;
}

// Whether what is converted came in just now. Only then are there numbers that
// json cannot hold; what a program has made may be endless.
static _Thread_local bool of_input;

// A json value keeps what it is given, but for such numbers.
static bool convert_json(struct decode *d, const struct json *from,
                         const struct loc *at)
{
  bool ok = true;
  if ((int)from->kind == JSON_BIG)
    return convert_big(d, from, at);
  if (from->kind == JSON_LIST) {
    const struct list *l = from->as.list;
    for (uint32_t i = 0; i < l->count; i++) {
      struct loc here = loc_index(at, i);
      ok &= convert_json(d, l->items[i].json, &here);
    }
  } else if (from->kind == JSON_MAP) {
    const struct map *m = from->as.map;
    for (uint32_t i = 0; i < m->count; i++) {
      const struct text *key = m->entries[i].key;
      struct loc here = loc_key(at, key->data, key->size);
      ok &= convert_json(d, m->entries[i].item.json, &here);
    }
  }
  return ok;
}

static bool convert(struct decode *d, uint32_t type, const struct json *from,
                    const struct loc *at, value *out)
{
  switch ((enum type_kind)d->plan->types[type].kind) {
  case TYPE_list:
    return convert_list(d, type, from, at, out);
  case TYPE_map:
    return convert_map(d, type, from, at, out);
  case TYPE_tuple:
    return convert_tuple(d, type, from, at, out);
  case TYPE_record:
    return convert_record(d, type, from, at, out);
  case TYPE_union:
    return convert_union(d, type, from, at, out);
  case TYPE_optional:
    return convert_optional(d, type, from, at, out);
  case TYPE_tensor:
    return convert_tensor(d, type, from, at, out);
  case TYPE_json:
    out->json = from;
    return !of_input || convert_json(d, from, at);
  default:
    return convert_scalar(d, type, from, at, out);
  }
}

// A program can nest json values without end; what came in is less deep.
static _Thread_local unsigned depth;

bool json_convert(struct decode *d, uint32_t type, const struct json *from,
                  const struct loc *at, value *out)
{
  if (!from)
    from = &json_null;
  if (depth > 4 * JSON_DEPTH)
    return offence_at(d, &json_null, at, "recursion_loop", NULL,
                      "Input should be less deep");
  depth++;
  bool ok = convert(d, type, from, at, out);
  depth--;
  return ok;
}

bool json_convert_input(struct decode *d, uint32_t type,
                        const struct json *from, const struct loc *at,
                        value *out)
{
  of_input = true;
  bool ok = json_convert(d, type, from, at, out);
  of_input = false;
  return ok;
}
