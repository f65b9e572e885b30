// The library `json`: texts read and written, and values taken out of a tree,
// put into it and merged. Trees are immutable: what changes is made anew, and
// shares what stays.
#include "grammar/base/utf8.h"
#include "runtime/codec/parts.h"
#include "stdlib/ops/ops.h"

#include <string.h>

static const struct json *make(struct operator_call *call, enum json_kind kind,
                               value as)
{
  struct json *j = ARENA_NEW(call->arena, struct json);
  if (j)
    *j = (struct json){kind, as};
  return j;
}

static enum operator_status parse(struct operator_call *call,
                                  const struct text *t, value *out)
{
  struct offences offences = {.arena = call->arena};
  struct decode d = {call->plan, call->arena, &offences};
  if (!t->size)
    return operator_fail(call, "no JSON: the text is empty");
  if (json_decode(&d, call->result_type, t->data, t->size, NULL, out))
    return OPERATOR_DONE;
  struct scan s = {.at = t->data, .end = t->data + t->size, .start = t->data};
  if (!tree_read(&s, call->arena) && s.error)
    return operator_fail(
        call, "no JSON at character %zu: %s",
        utf8_length(t->data, (size_t)(s.error_at - t->data)), s.error);
  return offences.first ? operator_fail(call, "no JSON: %s", offences.first->msg)
                        : operator_exhausted(call);
}

OP(json_parse)
{
  return parse(call, ARG(0).text, out);
}

OP(json_bytes)
{
  const struct text *t = ARG(0).text;
  size_t good = utf8_check(t->data, t->size);
  if (good < t->size)
    return operator_fail(call, "no JSON: byte %zu is not UTF-8", good);
  return parse(call, ARG(0).text, out);
}

// ---- writing ----

struct printer {
  struct buf *out;
  uint32_t indent, depth;
};

static void new_line(struct printer *p)
{
  buf_addc(p->out, '\n');
  for (uint32_t i = 0; i < p->indent * p->depth; i++)
    buf_addc(p->out, ' ');
}

static bool print_node(struct printer *p, const struct json *j);

static bool print_nested(struct printer *p, const struct json *j)
{
  bool list = j->kind == JSON_LIST;
  uint32_t n = list ? j->as.list->count : j->as.map->count;
  buf_addc(p->out, list ? '[' : '{');
  p->depth++;
  for (uint32_t i = 0; i < n; i++) {
    if (i)
      buf_addc(p->out, ',');
    new_line(p);
    const struct map_entry *e = list ? NULL : &j->as.map->entries[i];
    if (e) {
      json_encode_text(e->key->data, e->key->size, p->out);
      buf_adds(p->out, ": ");
    }
    if (!print_node(p, e ? e->item.json : j->as.list->items[i].json))
      return false;
  }
  p->depth--;
  if (n)
    new_line(p);
  buf_addc(p->out, list ? ']' : '}');
  return true;
}

static bool print_node(struct printer *p, const struct json *j)
{
  if (p->out->failed || p->depth > VALUE_DEPTH)
    return false;
  if (j->kind == JSON_LIST || j->kind == JSON_MAP)
    return print_nested(p, j);
  return tree_print(j, true, SIZE_MAX, p->out);
}

OP(json_text)
{
  struct buf b = {.arena = call->arena};
  struct printer p = {&b, (uint32_t)ARG(1).i, 0};
  if (ARG(1).i < 0 || ARG(1).i > 16)
    return operator_fail(call, "an indent of %lld, which is not from 0 to 16",
                         (long long)ARG(1).i);
  bool whole = ARG(1).i ? print_node(&p, ARG(0).json)
                        : tree_print(ARG(0).json, true, SIZE_MAX, &b);
  if (!whole && !b.failed)
    return operator_fail(call, "a number in it is not finite, or it is too deep");
  return ops_give_buf(call, out, &b);
}

OP(json_kind)
{
  static const char *const kinds[] = {
      [JSON_NULL] = "null",  [JSON_BOOL] = "bool", [JSON_INT] = "int",
      [JSON_FLOAT] = "float", [JSON_TEXT] = "str",  [JSON_LIST] = "list",
      [JSON_MAP] = "map"};
  const char *kind = kinds[ARG(0).json->kind];
  return give(call, out, text_view(call->arena, kind, strlen(kind)));
}

// ---- paths: RFC 6901, `/a/0/b` ----

struct path {
  struct operator_call *call;
  const char *at, *end;
  bool broken;
};

static struct path path_of(struct operator_call *call, uint32_t i)
{
  const struct text *t = ARG(i).text;
  return (struct path){call, t->data, t->data + t->size,
                       t->size && t->data[0] != '/'};
}

static enum operator_status fail_path(struct path *p)
{
  return operator_fail(p->call, "a path begins with `/`: \"/items/0/name\"");
}

// The next name, with `~1` for `/` and `~0` for `~`; NULL when memory is out.
static const struct text *step(struct path *p)
{
  struct buf b = {.arena = p->call->arena};
  for (p->at++; p->at < p->end && *p->at != '/'; p->at++) {
    bool escape = *p->at == '~' && p->at + 1 < p->end &&
                  (p->at[1] == '0' || p->at[1] == '1');
    if (escape)
      p->at++;
    buf_addc(&b, !escape ? *p->at : *p->at == '0' ? '~' : '/');
  }
  if (b.failed)
    return NULL;
  return b.size ? text_view(p->call->arena, b.data, b.size) : &text_empty;
}

// The element that a name means; `size` for `-`, which is behind the last; -1:
// none.
static int64_t index_of(const struct text *name, uint32_t size)
{
  int64_t x = 0;
  if (text_is(name, "-", 1))
    return size;
  if (!name->size || name->size > 10 ||
      (name->size > 1 && name->data[0] == '0'))
    return -1;
  for (uint32_t i = 0; i < name->size; i++) {
    if (name->data[i] < '0' || name->data[i] > '9')
      return -1;
    x = x * 10 + (name->data[i] - '0');
  }
  return x <= size ? x : -1;
}

static const struct json *child(const struct json *j, const struct text *name)
{
  if (j->kind == JSON_MAP) {
    const value *v = map_get(j->as.map, name);
    return v ? v->json : NULL;
  }
  if (j->kind != JSON_LIST)
    return NULL;
  int64_t at = index_of(name, j->as.list->count);
  return at < 0 || at == j->as.list->count ? NULL : j->as.list->items[at].json;
}

OP(json_at)
{
  struct path p = path_of(call, 1);
  const struct json *j = ARG(0).json;
  if (p.broken)
    return fail_path(&p);
  while (j && p.at < p.end) {
    const struct text *name = step(&p);
    if (!name)
      return operator_exhausted(call);
    j = child(j, name);
  }
  out->bits = 0; // none
  return j ? give(call, out, value_wrap(call->arena, (value){.json = j}).box)
           : OPERATOR_DONE;
}

// ---- what is made anew ----

static const struct json *map_node(struct operator_call *call,
                                   const struct map *m)
{
  return m ? make(call, JSON_MAP, (value){.map = m}) : NULL;
}

static const struct map *map_without(struct operator_call *call,
                                     const struct map *m,
                                     const struct text *name)
{
  struct map *made = map_new(call->arena, m->count);
  for (uint32_t i = 0; made && i < m->count; i++) {
    const struct map_entry *e = &m->entries[i];
    if (!text_is(e->key, name->data, name->size) &&
        !map_put(call->arena, made, e->key, e->item))
      return NULL;
  }
  return made;
}

// The list with another element at a place; none there if `item` is NULL.
static const struct json *list_changed(struct operator_call *call,
                                       const struct list *l, uint32_t at,
                                       const struct json *item)
{
  struct list *made = list_new(call->arena, l->count + 1);
  for (uint32_t i = 0; made && i < l->count; i++)
    if (i != at)
      made->items[made->count++] = l->items[i];
    else if (item)
      made->items[made->count++].json = item;
  if (made && item && at == l->count)
    made->items[made->count++].json = item;
  return made ? make(call, JSON_LIST, (value){.list = made}) : NULL;
}

enum { PATH_DEPTH = 200 };

struct change {
  struct operator_call *call;
  struct path path;
  const struct json *item; // NULL: to be removed
  bool failed;             // and said why
};

static const struct json *refuse(struct change *c, const struct text *name,
                                 const char *why)
{
  if (!c->failed)
    operator_fail(c->call, "there is no place \"%.*s\" in %s",
                  (int)utf8_cut(name->data, name->size, 80), name->data, why);
  c->failed = true;
  return NULL;
}

static const struct json *changed(struct change *c, const struct json *j,
                                  unsigned depth);

static const struct json *changed_map(struct change *c, const struct json *j,
                                      const struct text *name, unsigned depth)
{
  const struct map *m = j->as.map;
  const value *old = map_get(m, name);
  bool last = c->path.at == c->path.end;
  if (last && !c->item)
    return old ? map_node(c->call, map_without(c->call, m, name)) : j;
  static const struct map empty;
  struct json nothing = {JSON_MAP, {.map = &empty}};
  if (!old && !c->item)
    return j;
  const struct json *item = changed(c, old ? old->json : &nothing, depth);
  return item ? map_node(c->call, map_with(c->call->arena, m, name,
                                           (value){.json = item}))
              : NULL;
}

static const struct json *changed_list(struct change *c, const struct json *j,
                                       const struct text *name, unsigned depth)
{
  const struct list *l = j->as.list;
  int64_t at = index_of(name, l->count);
  bool last = c->path.at == c->path.end;
  if (at < 0 || (at == l->count && !(last && c->item)))
    return c->item ? refuse(c, name, "a list of other length") : j;
  const struct json *item =
      last ? c->item : changed(c, l->items[at].json, depth);
  if (!item && !last)
    return NULL;
  return list_changed(c->call, l, (uint32_t)at, item);
}

// The tree with the change at the end of the path; NULL when memory is out, or
// when that was refused.
static const struct json *changed(struct change *c, const struct json *j,
                                  unsigned depth)
{
  if (c->path.at == c->path.end)
    return c->item;
  const struct text *name = step(&c->path);
  if (!name)
    return NULL;
  if (depth == PATH_DEPTH)
    return refuse(c, name, "a path this long");
  if (j->kind == JSON_MAP)
    return changed_map(c, j, name, depth + 1);
  if (j->kind == JSON_LIST)
    return changed_list(c, j, name, depth + 1);
  return c->item ? refuse(c, name, "what is no map and no list") : j;
}

static enum operator_status change(struct operator_call *call, value *out,
                                   const struct json *item)
{
  struct change c = {call, path_of(call, 1), item, false};
  if (c.path.broken)
    return fail_path(&c.path);
  if (!item && c.path.at == c.path.end)
    return give(call, out, &json_null);
  const struct json *made = changed(&c, ARG(0).json, 0);
  return c.failed ? OPERATOR_FAIL : give(call, out, made);
}

OP(json_put)
{
  return change(call, out, ARG(2).json);
}

OP(json_remove)
{
  return change(call, out, NULL);
}

// ---- merging: RFC 7396 ----

static const struct json *merged(struct operator_call *call,
                                 const struct json *x, const struct json *patch,
                                 unsigned depth)
{
  if (patch->kind != JSON_MAP)
    return patch;
  static const struct map empty;
  const struct map *m = x->kind == JSON_MAP ? x->as.map : &empty;
  if (depth > VALUE_DEPTH)
    return NULL;
  for (uint32_t i = 0; m && i < patch->as.map->count; i++) {
    const struct map_entry *e = &patch->as.map->entries[i];
    const value *old = map_get(m, e->key);
    if (e->item.json->kind == JSON_NULL) {
      m = old ? map_without(call, m, e->key) : m;
      continue;
    }
    const struct json *item =
        merged(call, old ? old->json : &json_null, e->item.json, depth + 1);
    m = item ? map_with(call->arena, m, e->key, (value){.json = item}) : NULL;
  }
  return map_node(call, m);
}

OP(json_merge)
{
  return give(call, out, merged(call, ARG(0).json, ARG(1).json, 0));
}
