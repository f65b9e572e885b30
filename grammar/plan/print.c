// Types and texts of a plan as text. Types may come back to themselves and
// names may be megabytes: depth, breadth and length are bounded.
#include "grammar/plan/print.h"

#include <string.h>

#include "grammar/base/utf8.h"
#include "grammar/plan/names.h"

enum { DEPTH = 4, BREADTH = 8 };

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

static void add_label(const struct plan *p, struct plan_text t,
                      struct buf *out)
{
  char label[PLAN_LABEL];
  buf_adds(out, plan_label(label, p, t));
}

static void add_type(const struct plan *p, uint32_t type, bool open,
                     unsigned depth, struct buf *out);

// The types of fields, with their names before them where `named`.
static void add_fields(const struct plan *p, const struct plan_type *t,
                       bool named, unsigned depth, struct buf *out)
{
  for (uint32_t i = 0; i < t->fields.count; i++) {
    const struct plan_field *f = &p->fields[t->fields.first + i];
    if (i == BREADTH) {
      buf_adds(out, ", …");
      return;
    }
    buf_adds(out, i ? ", " : "");
    if (named) {
      add_label(p, f->name, out);
      buf_adds(out, ": ");
    }
    if (f->type != PLAN_NONE)
      add_type(p, f->type, false, depth, out);
  }
}

static void add_words(const struct plan *p, const struct plan_type *t,
                      const char *quote, struct buf *out)
{
  for (uint32_t i = 0; i < t->fields.count; i++) {
    if (i == BREADTH) {
      buf_adds(out, " | …");
      return;
    }
    buf_adds(out, i ? " | " : "");
    buf_adds(out, quote);
    add_label(p, p->fields[t->fields.first + i].name, out);
    buf_adds(out, quote);
  }
}

static void add_tensor(const struct plan *p, const struct plan_type *t,
                       struct buf *out)
{
  buf_addf(out, "tensor %s[", plan_names_DTYPES[t->detail]);
  for (uint32_t i = 0; i < t->fields.count; i++) {
    const struct plan_field *f = &p->fields[t->fields.first + i];
    buf_adds(out, i ? ", " : "");
    if (f->value != PLAN_NONE)
      buf_addf(out, "%lld", (long long)plan_bits(&p->consts[f->value]));
    else
      add_label(p, f->name, out);
  }
  buf_adds(out, t->fields.count ? "]" : "..]");
}

static void add_handle(const struct plan *p, const struct plan_type *t,
                       struct buf *out)
{
  buf_adds(out, "deployment ");
  add_label(p, p->classes[t->detail].name, out);
}

// What stands around the one part of a kind.
static const struct {
  const char *before, *after;
} around[TYPE_KINDS] = {
  [TYPE_list] = {"[", "]"},         [TYPE_map] = {"map ", ""},
  [TYPE_optional] = {"", "?"},      [TYPE_stream] = {"stream ", ""},
  [TYPE_step] = {"step ", ""},      [TYPE_future] = {"future ", ""},
};

static void add_form(const struct plan *p, const struct plan_type *t,
                     unsigned depth, struct buf *out)
{
  switch (t->kind) {
  case TYPE_enum:
    add_words(p, t, "\"", out);
    break;
  case TYPE_union:
    add_words(p, t, "", out);
    break;
  case TYPE_tuple:
    buf_addc(out, '(');
    add_fields(p, t, false, depth, out);
    buf_addc(out, ')');
    break;
  case TYPE_record:
    buf_adds(out, "{ ");
    add_fields(p, t, true, depth, out);
    buf_adds(out, " }");
    break;
  case TYPE_callable:
    buf_adds(out, "fn(");
    add_fields(p, t, false, depth, out);
    buf_adds(out, ") -> ");
    add_type(p, t->of, false, depth, out);
    break;
  case TYPE_tensor:
    add_tensor(p, t, out);
    break;
  case TYPE_handle:
    add_handle(p, t, out);
    break;
  default:
    if (!around[t->kind].before) {
      buf_adds(out, type_kind_name((enum type_kind)t->kind));
      break;
    }
    buf_adds(out, around[t->kind].before);
    add_type(p, t->of, false, depth, out);
    buf_adds(out, around[t->kind].after);
  }
}

static void add_type(const struct plan *p, uint32_t type, bool open,
                     unsigned depth, struct buf *out)
{
  const struct plan_type *t = &p->types[type];
  if (t->name.size && !open)
    add_label(p, t->name, out);
  else if (depth == DEPTH)
    buf_adds(out, "…");
  else
    add_form(p, t, depth + 1, out);
}

void plan_print_type(const struct plan *p, uint32_t type, bool open,
                     struct buf *out)
{
  add_type(p, type, open, 0, out);
}

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
