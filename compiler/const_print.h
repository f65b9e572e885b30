// Constants as the language writes them.
#ifndef SG_CONST_PRINT_H
#define SG_CONST_PRINT_H

#include "compiler/core.h"

// What cannot be written (bytes, tensors) is printed as its type.
void constant_print(const struct constant *c, struct buf *out);

#endif
