// JSON Schema (2020-12, as OpenAPI 3.1 has it) of the plan's types: what the
// codec reads and writes, said in another language.
//
// A record or union with a name is an entry of components/schemas and is
// referred to; so types may come back to themselves.
#include "runtime/codec/codec.h"
#include "runtime/net/pages.h"

#include <string.h>

enum { MOST_BYTES = 64 << 20, MOST_DEPTH = 64 };

struct schema {
  const struct plan *plan;
  uint8_t *wanted;
  struct buf *out;
  unsigned depth; // of what has no name
};

static void write_type(struct schema *s, uint32_t type);

static void add_text(struct schema *s, struct plan_text t)
{
  json_encode_text(plan_str(s->plan, t), t.size, s->out);
}

static void add_const(struct schema *s, uint32_t index)
{
  struct arena arena = {0};
  value v;
  size_t before = s->out->size;
  if (!const_value(&arena, s->plan, index, &v)) {
    s->out->failed = true;
  } else if (!json_encode(s->plan, s->plan->consts[index].type, v, s->out)) {
    s->out->size = before;
    buf_adds(s->out, "null");
  }
  arena_free(&arena);
}

// ---- constraints ----
static const char *const limit_words[LIMIT_KINDS] = {
    [LIMIT_min_length] = "minLength", [LIMIT_max_length] = "maxLength",
    [LIMIT_pattern] = "pattern",      [LIMIT_ge] = "minimum",
    [LIMIT_gt] = "exclusiveMinimum",  [LIMIT_le] = "maximum",
    [LIMIT_lt] = "exclusiveMaximum",  [LIMIT_multiple_of] = "multipleOf",
    [LIMIT_min_items] = "minItems",   [LIMIT_max_items] = "maxItems",
};

static const char *limit_word(uint32_t limit, uint32_t of)
{
  if (of == TYPE_map && limit == LIMIT_min_items)
    return "minProperties";
  if (of == TYPE_map && limit == LIMIT_max_items)
    return "maxProperties";
  return limit_words[limit];
}

static void add_limits(struct schema *s, const struct plan_type *t)
{
  for (uint32_t i = 0; i < t->limits.count; i++) {
    const struct plan_limit *l = &s->plan->limits[t->limits.first + i];
    buf_addf(s->out, ",\"%s\":", limit_word(l->kind, t->kind));
    add_const(s, l->value);
  }
}

// ---- kinds ----
static const char *const simple[TYPE_KINDS] = {
    [TYPE_none] = "\"type\":\"null\"",
    [TYPE_bool] = "\"type\":\"boolean\"",
    [TYPE_int] = "\"type\":\"integer\"",
    [TYPE_float] = "\"type\":\"number\"",
    [TYPE_str] = "\"type\":\"string\"",
    [TYPE_markdown] =
        "\"type\":\"string\",\"contentMediaType\":\"text/markdown\"",
    [TYPE_bytes] = "\"type\":\"string\",\"format\":\"binary\"",
    [TYPE_duration] = "\"type\":\"number\",\"description\":\"seconds\"",
    [TYPE_size] =
        "\"type\":\"integer\",\"minimum\":0,\"description\":\"bytes\"",
    [TYPE_time] = "\"type\":\"string\",\"format\":\"date-time\"",
    [TYPE_percent] = "\"type\":\"number\"",
    [TYPE_tensor] = "\"type\":\"array\",\"items\":{}",
};

static void write_words(struct schema *s, struct plan_run fields)
{
  buf_adds(s->out, "\"type\":\"string\",\"enum\":[");
  for (uint32_t i = 0; i < fields.count; i++) {
    if (i)
      buf_addc(s->out, ',');
    add_text(s, s->plan->fields[fields.first + i].name);
  }
  buf_addc(s->out, ']');
}

static void write_tuple(struct schema *s, struct plan_run fields)
{
  buf_adds(s->out, "\"type\":\"array\",\"prefixItems\":[");
  for (uint32_t i = 0; i < fields.count; i++) {
    if (i)
      buf_addc(s->out, ',');
    write_type(s, s->plan->fields[fields.first + i].type);
  }
  buf_addf(s->out, "],\"minItems\":%u,\"maxItems\":%u", fields.count,
           fields.count);
}

// A schema that gets a default or description beside it: a reference stays
// what it is, as 3.1 allows siblings.
static void write_property(struct schema *s, const struct plan_field *f)
{
  add_text(s, f->name);
  buf_addc(s->out, ':');
  write_type(s, f->type);
  if ((f->value == PLAN_NONE && !f->doc.size) || s->out->failed)
    return;
  s->out->size--; // the brace is opened again
  const char *comma = s->out->data[s->out->size - 1] == '{' ? "" : ",";
  if (f->value != PLAN_NONE) {
    buf_addf(s->out, "%s\"default\":", comma);
    add_const(s, f->value);
    comma = ",";
  }
  if (f->doc.size) {
    buf_addf(s->out, "%s\"description\":", comma);
    add_text(s, f->doc);
  }
  buf_addc(s->out, '}');
}

// In JSON a field that may be none may be missing too.
static bool is_required(const struct plan *p, const struct plan_field *f)
{
  return f->value == PLAN_NONE && p->types[f->type].kind != TYPE_optional;
}

// `tag`: the variant's name, of a union, or NULL.
static void write_object(struct schema *s, struct plan_run fields,
                         const struct plan_text *tag)
{
  bool any = tag != NULL;
  buf_adds(s->out, "\"type\":\"object\",\"properties\":{");
  if (tag) {
    buf_adds(s->out, "\"type\":{\"const\":");
    add_text(s, *tag);
    buf_addc(s->out, '}');
  }
  for (uint32_t i = 0; i < fields.count; i++) {
    if (i || tag)
      buf_addc(s->out, ',');
    write_property(s, &s->plan->fields[fields.first + i]);
    any |= is_required(s->plan, &s->plan->fields[fields.first + i]);
  }
  buf_addc(s->out, '}');
  if (!any)
    return;
  buf_adds(s->out, ",\"required\":[");
  if (tag)
    buf_adds(s->out, "\"type\",");
  for (uint32_t i = 0; i < fields.count; i++) {
    const struct plan_field *f = &s->plan->fields[fields.first + i];
    if (!is_required(s->plan, f))
      continue;
    add_text(s, f->name);
    buf_addc(s->out, ',');
  }
  if (!s->out->failed)
    s->out->data[s->out->size - 1] = ']';
}

static void write_union(struct schema *s, struct plan_run variants)
{
  buf_adds(s->out, "\"oneOf\":[");
  for (uint32_t i = 0; i < variants.count; i++) {
    const struct plan_field *v = &s->plan->fields[variants.first + i];
    buf_adds(s->out, i ? ",{" : "{");
    write_object(s, s->plan->types[v->type].fields, &v->name);
    buf_addc(s->out, '}');
  }
  buf_adds(s->out, "],\"discriminator\":{\"propertyName\":\"type\"}");
}

static void write_body(struct schema *s, const struct plan_type *t)
{
  switch ((enum type_kind)t->kind) {
  case TYPE_enum:
    write_words(s, t->fields);
    return;
  case TYPE_list:
    buf_adds(s->out, "\"type\":\"array\",\"items\":");
    write_type(s, t->of);
    return;
  case TYPE_map:
    buf_adds(s->out, "\"type\":\"object\",\"additionalProperties\":");
    write_type(s, t->of);
    return;
  case TYPE_tuple:
    write_tuple(s, t->fields);
    return;
  case TYPE_record:
    write_object(s, t->fields, NULL);
    return;
  case TYPE_optional:
    buf_adds(s->out, "\"anyOf\":[");
    write_type(s, t->of);
    buf_adds(s->out, ",{\"type\":\"null\"}]");
    return;
  case TYPE_union:
    write_union(s, t->fields);
    return;
  default:
    buf_adds(s->out, simple[t->kind] ? simple[t->kind] : "");
  }
}

static bool has_entry(const struct plan_type *t)
{
  return t->name.size && (t->kind == TYPE_record || t->kind == TYPE_union);
}

static void write_braced(struct schema *s, uint32_t type)
{
  const struct plan_type *t = &s->plan->types[type];
  buf_addc(s->out, '{');
  size_t before = s->out->size;
  // Only a damaged plan goes on for ever without names.
  if (s->depth < MOST_DEPTH && s->out->size < MOST_BYTES) {
    s->depth++;
    write_body(s, t);
    if (s->out->size > before)
      add_limits(s, t);
    s->depth--;
  }
  if (t->doc.size && has_entry(t)) {
    buf_adds(s->out,
             s->out->size > before ? ",\"description\":" : "\"description\":");
    add_text(s, t->doc);
  }
  buf_addc(s->out, '}');
}

static void write_type(struct schema *s, uint32_t type)
{
  const struct plan_type *t = &s->plan->types[type];
  while (t->kind == TYPE_step || t->kind == TYPE_stream ||
         t->kind == TYPE_future) {
    type = t->of;
    t = &s->plan->types[type];
  }
  if (!has_entry(t)) {
    write_braced(s, type);
    return;
  }
  s->wanted[type / 8] |= (uint8_t)(1u << type % 8);
  buf_addf(s->out, "{\"$ref\":\"#/components/schemas/%s\"}",
           plan_str(s->plan, t->name));
}

void schema_write(const struct plan *p, uint32_t type, uint8_t *wanted,
                  struct buf *out)
{
  struct schema s = {p, wanted, out, 0};
  write_type(&s, type);
}

void schema_write_entry(const struct plan *p, uint32_t type, uint8_t *wanted,
                        struct buf *out)
{
  struct schema s = {p, wanted, out, 0};
  add_text(&s, p->types[type].name);
  buf_addc(out, ':');
  write_braced(&s, type);
}
