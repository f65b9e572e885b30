// See budget.h.
#include "runtime/serve/budget.h"

static void bring(struct budget *b, double n)
{
  b->spent = b->spent > n ? b->spent - n : 0;
}

void budget_call(struct budget *b)
{
  bring(b, b->share);
}

bool budget_take(struct budget *b, int64_t now)
{
  bring(b, (double)(now - b->at) * (BUDGET_PER_SECOND / 1e9));
  b->at = now;
  if (b->spent + 1 > BUDGET_MOST + 1e-9)
    return false;
  b->spent++;
  return true;
}
