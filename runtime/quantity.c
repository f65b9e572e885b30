// Enters: words of a command line. Leaves: numbers.
#include "runtime/quantity.h"
#include "grammar/base/number.h"

#include <string.h>

struct unit {
  const char *name;
  double factor;
};

// A number and one of `units`.
static int64_t quantity(const char *text, const struct unit *units)
{
  size_t digits = strspn(text, "0123456789.");
  double x;
  if (!digits || !number_read_float(text, digits, false, &x))
    return -1;
  for (; units->name; units++)
    if (!strcmp(text + digits, units->name) && x * units->factor < 0x1p62)
      return (int64_t)(x * units->factor);
  return -1;
}

int64_t quantity_duration(const char *text)
{
  static const struct unit units[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                      {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
                                      {0}};
  return quantity(text, units);
}

int64_t quantity_size(const char *text)
{
  static const struct unit units[] = {
      {"B", 1},    {"KB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
      {"TB", 1e12}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30},
      {"TiB", 0x1p40}, {0}};
  return quantity(text, units);
}
