// Values as text: Python's repr(), and what an interpolated string shows.
#include "runtime/codec/parts.h"

#include "grammar/base/utf8.h"

#include <string.h>
#include <utf8proc.h>

struct printer {
  const struct plan *plan;
  struct buf *out;
  unsigned depth;
};

static void print(struct printer *p, uint32_t type, value v);
static void print_json(struct printer *p, const struct json *j);

// ---- str and bytes ----

// Python's str.isprintable() for one code point above ASCII.
static bool is_printable(uint32_t code)
{
  switch (utf8proc_category((utf8proc_int32_t)code)) {
  case UTF8PROC_CATEGORY_CN:
  case UTF8PROC_CATEGORY_CC:
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_CS:
  case UTF8PROC_CATEGORY_CO:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP:
  case UTF8PROC_CATEGORY_ZS:
    return false;
  default:
    return true;
  }
}

static void print_code(uint32_t code, struct buf *out)
{
  if (code < 0x100)
    buf_addf(out, "\\x%02x", code);
  else if (code < 0x10000)
    buf_addf(out, "\\u%04x", code);
  else
    buf_addf(out, "\\U%08x", code);
}

// ' unless there are ' and no " in the text.
static char choose_quote(const char *text, size_t size)
{
  bool one = size && memchr(text, '\'', size);
  return one && !memchr(text, '"', size) ? '"' : '\'';
}

// A byte that needs no thought.
static bool is_plain(char c, char quote)
{
  return c >= ' ' && c != 0x7F && c != '\\' && c != quote;
}

static bool print_special(char c, char quote, struct buf *out)
{
  static const char from[] = "\n\r\t\\", to[] = "nrt\\";
  const char *known = c ? strchr(from, c) : NULL;
  if (!known && c != quote)
    return false;
  char pair[2] = {'\\', known ? to[known - from] : c};
  buf_add(out, pair, 2);
  return true;
}

void repr_text(const char *text, size_t size, struct buf *out)
{
  char quote = choose_quote(text, size);
  buf_addc(out, quote);
  for (size_t i = 0; i < size;) {
    size_t from = i;
    while (i < size && is_plain(text[i], quote))
      i++;
    buf_add(out, text + from, i - from);
    if (i == size)
      break;
    uint32_t code;
    unsigned n = utf8_decode(text + i, size - i, &code);
    if (n > 1 && is_printable(code))
      buf_add(out, text + i, n);
    else if (n != 1 || !print_special(text[i], quote, out))
      print_code(n ? code : (unsigned char)text[i], out);
    i += n + !n;
  }
  buf_addc(out, quote);
}

static void print_bytes(const struct text *t, struct buf *out)
{
  char quote = choose_quote(t->data, t->size);
  buf_addc(out, 'b');
  buf_addc(out, quote);
  for (uint32_t i = 0; i < t->size; i++) {
    if (is_plain(t->data[i], quote))
      buf_addc(out, t->data[i]);
    else if (!print_special(t->data[i], quote, out))
      buf_addf(out, "\\x%02x", (unsigned char)t->data[i]);
  }
  buf_addc(out, quote);
}

// ---- containers ----

static void print_list(struct printer *p, uint32_t of, const struct list *l)
{
  buf_addc(p->out, '[');
  for (uint32_t i = 0; i < l->count; i++) {
    if (i)
      buf_add(p->out, ", ", 2);
    print(p, of, l->items[i]);
  }
  buf_addc(p->out, ']');
}

static void print_key(struct printer *p, uint32_t i, const char *key,
                      size_t size)
{
  if (i)
    buf_add(p->out, ", ", 2);
  repr_text(key, size, p->out);
  buf_add(p->out, ": ", 2);
}

static void print_map(struct printer *p, uint32_t of, const struct map *m)
{
  buf_addc(p->out, '{');
  for (uint32_t i = 0; i < m->count; i++) {
    print_key(p, i, m->entries[i].key->data, m->entries[i].key->size);
    print(p, of, m->entries[i].item);
  }
  buf_addc(p->out, '}');
}

static void print_tuple(struct printer *p, struct plan_run run,
                        const value *parts)
{
  buf_addc(p->out, '(');
  for (uint32_t i = 0; i < run.count; i++) {
    if (i)
      buf_add(p->out, ", ", 2);
    print(p, p->plan->fields[run.first + i].type, parts[i]);
  }
  buf_adds(p->out, run.count == 1 ? ",)" : ")");
}

// A record as a dict.
static void print_record(struct printer *p, struct plan_run run,
                         const value *parts)
{
  buf_addc(p->out, '{');
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_field *f = &p->plan->fields[run.first + i];
    print_key(p, i, plan_str(p->plan, f->name), f->name.size);
    print(p, f->type, parts[i]);
  }
  buf_addc(p->out, '}');
}

// A variant as a dataclass: Done(path='x')
static void print_union(struct printer *p, struct plan_run run,
                        const struct tagged *t)
{
  const struct plan_field *f = &p->plan->fields[run.first + t->tag];
  struct plan_run parts = p->plan->types[f->type].fields;
  buf_addf(p->out, "%s(", plan_str(p->plan, f->name));
  for (uint32_t i = 0; i < parts.count; i++) {
    const struct plan_field *part = &p->plan->fields[parts.first + i];
    buf_addf(p->out, "%s%s=", i ? ", " : "", plan_str(p->plan, part->name));
    print(p, part->type, t->payload.parts[i]);
  }
  buf_addc(p->out, ')');
}

static void print_json_map(struct printer *p, const struct map *m)
{
  buf_addc(p->out, '{');
  for (uint32_t i = 0; i < m->count; i++) {
    print_key(p, i, m->entries[i].key->data, m->entries[i].key->size);
    print_json(p, m->entries[i].item.json);
  }
  buf_addc(p->out, '}');
}

static void print_json_list(struct printer *p, const struct list *l)
{
  buf_addc(p->out, '[');
  for (uint32_t i = 0; i < l->count; i++) {
    if (i)
      buf_add(p->out, ", ", 2);
    print_json(p, l->items[i].json);
  }
  buf_addc(p->out, ']');
}

static void print_number(struct printer *p, int64_t x)
{
  number_add_int(p->out, x);
}

static void print_float(struct printer *p, double x)
{
  put_float(p->out, x);
}

static bool enter(struct printer *p)
{
  if (p->out->failed || p->out->size > OUT_MOST || p->depth == PRINT_DEPTH) {
    p->out->failed = true;
    return false;
  }
  p->depth++;
  return true;
}

static void print_json(struct printer *p, const struct json *j)
{
  j = j ? j : &json_null;
  if (!enter(p))
    return;
  switch (j->kind) {
  case JSON_NULL:
    buf_adds(p->out, "None");
    break;
  case JSON_BOOL:
    buf_adds(p->out, j->as.i ? "True" : "False");
    break;
  case JSON_INT:
    print_number(p, j->as.i);
    break;
  case JSON_FLOAT:
    print_float(p, j->as.f);
    break;
  case JSON_TEXT:
    repr_text(j->as.text->data, j->as.text->size, p->out);
    break;
  case JSON_LIST:
    print_json_list(p, j->as.list);
    break;
  case JSON_MAP:
    print_json_map(p, j->as.map);
    break;
  }
  p->depth--;
}

void repr_json(const struct json *j, struct buf *out)
{
  struct printer p = {NULL, out, 0};
  print_json(&p, j);
}

// ---- any type ----

// What is no data: a word for it.
static void print_thing(struct printer *p, const struct plan_type *t)
{
  buf_addf(p->out, "<%s>", type_kind_name((enum type_kind)t->kind));
}

static void print_unit(struct printer *p, enum type_kind kind, value v)
{
  char text[NUMBER_TEXT + 8];
  if (kind == TYPE_duration)
    buf_add(p->out, text, number_print_duration(text, v.i));
  else if (kind == TYPE_size)
    buf_add(p->out, text, number_print_size(text, v.i));
  else
    buf_add(p->out, text, moment_print_time(text, v.i));
}

static void print_scalar(struct printer *p, const struct plan_type *t, value v)
{
  switch ((enum type_kind)t->kind) {
  case TYPE_none:
    buf_adds(p->out, "None");
    break;
  case TYPE_bool:
    buf_adds(p->out, v.i ? "True" : "False");
    break;
  case TYPE_int:
    print_number(p, v.i);
    break;
  case TYPE_float:
  case TYPE_percent:
    print_float(p, v.f);
    break;
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
    print_unit(p, (enum type_kind)t->kind, v);
    break;
  case TYPE_str:
  case TYPE_markdown:
  case TYPE_enum:
    repr_text(v.text->data, v.text->size, p->out);
    break;
  case TYPE_bytes:
    print_bytes(v.text, p->out);
    break;
  default:
    print_thing(p, t);
  }
}

static void print(struct printer *p, uint32_t type, value v)
{
  const struct plan_type *t = &p->plan->types[type];
  if (!enter(p))
    return;
  switch ((enum type_kind)t->kind) {
  case TYPE_list:
    print_list(p, t->of, v.list);
    break;
  case TYPE_map:
    print_map(p, t->of, v.map);
    break;
  case TYPE_tuple:
    print_tuple(p, t->fields, v.parts);
    break;
  case TYPE_record:
    print_record(p, t->fields, v.parts);
    break;
  case TYPE_union:
    print_union(p, t->fields, v.tagged);
    break;
  case TYPE_step:
    print(p, t->of, v.tagged->payload);
    break;
  case TYPE_optional:
    if (v.box)
      print(p, t->of, *v.box);
    else
      buf_adds(p->out, "None");
    break;
  case TYPE_json:
    print_json(p, v.json);
    break;
  case TYPE_tensor:
    tensor_print(v.tensor, true, p->out);
    break;
  default:
    print_scalar(p, t, v);
  }
  p->depth--;
}

void value_repr(const struct plan *p, uint32_t type, value v, struct buf *out)
{
  struct printer printer = {p, out, 0};
  print(&printer, type, v);
}

// The same, but that a text is bare, also within an optional or json.
void value_text(const struct plan *p, uint32_t type, value v, struct buf *out)
{
  const struct plan_type *t = &p->types[type];
  enum type_kind kind = (enum type_kind)t->kind;
  if (kind == TYPE_optional && v.box) {
    value_text(p, t->of, *v.box, out);
  } else if (kind == TYPE_str || kind == TYPE_markdown || kind == TYPE_enum) {
    buf_add(out, v.text->data, v.text->size);
  } else if (kind == TYPE_json && v.json && v.json->kind == JSON_TEXT) {
    buf_add(out, v.json->as.text->data, v.json->as.text->size);
  } else {
    value_repr(p, type, v, out);
  }
}
