// What the two halves of compacting share: compact.c moves what lies in
// memory, roots.c knows who points to it.
#ifndef SG_COMPACT_H
#define SG_COMPACT_H

#include "runtime/vm/vm.h"

struct span { // of memory that is to be left
  const char *begin, *end;
};

enum shape {
  SHAPE_text,
  SHAPE_list,
  SHAPE_items, // that lists share, behind a number of how many are taken
  SHAPE_map,
  SHAPE_entries,
  SHAPE_plain, // no pointers in it
  SHAPE_parts,
  SHAPE_box,
  SHAPE_tagged,
  SHAPE_json,
  SHAPE_tensor,
  SHAPE_node, // of a tensor that is still to be computed
  SHAPE_closure,
  SHAPE_held,
  SHAPE_future,
  SHAPE_error,
  SHAPE_each,
};
// Types of a list's or map's items that are no number in the plan.
#define OF_JSON (PLAN_NONE - 1)
#define OF_TEXT (PLAN_NONE - 2)

struct moved {
  const char *from;
  char *to;
  size_t size;
  uint32_t type; // of it, or of its items
  uint8_t shape;
};

// It goes through everything twice: finds it, then leads pointers to copies.
struct compaction {
  struct run *run;
  const struct plan *plan;
  struct span *spans; // by address
  uint32_t n_spans, last_span;
  struct moved *moved; // in the order of finding
  uint32_t n_moved, room;
  uint32_t *places, mask; // numbers in `moved` + 1, by address and shape
  size_t size;            // of the copies
  struct arena *to;       // which they are in
  bool leads;             // the second time
  bool failed;            // no memory for it
};

// A pointer that is kept from one turn to the next, and a value.
void compact_visit(struct compaction *c, void *pointer, enum shape shape,
                   uint32_t type, size_t size);
void compact_value(struct compaction *c, value *v, uint32_t type);
void compact_text(struct compaction *c, const struct text **t);
void compact_map(struct compaction *c, const struct map **m, uint32_t of);
void compact_arrivals(struct compaction *c, struct arrivals **a);
void compact_error(struct compaction *c, const struct error **e);
// All that the run itself points to.
void compact_roots(struct compaction *c);
// Behind it: streams that nobody knows any more may be made again.
void compact_streams(struct run *run);

#endif
