// Lines of the log, for people and for programs that read `key=value`. One
// message is one line, whatever is in it.
#include "runtime/codec/codec.h"
#include "stdlib/ops/ops.h"

#include <stdio.h>

static void add_visible(struct buf *b, const struct text *t)
{
  for (uint32_t i = 0; i < t->size; i++) {
    unsigned char c = (unsigned char)t->data[i];
    if (c < 0x20 || c == 0x7F)
      buf_addf(b, c == '\n' ? "\\n" : "\\x%02x", c);
    else
      buf_addc(b, (char)c);
  }
}

// Fields of an object as `key=JSON`; any other value as itself.
static bool add_fields(struct operator_call *call, struct buf *b)
{
  const struct json *fields = ARG(1).json;
  uint32_t json = call->types[1];
  if (fields->kind != JSON_MAP) {
    buf_addc(b, ' ');
    return json_encode(call->plan, json, ARG(1), b);
  }
  const struct map *m = fields->as.map;
  for (uint32_t i = 0; i < m->count; i++) {
    buf_addc(b, ' ');
    add_visible(b, m->entries[i].key);
    buf_addc(b, '=');
    if (!json_encode(call->plan, json, m->entries[i].item, b))
      return false;
  }
  return true;
}

static enum operator_status write_line(struct operator_call *call, value *out,
                                       const char *level, bool fields)
{
  struct buf b = {.arena = call->arena};
  buf_addf(&b, "%s: ", level);
  add_visible(&b, ARG(0).text);
  if (fields && !add_fields(call, &b))
    return operator_fail(call, "a number that is not finite has no JSON");
  buf_addc(&b, '\n');
  if (b.failed)
    return operator_exhausted(call);
  fwrite(b.data, 1, b.size, stderr);
  return give_int(out, 0);
}

#define LEVEL(level)                                                           \
  OP(log_##level)                                                              \
  {                                                                            \
    return write_line(call, out, #level, false);                               \
  }                                                                            \
  OP(log_##level##_with)                                                       \
  {                                                                            \
    return write_line(call, out, #level, true);                                \
  }

LEVEL(debug)
LEVEL(info)
LEVEL(warning)
LEVEL(error)
