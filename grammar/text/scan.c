// What tokens are worth: numbers, quantities, strings, documentation.
#include "grammar/text/parser.h"

#include "grammar/base/utf8.h"
#include "grammar/text/sg.tab.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// -------------------------------------------------------------------- numbers

// The digits without `_`. Long ones are cut: they are too large in any case,
// but for a fraction, where what is cut has no weight.
static size_t plain(const char *text, uint32_t size, char out[64])
{
  size_t n = 0;
  for (uint32_t i = 0; i < size && n < 62; i++)
    if (text[i] != '_')
      out[n++] = text[i];
  out[n] = 0;
  return n;
}

static void too_large(struct parser *p, struct span at, const char *limit)
{
  struct diag *d = diag_report(p->diags, DIAG_number_too_large, at,
                               "this number is too large");
  diag_hint(p->diags, d, "%s", limit);
}

void scan_number(struct parser *p, struct token *t, uint32_t size)
{
  const char *text = p->text + t->span.start;
  bool whole = true;
  uint64_t value = 0;
  bool over = false;
  t->kind = T_INT;
  for (uint32_t i = 0; i < size && whole; i++) {
    if (text[i] == '_')
      continue;
    whole = text[i] >= '0' && text[i] <= '9';
    if (whole)
      over |= __builtin_mul_overflow(value, 10, &value) ||
              __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value);
  }
  if (!whole) {
    char digits[512];
    size_t n = 0;
    for (uint32_t i = 0; i < size && n < sizeof digits - 1; i++)
      if (text[i] != '_')
        digits[n++] = text[i];
    digits[n] = 0;
    t->kind = T_FLOAT;
    t->number = strtod(digits, NULL);
    if (isinf(t->number))
      too_large(p, t->span, "the largest `float` is about 1.8e308");
    return;
  }
  if (over || value > (uint64_t)INT64_MAX + 1) {
    too_large(p, t->span, "the largest `int` is 9223372036854775807");
    value = 0;
  }
  t->integer = (int64_t)value; // 2^63 becomes INT64_MIN: see EXPR_INT's `huge`
}

void scan_percent(struct parser *p, struct token *t, uint32_t size)
{
  char digits[64];
  plain(p->text + t->span.start, size - 1, digits);
  t->number = strtod(digits, NULL) / 100;
}

static const struct unit {
  const char *text;
  int token;
  int64_t worth;
} units[] = {
#define UNIT(text, token, worth) {text, T_##token, worth},
#include "grammar/text/units.def"
#undef UNIT
};

enum { N_UNITS = sizeof units / sizeof *units };

static const struct unit *unit_of(const char *text, size_t size)
{
  for (size_t i = 0; i < N_UNITS; i++)
    if (strlen(units[i].text) == size && !memcmp(units[i].text, text, size))
      return &units[i];
  return NULL;
}

static void unknown_unit(struct parser *p, struct token *t, const char *text,
                         size_t size)
{
  const char *names[N_UNITS];
  char *unit = arena_copy(p->arena, text, size > 20 ? 20 : size);
  struct diag *d = diag_report(p->diags, DIAG_unknown_unit, t->span,
                               "`%s` is no unit", unit);
  for (size_t i = 0; i < N_UNITS; i++)
    names[i] = units[i].text;
  const char *near = nearest_name(unit, names, N_UNITS);
  static const struct {
    const char *wrong, *right;
  } usual[] = {{"sec", "s"}, {"min", "m"}, {"hr", "h"}, {"k", "KB"},
               {"kb", "KB"}, {"mb", "MB"}, {"gb", "GB"}, {"G", "GB"}};
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (!strcmp(unit, usual[i].wrong))
      near = usual[i].right;
  if (near)
    diag_hint(p->diags, d, "did you mean `%s`?", near);
  else
    diag_hint(p->diags, d, "units are ns us ms s m h d and B KB MB GB TB "
                           "KiB MiB GiB TiB; a name does not begin with a digit");
}

void scan_quantity(struct parser *p, struct token *t, uint32_t size)
{
  const char *text = p->text + t->span.start;
  uint32_t n = 0;
  while (n < size && !isalpha((unsigned char)text[n]))
    n++;
  const struct unit *unit = unit_of(text + n, size - n);
  t->kind = unit ? unit->token : T_INT;
  t->integer = 0;
  if (!unit) {
    unknown_unit(p, t, text + n, size - n);
    return;
  }
  char digits[64];
  plain(text, n, digits);
  long double worth = strtold(digits, NULL) * (long double)unit->worth;
  if (worth >= (long double)INT64_MAX)
    too_large(p, t->span, "the most is 292 years, and 9 million TB");
  else
    t->integer = (int64_t)(worth + 0.5L);
}

// -------------------------------------------------------------------- strings

static bool is_triple(const struct parser *p, uint32_t at)
{
  return p->size - at >= 3 && !memcmp(p->text + at, "\"\"\"", 3);
}

// Kept for the line, which may be long and full of quotes.
uint32_t scan_line_end(struct parser *p, uint32_t at)
{
  if (at >= p->line && at <= p->line_end && p->line_end)
    return p->line_end;
  const char *end = memchr(p->text + at, '\n', p->size - at);
  p->line = at;
  p->line_end = end ? (uint32_t)(end - p->text) : p->size;
  return p->line_end;
}

void scan_torn(struct parser *p, uint32_t start)
{
  uint32_t line = start;
  while (line && p->text[line - 1] != '\n')
    line--;
  p->torn = start;
  p->torn_line = line;
}

static struct reach reach(struct parser *p, uint32_t start, bool lines,
                          unsigned level);

// From behind the `{` of a hole to its `}`; 0 when it is not closed.
static uint32_t hole_end(struct parser *p, uint32_t at, bool lines,
                         unsigned level)
{
  unsigned depth = 0;
  for (; at < p->size; at++) {
    char c = p->text[at];
    if (c == '}' && !depth--)
      return at;
    if (c == '\n' && !lines)
      return 0;
    depth += c == '{';
    if (c == '"' || c == '\'') {
      struct reach inner = reach(p, at, lines, level + 1);
      if (!inner.closed)
        return 0;
      at = inner.end - 1;
    }
  }
  return 0;
}

// An unclosed string is given up at the end of its line, but where a quote on
// the line would close it if the hole were text.
static struct reach give_up(struct parser *p, uint32_t start,
                            struct reach r)
{
  uint32_t line = scan_line_end(p, start);
  r.end = r.quotes == 3 ? p->size : line;
  if (r.hole && r.quotes == 1) {
    char quote[2] = {p->text[start], 0};
    for (uint32_t at = r.hole; at < line; at++)
      if (p->text[at] == quote[0] && p->text[at - 1] != '\\') {
        r.end = at + 1;
        break;
      }
  } else if (r.hole) {
    const char *close = memmem(p->text + r.hole, p->size - r.hole, "\"\"\"", 3);
    r.end = close ? (uint32_t)(close + 3 - p->text) : p->size;
  }
  return r;
}

static struct reach reach(struct parser *p, uint32_t start, bool lines,
                          unsigned level)
{
  char quote = p->text[start];
  struct reach r = {.quotes = quote == '"' && is_triple(p, start) ? 3 : 1};
  if (level > STRINGS_MAX)
    return r;
  lines = r.quotes == 3;
  for (uint32_t at = start + r.quotes; at < p->size; at++) {
    char c = p->text[at];
    if (c == '\n' && !lines)
      break;
    if (c == quote && (r.quotes == 1 || is_triple(p, at))) {
      r.closed = true;
      r.end = at + r.quotes;
      return r;
    }
    if (quote == '\'')
      continue;
    if (c == '\\' && at + 1 < p->size && p->text[at + 1] != '\n')
      at += p->text[at + 1] == 'u' && p->text[at + 2] == '{' ? 2 : 1;
    if (c != '{')
      continue;
    r.holes = true;
    uint32_t end = hole_end(p, at + 1, lines, level);
    if (!end) {
      r.hole = at;
      break;
    }
    at = end;
  }
  return give_up(p, start, r);
}

struct reach scan_reach(struct parser *p, uint32_t start)
{
  return reach(p, start, false, p->n_strings);
}

uint32_t scan_hole_end(struct parser *p, uint32_t start)
{
  const struct open_string *s = &p->strings[p->n_strings - 1];
  return hole_end(p, start + 1, s->quotes == 3, p->n_strings - 1);
}

static void bad_escape(struct parser *p, uint32_t at, uint32_t size)
{
  struct span where = {p->file, at, at + size};
  struct diag *d = diag_report(p->diags, DIAG_bad_escape, where,
                               "this escape is not known");
  diag_hint(p->diags, d, "escapes are \\n \\t \\r \\0 \\\\ \\\" \\' \\{ \\} "
                         "\\u{1F600}; a raw string stands in single quotes");
}

// `\u{1F600}`; the bytes it takes behind the backslash.
static uint32_t scan_code(struct parser *p, uint32_t at, uint32_t end,
                          struct buf *out)
{
  uint32_t code = 0, n = 2;
  if (at + 1 < end && p->text[at + 1] == '{')
    for (; at + n < end && isxdigit((unsigned char)p->text[at + n]) && n < 9;
         n++) {
      char c = p->text[at + n];
      code = code * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
  char bytes[4];
  unsigned size = n > 2 ? utf8_encode(code, bytes) : 0;
  bool closed = n > 2 && at + n < end && p->text[at + n] == '}';
  if (!size || !closed) {
    bad_escape(p, at - 1, closed ? n + 2 : 2);
    return closed ? n + 1 : 1;
  }
  buf_add(out, bytes, size);
  return n + 1;
}

static uint32_t scan_escape(struct parser *p, uint32_t at, uint32_t end,
                            struct buf *out)
{
  static const char from[] = "ntr0\\\"'{}", to[] = "\n\t\r\0\\\"'{}";
  char c = at < end ? p->text[at] : '\n';
  const char *known = c ? strchr(from, c) : NULL;
  if (c == 'u')
    return scan_code(p, at, end, out);
  if (known) {
    buf_addc(out, to[known - from]);
    return 1;
  }
  uint32_t code;
  unsigned n = utf8_decode(p->text + at, p->size - at, &code);
  bad_escape(p, at - 1, 1 + (c == '\n' ? 0 : n));
  return c == '\n' ? 0 : n;
}

struct text scan_text(struct parser *p, uint32_t start, uint32_t end,
                      uint32_t *stop)
{
  struct buf out = {.arena = p->arena};
  buf_reserve(&out, end - start < 32 ? 32 : 0);
  uint32_t at = start;
  while (at < end && p->text[at] != '{') {
    uint32_t from = at;
    while (at < end && !strchr("\\{\r", p->text[at]))
      at++;
    buf_add(&out, p->text + from, at - from);
    if (at < end && p->text[at] == '\\')
      at += 1 + scan_escape(p, at + 1, end, &out);
    else if (at < end && p->text[at] == '\r' && p->text[++at] != '\n')
      buf_addc(&out, '\r');
  }
  *stop = at;
  return (struct text){out.data ? out.data : "", (uint32_t)out.size, {0}};
}

struct text scan_raw(struct parser *p, uint32_t start, uint32_t end)
{
  char *copy = arena_copy(p->arena, p->text + start, end - start);
  return (struct text){copy, end - start, {0}};
}

// -------------------------------------------------------------- documentation

void scan_doc_line(struct parser *p, uint32_t start, uint32_t end)
{
  uint32_t from = start + 3;
  if (from < end && p->text[from] == ' ')
    from++;
  while (end > from && (p->text[end - 1] == '\r' || p->text[end - 1] == ' '))
    end--;
  if (!p->doc.size && !p->doc_span.end) {
    p->doc = (struct buf){.arena = p->arena};
    p->doc_span = (struct span){p->file, start, end};
  } else {
    buf_addc(&p->doc, '\n');
  }
  buf_add(&p->doc, p->text + from, end - from);
  p->doc_span.end = end;
}

void scan_doc_attach(struct parser *p, uint32_t start)
{
  if (!p->doc_span.end)
    return;
  if (p->n_docs == p->room_docs) {
    size_t room = p->room_docs ? p->room_docs * 2 : 16;
    p->docs = arena_grow(p->arena, p->docs, p->room_docs * sizeof *p->docs,
                         room * sizeof *p->docs);
    p->room_docs = room;
  }
  const char *text = p->doc.data ? p->doc.data : "";
  p->docs[p->n_docs++] = (struct doc){start, false, p->doc_span, text};
  p->doc = (struct buf){0};
  p->doc_span = (struct span){0};
}

const char *scan_doc_at(struct parser *p, uint32_t start)
{
  size_t low = 0, high = p->n_docs;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (p->docs[middle].start < start)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == p->n_docs || p->docs[low].start != start)
    return NULL;
  p->docs[low].used = true;
  return p->docs[low].text;
}
