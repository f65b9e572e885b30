#include "compiler/dot.h"
void dot_program(struct compile *c, const struct program *p, const char *part,
                 struct buf *out)
{
}
