// What the steps of the formatter share. Nobody but fmt*.c includes it.
//
// A piece is a word or a comment, and it has what is to stand before it: nothing,
// a blank, a line break, an empty line. The steps decide just that; the words
// and their order are never touched.
#ifndef SG_FMT_PARTS_H
#define SG_FMT_PARTS_H

#include "compiler/fmt.h"
#include "grammar/text/words.h"

enum {
  FMT_INDENT = 2,
  FMT_WIDTH = 100,    // what is broken is broken to this many columns
  FMT_TOLERANCE = 120, // what its author wrote on one line may have this many
};

struct piece {
  const struct word *w;
  const char *text;
  uint32_t size, width; // bytes; columns
  int up;      // the bracket it stands in, -1: none; a closing one stands where
               // its opening one does
  int mate;    // of a bracket: the other one
  int item;    // the first piece of the statement, field or argument it is in
  bool comment;
  bool operand; // a value may end with it
  bool minus;   // a sign before a number, not between two
  bool lines;   // has line breaks within
  bool brk;     // begins a line,
  bool blank;   // after an empty one,
  bool made;    // and not because its author wanted so
  bool space;   // else: stands behind a blank
  uint32_t indent; // of the line that it is on
};

struct fmt {
  struct arena *arena;
  const struct source *source;
  struct piece *at;
  int n;
};

// The bytes of a sign as one number, to be switched over; 0 for other words.
#define SIGN(a, b, c)                                                          \
  ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16)
uint32_t fmt_sign(const struct piece *p);
bool fmt_is(const struct piece *p, const char *word);
bool fmt_opens(const struct piece *p);
bool fmt_closes(const struct piece *p);
// Inside `(` or `[`, where line breaks mean nothing.
bool fmt_is_tight(const struct fmt *f, int i);
// A piece that begins a statement, field, argument or clause of its bracket.
bool fmt_begins_item(const struct fmt *f, int i);
// `else` behind the block of an `if` or `try`.
bool fmt_is_block_else(const struct fmt *f, int i);
// How loosely an operator binds, from 1; 0: it is none that stands between two
// values. Larger is tighter.
unsigned fmt_operator(const struct fmt *f, int i);
// A line may begin with piece i, and the program stays what it is.
bool fmt_may_break(const struct fmt *f, int i);
// The indentation of a line that begins with piece i; what is before it has its.
uint32_t fmt_indent(const struct fmt *f, int i);

// The steps, in their order.
void fmt_pieces(struct fmt *f, const struct words *words);
void fmt_spaces(struct fmt *f);
void fmt_breaks(struct fmt *f);
void fmt_lines(struct fmt *f);
void fmt_print(const struct fmt *f, struct buf *out);

// Breaks the line of the pieces from `start` to `end`, which is too long; false:
// there is no place.
bool fmt_break_line(struct fmt *f, int start, int end);
// Columns of [from, to) in a line.
uint32_t fmt_width(const struct fmt *f, int from, int to);

#endif
