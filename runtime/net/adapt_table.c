// table: JSON in the shapes of pandas.read_json, by ?orient=, as columns and
// rows:
//   columns  {column: {index: value}} (or {column: [value, …]}); the default
//   index    {index: {column: value}}
//   records  [{column: value}, …]
//   split    {"columns": […], "index": […], "data": [[…], …]}
//   values   [[value, …], …], whose columns are called 0, 1, …
// A value that is not there is null.
#include "runtime/net/adapt.h"

#include "grammar/base/number.h"

#include <string.h>

enum { CELLS_MOST = 1 << 23 };

struct table {
  struct decode *d;
  struct arena *arena;
  struct map *columns;       // name -> number, as json ints
  struct map *rows;          // index -> number
  const struct json **cells; // rows times columns; NULL: none
};

static bool bad(struct table *t, const struct json *from, const char *why)
{
  return offence_value(t->d, from, &adapt_body, "%s", why);
}

static bool bad_map(struct table *t, const struct json *from)
{
  return offence_at(t->d, from, &adapt_body, "dict_type", NULL,
                    "Input should be a valid dictionary");
}

static bool bad_list(struct table *t, const struct json *from)
{
  return offence_at(t->d, from, &adapt_body, "list_type", NULL,
                    "Input should be a valid list");
}

// ---- names to numbers ----

static bool number_name(struct table *t, struct map *m, const struct text *name)
{
  if (map_get(m, name))
    return true;
  const struct json *j = json_new(t->arena, JSON_INT, (value){.i = m->count});
  return j && map_put(t->arena, m, name, (value){.json = j});
}

static const struct text *name_of(struct table *t, uint32_t i)
{
  char text[NUMBER_TEXT];
  size_t n = number_print_int(text, i);
  return text_new(t->arena, text, n);
}

static bool number_names(struct table *t, struct map *m, uint32_t n)
{
  for (uint32_t i = m->count; i < n; i++) {
    const struct text *name = name_of(t, i);
    if (!name || !number_name(t, m, name))
      return false;
  }
  return true;
}

static uint32_t number_of(const struct map *m, const struct text *name)
{
  return (uint32_t)map_get(m, name)->json->as.i;
}

static bool make_cells(struct table *t, const struct json *from)
{
  uint64_t n = (uint64_t)t->columns->count * t->rows->count;
  if (n > CELLS_MOST)
    return bad(t, from, "the table has more than 8388608 cells");
  t->cells = ARENA_ARRAY(t->arena, n + 1, const struct json *);
  return t->cells;
}

static void put_cell(struct table *t, uint32_t row, uint32_t column,
                     const struct json *item)
{
  t->cells[(uint64_t)row * t->columns->count + column] = item;
}

// ---- maps of maps: columns, index ----

static bool name_inner(struct table *t, struct map *inner,
                       const struct json *from)
{
  if (from->kind == JSON_LIST)
    return number_names(t, inner, from->as.list->count);
  if (from->kind != JSON_MAP)
    return bad_map(t, from);
  const struct map *m = from->as.map;
  for (uint32_t i = 0; i < m->count; i++)
    if (!number_name(t, inner, m->entries[i].key))
      return false;
  return true;
}

static void put_crossing(struct table *t, bool by_column, uint32_t outer,
                         uint32_t inner, const struct json *item)
{
  put_cell(t, by_column ? inner : outer, by_column ? outer : inner, item);
}

static void put_inner(struct table *t, bool by_column, uint32_t outer,
                      const struct json *from)
{
  struct map *inner = by_column ? t->rows : t->columns;
  if (from->kind == JSON_LIST) {
    const struct list *l = from->as.list;
    for (uint32_t i = 0; i < l->count; i++)
      put_crossing(t, by_column, outer, i, l->items[i].json);
    return;
  }
  const struct map *m = from->as.map;
  for (uint32_t i = 0; i < m->count; i++)
    put_crossing(t, by_column, outer, number_of(inner, m->entries[i].key),
                 m->entries[i].item.json);
}

// {outer: {inner: value}}
static bool read_maps(struct table *t, const struct json *from, bool by_column)
{
  if (from->kind != JSON_MAP)
    return bad_map(t, from);
  const struct map *m = from->as.map;
  struct map *outer = by_column ? t->columns : t->rows;
  struct map *inner = by_column ? t->rows : t->columns;
  bool lists = m->count && m->entries[0].item.json->kind == JSON_LIST;
  for (uint32_t i = 0; i < m->count; i++) {
    const struct json *one = m->entries[i].item.json;
    if ((one->kind == JSON_LIST) != lists)
      return bad(t, from, "lists and objects are mixed");
    if (!number_name(t, outer, m->entries[i].key) || !name_inner(t, inner, one))
      return false;
  }
  if (!make_cells(t, from))
    return false;
  for (uint32_t i = 0; i < m->count; i++)
    put_inner(t, by_column, i, m->entries[i].item.json);
  return true;
}

// ---- lists: records, values, split ----

// [{column: value}] or [[value]], by what the items are.
static bool read_lists(struct table *t, const struct json *from,
                       enum json_kind kind)
{
  if (from->kind != JSON_LIST)
    return bad_list(t, from);
  const struct list *l = from->as.list;
  for (uint32_t i = 0; i < l->count; i++) {
    const struct json *row = l->items[i].json;
    if (row->kind != kind)
      return kind == JSON_MAP ? bad_map(t, row) : bad_list(t, row);
    if (!name_inner(t, t->columns, row))
      return false;
  }
  if (!number_names(t, t->rows, l->count) || !make_cells(t, from))
    return false;
  for (uint32_t i = 0; i < l->count; i++)
    put_inner(t, false, i, l->items[i].json);
  return true;
}

static const struct json *member(const struct json *object, const char *name)
{
  struct text key = {(uint32_t)strlen(name), (uint32_t)strlen(name), name};
  const value *v = map_get(object->as.map, &key);
  return v ? v->json : NULL;
}

// A column's name may be a number.
static const struct text *label(struct table *t, const struct json *j)
{
  if (j->kind == JSON_TEXT)
    return j->as.text;
  if (j->kind != JSON_INT)
    return NULL;
  char text[NUMBER_TEXT];
  return text_new(t->arena, text, number_print_int(text, j->as.i));
}

static bool read_split(struct table *t, const struct json *from)
{
  if (from->kind != JSON_MAP)
    return bad_map(t, from);
  const struct json *columns = member(from, "columns");
  const struct json *data = member(from, "data");
  if (!columns || columns->kind != JSON_LIST || !data ||
      data->kind != JSON_LIST)
    return bad(t, from, "split wants the lists columns and data");
  const struct list *l = columns->as.list;
  for (uint32_t i = 0; i < l->count; i++) {
    const struct text *name = label(t, l->items[i].json);
    if (!name)
      return bad(t, l->items[i].json, "a column's name is no text");
    if (!number_name(t, t->columns, name))
      return false;
    if (t->columns->count != i + 1)
      return bad(t, columns, "two columns have one name");
  }
  for (uint32_t i = 0; i < data->as.list->count; i++) {
    const struct json *row = data->as.list->items[i].json;
    if (row->kind != JSON_LIST)
      return bad_list(t, row);
    if (row->as.list->count != l->count)
      return bad(t, row, "a row has not as many values as there are columns");
  }
  return read_lists(t, data, JSON_LIST);
}

// ---- the result ----

static const struct json *list_json(struct table *t, struct list *l)
{
  return json_new(t->arena, JSON_LIST, (value){.list = l});
}

static const struct json *columns_json(struct table *t)
{
  struct list *l = list_new(t->arena, t->columns->count);
  for (uint32_t i = 0; l && i < t->columns->count; i++) {
    const struct json *name = json_new(
        t->arena, JSON_TEXT, (value){.text = t->columns->entries[i].key});
    if (!name || !list_push(t->arena, l, (value){.json = name}))
      return NULL;
  }
  return l ? list_json(t, l) : NULL;
}

static const struct json *row_json(struct table *t, uint32_t row)
{
  uint32_t n = t->columns->count;
  struct list *l = list_new(t->arena, n);
  for (uint32_t i = 0; l && i < n; i++) {
    const struct json *cell = t->cells[(uint64_t)row * n + i];
    if (!list_push(t->arena, l, (value){.json = cell ? cell : &json_null}))
      return NULL;
  }
  return l ? list_json(t, l) : NULL;
}

static const struct json *rows_json(struct table *t)
{
  struct list *l = list_new(t->arena, t->rows->count);
  for (uint32_t i = 0; l && i < t->rows->count; i++) {
    const struct json *row = row_json(t, i);
    if (!row || !list_push(t->arena, l, (value){.json = row}))
      return NULL;
  }
  return l ? list_json(t, l) : NULL;
}

static const struct json *table_json(struct table *t)
{
  struct map *m = map_new(t->arena, 2);
  return m && json_put(t->arena, m, "columns", columns_json(t)) &&
                 json_put(t->arena, m, "rows", rows_json(t))
             ? json_new(t->arena, JSON_MAP, (value){.map = m})
             : NULL;
}

// ---- orient ----

enum orient { COLUMNS, INDEX, RECORDS, SPLIT, VALUES, ORIENTS };

static bool find_orient(struct decode *d, const struct adapt_input *in,
                        enum orient *out)
{
  static const char *const names[] = {"columns", "index", "records", "split",
                                      "values"};
  static const struct loc query = {NULL, "query", 5, 0};
  struct loc at = {&query, "orient", 6, 0};
  struct form form = {.arena = d->arena};
  const struct form_field *said = NULL;
  if (in->query_size)
    form_urlencoded(&form, in->query, in->query_size);
  for (struct form_field *f = form.first; f; f = f->next)
    if (f->name_size == 6 && !memcmp(f->name, "orient", 6))
      said = f;
  *out = COLUMNS;
  if (!said)
    return true;
  for (unsigned i = 0; i < ORIENTS; i++)
    if (strlen(names[i]) == said->size &&
        !memcmp(names[i], said->data, said->size)) {
      *out = (enum orient)i;
      return true;
    }
  const struct json *input = json_new_text(d->arena, said->data, said->size);
  return input &&
         offence_at(d, input, &at, "literal_error",
                    "{\"expected\":\"'columns', 'index', 'records', 'split' or "
                    "'values'\"}",
                    "Input should be 'columns', 'index', 'records', 'split' or "
                    "'values'");
}

// A list where columns are expected is read for what it holds, as pandas does.
static bool read_columns(struct table *t, const struct json *j)
{
  if (j->kind != JSON_LIST)
    return read_maps(t, j, true);
  const struct list *l = j->as.list;
  bool rows = l->count && l->items[0].json->kind == JSON_LIST;
  return read_lists(t, j, rows ? JSON_LIST : JSON_MAP);
}

bool adapt_table(struct decode *d, uint32_t type, const struct adapt_input *in,
                 value *out)
{
  enum orient orient;
  struct table t = {.d = d, .arena = d->arena};
  t.columns = map_new(d->arena, 0);
  t.rows = map_new(d->arena, 0);
  if (!t.columns || !t.rows || !find_orient(d, in, &orient))
    return false;
  const struct json *j = json_parse(d, in->body, in->size, &adapt_body);
  if (!j)
    return false;
  bool ok = orient == COLUMNS   ? read_columns(&t, j)
            : orient == INDEX   ? read_maps(&t, j, false)
            : orient == RECORDS ? read_lists(&t, j, JSON_MAP)
            : orient == SPLIT   ? read_split(&t, j)
                                : read_lists(&t, j, JSON_LIST);
  const struct json *all = ok ? table_json(&t) : NULL;
  return all && json_convert_input(d, type, all, &adapt_body, out);
}
