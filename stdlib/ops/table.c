// The operators by number, as the engine calls them, and what several of them
// use. Enters: ops.def. Leaves: `operators`.
#include "stdlib/ops/ops.h"

operator_run *const operators[] = {
#define OPERATOR(id, name, signature, attributes, cost, doc)                   \
  [OPERATOR_##id] = op_##id,
#include "grammar/defs/ops.def"
#undef OPERATOR
};

const struct text *ops_text(struct operator_call *call, const char *data,
                            size_t size, size_t length)
{
  if (!size)
    return &text_empty;
  struct text *t =
      size <= UINT32_MAX ? ARENA_NEW(call->arena, struct text) : NULL;
  if (t)
    *t = (struct text){(uint32_t)size, (uint32_t)length, data};
  return t;
}

enum operator_status ops_give_buf(struct operator_call *call, value *out,
                                  struct buf *b)
{
  if (b->failed || b->size > UINT32_MAX)
    return operator_exhausted(call);
  return give(call, out,
              b->size ? text_view(call->arena, b->data, b->size) : &text_empty);
}

static int64_t slice_end(int64_t at, int64_t size)
{
  if (at < 0)
    return at < -size ? 0 : at + size;
  return at > size ? size : at;
}

void ops_slice(int64_t *from, int64_t *to, int64_t size)
{
  *from = slice_end(*from, size);
  *to = slice_end(*to, size);
  if (*to < *from)
    *to = *from;
}

bool ops_is_space(uint32_t c)
{
  if (c < 0x80)
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool ops_ordered(struct operator_call *call, uint32_t type)
{
  switch ((enum type_kind)call->plan->types[type].kind) {
  case TYPE_bool:
  case TYPE_int:
  case TYPE_float:
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
  case TYPE_percent: return true;
  default:
    operator_fail(call, "values of type %s have no order",
                  type_kind_name(call->plan->types[type].kind));
    return false;
  }
}
