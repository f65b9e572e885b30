// Where a line that is too long is broken. In this order:
//
// 1. A block on the line is opened.
// 2. What stands behind `=`, or the value of a route, gets a line of its own, if
//    it fits there.
// 3. The line is broken before its loosest operators, if all parts then fit.
// 4. The widest bracket is opened, with a line for each of its elements; lists
//    of short values are filled.
// 5. It is broken before the operators though the parts do not fit.
#include "compiler/fmt_parts.h"

enum { SHORT_HEAD = 12, SHORT_VALUE = 16, MANY = 10 };

struct line {
  struct fmt *f;
  int start, end;
  int up; // the bracket that its first piece stands in
};

static void set_break(struct fmt *f, int i)
{
  f->at[i].brk = f->at[i].made = true;
}

// The first piece of the line behind i that stands where the line begins.
static int next_flat(const struct line *l, int i)
{
  if (fmt_opens(&l->f->at[i]) && l->f->at[i].mate < l->end)
    return l->f->at[i].mate;
  return i + 1;
}

// Whether a break where the line stands changes nothing for brackets around it.
static bool is_open(const struct line *l)
{
  const struct fmt *f = l->f;
  return l->up < 0 || f->at[f->at[l->up].mate].brk;
}

static bool is_flat(const struct line *l, int i)
{
  return l->f->at[i].up == l->up && !l->f->at[i].comment;
}

static bool fits(const struct line *l, int from, int to)
{
  const struct fmt *f = l->f;
  uint32_t indent = from == l->start ? f->at[from].indent : fmt_indent(f, from);
  return indent + fmt_width(f, from, to) <= FMT_WIDTH;
}

// -------------------------------------------------------------------- 1 and 2

static bool open_blocks(const struct line *l)
{
  struct fmt *f = l->f;
  bool done = false;
  for (int i = l->start; i < l->end; i = next_flat(l, i)) {
    int close = f->at[i].mate;
    if (!f->at[i].w->block || close >= l->end || close == i + 1 || close < i)
      continue;
    set_break(f, i + 1);
    set_break(f, close);
    done = true;
  }
  return done;
}

// The piece that a value behind `=`, or a route's `->`, begins its line with.
static int value_of(const struct line *l)
{
  const struct fmt *f = l->f;
  bool route = fmt_is(&f->at[l->start], "route");
  for (int i = l->start; i < l->end; i = next_flat(l, i)) {
    if (!is_flat(l, i) || f->at[i].brk)
      continue;
    if (fmt_sign(&f->at[i]) == '=' && i + 1 < l->end)
      return i + 1;
    if (route && fmt_sign(&f->at[i]) == SIGN('-', '>', 0))
      return i;
  }
  return l->end;
}

static bool is_one_bracket(const struct line *l, int from)
{
  const struct piece *p = &l->f->at[from];
  return fmt_opens(p) && p->mate == l->end - 1;
}

static bool break_before_value(const struct line *l)
{
  int at = value_of(l);
  if (at >= l->end || !is_open(l) || is_one_bracket(l, at) ||
      !fmt_may_break(l->f, at) || fmt_width(l->f, l->start, at) < SHORT_HEAD)
    return false;
  if (!fits(l, l->start, at) || !fits(l, at, l->end))
    return false;
  set_break(l->f, at);
  return true;
}

// -------------------------------------------------------------------- 3 and 5

// The level of the loosest operator that a line may be broken at; 0: none.
static unsigned loosest(const struct line *l)
{
  unsigned least = 0;
  for (int i = l->start + 1; i < l->end; i = next_flat(l, i)) {
    unsigned level = is_flat(l, i) ? fmt_operator(l->f, i) : 0;
    if (level && (!least || level < least) && fmt_may_break(l->f, i))
      least = level;
  }
  return least;
}

static bool is_place(const struct line *l, int i, unsigned level)
{
  return is_flat(l, i) && fmt_operator(l->f, i) == level &&
         fmt_may_break(l->f, i);
}

static bool all_fit(const struct line *l, unsigned level)
{
  int from = l->start;
  for (int i = l->start + 1; i < l->end; i = next_flat(l, i)) {
    if (!is_place(l, i, level))
      continue;
    if (!fits(l, from, i))
      return false;
    from = i;
  }
  return fits(l, from, l->end);
}

static bool break_at_operators(const struct line *l, bool must_fit)
{
  unsigned level = is_open(l) ? loosest(l) : 0;
  if (!level || (must_fit && !all_fit(l, level)))
    return false;
  for (int i = l->start + 1; i < l->end; i = next_flat(l, i))
    if (is_place(l, i, level))
      set_break(l->f, i);
  return true;
}

// -------------------------------------------------------------------------- 4

// `sum([ ... ])` is opened at the inner one.
static int innermost(const struct fmt *f, int open)
{
  while (fmt_opens(&f->at[open + 1]) && f->at[open + 1].mate > open + 2 &&
         f->at[open + 1].mate == f->at[open].mate - 1)
    open++;
  return open;
}

static int widest_bracket(const struct line *l)
{
  const struct fmt *f = l->f;
  int best = -1;
  uint32_t width = 0;
  for (int i = l->start; i < l->end; i = next_flat(l, i)) {
    int close = f->at[i].mate;
    if (!fmt_opens(&f->at[i]) || close >= l->end || close == i + 1 ||
        !fmt_may_break(f, innermost(f, i) + 1))
      continue;
    uint32_t w = fmt_width(f, i, close + 1);
    if (w >= width) {
      best = i;
      width = w;
    }
  }
  return best < 0 ? best : innermost(f, best);
}

// A list of many short values, which is not written one a line.
static bool is_table(const struct fmt *f, int open)
{
  int values = 0;
  for (int i = open + 1; i < f->at[open].mate; i++) {
    const struct piece *p = &f->at[i];
    bool part = fmt_sign(p) == ',' || p->minus;
    bool value = !p->comment && p->operand && !fmt_closes(p);
    if ((!part && !value) || p->width > SHORT_VALUE)
      return false;
    values += value;
  }
  return f->at[open].text[0] == '[' && values >= MANY;
}

static void fill_table(struct fmt *f, int open)
{
  uint32_t indent = f->at[open].indent + FMT_INDENT;
  int from = open + 1, close = f->at[open].mate;
  for (int i = from, next; i < close; i = next) {
    for (next = i + 1; next < close && fmt_sign(&f->at[next - 1]) != ',';)
      next++;
    if (i > from && indent + fmt_width(f, from, next) > FMT_WIDTH) {
      set_break(f, i);
      from = i;
    }
  }
}

static void split_elements(struct fmt *f, int open)
{
  bool names = false; // between `for` and `in`
  for (int i = open + 2; i < f->at[open].mate; i++) {
    if (f->at[i].up != open)
      continue;
    bool begins = fmt_sign(&f->at[i - 1]) == ',' && !names;
    bool clause = f->at[i].item != i && fmt_begins_item(f, i);
    names = (names || (clause && fmt_is(&f->at[i], "for"))) &&
            !fmt_is(&f->at[i], "in");
    if ((begins || clause) && fmt_may_break(f, i))
      set_break(f, i);
  }
}

static bool open_bracket(const struct line *l)
{
  struct fmt *f = l->f;
  int open = widest_bracket(l);
  if (open < 0)
    return false;
  if (is_table(f, open))
    fill_table(f, open);
  else
    split_elements(f, open);
  set_break(f, open + 1);
  set_break(f, f->at[open].mate);
  return true;
}

bool fmt_break_line(struct fmt *f, int start, int end)
{
  struct line l = {f, start, end, f->at[start].up};
  return open_blocks(&l) || break_before_value(&l) ||
         break_at_operators(&l, true) || open_bracket(&l) ||
         break_at_operators(&l, false);
}
