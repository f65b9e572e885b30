// Parts of json whose shape nobody has said: what is asked for has to be there.
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <string.h>

static const char *kind_text(const struct json *j)
{
  static const char *const names[] = {
      [JSON_NULL] = "null",   [JSON_BOOL] = "a bool", [JSON_INT] = "a number",
      [JSON_FLOAT] = "a number", [JSON_TEXT] = "a text", [JSON_LIST] = "a list",
      [JSON_MAP] = "a map"};
  return names[j->kind];
}

static enum operator_status no_key(struct operator_call *call,
                                   const struct text *key)
{
  uint32_t shown = (uint32_t)utf8_cut(key->data, key->size, 100);
  return operator_fail(call, "key \"%.*s\"%s is not in the map", (int)shown,
                       key->data, shown < key->size ? "…" : "");
}

OP(at_json)
{
  const struct json *j = ARG(0).json;
  if (j->kind != JSON_MAP)
    return operator_fail(call, "this json is %s, and has no keys",
                         kind_text(j));
  const value *found = map_get(j->as.map, ARG(1).text);
  if (!found)
    return no_key(call, ARG(1).text);
  *out = *found;
  return OPERATOR_DONE;
}

// The place of an element, from the end if negative; false when it is outside.
static bool place(const struct list *l, int64_t *at)
{
  if (*at < 0)
    *at += l->count;
  return *at >= 0 && *at < l->count;
}

OP(at_json_list)
{
  const struct json *j = ARG(0).json;
  int64_t at = ARG(1).i;
  if (j->kind != JSON_LIST)
    return operator_fail(call, "this json is %s, and has no places",
                         kind_text(j));
  if (!place(j->as.list, &at))
    return operator_fail(call, "index %lld is outside a list of %u element%s",
                         (long long)ARG(1).i, j->as.list->count,
                         j->as.list->count == 1 ? "" : "s");
  *out = j->as.list->items[at];
  return OPERATOR_DONE;
}

OP(get_json)
{
  const struct json *j = ARG(0).json;
  const value *found =
      j->kind == JSON_MAP ? map_get(j->as.map, ARG(1).text) : NULL;
  out->bits = 0; // none
  return found ? give(call, out, value_wrap(call->arena, *found).box)
               : OPERATOR_DONE;
}

OP(len_json)
{
  const struct json *j = ARG(0).json;
  switch (j->kind) {
  case JSON_TEXT:
    return give_int(out, j->as.text->length);
  case JSON_LIST:
    return give_int(out, j->as.list->count);
  case JSON_MAP:
    return give_int(out, j->as.map->count);
  default:
    return operator_fail(call, "this json is %s, and has no length",
                         kind_text(j));
  }
}

OP(in_json)
{
  const struct json *j = ARG(0).json;
  const struct text *x = ARG(1).text;
  bool found = false;
  if (j->kind == JSON_MAP)
    found = map_get(j->as.map, x);
  else if (j->kind != JSON_LIST)
    return operator_fail(call, "this json is %s, and holds nothing",
                         kind_text(j));
  for (uint32_t i = 0; j->kind == JSON_LIST && i < j->as.list->count; i++) {
    const struct json *item = j->as.list->items[i].json;
    found |= item->kind == JSON_TEXT &&
             text_is(item->as.text, x->data, x->size);
  }
  return give_int(out, found);
}

static enum operator_status give_json(struct operator_call *call, value *out,
                                      enum json_kind kind, const void *as)
{
  struct json *j = ARENA_NEW(call->arena, struct json);
  if (!j || !as)
    return operator_exhausted(call);
  j->kind = kind;
  j->as.ptr = as;
  return give(call, out, j);
}

OP(put_json)
{
  const struct json *j = ARG(0).json;
  if (j->kind != JSON_MAP)
    return operator_fail(call, "this json is %s, and has no keys",
                         kind_text(j));
  return give_json(call, out, JSON_MAP,
                   map_with(call->arena, j->as.map, ARG(1).text, ARG(2)));
}

OP(put_json_list)
{
  const struct json *j = ARG(0).json;
  int64_t at = ARG(1).i;
  if (j->kind != JSON_LIST)
    return operator_fail(call, "this json is %s, and has no places",
                         kind_text(j));
  const struct list *l = j->as.list;
  if (!place(l, &at))
    return operator_fail(call, "list index out of range: %lld of %u",
                         (long long)ARG(1).i, l->count);
  struct list *made = list_new(call->arena, l->count);
  if (!made)
    return operator_exhausted(call);
  memcpy(made->items, l->items, l->count * sizeof(value));
  made->items[at] = ARG(2);
  made->count = l->count;
  return give_json(call, out, JSON_LIST, made);
}
