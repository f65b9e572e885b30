// The library `time`: moments as days and hours, as texts of a given form, and
// back. A moment is counted in nanoseconds since 1970 in UTC; whose clock is
// meant is said by an offset.
#include "grammar/base/utf8.h"
#include "runtime/codec/parts.h"
#include "stdlib/ops/ops.h"

#include <string.h>

static const int64_t second = 1000000000, day = 86400 * second;

typedef __int128 i128;

static enum operator_status outside(struct operator_call *call)
{
  return operator_fail(call, "a time outside of the years 1678 to 2261");
}

static enum operator_status give_time(struct operator_call *call, value *out,
                                      i128 ns)
{
  if (ns > INT64_MAX || ns < INT64_MIN)
    return outside(call);
  return give_int(out, (int64_t)ns);
}

// ---- arithmetic ----

OP(time_plus)
{
  return give_time(call, out, (i128)ARG(0).i + ARG(1).i);
}

OP(time_minus)
{
  return give_time(call, out, (i128)ARG(0).i - ARG(1).i);
}

OP(time_since)
{
  i128 ns = (i128)ARG(0).i - ARG(1).i;
  if (ns > INT64_MAX || ns < INT64_MIN)
    return operator_fail(call, "these times are more than 292 years apart");
  return give_int(out, (int64_t)ns);
}

OP(time_unix)
{
  return give_float(out, (double)ARG(0).i / 1e9);
}

OP(time_from_unix)
{
  double s = ARG(0).f;
  if (!(s > -9.2e9 && s < 9.2e9))
    return outside(call);
  int64_t whole = (int64_t)s;
  return give_time(call, out,
                   (i128)whole * second + (i128)((s - (double)whole) * 1e9));
}

// ---- parts ----

enum part { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NANO, WEEKDAY, YEARDAY, PARTS };

static void split(int64_t ns, int64_t offset, int64_t out[PARTS])
{
  i128 local = (i128)ns + offset;
  int64_t days = (int64_t)(local / day) - (local % day < 0);
  int64_t rest = (int64_t)(local - (i128)days * day);
  moment_date(days, &out[YEAR], &out[MONTH], &out[DAY]);
  out[HOUR] = rest / (3600 * second);
  out[MINUTE] = rest / (60 * second) % 60;
  out[SECOND] = rest / second % 60;
  out[NANO] = rest % second;
  out[WEEKDAY] = ((days + 3) % 7 + 7) % 7 + 1; // 1970-01-01 was a Thursday
  out[YEARDAY] = days - moment_days(out[YEAR], 1, 1) + 1;
}

// False: *why says which part it is.
static bool join(const int64_t p[PARTS], int64_t offset, i128 *ns,
                 const char **why)
{
  static const struct {
    const char *name;
    int64_t least, most;
  } rows[] = {{"year", 1, 9999}, {"month", 1, 12}, {"day", 1, 31},
              {"hour", 0, 23},   {"minute", 0, 59}, {"second", 0, 59},
              {"nanosecond", 0, 999999999}};
  for (int i = YEAR; i <= NANO; i++)
    if (p[i] < rows[i].least || p[i] > rows[i].most) {
      *why = rows[i].name;
      return false;
    }
  int64_t days = moment_days(p[YEAR], p[MONTH], p[DAY]), y, m, d;
  moment_date(days, &y, &m, &d);
  *why = "day";
  if (m != p[MONTH])
    return false;
  *ns = (i128)days * day +
        (p[HOUR] * 3600 + p[MINUTE] * 60 + p[SECOND]) * second + p[NANO] -
        offset;
  return true;
}

OP(time__parts)
{
  int64_t parts[PARTS];
  struct list *l = list_new(call->arena, PARTS);
  split(ARG(0).i, ARG(1).i, parts);
  for (int i = 0; l && i < PARTS; i++)
    l->items[l->count++].i = parts[i];
  return give(call, out, l);
}

OP(time__of)
{
  int64_t parts[PARTS] = {0};
  const struct list *l = ARG(0).list;
  const char *why;
  i128 ns;
  for (uint32_t i = 0; i < l->count && i <= NANO; i++)
    parts[i] = l->items[i].i;
  if (!join(parts, ARG(1).i, &ns, &why))
    return operator_fail(call, "there is no such %s", why);
  return give_time(call, out, ns);
}

// ---- texts ----

static const char *const months[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
static const char *const weekdays[] = {"Monday",   "Tuesday", "Wednesday",
                                       "Thursday", "Friday",  "Saturday",
                                       "Sunday"};

// What stands for several others.
static const char *longer(char directive)
{
  return directive == 'F'   ? "%Y-%m-%d"
         : directive == 'T' ? "%H:%M:%S"
         : directive == 'R' ? "%H:%M"
         : directive == 'D' ? "%m/%d/%y"
                            : NULL;
}

// A directive that is a number with leading zeros: which part, how many digits.
static bool numeric(char directive, enum part *part, int *digits)
{
  static const struct {
    char directive;
    enum part part;
    int digits;
  } rows[] = {{'Y', YEAR, 4},   {'m', MONTH, 2},   {'d', DAY, 2},
              {'H', HOUR, 2},   {'M', MINUTE, 2},  {'S', SECOND, 2},
              {'j', YEARDAY, 3}, {'u', WEEKDAY, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].directive == directive) {
      *part = rows[i].part;
      *digits = rows[i].digits;
      return true;
    }
  return false;
}

struct writer {
  struct buf *out;
  const int64_t *parts;
  int64_t ns, offset;
};

static void write_zone(struct writer *w, bool colon)
{
  int64_t minutes = w->offset / (60 * second);
  char sign = minutes < 0 ? '-' : '+';
  minutes = minutes < 0 ? -minutes : minutes;
  buf_addf(w->out, colon ? "%c%02d:%02d" : "%c%02d%02d", sign,
           (int)(minutes / 60), (int)(minutes % 60));
}

static bool write_form(struct writer *w, const char *at, const char *end);

static bool write_one(struct writer *w, char directive)
{
  enum part part;
  int digits;
  const int64_t *p = w->parts;
  const char *all = longer(directive);
  if (all)
    return write_form(w, all, all + strlen(all));
  if (numeric(directive, &part, &digits)) {
    buf_addf(w->out, "%0*d", digits, (int)p[part]);
    return true;
  }
  switch (directive) {
  case 'y':
    buf_addf(w->out, "%02d", (int)(p[YEAR] % 100));
    return true;
  case 'I':
    buf_addf(w->out, "%02d", (int)((p[HOUR] + 11) % 12 + 1));
    return true;
  case 'p':
    buf_adds(w->out, p[HOUR] < 12 ? "AM" : "PM");
    return true;
  case 'L':
    buf_addf(w->out, "%03d", (int)(p[NANO] / 1000000));
    return true;
  case 'f':
    buf_addf(w->out, "%06d", (int)(p[NANO] / 1000));
    return true;
  case 'N':
    buf_addf(w->out, "%09d", (int)p[NANO]);
    return true;
  case 'B':
    buf_adds(w->out, months[p[MONTH] - 1]);
    return true;
  case 'b':
    buf_add(w->out, months[p[MONTH] - 1], 3);
    return true;
  case 'A':
    buf_adds(w->out, weekdays[p[WEEKDAY] - 1]);
    return true;
  case 'a':
    buf_add(w->out, weekdays[p[WEEKDAY] - 1], 3);
    return true;
  case 's':
    buf_addf(w->out, "%lld",
             (long long)(w->ns / second - (w->ns % second < 0)));
    return true;
  case 'z':
    write_zone(w, false);
    return true;
  case 'Z':
    write_zone(w, true);
    return true;
  case '%':
    buf_addc(w->out, '%');
    return true;
  default:
    return false;
  }
}

// False at a directive that there is not.
static bool write_form(struct writer *w, const char *at, const char *end)
{
  for (; at < end; at++)
    if (*at != '%')
      buf_addc(w->out, *at);
    else if (++at == end || !write_one(w, *at))
      return false;
  return true;
}

static enum operator_status fail_form(struct operator_call *call,
                                      const struct text *form)
{
  return operator_fail(call, "no form of a time: '%.*s'",
                       (int)utf8_cut(form->data, form->size, 80), form->data);
}

OP(time_format)
{
  int64_t parts[PARTS];
  struct buf b = {.arena = call->arena};
  struct writer w = {&b, parts, ARG(0).i, ARG(2).i};
  const struct text *form = ARG(1).text;
  split(w.ns, w.offset, parts);
  if (!write_form(&w, form->data, form->data + form->size))
    return fail_form(call, form);
  return ops_give_buf(call, out, &b);
}

// ---- reading ----

struct scan_state {
  const char *at, *end;
  int64_t parts[PARTS], offset;
  bool afternoon, twelve, unix_time; // `%p`, `%I`, `%s` were there
  int64_t unix_seconds;
};

static bool digits(struct scan_state *s, int least, int most, int64_t *out)
{
  int n = 0;
  *out = 0;
  for (; n < most && s->at < s->end && *s->at >= '0' && *s->at <= '9';
       n++, s->at++)
    *out = *out * 10 + (*s->at - '0');
  return n >= least;
}

// A fraction of a second with up to nine digits.
static bool fraction(struct scan_state *s)
{
  const char *from = s->at;
  if (!digits(s, 1, 9, &s->parts[NANO]))
    return false;
  for (size_t n = (size_t)(s->at - from); n < 9; n++)
    s->parts[NANO] *= 10;
  return true;
}

// One of the names, in full or its first three letters, whatever the case.
static bool name(struct scan_state *s, const char *const *names, int n,
                 int64_t *out)
{
  for (int i = 0; i < n; i++)
    for (int brief = 0; brief < 2; brief++) {
      size_t size = brief ? 3 : strlen(names[i]);
      if ((size_t)(s->end - s->at) < size ||
          strncasecmp(s->at, names[i], size))
        continue;
      s->at += size;
      *out = i + 1;
      return true;
    }
  return false;
}

static bool zone(struct scan_state *s)
{
  int64_t h, m;
  if (s->at < s->end && (*s->at == 'Z' || *s->at == 'z')) {
    s->at++;
    return true;
  }
  if (s->at == s->end || (*s->at != '+' && *s->at != '-'))
    return false;
  int64_t sign = *s->at++ == '-' ? -1 : 1;
  if (!digits(s, 2, 2, &h))
    return false;
  if (s->at < s->end && *s->at == ':')
    s->at++;
  if (!digits(s, 2, 2, &m) || h > 23 || m > 59)
    return false;
  s->offset = sign * (h * 60 + m) * 60 * second;
  return true;
}

static bool unix_seconds(struct scan_state *s)
{
  bool negative = s->at < s->end && *s->at == '-';
  s->at += negative;
  if (!digits(s, 1, 11, &s->unix_seconds))
    return false;
  s->unix_seconds *= negative ? -1 : 1;
  return s->unix_time = true;
}

static bool read_form(struct scan_state *s, const char *form, const char *end);

static bool read_one(struct scan_state *s, char directive)
{
  enum part part;
  int n;
  int64_t x;
  const char *all = longer(directive);
  if (all)
    return read_form(s, all, all + strlen(all));
  if (numeric(directive, &part, &n)) {
    if (!digits(s, directive == 'Y' ? 4 : 1, n, &x))
      return false;
    if (part != YEARDAY && part != WEEKDAY) // which say nothing new
      s->parts[part] = x;
    return true;
  }
  switch (directive) {
  case 'y': // as POSIX has it: 69 to 99 are of the last century
    if (!digits(s, 2, 2, &x))
      return false;
    s->parts[YEAR] = x + (x < 69 ? 2000 : 1900);
    return true;
  case 'I':
    s->twelve = true;
    return digits(s, 1, 2, &s->parts[HOUR]) && s->parts[HOUR] >= 1 &&
           s->parts[HOUR] <= 12;
  case 'p':
    if (s->end - s->at < 2 || strncasecmp(s->at + 1, "m", 1) ||
        !strchr("aApP", *s->at) || !*s->at)
      return false;
    s->afternoon = *s->at == 'p' || *s->at == 'P';
    s->at += 2;
    return true;
  case 'L':
  case 'f':
  case 'N':
    return fraction(s);
  case 'B':
  case 'b':
    return name(s, months, 12, &s->parts[MONTH]);
  case 'A':
  case 'a':
    return name(s, weekdays, 7, &x);
  case 's':
    return unix_seconds(s);
  case 'z':
  case 'Z':
    return zone(s);
  default:
    return directive == '%' && s->at < s->end && *s->at++ == '%';
  }
}

// A blank in the form stands for any white space.
static bool read_form(struct scan_state *s, const char *form, const char *end)
{
  for (; form < end; form++) {
    if (*form == '%') {
      if (++form == end || !read_one(s, *form))
        return false;
    } else if (*form == ' ') {
      while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
        s->at++;
    } else if (s->at == s->end || *s->at++ != *form) {
      return false;
    }
  }
  return true;
}

static enum operator_status fail_reading(struct operator_call *call,
                                         const char *why)
{
  const struct text *t = ARG(0).text;
  return operator_fail(call, "no time: '%.*s'%s%s",
                       (int)utf8_cut(t->data, t->size, 80), t->data,
                       why ? ", " : "", why ? why : "");
}

OP(time_parse)
{
  const struct text *t = ARG(0).text;
  int64_t ns;
  const char *why = moment_read_time(t->data, t->size, &ns);
  return why ? fail_reading(call, why) : give_int(out, ns);
}

OP(time_parse_form)
{
  const struct text *t = ARG(0).text, *form = ARG(1).text;
  struct scan_state s = {.at = t->data, .end = t->data + t->size};
  const char *why;
  i128 ns;
  s.offset = ARG(2).i;
  s.parts[YEAR] = 1970;
  s.parts[MONTH] = s.parts[DAY] = 1;
  if (!read_form(&s, form->data, form->data + form->size) || s.at != s.end)
    return fail_reading(call, "which is not of the form");
  if (s.unix_time)
    return give_time(call, out, (i128)s.unix_seconds * second + s.parts[NANO]);
  if (s.twelve)
    s.parts[HOUR] = s.parts[HOUR] % 12 + (s.afternoon ? 12 : 0);
  if (!join(s.parts, s.offset, &ns, &why))
    return fail_reading(call, why);
  return give_time(call, out, ns);
}

OP(time_duration)
{
  const struct text *t = ARG(0).text;
  int64_t ns;
  const char *why = moment_read_duration(t->data, t->size, &ns);
  if (why)
    return operator_fail(call, "no duration: '%.*s', %s",
                         (int)utf8_cut(t->data, t->size, 80), t->data, why);
  return give_int(out, ns);
}
