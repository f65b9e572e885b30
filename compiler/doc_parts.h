// What the files of `sgc doc` share.
#ifndef SG_DOC_PARTS_H
#define SG_DOC_PARTS_H

#include "compiler/compile.h"
#include "compiler/core.h"
#include "compiler/doc.h"
#include "compiler/table.h"

struct doc_entry { // of the contents
  int level;
  const char *id, *title;
  struct doc_entry *next;
};

struct doc {
  struct compile *c;
  struct arena *arena;
  const struct program *program;
  struct buf *out;
  bool html;
  struct doc_entry *entries, **last;
  struct table ids;   // how often each was wanted
  struct table types; // those that are declared
};

// ---- marks (doc_write.c) ----

// A heading that may be linked to as KIND-NAME; levels are 1 to 4. `code`: it is
// set as code. Those of level 2 and 3 stand in the contents, as `name`.
void doc_heading(struct doc *d, int level, const char *kind, const char *name,
                 const char *title, bool code);
void doc_prose(struct doc *d, const char *text); // of `///`, or NULL
void doc_line(struct doc *d, const char *text);  // a paragraph; `code` in it
void doc_code(struct doc *d, const char *text);  // of .sg
void doc_picture(struct doc *d, const char *dot, size_t size);
void doc_point(struct doc *d, const char *text); // of a list
// A table: its head, then cells by turns; texts may be NULL. PROSE is Markdown,
// and the names in a TYPE lead to where they are declared.
enum doc_cell { DOC_TEXT, DOC_PROSE, DOC_CODE, DOC_TYPE };
void doc_table(struct doc *d, const char *const *heads); // ends with NULL
void doc_row(struct doc *d);
void doc_cell(struct doc *d, enum doc_cell as, const char *text);
void doc_row_end(struct doc *d);
void doc_table_end(struct doc *d);
// HTML: the text with what means something there written otherwise.
void doc_escape(struct buf *out, const char *text, size_t size);
// The prose of `///`, which is Markdown, as HTML.
void doc_markdown(struct buf *out, const char *text);
void doc_inline(struct buf *out, const char *text, size_t size);

// ---- contents ----

// The source of a span on one line, without comments.
const char *doc_source(struct doc *d, struct span at);
// `(a: int, b: str = "x") -> int` as it was written.
const char *doc_signature(struct doc *d, const struct callable *c);
const char *doc_constant(struct doc *d, const struct constant *c);
void doc_settings(struct doc *d, const struct setting *all, bool bound);
void doc_app(struct doc *d, const struct item *item, const struct app *a);
void doc_declarations(struct doc *d);

// A picture of a text for Graphviz, without its XML head; false: it cannot be
// drawn here (doc_svg.c).
bool doc_svg(const char *dot, size_t size, struct buf *out);

#endif
