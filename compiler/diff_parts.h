// What the files of `sgc diff` share.
#ifndef SG_DIFF_PARTS_H
#define SG_DIFF_PARTS_H

#include "compiler/diff.h"

struct diff_side {
  const struct plan *p;
  uint64_t *types;   // what each type is like, as a number; 0: not asked yet
  uint64_t *codes;   // the same of functions
  uint32_t *met;     // scratch, by function: 0 between two uses
  uint32_t *order;
};

struct diff {
  struct arena *arena;
  struct diff_side from, to;
  struct change *first, **last;
  struct change *now; // the one that is looked at
  uint8_t *changed;   // by type of the new plan: 0 not asked yet, 1 no, 2 yes
  uint32_t *seen;     // by type of the new plan: the look it was last seen in
  uint32_t looks;
};

// ---- what is there (diff.c) ----

struct change *diff_begin(struct diff *d, enum change_kind kind,
                          enum change_of of, const char *app, const char *name);
// Keeps what was begun if it has details, or is no CHANGED.
void diff_end(struct diff *d);
struct detail *diff_detail(struct diff *d, const char *what, const char *from,
                           const char *to);
const char *diff_str(const struct plan *p, struct plan_text t);
bool diff_same_text(const struct diff *d, struct plan_text from,
                    struct plan_text to);

void diff_settings(struct diff *d, const char *of, struct plan_run from,
                   struct plan_run to);
void diff_types(struct diff *d);
void diff_routes(struct diff *d);
void diff_deployments(struct diff *d);

// ---- what code is like (diff_code.c) ----

// Two functions that do the same have the same number: names of helpers, numbers
// of records and places in sources do not count, what is called does.
uint64_t diff_code(struct diff_side *s, uint32_t function);
// A type as text, with its constraints; as a number, where it was written out.
const char *diff_type(struct diff *d, const struct plan *p, uint32_t type);
// The same with the names of declared types, which those of slots have lost.
const char *diff_short_type(struct diff *d, const struct plan *p,
                            uint32_t type);
uint64_t diff_type_number(struct diff_side *s, uint32_t type);
const char *diff_const(struct diff *d, const struct plan *p, uint32_t index);

#endif
