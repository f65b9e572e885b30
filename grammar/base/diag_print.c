// Diagnostics in their three forms: for people (with the source's lines), for
// programs (JSON, one object a line), and for GitHub's annotations.
#include "grammar/base/diag.h"
#include "grammar/base/json_text.h"
#include "grammar/base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

// A line longer than this many bytes is shown in part, around what is marked.
enum { WIDEST = 160, BEFORE = 60, TAB = 4 };

static const char *const severity_words[] = {"note", "warning", "error"};

struct printer {
  const struct source *sources;
  size_t n_sources;
  bool colour;
  struct buf *out;
  struct arena *arena;
  struct source_lines *lines; // a source each
};

static const struct source *source_of(const struct printer *p, struct span at)
{
  return at.file < p->n_sources ? &p->sources[at.file] : NULL;
}

static void find_place(const struct printer *p, const struct source *s,
                       uint32_t offset, uint32_t *line, uint32_t *column)
{
  struct source_lines *l = &p->lines[s - p->sources];
  if (l->source || source_lines_make(p->arena, s, l))
    source_lines_find(l, offset, line, column);
  else
    source_place(s, offset, line, column);
}

static void add_name(struct buf *out, const char *name)
{
  for (; *name; name++)
    buf_addc(out, *name == '_' ? '-' : *name);
}

// ------------------------------------------------------------------- people

static void colour(const struct printer *p, const char *code)
{
  if (p->colour)
    buf_addf(p->out, "\033[%sm", code);
}

static const char *severity_colour(enum severity s)
{
  return s == SEVERITY_ERROR ? "1;31" : s == SEVERITY_WARNING ? "1;35" : "1;36";
}

// Text of a message: what would move a terminal's cursor is shown harmlessly.
static void add_plain(struct buf *out, const char *text)
{
  for (; *text; text++)
    buf_addc(out, ((unsigned char)*text < 0x20 || *text == 0x7f) ? '?' : *text);
}

// The part of a line that is shown.
struct window {
  size_t start, end;
  bool cut_before, cut_behind;
};

static bool inside_code_point(const char *text, size_t at)
{
  return (text[at] & 0xC0) == 0x80;
}

static struct window window_at(const struct source *s, size_t offset)
{
  size_t start = offset, end = offset;
  while (start > 0 && offset - start <= WIDEST && s->text[start - 1] != '\n')
    start--;
  while (end < s->size && end - offset <= WIDEST && s->text[end] != '\n')
    end++;
  if (end > start && s->text[end - 1] == '\r')
    end--;
  struct window w = {start, end, false, false};
  if (end - start <= WIDEST)
    return w;
  if (offset - start > BEFORE) {
    w.start = offset - BEFORE;
    while (w.start < offset && inside_code_point(s->text, w.start))
      w.start++;
    w.cut_before = true;
  }
  if (end - w.start > WIDEST) {
    w.end = w.start + WIDEST;
    while (w.end > w.start && inside_code_point(s->text, w.end))
      w.end--;
    w.cut_behind = true;
  }
  return w;
}

// One code point of the source as it is shown; its bytes and its columns.
static unsigned add_cell(struct buf *out, const char *text, size_t size,
                         int *columns)
{
  uint32_t code;
  unsigned n = utf8_decode(text, size, &code);
  if (*text == '\t') {
    buf_addf(out, "%*s", TAB, "");
    *columns = TAB;
    return 1;
  }
  if (!n || code < 0x20 || (code >= 0x7F && code < 0xA0) ||
      (code >= 0x202A && code <= 0x202E) ||
      (code >= 0x2066 && code <= 0x2069)) {
    buf_adds(out, "\xEF\xBF\xBD");
    *columns = 1;
    return n ? n : 1;
  }
  buf_add(out, text, n);
  *columns = utf8proc_charwidth((utf8proc_int32_t)code);
  return n;
}

// The line that holds the start of `at`, and a line of marks below it.
static void add_excerpt(const struct printer *p, const struct source *s,
                        struct span at, char mark, const char *code)
{
  uint32_t line, column;
  find_place(p, s, at.start, &line, &column);
  struct window w = window_at(s, at.start < s->size ? at.start : s->size);
  struct buf marks = {0};
  bool marked = false;
  buf_addf(p->out, "%5u | %s", line, w.cut_before ? "..." : "");
  buf_adds(&marks, w.cut_before ? "   " : "");
  for (size_t i = w.start; i < w.end;) {
    int columns = 0;
    bool on = i >= at.start && (i < at.end || i == at.start);
    i += add_cell(p->out, s->text + i, w.end - i, &columns);
    if (on && !columns && !marked)
      columns = 1;
    if (i > at.end && marked)
      continue;
    for (; columns-- > 0; marked |= on)
      buf_addc(&marks, on ? mark : ' ');
  }
  if (!marked)
    buf_addc(&marks, mark);
  buf_addf(p->out, "%s\n      | ", w.cut_behind ? "..." : "");
  colour(p, code);
  buf_adds(p->out, marks.data);
  colour(p, "0");
  buf_addc(p->out, '\n');
  buf_free(&marks);
}

static void add_place(const struct printer *p, struct span at)
{
  const struct source *s = source_of(p, at);
  if (!s)
    return;
  uint32_t line, column;
  find_place(p, s, at.start, &line, &column);
  colour(p, "1");
  add_plain(p->out, s->path);
  buf_addf(p->out, ":%u:%u: ", line, column);
  colour(p, "0");
}

static void add_heading(const struct printer *p, struct span at,
                        enum severity severity, const char *text)
{
  add_place(p, at);
  colour(p, severity_colour(severity));
  buf_adds(p->out, severity_words[severity]);
  colour(p, "0");
  buf_adds(p->out, ": ");
  add_plain(p->out, text);
}

static void print_human(const struct printer *p, const struct diag *d)
{
  add_heading(p, d->span, d->severity, d->message);
  buf_addf(p->out, " [SG%04u ", d->id);
  add_name(p->out, diag_row(d->id)->name);
  buf_adds(p->out, "]\n");
  const struct source *s = source_of(p, d->span);
  if (s)
    add_excerpt(p, s, d->span, '^', severity_colour(d->severity));
  for (const struct diag_note *n = d->notes; n; n = n->next) {
    add_heading(p, n->span, SEVERITY_NOTE, n->text);
    buf_addc(p->out, '\n');
    if ((s = source_of(p, n->span)))
      add_excerpt(p, s, n->span, '~', severity_colour(SEVERITY_NOTE));
  }
  if (d->hint) {
    colour(p, "1;32");
    buf_adds(p->out, "      hint: ");
    colour(p, "0");
    add_plain(p->out, d->hint);
    buf_addc(p->out, '\n');
  }
}

// ----------------------------------------------------------------- programs

// A path may be any bytes.
static void add_json_text(struct buf *out, const char *text)
{
  size_t left = strlen(text), good;
  buf_addc(out, '"');
  while ((good = utf8_check(text, left)) < left) {
    json_escape(text, good, out);
    buf_adds(out, "\\ufffd");
    text += good + 1;
    left -= good + 1;
  }
  json_escape(text, left, out);
  buf_addc(out, '"');
}

static void add_json_place(const struct printer *p, struct span at)
{
  const struct source *s = source_of(p, at);
  if (!s)
    return;
  uint32_t line, column, end_line, end_column;
  find_place(p, s, at.start, &line, &column);
  find_place(p, s, at.end, &end_line, &end_column);
  buf_adds(p->out, "\"file\":");
  add_json_text(p->out, s->path);
  buf_addf(p->out,
           ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u,"
           "\"start\":%u,\"end\":%u,",
           line, column, end_line, end_column, at.start, at.end);
}

static void print_json(const struct printer *p, const struct diag *d)
{
  buf_addf(p->out, "{\"id\":\"SG%04u\",\"name\":\"", d->id);
  add_name(p->out, diag_row(d->id)->name);
  buf_addf(p->out, "\",\"severity\":\"%s\",", severity_words[d->severity]);
  add_json_place(p, d->span);
  buf_adds(p->out, "\"message\":");
  add_json_text(p->out, d->message);
  if (d->hint) {
    buf_adds(p->out, ",\"hint\":");
    add_json_text(p->out, d->hint);
  }
  buf_adds(p->out, ",\"notes\":[");
  for (const struct diag_note *n = d->notes; n; n = n->next) {
    buf_adds(p->out, n == d->notes ? "{" : ",{");
    add_json_place(p, n->span);
    buf_adds(p->out, "\"message\":");
    add_json_text(p->out, n->text);
    buf_addc(p->out, '}');
  }
  buf_adds(p->out, "]}\n");
}

// ------------------------------------------------------------------- GitHub

static void add_github(struct buf *out, const char *text, const char *escaped)
{
  for (; *text; text++)
    if (*text == '\n' || *text == '\r' || strchr(escaped, *text))
      buf_addf(out, "%%%02X", (unsigned char)*text);
    else
      buf_addc(out, *text);
}

static void print_github(const struct printer *p, const struct diag *d)
{
  static const char *const levels[] = {"notice", "warning", "error"};
  buf_addf(p->out, "::%s ", levels[d->severity]);
  const struct source *s = source_of(p, d->span);
  if (s) {
    uint32_t line, column;
    find_place(p, s, d->span.start, &line, &column);
    buf_adds(p->out, "file=");
    add_github(p->out, s->path, "%:,");
    buf_addf(p->out, ",line=%u,col=%u,", line, column);
  }
  buf_addf(p->out, "title=SG%04u::", d->id);
  add_github(p->out, d->message, "%");
  if (d->hint) {
    buf_adds(p->out, "%0A");
    add_github(p->out, d->hint, "%");
  }
  buf_addc(p->out, '\n');
}

// ---------------------------------------------------------------------- all

static int by_place(const void *left, const void *right)
{
  const struct diag *a = *(const struct diag *const *)left;
  const struct diag *b = *(const struct diag *const *)right;
  if (a->span.file != b->span.file)
    return a->span.file < b->span.file ? -1 : 1;
  if (a->span.start != b->span.start)
    return a->span.start < b->span.start ? -1 : 1;
  return a->order < b->order ? -1 : a->order > b->order;
}

void diag_print(const struct diags *d, const struct source *sources,
                size_t n_sources, enum diag_form form, bool coloured,
                struct buf *out)
{
  static void (*const print[])(const struct printer *, const struct diag *) = {
      print_human, print_json, print_github};
  struct arena arena = {0};
  struct printer p = {sources, n_sources, coloured, out, &arena, NULL};
  size_t n = 0;
  for (const struct diag *r = d->first; r; r = r->next)
    n++;
  const struct diag **sorted = ARENA_ARRAY(&arena, n + 1, const struct diag *);
  p.lines = ARENA_ARRAY(&arena, n_sources + 1, struct source_lines);
  if (!sorted || !p.lines) {
    out->failed = true;
    arena_free(&arena);
    return;
  }
  n = 0;
  for (const struct diag *r = d->first; r; r = r->next)
    sorted[n++] = r;
  qsort(sorted, n, sizeof *sorted, by_place);
  for (size_t i = 0; i < n; i++)
    print[form](&p, sorted[i]);
  arena_free(&arena);
}
