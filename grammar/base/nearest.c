// "Did you mean": the distance between names, counted in letters that were
// left out, added, changed or swapped.
#include "grammar/base/nearest.h"

#include <string.h>
#include <strings.h>

enum { LONGEST = 48 };

static unsigned least(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

static bool same(char a, char b)
{
  return a == b || (a == '-' && b == '_') || (a == '_' && b == '-');
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
  unsigned rows[3][LONGEST + 1];
  unsigned *last = rows[0], *row = rows[1], *before = rows[2];
  for (size_t j = 0; j <= m; j++)
    row[j] = (unsigned)j;
  for (size_t i = 1; i <= n; i++) {
    unsigned *spare = before;
    before = last;
    last = row;
    row = spare;
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= m; j++) {
      row[j] = least(last[j], row[j - 1]) + 1;
      row[j] = least(row[j], last[j - 1] + !same(a[i - 1], b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], before[j - 2] + 1);
    }
  }
  return row[m];
}

const char *nearest_name(const char *wanted, const char *const *candidates,
                         size_t n)
{
  size_t size = strlen(wanted);
  if (!size || size > LONGEST)
    return NULL;
  unsigned best = size < 3 ? 1 : (unsigned)(size + 2) / 3;
  const char *found = NULL;
  for (size_t i = 0; i < n; i++) {
    size_t other = strlen(candidates[i]);
    if (!other || other > LONGEST)
      continue;
    if (!strcasecmp(wanted, candidates[i]))
      return candidates[i];
    unsigned far = distance(wanted, size, candidates[i], other);
    if (far >= other || far > best || (found && far == best))
      continue;
    best = far;
    found = candidates[i];
  }
  return found;
}
