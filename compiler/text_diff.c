// Differences of texts: the shortest way from one list of lines to another
// (E. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986), in
// hunks with three lines around.
#include "compiler/text_diff.h"

#include <string.h>

enum { AROUND = 3, MOST_STEPS = 1500 }; // farther apart: all is another

struct side {
  const struct text_side *text;
  const char **at; // where lines begin, and the end
  bool *differs;   // by line
  long n;
};

struct diff {
  struct arena *arena;
  struct side a, b;
  long from; // lines that are the same at the beginning
  long n, m; // lines between those that are the same at both ends
};

static struct side split(struct arena *arena, const struct text_side *t)
{
  struct side s = {.text = t};
  size_t lines = 1;
  for (size_t i = 0; i < t->size; i++)
    lines += t->text[i] == '\n';
  s.at = ARENA_ARRAY(arena, lines + 1, const char *);
  s.differs = ARENA_ARRAY(arena, lines + 1, bool);
  const char *p = t->text, *end = t->text + t->size;
  for (; p < end; s.n++) {
    s.at[s.n] = p;
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    p = stop ? stop + 1 : end;
  }
  s.at[s.n] = end;
  return s;
}

static bool same(const struct diff *d, long i, long j)
{
  size_t n = (size_t)(d->a.at[i + 1] - d->a.at[i]);
  size_t m = (size_t)(d->b.at[j + 1] - d->b.at[j]);
  return n == m && !memcmp(d->a.at[i], d->b.at[j], n);
}

static void trim(struct diff *d)
{
  long n = d->a.n, m = d->b.n;
  while (d->from < n && d->from < m && same(d, d->from, d->from))
    d->from++;
  while (n > d->from && m > d->from && same(d, n - 1, m - 1)) {
    n--;
    m--;
  }
  d->n = n - d->from;
  d->m = m - d->from;
}

// ----------------------------------------------------------------------- ways

// How far the ways of `steps` steps reach: reach[k + steps] lines of the first
// text on diagonal k, from the ways of one step less.
static bool go_on(const struct diff *d, const long *before, long steps,
                  long *reach)
{
  for (long k = -steps; k <= steps; k += 2) {
    long x = 0;
    if (steps) {
      const long *at = before + steps - 1; // of diagonal 0
      bool down = k == -steps || (k != steps && at[k - 1] < at[k + 1]);
      x = down ? at[k + 1] : at[k - 1] + 1;
    }
    long y = x - k;
    while (x < d->n && y >= 0 && y < d->m && same(d, d->from + x, d->from + y)) {
      x++;
      y++;
    }
    reach[k + steps] = x;
    if (x >= d->n && y >= d->m && x - y == d->n - d->m)
      return true;
  }
  return false;
}

// From the end back to the beginning, marking what was left out and added.
static void go_back(struct diff *d, long **ways, long steps)
{
  long x = d->n, y = d->m;
  for (; steps > 0; steps--) {
    const long *at = ways[steps - 1] + steps - 1;
    long k = x - y;
    bool down = k == -steps || (k != steps && at[k - 1] < at[k + 1]);
    long px = down ? at[k + 1] : at[k - 1];
    long py = down ? px - k - 1 : px - k + 1;
    if (down)
      d->b.differs[d->from + py] = true;
    else
      d->a.differs[d->from + px] = true;
    x = px;
    y = py;
  }
}

static void compare(struct diff *d)
{
  long **ways = ARENA_ARRAY(d->arena, MOST_STEPS + 1, long *);
  for (long steps = 0; steps <= MOST_STEPS; steps++) {
    ways[steps] = ARENA_ARRAY(d->arena, (size_t)(2 * steps + 1), long);
    if (!go_on(d, steps ? ways[steps - 1] : NULL, steps, ways[steps]))
      continue;
    go_back(d, ways, steps);
    return;
  }
  memset(d->a.differs + d->from, true, (size_t)d->n);
  memset(d->b.differs + d->from, true, (size_t)d->m);
}

// ---------------------------------------------------------------------- hunks

static void put_line(char mark, const struct side *s, long i, struct buf *out)
{
  size_t n = (size_t)(s->at[i + 1] - s->at[i]);
  buf_addc(out, mark);
  buf_add(out, s->at[i], n);
  if (!n || s->at[i][n - 1] != '\n')
    buf_adds(out, "\n\\ No newline at end of file\n");
}

static void put_range(char mark, long from, long n, struct buf *out)
{
  buf_addf(out, "%c%ld", mark, n ? from + 1 : from);
  if (n != 1)
    buf_addf(out, ",%ld", n);
}

struct hunk {
  long i, j;       // first lines
  long i_end, j_end;
};

// Extends a hunk until six lines are the same, or the end.
static void find_end(const struct diff *d, struct hunk *h)
{
  long i = h->i_end, j = h->j_end, equal = 0;
  while (i < d->a.n || j < d->b.n) {
    bool left = i < d->a.n && d->a.differs[i], right = j < d->b.n && d->b.differs[j];
    if (!left && !right && ++equal > 2 * AROUND)
      break;
    i += left || !right;
    j += right || !left;
    if (!left && !right)
      continue;
    equal = 0;
    h->i_end = i;
    h->j_end = j;
  }
  for (int n = 0; n < AROUND && h->i_end < d->a.n; n++) {
    h->i_end++;
    h->j_end++;
  }
}

static void put_hunk(const struct diff *d, const struct hunk *h, struct buf *out)
{
  buf_adds(out, "@@ ");
  put_range('-', h->i, h->i_end - h->i, out);
  buf_addc(out, ' ');
  put_range('+', h->j, h->j_end - h->j, out);
  buf_adds(out, " @@\n");
  for (long i = h->i, j = h->j; i < h->i_end || j < h->j_end;) {
    if (i < h->i_end && d->a.differs[i])
      put_line('-', &d->a, i++, out);
    else if (j < h->j_end && d->b.differs[j])
      put_line('+', &d->b, j++, out);
    else
      put_line(' ', &d->a, (j++, i++), out);
  }
}

static void put_hunks(const struct diff *d, struct buf *out)
{
  for (long i = 0, j = 0; i < d->a.n || j < d->b.n;) {
    bool left = i < d->a.n && d->a.differs[i], right = j < d->b.n && d->b.differs[j];
    if (!left && !right) {
      i++;
      j++;
      continue;
    }
    long before = i < AROUND ? i : AROUND;
    struct hunk h = {i - before, j - before, i, j};
    find_end(d, &h);
    put_hunk(d, &h, out);
    i = h.i_end;
    j = h.j_end;
  }
}

void text_diff(struct arena *a, const struct text_side *from,
               const struct text_side *to, struct buf *out)
{
  struct diff d = {.arena = a, .a = split(a, from), .b = split(a, to)};
  trim(&d);
  if (!d.n && !d.m)
    return;
  compare(&d);
  buf_addf(out, "--- %s\n+++ %s\n", from->name, to->name);
  put_hunks(&d, out);
}
