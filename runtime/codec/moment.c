// Durations and times as text. Durations: ISO 8601 (PT1.5S), a clock
// ([D days] HH:MM[:SS]), seconds (1.5), or as the language writes them (1.5s).
// Times: RFC 3339, without a zone UTC. The words for what is wrong are close to
// Pydantic's.
#include "runtime/codec/parts.h"

#include "grammar/base/number.h"

#include <string.h>

typedef __int128 i128;

struct cursor {
  const char *at, *end;
};

static bool is_digit(const struct cursor *c)
{
  return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool take(struct cursor *c, char wanted)
{
  if (c->at == c->end || *c->at != wanted)
    return false;
  c->at++;
  return true;
}

// Exactly `digits` digits.
static bool fixed(struct cursor *c, int digits, int64_t *out)
{
  int64_t x = 0;
  for (; digits; digits--, c->at++) {
    if (!is_digit(c))
      return false;
    x = x * 10 + (*c->at - '0');
  }
  *out = x;
  return true;
}

// Behind a point: billionths; more digits are dropped.
static bool fraction(struct cursor *c, int64_t *out)
{
  int64_t x = 0, place = 100000000;
  if (!is_digit(c))
    return false;
  for (; is_digit(c); c->at++, place /= 10)
    x += (*c->at - '0') * place;
  *out = x;
  return true;
}

// A decimal in billionths, below 10^18.
static bool decimal(struct cursor *c, i128 *out)
{
  i128 x = 0;
  int64_t part = 0;
  if (!is_digit(c))
    return false;
  for (; is_digit(c) && x < 100000000000000000; c->at++)
    x = x * 10 + (*c->at - '0');
  if (take(c, '.') && !fraction(c, &part))
    return false;
  *out = x * 1000000000 + part;
  return true;
}

static const char too_short[] = "input is too short";
static const char bad_digit[] = "invalid digit in duration";
static const char extra[] =
    "unexpected extra characters at the end of the input";

struct unit {
  const char *name;
  int64_t ns;
};
static const int64_t second = 1000000000, day = 86400 * 1000000000ll;

// P1DT2H: before the T, and behind it.
static const struct unit dates[] = {{"Y", 365 * 86400 * 1000000000ll},
                                    {"M", 30 * 86400 * 1000000000ll},
                                    {"W", 7 * 86400 * 1000000000ll},
                                    {"D", 86400 * 1000000000ll},
                                    {0}};
static const struct unit clocks[] = {
    {"H", 3600000000000}, {"M", 60000000000}, {"S", 1000000000}, {0}};
static const struct unit words[] = {{"ns", 1},
                                    {"us", 1000},
                                    {"ms", 1000000},
                                    {"s", 1000000000},
                                    {"m", 60000000000},
                                    {"h", 3600000000000},
                                    {"d", 86400 * 1000000000ll},
                                    {0}};

static const struct unit *find_unit(const struct unit *units, struct cursor *c)
{
  for (; units->name; units++) {
    size_t n = strlen(units->name);
    if ((size_t)(c->end - c->at) >= n && !memcmp(c->at, units->name, n)) {
      c->at += n;
      return units;
    }
  }
  return NULL;
}

static const char too_long[] = "durations may not exceed 106,751 days";

// Adds x billionths of a unit.
static bool add_units(i128 *ns, i128 x, const struct unit *u)
{
  if (x > (i128)INT64_MAX * second / u->ns)
    return false;
  *ns += x * u->ns / second;
  return true;
}

static const char *read_iso(struct cursor *c, i128 *ns)
{
  const struct unit *units = dates;
  bool any = false;
  while (c->at < c->end) {
    i128 x;
    if (units == dates && take(c, 'T')) {
      units = clocks;
      continue;
    }
    if (!decimal(c, &x))
      return bad_digit;
    const struct unit *u = find_unit(units, c);
    if (!u)
      return c->at == c->end ? too_short : "invalid character in duration";
    if (!add_units(ns, x, u))
      return too_long;
    any = true;
  }
  return any ? NULL : too_short;
}

// HH:MM[:SS[.f]], behind "D day(s)[,] "
static const char *read_clock(struct cursor *c, int64_t hours, i128 *ns)
{
  int64_t minutes, seconds = 0, part = 0;
  if (!fixed(c, 2, &minutes) || minutes > 59)
    return "minute value is outside expected range of 0-59";
  if (take(c, ':')) {
    if (!fixed(c, 2, &seconds) || seconds > 59)
      return "second value is outside expected range of 0-59";
    if (take(c, '.') && !fraction(c, &part))
      return bad_digit;
  }
  *ns += ((i128)hours * 3600 + minutes * 60 + seconds) * second + part;
  return c->at == c->end ? NULL : extra;
}

static const char *read_days(struct cursor *c, i128 days, i128 *ns)
{
  i128 hours;
  *ns = days * 86400;
  take(c, 's');
  take(c, ',');
  if (c->at == c->end)
    return NULL;
  if (!take(c, ' ') || !decimal(c, &hours) || !take(c, ':'))
    return bad_digit;
  return read_clock(c, (int64_t)(hours / second), ns);
}

static const char *read_number(struct cursor *c, i128 *ns)
{
  i128 x;
  if (!decimal(c, &x))
    return bad_digit;
  if (take(c, ':'))
    return read_clock(c, (int64_t)(x / second), ns);
  take(c, ' ');
  if (c->end - c->at >= 3 && !memcmp(c->at, "day", 3)) {
    c->at += 3;
    return read_days(c, x, ns);
  }
  const struct unit *u = c->at < c->end ? find_unit(words, c) : NULL;
  if (u && !add_units(ns, x, u))
    return too_long;
  *ns = u ? *ns : x;
  return c->at == c->end ? NULL : bad_digit;
}

const char *moment_read_duration(const char *text, size_t size, int64_t *out)
{
  struct cursor c = {text, text + size};
  i128 ns = 0;
  if (!size)
    return too_short;
  bool negative = take(&c, '-');
  if (!negative)
    take(&c, '+');
  const char *why = take(&c, 'P') ? read_iso(&c, &ns) : read_number(&c, &ns);
  if (why)
    return why;
  if (ns > INT64_MAX)
    return too_long;
  *out = (int64_t)(negative ? -ns : ns);
  return NULL;
}

// ---- times ----

// Days from 1970-01-01 in the Gregorian calendar; the year begins in March, so
// that the leap day is its last.
int64_t moment_days(int64_t y, int64_t m, int64_t d)
{
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
  int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void moment_date(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t doe = days - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  *d = doy - (153 * mp + 2) / 5 + 1;
  *m = mp + (mp < 10 ? 3 : -9);
  *y = yoe + era * 400 + (*m <= 2);
}

static const char *read_date(struct cursor *c, int64_t *days)
{
  int64_t y, m, d, back[3];
  if (c->end - c->at < 10)
    return too_short;
  if (!fixed(c, 4, &y))
    return "invalid character in year";
  if (!take(c, '-'))
    return "invalid date separator, expected `-`";
  if (!fixed(c, 2, &m))
    return "invalid character in month";
  if (!take(c, '-'))
    return "invalid date separator, expected `-`";
  if (!fixed(c, 2, &d))
    return "invalid character in day";
  if (m < 1 || m > 12)
    return "month value is outside expected range of 1-12";
  *days = moment_days(y, m, d);
  moment_date(*days, &back[0], &back[1], &back[2]);
  if (back[2] != d || back[1] != m)
    return "day value is outside expected range";
  return NULL;
}

// Z, +HH:MM, +HHMM or nothing.
static bool read_zone(struct cursor *c, int64_t *shift)
{
  int64_t h, m;
  *shift = 0;
  if (c->at == c->end || take(c, 'Z') || take(c, 'z'))
    return true;
  int64_t sign = take(c, '-') ? -60 : 60;
  if (sign > 0 && !take(c, '+'))
    return false;
  if (!fixed(c, 2, &h) || (take(c, ':'), !fixed(c, 2, &m)) || h > 23 || m > 59)
    return false;
  *shift = sign * (h * 60 + m);
  return true;
}

static bool read_time(struct cursor *c, i128 *ns)
{
  int64_t h, m, s = 0, part = 0, shift;
  if (!fixed(c, 2, &h) || !take(c, ':') || !fixed(c, 2, &m) || h > 23 || m > 59)
    return false;
  if (take(c, ':')) {
    if (!fixed(c, 2, &s) || s > 59)
      return false;
    if (take(c, '.') && !fraction(c, &part))
      return false;
  }
  if (!read_zone(c, &shift))
    return false;
  *ns += (i128)(h * 3600 + m * 60 + s - shift) * second + part;
  return c->at == c->end;
}

const char *moment_read_time(const char *text, size_t size, int64_t *out)
{
  struct cursor c = {text, text + size};
  int64_t days;
  const char *why = read_date(&c, &days);
  if (why)
    return why;
  i128 ns = (i128)days * day;
  if (c.at < c.end) {
    if (!strchr("Tt _", *c.at))
      return extra;
    c.at++;
    if (!read_time(&c, &ns))
      return extra;
  }
  if (ns > INT64_MAX || ns < INT64_MIN)
    return "the year is outside expected range of 1678-2261";
  *out = (int64_t)ns;
  return NULL;
}

static char *put(char *at, int64_t x, int digits)
{
  for (int i = digits; i-- > 0; x /= 10)
    at[i] = (char)('0' + x % 10);
  return at + digits;
}

// 2020-01-01T00:00:00Z, with as many thousandths, millionths or billionths as
// there are.
size_t moment_print_time(char out[40], int64_t ns)
{
  int64_t days = ns / day - (ns % day < 0), y, m, d;
  int64_t rest = ns % day + (ns % day < 0 ? day : 0);
  int64_t s = rest / second, part = rest % second;
  moment_date(days, &y, &m, &d);
  char *at = put(out, y, 4);
  *at++ = '-';
  at = put(at, m, 2);
  *at++ = '-';
  at = put(at, d, 2);
  *at++ = 'T';
  at = put(at, s / 3600, 2);
  *at++ = ':';
  at = put(at, s / 60 % 60, 2);
  *at++ = ':';
  at = put(at, s % 60, 2);
  if (part) {
    *at++ = '.';
    at = part % 1000000 == 0 ? put(at, part / 1000000, 3)
         : part % 1000 == 0  ? put(at, part / 1000, 6)
                             : put(at, part, 9);
  }
  *at++ = 'Z';
  *at = 0;
  return (size_t)(at - out);
}
