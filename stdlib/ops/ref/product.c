// See product.h.
#include "stdlib/ops/ref/product.h"

#include <string.h>

size_t product_room(int64_t k)
{
  return ((PRODUCT_ROWS + 1) * (size_t)k + PRODUCT_ROWS) * sizeof(double);
}

struct product product_begin(void *room, int64_t k)
{
  double *at = room;
  memset(room, 0, product_room(k));
  return (struct product){at + PRODUCT_ROWS,
                          at + PRODUCT_ROWS + PRODUCT_ROWS * k, at, k};
}

// Four at a time: additions of one sum wait for each other. What lies in rows
// behind the last one is of no use, but it is read: product_begin cleared it.
void product_meet(const struct product *p, int64_t rows)
{
  int64_t k = p->k;
  const double *w = p->w;
  for (int64_t r = 0; r < rows; r += 4) {
    const double *a = p->x + r * k, *b = a + k, *c = b + k, *d = c + k;
    double sum[4] = {0};
    for (int64_t i = 0; i < k; i++) {
      sum[0] += a[i] * w[i];
      sum[1] += b[i] * w[i];
      sum[2] += c[i] * w[i];
      sum[3] += d[i] * w[i];
    }
    for (int64_t i = 0; i < 4; i++)
      p->sums[r + i] = sum[i];
  }
}
