// `sgc init`: a project to start from.
#ifndef SG_INIT_H
#define SG_INIT_H

#include "grammar/base/buf.h"

// Puts the files of a project (compiler/init) into a folder, which is made if it
// is not there, and says in `out` what it did. False, and the reason in `why`:
// one of them is there already, and then none was written; or it failed.
bool init_project(struct arena *a, const char *folder, struct buf *out,
                  struct buf *why);

#endif
