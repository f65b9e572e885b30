// `sgc fmt`: a source in the one form that all sources have.
//
// The author's line breaks stay where they may stand, and so do the comments
// and one empty line where there was one or more. Indentation, blanks and lines
// that are too long are the formatter's. The words and their order never change.
#ifndef SG_FMT_H
#define SG_FMT_H

#include "grammar/base/atom.h"
#include "grammar/base/diag.h"

// Appends the source, formatted, to `out`. False: it has syntax errors, which
// are reported to `diags`, at `file`; then nothing was appended.
bool fmt_source(const struct source *s, uint32_t file, struct arena *arena,
                struct atoms *atoms, struct diags *diags, struct buf *out);

// `sgc fmt PATH...`: formats files in place, and all .sg files in folders; `-` is
// formatted from the standard input to the output.
struct compile;
struct fmt_job {
  bool check; // only names what is not formatted, on `out`
  bool diff;  // only shows what would change, on `out`
  bool changed; // set: a file was, or would be, changed
};
void fmt_paths(struct compile *c, struct fmt_job *job, char *const *paths,
               size_t n, struct buf *out);

#endif
