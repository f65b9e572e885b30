// Forms: their fields as one object, read into the type by the rules of JSON.
// As FastAPI has it, a field that is empty counts as not sent, the last of
// several counts, and all of them where the type wants a list.
#include "runtime/net/adapt.h"

#include "grammar/base/utf8.h"
#include "runtime/net/router.h"

#include <string.h>
#include <strings.h>

bool form_add(struct form *f, struct form_field field)
{
  struct form_field *one = arena_alloc(f->arena, sizeof *one);
  if (!one || f->count == FORM_FIELDS)
    return false;
  *one = field;
  one->next = NULL;
  *(f->last ? f->last : &f->first) = one;
  f->last = &one->next;
  f->count++;
  return true;
}

static const char *unescape(struct form *f, const char *data, size_t *size)
{
  if (!*size || (!memchr(data, '%', *size) && !memchr(data, '+', *size)))
    return data;
  char *out = arena_alloc(f->arena, *size);
  if (out)
    *size = router_decode(out, data, *size, true);
  return out;
}

const char *form_urlencoded(struct form *f, const char *body, size_t size)
{
  const char *end = body + size;
  for (const char *at = body, *next; at < end; at = next) {
    const char *stop = memchr(at, '&', (size_t)(end - at));
    next = stop ? stop + 1 : end;
    stop = stop ? stop : end;
    if (stop == at)
      continue;
    const char *equals = memchr(at, '=', (size_t)(stop - at));
    struct form_field field = {.name = at, .data = equals ? equals + 1 : stop};
    field.name_size = (size_t)((equals ? equals : stop) - at);
    field.size = (size_t)(stop - field.data);
    field.name = unescape(f, field.name, &field.name_size);
    field.data = unescape(f, field.data, &field.size);
    if (!field.name || !field.data || !form_add(f, field))
      return "more than 1000 fields";
  }
  return NULL;
}

// ---- to an object ----

static enum type_kind kind_of(const struct plan *p, uint32_t *type)
{
  while (p->types[*type].kind == TYPE_optional)
    *type = p->types[*type].of;
  return (enum type_kind)p->types[*type].kind;
}

// The kind that a field is wanted as; str where the type does not say.
static enum type_kind wanted(const struct plan *p, uint32_t type,
                             const struct form_field *f, bool *several)
{
  enum type_kind kind = kind_of(p, &type);
  uint32_t item = PLAN_NONE;
  *several = false;
  if (kind == TYPE_map)
    item = p->types[type].of;
  for (uint32_t i = 0; kind == TYPE_record && i < p->types[type].fields.count;
       i++) {
    const struct plan_field *one = &p->fields[p->types[type].fields.first + i];
    if (one->name.size == f->name_size &&
        !memcmp(plan_str(p, one->name), f->name, f->name_size))
      item = one->type;
  }
  if (item == PLAN_NONE)
    return TYPE_str;
  kind = kind_of(p, &item);
  *several = kind == TYPE_list;
  item = *several ? p->types[item].of : item;
  return kind_of(p, &item);
}

static bool put_field(struct arena *a, struct map *m, const struct text *name,
                      const struct json *item, bool several)
{
  const value *before = several ? map_get(m, name) : NULL;
  if (!several)
    return map_put(a, m, name, (value){.json = item});
  struct list *l =
      before ? (struct list *)before->json->as.list : list_new(a, 4);
  if (!l || !list_push(a, l, (value){.json = item}))
    return false;
  const struct json *all =
      before ? before->json : json_new(a, JSON_LIST, (value){.list = l});
  return all && map_put(a, m, name, (value){.json = all});
}

static bool bad_text(struct decode *d, const struct form_field *f)
{
  struct loc here = {&adapt_body, f->name, f->name_size, 0};
  if (utf8_check(f->name, f->name_size) != f->name_size)
    here = adapt_body;
  return offence_at(d, &json_null, &here, "string_unicode", NULL,
                    "Input should be a valid string, unable to parse raw data "
                    "as a unicode string");
}

static bool take_field(struct decode *d, uint32_t type, struct map *m,
                       const struct form_field *f)
{
  bool several;
  enum type_kind kind = wanted(d->plan, type, f, &several);
  if (!f->size && !f->filename_size)
    return true;
  if (utf8_check(f->name, f->name_size) != f->name_size ||
      (kind != TYPE_bytes && utf8_check(f->data, f->size) != f->size))
    return bad_text(d, f);
  const struct text *name = text_view(d->arena, f->name, f->name_size);
  const struct json *item = json_new_text(d->arena, f->data, f->size);
  return name && item && put_field(d->arena, m, name, item, several);
}

bool form_is_multipart(const char *content_type)
{
  return content_type && !strncasecmp(content_type, "multipart/form-data", 19);
}

static bool is_urlencoded(const char *content_type)
{
  static const char wanted_type[] = "application/x-www-form-urlencoded";
  return !content_type ||
         !strncasecmp(content_type, wanted_type, sizeof wanted_type - 1);
}

bool adapt_form(struct decode *d, uint32_t type, const struct adapt_input *in,
                value *out)
{
  struct form form = {.arena = d->arena};
  const char *why = NULL;
  if (form_is_multipart(in->content_type))
    why = form_multipart(&form, in->content_type, in->body, in->size);
  else if (is_urlencoded(in->content_type))
    why = form_urlencoded(&form, in->body, in->size);
  else
    why = "the content type is neither application/x-www-form-urlencoded nor "
          "multipart/form-data";
  if (why)
    return offence_value(d, &json_null, &adapt_body, "%s", why);
  struct map *m = map_new(d->arena, form.count);
  bool ok = m;
  for (struct form_field *f = form.first; m && f; f = f->next)
    ok &= take_field(d, type, m, f);
  const struct json *all =
      ok ? json_new(d->arena, JSON_MAP, (value){.map = m}) : NULL;
  return all && json_convert(d, type, all, &adapt_body, out);
}
