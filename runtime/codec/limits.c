// Constraints on types. The first that does not hold is the offence, in the
// order in which Pydantic looks.
#include "runtime/codec/parts.h"

#include "grammar/base/number.h"

#include <math.h>
#include <string.h>

static const struct {
  const char *name, *error, *message;
} rows[] = {
#define LIMIT(name, on, error, message) {#name, error, message},
#include "grammar/defs/limits.def"
#undef LIMIT
};

struct check {
  struct decode *d;
  const struct plan_type *type;
  const struct plan_limit *limit;
  const struct json *from;
  const struct loc *at;
};

static const struct plan_limit *
find(const struct plan *p, const struct plan_type *t, enum limit_kind kind)
{
  for (uint32_t i = 0; i < t->limits.count; i++)
    if (p->limits[t->limits.first + i].kind == kind)
      return &p->limits[t->limits.first + i];
  return NULL;
}

static value bound_of(const struct check *c, bool *is_float)
{
  const struct plan_const *k = &c->d->plan->consts[c->limit->value];
  enum type_kind kind = c->d->plan->types[k->type].kind;
  *is_float = kind == TYPE_float || kind == TYPE_percent;
  return (value){.bits = plan_bits(k)};
}

static int64_t bound_count(const struct check *c)
{
  bool is_float;
  value v = bound_of(c, &is_float);
  return is_float ? (int64_t)v.f : v.i;
}

// ---- lengths ----

static bool bad_length(const struct check *c)
{
  long long n = bound_count(c);
  const char *name = rows[c->limit->kind].name;
  const char *ctx = arena_printf(c->d->arena, "{\"%s\":%lld}", name, n);
  char text[NUMBER_TEXT];
  number_print_int(text, n);
  bool least = c->limit->kind == LIMIT_min_length;
  if (c->type->kind == TYPE_bytes)
    return offence_at(c->d, c->from, c->at,
                      least ? "bytes_too_short" : "bytes_too_long", ctx,
                      "Data should have at %s %lld byte%s",
                      least ? "least" : "most", n, n == 1 ? "" : "s");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return offence_at(c->d, c->from, c->at, rows[c->limit->kind].error, ctx,
                    rows[c->limit->kind].message, text, n == 1 ? "" : "s");
#pragma GCC diagnostic pop
}

static bool bad_pattern(const struct check *c, struct plan_text pattern)
{
  struct buf ctx = {.arena = c->d->arena};
  const char *text = plan_str(c->d->plan, pattern);
  buf_adds(&ctx, "{\"pattern\":");
  json_encode_text(text, pattern.size, &ctx);
  buf_addc(&ctx, '}');
  return !ctx.failed &&
         offence_at(c->d, c->from, c->at, "string_pattern_mismatch", ctx.data,
                    "String should match pattern '%s'", text);
}

static bool text_holds(struct check *c, const struct text *t)
{
  const struct plan *p = c->d->plan;
  if ((c->limit = find(p, c->type, LIMIT_min_length)) &&
      t->length < bound_count(c))
    return c->d->offences && bad_length(c);
  if ((c->limit = find(p, c->type, LIMIT_max_length)) &&
      t->length > bound_count(c))
    return c->d->offences && bad_length(c);
  if (!(c->limit = find(p, c->type, LIMIT_pattern)))
    return true;
  const struct plan_const *k = &p->consts[c->limit->value];
  struct plan_text pattern = {k->lo, k->hi};
  enum regex_result found = pattern_find(pattern, p, t);
  if (found == REGEX_FOUND || found == REGEX_NO_MEMORY || !c->d->offences)
    return found == REGEX_FOUND;
  return bad_pattern(c, pattern);
}

// ---- numbers ----

static bool is_whole(double x)
{
  return x == trunc(x) && fabs(x) < 1e15;
}

// A bound in a message (a float without needless ".0") and in the context.
static bool bad_number(const struct check *c, bool float_type)
{
  bool is_float;
  value v = bound_of(c, &is_float);
  char msg[NUMBER_TEXT], ctx[NUMBER_TEXT];
  double x = is_float ? v.f : (double)v.i;
  if (is_float && !is_whole(x))
    number_print_float(msg, x);
  else
    number_print_int(msg, is_float ? (int64_t)x : v.i);
  if (float_type || is_float)
    number_print_float(ctx, x);
  else
    number_print_int(ctx, v.i);
  const char *name = rows[c->limit->kind].name;
  const char *object = arena_printf(c->d->arena, "{\"%s\":%s}", name, ctx);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return offence_at(c->d, c->from, c->at, rows[c->limit->kind].error, object,
                    rows[c->limit->kind].message, msg);
#pragma GCC diagnostic pop
}

// Off by a billionth still counts: 0.3 is a multiple of 0.1.
static bool is_multiple(double x, double of)
{
  return fabs(x - round(x / of) * of) <= 1e-9;
}

static bool number_holds_one(const struct check *c, long double x,
                             bool float_type)
{
  bool is_float;
  value v = bound_of(c, &is_float);
  long double bound = is_float ? (long double)v.f : (long double)v.i;
  switch ((enum limit_kind)c->limit->kind) {
  case LIMIT_ge:
    return x >= bound;
  case LIMIT_gt:
    return x > bound;
  case LIMIT_le:
    return x <= bound;
  case LIMIT_lt:
    return x < bound;
  default:
    return float_type || is_float ? is_multiple((double)x, (double)bound)
                                  : v.i == -1 || (v.i && (int64_t)x % v.i == 0);
  }
}

static bool number_holds(struct check *c, value v)
{
  static const enum limit_kind order[] = {LIMIT_multiple_of, LIMIT_le, LIMIT_lt,
                                          LIMIT_ge, LIMIT_gt};
  bool float_type =
      c->type->kind == TYPE_float || c->type->kind == TYPE_percent;
  long double x = float_type ? (long double)v.f : (long double)v.i;
  for (unsigned i = 0; i < sizeof order / sizeof *order; i++) {
    c->limit = find(c->d->plan, c->type, order[i]);
    if (c->limit && !number_holds_one(c, x, float_type))
      return c->d->offences && bad_number(c, float_type);
  }
  return true;
}

// ---- items ----

static bool bad_items(const struct check *c, uint32_t count)
{
  bool map = c->type->kind == TYPE_map;
  bool most = c->limit->kind == LIMIT_max_items;
  long long n = bound_count(c);
  const char *name = map ? "Dictionary" : "List";
  char have[NUMBER_TEXT], json[NUMBER_TEXT];
  number_print_int(have, count);
  memcpy(json, have, sizeof have);
  if (map && most) { // Pydantic stops counting there
    memcpy(have, "more", 5);
    memcpy(json, "null", 5);
  }
  const char *ctx = arena_printf(
      c->d->arena,
      "{\"field_type\":\"%s\",\"%s_length\":%lld,\"actual_length\":%s}", name,
      most ? "max" : "min", n, json);
  return offence_at(c->d, c->from, c->at, most ? "too_long" : "too_short", ctx,
                    "%s should have at %s %lld item%s after validation, not %s",
                    name, most ? "most" : "least", n, n == 1 ? "" : "s", have);
}

bool limits_items(struct decode *d, uint32_t type, uint32_t count, bool most,
                  const struct json *from, const struct loc *at)
{
  struct check c = {d, &d->plan->types[type], NULL, from, at};
  if (!c.type->limits.count)
    return true;
  c.limit = find(d->plan, c.type, most ? LIMIT_max_items : LIMIT_min_items);
  if (!c.limit || (most ? count <= bound_count(&c) : count >= bound_count(&c)))
    return true;
  return d->offences && bad_items(&c, count);
}

bool limits_hold(struct decode *d, uint32_t type, value v,
                 const struct json *from, const struct loc *at)
{
  struct check c = {d, &d->plan->types[type], NULL, from, at};
  uint32_t count;
  switch ((enum type_kind)c.type->kind) {
  case TYPE_str:
  case TYPE_markdown:
  case TYPE_enum:
  case TYPE_bytes:
    return text_holds(&c, v.text);
  case TYPE_list:
  case TYPE_map:
    count = c.type->kind == TYPE_list ? v.list->count : v.map->count;
    return limits_items(d, type, count, true, from, at) &&
           limits_items(d, type, count, false, from, at);
  case TYPE_int:
  case TYPE_float:
  case TYPE_size:
  case TYPE_percent:
  case TYPE_duration:
  case TYPE_time:
    return number_holds(&c, v);
  default:
    return true;
  }
}
