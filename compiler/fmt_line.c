// Lines: each gets its indentation, and is broken while it is too long.
#include "compiler/fmt_parts.h"

static int group_indent(const struct fmt *f, int open)
{
  const struct piece *p = &f->at[open];
  return (int)(p->w->block ? f->at[p->item].indent : p->indent);
}

// What a comment stands before decides where it stands.
static bool is_at_item(const struct fmt *f, int i)
{
  int up = f->at[i].up;
  while (i < f->n && f->at[i].comment)
    i++;
  return i == f->n || f->at[i].up != up || fmt_closes(&f->at[i]) ||
         fmt_begins_item(f, i) || fmt_is_block_else(f, i);
}

uint32_t fmt_indent(const struct fmt *f, int i)
{
  const struct piece *p = &f->at[i];
  if (fmt_closes(p))
    return (uint32_t)group_indent(f, p->mate);
  int base = p->up < 0 ? 0 : group_indent(f, p->up) + FMT_INDENT;
  return (uint32_t)(is_at_item(f, i) ? base : base + FMT_INDENT);
}

uint32_t fmt_width(const struct fmt *f, int from, int to)
{
  uint32_t n = 0;
  for (int i = from; i < to; i++)
    n += f->at[i].width + (i > from && f->at[i].space);
  return n;
}

static int line_end(const struct fmt *f, int start)
{
  int end = start + 1;
  while (end < f->n && !f->at[end].brk)
    end++;
  return end;
}

// Without the comments at its end.
static int code_end(const struct fmt *f, int start, int end)
{
  while (end > start && f->at[end - 1].comment)
    end--;
  return end;
}

static bool has_lines(const struct fmt *f, int start, int end)
{
  for (int i = start; i < end; i++)
    if (f->at[i].lines)
      return true;
  return false;
}

static int indent_line(struct fmt *f, int start)
{
  int end = line_end(f, start);
  uint32_t indent = fmt_indent(f, start);
  for (int i = start; i < end; i++)
    f->at[i].indent = indent;
  return end;
}

void fmt_lines(struct fmt *f)
{
  for (int start = 0; start < f->n;) {
    int end = indent_line(f, start);
    uint32_t most = f->at[start].made ? FMT_WIDTH : FMT_TOLERANCE;
    int code = code_end(f, start, end);
    while (!has_lines(f, start, code) &&
           f->at[start].indent + fmt_width(f, start, code) > most &&
           fmt_break_line(f, start, code)) {
      end = line_end(f, start);
      code = code_end(f, start, end);
      most = FMT_WIDTH;
    }
    start = end;
  }
}
