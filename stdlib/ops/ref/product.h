// Sums of products: what matrix products, linear layers and convolutions are
// made of. A few rows of x lie beside each other as doubles, and each row of w
// meets all of them.
#ifndef SG_REF_PRODUCT_H
#define SG_REF_PRODUCT_H

#include "stdlib/ops/ref/ref.h"

enum { PRODUCT_ROWS = 16 };

struct product {
  double *x, *w, *sums; // PRODUCT_ROWS rows of k, one row, one sum a row
  int64_t k;
};

// Bytes for it, and it in them.
size_t product_room(int64_t k);
struct product product_begin(void *room, int64_t k);
// sums[i] = x[i] . w, of so many rows
void product_meet(const struct product *p, int64_t rows);

#endif
