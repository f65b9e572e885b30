// The operators by number, as the engine calls them, and what several of them
// use. Enters: ops.def. Leaves: `operators`.
#include "runtime/codec/codec.h"
#include "stdlib/ops/ops.h"

#include <stdarg.h>

operator_run *const operators[] = {
#define OPERATOR(id, name, signature, attributes, cost, doc)                   \
  [OPERATOR_##id] = op_##id,
#define TENSOR_OPERATOR(id, name, signature, shape, cost, doc)                 \
  [OPERATOR_##id] = op_tensor,
#include "grammar/defs/ops.def"
#undef OPERATOR
};

enum operator_status operator_fail(struct operator_call *call,
                                   const char *format, ...)
{
  struct buf b = {.arena = call->arena};
  va_list args;
  va_start(args, format);
  buf_addv(&b, format, args);
  va_end(args);
  if (b.failed)
    return operator_exhausted(call);
  *call->error =
      (struct error){.kind = ERROR_user,
                     .status = 500,
                     .message = text_view(call->arena, b.data, b.size)};
  return call->error->message ? OPERATOR_FAIL : operator_exhausted(call);
}

enum operator_status operator_exhausted(struct operator_call *call)
{
  // Constant: there is no memory left to say it with.
  static const char message[] =
      "the request needs more memory than it may have";
  static const struct text text = {sizeof message - 1, sizeof message - 1,
                                   message};
  *call->error =
      (struct error){.kind = ERROR_limit, .status = 500, .message = &text};
  return OPERATOR_FAIL;
}

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

static bool ordered(const struct plan *p, uint32_t type)
{
  struct plan_run parts = p->types[type].fields;
  switch ((enum type_kind)p->types[type].kind) {
  case TYPE_bool:
  case TYPE_int:
  case TYPE_float:
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
  case TYPE_percent:
    return true;
  case TYPE_tuple:
    for (uint32_t i = 0; i < parts.count; i++)
      if (!ordered(p, p->fields[parts.first + i].type))
        return false;
    return true;
  default:
    return false;
  }
}

const struct text *ops_key(struct operator_call *call, uint32_t type, value v)
{
  struct buf b = {.arena = call->arena};
  if (call->plan->types[type].kind == TYPE_str)
    return v.text;
  if (call->plan->types[type].kind == TYPE_float && v.f == 0)
    v.f = 0; // and not minus zero
  value_repr(call->plan, type, v, &b);
  return b.failed ? NULL : text_view(call->arena, b.data, b.size);
}

bool ops_ordered(struct operator_call *call, uint32_t type)
{
  if (ordered(call->plan, type))
    return true;
  operator_fail(call, "values of type %s have no order",
                type_kind_name(call->plan->types[type].kind));
  return false;
}
