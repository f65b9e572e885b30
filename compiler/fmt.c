// The formatter: words in, the same words out, with other blanks between.
//
// Five steps over one array of pieces: what the words are, which line breaks of
// the author stay, the blanks between, the lines (indentation, and breaks in
// those that are too long), and the text. At the end the result is read back:
// were its words not those of the source, nothing would be written.
#include "compiler/fmt_parts.h"

#include "grammar/base/utf8.h"
#include "grammar/text/parse.h"

#include <string.h>

// --------------------------------------------------------------------- pieces

uint32_t fmt_sign(const struct piece *p)
{
  if (p->w->kind != WORD_SIGN)
    return 0;
  const char *s = p->text;
  return SIGN(s[0], p->size > 1 ? s[1] : 0, p->size > 2 ? s[2] : 0);
}

bool fmt_is(const struct piece *p, const char *word)
{
  return p->w->kind == WORD_KEYWORD && p->size == strlen(word) &&
         !memcmp(p->text, word, p->size);
}

bool fmt_opens(const struct piece *p)
{
  uint32_t s = fmt_sign(p);
  return s == '(' || s == '[' || s == '{';
}

bool fmt_closes(const struct piece *p)
{
  uint32_t s = fmt_sign(p);
  return s == ')' || s == ']' || s == '}';
}

bool fmt_is_tight(const struct fmt *f, int i)
{
  int up = f->at[i].up;
  return up >= 0 && f->at[up].text[0] != '{';
}

// Whether a value may end here: what decides if a `(` behind it is a call, and
// a `-` a difference. `before` is the word before, or NULL.
static bool is_operand(const struct piece *p, const struct piece *before)
{
  switch (p->w->kind) {
  case WORD_NAME:
  case WORD_NUMBER:
  case WORD_STRING:
    return true;
  case WORD_SIGN:
    return fmt_closes(p) || fmt_sign(p) == '?';
  case WORD_KEYWORD:
    if (fmt_is(p, "true") || fmt_is(p, "false") || fmt_is(p, "none") ||
        fmt_is(p, "loop"))
      return true;
    return p->w->soft && !(before && before->operand && !p->w->ends);
  default:
    return false;
  }
}

// The bytes without those of Windows' line ends.
static const char *plain(struct arena *a, const char *text, uint32_t *size)
{
  if (!memchr(text, '\r', *size))
    return text;
  char *copy = arena_alloc(a, *size + 1);
  uint32_t n = 0;
  for (uint32_t i = 0; i < *size; i++)
    if (text[i] != '\r' || i + 1 == *size || text[i + 1] != '\n')
      copy[n++] = text[i];
  copy[n] = 0;
  *size = n;
  return copy;
}

static void fill(const struct fmt *f, struct piece *p, const struct word *w)
{
  p->w = w;
  p->up = p->mate = p->item = -1;
  p->comment = w->kind >= WORD_COMMENT;
  p->size = w->span.end - w->span.start;
  p->text = plain(f->arena, f->source->text + w->span.start, &p->size);
  const char *line = memchr(p->text, '\n', p->size);
  p->lines = line;
  p->width = (uint32_t)utf8_length(p->text, line ? (size_t)(line - p->text) : p->size);
}

void fmt_pieces(struct fmt *f, const struct words *words)
{
  f->n = (int)words->n;
  f->at = ARENA_ARRAY(f->arena, words->n + 1, struct piece);
  const struct piece *before = NULL;
  int up = -1, item = -1;
  bool fresh = true; // the next word begins an item
  for (int i = 0; i < f->n; i++) {
    struct piece *p = &f->at[i];
    fill(f, p, &words->at[i]);
    if (fmt_closes(p) && up >= 0) {
      p->mate = up;
      f->at[up].mate = i;
      item = f->at[up].item;
      up = f->at[up].up;
      fresh = false;
    }
    p->up = up;
    if (!p->comment) {
      p->operand = is_operand(p, before);
      p->minus = fmt_sign(p) == '-' && !(before && before->operand);
      if (fresh || p->w->ends)
        item = i;
      before = p;
      fresh = fmt_sign(p) == ',' && up >= 0 && !f->at[up].w->block;
    }
    p->item = item;
    if (fmt_opens(p)) {
      up = i;
      fresh = true;
    }
  }
}

// --------------------------------------------------------------------- reading

static bool same_word(const struct fmt *f, const struct word *a,
                      const struct source *s, const struct word *b)
{
  if (a->kind != b->kind || a->ends != b->ends || a->block != b->block)
    return false;
  if (a->kind == WORD_BLOCK_COMMENT)
    return true; // its lines are indented otherwise
  uint32_t n = a->span.end - a->span.start, m = b->span.end - b->span.start;
  const char *x = plain(f->arena, f->source->text + a->span.start, &n);
  const char *y = plain(f->arena, s->text + b->span.start, &m);
  return n == m && !memcmp(x, y, n);
}

// Whether what is to be written says what was read.
static bool same_words(const struct fmt *f, const struct words *words,
                       struct atoms *atoms, const struct buf *out)
{
  struct source s = {f->source->path, out->data ? out->data : "", out->size};
  struct words now = words_read(&s, f->arena, atoms);
  bool same = now.n == words->n;
  for (size_t i = 0; same && i < now.n; i++)
    same = same_word(f, &words->at[i], &s, &now.at[i]);
  return same;
}

bool fmt_source(const struct source *s, uint32_t file, struct arena *arena,
                struct atoms *atoms, struct diags *diags, struct buf *out)
{
  struct file_ast *ast = parse_source(s, file, arena, atoms, diags);
  if (ast->broken)
    return false;
  struct words words = words_read(s, arena, atoms);
  struct fmt f = {.arena = arena, .source = s};
  struct buf text = {.arena = arena};
  fmt_pieces(&f, &words);
  fmt_spaces(&f);
  fmt_breaks(&f);
  fmt_lines(&f);
  fmt_print(&f, &text);
  if (!same_words(&f, &words, atoms, &text)) {
    diag_report(diags, DIAG_internal, ast->span,
                "formatted, this would be another program: it is left alone");
    return false;
  }
  buf_add(out, text.data ? text.data : "", text.size);
  return true;
}
