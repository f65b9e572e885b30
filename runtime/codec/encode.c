// Values out: JSON text by type. Bytes are a text when they
// are UTF-8, else base64; a union is an object whose `type` names the variant.
#include "runtime/codec/parts.h"

#include "grammar/base/utf8.h"

#include <string.h>

// ---- texts ----

void put_base64(const struct text *t, struct buf *out)
{
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *s = (const unsigned char *)t->data;
  for (uint32_t i = 0; i < t->size; i += 3) {
    uint32_t left = t->size - i;
    uint32_t x = (uint32_t)s[i] << 16 | (left > 1 ? s[i + 1] << 8 : 0) |
                 (left > 2 ? s[i + 2] : 0);
    char four[4] = {digits[x >> 18], digits[x >> 12 & 63],
                    left > 1 ? digits[x >> 6 & 63] : '=',
                    left > 2 ? digits[x & 63] : '='};
    buf_add(out, four, 4);
  }
}

static void encode_bytes(const struct text *t, struct buf *out)
{
  if (utf8_check(t->data, t->size) == t->size) {
    json_encode_text(t->data, t->size, out);
    return;
  }
  buf_addc(out, '"');
  put_base64(t, out);
  buf_addc(out, '"');
}

// ---- numbers ----

static bool encode_float(double x, struct buf *out)
{
  put_float(out, x);
  return x - x == 0;
}

static bool encode_int(int64_t x, struct buf *out)
{
  number_add_int(out, x);
  return true;
}

static bool encode_time(int64_t ns, struct buf *out)
{
  char text[40];
  size_t n = moment_print_time(text, ns);
  json_encode_text(text, n, out);
  return true;
}

// ---- containers ----

struct encoder {
  const struct plan *plan;
  struct buf *out;
  unsigned depth;
};

static bool encode(struct encoder *e, uint32_t type, value v);

static bool encode_list(struct encoder *e, uint32_t of, const struct list *l)
{
  buf_addc(e->out, '[');
  for (uint32_t i = 0; i < l->count; i++) {
    if (i)
      buf_addc(e->out, ',');
    if (!encode(e, of, l->items[i]))
      return false;
  }
  buf_addc(e->out, ']');
  return true;
}

static bool encode_map(struct encoder *e, uint32_t of, const struct map *m)
{
  buf_addc(e->out, '{');
  for (uint32_t i = 0; i < m->count; i++) {
    if (i)
      buf_addc(e->out, ',');
    json_encode_text(m->entries[i].key->data, m->entries[i].key->size, e->out);
    buf_addc(e->out, ':');
    if (!encode(e, of, m->entries[i].item))
      return false;
  }
  buf_addc(e->out, '}');
  return true;
}

static bool encode_tuple(struct encoder *e, struct plan_run run,
                         const value *parts)
{
  buf_addc(e->out, '[');
  for (uint32_t i = 0; i < run.count; i++) {
    if (i)
      buf_addc(e->out, ',');
    if (!encode(e, e->plan->fields[run.first + i].type, parts[i]))
      return false;
  }
  buf_addc(e->out, ']');
  return true;
}

// `more`: something stands in front already.
static bool encode_fields(struct encoder *e, struct plan_run run,
                          const value *parts, bool more)
{
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_field *f = &e->plan->fields[run.first + i];
    if (i || more)
      buf_addc(e->out, ',');
    json_encode_text(plan_str(e->plan, f->name), f->name.size, e->out);
    buf_addc(e->out, ':');
    if (!encode(e, f->type, parts[i]))
      return false;
  }
  buf_addc(e->out, '}');
  return true;
}

static bool encode_union(struct encoder *e, struct plan_run run,
                         const struct tagged *t)
{
  const struct plan_field *f = &e->plan->fields[run.first + t->tag];
  buf_adds(e->out, "{\"type\":");
  json_encode_text(plan_str(e->plan, f->name), f->name.size, e->out);
  return encode_fields(e, e->plan->types[f->type].fields, t->payload.parts,
                       true);
}

// ---- any type ----

static bool encode_scalar(struct encoder *e, enum type_kind kind, value v)
{
  switch (kind) {
  case TYPE_none:
    buf_add(e->out, "null", 4);
    return true;
  case TYPE_bool:
    buf_adds(e->out, v.i ? "true" : "false");
    return true;
  case TYPE_int:
  case TYPE_size:
    return encode_int(v.i, e->out);
  case TYPE_float:
  case TYPE_percent:
    return encode_float(v.f, e->out);
  case TYPE_duration:
    return encode_float((double)v.i / 1e9, e->out);
  case TYPE_time:
    return encode_time(v.i, e->out);
  case TYPE_str:
  case TYPE_markdown:
  case TYPE_enum:
    json_encode_text(v.text->data, v.text->size, e->out);
    return true;
  case TYPE_bytes:
    encode_bytes(v.text, e->out);
    return true;
  default: // streams, handles and the like have no JSON form
    return false;
  }
}

static bool encode_one(struct encoder *e, const struct plan_type *t, value v)
{
  switch ((enum type_kind)t->kind) {
  case TYPE_list:
    return encode_list(e, t->of, v.list);
  case TYPE_map:
    return encode_map(e, t->of, v.map);
  case TYPE_tuple:
    return encode_tuple(e, t->fields, v.parts);
  case TYPE_record:
    buf_addc(e->out, '{');
    return encode_fields(e, t->fields, v.parts, false);
  case TYPE_union:
    return encode_union(e, t->fields, v.tagged);
  case TYPE_step:
    return encode(e, t->of, v.tagged->payload);
  case TYPE_optional:
    if (v.box)
      return encode(e, t->of, *v.box);
    buf_add(e->out, "null", 4);
    return true;
  case TYPE_json:
    return tree_print(v.json, true, OUT_MOST, e->out);
  case TYPE_tensor:
    return tensor_print(v.tensor, false, e->out);
  default:
    return encode_scalar(e, (enum type_kind)t->kind, v);
  }
}

// A program can nest values, and share them, without end.
static bool encode(struct encoder *e, uint32_t type, value v)
{
  if (e->out->failed || e->out->size > OUT_MOST || e->depth == PRINT_DEPTH)
    return false;
  e->depth++;
  bool ok = encode_one(e, &e->plan->types[type], v);
  e->depth--;
  return ok;
}

bool json_encode(const struct plan *p, uint32_t type, value v, struct buf *out)
{
  struct encoder e = {p, out, 0};
  return encode(&e, type, v);
}
