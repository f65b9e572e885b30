// `sgc doc`: what a program is, for those who use it, from its `///` and what the
// compiler knows of it.
#ifndef SG_DOC_H
#define SG_DOC_H

#include "compiler/lower.h"

struct compile;

enum doc_form { DOC_MARKDOWN, DOC_HTML };

// Appends the documentation of a lowered program: its apps with their routes,
// its deployments, types, functions and tests. HTML is one page that needs no
// other, with the apps' pictures if Graphviz is there to draw them.
void doc_program(struct compile *c, const struct program *p,
                 enum doc_form form, struct buf *out);

#endif
