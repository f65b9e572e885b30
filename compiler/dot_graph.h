// What the two files that draw graphs share.
#ifndef SG_DOT_GRAPH_H
#define SG_DOT_GRAPH_H

#include "compiler/dot_parts.h"
#include "compiler/lower_code.h"

// A function of strands as a box: a graph, or in it what was made for a
// composition, which is drawn where it is called.
struct drawing {
  struct dot *d;
  const struct code *k;
  const char *prefix;    // of the ids of its nodes
  const char *in, *out;  // its ends
  const char *again;     // of a loop: whether there is another round
  struct drawing *up;    // whose strand it is, or NULL
  struct strand_drawn {
    const char *in, *out;  // where arrows come and go
    struct drawing *inner; // or NULL
    bool hidden; // a choose that asks how a loop ended, or a router again
  } *strands;
};

// What a comprehension runs for each element; NULL where it is none, or one
// whose elements call nothing.
const struct function *element_of(const struct code *k, const struct strand *s);
// The parts that are drawn inside are made with it.
struct drawing *drawing_new(struct dot *d, const struct function *f,
                            const char *prefix, struct drawing *up);
// Its arrows, and those of what is inside (dot_edges.c).
void drawing_edges(struct drawing *g);

#endif
