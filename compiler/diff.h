// `sgc diff`: what a rollout would change, from one plan to the next.
#ifndef SG_DIFF_H
#define SG_DIFF_H

#include "grammar/base/buf.h"
#include "grammar/plan/plan.h"

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED };
enum change_of {
  CHANGE_APP,
  CHANGE_ROUTE,
  CHANGE_DEPLOYMENT,
  CHANGE_GRAPH,
  CHANGE_TYPE,
  CHANGE_SERVER,
  CHANGE_OF_COUNT
};

struct detail {
  const char *what;
  const char *from, *to; // or NULL: it was not there, or is not
  bool restart; // replicas (of a server: the program) start anew
  bool breaks;  // clients that worked may fail
  struct detail *next;
};

struct change {
  enum change_kind kind;
  enum change_of of;
  const char *app;  // or NULL
  const char *name; // or NULL: there is one only
  bool restart, breaks;
  struct detail *details;
  struct change *next;
};

// What differs, in the order of the new plan, what is gone last; NULL: nothing
// that counts does (documentation, tests and places in sources do not). Both
// plans are verified, and stay as long as the result; the arena owns it.
struct change *diff_plans(struct arena *a, const struct plan *from,
                          const struct plan *to);

// For people, and as one JSON object.
void diff_print(const struct change *all, struct buf *out);
void diff_print_json(const struct change *all, struct buf *out);

#endif
