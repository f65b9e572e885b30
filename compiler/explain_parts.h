// What the files of `sgc explain FILE` share.
#ifndef SG_EXPLAIN_PARTS_H
#define SG_EXPLAIN_PARTS_H

#include "compiler/lines.h"
#include "compiler/lower.h"

struct compile;

struct explain {
  struct compile *c;
  const struct program *program;
  struct buf *out;
  struct lines lines;
  struct times *times;
};

void explain_settings(struct explain *x); // explain_settings.c

#endif
