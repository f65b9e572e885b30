// `sgc --graphviz`: a program as a picture.
#ifndef SG_DOT_H
#define SG_DOT_H

#include "compiler/lower.h"

struct compile;

// Appends the text for Graphviz of a lowered program: every app, or what `part`
// names: "app" or "app.graph". A part that is not there is reported.
void dot_program(struct compile *c, const struct program *p, const char *part,
                 struct buf *out);

#endif
