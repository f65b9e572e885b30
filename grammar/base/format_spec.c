// Reading of format specifications. What Python refuses is refused, also what
// it refuses only when it comes to a value.
#include "grammar/base/format_spec.h"

#include "grammar/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct reader {
  const char *at, *end;
  char *why;
};

static bool wrong(struct reader *r, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(r->why, FORMAT_WHY, format, args);
  va_end(args);
  return false;
}

static char peek(const struct reader *r)
{
  return r->at < r->end ? *r->at : 0;
}

// The byte there, if it is one of these; else 0.
static char take(struct reader *r, const char *of)
{
  char c = peek(r);
  if (!c || !strchr(of, c))
    return 0;
  r->at++;
  return c;
}

static void read_align(struct reader *r, struct format_spec *s)
{
  static const char aligns[] = "<>=^";
  uint32_t code;
  unsigned n = utf8_decode(r->at, (size_t)(r->end - r->at), &code);
  char second = n && r->at + n < r->end ? r->at[n] : 0;
  if (second && strchr(aligns, second)) {
    memcpy(s->fill, r->at, n);
    s->fill_size = (uint8_t)n;
    s->align = second;
    r->at += n + 1;
  } else {
    s->align = take(r, aligns);
  }
}

static bool read_number(struct reader *r, int32_t *out)
{
  int64_t x = -1;
  for (char c; (c = take(r, "0123456789"));) {
    x = (x < 0 ? 0 : x * 10) + (c - '0');
    if (x > INT32_MAX)
      return wrong(r, "a number in it is too large");
  }
  *out = (int32_t)x;
  return true;
}

static bool read_group(struct reader *r, struct format_spec *s)
{
  s->group = take(r, ",_");
  if (s->group && take(r, ",_"))
    return wrong(r, "digits are grouped by one `,` or one `_`");
  return true;
}

static bool read_precision(struct reader *r, struct format_spec *s)
{
  s->precision = -1;
  if (!take(r, "."))
    return true;
  if (!read_number(r, &s->precision))
    return false;
  return s->precision >= 0 || wrong(r, "a number is missing behind the `.`");
}

// The parts, as far as they are there, up to the end.
static bool read_parts(struct reader *r, struct format_spec *s, bool text)
{
  read_align(r, s);
  s->sign = take(r, "+- ");
  s->no_minus = take(r, "z");
  s->alternate = take(r, "#");
  if (!s->fill_size && take(r, "0")) {
    s->fill[0] = '0';
    s->fill_size = 1;
    if (!s->align && !text)
      s->align = '=';
  }
  if (!read_number(r, &s->width) || !read_group(r, s) || !read_precision(r, s))
    return false;
  if (r->at<r->end && * r->at> ' ')
    s->type = *r->at++;
  if (r->at < r->end)
    return wrong(r, "it is [[fill]align][sign][z][#][0][width][,][.precision]"
                    "[type]");
  return true;
}

static bool check_text(struct reader *r, const struct format_spec *s)
{
  if (s->group)
    return wrong(r, "a text has no digits to group");
  if (s->sign)
    return wrong(r, "a text has no sign");
  if (s->no_minus || s->alternate)
    return wrong(r, "`%c` is for numbers", s->no_minus ? 'z' : '#');
  if (s->align == '=')
    return wrong(r, "`=` is for numbers; a text is aligned by `<`, `>` or `^`");
  return true;
}

static bool check_group(struct reader *r, const struct format_spec *s)
{
  bool digits = s->type && strchr("boxX", s->type);
  if (s->group && s->type && (!digits || s->group == ',') &&
      !strchr("deEfFgG%", s->type))
    return wrong(r, "`%c` does not go with `%c`", s->group, s->type);
  return true;
}

static bool check_whole(struct reader *r, const struct format_spec *s)
{
  if (format_spec_is_real(s))
    return true;
  if (s->precision >= 0)
    return wrong(r, "a whole number has no precision; `.2f` writes decimals");
  if (s->no_minus)
    return wrong(r, "`z` is for floats");
  if (s->type == 'c' && (s->sign || s->alternate))
    return wrong(r, "a character has no `%c`", s->sign ? s->sign : '#');
  return true;
}

bool format_spec_is_real(const struct format_spec *s)
{
  return s->type && strchr("eEfFgG%", s->type);
}

bool format_spec_read(const char *text, size_t size, enum format_of of,
                      struct format_spec *out, char why[FORMAT_WHY])
{
  static const char *const types[] = {"s", "bcdoxXneEfFgG%", "neEfFgG%"};
  struct reader r = {text, text + size, why};
  *out = (struct format_spec){0};
  if (!read_parts(&r, out, of == FORMAT_text))
    return false;
  if (out->type && !strchr(types[of], out->type))
    return wrong(&r, "`%c` is no type of a %s: they are %s", out->type,
                 of == FORMAT_text    ? "text"
                 : of == FORMAT_whole ? "whole number"
                                      : "float",
                 types[of]);
  bool fits =
      of == FORMAT_text
          ? check_text(&r, out)
          : check_group(&r, out) && (of == FORMAT_real || check_whole(&r, out));
  if (!fits)
    return false;
  if (!out->fill_size) {
    out->fill[0] = ' ';
    out->fill_size = 1;
  }
  if (!out->align)
    out->align = of == FORMAT_text ? '<' : '>';
  return true;
}
