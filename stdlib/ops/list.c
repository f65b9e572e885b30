// Lists. What is cut from a list shares its items.
#include "stdlib/ops/ops.h"
#include "stdlib/ops/sort.h"

#include <string.h>

static struct list *list_of(struct operator_call *call, uint64_t count)
{
  if (count > UINT32_MAX)
    return NULL;
  struct list *l = list_new(call->arena, (uint32_t)count);
  if (l)
    l->count = (uint32_t)count; // the caller fills it before anybody looks
  return l;
}

OP(len_list)
{
  return give_int(out, ARG(0).list->count);
}

OP(sum_int)
{
  int64_t sum = 0;
  const struct list *l = ARG(0).list;
  for (uint32_t i = 0; i < l->count; i++)
    if (__builtin_add_overflow(sum, l->items[i].i, &sum))
      return operator_fail(call, "integer overflow in sum()");
  return give_int(out, sum);
}

static double sum_floats(const struct list *l)
{
  double sum = 0;
  for (uint32_t i = 0; i < l->count; i++)
    sum += l->items[i].f;
  return sum;
}

OP(sum_float)
{
  return give_float(out, sum_floats(ARG(0).list));
}

OP(mean_list)
{
  if (!ARG(0).list->count)
    return operator_fail(call, "mean() of an empty list");
  return give_float(out, sum_floats(ARG(0).list) / ARG(0).list->count);
}

// The first of the extreme elements, as in Python.
static enum operator_status extreme(struct operator_call *call, value *out,
                                    int sign, const char *name)
{
  const struct list *l = ARG(0).list;
  uint32_t type = element_type(call, 0);
  if (!l->count)
    return operator_fail(call, "%s() of an empty list", name);
  if (!ops_ordered(call, type))
    return OPERATOR_FAIL;
  value best = l->items[0];
  for (uint32_t i = 1; i < l->count; i++)
    if (sign * value_compare(call->plan, type, l->items[i], best) > 0)
      best = l->items[i];
  *out = best;
  return OPERATOR_DONE;
}

OP(min_list)
{
  return extreme(call, out, -1, "min");
}

OP(max_list)
{
  return extreme(call, out, 1, "max");
}

static enum operator_status extreme_two(struct operator_call *call, value *out,
                                        int sign)
{
  if (!ops_ordered(call, call->types[0]))
    return OPERATOR_FAIL;
  int order = value_compare(call->plan, call->types[0], ARG(1), ARG(0));
  *out = sign * order > 0 ? ARG(1) : ARG(0);
  return OPERATOR_DONE;
}

OP(min_two)
{
  return extreme_two(call, out, -1);
}

OP(max_two)
{
  return extreme_two(call, out, 1);
}

static enum operator_status numbers(struct operator_call *call, value *out,
                                    int64_t from, int64_t to)
{
  uint64_t count = from < to ? (uint64_t)to - (uint64_t)from : 0;
  struct list *l = list_of(call, count);
  if (!l)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < l->count; i++)
    l->items[i].i = from + i;
  return give(call, out, l);
}

OP(range)
{
  return numbers(call, out, 0, ARG(0).i);
}

OP(range_from)
{
  return numbers(call, out, ARG(0).i, ARG(1).i);
}

OP(sorted)
{
  const struct list *l = ARG(0).list;
  uint32_t type = element_type(call, 0);
  if (!ops_ordered(call, type))
    return OPERATOR_FAIL;
  struct list *made = list_of(call, l->count);
  value *spare = arena_alloc(call->arena, (l->count + 1u) * sizeof *spare);
  if (!made || !spare)
    return operator_exhausted(call);
  if (!l->count)
    return give(call, out, made);
  memcpy(made->items, l->items, l->count * sizeof(value));
  made->items = sort_values(call->plan, type, made->items, spare, l->count);
  made->room = made->count;
  return give(call, out, made);
}

OP(reversed)
{
  const struct list *l = ARG(0).list;
  struct list *made = list_of(call, l->count);
  if (!made)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < l->count; i++)
    made->items[i] = l->items[l->count - 1 - i];
  return give(call, out, made);
}

static const struct list *list_view(struct operator_call *call,
                                    const struct list *l, int64_t from,
                                    int64_t to)
{
  struct list *view = ARENA_NEW(call->arena, struct list);
  if (view) {
    view->count = view->room = (uint32_t)(to - from);
    view->items = view->count ? l->items + from : NULL; // nobody adds to it
  }
  return view;
}

OP(chunks)
{
  const struct list *l = ARG(0).list;
  int64_t size = ARG(1).i;
  if (size < 1)
    return operator_fail(call, "chunks() of %lld elements", (long long)size);
  uint32_t n = (uint32_t)(l->count / size + (l->count % size != 0));
  struct list *made = list_of(call, n);
  if (!made)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < n; i++) {
    int64_t from = i * size, left = l->count - from;
    made->items[i].list =
        list_view(call, l, from, from + (left < size ? left : size));
    if (!made->items[i].list)
      return operator_exhausted(call);
  }
  return give(call, out, made);
}

OP(concat_list)
{
  return give(call, out, list_with(call->arena, ARG(0).list, ARG(1).list));
}

OP(slice_list)
{
  int64_t from = ARG(1).i, to = ARG(2).i;
  ops_slice(&from, &to, ARG(0).list->count);
  return give(call, out, list_view(call, ARG(0).list, from, to));
}

OP(in_list)
{
  const struct list *l = ARG(0).list;
  uint32_t type = element_type(call, 0);
  for (uint32_t i = 0; i < l->count; i++)
    if (value_equal(call->plan, type, l->items[i], ARG(1)))
      return give_int(out, 1);
  return give_int(out, 0);
}

OP(any)
{
  const struct list *l = ARG(0).list;
  for (uint32_t i = 0; i < l->count; i++)
    if (l->items[i].i)
      return give_int(out, 1);
  return give_int(out, 0);
}

OP(all)
{
  const struct list *l = ARG(0).list;
  for (uint32_t i = 0; i < l->count; i++)
    if (!l->items[i].i)
      return give_int(out, 0);
  return give_int(out, 1);
}

OP(zip)
{
  const struct list *x = ARG(0).list, *y = ARG(1).list;
  uint32_t n = x->count < y->count ? x->count : y->count;
  struct list *made = list_of(call, n);
  value *pairs = ARENA_ARRAY(call->arena, 2 * (size_t)n + 1, value);
  if (!made || !pairs)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < n; i++) {
    pairs[2 * i] = x->items[i];
    pairs[2 * i + 1] = y->items[i];
    made->items[i].parts = pairs + 2 * i;
  }
  return give(call, out, made);
}

// Where it stands from `from` on; the list's length when nowhere.
static uint32_t find(struct operator_call *call, uint32_t from, value item)
{
  const struct list *l = ARG(0).list;
  uint32_t type = element_type(call, 0);
  while (from < l->count &&
         !value_equal(call->plan, type, l->items[from], item))
    from++;
  return from;
}

OP(find_list)
{
  uint32_t at = find(call, 0, ARG(1));
  out->bits = 0; // none
  if (at == ARG(0).list->count)
    return OPERATOR_DONE;
  return give(call, out, value_wrap(call->arena, (value){.i = at}).box);
}

OP(count_list)
{
  int64_t n = 0;
  for (uint32_t at = 0; at < ARG(0).list->count; at++)
    if ((at = find(call, at, ARG(1))) < ARG(0).list->count)
      n++;
  return give_int(out, n);
}

OP(unique)
{
  const struct list *l = ARG(0).list;
  struct list *made = list_new(call->arena, l->count);
  struct map *seen = map_new(call->arena, 0);
  uint32_t type = element_type(call, 0);
  for (uint32_t i = 0; i < l->count; i++) {
    const struct text *key = ops_key(call, type, l->items[i]);
    if (!made || !seen || !key)
      return operator_exhausted(call);
    if (map_get(seen, key))
      continue;
    made->items[made->count++] = l->items[i];
    if (!map_put(call->arena, seen, key, l->items[i]))
      return operator_exhausted(call);
  }
  return give(call, out, made);
}

OP(put_list)
{
  const struct list *l = ARG(0).list;
  int64_t at = ARG(1).i < 0 ? ARG(1).i + l->count : ARG(1).i;
  if (at < 0 || at >= l->count)
    return operator_fail(call, "list index out of range: %lld of %u",
                         (long long)ARG(1).i, l->count);
  struct list *made = list_of(call, l->count);
  if (!made)
    return operator_exhausted(call);
  memcpy(made->items, l->items, l->count * sizeof(value));
  made->items[at] = ARG(2);
  return give(call, out, made);
}
