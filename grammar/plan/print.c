// Types, constants and texts of a plan as text. Types may come back to themselves
// and names may be megabytes: depth, breadth and length are bounded, in wholes
// too, though far beyond what people write.
#include "grammar/plan/print.h"

#include <string.h>

#include "grammar/base/number.h"
#include "grammar/base/utf8.h"
#include "grammar/plan/names.h"

enum { WHOLE_MOST = 1 << 20 };

struct print {
  const struct plan *p;
  struct buf *out;
  bool whole;
  unsigned depth, breadth; // of types
  uint32_t list, text;     // of constants
  size_t end;              // of the output: then nothing more is added
};

static struct print cut_short(const struct plan *p, struct buf *out)
{
  return (struct print){p, out, false, 4, 8, 16, 200, SIZE_MAX};
}

static struct print in_full(const struct plan *p, struct buf *out)
{
  return (struct print){p, out, true, 64, UINT32_MAX, UINT32_MAX, UINT32_MAX,
                        out->size + WHOLE_MOST};
}

const char *plan_label(char out[PLAN_LABEL], const struct plan *p,
                       struct plan_text t)
{
  const char *dots = t.size < PLAN_LABEL ? "" : "…";
  size_t n = t.size < PLAN_LABEL ? t.size : PLAN_LABEL - 1 - strlen("…");
  memcpy(out, plan_str(p, t), n);
  while (*dots && n && (plan_str(p, t)[n] & 0xC0) == 0x80)
    n--; // not in the middle of a code point
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)out[i] < 0x20 || out[i] == 0x7F)
      out[i] = '?';
  memcpy(out + n, dots, strlen(dots) + 1);
  return out;
}

static void add_name(const struct print *x, struct plan_text t)
{
  char label[PLAN_LABEL];
  if (x->whole)
    buf_add(x->out, plan_str(x->p, t), t.size);
  else
    buf_adds(x->out, plan_label(label, x->p, t));
}

// ---------------------------------------------------------------------- types

static void add_type(const struct print *x, uint32_t type, bool open,
                     unsigned depth);
static void add_const(const struct print *x, uint32_t index, unsigned depth);

// The types of fields, with their names before them where `named`.
static void add_fields(const struct print *x, const struct plan_type *t,
                       bool named, unsigned depth)
{
  for (uint32_t i = 0; i < t->fields.count; i++) {
    const struct plan_field *f = &x->p->fields[t->fields.first + i];
    if (i == x->breadth) {
      buf_adds(x->out, ", …");
      return;
    }
    buf_adds(x->out, i ? ", " : "");
    if (named) {
      add_name(x, f->name);
      buf_adds(x->out, ": ");
    }
    if (f->type != PLAN_NONE)
      add_type(x, f->type, false, depth);
    if (x->whole && f->value != PLAN_NONE) {
      buf_adds(x->out, " = ");
      add_const(x, f->value, 0);
    }
  }
}

static void add_words(const struct print *x, const struct plan_type *t,
                      const char *quote, unsigned depth)
{
  for (uint32_t i = 0; i < t->fields.count; i++) {
    const struct plan_field *f = &x->p->fields[t->fields.first + i];
    if (i == x->breadth) {
      buf_adds(x->out, " | …");
      return;
    }
    buf_adds(x->out, i ? " | " : "");
    buf_adds(x->out, quote);
    add_name(x, f->name);
    buf_adds(x->out, quote);
    if (x->whole && f->type != PLAN_NONE)
      add_type(x, f->type, false, depth);
  }
}

static void add_tensor(const struct print *x, const struct plan_type *t)
{
  buf_addf(x->out, "tensor %s[", plan_names_DTYPES[t->detail]);
  for (uint32_t i = 0; i < t->fields.count; i++) {
    const struct plan_field *f = &x->p->fields[t->fields.first + i];
    buf_adds(x->out, i ? ", " : "");
    if (f->value != PLAN_NONE)
      buf_addf(x->out, "%lld", (long long)plan_bits(&x->p->consts[f->value]));
    else
      add_name(x, f->name);
  }
  buf_adds(x->out, t->fields.count ? "]" : "..]");
}

// What stands around the one part of a kind.
static const struct {
  const char *before, *after;
} around[TYPE_KINDS] = {
  [TYPE_list] = {"[", "]"},         [TYPE_map] = {"map ", ""},
  [TYPE_optional] = {"", "?"},      [TYPE_stream] = {"stream ", ""},
  [TYPE_step] = {"step ", ""},      [TYPE_future] = {"future ", ""},
};

static void add_form(const struct print *x, const struct plan_type *t,
                     unsigned depth)
{
  switch (t->kind) {
  case TYPE_enum:
    add_words(x, t, "\"", depth);
    break;
  case TYPE_union:
    add_words(x, t, "", depth);
    break;
  case TYPE_tuple:
    buf_addc(x->out, '(');
    add_fields(x, t, false, depth);
    buf_addc(x->out, ')');
    break;
  case TYPE_record:
    buf_adds(x->out, "{ ");
    add_fields(x, t, true, depth);
    buf_adds(x->out, " }");
    break;
  case TYPE_callable:
    buf_adds(x->out, "fn(");
    add_fields(x, t, false, depth);
    buf_adds(x->out, ") -> ");
    add_type(x, t->of, false, depth);
    break;
  case TYPE_tensor:
    add_tensor(x, t);
    break;
  case TYPE_handle:
    buf_adds(x->out, "deployment ");
    add_name(x, x->p->classes[t->detail].name);
    break;
  default:
    if (!around[t->kind].before) {
      buf_adds(x->out, type_kind_name((enum type_kind)t->kind));
      break;
    }
    buf_adds(x->out, around[t->kind].before);
    add_type(x, t->of, false, depth);
    buf_adds(x->out, around[t->kind].after);
  }
}

static void add_limits(const struct print *x, const struct plan_type *t)
{
  for (uint32_t i = 0; i < t->limits.count; i++) {
    const struct plan_limit *l = &x->p->limits[t->limits.first + i];
    buf_addf(x->out, "%s%s: ", i ? ", " : "(", plan_names_LIMIT_KINDS[l->kind]);
    add_const(x, l->value, 0);
  }
  buf_adds(x->out, t->limits.count ? ")" : "");
}

static void add_type(const struct print *x, uint32_t type, bool open,
                     unsigned depth)
{
  const struct plan_type *t = &x->p->types[type];
  if (t->name.size && !open)
    add_name(x, t->name);
  else if (depth == x->depth || x->out->size > x->end)
    buf_adds(x->out, "…");
  else
    add_form(x, t, depth + 1);
  if (x->whole && (open || !t->name.size))
    add_limits(x, t);
}

void plan_print_type(const struct plan *p, uint32_t type, bool open,
                     struct buf *out)
{
  struct print x = cut_short(p, out);
  add_type(&x, type, open, 0);
}

void plan_print_whole_type(const struct plan *p, uint32_t type, bool open,
                           struct buf *out)
{
  struct print x = in_full(p, out);
  add_type(&x, type, open, 0);
}

// ------------------------------------------------------------------ constants

static void add_text(const struct print *x, struct plan_text t)
{
  uint32_t size = t.size < x->text ? t.size : x->text;
  while (size < t.size && (plan_str(x->p, t)[size] & 0xC0) == 0x80)
    size--;
  plan_print_text(plan_str(x->p, t), size, x->out);
  if (size < t.size)
    buf_addf(x->out, "… (%u bytes)", t.size);
}

static void add_scalar(const struct print *x, enum type_kind kind,
                       const struct plan_const *v)
{
  char number[NUMBER_TEXT];
  double f;
  uint64_t bits = plan_bits(v);
  memcpy(&f, &bits, sizeof f);
  if (kind == TYPE_none)
    buf_adds(x->out, "none");
  else if (kind == TYPE_bool)
    buf_adds(x->out, bits ? "true" : "false");
  else if (kind == TYPE_float || kind == TYPE_percent)
    buf_add(x->out, number, number_print_float(number, f));
  else if (kind == TYPE_duration)
    buf_add(x->out, number, number_print_duration(number, (int64_t)bits));
  else if (kind == TYPE_size)
    buf_add(x->out, number, number_print_size(number, (int64_t)bits));
  else
    buf_addf(x->out, "%lld", (long long)bits);
}

static bool is_enough(const struct print *x, unsigned depth)
{
  return depth == x->depth || x->out->size > x->end;
}

static void add_parts(const struct print *x, const struct plan_const *v,
                      unsigned depth)
{
  buf_addc(x->out, '[');
  for (uint32_t k = 0; k < v->hi; k++) {
    buf_adds(x->out, k ? ", " : "");
    if (k == x->list || is_enough(x, depth)) {
      buf_adds(x->out, "…");
      break;
    }
    add_const(x, v->lo + k, depth + 1);
  }
  buf_addc(x->out, ']');
}

static void add_tagged(const struct print *x, const struct plan_const *v,
                       unsigned depth)
{
  buf_addf(x->out, "%u(", v->lo);
  if (is_enough(x, depth))
    buf_adds(x->out, "…");
  else
    add_const(x, v->hi, depth + 1);
  buf_addc(x->out, ')');
}

static void add_const(const struct print *x, uint32_t index, unsigned depth)
{
  const struct plan_const *v = &x->p->consts[index];
  enum type_kind kind = (enum type_kind)x->p->types[v->type].kind;
  switch (kind) {
  case TYPE_str: case TYPE_markdown: case TYPE_enum: case TYPE_bytes:
    add_text(x, (struct plan_text){v->lo, v->hi});
    break;
  case TYPE_json:
    if (v->hi)
      add_text(x, (struct plan_text){v->lo, v->hi});
    else
      buf_adds(x->out, "null");
    break;
  case TYPE_optional:
    if (!v->hi)
      buf_adds(x->out, "none");
    else if (is_enough(x, depth))
      buf_adds(x->out, "…");
    else
      add_const(x, v->lo, depth + 1);
    break;
  case TYPE_list: case TYPE_map: case TYPE_tuple: case TYPE_record:
    add_parts(x, v, depth);
    break;
  case TYPE_union: case TYPE_step:
    add_tagged(x, v, depth);
    break;
  case TYPE_handle:
    buf_adds(x->out, "binding '");
    add_name(x, x->p->bindings[v->lo].name);
    buf_addc(x->out, '\'');
    break;
  default:
    add_scalar(x, kind, v);
  }
}

void plan_print_const(const struct plan *p, uint32_t index, bool whole,
                      struct buf *out)
{
  struct print x = whole ? in_full(p, out) : cut_short(p, out);
  add_const(&x, index, 0);
}

// ---------------------------------------------------------------------- texts

void plan_print_text(const char *text, size_t size, struct buf *out)
{
  buf_addc(out, '"');
  for (size_t i = 0, n; i < size; i += n ? n : 1) {
    uint32_t code;
    n = utf8_decode(text + i, size - i, &code);
    if (text[i] == '"' || text[i] == '\\')
      buf_addf(out, "\\%c", text[i]);
    else if (text[i] == '\n')
      buf_adds(out, "\\n");
    else if (!n || code < 0x20 || code == 0x7F)
      buf_addf(out, "\\x%02x", (unsigned char)text[i]);
    else
      buf_add(out, text + i, n);
  }
  buf_addc(out, '"');
}
