// YAML in, nodes with places out: the little of libyaml that import needs.
#include "compiler/import_yaml.h"

#include "grammar/base/number.h"

#include <string.h>

// libyaml counts lines and characters, spans count bytes.
static uint32_t offset_of(const struct source *s, yaml_mark_t mark)
{
  uint32_t at = 0, size = (uint32_t)s->size;
  for (size_t line = 0; line < mark.line && at < size; at++)
    line += s->text[at] == '\n';
  for (size_t column = 0; column < mark.column && at < size; column++)
    do
      at++;
    while (at < size && ((unsigned char)s->text[at] & 0xc0) == 0x80);
  return at;
}

struct span yaml_span(const struct yaml_file *y, const yaml_node_t *n)
{
  const struct source *s = &y->c->sources[y->file];
  uint32_t start = offset_of(s, n->start_mark), end = offset_of(s, n->end_mark);
  const char *line_end = memchr(s->text + start, '\n', s->size - start);
  if (line_end && line_end < s->text + end) // of a block its first line
    end = (uint32_t)(line_end - s->text);
  return (struct span){y->file, start, end > start ? end : start + 1};
}

static void complain(struct yaml_file *y, const yaml_parser_t *p)
{
  const struct source *s = &y->c->sources[y->file];
  uint32_t at = offset_of(s, p->problem_mark);
  diag_report(&y->c->diags, DIAG_import_syntax,
              (struct span){y->file, at, at + (at < s->size)},
              "this is not YAML: %s",
              p->problem ? p->problem : "out of memory");
}

bool yaml_read(struct yaml_file *y)
{
  const struct source *s = &y->c->sources[y->file];
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser))
    return false;
  yaml_parser_set_input_string(&parser, (const unsigned char *)s->text,
                               s->size);
  bool ok = yaml_parser_load(&parser, &y->document);
  if (!ok)
    complain(y, &parser);
  yaml_parser_delete(&parser);
  return ok;
}

bool yaml_pair(struct yaml_file *y, const yaml_node_t *n, size_t i,
               yaml_node_t **key, yaml_node_t **value)
{
  if (!n || n->type != YAML_MAPPING_NODE)
    return false;
  yaml_node_pair_t *pair = n->data.mapping.pairs.start + i;
  if (pair >= n->data.mapping.pairs.top)
    return false;
  *key = yaml_document_get_node(&y->document, pair->key);
  *value = yaml_document_get_node(&y->document, pair->value);
  return true;
}

yaml_node_t *yaml_item(struct yaml_file *y, const yaml_node_t *n, size_t i)
{
  if (!n || n->type != YAML_SEQUENCE_NODE)
    return NULL;
  yaml_node_item_t *item = n->data.sequence.items.start + i;
  return item < n->data.sequence.items.top
             ? yaml_document_get_node(&y->document, *item)
             : NULL;
}

yaml_node_t *yaml_get(struct yaml_file *y, const yaml_node_t *n,
                      const char *key)
{
  yaml_node_t *k, *v;
  for (size_t i = 0; yaml_pair(y, n, i, &k, &v); i++)
    if (!strcmp(yaml_text(k), key))
      return v;
  return NULL;
}

const char *yaml_text(const yaml_node_t *n)
{
  return n && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value
                                          : "";
}

static bool is_one_of(const char *text, const char *const words[], size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!strcmp(text, words[i]))
      return true;
  return false;
}

struct yaml_value yaml_scalar(const yaml_node_t *n)
{
  static const char *const nothing[] = {"", "~", "null", "Null", "NULL"};
  static const char *const yes[] = {"true", "True", "TRUE"};
  static const char *const no[] = {"false", "False", "FALSE"};
  struct yaml_value v = {.kind = YAML_TEXT, .text = yaml_text(n)};
  size_t size = strlen(v.text);
  bool overflow;
  if (!n || n->type != YAML_SCALAR_NODE ||
      n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
    return v;
  if (is_one_of(v.text, nothing, 5))
    v.kind = YAML_NONE;
  else if ((v.truth = is_one_of(v.text, yes, 3)) || is_one_of(v.text, no, 3))
    v.kind = YAML_BOOL;
  else if (number_read_int(v.text, size, false, &v.integer, &overflow))
    v.kind = YAML_INT, v.number = (double)v.integer;
  else if (number_read_float(v.text, size, false, &v.number))
    v.kind = YAML_FLOAT;
  return v;
}
