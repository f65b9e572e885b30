// Constants as json: the text that the plan holds, as the runtime would write
// the value. Handles, bytes and the like have no such text here.
#include "compiler/checker.h"
#include "grammar/base/json_text.h"
#include "grammar/base/number.h"

#include <math.h>

static bool put(struct buf *out, const struct constant *c);

static bool put_float(struct buf *out, double x)
{
  char text[NUMBER_TEXT];
  number_print_float(text, x);
  buf_adds(out, text);
  return isfinite(x);
}

static bool put_list(struct buf *out, const struct constant *c)
{
  bool ok = true;
  buf_addc(out, '[');
  for (uint32_t i = 0; i < c->n_parts && ok; i++) {
    if (i)
      buf_addc(out, ',');
    ok = put(out, c->parts[i]);
  }
  buf_addc(out, ']');
  return ok;
}

static bool put_map(struct buf *out, const struct constant *c)
{
  bool ok = true;
  buf_addc(out, '{');
  for (uint32_t i = 0; i < c->n_parts && ok; i += 2) {
    if (i)
      buf_addc(out, ',');
    json_encode_text(c->parts[i]->text, c->parts[i]->size, out);
    buf_addc(out, ':');
    ok = put(out, c->parts[i + 1]);
  }
  buf_addc(out, '}');
  return ok;
}

static bool put_fields(struct buf *out, const struct constant *c, bool first)
{
  bool ok = true;
  for (uint32_t i = 0; i < c->n_parts && ok; i++) {
    atom name = c->type->parts[i].name;
    if (!first || i)
      buf_addc(out, ',');
    json_encode_text(name->text, name->size, out);
    buf_addc(out, ':');
    ok = put(out, c->parts[i]);
  }
  buf_addc(out, '}');
  return ok;
}

static bool put_union(struct buf *out, const struct constant *c)
{
  atom name = c->type->parts[c->i].name;
  buf_adds(out, "{\"type\":");
  json_encode_text(name->text, name->size, out);
  return put_fields(out, c->parts[0], false);
}

static bool put(struct buf *out, const struct constant *c)
{
  switch (c->type->kind) {
  case TYPE_none:
    buf_adds(out, "null");
    return true;
  case TYPE_bool:
    buf_adds(out, c->i ? "true" : "false");
    return true;
  case TYPE_int:
  case TYPE_size:
    buf_addf(out, "%lld", (long long)c->i);
    return true;
  case TYPE_float:
  case TYPE_percent:
    return put_float(out, c->f);
  case TYPE_duration:
    return put_float(out, (double)c->i / 1e9);
  case TYPE_str:
  case TYPE_enum:
  case TYPE_markdown:
    json_encode_text(c->text, c->size, out);
    return true;
  case TYPE_json:
    buf_add(out, c->text ? c->text : "null", c->text ? c->size : 4);
    return true;
  case TYPE_optional:
    if (c->n_parts)
      return put(out, c->parts[0]);
    buf_adds(out, "null");
    return true;
  case TYPE_list:
  case TYPE_tuple:
    return put_list(out, c);
  case TYPE_map:
    return put_map(out, c);
  case TYPE_record:
    buf_addc(out, '{');
    return put_fields(out, c, true);
  case TYPE_union:
    return put_union(out, c);
  default:
    return false;
  }
}

const struct constant *const_json(struct checker *k, const struct type *t,
                                  const struct constant *c)
{
  struct buf out = {.arena = k->a};
  if (c->type->kind == TYPE_none)
    return const_new(k, t); // the plan's null
  if (!put(&out, c) || out.failed)
    return NULL;
  return const_text(k, t, out.data, (uint32_t)out.size);
}
