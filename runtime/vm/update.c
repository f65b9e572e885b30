// Updates: what takes the place of its own first argument is changed in place
// if the slot owns it, and else made anew, as the plan's instruction would do.
// See own.c for who owns what.
#include "runtime/vm/operations.h"

#include <string.h>

static value *owned(const struct task *t, value *s, uint16_t slot)
{
  return &s[t->frame->fn->hidden[slot]];
}

// ---- lists and maps ----

// The items of the lists or maps are not the same.
static bool apart(enum operator_id op, value x, value y)
{
  if (op == OPERATOR_put)
    return x.map->taken != y.map->taken;
  return op == OPERATOR_put_list || x.list->taken != y.list->taken;
}

// As the plan has it. What is made anew is the slot's own.
static const struct error *anew(struct task *t, value *s, struct plan_code i)
{
  value *own = owned(t, s, i.a), before = s[i.a];
  int64_t wait;
  s[i.c] = before;
  const struct error *e = operation_op(t, s, i, &wait);
  if (!e && s[i.a].ptr != before.ptr)
    own->ptr = apart(i.b, before, s[i.a]) ? s[i.a].ptr : NULL;
  return e;
}

static bool set_item(const struct list *l, int64_t at, value v)
{
  if (at < 0)
    at += l->count;
  if (at < 0 || at >= l->count)
    return false;
  l->items[at] = v;
  return true;
}

// ---- maps ----

// Behind the slot that says who owns a map are two: the key that was looked for
// last, and the number of the entry that was found.
const value *update_find(value *s, uint16_t own, const struct map *m,
                         const struct text *key)
{
  uint32_t at = map_find(m, key);
  if (own && s[own].map == m) {
    s[own + 1].text = key;
    s[own + 2].i = at;
  }
  return at == MAP_NOTHING ? NULL : &m->entries[at].item;
}

static bool put(struct arena *a, struct map *m, const value *last,
                const struct text *key, value v)
{
  if (last[0].text != key)
    return map_put(a, m, key, v);
  if (last[1].i == MAP_NOTHING)
    return map_add(a, m, key, v);
  m->entries[last[1].i].item = v;
  return true;
}

static const struct error *put_in_map(struct task *t, value *s,
                                      struct plan_code i)
{
  value *own = owned(t, s, i.a);
  const struct error *error = NULL;
  struct map *m = (struct map *)own->map;
  if (!m || m != s[i.a].map)
    error = anew(t, s, i);
  else if (!put(t->run->arena, m, own + 1, s[i.c + 1].text, s[i.c + 2]))
    error = error_memory(t);
  else if (m->taken)
    *m->taken = m->count;
  own[1].ptr = NULL;
  return error;
}

const struct error *update_put(struct task *t, value *s, struct plan_code i)
{
  if (i.b == OPERATOR_put)
    return put_in_map(t, s, i);
  const void *own = owned(t, s, i.a)->ptr;
  bool done =
      own && own == s[i.a].ptr && set_item(own, s[i.c + 1].i, s[i.c + 2]);
  return done ? NULL : anew(t, s, i);
}

// ---- lists ----

static const struct error *append(struct task *t, value *s, uint16_t slot,
                                  const struct list *more)
{
  value *own = owned(t, s, slot);
  struct arena *a = t->run->arena;
  if (own->ptr && own->ptr == s[slot].ptr)
    return list_append(a, (struct list *)own->list, more) ? NULL
                                                          : error_memory(t);
  const struct list *x = s[slot].list, *made = list_with(a, x, more);
  if (!made)
    return error_memory(t);
  if (made != x)
    own->list = made->taken != x->taken ? made : NULL;
  s[slot].list = made;
  return NULL;
}

const struct error *update_concat_list(struct task *t, value *s,
                                       struct plan_code i)
{
  return append(t, s, i.a, s[i.c + 1].list);
}

// `run`: of the list that need not be made.
const struct error *update_push(struct task *t, value *s, struct plan_code run,
                                struct plan_code i)
{
  struct list more = {.count = run.c, .items = s + run.b};
  return append(t, s, i.a, &more);
}

// ---- texts ----

// What a text grows into: nobody else writes there, and whoever has seen an
// earlier text of it sees the beginning only.
struct tail {
  const struct text *last; // the text that reaches to where it is filled
  char *data;
  size_t room;
};

static struct tail *tail_of(struct task *t, value *s, uint16_t slot)
{
  value *kept = owned(t, s, slot) + 1;
  if (!kept->ptr)
    kept->ptr = ARENA_NEW(t->run->arena, struct tail);
  return (struct tail *)kept->ptr;
}

// Makes the tail hold the text and have so much room.
static bool make_room(struct task *t, struct tail *tail, const struct text *x,
                      size_t size)
{
  bool newest = tail->last == x && tail->data == x->data;
  if (newest && size <= tail->room)
    return true;
  size_t room = size * 2 + 48;
  char *data = newest ? arena_grow(t->run->arena, tail->data, tail->room, room)
                      : arena_alloc(t->run->arena, room);
  if (!data)
    return false;
  if (!newest && x->size)
    memcpy(data, x->data, x->size);
  *tail = (struct tail){NULL, data, room};
  return true;
}

// Most parts are a few bytes: two reads that may overlap are quicker than a
// call.
static inline char *add_bytes(char *to, const char *from, size_t n)
{
  if (n > 16)
    return mempcpy(to, from, n);
  if (n >= 8) {
    memcpy(to, from, 8);
    memcpy(to + n - 8, from + n - 8, 8);
  } else if (n >= 4) {
    memcpy(to, from, 4);
    memcpy(to + n - 4, from + n - 4, 4);
  } else if (n) {
    to[0] = from[0];
    to[n / 2] = from[n / 2];
    to[n - 1] = from[n - 1];
  }
  return to + n;
}

static void add_parts(char *to, const value *parts, uint32_t n)
{
  for (uint32_t k = 0; k < n; k++)
    to = add_bytes(to, parts[k].text->data, parts[k].text->size);
}

static const struct error *grow(struct task *t, value *s, uint16_t slot,
                                const value *parts, uint32_t n)
{
  const struct text *x = s[slot].text;
  value *own = owned(t, s, slot);
  size_t size = x->size, length = x->length;
  for (uint32_t k = 0; k < n; k++) {
    size += parts[k].text->size;
    length += parts[k].text->length;
  }
  struct text *to = own->text == x ? (struct text *)x : NULL;
  struct tail *tail = size > UINT32_MAX ? NULL : tail_of(t, s, slot);
  if (!tail || (!to && !(to = arena_alloc(t->run->arena, sizeof *to))) ||
      !make_room(t, tail, x, size))
    return error_memory(t);
  add_parts(tail->data + x->size, parts, n);
  *to = (struct text){(uint32_t)size, (uint32_t)length, tail->data};
  tail->last = s[slot].text = own->text = to;
  return NULL;
}

const struct error *update_concat(struct task *t, value *s, struct plan_code i)
{
  return grow(t, s, i.a, s + i.b + 1, i.c - 1u);
}

// `run`: of the text that need not be made.
const struct error *update_append(struct task *t, value *s,
                                  struct plan_code run, struct plan_code i)
{
  return grow(t, s, i.a, s + run.b, run.c);
}
