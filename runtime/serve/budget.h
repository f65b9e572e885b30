// How often calls of a deployment may be made once more: so that retries and
// hedges cannot multiply what overloads it.
//
// A retry or a hedge takes one from what there is. Each call that may be
// repeated brings a share of one, each second BUDGET_PER_SECOND, and at most
// BUDGET_MOST are kept, with which it begins. A count for each loop.
#ifndef SG_BUDGET_H
#define SG_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum { BUDGET_PER_SECOND = 10, BUDGET_MOST = 100 };

struct budget {
  double share; // of a call
  double spent; // of BUDGET_MOST, and not yet brought again
  int64_t at;   // ns, until when time has been counted
};

void budget_call(struct budget *b);              // one is made
bool budget_take(struct budget *b, int64_t now); // and made again

#endif
