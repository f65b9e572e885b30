// Texts: valid UTF-8, counted in code points. What is cut from a text shares
// its bytes.
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <string.h>

OP(len_str)
{
  return give_int(out, ARG(0).text->length);
}

OP(len_bytes)
{
  return give_int(out, ARG(0).text->size);
}

OP(to_bytes)
{
  const struct text *t = ARG(0).text;
  return give(call, out, ops_text(call, t->data, t->size, t->size));
}

const char *ops_skip(const char *at, const char *end, int64_t n)
{
  for (; n > 0 && at < end; n--)
    do
      at++;
    while (at < end && ((unsigned char)*at & 0xC0) == 0x80);
  return at;
}

OP(slice_str)
{
  const struct text *t = ARG(0).text;
  int64_t from = ARG(1).i, to = ARG(2).i;
  ops_slice(&from, &to, t->length);
  const char *start = t->data + from, *end = t->data + to;
  if (t->length != t->size) {
    start = ops_skip(t->data, t->data + t->size, from);
    end = ops_skip(start, t->data + t->size, to - from);
  }
  return give(
      call, out,
      ops_text(call, start, (size_t)(end - start), (size_t)(to - from)));
}

OP(at_str)
{
  const struct text *t = ARG(0).text;
  int64_t at = ARG(1).i < 0 ? ARG(1).i + t->length : ARG(1).i;
  if (at < 0 || at >= t->length)
    return operator_fail(call, "index %lld is outside a text of length %u",
                         (long long)ARG(1).i, t->length);
  const char *end = t->data + t->size;
  const char *start =
      t->length == t->size ? t->data + at : ops_skip(t->data, end, at);
  return give(
      call, out,
      ops_text(call, start, (size_t)(ops_skip(start, end, 1) - start), 1));
}

static const char *find(const char *at, const char *end,
                        const struct text *what)
{
  if (!what->size)
    return at;
  return at < end ? memmem(at, (size_t)(end - at), what->data, what->size)
                  : NULL;
}

OP(chars)
{
  const struct text *t = ARG(0).text;
  struct list *l = list_new(call->arena, t->length);
  const char *end = t->data + t->size;
  for (const char *at = t->data, *next; l && at < end; at = next) {
    next = ops_skip(at, end, 1);
    const struct text *c = ops_text(call, at, (size_t)(next - at), 1);
    if (!c || !list_push(call->arena, l, (value){.text = c}))
      return operator_exhausted(call);
  }
  return give(call, out, l);
}

OP(find_str)
{
  const struct text *t = ARG(0).text;
  const char *hit = find(t->data, t->data + t->size, ARG(1).text);
  out->bits = 0; // none
  if (!hit)
    return OPERATOR_DONE;
  value at = {.i = (int64_t)utf8_length(t->data, (size_t)(hit - t->data))};
  return give(call, out, value_wrap(call->arena, at).box);
}

OP(count_str)
{
  const struct text *t = ARG(0).text, *part = ARG(1).text;
  const char *at = t->data, *end = t->data + t->size;
  int64_t n = 0;
  if (!part->size)
    return give_int(out, (int64_t)t->length + 1); // as Python has it
  for (const char *hit; (hit = find(at, end, part)); at = hit + part->size)
    n++;
  return give_int(out, n);
}

OP(in_str)
{
  const struct text *t = ARG(0).text;
  return give_int(out, !ARG(1).text->size || find(t->data, t->data + t->size,
                                                  ARG(1).text) != NULL);
}

OP(starts_with)
{
  const struct text *t = ARG(0).text, *p = ARG(1).text;
  return give_int(out, p->size <= t->size &&
                           (!p->size || !memcmp(t->data, p->data, p->size)));
}

OP(ends_with)
{
  const struct text *t = ARG(0).text, *p = ARG(1).text;
  return give_int(out, p->size <= t->size &&
                           (!p->size || !memcmp(t->data + t->size - p->size,
                                                p->data, p->size)));
}

OP(join)
{
  const struct list *l = ARG(0).list;
  const struct text *with = ARG(1).text;
  size_t gaps = l->count ? l->count - 1 : 0;
  size_t size = gaps * with->size, length = gaps * with->length;
  for (uint32_t i = 0; i < l->count; i++) {
    size += l->items[i].text->size;
    length += l->items[i].text->length;
  }
  char *data = arena_alloc(call->arena, size + 1), *at = data;
  if (!data)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < l->count; i++) {
    if (i && with->size)
      at = mempcpy(at, with->data, with->size);
    at = mempcpy(at, l->items[i].text->data, l->items[i].text->size);
  }
  return give(call, out, ops_text(call, data, size, length));
}

// With nothing to look for, the new text goes before, between and behind all
// code points.
static void weave(struct buf *b, const struct text *t, const struct text *with)
{
  const char *end = t->data + t->size;
  for (const char *at = t->data, *next; at < end && !b->failed; at = next) {
    next = ops_skip(at, end, 1);
    buf_add(b, with->data, with->size);
    buf_add(b, at, (size_t)(next - at));
  }
  buf_add(b, with->data, with->size);
}

OP(replace)
{
  const struct text *t = ARG(0).text, *what = ARG(1).text, *with = ARG(2).text;
  struct buf b = {.arena = call->arena};
  const char *at = t->data, *end = t->data + t->size;
  if (!what->size) {
    weave(&b, t, with);
    return ops_give_buf(call, out, &b);
  }
  for (const char *hit; !b.failed && (hit = find(at, end, what));
       at = hit + what->size) {
    buf_add(&b, at, (size_t)(hit - at));
    buf_add(&b, with->data, with->size);
  }
  if (at == t->data)
    return give(call, out, t);
  buf_add(&b, at, (size_t)(end - at));
  return ops_give_buf(call, out, &b);
}

OP(repeat)
{
  const struct text *t = ARG(0).text;
  uint64_t n = ARG(1).i < 0 ? 0 : (uint64_t)ARG(1).i, size;
  if (__builtin_mul_overflow(n, (uint64_t)t->size, &size) || size > UINT32_MAX)
    return operator_exhausted(call);
  char *data = size ? arena_alloc(call->arena, size) : NULL;
  if (size && !data)
    return operator_exhausted(call);
  for (uint64_t at = 0; at < size; at += t->size)
    memcpy(data + at, t->data, t->size);
  return give(call, out, ops_text(call, data, size, n * t->length));
}
