// The marks of documentation, in Markdown and in HTML.
#include "compiler/doc_parts.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

// ------------------------------------------------------------------- headings

static const char *slug(struct doc *d, const char *kind, const char *name)
{
  struct buf out = {.arena = d->arena};
  buf_addf(&out, "%s-", kind);
  for (const char *p = name; *p; p++) {
    bool plain = isalnum((unsigned char)*p) || *p == '_';
    if (plain)
      buf_addc(&out, *p);
    else if (out.data[out.size - 1] != '-')
      buf_addc(&out, '-');
  }
  if (out.data[out.size - 1] == '-')
    out.data[--out.size] = 0;
  return out.data;
}

static uintptr_t *wanted(struct doc *d, const char *id)
{
  return (uintptr_t *)table_at(d->arena, &d->ids, atom_of_text(&d->c->atoms, id));
}

static const char *new_id(struct doc *d, const char *kind, const char *name)
{
  const char *plain = slug(d, kind, name), *id = plain;
  uintptr_t n = 1;
  while ((*wanted(d, id))++)
    id = arena_printf(d->arena, "%s-%u", plain, (unsigned)++n);
  return id;
}

static void code_span(struct buf *out, const char *text)
{
  const char *mark = strchr(text, '`') ? "``" : "`";
  const char *space = text[0] == '`' || (*text && text[strlen(text) - 1] == '`') ? " " : "";
  buf_addf(out, "%s%s%s%s%s", mark, space, text, space, mark);
}

void doc_heading(struct doc *d, int level, const char *kind, const char *name,
                 const char *title, bool code)
{
  struct doc_entry *e = ARENA_NEW(d->arena, struct doc_entry);
  *e = (struct doc_entry){level, new_id(d, kind, name), name, NULL};
  *d->last = e;
  d->last = &e->next;
  if (!d->html) {
    buf_addf(d->out, "%s%.*s ", d->out->size ? "\n" : "", level, "####");
    if (code)
      code_span(d->out, title);
    else
      buf_adds(d->out, title);
    buf_adds(d->out, "\n");
    return;
  }
  buf_addf(d->out, "<h%d id=\"%s\">%s", level, e->id, code ? "<code>" : "");
  doc_escape(d->out, title, strlen(title));
  buf_addf(d->out, "%s</h%d>\n", code ? "</code>" : "", level);
}

// ----------------------------------------------------------------- paragraphs

void doc_prose(struct doc *d, const char *text)
{
  if (!text || !*text)
    return;
  if (d->html)
    doc_markdown(d->out, text);
  else
    buf_addf(d->out, "\n%s\n", text);
}

void doc_line(struct doc *d, const char *text)
{
  if (!d->html) {
    buf_addf(d->out, "\n%s\n", text);
    return;
  }
  buf_adds(d->out, "<p>");
  doc_inline(d->out, text, strlen(text));
  buf_adds(d->out, "</p>\n");
}

// How many backticks no line of the text begins with.
static int fence_of(const char *text)
{
  int most = 2, n = 0;
  for (; *text; text++) {
    n = *text == '`' ? n + 1 : 0;
    most = n > most ? n : most;
  }
  return most + 1;
}

void doc_code(struct doc *d, const char *text)
{
  if (d->html) {
    buf_adds(d->out, "<pre><code>");
    doc_escape(d->out, text, strlen(text));
    buf_adds(d->out, "</code></pre>\n");
    return;
  }
  struct buf fence = {.arena = d->arena};
  for (int n = fence_of(text); n; n--)
    buf_addc(&fence, '`');
  buf_addf(d->out, "\n%ssg\n%s\n%s\n", fence.data, text, fence.data);
}

void doc_picture(struct doc *d, const char *dot, size_t size)
{
  struct buf svg = {.arena = d->arena};
  if (!d->html || !doc_svg(dot, size, &svg))
    return;
  buf_adds(d->out, "<figure>");
  buf_add(d->out, svg.data, svg.size);
  buf_adds(d->out, "</figure>\n");
}

// --------------------------------------------------------------------- tables

void doc_table(struct doc *d, const char *const *heads)
{
  buf_adds(d->out, d->html ? "<table>\n<tr>" : "\n|");
  for (int i = 0; heads[i]; i++)
    buf_addf(d->out, d->html ? "<th>%s</th>" : " %s |", heads[i]);
  buf_adds(d->out, d->html ? "</tr>\n" : "\n|");
  for (int i = 0; heads[i] && !d->html; i++)
    buf_adds(d->out, "---|");
  if (!d->html)
    buf_addc(d->out, '\n');
}

void doc_row(struct doc *d)
{
  buf_adds(d->out, d->html ? "<tr>" : "|");
}

// Text that is no Markdown, as Markdown. A table's cell has one line, and no `|`,
// in code neither.
static const char *flat(struct doc *d, const char *text, bool code)
{
  struct buf out = {.arena = d->arena};
  buf_reserve(&out, 1);
  out.data[0] = 0;
  for (; *text; text++) {
    if (*text == '|' || (!code && strchr("\\<*_`[", *text)))
      buf_addc(&out, '\\');
    buf_addc(&out, *text == '\n' ? ' ' : *text);
  }
  return out.data;
}

// Markdown in a cell.
static const char *one_line(struct doc *d, const char *text)
{
  char *copy = arena_copy(d->arena, text, strlen(text));
  for (char *p = copy; *p; p++)
    if (*p == '\n' || *p == '|')
      *p = *p == '|' ? '/' : ' ';
  return copy;
}

static bool is_declared(struct doc *d, const char *name, size_t size)
{
  return *table_at(d->arena, &d->types, atom_of(&d->c->atoms, name, size));
}

// A type whose names lead to where they are declared.
static void linked(struct doc *d, const char *text)
{
  while (*text) {
    size_t n = 0;
    bool inside = *text == '"';
    for (n = inside; text[n] && inside && text[n] != '"';)
      n++;
    n += inside && text[n];
    while (!inside && (isalnum((unsigned char)text[n]) || text[n] == '_'))
      n++;
    bool link = !inside && n && is_declared(d, text, n);
    if (link)
      buf_addf(d->out, "<a href=\"#type-%.*s\">", (int)n, text);
    doc_escape(d->out, text, n ? n : 1);
    if (link)
      buf_adds(d->out, "</a>");
    text += n ? n : 1;
  }
}

void doc_point(struct doc *d, const char *text)
{
  if (!d->html) {
    buf_addf(d->out, "- %s\n", flat(d, text, false));
    return;
  }
  buf_adds(d->out, "<p class=\"point\">");
  doc_escape(d->out, text, strlen(text));
  buf_adds(d->out, "</p>\n");
}

void doc_cell(struct doc *d, enum doc_cell as, const char *text)
{
  bool empty = !text || !*text;
  if (!d->html) {
    buf_addc(d->out, ' ');
    if (!empty && as == DOC_TEXT)
      buf_adds(d->out, flat(d, text, false));
    else if (!empty && as == DOC_PROSE)
      buf_adds(d->out, one_line(d, text));
    else if (!empty)
      code_span(d->out, flat(d, text, true));
    buf_adds(d->out, " |");
    return;
  }
  bool code = !empty && (as == DOC_CODE || as == DOC_TYPE);
  buf_adds(d->out, code ? "<td><code>" : "<td>");
  if (!empty && as == DOC_TYPE)
    linked(d, text);
  else if (!empty && as == DOC_PROSE)
    doc_inline(d->out, text, strlen(text));
  else if (!empty)
    doc_escape(d->out, text, strlen(text));
  buf_adds(d->out, code ? "</code></td>" : "</td>");
}

void doc_row_end(struct doc *d)
{
  buf_adds(d->out, d->html ? "</tr>\n" : "\n");
}

void doc_table_end(struct doc *d)
{
  if (d->html)
    buf_adds(d->out, "</table>\n");
}
