// Offences: recorded with their path and input as JSON text, printed as the
// body of a 422 answer. One that no memory is left for is left out, whole. What
// an attacker could make large is bounded: paths, inputs and the number of
// records.
#include "runtime/codec/parts.h"

#include "grammar/base/number.h"
#include "grammar/base/utf8.h"

#include <string.h>

enum {
  OFFENCES_KEPT = 1000,
  INPUT_MOST = 1 << 15, // bytes; a larger input is not repeated in the answer
  KEY_MOST = 512,
};

void offence_add(struct offences *o, const char *type, const char *loc,
                 const char *input, const char *ctx, const char *format, ...)
{
  if (o->count++ >= OFFENCES_KEPT)
    return;
  struct buf msg = {.arena = o->arena};
  va_list args;
  va_start(args, format);
  buf_addv(&msg, format, args);
  va_end(args);
  struct offence *f = ARENA_NEW(o->arena, struct offence);
  if (!f || msg.failed || !loc)
    return;
  *f = (struct offence){NULL, type, loc, msg.data ? msg.data : "", input, ctx};
  *(o->last ? o->last : &o->first) = f;
  o->last = &f->next;
}

void offences_print(const struct offences *o, struct buf *out)
{
  buf_adds(out, "{\"detail\":[");
  for (const struct offence *f = o->first; f; f = f->next) {
    buf_addf(out,
             "%s{\"type\":\"%s\",\"loc\":%s,\"msg\":", f == o->first ? "" : ",",
             f->type, f->loc);
    json_encode_text(f->msg, strlen(f->msg), out);
    if (f->input) {
      buf_adds(out, ",\"input\":");
      buf_adds(out, f->input);
    }
    if (f->ctx) {
      buf_adds(out, ",\"ctx\":");
      buf_adds(out, f->ctx);
    }
    buf_addc(out, '}');
  }
  buf_adds(out, "]}");
}

static void print_key(const char *key, size_t size, struct buf *out)
{
  if (size > KEY_MOST) {
    size = KEY_MOST;
    while ((key[size] & 0xC0) == 0x80)
      size--;
  }
  json_encode_text(key, size, out);
}

static void print_frames(const struct loc *at, struct buf *out)
{
  if (at->up) {
    print_frames(at->up, out);
    buf_addc(out, ',');
  }
  char text[NUMBER_TEXT];
  if (at->key)
    print_key(at->key, at->key_size, out);
  else
    buf_add(out, text, number_print_int(text, at->index));
}

const char *loc_print(const struct loc *at, struct arena *a)
{
  struct buf b = {.arena = a};
  buf_addc(&b, '[');
  if (at)
    print_frames(at, &b);
  buf_addc(&b, ']');
  return b.failed ? NULL : b.data;
}

static bool offend_as(struct decode *d, const struct json *from,
                      const struct loc *at, const char *type, const char *ctx,
                      const char *msg)
{
  struct offences *o = d->offences;
  struct buf input = {.arena = o->arena};
  // what comes in a form need not be UTF-8
  bool shown = tree_print(from, false, INPUT_MOST, &input) && !input.failed &&
               utf8_check(input.data, input.size) == input.size;
  const char *loc = input.failed ? NULL : loc_print(at, o->arena);
  offence_add(o, type, loc, shown ? input.data : NULL, ctx, "%s", msg);
  return false;
}

// Whether one more is kept at all.
static bool has_room(struct offences *o)
{
  if (o && o->count >= OFFENCES_KEPT)
    o->count++;
  return o && o->count < OFFENCES_KEPT;
}

bool offence_at(struct decode *d, const struct json *from, const struct loc *at,
                const char *type, const char *ctx, const char *format, ...)
{
  if (!has_room(d->offences))
    return false;
  struct buf msg = {.arena = d->offences->arena};
  va_list args;
  va_start(args, format);
  buf_addv(&msg, format, args);
  va_end(args);
  return !msg.failed && offend_as(d, from, at, type, ctx, msg.data);
}

bool offence_value(struct decode *d, const struct json *from,
                   const struct loc *at, const char *format, ...)
{
  if (!has_room(d->offences))
    return false;
  struct buf msg = {.arena = d->offences->arena},
             ctx = {.arena = d->offences->arena};
  va_list args;
  va_start(args, format);
  buf_adds(&msg, "Value error, ");
  buf_addv(&msg, format, args);
  va_end(args);
  if (msg.failed)
    return false;
  buf_adds(&ctx, "{\"error\":");
  json_encode_text(msg.data + 13, msg.size - 13, &ctx);
  buf_addc(&ctx, '}');
  return !ctx.failed &&
         offend_as(d, from, at, "value_error", ctx.data, msg.data);
}
