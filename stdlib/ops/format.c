// `format`: values written as a specification says, byte for byte what Python's
// format() gives. A number is its sign, prefix, digits (which are grouped, and
// padded with zeros) and what stands behind them; around it is what fills it up
// to the width.
#include "grammar/base/format_spec.h"
#include "grammar/base/number.h"
#include "grammar/base/utf8.h"
#include "runtime/codec/codec.h"
#include "stdlib/ops/ops.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct written { // a number before it is filled up
  bool minus;
  const char *prefix; // "0x"
  const char *digits;
  int64_t n_digits;
  const char *rest; // the point and all behind it, "inf", a character
  size_t rest_size;
  int64_t rest_columns;
};

static void fill(struct buf *b, const struct format_spec *s, int64_t n)
{
  if (n <= 0 || !buf_reserve(b, (size_t)n * s->fill_size))
    return;
  for (int64_t i = 0; i < n; i++)
    buf_add(b, s->fill, s->fill_size);
}

// ---- whole numbers ----

static int group_size(const struct format_spec *s)
{
  return s->type && strchr("boxX", s->type) ? 4 : 3;
}

// How many digits there are with the zeros before them, and how many separators
// between them, to be at least `width` together.
static int64_t count_digits(const struct format_spec *s, int64_t digits,
                            int64_t width, int64_t *separators)
{
  int64_t most = digits > width ? digits : width, places = 0;
  *separators = 0;
  if (!s->group)
    return most > 1 ? most : 1;
  for (;;) {
    int64_t n = digits > width ? digits : width;
    n = n < 1 ? 1 : n < group_size(s) ? n : group_size(s);
    places += n;
    digits -= n < digits ? n : digits;
    width -= n;
    if (digits <= 0 && width <= 0)
      return places;
    width--;
    ++*separators;
  }
}

static void add_digits(struct buf *b, const struct format_spec *s,
                       const struct written *w, int64_t places,
                       int64_t separators)
{
  if (!buf_reserve(b, (size_t)(places + separators)))
    return;
  for (int64_t left = places; left; left--) {
    buf_addc(b, left > w->n_digits ? '0' : w->digits[w->n_digits - left]);
    if (s->group && left > 1 && left % group_size(s) == 1)
      buf_addc(b, s->group);
  }
}

static char sign_of(const struct format_spec *s, bool minus)
{
  return minus ? '-' : s->sign == '-' ? 0 : s->sign;
}

static void add_number(struct buf *b, const struct format_spec *s,
                       const struct written *w)
{
  char sign = sign_of(s, w->minus);
  int64_t around = (sign != 0) + (int64_t)strlen(w->prefix) + w->rest_columns;
  bool zeros = s->align == '=' && s->fill[0] == '0';
  int64_t places = 0, separators = 0;
  if (s->width > 0 && !buf_reserve(b, (size_t)s->width))
    return;
  if (w->n_digits)
    places = count_digits(s, w->n_digits, zeros ? s->width - around : 0,
                          &separators);
  int64_t left = s->width - around - places - separators;
  int64_t before = s->align == '>' ? left : s->align == '^' ? left / 2 : 0;
  fill(b, s, before);
  if (sign)
    buf_addc(b, sign);
  buf_adds(b, w->prefix);
  fill(b, s, s->align == '=' ? left : 0);
  add_digits(b, s, w, places, separators);
  buf_add(b, w->rest, w->rest_size);
  fill(b, s, s->align == '<' ? left : s->align == '^' ? left - before : 0);
}

// Digits of x to a base of which each takes so many bits; where they begin.
static char *power_digits(char *end, uint64_t x, int bits, bool capital)
{
  const char *all = capital ? "0123456789ABCDEF" : "0123456789abcdef";
  do
    *--end = all[x & ((1u << bits) - 1)];
  while (x >>= bits);
  return end;
}

static enum operator_status add_character(struct operator_call *call,
                                          struct buf *b,
                                          const struct format_spec *s,
                                          int64_t code)
{
  char text[4];
  struct written w = {.prefix = "", .rest = text, .rest_columns = 1};
  w.rest_size =
      code >= 0 && code <= 0x10FFFF ? utf8_encode((uint32_t)code, text) : 0;
  if (!w.rest_size)
    return operator_fail(call, "%lld is the code of no character",
                         (long long)code);
  add_number(b, s, &w);
  return OPERATOR_DONE;
}

static void add_whole(struct buf *b, const struct format_spec *s, int64_t x)
{
  char text[72], prefix[] = {'0', s->type, 0};
  struct written w = {.minus = x < 0, .prefix = "", .rest = ""};
  uint64_t size = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
  char *end = text + sizeof text, *at;
  if (s->type && strchr("boxX", s->type)) {
    int bits = s->type == 'b' ? 1 : s->type == 'o' ? 3 : 4;
    at = power_digits(end, size, bits, s->type == 'X');
    w.prefix = s->alternate ? prefix : "";
  } else {
    size_t n = number_print_int(text, x), skip = x < 0;
    at = text + skip;
    end = text + n;
  }
  w.digits = at;
  w.n_digits = end - at;
  add_number(b, s, &w);
}

// ---- floats ----

// A double has no more digits than that in either notation.
enum { DIGITS_MOST = 1100 };

// As printf() does it, with the zeros that were asked for beyond.
static void print_as(struct buf *b, char type, double x, int64_t precision,
                     bool alternate)
{
  char form[] = {'%', alternate ? '#' : '.', '.', '*', type, 0};
  if (!alternate)
    memmove(form + 1, form + 2, 4);
  int64_t exact = precision > DIGITS_MOST ? DIGITS_MOST : precision;
  char text[DIGITS_MOST + 400];
  size_t n = (size_t)snprintf(text, sizeof text, form, (int)exact, x);
  const char *e = type == 'f' ? NULL : memchr(text, 'e', n);
  size_t mantissa = e ? (size_t)(e - text) : n;
  buf_add(b, text, mantissa);
  bool keeps = type != 'g' || alternate;
  int64_t zeros = keeps ? precision - exact : 0;
  fill(b, &(struct format_spec){.fill = "0", .fill_size = 1}, zeros);
  buf_add(b, text + mantissa, n - mantissa);
}

// Without a type: the shortest text, or so many digits, but always with a point
// or an exponent.
static void print_plain(struct buf *b, double x, const struct format_spec *s)
{
  char text[NUMBER_TEXT];
  if (s->precision < 0) {
    size_t n = number_print_float(text, x);
    char *e = memchr(text, 'e', n);
    bool point = s->alternate && e && !memchr(text, '.', n);
    size_t mantissa = point ? (size_t)(e - text) : n;
    buf_add(b, text, mantissa);
    if (point)
      buf_addc(b, '.');
    buf_add(b, text + mantissa, n - mantissa);
    return;
  }
  int64_t digits = s->precision ? s->precision : 1;
  struct buf e = {.arena = b->arena};
  print_as(&e, 'e', x, digits - 1, s->alternate);
  if (e.failed) {
    b->failed = true;
    return;
  }
  char *exponent = memchr(e.data, 'e', e.size);
  if (strtol(exponent + 1, NULL, 10) != digits - 1) {
    print_as(b, 'g', x, digits, s->alternate);
    if (!b->failed && !strpbrk(b->data, ".e"))
      buf_adds(b, ".0");
    return;
  }
  char *end = exponent; // 'g' would not go over to exponents yet
  while (!s->alternate && memchr(e.data, '.', (size_t)(end - e.data)) &&
         strchr("0.", end[-1]))
    end--;
  buf_add(b, e.data, (size_t)(end - e.data));
  buf_adds(b, exponent);
}

// The number without its sign.
static void print_real(struct buf *b, double x, const struct format_spec *s)
{
  char type = s->type == 'n' ? 'g' : s->type;
  int64_t precision = s->precision < 0 ? 6 : s->precision;
  if (!isfinite(x))
    buf_adds(b, isnan(x) ? "nan" : "inf");
  else if (!type)
    print_plain(b, x, s);
  else
    print_as(b, type == '%' ? 'f' : (char)tolower(type), x, precision,
             s->alternate);
  if (type == '%')
    buf_addc(b, '%');
  for (size_t i = 0; type && isupper(type) && i < b->size && !b->failed; i++)
    b->data[i] = (char)toupper(b->data[i]);
}

static bool is_zero(const char *text)
{
  return !text[strspn(text, "0.")] || strchr("eE%", text[strspn(text, "0.")]);
}

static void add_real(struct buf *b, const struct format_spec *s, double x)
{
  struct buf text = {.arena = b->arena};
  if (s->type == '%')
    x *= 100;
  print_real(&text, fabs(x), s);
  if (text.failed) {
    b->failed = true;
    return;
  }
  struct written w = {.minus = signbit(x) && !isnan(x), .prefix = ""};
  if (s->no_minus && is_zero(text.data))
    w.minus = false;
  w.digits = text.data;
  w.n_digits = (int64_t)strspn(text.data, "0123456789");
  w.rest = text.data + w.n_digits;
  w.rest_size = text.size - (size_t)w.n_digits;
  w.rest_columns = (int64_t)w.rest_size;
  add_number(b, s, &w);
}

// ---- operators ----

// What is written without a specification: as a hole of a text shows it.
static enum operator_status plainly(struct operator_call *call, value *out)
{
  struct buf b = {.arena = call->arena};
  value_text(call->plan, call->types[0], ARG(0), &b);
  return ops_give_buf(call, out, &b);
}

static bool read_spec(struct operator_call *call, enum format_of of,
                      struct format_spec *s)
{
  char why[FORMAT_WHY];
  const struct text *t = ARG(1).text;
  if (format_spec_read(t->data, t->size, of, s, why))
    return true;
  operator_fail(call, "the format is wrong: %s", why);
  return false;
}

static enum operator_status whole(struct operator_call *call, value *out)
{
  struct format_spec s;
  struct buf b = {.arena = call->arena};
  if (!ARG(1).text->size)
    return plainly(call, out);
  if (!read_spec(call, FORMAT_whole, &s))
    return OPERATOR_FAIL;
  if (s.type == 'c' && add_character(call, &b, &s, ARG(0).i) != OPERATOR_DONE)
    return OPERATOR_FAIL;
  if (format_spec_is_real(&s))
    add_real(&b, &s, (double)ARG(0).i);
  else if (s.type != 'c')
    add_whole(&b, &s, ARG(0).i);
  return ops_give_buf(call, out, &b);
}

static enum operator_status real(struct operator_call *call, value *out,
                                 double x)
{
  struct format_spec s;
  struct buf b = {.arena = call->arena};
  if (!ARG(1).text->size)
    return plainly(call, out);
  if (!read_spec(call, FORMAT_real, &s))
    return OPERATOR_FAIL;
  add_real(&b, &s, x);
  return ops_give_buf(call, out, &b);
}

OP(format_int)
{
  return whole(call, out);
}
OP(format_bool)
{
  return whole(call, out);
}
OP(format_size)
{
  return whole(call, out);
}
OP(format_float)
{
  return real(call, out, ARG(0).f);
}
OP(format_percent)
{
  return real(call, out, ARG(0).f);
}
OP(format_duration)
{
  return real(call, out, (double)ARG(0).i / 1e9);
}

OP(format_str)
{
  struct format_spec s;
  struct buf b = {.arena = call->arena};
  const struct text *t = ARG(0).text;
  if (!read_spec(call, FORMAT_text, &s))
    return OPERATOR_FAIL;
  const char *end = t->data + t->size;
  int64_t columns = t->length;
  if (s.precision >= 0 && s.precision < columns) {
    columns = s.precision;
    end = ops_skip(t->data, end, columns);
  }
  int64_t left = s.width - columns;
  int64_t before = s.align == '>' ? left : s.align == '^' ? left / 2 : 0;
  fill(&b, &s, before);
  buf_add(&b, t->data, (size_t)(end - t->data));
  fill(&b, &s, left - before);
  return ops_give_buf(call, out, &b);
}
