// Numbers of JSON: as tokens, and in one go as int or float.
#include "runtime/codec/parts.h"

#include "grammar/base/number.h"

static bool is_digit(const struct scan *s, const char *at)
{
  return at < s->end && (unsigned)*at - '0' < 10;
}

static const char *skip_digits(const struct scan *s, const char *at)
{
  while (is_digit(s, at))
    at++;
  return at;
}

// As far as it is a number: what is behind is for the caller to judge, so that
// `01` is a 0 with something behind it.
bool scan_numeral(struct scan *s, struct token *out)
{
  const char *from = s->at, *at = from + (from < s->end && *from == '-');
  if (!is_digit(s, at))
    return scan_fail(s, from, "Expecting value");
  at = *at == '0' ? at + 1 : skip_digits(s, at);
  const char *whole = at;
  if (at < s->end && *at == '.' && is_digit(s, at + 1))
    at = skip_digits(s, at + 1);
  if (at < s->end && (*at | 32) == 'e') {
    const char *e = at + 1;
    e += e < s->end && (*e == '-' || *e == '+');
    if (is_digit(s, e))
      at = skip_digits(s, e);
  }
  s->at = at;
  *out = (struct token){from, (size_t)(at - from), 0, at == whole};
  return true;
}

// Digits behind which the number may go on; nineteen are sure to fit.
static const char *take_digits(const struct scan *s, const char *at,
                               uint64_t *sum)
{
  const char *from = at;
  uint64_t x = *sum;
  while (is_digit(s, at))
    x = x * 10 + (uint64_t)(*at++ - '0');
  *sum = x;
  return at - from > 19 ? NULL : at;
}

static bool goes_on(const struct scan *s, const char *at)
{
  return at < s->end && (*at == '.' || (*at | 32) == 'e');
}

bool scan_int(struct scan *s, int64_t *out)
{
  const char *at = s->at;
  bool negative = at < s->end && *at == '-';
  uint64_t x = 0;
  const char *first = at += negative;
  at = take_digits(s, at, &x);
  if (!at || at == first || goes_on(s, at) || x > INT64_MAX ||
      (*first == '0' && at - first > 1))
    return false;
  s->at = at;
  *out = negative ? -(int64_t)x : (int64_t)x;
  return true;
}

// What has no exponent and few digits; all else as a token.
static bool short_float(struct scan *s, double *out)
{
  const char *at = s->at;
  bool negative = at < s->end && *at == '-';
  uint64_t x = 0;
  int64_t places = 0;
  const char *first = at += negative;
  at = take_digits(s, at, &x);
  if (!at || at == first || (*first == '0' && at - first > 1))
    return false;
  bool whole = !(at < s->end && *at == '.');
  if (!whole) {
    const char *point = ++at;
    at = take_digits(s, at, &x);
    places = at ? at - point : 0;
    if (!places)
      return false;
  }
  if (goes_on(s, at) || at - first > 19 + !whole ||
      !number_of_decimal(x, -places, out))
    return false;
  s->at = at;
  if (negative && (x || !whole)) // a whole -0 is 0
    *out = -*out;
  return true;
}

bool scan_float(struct scan *s, double *out)
{
  struct token t;
  if (short_float(s, out))
    return true;
  if (!scan_numeral(s, &t) || !number_read_float(t.data, t.size, false, out) ||
      *out - *out != 0)
    return false;
  if (t.plain)
    *out += 0.0;
  return true;
}
