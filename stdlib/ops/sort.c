// Sorting, which is stable: equal elements keep their order.
//
// Numbers are sorted by the bits of a key that is in their order, eleven at a
// time, the most significant 33 of those in which keys differ. What these do
// not tell apart is put in order by insertion; should that be much, the other
// bits are sorted by first. Everything else is merged, by comparing.
#include "stdlib/ops/sort.h"

#include <string.h>

// ---- numbers ----

enum { DIGIT = 11, DIGITS = 1 << DIGIT, FEW = 48 };

// What follows is made twice, for ints and for floats.
#define BOTH static inline __attribute__((always_inline))

// Minus zero equals zero.
BOTH uint64_t key_of(value v, bool is_float)
{
  const uint64_t top = 1ull << 63;
  if (!is_float)
    return v.bits ^ top;
  uint64_t bits = v.f == 0 ? 0 : v.bits;
  return bits ^ ((0 - (bits >> 63)) | top);
}

struct digits { // of three, how often each is there; then where it goes
  uint32_t at[3][DIGITS];
};

BOTH unsigned digit_of(uint64_t key, unsigned low, unsigned which)
{
  return key >> (low + which * DIGIT) & (DIGITS - 1);
}

static void add_up(uint32_t *at)
{
  uint32_t sum = 0;
  for (uint32_t i = 0; i < DIGITS; i++) {
    uint32_t count = at[i];
    at[i] = sum;
    sum += count;
  }
}

// By three digits from `low` on; the result is in `to`, and x is no more.
BOTH void by_digits(value *x, value *to, uint32_t n, unsigned low,
                    bool is_float)
{
  struct digits d = {0};
  for (uint32_t i = 0; i < n; i++) {
    uint64_t key = key_of(x[i], is_float);
    for (unsigned k = 0; k < 3; k++)
      d.at[k][digit_of(key, low, k)]++;
  }
  for (unsigned k = 0; k < 3; k++) {
    add_up(d.at[k]);
    for (uint32_t i = 0; i < n; i++)
      to[d.at[k][digit_of(key_of(x[i], is_float), low, k)]++] = x[i];
    value *t = x;
    x = to;
    to = t;
  }
}

// False when that would take more than so many moves; then some are done.
BOTH bool insert(value *x, uint32_t n, uint64_t moves, bool is_float)
{
  for (uint32_t i = 1; i < n; i++) {
    value v = x[i];
    uint64_t key = key_of(v, is_float);
    uint32_t at = i;
    for (; at && key_of(x[at - 1], is_float) > key; at--)
      x[at] = x[at - 1];
    x[at] = v;
    if (i - at > moves)
      return false;
    moves -= i - at;
  }
  return true;
}

// Which bits differ; *ordered says that all stand right already.
BOTH uint64_t differences(const value *x, uint32_t n, bool is_float,
                          bool *ordered)
{
  uint64_t first = key_of(x[0], is_float), last = first, all = 0;
  *ordered = true;
  for (uint32_t i = 1; i < n; i++) {
    uint64_t key = key_of(x[i], is_float);
    *ordered &= last <= key;
    last = key;
    all |= key ^ first;
  }
  return all;
}

BOTH value *sort_numbers(value *x, value *spare, uint32_t n, bool is_float)
{
  bool ordered;
  if (n <= FEW) {
    insert(x, n, UINT64_MAX, is_float);
    return x;
  }
  uint64_t differ = differences(x, n, is_float, &ordered);
  if (ordered)
    return x;
  unsigned high = 64 - (unsigned)__builtin_clzll(differ);
  unsigned low = high > 3 * DIGIT ? high - 3 * DIGIT : 0;
  by_digits(x, spare, n, low, is_float);
  if (!low || insert(spare, n, 8 * (uint64_t)n, is_float))
    return spare;
  // All bits, from whatever order they are in: equal keys have kept theirs.
  by_digits(spare, x, n, 0, is_float);
  by_digits(x, spare, n, 31, is_float);
  return spare;
}

static value *sort_ints(value *x, value *spare, uint32_t n)
{
  return sort_numbers(x, spare, n, false);
}

static value *sort_floats(value *x, value *spare, uint32_t n)
{
  return sort_numbers(x, spare, n, true);
}

// ---- everything else ----

static void merge(const struct sort *s, value *to, const value *from,
                  size_t middle, size_t count)
{
  size_t i = 0, j = middle;
  for (size_t at = 0; at < count; at++) {
    bool right = i == middle || (j < count && s->before(s, from[j], from[i]));
    to[at] = right ? from[j++] : from[i++];
  }
}

value *sort_merge(const struct sort *s, value *x, value *spare, size_t count)
{
  for (size_t width = 1; width < count; width *= 2) {
    for (size_t at = 0; at < count; at += 2 * width) {
      size_t left = count - at, both = left < 2 * width ? left : 2 * width;
      merge(s, spare + at, x + at, left < width ? left : width, both);
    }
    value *t = x;
    x = spare;
    spare = t;
  }
  return x;
}

static bool lesser(const struct sort *s, value x, value y)
{
  return value_compare(s->plan, s->type, x, y) < 0;
}

static bool lesser_text(const struct sort *s, value x, value y)
{
  (void)s;
  return text_compare(x.text, y.text) < 0;
}

value *sort_values(const struct plan *p, uint32_t type, value *x, value *spare,
                   uint32_t n)
{
  struct sort s = {.plan = p, .type = type, .before = lesser};
  switch ((enum type_kind)p->types[type].kind) {
  case TYPE_int:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
    return sort_ints(x, spare, n);
  case TYPE_float:
  case TYPE_percent:
    return sort_floats(x, spare, n);
  case TYPE_str:
    s.before = lesser_text;
    break;
  default:
    break;
  }
  return sort_merge(&s, x, spare, n);
}
