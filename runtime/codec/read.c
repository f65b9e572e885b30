// The quick way: JSON text straight into a value of a type, in one pass. It
// gives up (false, nothing recorded) at an offence and at whatever is unusual;
// then the thorough way decides.
#include "runtime/codec/parts.h"

#include "grammar/base/number.h"

#include <string.h>

enum { STACK_FIRST = 256, FIELDS_MOST = 64 };

struct reader {
  struct scan *s;
  struct decode d; // without offences
  struct stack stack;
};

static bool read_value(struct reader *r, uint32_t type, value *out);

static bool has_limits(const struct reader *r, uint32_t type)
{
  return r->d.plan->types[type].limits.count;
}

static bool limited(struct reader *r, uint32_t type, value v, value *out)
{
  if (has_limits(r, type) && !limits_hold(&r->d, type, v, NULL, NULL))
    return false;
  *out = v;
  return true;
}

// ---- scalars ----

// Any scalar, by the thorough way's rules.
static bool read_scalar(struct reader *r, uint32_t type, value *out)
{
  struct json j = {.kind = JSON_NULL};
  struct token t;
  bool overflow;
  switch (scan_peek(r->s)) {
  case '"':
    r->s->at++;
    if (!scan_string(r->s, &t))
      return false;
    j.kind = JSON_TEXT;
    j.as.text = text_of_token(r->d.arena, &t);
    return j.as.text && convert_scalar(&r->d, type, &j, NULL, out);
  case 't':
  case 'f':
    j.kind = JSON_BOOL;
    j.as.i = *r->s->at == 't';
    return scan_word(r->s, j.as.i ? "true" : "false", j.as.i ? 4 : 5) &&
           convert_scalar(&r->d, type, &j, NULL, out);
  case 'n':
    return scan_word(r->s, "null", 4) &&
           convert_scalar(&r->d, type, &j, NULL, out);
  default:
    if (!scan_numeral(r->s, &t))
      return false;
    j.kind = t.plain ? JSON_INT : JSON_FLOAT;
    return (t.plain ? number_read_int(t.data, t.size, false, &j.as.i, &overflow)
                    : number_read_float(t.data, t.size, false, &j.as.f)) &&
           convert_scalar(&r->d, type, &j, NULL, out);
  }
}

static bool starts_number(struct reader *r)
{
  char c = scan_peek(r->s);
  return c == '-' || (c >= '0' && c <= '9');
}

static bool read_int(struct reader *r, uint32_t type, value *out)
{
  value v = {0};
  if (starts_number(r) && scan_int(r->s, &v.i))
    return limited(r, type, v, out);
  return read_scalar(r, type, out);
}

static bool read_float(struct reader *r, uint32_t type, value *out)
{
  value v = {0};
  if (!starts_number(r))
    return read_scalar(r, type, out);
  return scan_float(r->s, &v.f) && limited(r, type, v, out);
}

static bool read_str(struct reader *r, uint32_t type, value *out)
{
  struct token t;
  value v = {0};
  if (scan_peek(r->s) != '"')
    return false;
  r->s->at++;
  if (!scan_string(r->s, &t))
    return false;
  v.text = text_of_token(r->d.arena, &t);
  return v.text && limited(r, type, v, out);
}

// ---- lists, maps, tuples ----

static bool enter(struct reader *r, char open)
{
  return scan_peek(r->s) == open && ++r->s->depth <= JSON_DEPTH &&
         scan_take(r->s, open);
}

static bool leave(struct reader *r, char close)
{
  r->s->depth--;
  return scan_peek(r->s) == close && scan_take(r->s, close);
}

static bool comma(struct reader *r)
{
  return scan_peek(r->s) == ',' && scan_take(r->s, ',');
}

static bool read_list(struct reader *r, uint32_t type, value *out)
{
  uint32_t first = r->stack.count, of = r->d.plan->types[type].of;
  value item;
  if (!enter(r, '['))
    return false;
  if (scan_peek(r->s) != ']')
    do {
      if (!read_value(r, of, &item) || !stack_push(&r->stack, item))
        return false;
    } while (comma(r));
  uint32_t count = r->stack.count - first;
  struct list *l = leave(r, ']') ? list_new(r->d.arena, count) : NULL;
  if (!l)
    return false;
  if (count)
    memcpy(l->items, r->stack.items + first, count * sizeof item);
  l->count = count;
  r->stack.count = first;
  return limited(r, type, (value){.list = l}, out);
}

static bool read_key(struct reader *r, struct token *key)
{
  return scan_peek(r->s) == '"' && scan_take(r->s, '"') &&
         scan_string(r->s, key) && scan_peek(r->s) == ':' &&
         scan_take(r->s, ':');
}

static bool read_map(struct reader *r, uint32_t type, value *out)
{
  uint32_t of = r->d.plan->types[type].of;
  struct map *m = map_new(r->d.arena, 0);
  struct token token;
  value item;
  if (!m || !enter(r, '{'))
    return false;
  if (scan_peek(r->s) != '}')
    do {
      if (!read_key(r, &token) || !read_value(r, of, &item))
        return false;
      const struct text *key = text_of_token(r->d.arena, &token);
      if (!key || !map_put(r->d.arena, m, key, item))
        return false;
    } while (comma(r));
  return leave(r, '}') && limited(r, type, (value){.map = m}, out);
}

static value *new_parts(struct reader *r, uint32_t count)
{
  return arena_alloc(r->d.arena, (count + !count) * sizeof(value));
}

static bool read_tuple(struct reader *r, uint32_t type, value *out)
{
  const struct plan *p = r->d.plan;
  struct plan_run run = p->types[type].fields;
  value *parts = new_parts(r, run.count);
  if (!parts || !enter(r, '['))
    return false;
  for (uint32_t i = 0; i < run.count; i++)
    if ((i && !comma(r)) ||
        !read_value(r, p->fields[run.first + i].type, &parts[i]))
      return false;
  out->parts = parts;
  return leave(r, ']');
}

// ---- records, unions ----

// The field of that name; the one at `likely` when it is that.
static uint32_t find_field(const struct plan *p, struct plan_run run,
                           const struct token *key, uint32_t likely)
{
  for (uint32_t n = 0; n < run.count; n++) {
    uint32_t i = likely + n < run.count ? likely + n : likely + n - run.count;
    struct plan_text name = p->fields[run.first + i].name;
    if (name.size == key->size &&
        !memcmp(p->text + name.at, key->data, key->size))
      return i;
  }
  return run.count;
}

static bool is_tag(const struct token *key)
{
  return key->size == 4 && !memcmp(key->data, "type", 4);
}

// Fields behind the opening brace; for a union behind its tag, which may not
// come again.
static bool read_fields(struct reader *r, struct plan_run run, bool tagged,
                        value *parts, uint64_t *seen)
{
  const struct plan *p = r->d.plan;
  struct token key;
  uint32_t next = 0;
  do {
    if (!read_key(r, &key) || !key.plain)
      return false;
    uint32_t i = find_field(p, run, &key, next);
    if (i == run.count) {
      if ((tagged && is_tag(&key)) || !scan_skip(r->s))
        return false;
      continue;
    }
    if (*seen >> i & 1 ||
        !read_value(r, p->fields[run.first + i].type, &parts[i]))
      return false;
    *seen |= 1ull << i;
    next = i + 1 == run.count ? 0 : i + 1;
  } while (comma(r));
  return true;
}

static bool fill_defaults(struct reader *r, struct plan_run run, value *parts,
                          uint64_t seen)
{
  for (uint32_t i = 0; i < run.count; i++)
    if (!(seen >> i & 1) &&
        !default_value(&r->d, &r->d.plan->fields[run.first + i], &parts[i]))
      return false;
  return true;
}

static bool read_record(struct reader *r, uint32_t type, value *out)
{
  struct plan_run run = r->d.plan->types[type].fields;
  uint64_t seen = 0;
  value *parts = new_parts(r, run.count);
  if (!parts || run.count > FIELDS_MOST || !enter(r, '{'))
    return false;
  if (scan_peek(r->s) != '}' && !read_fields(r, run, false, parts, &seen))
    return false;
  out->parts = parts;
  return leave(r, '}') && fill_defaults(r, run, parts, seen);
}

// Only with the tag in front; what else there is, the thorough way finds.
static bool read_union(struct reader *r, uint32_t type, value *out)
{
  const struct plan *p = r->d.plan;
  struct plan_run variants = p->types[type].fields;
  struct token t;
  if (!enter(r, '{') || !read_key(r, &t) || !t.plain || !is_tag(&t) ||
      scan_peek(r->s) != '"')
    return false;
  r->s->at++;
  if (!scan_string(r->s, &t) || !t.plain)
    return false;
  uint32_t tag = find_field(p, variants, &t, 0);
  if (tag == variants.count)
    return false;
  struct plan_run run = p->types[p->fields[variants.first + tag].type].fields;
  uint64_t seen = 0;
  value *parts = new_parts(r, run.count);
  struct tagged *u = arena_alloc(r->d.arena, sizeof *u);
  struct token tag_key = {"type", 4, 4, true};
  if (!parts || !u || run.count > FIELDS_MOST ||
      find_field(p, run, &tag_key, 0) != run.count ||
      (comma(r) && !read_fields(r, run, true, parts, &seen)) || !leave(r, '}'))
    return false;
  *u = (struct tagged){tag, {.parts = parts}};
  out->tagged = u;
  return fill_defaults(r, run, parts, seen);
}

static bool read_optional(struct reader *r, uint32_t type, value *out)
{
  value inner;
  if (scan_peek(r->s) == 'n') {
    out->bits = 0;
    return scan_word(r->s, "null", 4);
  }
  if (!read_value(r, r->d.plan->types[type].of, &inner))
    return false;
  *out = value_wrap(r->d.arena, inner);
  return out->box;
}

static bool read_json(struct reader *r, value *out)
{
  out->json = tree_read_part(r->s, r->d.arena);
  return out->json && !r->s->big;
}

static bool read_value(struct reader *r, uint32_t type, value *out)
{
  switch ((enum type_kind)r->d.plan->types[type].kind) {
  case TYPE_int:
    return read_int(r, type, out);
  case TYPE_float:
    return read_float(r, type, out);
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_markdown:
    return read_str(r, type, out);
  case TYPE_list:
    return read_list(r, type, out);
  case TYPE_map:
    return read_map(r, type, out);
  case TYPE_tuple:
    return read_tuple(r, type, out);
  case TYPE_record:
    return read_record(r, type, out);
  case TYPE_union:
    return read_union(r, type, out);
  case TYPE_optional:
    return read_optional(r, type, out);
  case TYPE_json:
    return read_json(r, out);
  case TYPE_tensor:
    return read_tensor(&r->d, type, r->s, out);
  default:
    return read_scalar(r, type, out);
  }
}

bool read_typed(struct decode *d, uint32_t type, struct scan *s, value *out)
{
  value first[STACK_FIRST];
  struct reader r = {.s = s,
                     .d = {.plan = d->plan, .arena = d->arena},
                     .stack = {d->arena, first, 0, STACK_FIRST}};
  return read_value(&r, type, out);
}
