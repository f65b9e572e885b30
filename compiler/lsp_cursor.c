// Half-written texts. Where the cursor is, somebody is about to write a name:
// one that means nothing is put there, so that `x.` and `f(a, ` can be parsed
// and checked, and the checker is asked what it knew at that place. What else is
// missing (brackets, a value) is tried in turn.
#include "compiler/lsp.h"

#include "grammar/text/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "sg_cursor_name";
enum { NAME_SIZE = sizeof name - 1, CLOSERS_MAX = 64 };

static bool in_word(char c)
{
  return isalnum((unsigned char)c) || c == '_';
}

// ---- what is missing ----

static char closer_of(char c)
{
  return c == '(' ? ')' : c == '[' ? ']' : c == '{' ? '}' : 0;
}

static const char *behind_string(const char *at, const char *end)
{
  char quote = *at++;
  for (; at < end && *at != quote; at++)
    at += *at == '\\' && at + 1 < end;
  return at;
}

// The brackets that a line opens before the cursor and does not close behind it.
static void closers(const char *text, uint32_t cursor, uint32_t behind,
                    char out[CLOSERS_MAX])
{
  char stack[CLOSERS_MAX];
  unsigned n = 0, made = 0;
  uint32_t start = cursor;
  while (start && text[start - 1] != '\n')
    start--;
  for (const char *at = text + start, *end = text + cursor; at < end; at++) {
    if (*at == '"' || *at == '\'')
      at = behind_string(at, end);
    else if (closer_of(*at) && n < CLOSERS_MAX - 1)
      stack[n++] = closer_of(*at);
    else if (n && *at == stack[n - 1])
      n--;
  }
  for (const char *at = text + behind; n && *at && *at != '\n'; at++)
    if (*at == stack[n - 1])
      n--;
  while (n && !(stack[n - 1] == '}' && n == 1)) // a block goes on below
    out[made++] = stack[--n];
  out[made] = 0;
}

// ---- texts to be tried ----

static bool make_text(struct lsp_request *r, struct lsp_cursor *c,
                      uint32_t behind, const char *more, const char *close)
{
  struct buf out = {0};
  buf_add(&out, r->file->text, c->at.start);
  buf_adds(&out, name);
  buf_adds(&out, close);
  buf_adds(&out, more);
  buf_add(&out, r->file->text + behind, r->file->size - behind);
  free(c->text);
  c->text = out.data;
  c->size = out.size;
  return !out.failed;
}

// A declaration begins in the first column: parsing from one to the next tells
// as much as parsing all, and takes no time.
static bool begins(const char *line)
{
  static const char *const words[] = {"use ", "type ", "deployment ", "fn ",
                                      "metric ", "resource ", "app ", "override ",
                                      "server ", "test "};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strncmp(line, words[i], strlen(words[i])))
      return true;
  return false;
}

static uint32_t line_before(const char *text, uint32_t at)
{
  while (at && text[at - 1] != '\n')
    at--;
  return at;
}

static struct span around(const char *text, struct span at)
{
  uint32_t start = line_before(text, at.start);
  while (start && !begins(text + start))
    start = line_before(text, start - 1);
  const char *end = text + at.end;
  while ((end = strchr(end, '\n')) && !begins(++end))
    ;
  size_t rest = end ? (size_t)(end - text) : strlen(text);
  return (struct span){0, start, (uint32_t)rest};
}

static bool is_good(struct lsp_cursor *c, lsp_good *good)
{
  struct arena a = {0};
  struct atoms atoms = {.arena = &a};
  struct diags diags = {.arena = &a};
  struct span part = around(c->text, c->at);
  uint32_t n = part.end - part.start, at = c->at.start - part.start;
  struct source source = {"", arena_copy(&a, c->text + part.start, n), n};
  struct file_ast *f = parse_source(&source, 0, &a, &atoms, &diags);
  struct lsp_way way = lsp_way_to(&a, f, at, at + c->at.end - c->at.start);
  bool ok = good(&way, at);
  arena_free(&a);
  return ok;
}

static bool find_text(struct lsp_request *r, struct lsp_cursor *c,
                      uint32_t behind, lsp_good *good)
{
  char close[CLOSERS_MAX], colon[CLOSERS_MAX + 8];
  closers(r->file->text, c->at.start, behind, close);
  snprintf(colon, sizeof colon, ": 0%s", close);
  const struct { const char *close, *more; } tries[] = {
      {"", ""}, {close, ""}, {"", colon}, {close, " = 0"}, {close, " {}"}};
  for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
    if (make_text(r, c, behind, tries[i].more, tries[i].close) && is_good(c, good))
      return true;
  return false;
}

// ---- asking ----

static bool check(struct lsp_request *r, struct lsp_cursor *c)
{
  struct lsp_file *roots[LSP_PROGRAMS_MAX];
  struct lsp_edited text = {r->file->path, c->text, c->size, NULL};
  struct lsp_question q = {name, c->at.start, false};
  uint32_t n = lsp_roots(r->s, r->file, roots);
  for (uint32_t i = 0; i < n && !c->run; i++) {
    c->run = lsp_try(r->s, roots[i]->path, &text, &q);
    c->file = c->run ? lsp_file_in(c->run, r->file->path) : UINT32_MAX;
    if (c->file != UINT32_MAX)
      break;
    lsp_run_free(c->run);
    c->run = NULL;
  }
  if (!c->run)
    return false;
  c->at.file = c->file;
  c->way = lsp_way_to(&r->s->scratch, c->run->p.c.files[c->file], c->at.start,
                      c->at.end);
  return true;
}

// The text as it is, in which the cursor is a place and no name.
static bool take_plain(struct lsp_request *r, struct lsp_cursor *c,
                       lsp_good *good)
{
  struct span name_at = c->at;
  c->at.start = c->at.end = r->offset;
  c->text = strndup(r->file->text, r->file->size);
  c->size = r->file->size;
  if (c->text && is_good(c, good))
    return true;
  c->at = name_at;
  return false;
}

bool lsp_cursor_open(struct lsp_request *r, struct lsp_cursor *c,
                     lsp_good *good, bool plain)
{
  const char *text = r->file->text;
  uint32_t start = r->offset, end = r->offset;
  while (start && in_word(text[start - 1]))
    start--;
  while (in_word(text[end]))
    end++;
  *c = (struct lsp_cursor){.at = {0, start, start + NAME_SIZE}};
  c->before = arena_copy(&r->s->scratch, text + start, r->offset - start);
  return ((plain && take_plain(r, c, good)) || find_text(r, c, end, good)) &&
         check(r, c);
}

void lsp_cursor_close(struct lsp_cursor *c)
{
  lsp_run_free(c->run);
  free(c->text);
  *c = (struct lsp_cursor){0};
}
