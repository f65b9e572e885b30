// Deep copies of values, for what outlives its request.
#include "runtime/value/tensor_buffer.h"
#include "runtime/value/tensor_node.h"
#include "runtime/value/walk.h"

static bool copy(struct walk *w, uint32_t type, value v, uint32_t depth,
                 value *out);

static bool copy_list(struct walk *w, uint32_t of, const struct list *l,
                      uint32_t depth, value *out)
{
  struct list *to = list_new(w->arena, l->count);
  if (!to)
    return false;
  for (; to->count < l->count; to->count++)
    if (!copy(w, of, l->items[to->count], depth, &to->items[to->count]))
      return false;
  to->room = 0; // others may see it from now on
  out->list = to;
  return true;
}

static bool copy_map(struct walk *w, uint32_t of, const struct map *m,
                     uint32_t depth, value *out)
{
  struct map *to = map_new(w->arena, m->count);
  if (!to)
    return false;
  for (uint32_t i = 0; i < m->count; i++) {
    const struct text *k = m->entries[i].key;
    value v;
    if (!(k = text_new(w->arena, k->data, k->size)) ||
        !copy(w, of, m->entries[i].item, depth, &v) ||
        !map_put(w->arena, to, k, v))
      return false;
  }
  out->map = to;
  return true;
}

static bool copy_parts(struct walk *w, const struct plan_type *t,
                       const value *parts, uint32_t depth, value *out)
{
  value *to = ARENA_ARRAY(w->arena, t->fields.count + 1, value);
  if (!to)
    return false;
  for (uint32_t i = 0; i < t->fields.count; i++)
    if (!copy(w, part_type(w->plan, t, i), parts[i], depth, &to[i]))
      return false;
  out->parts = to;
  return true;
}

static bool copy_tagged(struct walk *w, const struct plan_type *t,
                        const struct tagged *v, uint32_t depth, value *out)
{
  uint32_t of = payload_type(w->plan, t, v->tag);
  struct tagged *to = ARENA_NEW(w->arena, struct tagged);
  if (!to || (of != PLAN_NONE && !copy(w, of, v->payload, depth, &to->payload)))
    return false;
  to->tag = v->tag;
  out->tagged = to;
  return true;
}

static bool copy_text(struct walk *w, const struct text *t, value *out)
{
  if (!t->size)
    return (out->text = &text_empty) != NULL;
  struct text *to = arena_alloc(w->arena, sizeof *to + t->size + 1);
  if (!to)
    return false;
  char *data = (char *)(to + 1);
  memcpy(data, t->data, t->size);
  data[t->size] = 0;
  *to = (struct text){t->size, t->length, data};
  out->text = to;
  return true;
}

static bool copy_json(struct walk *w, const struct json *j, uint32_t depth,
                      value *out);

static bool copy_json_list(struct walk *w, const struct list *l, uint32_t depth,
                           value *out)
{
  struct list *to = list_new(w->arena, l->count);
  if (!to)
    return false;
  for (; to->count < l->count; to->count++)
    if (!copy_json(w, l->items[to->count].json, depth, &to->items[to->count]))
      return false;
  to->room = 0;
  out->list = to;
  return true;
}

static bool copy_json_map(struct walk *w, const struct map *m, uint32_t depth,
                          value *out)
{
  struct map *to = map_new(w->arena, m->count);
  if (!to)
    return false;
  for (uint32_t i = 0; i < m->count; i++) {
    value key, v;
    if (!copy_text(w, m->entries[i].key, &key) ||
        !copy_json(w, m->entries[i].item.json, depth, &v) ||
        !map_put(w->arena, to, key.text, v))
      return false;
  }
  out->map = to;
  return true;
}

static bool copy_json(struct walk *w, const struct json *j, uint32_t depth,
                      value *out)
{
  if (!walk_enter(w, depth))
    return false;
  struct json *to = ARENA_NEW(w->arena, struct json);
  if (!to)
    return false;
  *to = *j;
  out->json = to;
  switch (j->kind) {
  case JSON_TEXT:
    return copy_text(w, j->as.text, &to->as);
  case JSON_LIST:
    return copy_json_list(w, j->as.list, depth + 1, &to->as);
  case JSON_MAP:
    return copy_json_map(w, j->as.map, depth + 1, &to->as);
  default:
    return true;
  }
}

static bool copy_tensor(struct walk *w, const struct tensor *t, value *out)
{
  struct tensor *to = ARENA_NEW(w->arena, struct tensor);
  if (!to || tensor_is_out(t))
    return false;
  *to = *t;
  out->tensor = to;
  if (t->owner) // who counts the copies
    return tensor_buffer_keep(w->arena, t->owner);
  char *data = arena_alloc(w->arena, tensor_bytes(t) + 1);
  if (!data)
    return false;
  to->data = data;
  tensor_lay_out(to);
  tensor_copy(t, data);
  return true;
}

static bool copy_held(struct walk *w, const struct held *from, value *out)
{
  struct held *to = ARENA_NEW(w->arena, struct held);
  if (!to || !tensor_buffer_keep(w->arena, from->of))
    return false;
  *to = *from;
  out->held = to;
  return true;
}

static struct deployment *copy_handle(struct walk *w, struct deployment *d)
{
  bool moves = w->moved && w->moved->handle && d;
  return moves ? w->moved->handle(d, w->moved->user) : d;
}

// What was captured are the function's first parameters.
static bool copy_closure(struct walk *w, const struct closure *c,
                         uint32_t depth, value *out)
{
  struct closure *to =
      arena_alloc(w->arena, sizeof *to + c->count * sizeof *c->captured);
  if (!to)
    return false;
  *to = *c;
  to->handle = copy_handle(w, c->handle);
  if (w->moved && w->moved->self && c->self)
    to->self = w->moved->self(c->self, w->moved->user);
  for (uint32_t i = 0; i < c->count; i++) {
    uint32_t slot = w->plan->functions[c->target].slots.first + i;
    if (!copy(w, w->plan->slots[slot].type, c->captured[i], depth,
              &to->captured[i]))
      return false;
  }
  out->closure = to;
  return true;
}

static bool copy_pointers(struct walk *w, const struct plan_type *t, value v,
                          uint32_t depth, value *out)
{
  switch (t->kind) {
  case TYPE_list:
    return copy_list(w, t->of, v.list, depth, out);
  case TYPE_map:
    return copy_map(w, t->of, v.map, depth, out);
  case TYPE_tuple:
  case TYPE_record:
    return copy_parts(w, t, v.parts, depth, out);
  case TYPE_optional:
    *out = value_wrap(w->arena, v);
    return out->box && copy(w, t->of, *v.box, depth, (value *)out->box);
  case TYPE_union:
  case TYPE_step:
    return copy_tagged(w, t, v.tagged, depth, out);
  case TYPE_json:
    return copy_json(w, v.json, depth, out);
  case TYPE_callable:
    return copy_closure(w, v.closure, depth, out);
  case TYPE_tokenizer:
    return copy_held(w, v.held, out);
  default:
    return copy_tensor(w, v.tensor, out);
  }
}

static bool copy(struct walk *w, uint32_t type, value v, uint32_t depth,
                 value *out)
{
  const struct plan_type *t = &w->plan->types[type];
  switch (t->kind) {
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_secret:
  case TYPE_markdown:
  case TYPE_enum:
    return copy_text(w, v.text, out);
  case TYPE_stream:
    out->bits = 0;
    return !w->moved || !w->moved->stream || !v.stream ||
           w->moved->stream(v.stream, w->moved->user, out);
  case TYPE_future:
    out->bits = 0;
    return true;
  case TYPE_handle:
    out->handle = copy_handle(w, v.handle);
    return true;
  case TYPE_optional:
  case TYPE_callable:
  case TYPE_tokenizer:
    if (!v.ptr) {
      out->bits = 0;
      return true;
    }
    break;
  case TYPE_list:
  case TYPE_map:
  case TYPE_tuple:
  case TYPE_record:
  case TYPE_union:
  case TYPE_step:
  case TYPE_json:
  case TYPE_tensor:
    break;
  default:
    *out = v;
    return true;
  }
  return walk_enter(w, depth) && copy_pointers(w, t, v, depth + 1, out);
}

bool value_copy(struct arena *a, const struct plan *p, uint32_t type, value v,
                value *out)
{
  return value_copy_moved(a, p, type, v, NULL, out);
}

bool value_copy_moved(struct arena *a, const struct plan *p, uint32_t type,
                      value v, const struct value_moved *moved, value *out)
{
  struct walk w = {.plan = p, .arena = a, .moved = moved, .left = VALUE_PARTS};
  value to;
  if (!copy(&w, type, v, 0, &to))
    return false;
  *out = to;
  return true;
}
