// A YAML value as a literal of the language.
#include "compiler/import_parts.h"

#include "grammar/base/number.h"

#include <math.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

void import_add_string(struct buf *out, const char *text)
{
  buf_addc(out, '"');
  for (; *text; text++)
    if (*text == '\n' || *text == '\t' || *text == '\r')
      buf_addf(out, "\\%c", *text == '\n' ? 'n' : *text == '\t' ? 't' : 'r');
    else if ((unsigned char)*text < ' ' || *text == 0x7f)
      buf_addf(out, "\\u\\{%x}", (unsigned char)*text);
    else
      buf_addf(out, strchr("\"\\{", *text) ? "\\%c" : "%c", *text);
  buf_addc(out, '"');
}

void import_add_number(struct buf *out, double x)
{
  char text[NUMBER_TEXT];
  if (x == floor(x) && fabs(x) < 1e15)
    buf_add(out, text, number_print_int(text, (int64_t)x));
  else
    buf_add(out, text, number_print_float(text, x));
}

static void add_scalar(struct buf *out, const yaml_node_t *n)
{
  struct yaml_value v = yaml_scalar(n);
  char text[NUMBER_TEXT];
  switch (v.kind) {
  case YAML_NONE:
    buf_adds(out, "none");
    break;
  case YAML_BOOL:
    buf_adds(out, v.truth ? "true" : "false");
    break;
  case YAML_INT:
    buf_add(out, text, number_print_int(text, v.integer));
    break;
  case YAML_FLOAT:
    buf_add(out, text, number_print_float(text, v.number));
    break;
  case YAML_TEXT:
    import_add_string(out, v.text);
  }
}

// A literal of the language. An alias may lead to its own anchor: it ends.
static void add_nested(struct import *m, struct buf *out, yaml_node_t *n,
                       unsigned depth)
{
  yaml_node_t *k, *v;
  if (depth > IMPORT_DEPTH || out->size > TEXT_MAX) {
    import_expected(m, n, "a value of less depth and size");
  } else if (n->type == YAML_MAPPING_NODE) {
    for (size_t i = 0; yaml_pair(&m->y, n, i, &k, &v) && !m->c->diags.errors;
         i++) {
      buf_adds(out, i ? ", " : "{ ");
      import_add_string(out, yaml_text(k));
      buf_adds(out, ": ");
      add_nested(m, out, v, depth + 1);
    }
    buf_adds(out, yaml_pair(&m->y, n, 0, &k, &v) ? " }" : "{}");
  } else if (n->type == YAML_SEQUENCE_NODE) {
    buf_addc(out, '[');
    for (size_t i = 0; (v = yaml_item(&m->y, n, i)) && !m->c->diags.errors;
         i++) {
      buf_adds(out, i ? ", " : "");
      add_nested(m, out, v, depth + 1);
    }
    buf_addc(out, ']');
  } else {
    add_scalar(out, n);
  }
}

void import_add_value(struct import *m, struct buf *out, yaml_node_t *n)
{
  add_nested(m, out, n, 0);
}
