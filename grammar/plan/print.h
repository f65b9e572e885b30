// Pieces of a plan as text, for reasons and dumps.
#ifndef SG_PLAN_PRINT_H
#define SG_PLAN_PRINT_H

#include "grammar/base/buf.h"
#include "grammar/plan/plan.h"

enum { PLAN_LABEL = 64 };

// A name that is fit for a line: cut when long, without control characters.
// Returns `out`.
const char *plan_label(char out[PLAN_LABEL], const struct plan *p,
                       struct plan_text t);

// A type as the language writes it, where a name stands for what has one.
// `open`: the outermost type is written out even if it has a name.
void plan_print_type(const struct plan *p, uint32_t type, bool open,
                     struct buf *out);

// The same with nothing left out: constraints, defaults, all of what is large. To
// compare, and only of what is not absurdly large.
void plan_print_whole_type(const struct plan *p, uint32_t type, bool open,
                           struct buf *out);

// A constant as the language writes it, more or less; large ones are cut but
// where the `whole` is asked for.
void plan_print_const(const struct plan *p, uint32_t index, bool whole,
                      struct buf *out);

// A text or bytes in quotes; what is not printable UTF-8 is escaped.
void plan_print_text(const char *text, size_t size, struct buf *out);

#endif
