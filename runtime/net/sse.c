// Enters: pieces of a stream. Leaves: server-sent events, as the HTML standard
// has them (9.2). What would end a line where none may end is refused, so that
// no value says more than it is.
#include "runtime/net/answer_parts.h"

#include <string.h>

static bool is_text(const struct plan *p, uint32_t type)
{
  enum type_kind kind = service_kind(p, type);
  return kind == TYPE_str || kind == TYPE_bytes;
}

// ---- which records are events ----
static const char *const names[SSE_FIELDS] = {"event", "id", "retry", "data"};

static int number_of(const struct plan *p, const struct plan_field *f)
{
  for (int i = 0; i < SSE_FIELDS; i++)
    if (!strcmp(plan_str(p, f->name), names[i]))
      return i;
  return -1;
}

static uint32_t unwrapped(const struct plan *p, uint32_t type)
{
  const struct plan_type *t = &p->types[p->types[type].base];
  return t->kind == TYPE_optional ? t->of : type;
}

static bool suits(const struct plan *p, int field, uint32_t type)
{
  enum type_kind kind = service_kind(p, unwrapped(p, type));
  switch (field) {
  case SSE_EVENT:
    return kind == TYPE_str;
  case SSE_ID:
    return kind == TYPE_str || kind == TYPE_int;
  case SSE_RETRY:
    return kind == TYPE_duration || kind == TYPE_int;
  default:
    return true;
  }
}

void sse_open(struct sse *s, const struct plan *p, uint32_t type)
{
  const struct plan_type *t = &p->types[p->types[type].base];
  *s = (struct sse){.plan = p, .type = type};
  if (t->kind != TYPE_record || t->fields.count < 2 ||
      t->fields.count > SSE_FIELDS)
    return;
  for (uint32_t i = 0; i < t->fields.count; i++) {
    const struct plan_field *f = &p->fields[t->fields.first + i];
    int field = number_of(p, f);
    if (field < 0 || !suits(p, field, f->type))
      return;
    s->types[field] = f->type;
    s->at[field] = (uint8_t)(i + 1);
  }
  s->named = s->at[SSE_DATA];
}

// ---- fields ----

// A line ends in CR LF, LF or CR, and each is a line of the same event.
static void write_lines(const char *data, size_t size, struct buf *out)
{
  for (const char *at = data, *end = data + size; at <= end;) {
    const char *stop = at;
    while (stop < end && *stop != '\n' && *stop != '\r')
      stop++;
    buf_adds(out, "data: ");
    buf_add(out, at, (size_t)(stop - at));
    buf_addc(out, '\n');
    at = stop + (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n') + 1;
  }
}

static const char *write_data(const struct plan *p, uint32_t type, value v,
                              struct buf *out)
{
  if (is_text(p, type)) {
    write_lines(v.text->data, v.text->size, out);
    return NULL;
  }
  buf_adds(out, "data: ");
  if (!json_encode(p, type, v, out))
    return "a piece holds a number that is not finite";
  buf_addc(out, '\n');
  return NULL;
}

static const char *write_name(const char *name, const struct text *t,
                              struct buf *out)
{
  for (uint32_t i = 0; i < t->size; i++)
    if (t->data[i] == '\n' || t->data[i] == '\r' || !t->data[i])
      return "the `event` or `id` of an event holds a line end or NUL";
  buf_addf(out, "%s: ", name);
  buf_add(out, t->data, t->size);
  buf_addc(out, '\n');
  return NULL;
}

static const char *write_number(const char *name, int64_t n, struct buf *out)
{
  buf_addf(out, "%s: %lld\n", name, (long long)n);
  return NULL;
}

static const char *write_field(const struct plan *p, int field, uint32_t type,
                               value v, struct buf *out)
{
  enum type_kind kind = service_kind(p, type);
  if (field == SSE_DATA)
    return write_data(p, type, v, out);
  if (kind == TYPE_str)
    return write_name(names[field], v.text, out);
  if (field == SSE_RETRY && v.i < 0)
    return "the `retry` of an event is less than 0";
  return write_number(names[field], kind == TYPE_duration ? v.i / 1000000 : v.i,
                      out);
}

// `none` is a field that is not sent.
static const char *write_part(const struct sse *s, int field, value v,
                              struct buf *out)
{
  uint32_t type = s->types[field];
  uint32_t of = unwrapped(s->plan, type);
  if (of != type && !v.box)
    return NULL;
  return write_field(s->plan, field, of, of != type ? *v.box : v, out);
}

const char *sse_write(const struct sse *s, value v, struct buf *out)
{
  const char *why = NULL;
  if (!s->named)
    why = write_data(s->plan, s->type, v, out);
  for (int i = 0; s->named && !why && i < SSE_FIELDS; i++)
    if (s->at[i])
      why = write_part(s, i, v.parts[s->at[i] - 1], out);
  buf_addc(out, '\n');
  return why;
}
