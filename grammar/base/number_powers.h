// Powers of ten as 128 bits, for printing and reading floats. Private to the
// number files.
#ifndef SG_NUMBER_POWERS_H
#define SG_NUMBER_POWERS_H

#include <stdbool.h>
#include <stdint.h>

enum { POWER_LEAST = -342, POWER_MOST = 324 };

// 10^k = (hi, lo) * 2^e with the top bit of hi set, rounded up where 128 bits
// do not hold it exactly (they do for k in 0 … POWER_EXACT).
struct power {
  uint64_t hi, lo;
};
enum { POWER_EXACT = 55 };

const struct power *number_power(int k);

#endif
