// Types as the language writes them.
#include "compiler/core.h"
#include "compiler/type.h"

#include "grammar/base/number.h"

static void print_constant(const struct constant *c, struct buf *out)
{
  char text[NUMBER_TEXT];
  if (c->type->kind == TYPE_float) {
    number_print_float(text, c->f);
    buf_adds(out, text);
  } else if (c->text) {
    buf_addf(out, "'%s'", c->text);
  } else {
    buf_addf(out, "%lld", (long long)c->i);
  }
}

static void print_limits(const struct type *t, struct buf *out)
{
  static const char *const names[] = {
#define LIMIT(name, on, error, message) #name,
#include "grammar/defs/limits.def"
#undef LIMIT
  };
  for (uint32_t i = 0; i < t->n_limits; i++) {
    buf_addf(out, "%s%s: ", i ? ", " : "(", names[t->limits[i].kind]);
    print_constant(t->limits[i].value, out);
  }
  if (t->n_limits)
    buf_addc(out, ')');
}

enum {
  DEEP = 12,      // the base of a type that comes back to itself has no name
  BRIEF = 1 << 16 // no constraints
};

static void print(const struct type *t, struct buf *out, unsigned depth);

static void print_list(const struct type *t, const char *open, const char *between,
                       const char *close, struct buf *out, unsigned depth)
{
  buf_adds(out, open);
  for (uint32_t i = 0; i < t->n_parts; i++) {
    const struct type_part *p = &t->parts[i];
    if (i)
      buf_adds(out, between);
    if (t->kind == TYPE_enum)
      buf_addf(out, "\"%s\"", p->name->text);
    else if (p->name && t->kind != TYPE_callable)
      buf_adds(out, p->name->text);
    if (t->kind == TYPE_union && p->type) {
      if (p->type->n_parts)
        print_list(p->type, "(", ", ", ")", out, depth);
      continue;
    }
    if (p->name && p->type && t->kind != TYPE_callable)
      buf_adds(out, ": ");
    if (p->type)
      print(p->type, out, depth + 1);
  }
  buf_adds(out, close);
}

// With `..` before dimension `rest`.
static void print_dims(const struct type_part *dims, uint32_t n, uint32_t rest,
                       struct buf *out)
{
  const char *between = "[";
  for (uint32_t i = 0; i <= n; i++) {
    if (i == rest) {
      buf_addf(out, "%s..", between);
      between = ", ";
    }
    if (i == n)
      break;
    buf_adds(out, between);
    between = ", ";
    if (dims[i].name)
      buf_adds(out, dims[i].name->text);
    else if (dims[i].size == DIM_ANY)
      buf_addc(out, '_');
    else
      buf_addf(out, "%lld", (long long)dims[i].size);
  }
  buf_adds(out, n || rest == 0 ? "]" : "[]");
}

static void print_tensor(const struct type *t, struct buf *out)
{
  static const char *const names[] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
  };
  buf_addf(out, "tensor %s", names[t->dtype]);
  print_dims(t->parts, t->n_parts, t->any_rank ? t->rest : UINT32_MAX, out);
}

static void print_form(const struct type *t, struct buf *out, unsigned depth)
{
  switch (t->kind) {
  case TYPE_list:
    buf_addc(out, '[');
    print(t->of, out, depth + 1);
    buf_addc(out, ']');
    return;
  case TYPE_map:
  case TYPE_stream:
  case TYPE_step:
    buf_addf(out, "%s ", type_kind_name(t->kind));
    print(t->of, out, depth + 1);
    return;
  case TYPE_optional:
    print(t->of, out, depth + 1);
    buf_addc(out, '?');
    return;
  case TYPE_future:
    buf_adds(out, "future ");
    print(t->of, out, depth + 1);
    return;
  case TYPE_tuple:
    print_list(t, "(", ", ", t->n_parts == 1 ? ",)" : ")", out, depth);
    return;
  case TYPE_record:
    print_list(t, t->n_parts ? "{ " : "{", ", ", t->n_parts ? " }" : "}", out, depth);
    return;
  case TYPE_enum:
  case TYPE_union:
    print_list(t, "", " | ", "", out, depth);
    return;
  case TYPE_tensor:
    print_tensor(t, out);
    return;
  case TYPE_callable:
    print_list(t, "fn(", ", ", ") -> ", out, depth);
    print(t->of, out, depth + 1);
    return;
  case TYPE_handle:
    buf_adds(out, t->class->name->text);
    return;
  default:
    buf_adds(out, type_kind_name(t->kind));
  }
}

static void print(const struct type *t, struct buf *out, unsigned depth)
{
  if (t->name) {
    buf_adds(out, t->name->text);
    if (t->family)
      print_dims(t->dims, t->family->n, UINT32_MAX, out);
  } else if ((depth & (BRIEF - 1)) > DEEP) {
    buf_adds(out, "…");
  } else {
    print_form(t, out, depth);
  }
  if (!(depth & BRIEF))
    print_limits(t, out);
}

void type_print(const struct type *t, struct buf *out)
{
  print(t, out, 0);
}

void type_print_brief(const struct type *t, struct buf *out)
{
  print(t, out, BRIEF);
}

const char *type_text(struct arena *a, const struct type *t)
{
  struct buf out = {.arena = a};
  type_print(t, &out);
  return out.failed || !out.data ? "?" : out.data;
}
