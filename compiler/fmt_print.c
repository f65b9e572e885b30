// The text of the pieces. Two things are put into columns: comments behind code
// on lines that follow each other, and the paths of routes that do.
//
// A column that the author chose stays while there is room for it.
#include "compiler/fmt_parts.h"

#include "grammar/base/utf8.h"

#include <string.h>

enum { GAP = 2, WIDEST_GAP = 40 }; // before a comment behind code

struct line {
  int start, end;   // pieces
  int comment;      // the one in a column, -1: none
  uint32_t was;     // its column in the source
  uint32_t column;  // where it goes
  uint32_t width;   // of what stands before it
  uint32_t pad;     // blanks behind a route's method
};

struct lines {
  const struct fmt *f;
  struct line *at;
  int n;
};

// --------------------------------------------------------------------- lines

// Whether the author put a comment into a column, and not just behind the code.
static bool was_placed(const struct fmt *f, int i)
{
  return !i || f->at[i].w->lines ||
         f->at[i].w->span.start - f->at[i - 1].w->span.end >= GAP;
}

static uint32_t source_column(const struct fmt *f, int i)
{
  const char *text = f->source->text;
  uint32_t at = f->at[i].w->span.start, from = at;
  while (from && text[from - 1] != '\n')
    from--;
  return (uint32_t)utf8_length(text + from, at - from);
}

static bool is_line_comment(const struct piece *p)
{
  return p->w->kind == WORD_COMMENT || p->w->kind == WORD_DOC;
}

static bool has_lines(const struct fmt *f, const struct line *l)
{
  for (int i = l->start; i < l->end; i++)
    if (f->at[i].lines)
      return true;
  return false;
}

static void find_lines(struct lines *s)
{
  const struct fmt *f = s->f;
  s->at = ARENA_ARRAY(f->arena, (size_t)f->n, struct line);
  for (int start = 0, end; start < f->n; start = end) {
    for (end = start + 1; end < f->n && !f->at[end].brk;)
      end++;
    struct line *l = &s->at[s->n++];
    *l = (struct line){.start = start, .end = end, .comment = -1};
    if (is_line_comment(&f->at[end - 1]) && !has_lines(f, l))
      l->comment = end - 1;
    if (l->comment >= 0)
      l->was = source_column(f, l->comment);
  }
}

// ------------------------------------------------------------------- columns

static bool is_route(const struct fmt *f, const struct line *l)
{
  return l->end - l->start > 3 && fmt_is(&f->at[l->start], "route") &&
         f->at[l->start].item == l->start &&
         f->at[l->start + 1].w->kind == WORD_NAME &&
         f->at[l->start + 2].w->kind == WORD_STRING;
}

static void pad_routes(struct lines *s, int from, int to)
{
  const struct fmt *f = s->f;
  uint32_t widest = 0;
  for (int i = from; i < to; i++)
    if (f->at[s->at[i].start + 1].width > widest)
      widest = f->at[s->at[i].start + 1].width;
  for (int i = from; i < to; i++)
    s->at[i].pad = widest - f->at[s->at[i].start + 1].width;
}

static void align_routes(struct lines *s)
{
  for (int i = 0, end; i < s->n; i = end) {
    for (end = i; end < s->n && is_route(s->f, &s->at[end]) &&
                  (end == i || !s->f->at[s->at[end].start].blank);)
      end++;
    if (end > i)
      pad_routes(s, i, end);
    else
      end = i + 1;
  }
}

static void measure(struct lines *s)
{
  for (int i = 0; i < s->n; i++) {
    struct line *l = &s->at[i];
    if (l->comment > l->start)
      l->width = s->f->at[l->start].indent + l->pad +
                 fmt_width(s->f, l->start, l->comment);
  }
}

// A line whose comment stands in one column with the one above: it has code, or
// it goes on with what that one says.
static bool is_in_column(const struct lines *s, int i, bool first)
{
  const struct line *l = &s->at[i];
  const struct piece *p = &s->f->at[l->start];
  if (l->comment < 0 || (!first && p->blank))
    return false;
  if (l->comment > l->start)
    return true;
  return !first && p->w->kind == WORD_COMMENT && l->was == s->at[i - 1].was;
}

static void set_column(struct lines *s, int from, int to)
{
  uint32_t widest = 0, was = s->at[from].was;
  bool same = true, placed = false;
  for (int i = from; i < to; i++) {
    same &= s->at[i].was == was;
    placed |= was_placed(s->f, s->at[i].comment);
    if (s->at[i].width > widest)
      widest = s->at[i].width;
  }
  bool stays = same && placed && was >= widest + GAP && was <= widest + WIDEST_GAP;
  for (int i = from; i < to; i++)
    s->at[i].column = stays ? was : widest + GAP;
}

static void align_comments(struct lines *s)
{
  for (int i = 0, end; i < s->n; i = end) {
    for (end = i; end < s->n && is_in_column(s, end, end == i);)
      end++;
    if (end > i)
      set_column(s, i, end);
    else
      end = i + 1;
  }
}

// -------------------------------------------------------------------- writing

static void blanks(struct buf *out, uint32_t n)
{
  for (; n; n--)
    buf_addc(out, ' ');
}

static size_t blanks_at(const char *text, size_t size)
{
  size_t n = 0;
  while (n < size && text[n] == ' ')
    n++;
  return n;
}

// A comment of several lines, which keep their places beside the first.
static void put_comment(const struct piece *p, long shift, struct buf *out)
{
  const char *at = p->text, *end = p->text + p->size;
  for (bool first = true; at < end; first = false) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    size_t size = (size_t)((stop ? stop : end) - at);
    while (size && strchr(" \t\r", at[size - 1]))
      size--;
    if (!first && size && at[0] != '\t') {
      long n = (long)blanks_at(at, size);
      at += n;
      size -= (size_t)n;
      blanks(out, n + shift > 0 ? (uint32_t)(n + shift) : 0);
    }
    buf_add(out, at, size);
    if (stop)
      buf_addc(out, '\n');
    at = stop ? stop + 1 : end;
  }
}

static long column_of(const struct buf *out)
{
  const char *line = out->size ? memrchr(out->data, '\n', out->size) : NULL;
  size_t from = line ? (size_t)(line + 1 - out->data) : 0;
  return out->size ? (long)utf8_length(out->data + from, out->size - from) : 0;
}

static void put_piece(const struct fmt *f, int i, struct buf *out)
{
  const struct piece *p = &f->at[i];
  if (p->w->kind == WORD_BLOCK_COMMENT && p->lines)
    put_comment(p, column_of(out) - (long)source_column(f, i), out);
  else
    buf_add(out, p->text, p->size);
}

static void put_line(const struct fmt *f, const struct line *l, struct buf *out)
{
  uint32_t indent = f->at[l->start].indent;
  if (f->at[l->start].blank)
    buf_addc(out, '\n');
  if (l->column && l->comment == l->start)
    indent = l->column;
  blanks(out, indent);
  for (int i = l->start; i < l->end; i++) {
    if (i == l->comment && i > l->start)
      blanks(out, l->column - l->width);
    else if (i > l->start && is_line_comment(&f->at[i]))
      blanks(out, GAP);
    else if (i > l->start && f->at[i].space)
      buf_addc(out, ' ');
    if (i == l->start + 2)
      blanks(out, l->pad);
    put_piece(f, i, out);
  }
  buf_addc(out, '\n');
}

void fmt_print(const struct fmt *f, struct buf *out)
{
  struct lines s = {.f = f};
  find_lines(&s);
  align_routes(&s);
  measure(&s);
  align_comments(&s);
  for (int i = 0; i < s.n; i++)
    put_line(f, &s.at[i], out);
}
