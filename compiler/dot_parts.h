// What the files of the picture share.
#ifndef SG_DOT_PARTS_H
#define SG_DOT_PARTS_H

#include "compiler/lines.h"
#include "compiler/lower.h"

struct dot {
  struct arena *arena;
  const struct program *program;
  struct buf *out;
  struct lines lines;
  bool *shown;      // by binding: is in the picture
  bool *apart;      // by binding: something beside graphs calls or holds it
  const char **ids; // by binding: its node, the first of several
  uint32_t walks;   // how many there were (dot_calls.c)
  bool routes;      // are in the picture: those of `only`, or of all
  const struct app *only;
};

static inline uint32_t dot_number(const struct binding *b)
{
  return b->plan - 1;
}

// ---- text (dot_text.c) ----
// `a="b"`, escaped; " with a newline in it is a line break.
void dot_attribute(struct dot *d, const char *name, const char *text);
// Two lines for a label: a name, and smaller what there is to say about it.
void dot_label(struct dot *d, const char *name, const char *below);
// The types of values, separated by commas; long ones are cut.
const char *dot_types(struct dot *d, struct core *const *args, uint32_t n);
const char *dot_type(struct dot *d, const struct type *t);
const char *dot_tooltip(struct dot *d, const char *doc, const char *what,
                        struct span span);

// ---- nodes (dot.c) ----
void dot_deployment(struct dot *d, const struct binding *b,
                    const struct method *called, const char *id);
void dot_edge(struct dot *d, const char *from, const char *to,
              const char *label, const char *style);

// The arrows of what the elements of a comprehension call, from its node.
void dot_element_calls(struct dot *d, const struct function *element,
                       const char *id);

// ---- calls (dot_calls.c) ----
// Calls `visit` for each binding that a function calls, itself or by helpers,
// in order, with the call (which is a site's core); a handle may mean several.
struct core;
typedef void dot_visit(struct dot *d, void *user, const struct binding *to,
                       const struct core *call);
void dot_calls_of(struct dot *d, const struct function *f,
                  const struct binding *self, dot_visit *visit, void *user);
// The same for a route: what is composed there has a box of its own, for which
// `composed` is called.
typedef void dot_visit_composed(struct dot *d, void *user,
                                const struct function *f);
void dot_calls_of_route(struct dot *d, const struct function *f,
                        dot_visit *visit, dot_visit_composed *composed,
                        void *user);

// ---- graphs (dot_graph.c) ----
// Sees what elements of comprehensions call: it stands apart from the graph.
void dot_elements(struct dot *d, const struct function *graph,
                  dot_visit *visit);
// Gives the deployments that only graphs call their nodes: their first calls.
void dot_name_calls(struct dot *d, const struct binding *graph);
void dot_graph(struct dot *d, const struct binding *b);
// The same for what is composed outside of graphs; `id` begins the ids.
void dot_name_composed(struct dot *d, const struct function *f, const char *id);
void dot_composed(struct dot *d, const struct function *f, const char *id);

#endif
