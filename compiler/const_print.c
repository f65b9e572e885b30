// Constants as the language writes them, for people: explain, documentation.
#include "compiler/const_print.h"

#include "grammar/base/json_text.h"
#include "grammar/base/number.h"

static void put_parts(const struct constant *c, const char *open,
                      const char *close, struct buf *out)
{
  bool record = c->type->kind == TYPE_record;
  buf_adds(out, c->n_parts || !record ? open : "{");
  for (uint32_t i = 0; i < c->n_parts; i++) {
    if (i)
      buf_adds(out, ", ");
    if (record && i < c->type->n_parts)
      buf_addf(out, "%s: ", c->type->parts[i].name->text);
    constant_print(c->parts[i], out);
  }
  buf_adds(out, c->n_parts || !record ? close : "}");
}

static void put_map(const struct constant *c, struct buf *out)
{
  buf_adds(out, c->n_parts ? "{ " : "{}");
  for (uint32_t i = 0; i + 1 < c->n_parts; i += 2) {
    if (i)
      buf_adds(out, ", ");
    constant_print(c->parts[i], out);
    buf_adds(out, ": ");
    constant_print(c->parts[i + 1], out);
  }
  buf_adds(out, c->n_parts ? " }" : "");
}

static void put_union(const struct constant *c, struct buf *out)
{
  const struct type_part *part = &c->type->parts[c->i];
  buf_adds(out, part->name->text);
  if (c->n_parts && c->parts[0]->n_parts) {
    struct constant fields = *c->parts[0];
    put_parts(&fields, "(", ")", out);
  }
}

static void put_number(const struct constant *c, struct buf *out)
{
  char text[NUMBER_TEXT];
  size_t n;
  switch (c->type->kind) {
  case TYPE_duration:
    n = number_print_duration(text, c->i);
    break;
  case TYPE_size:
    n = number_print_size(text, c->i);
    break;
  case TYPE_float:
    n = number_print_float(text, c->f);
    break;
  case TYPE_percent:
    n = number_print_float(text, c->f * 100);
    text[n++] = '%';
    break;
  default:
    n = number_print_int(text, c->i);
    break;
  }
  buf_add(out, text, n);
}

void constant_print(const struct constant *c, struct buf *out)
{
  switch (c->type->kind) {
  case TYPE_none:
    buf_adds(out, "none");
    break;
  case TYPE_bool:
    buf_adds(out, c->i ? "true" : "false");
    break;
  case TYPE_int:
  case TYPE_float:
  case TYPE_percent:
  case TYPE_duration:
  case TYPE_size:
    put_number(c, out);
    break;
  case TYPE_str:
  case TYPE_enum:
  case TYPE_markdown:
    json_encode_text(c->text, c->size, out);
    break;
  case TYPE_json:
    buf_add(out, c->text, c->size);
    break;
  case TYPE_list:
    put_parts(c, "[", "]", out);
    break;
  case TYPE_tuple:
    put_parts(c, "(", ")", out);
    break;
  case TYPE_record:
    put_parts(c, "{ ", " }", out);
    break;
  case TYPE_map:
    put_map(c, out);
    break;
  case TYPE_optional:
    if (c->n_parts)
      constant_print(c->parts[0], out);
    else
      buf_adds(out, "none");
    break;
  case TYPE_union:
    put_union(c, out);
    break;
  default:
    type_print(c->type, out);
    break;
  }
}
