// Diagnostics: what is wrong with a program, as records that can be sorted,
// counted and printed in several forms. Both programs speak with them: sgc of
// the source, sgrun of what only the machine knows, with the source's line.
#ifndef SG_DIAG_H
#define SG_DIAG_H

#include "grammar/base/arena.h"
#include "grammar/base/buf.h"
#include "grammar/base/nearest.h"

// A run of bytes in a source. `file` counts from 0 in the order of loading.
struct span {
  uint32_t file;
  uint32_t start, end; // byte offsets, end behind the last byte
};

// Of what has no place in a source: such a record is printed without one.
#define NO_SPAN ((struct span){UINT32_MAX, 0, 0})

// A source text. Lines and columns are computed when something is printed.
struct source {
  const char *path; // as the user wrote it
  const char *text; // NUL behind `size` bytes
  size_t size;
};

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

// One for each row of diags.def: DIAG_<name>, whose number is the one in SG0123.
enum diag_id {
#define DIAG(number, name, severity, message, page) DIAG_##name = number,
#include "grammar/defs/diags.def"
#undef DIAG
};

struct diag_note { // a secondary span
  struct span span;
  const char *text;
  struct diag_note *next;
};

struct diag {
  enum diag_id id;
  enum severity severity;
  struct span span;
  const char *message;
  const char *hint; // or NULL
  struct diag_note *notes;
  struct diag *next;
  uint32_t order; // of reporting; the last key of the sort
};

// All that one run found. The arena owns every text.
struct diags {
  struct arena *arena;
  struct diag *first, *last;
  uint32_t count, errors, warnings;
  uint32_t limit;         // records kept, 0: all; what is over is only counted
  bool warnings_as_errors;
  const bool *off;        // by id: warnings that -W no-name switched off, or NULL
};

// Records one. The message is a printf; the row's own message when `format` is
// NULL. Returns the record (never NULL), to which a hint and notes may be added.
struct diag *diag_report(struct diags *d, enum diag_id id, struct span at,
                         const char *format, ...)
    __attribute__((format(printf, 4, 5)));
struct diag *diag_note(struct diags *d, struct diag *on, struct span at,
                       const char *format, ...)
    __attribute__((format(printf, 4, 5)));
struct diag *diag_hint(struct diags *d, struct diag *on, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum diag_form { DIAG_HUMAN, DIAG_JSON, DIAG_GITHUB };

// Appends all records, sorted by file, place, and order of reporting.
void diag_print(const struct diags *d, const struct source *sources,
                size_t n_sources, enum diag_form form, bool colour,
                struct buf *out);

// Line and column (both from 1; the column counts code points) of an offset.
void source_place(const struct source *s, uint32_t offset, uint32_t *line,
                  uint32_t *column);

// The same for many places of one source, found once.
struct source_lines {
  const struct source *source; // NULL: not made yet
  uint32_t *starts, n;         // of lines
  uint32_t *points;            // code points before every so many bytes
  uint32_t last;               // the line that was found last
};
// False when memory is out, and nothing has changed.
bool source_lines_make(struct arena *a, const struct source *s,
                       struct source_lines *l);
void source_lines_find(struct source_lines *l, uint32_t offset, uint32_t *line,
                       uint32_t *column);

// The row for a number, or NULL; by name, `-` is as good as `_`.
struct diag_row {
  uint16_t number;
  const char *name; // with `_`; printed with `-`
  enum severity severity;
  const char *message, *page;
};
const struct diag_row *diag_row(unsigned number);
const struct diag_row *diag_row_named(const char *name);

#endif
