// Words out of a source: the parser's scanner reads it once more, and what lies
// between its tokens are blanks and comments.
#include "grammar/text/words.h"

#include "grammar/text/parser.h"
#include "grammar/text/tokens.h"

#include "grammar/text/sg.tab.h"

#include <string.h>

int sg_lex(SG_STYPE *value, struct span *at, struct parser *p);

struct reading {
  struct parser *p;
  struct words words;
  size_t room;
  uint32_t at;    // behind the last word
  uint32_t lines; // seen since
};

static struct word *add(struct reading *r, enum word_kind kind, uint32_t start,
                        uint32_t end)
{
  struct words *w = &r->words;
  if (w->n == r->room) {
    size_t room = r->room ? r->room * 2 : 256;
    w->at = arena_grow(r->p->arena, w->at, r->room * sizeof *w->at,
                       room * sizeof *w->at);
    r->room = room;
  }
  struct word *new = &w->at[w->n++];
  *new = (struct word){.kind = kind, .span = {r->p->file, start, end},
                       .lines = r->lines};
  r->lines = 0;
  r->at = end;
  return new;
}

// ------------------------------------------------------------------- comments

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static void line_comment(struct reading *r, uint32_t end)
{
  const char *text = r->p->text;
  const char *stop = memchr(text + r->at, '\n', end - r->at);
  uint32_t to = stop ? (uint32_t)(stop - text) : end;
  while (is_blank(text[to - 1]))
    to--;
  bool doc = to - r->at > 2 && text[r->at + 2] == '/' && text[r->at + 3] != '/';
  add(r, doc ? WORD_DOC : WORD_COMMENT, r->at, to);
}

static void block_comment(struct reading *r, uint32_t end)
{
  const char *text = r->p->text;
  const char *close = memmem(text + r->at + 2, end - r->at - 2, "*/", 2);
  add(r, WORD_BLOCK_COMMENT, r->at, close ? (uint32_t)(close + 2 - text) : end);
}

// What stands before the token that begins at `end`.
static void between(struct reading *r, uint32_t end)
{
  const char *text = r->p->text;
  while (r->at < end) {
    char c = text[r->at];
    if (c == '/' && text[r->at + 1] == '/') {
      line_comment(r, end);
    } else if (c == '/' && text[r->at + 1] == '*') {
      block_comment(r, end);
    } else {
      r->lines += c == '\n';
      r->at++;
    }
  }
}

// --------------------------------------------------------------------- tokens

static enum word_kind kind_of(const struct parser *p, int token,
                              struct span at)
{
  switch (token) {
  case T_NAME:
    return WORD_NAME;
  case T_STRING:
  case T_STR_OPEN:
    return WORD_STRING;
  case T_INT:
  case T_FLOAT:
  case T_DURATION:
  case T_SIZE:
  case T_PERCENT:
    return WORD_NUMBER;
  default: {
    char c = p->text[at.start];
    return c >= 'a' && c <= 'z' ? WORD_KEYWORD : WORD_SIGN;
  }
  }
}

// The end of the string whose T_STR_OPEN was read.
static uint32_t string_end(struct parser *p)
{
  struct span at = {0};
  SG_STYPE value;
  for (unsigned open = 1; open;) {
    int token = sg_lex(&value, &at, p);
    open += token == T_STR_OPEN;
    open -= token == T_STR_CLOSE || !token;
  }
  return at.end;
}

static void token_word(struct reading *r, int token, struct span at, bool ends)
{
  struct parser *p = r->p;
  bool block = token == '{' && p->open[p->depth].block;
  between(r, at.start);
  if (token == T_STR_OPEN)
    at.end = string_end(p);
  struct word *w = add(r, kind_of(p, token, at), at.start, at.end);
  w->soft = w->kind == WORD_KEYWORD && token_is_soft(token);
  w->ends = ends;
  w->can_end = token == T_STR_OPEN || token_can_end(token);
  w->goes_on = token_can_go_on(token);
  w->heads = token_heads_item(token);
  w->block = block;
}

struct words words_read(const struct source *s, struct arena *arena,
                        struct atoms *atoms)
{
  struct diags diags = {.arena = arena};
  struct reading r = {.p = parser_new(s, 0, arena, atoms, &diags)};
  struct span at;
  SG_STYPE value;
  bool ends = false;
  r.at = r.p->at;
  sg_raw_start(r.p);
  for (int token; (token = sg_lex(&value, &at, r.p));) {
    if (token != T_NEWLINE)
      token_word(&r, token, at, ends);
    ends = token == T_NEWLINE;
  }
  sg_raw_finish(r.p);
  between(&r, r.p->size);
  return r.words;
}
