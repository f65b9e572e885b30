// Between signature.c and signature_read.c: how a row's text becomes its tree.
#ifndef SG_SIGNATURE_READ_H
#define SG_SIGNATURE_READ_H

#include "grammar/defs/signature.h"

// Reads `text` into the parameters, dimensions and result.
void signature_read(struct signature *s);

#endif
