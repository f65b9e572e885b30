// JSON text to a json value and back. Errors are Python's, word and place.
#include "runtime/codec/parts.h"

#include <string.h>

enum { STACK_FIRST = 256 };

struct tree {
  struct scan *scan;
  struct stack stack;
};

static const struct json *read_node(struct tree *t);

static const struct json *make(struct tree *t, enum json_kind kind, value as)
{
  struct json *j = arena_alloc(t->stack.arena, sizeof *j);
  if (j)
    *j = (struct json){kind, as};
  return j;
}

static const struct json *make_text(struct tree *t, enum json_kind kind,
                                    const struct text *text)
{
  return text ? make(t, kind, (value){.text = text}) : NULL;
}

static const struct json *read_text(struct tree *t)
{
  struct token token;
  t->scan->at++;
  if (!scan_string(t->scan, &token))
    return NULL;
  return make_text(t, JSON_TEXT, text_of_token(t->stack.arena, &token));
}

static const struct json *read_number(struct tree *t)
{
  struct token n;
  bool overflow;
  value v = {0};
  if (!scan_numeral(t->scan, &n))
    return NULL;
  if (n.plain && number_read_int(n.data, n.size, false, &v.i, &overflow))
    return make(t, JSON_INT, v);
  if (!n.plain && number_read_float(n.data, n.size, false, &v.f) &&
      v.f - v.f == 0)
    return make(t, JSON_FLOAT, v);
  t->scan->big = true;
  return make_text(t, (enum json_kind)JSON_BIG,
                   text_over(t->stack.arena, n.data, n.size, n.size));
}

static const struct json *read_word(struct tree *t, const char *word,
                                    enum json_kind kind, int64_t as)
{
  if (!scan_word(t->scan, word, strlen(word)))
    return NULL;
  return kind == JSON_NULL ? &json_null : make(t, kind, (value){.i = as});
}

// Behind a member: true when there is another, false at the end or an error.
static bool another(struct scan *s, char close, bool *ok)
{
  char c = scan_peek(s);
  *ok = c == close || c == ',';
  if (!*ok)
    return scan_fail(s, s->at, "Expecting ',' delimiter");
  s->at++;
  return c == ',';
}

static const struct json *read_list(struct tree *t)
{
  struct scan *s = t->scan;
  uint32_t first = t->stack.count;
  bool ok = true, more = true;
  s->at++;
  if (scan_peek(s) == ']') {
    s->at++;
    more = false;
  }
  while (more) {
    const struct json *item = read_node(t);
    if (!item || !stack_push(&t->stack, (value){.json = item}))
      return NULL;
    more = another(s, ']', &ok);
  }
  uint32_t count = t->stack.count - first;
  struct list *l = ok ? list_new(t->stack.arena, count) : NULL;
  if (!l)
    return NULL;
  if (count)
    memcpy(l->items, t->stack.items + first, count * sizeof(value));
  l->count = count;
  t->stack.count = first;
  return make(t, JSON_LIST, (value){.list = l});
}

static const struct text *read_key(struct tree *t)
{
  struct scan *s = t->scan;
  struct token token;
  if (scan_peek(s) != '"') {
    scan_fail(s, s->at, "Expecting property name enclosed in double quotes");
    return NULL;
  }
  s->at++;
  if (!scan_string(s, &token))
    return NULL;
  if (scan_peek(s) != ':') {
    scan_fail(s, s->at, "Expecting ':' delimiter");
    return NULL;
  }
  s->at++;
  return text_of_token(t->stack.arena, &token);
}

static const struct json *read_map(struct tree *t)
{
  struct scan *s = t->scan;
  struct map *m = map_new(t->stack.arena, 0);
  bool ok = m, more = true;
  s->at++;
  if (scan_peek(s) == '}') {
    s->at++;
    more = false;
  }
  while (ok && more) {
    const struct text *key = read_key(t);
    const struct json *item = key ? read_node(t) : NULL;
    if (!item || !map_put(t->stack.arena, m, key, (value){.json = item}))
      return NULL;
    more = another(s, '}', &ok);
  }
  return ok ? make(t, JSON_MAP, (value){.map = m}) : NULL;
}

static const struct json *read_nested(struct tree *t, char open)
{
  if (t->scan->depth == JSON_DEPTH) {
    scan_fail(t->scan, t->scan->at, "Nesting deeper than 200 levels");
    return NULL;
  }
  t->scan->depth++;
  const struct json *j = open == '{' ? read_map(t) : read_list(t);
  t->scan->depth--;
  return j;
}

static const struct json *read_node(struct tree *t)
{
  char c = scan_peek(t->scan);
  switch (c) {
  case '{':
  case '[':
    return read_nested(t, c);
  case '"':
    return read_text(t);
  case 't':
    return read_word(t, "true", JSON_BOOL, 1);
  case 'f':
    return read_word(t, "false", JSON_BOOL, 0);
  case 'n':
    return read_word(t, "null", JSON_NULL, 0);
  default:
    return read_number(t);
  }
}

const struct json *tree_read_part(struct scan *s, struct arena *a)
{
  value first[STACK_FIRST];
  struct tree t = {s, {a, first, 0, STACK_FIRST}};
  return read_node(&t);
}

const struct json *tree_read(struct scan *s, struct arena *a)
{
  const struct json *j = tree_read_part(s, a);
  if (j && (scan_peek(s), s->at < s->end)) {
    scan_fail(s, s->at, "Extra data");
    return NULL;
  }
  return j;
}

// ---- out ----

struct printer {
  struct buf *out;
  size_t limit; // of out->size
  bool strict;
  unsigned depth;
};

static bool print_node(struct printer *p, const struct json *j);

static bool print_float(struct printer *p, double x)
{
  put_float(p->out, x);
  return !p->strict || x - x == 0;
}

static bool print_list(struct printer *p, const struct list *l)
{
  buf_addc(p->out, '[');
  for (uint32_t i = 0; i < l->count; i++) {
    if (i)
      buf_addc(p->out, ',');
    if (!print_node(p, l->items[i].json))
      return false;
  }
  buf_addc(p->out, ']');
  return true;
}

static bool print_map(struct printer *p, const struct map *m)
{
  buf_addc(p->out, '{');
  for (uint32_t i = 0; i < m->count; i++) {
    if (i)
      buf_addc(p->out, ',');
    const struct text *key = m->entries[i].key;
    json_encode_text(key->data, key->size, p->out);
    buf_addc(p->out, ':');
    if (!print_node(p, m->entries[i].item.json))
      return false;
  }
  buf_addc(p->out, '}');
  return true;
}

static bool print_nested(struct printer *p, const struct json *j)
{
  if (p->depth == PRINT_DEPTH)
    return false;
  p->depth++;
  bool ok = j->kind == JSON_LIST ? print_list(p, j->as.list)
                                 : print_map(p, j->as.map);
  p->depth--;
  return ok;
}

static bool print_node(struct printer *p, const struct json *j)
{
  if (p->out->failed || p->out->size > p->limit)
    return false;
  if (!j)
    j = &json_null;
  switch ((int)j->kind) {
  case JSON_NULL:
    buf_add(p->out, "null", 4);
    return true;
  case JSON_BOOL:
    buf_adds(p->out, j->as.i ? "true" : "false");
    return true;
  case JSON_INT:
    number_add_int(p->out, j->as.i);
    return true;
  case JSON_FLOAT:
    return print_float(p, j->as.f);
  case JSON_BIG:
    buf_add(p->out, j->as.text->data, j->as.text->size);
    return true;
  case JSON_TEXT:
    json_encode_text(j->as.text->data, j->as.text->size, p->out);
    return true;
  default:
    return print_nested(p, j);
  }
}

bool tree_print(const struct json *j, bool strict, size_t limit,
                struct buf *out)
{
  struct printer p = {out, limit, strict, 0};
  return print_node(&p, j) && out->size <= limit;
}
