// CSV as RFC 4180 has it: a list of lists, tuples or records (whose names are
// the first line), or a table { columns, rows }.
#include "runtime/net/answer.h"

#include <string.h>

struct csv {
  const struct plan *plan;
  struct buf *out;
};

static void write_cell(const struct csv *c, const char *data, size_t size)
{
  bool plain = true;
  for (size_t i = 0; i < size && plain; i++)
    plain = !strchr(",\"\r\n", data[i]) || !data[i];
  if (plain) {
    buf_add(c->out, data, size);
    return;
  }
  buf_addc(c->out, '"');
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '"')
      buf_addc(c->out, '"');
    buf_addc(c->out, data[i]);
  }
  buf_addc(c->out, '"');
}

static bool is_empty(const struct csv *c, uint32_t type, value v)
{
  enum type_kind kind = (enum type_kind)c->plan->types[type].kind;
  return kind == TYPE_none || (kind == TYPE_optional && !v.box) ||
         (kind == TYPE_json && v.json->kind == JSON_NULL);
}

static void write_value(const struct csv *c, uint32_t type, value v)
{
  struct buf cell = {0};
  type = c->plan->types[type].base;
  if (is_empty(c, type, v))
    return;
  value_text(c->plan, type, v, &cell);
  if (cell.failed)
    c->out->failed = true;
  else if (cell.size)
    write_cell(c, cell.data, cell.size);
  buf_free(&cell);
}

static void separate(const struct csv *c, uint32_t i)
{
  if (i)
    buf_addc(c->out, ',');
}

static void write_list(const struct csv *c, uint32_t element,
                       const struct list *l)
{
  for (uint32_t i = 0; i < l->count; i++) {
    separate(c, i);
    write_value(c, element, l->items[i]);
  }
  buf_adds(c->out, "\r\n");
}

static void write_parts(const struct csv *c, struct plan_run fields,
                        const value *parts)
{
  for (uint32_t i = 0; i < fields.count; i++) {
    separate(c, i);
    write_value(c, c->plan->fields[fields.first + i].type, parts[i]);
  }
  buf_adds(c->out, "\r\n");
}

static void write_names(const struct csv *c, struct plan_run fields)
{
  for (uint32_t i = 0; i < fields.count; i++) {
    struct plan_text name = c->plan->fields[fields.first + i].name;
    separate(c, i);
    write_cell(c, plan_str(c->plan, name), name.size);
  }
  buf_adds(c->out, "\r\n");
}

static bool write_rows(const struct csv *c, uint32_t type, const struct list *l)
{
  const struct plan_type *row = &c->plan->types[c->plan->types[type].base];
  if (row->kind == TYPE_record)
    write_names(c, row->fields);
  else if (row->kind != TYPE_tuple && row->kind != TYPE_list)
    return false;
  for (uint32_t i = 0; i < l->count; i++)
    if (row->kind == TYPE_list)
      write_list(c, row->of, l->items[i].list);
    else
      write_parts(c, row->fields, l->items[i].parts);
  return true;
}

static bool is_field(const struct plan *p, struct plan_run fields, uint32_t i,
                     const char *name)
{
  return !strcmp(plan_str(p, p->fields[fields.first + i].name), name);
}

static bool write_table(const struct csv *c, const struct plan_type *t, value v)
{
  const struct plan *p = c->plan;
  if (t->kind != TYPE_record || t->fields.count != 2 ||
      !is_field(p, t->fields, 0, "columns") ||
      !is_field(p, t->fields, 1, "rows"))
    return false;
  uint32_t columns = p->types[p->fields[t->fields.first].type].base;
  uint32_t rows = p->types[p->fields[t->fields.first + 1].type].base;
  if (p->types[columns].kind != TYPE_list || p->types[rows].kind != TYPE_list)
    return false;
  write_list(c, p->types[columns].of, v.parts[0].list);
  return write_rows(c, p->types[rows].of, v.parts[1].list);
}

bool csv_write(const struct plan *p, uint32_t type, value v, struct buf *out)
{
  struct csv c = {p, out};
  const struct plan_type *t = &p->types[p->types[type].base];
  if (t->kind == TYPE_list)
    return write_rows(&c, t->of, v.list);
  return write_table(&c, t, v);
}
