// Diagnostics are recorded here; diag_print.c shows them.
#include "grammar/base/diag.h"

#include <stdlib.h>
#include <string.h>

// By number; rows of the list stand in any order, and numbers are not given twice
// (the compiler says so).
static const struct diag_row rows[] = {
#define DIAG(number, name, severity, message, page)                            \
  [number] = {number, #name, severity, message, page},
#include "grammar/defs/diags.def"
#undef DIAG
};

enum { N_ROWS = sizeof rows / sizeof *rows };

const struct diag_row *diag_row(unsigned number)
{
  return number < N_ROWS && rows[number].name ? &rows[number] : NULL;
}

// Equal, where `-` in what was asked for matches `_` of the row.
static bool same_name(const char *asked, const char *name)
{
  for (; *asked && *name; asked++, name++)
    if (*asked != *name && !(*asked == '-' && *name == '_'))
      return false;
  return *asked == *name;
}

const struct diag_row *diag_row_named(const char *name)
{
  for (size_t i = 0; i < N_ROWS; i++)
    if (rows[i].name && same_name(name, rows[i].name))
      return &rows[i];
  return NULL;
}

static void keep(struct diags *d, struct diag *r)
{
  if (r->severity == SEVERITY_WARNING && d->off && d->off[r->id])
    return;
  if (r->severity == SEVERITY_WARNING && d->warnings_as_errors)
    r->severity = SEVERITY_ERROR;
  d->errors += r->severity == SEVERITY_ERROR;
  d->warnings += r->severity == SEVERITY_WARNING;
  r->order = d->count++;
  if (d->limit && r->order >= d->limit)
    return;
  *(d->last ? &d->last->next : &d->first) = r;
  d->last = r;
}

static const char *printed(struct arena *a, const char *format, va_list args)
{
  struct buf b = {.arena = a};
  buf_addv(&b, format, args);
  return b.data ? b.data : "";
}

struct diag *diag_report(struct diags *d, enum diag_id id, struct span at,
                         const char *format, ...)
{
  const struct diag_row *row = diag_row(id);
  struct diag *r = ARENA_NEW(d->arena, struct diag);
  r->id = id;
  r->severity = row->severity;
  r->span = at;
  r->message = row->message;
  if (format) {
    va_list args;
    va_start(args, format);
    r->message = printed(d->arena, format, args);
    va_end(args);
  }
  keep(d, r);
  return r;
}

struct diag *diag_note(struct diags *d, struct diag *on, struct span at,
                       const char *format, ...)
{
  struct diag_note *n = ARENA_NEW(d->arena, struct diag_note);
  va_list args;
  va_start(args, format);
  n->span = at;
  n->text = printed(d->arena, format, args);
  va_end(args);
  struct diag_note **end = &on->notes;
  while (*end)
    end = &(*end)->next;
  *end = n;
  return on;
}

struct diag *diag_hint(struct diags *d, struct diag *on, const char *format,
                       ...)
{
  va_list args;
  va_start(args, format);
  on->hint = printed(d->arena, format, args);
  va_end(args);
  return on;
}
