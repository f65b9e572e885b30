// The words of a source, comments among them: for what works on text as it was
// written (the formatter, colours) and needs no tree.
#ifndef SG_WORDS_H
#define SG_WORDS_H

#include "grammar/base/atom.h"
#include "grammar/base/diag.h"

enum word_kind {
  WORD_NAME,
  WORD_KEYWORD, // a soft one may be a name here
  WORD_NUMBER,  // with its unit
  WORD_STRING,  // with its quotes and holes
  WORD_SIGN,
  WORD_COMMENT, // from `//` on, without blanks at its end
  WORD_DOC,     // from `///` on
  WORD_BLOCK_COMMENT,
};

struct word {
  enum word_kind kind;
  struct span span;
  uint32_t lines;     // line breaks between it and the word before
  bool soft : 1;      // a keyword that may be a name
  bool ends : 1;      // before it a statement, declaration, field or arm ends
  bool can_end : 1;   // a line end behind it would be the end of a statement
  bool goes_on : 1;   // no line end before it ends one
  bool heads : 1;     // at the start of a line, with a word behind it, it can
                      // only begin a declaration
  bool block : 1;     // a `{` that holds statements or declarations
};

struct words {
  struct word *at;
  size_t n;
};

// The words of a source that was parsed without errors. They live in the arena.
struct words words_read(const struct source *s, struct arena *arena,
                        struct atoms *atoms);

#endif
