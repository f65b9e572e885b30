// Scalars by Pydantic's lax rules: what may stand for an int, a float, a bool,
// a text, a moment, and the offence of what may not.
#include "runtime/codec/parts.h"

#include "grammar/base/number.h"
#include "grammar/base/utf8.h"

#include <string.h>
#include <strings.h>

struct input {
  struct decode *d;
  const struct json *from;
  const struct loc *at;
};

static bool bad(const struct input *in, const char *type, const char *msg)
{
  return offence_at(in->d, in->from, in->at, type, NULL, "%s", msg);
}

static bool bad_infinite(const struct input *in)
{
  return bad(in, "finite_number", "Input should be a finite number");
}

static bool bad_size(const struct input *in)
{
  return bad(in, "int_parsing_size",
             "Unable to parse input string as an integer, exceeded maximum "
             "size");
}

// A JSON_BIG is a whole number beyond 64 bits, or a fraction beyond a double.
static bool big_is_whole(const struct json *from)
{
  const struct text *t = from->as.text;
  for (uint32_t i = 0; i < t->size; i++)
    if (strchr(".eE", t->data[i]))
      return false;
  return true;
}

bool convert_big(struct decode *d, const struct json *from,
                 const struct loc *at)
{
  struct input in = {d, from, at};
  return big_is_whole(from) ? bad_size(&in) : bad_infinite(&in);
}

// ---- int ----

// "5", " 1_000 ", "5.00": what is behind the point must be zeros.
static bool int_text(const struct input *in, int64_t *out)
{
  const char *text = in->from->as.text->data;
  size_t size = in->from->as.text->size;
  const char *point = size ? memchr(text, '.', size) : NULL;
  bool overflow = false;
  if (point) {
    const char *at = point + 1, *end = text + size;
    while (at < end && *at == '0')
      at++;
    bool zeros = at > point + 1;
    while (at < end && (*at == ' ' || (*at >= 9 && *at <= 13)))
      at++;
    if (zeros && at == end && point > text && (unsigned)point[-1] - '0' < 10)
      size = (size_t)(point - text);
  }
  if (number_read_int(text, size, true, out, &overflow))
    return true;
  return overflow ? bad_size(in)
                  : bad(in, "int_parsing",
                        "Input should be a valid integer, unable to parse "
                        "string as an integer");
}

static bool int_float(const struct input *in, double x, int64_t *out)
{
  if (x != __builtin_trunc(x))
    return bad(in, "int_from_float",
               "Input should be a valid integer, got a number with a "
               "fractional part");
  if (x >= 0x1p63 || x < -0x1p63)
    return bad_size(in);
  *out = (int64_t)x;
  return true;
}

static bool to_int(const struct input *in, value *out)
{
  switch ((int)in->from->kind) {
  case JSON_BOOL:
  case JSON_INT:
    out->i = in->from->as.i;
    return true;
  case JSON_FLOAT:
    return int_float(in, in->from->as.f, &out->i);
  case JSON_BIG:
    return convert_big(in->d, in->from, in->at);
  case JSON_TEXT:
    return int_text(in, &out->i);
  default:
    return bad(in, "int_type", "Input should be a valid integer");
  }
}

// ---- float ----

static bool float_text(const struct input *in, double *out)
{
  const struct text *t = in->from->as.text;
  if (!number_read_float(t->data, t->size, true, out))
    return bad(in, "float_parsing",
               "Input should be a valid number, unable to parse string as a "
               "number");
  return *out - *out == 0 || bad_infinite(in);
}

static bool to_float(const struct input *in, value *out)
{
  const struct json *from = in->from;
  switch ((int)from->kind) {
  case JSON_BOOL:
  case JSON_INT:
    out->f = (double)from->as.i;
    return true;
  case JSON_FLOAT:
    out->f = from->as.f;
    return true;
  case JSON_BIG:
    if (!big_is_whole(from))
      return bad_infinite(in);
    number_read_float(from->as.text->data, from->as.text->size, false, &out->f);
    if (out->f - out->f == 0)
      return true;
    break;
  case JSON_TEXT:
    return float_text(in, &out->f);
  }
  return bad(in, "float_type", "Input should be a valid number");
}

bool convert_number(struct decode *d, const struct json *from,
                    const struct loc *at, double *out)
{
  struct input in = {d, from, at};
  value v;
  if (!to_float(&in, &v))
    return false;
  *out = v.f;
  return true;
}

// ---- bool ----

static bool bool_text(const struct text *t, int64_t *out)
{
  static const char *const words[] = {"0", "off", "f", "false", "n", "no",
                                      "1", "on",  "t", "true",  "y", "yes"};
  for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i]) == t->size &&
        !strncasecmp(words[i], t->data, t->size)) {
      *out = i >= 6;
      return true;
    }
  return false;
}

static bool to_bool(const struct input *in, value *out)
{
  const struct json *from = in->from;
  bool known = from->kind == JSON_INT || from->kind == JSON_TEXT;
  out->bits = 0;
  if (from->kind == JSON_BOOL || (known && from->kind == JSON_INT &&
                                  (from->as.i == 0 || from->as.i == 1))) {
    out->i = from->as.i;
    return true;
  }
  if (from->kind == JSON_FLOAT && from->as.f == __builtin_trunc(from->as.f) &&
      from->as.f >= -0x1p63 && from->as.f < 0x1p63) {
    out->i = from->as.f != 0;
    known = true;
    if (from->as.f == 0 || from->as.f == 1)
      return true;
  }
  if (from->kind == JSON_TEXT && bool_text(from->as.text, &out->i))
    return true;
  return known ? bad(in, "bool_parsing",
                     "Input should be a valid boolean, unable to interpret "
                     "input")
               : bad(in, "bool_type", "Input should be a valid boolean");
}

// ---- texts ----

static bool to_str(const struct input *in, value *out)
{
  if (in->from->kind != JSON_TEXT)
    return bad(in, "string_type", "Input should be a valid string");
  out->text = in->from->as.text;
  return true;
}

static bool to_bytes(const struct input *in, value *out)
{
  if (in->from->kind != JSON_TEXT)
    return bad(in, "bytes_type", "Input should be a valid bytes");
  const struct text *t = in->from->as.text;
  out->text = t->size == t->length
                  ? t
                  : text_over(in->d->arena, t->data, t->size, t->size);
  return out->text;
}

// 'a', 'b' or 'c'
static void print_words(const struct plan *p, struct plan_run run,
                        struct buf *out)
{
  for (uint32_t i = 0; i < run.count; i++) {
    struct plan_text name = p->fields[run.first + i].name;
    buf_adds(out, !i ? "" : i + 1 < run.count ? ", " : " or ");
    repr_text(plan_str(p, name), name.size, out);
  }
}

static bool to_enum(const struct input *in, struct plan_run run, value *out)
{
  const struct plan *p = in->d->plan;
  for (uint32_t i = 0; in->from->kind == JSON_TEXT && i < run.count; i++) {
    struct plan_text name = p->fields[run.first + i].name;
    if (text_is(in->from->as.text, plan_str(p, name), name.size)) {
      out->text = in->from->as.text;
      return true;
    }
  }
  if (!in->d->offences)
    return false;
  struct buf words = {.arena = in->d->arena}, ctx = {.arena = in->d->arena};
  buf_add(&words, "", 0);
  print_words(p, run, &words);
  buf_adds(&ctx, "{\"expected\":");
  json_encode_text(words.data, words.size, &ctx);
  buf_addc(&ctx, '}');
  if (words.failed || ctx.failed)
    return false;
  return offence_at(in->d, in->from, in->at, "literal_error", ctx.data,
                    "Input should be %s", words.data);
}

// ---- moments ----

// `why` with a type and the start of a message.
static bool bad_moment(const struct input *in, const char *type,
                       const char *what, const char *why)
{
  struct buf ctx = {.arena = in->d->arena};
  if (!in->d->offences)
    return false;
  buf_adds(&ctx, "{\"error\":");
  json_encode_text(why, strlen(why), &ctx);
  buf_addc(&ctx, '}');
  return offence_at(in->d, in->from, in->at, type, ctx.data, "%s, %s", what,
                    why);
}

// Seconds as nanoseconds, where they fit.
static bool seconds(const struct json *from, int64_t *ns)
{
  if (from->kind == JSON_INT || from->kind == JSON_BOOL)
    return !__builtin_mul_overflow(from->as.i, 1000000000, ns);
  double whole = __builtin_trunc(from->as.f), part = from->as.f - whole;
  if (from->kind != JSON_FLOAT || !(whole > -1e10 && whole < 1e10))
    return false;
  __int128 all = (__int128)whole * 1000000000;
  all += (__int128)__builtin_round(part * 1e9);
  *ns = (int64_t)all;
  return *ns == all;
}

static bool to_duration(const struct input *in, value *out)
{
  static const char what[] = "Input should be a valid timedelta";
  const struct json *from = in->from;
  const char *why = NULL;
  if (from->kind == JSON_TEXT)
    why =
        moment_read_duration(from->as.text->data, from->as.text->size, &out->i);
  else if (from->kind == JSON_NULL || from->kind == JSON_LIST ||
           from->kind == JSON_MAP)
    return bad(in, "time_delta_type", what);
  else if (!seconds(from, &out->i))
    why = "durations may not exceed 106,751 days";
  return !why || bad_moment(in, "time_delta_parsing", what, why);
}

// Numbers from here on are milliseconds, as for Pydantic.
static const double watershed = 2e10;

static bool unix_time(const struct json *from, int64_t *ns)
{
  struct json j = *from;
  double x = j.kind == JSON_INT ? (double)j.as.i : j.as.f;
  if (x > watershed || x < -watershed) {
    j.kind = JSON_FLOAT;
    j.as.f = x / 1000;
  }
  if (!seconds(&j, ns))
    return false;
  // a float of today's seconds tells no less than a microsecond
  if (j.kind == JSON_FLOAT)
    *ns -= (*ns % 1000 + 1500) % 1000 - 500;
  return true;
}

static bool time_text(const struct text *t, const char **why, int64_t *ns)
{
  struct json j = {.kind = JSON_FLOAT};
  *why = moment_read_time(t->data, t->size, ns);
  if (*why && number_read_float(t->data, t->size, false, &j.as.f) &&
      unix_time(&j, ns))
    *why = NULL;
  return !*why;
}

static bool to_time(const struct input *in, value *out)
{
  const struct json *from = in->from;
  const char *why = "the year is outside expected range of 1678-2261";
  if (from->kind == JSON_TEXT)
    return time_text(from->as.text, &why, &out->i) ||
           bad_moment(in, "datetime_from_date_parsing",
                      "Input should be a valid datetime or date", why);
  if (from->kind == JSON_INT || from->kind == JSON_FLOAT)
    return unix_time(from, &out->i) ||
           bad_moment(in, "datetime_parsing",
                      "Input should be a valid datetime", why);
  return bad(in, "datetime_type", "Input should be a valid datetime");
}

static bool to_size(const struct input *in, value *out)
{
  if (!to_int(in, out))
    return false;
  return out->i >= 0 ||
         offence_at(in->d, in->from, in->at, "greater_than_equal",
                    "{\"ge\":0}", "%s",
                    "Input should be greater than or equal to 0");
}

static bool to_scalar(const struct input *in, const struct plan_type *t,
                      value *out)
{
  switch ((enum type_kind)t->kind) {
  case TYPE_none:
    return in->from->kind == JSON_NULL ||
           bad(in, "none_required", "Input should be None");
  case TYPE_bool:
    return to_bool(in, out);
  case TYPE_int:
    return to_int(in, out);
  case TYPE_size:
    return to_size(in, out);
  case TYPE_float:
  case TYPE_percent:
    return to_float(in, out);
  case TYPE_str:
  case TYPE_markdown:
    return to_str(in, out);
  case TYPE_bytes:
    return to_bytes(in, out);
  case TYPE_enum:
    return to_enum(in, t->fields, out);
  case TYPE_duration:
    return to_duration(in, out);
  case TYPE_time:
    return to_time(in, out);
  default:
    return bad(in, "is_instance_of", "Input of this type cannot come in");
  }
}

bool convert_scalar(struct decode *d, uint32_t type, const struct json *from,
                    const struct loc *at, value *out)
{
  struct input in = {d, from, at};
  const struct plan_type *t = &d->plan->types[type];
  value v = {0};
  if (!to_scalar(&in, t, &v) ||
      (t->limits.count && !limits_hold(d, type, v, from, at)))
    return false;
  *out = v;
  return true;
}

bool scalar_decode(struct decode *d, uint32_t type, const char *input,
                   size_t size, const struct loc *at, value *out)
{
  if (size >= UINT32_MAX || utf8_check(input, size) != size)
    return offence_at(
        d, &json_null, at, "string_unicode", NULL,
        "Input should be a valid string, unable to parse raw data "
        "as a unicode string");
  const struct text *t =
      text_over(d->arena, input, size, utf8_length(input, size));
  struct json *j = arena_alloc(d->arena, sizeof *j);
  if (!t || !j)
    return false;
  *j = (struct json){JSON_TEXT, {.text = t}};
  return json_convert(d, type, j, at, out);
}
