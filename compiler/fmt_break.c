// Which line breaks of the author stay.
//
// Those that end something stay in any case, and those beside comments. The
// others stay in places where a reader expects them: at brackets, behind commas
// and `=`, before operators. A bracket that holds a line break opens at the end
// of its line and closes on a line of its own.
#include "compiler/fmt_parts.h"

// The word at or behind i; n: there is none.
static int word_at(const struct fmt *f, int i)
{
  while (i < f->n && f->at[i].comment)
    i++;
  return i;
}

static int word_before(const struct fmt *f, int i)
{
  do
    i--;
  while (i >= 0 && f->at[i].comment);
  return i;
}

bool fmt_is_block_else(const struct fmt *f, int i)
{
  int before = word_before(f, i);
  return fmt_is(&f->at[i], "else") && before >= 0 &&
         fmt_sign(&f->at[before]) == '}' && f->at[f->at[before].mate].w->block;
}

unsigned fmt_operator(const struct fmt *f, int i)
{
  static const struct {
    const char *word;
    unsigned level;
  } words[] = {{"else", 1}, {"then", 2}, {"or", 3}, {"and", 4}, {"by", 10},
               {"div", 11}};
  const struct piece *p = &f->at[i];
  for (size_t w = 0; w < sizeof words / sizeof *words; w++)
    if (fmt_is(p, words[w].word))
      return fmt_is_block_else(f, i) ? 0 : words[w].level;
  switch (fmt_sign(p)) {
  case SIGN('=', '=', 0):
  case SIGN('!', '=', 0):
  case SIGN('<', '=', 0):
  case SIGN('>', '=', 0):
  case '<':
  case '>':
    return 5;
  case SIGN('?', '?', 0):
    return 6;
  case '|':
    return 7;
  case '&':
    return 8;
  case '-':
    return p->minus ? 0 : 9;
  case '+':
    return 9;
  case '*':
  case '/':
  case '%':
    return 11;
  default:
    return 0;
  }
}

bool fmt_may_break(const struct fmt *f, int i)
{
  int at = word_at(f, i), before = word_before(f, i), next = word_at(f, at + 1);
  if (at == f->n || before < 0)
    return true;
  const struct word *w = f->at[at].w, *b = f->at[before].w;
  if (w->heads && next < f->n && f->at[next].w->kind <= WORD_KEYWORD)
    return false;
  return fmt_is_tight(f, i) || !b->can_end || w->goes_on;
}

// ------------------------------------------------------------ the author's own

static bool is_clause(const struct fmt *f, int i)
{
  const struct piece *p = &f->at[i];
  int before = word_before(f, i);
  if (p->up < 0 || f->at[p->up].text[0] != '[' || before < 0)
    return false;
  return f->at[before].operand &&
         (fmt_is(p, "for") || fmt_is(p, "if") || fmt_is(p, "limit"));
}

bool fmt_begins_item(const struct fmt *f, int i)
{
  return f->at[i].item == i || is_clause(f, i);
}

static bool is_of_route(const struct fmt *f, int i)
{
  return f->at[i].item >= 0 && fmt_is(&f->at[f->at[i].item], "route");
}

static bool is_in_arms(const struct fmt *f, int i)
{
  int up = f->at[i].up;
  return up >= 0 && f->at[up].text[0] == '{' && !f->at[up].w->block;
}

// A break between words that end nothing; no comment is beside it.
static bool keeps(const struct fmt *f, int i)
{
  const struct piece *a = &f->at[i - 1], *b = &f->at[i];
  uint32_t before = fmt_sign(a), sign = fmt_sign(b);
  if (sign == ':' && a->w->kind == WORD_KEYWORD)
    return true; // together they are a name and its colon
  if (!fmt_may_break(f, i))
    return false;
  if (fmt_opens(a) || fmt_closes(b))
    return true;
  switch (before) {
  case ',':
    return a->up >= 0 && !f->at[a->up].w->block;
  case '=':
    return true;
  case SIGN('-', '>', 0):
    return is_of_route(f, i) || is_in_arms(f, i);
  }
  if (sign == SIGN('-', '>', 0))
    return is_of_route(f, i);
  return sign == '.' || fmt_operator(f, i) || fmt_is(b, "with") ||
         is_clause(f, i);
}

// Whether there was a line break between i and the piece before, and stays.
static bool breaks(const struct fmt *f, int i)
{
  const struct piece *a = &f->at[i - 1], *b = &f->at[i];
  bool had = b->w->lines > 0;
  if (a->w->kind == WORD_COMMENT || a->w->kind == WORD_DOC)
    return true;
  if (a->comment || b->comment)
    return had;
  return b->w->ends || (had && keeps(f, i));
}

// `a +` with `b` on the next line: the operator goes to its right side.
static void move_operator(struct fmt *f, int i)
{
  if (f->at[i].w->lines && !f->at[i].brk && i > 1 && fmt_operator(f, i - 1) &&
      !f->at[i - 1].comment && !f->at[i].comment && !f->at[i - 2].comment &&
      fmt_may_break(f, i - 1))
    f->at[i - 1].brk = true;
}

// ------------------------------------------------------------------- brackets

static bool has_break(const struct fmt *f, int open)
{
  int close = f->at[open].mate;
  bool deep = f->at[open].w->block;
  for (int i = open + 1; i <= close; i++) {
    const struct piece *p = &f->at[i];
    if (deep ? p->brk || p->lines
             : i == close ? p->brk
                          : p->brk && p->up == open && !fmt_closes(p))
      return true;
    if (!deep && fmt_opens(p) && i != close)
      i = p->mate - 1;
  }
  return false;
}

static void open_up(struct fmt *f, int open)
{
  int close = f->at[open].mate, first = open + 1;
  if (first == close) {
    f->at[close].brk = false;
    return;
  }
  if (!has_break(f, open))
    return;
  bool trailing = f->at[first].comment && !f->at[first].w->lines &&
                  f->at[first + 1].brk;
  if (!trailing && (f->at[open].w->block || fmt_may_break(f, first)))
    f->at[first].brk = true;
  f->at[close].brk = true;
}

static bool may_be_blank(const struct fmt *f, int i)
{
  const struct piece *p = &f->at[i], *before = &f->at[i - 1];
  if (!p->brk || p->w->lines < 2 || fmt_opens(before) || fmt_closes(p))
    return false;
  return fmt_begins_item(f, i) || p->comment || before->comment;
}

void fmt_breaks(struct fmt *f)
{
  for (int i = 1; i < f->n; i++) {
    f->at[i].brk = breaks(f, i);
    move_operator(f, i);
  }
  for (int i = f->n - 1; i >= 0; i--) // inner brackets first
    if (fmt_opens(&f->at[i]))
      open_up(f, i);
  for (int i = 1; i < f->n; i++)
    f->at[i].blank = may_be_blank(f, i);
}
