// JSON text in: first the quick way, and the thorough one when that gives up.
#include "runtime/codec/parts.h"

#include "grammar/base/utf8.h"

#include <string.h>

static bool offend_invalid(struct decode *d, const struct loc *at,
                           const char *start, const char *place,
                           const char *error)
{
  if (!d->offences)
    return false;
  struct loc here = {at, NULL, 0,
                     (uint32_t)utf8_length(start, (size_t)(place - start))};
  struct buf ctx = {.arena = d->arena};
  buf_adds(&ctx, "{\"error\":");
  json_encode_text(error, strlen(error), &ctx);
  buf_addc(&ctx, '}');
  if (!ctx.failed)
    offence_add(d->offences, "json_invalid", loc_print(&here, d->arena), "{}",
                ctx.data, "JSON decode error");
  return false;
}

// The input as a scan behind its byte order mark; false with an offence when it
// is no text at all.
static bool open_input(struct decode *d, const char *input, size_t size,
                       const struct loc *at, struct scan *out)
{
  if (size >= 3 && !memcmp(input, "\xEF\xBB\xBF", 3)) {
    input += 3;
    size -= 3;
  }
  if (size >= UINT32_MAX)
    return offend_invalid(d, at, input, input, "Larger than 4 GiB");
  size_t good = utf8_check(input, size);
  if (good != size)
    return offend_invalid(d, at, input, input + good, "Invalid UTF-8");
  *out = (struct scan){.at = input, .end = input + size, .start = input};
  return true;
}

static const struct json *read_tree(struct decode *d, struct scan *s,
                                    const struct loc *at)
{
  *s = (struct scan){.at = s->start, .end = s->end, .start = s->start};
  const struct json *j = tree_read(s, d->arena);
  if (!j && s->error)
    offend_invalid(d, at, s->start, s->error_at, s->error);
  return j;
}

const struct json *json_parse(struct decode *d, const char *input, size_t size,
                              const struct loc *at)
{
  struct scan s;
  if (!size) {
    offence_at(d, &json_null, at, "missing", NULL, "Field required");
    return NULL;
  }
  return open_input(d, input, size, at, &s) ? read_tree(d, &s, at) : NULL;
}

static bool at_end(struct scan *s)
{
  scan_peek(s);
  return s->at == s->end;
}

static bool quick(struct decode *d, uint32_t type, struct scan *s, value *out)
{
  value v;
  if (!read_typed(d, type, s, &v) || !at_end(s))
    return false;
  *out = v;
  return true;
}

bool json_quick(struct decode *d, uint32_t type, const char *input, size_t size,
                value *out)
{
  struct scan s;
  struct decode quiet = {d->plan, d->arena, NULL};
  return open_input(&quiet, input, size, NULL, &s) &&
         quick(&quiet, type, &s, out);
}

bool json_decode(struct decode *d, uint32_t type, const char *input,
                 size_t size, const struct loc *at, value *out)
{
  struct scan s;
  if (!size)
    return offence_at(d, &json_null, at, "missing", NULL, "Field required");
  if (!open_input(d, input, size, at, &s))
    return false;
  if (quick(d, type, &s, out))
    return true;
  const struct json *j = read_tree(d, &s, at);
  return j && json_convert_input(d, type, j, at, out);
}

bool json_decode_nested(struct decode *d, uint32_t type, const char *input,
                        size_t size, const struct loc *at, value *out)
{
  struct scan s;
  struct token t;
  if (!size)
    return json_decode(d, type, input, size, at, out);
  if (!open_input(d, input, size, at, &s))
    return false;
  if (scan_peek(&s) != '"')
    return json_decode(d, type, input, size, at, out);
  s.at++;
  const struct text *inner = NULL;
  if (scan_string(&s, &t) && at_end(&s))
    inner = text_of_token(d->arena, &t);
  if (!inner)
    return json_decode(d, type, input, size, at, out);
  return json_decode(d, type, inner->data, inner->size, at, out);
}

static bool part_missing(struct decode *d, const struct json_part *part,
                         const struct loc *at)
{
  if (part->fallback) {
    *part->out = *part->fallback;
    return true;
  }
  return offence_at(d, &json_null, at, "missing", NULL, "Field required");
}

enum { PARTS_MOST = 64 };

static uint32_t find_part(const struct json_part *parts, uint32_t n,
                          const struct token *key)
{
  uint32_t i = 0;
  while (i < n && (strlen(parts[i].key) != key->size ||
                   memcmp(parts[i].key, key->data, key->size)))
    i++;
  return i;
}

// The quick way: false at whatever is unusual, a part that is missing included.
static bool quick_parts(struct decode *d, const struct json_part *parts,
                        uint32_t n, struct scan *s)
{
  struct token key;
  uint64_t seen = 0;
  if (n > PARTS_MOST || scan_peek(s) != '{')
    return false;
  s->depth++;
  do {
    s->at++;
    if (scan_peek(s) != '"' || !scan_take(s, '"') || !scan_string(s, &key) ||
        !key.plain || scan_peek(s) != ':' || !scan_take(s, ':'))
      return false;
    uint32_t i = find_part(parts, n, &key);
    if (i < n ? seen >> i & 1 || !read_typed(d, parts[i].type, s, parts[i].out)
              : !scan_skip(s))
      return false;
    seen |= i < n ? 1ull << i : 0;
  } while (scan_peek(s) == ',');
  for (uint32_t i = 0; i < n; i++)
    if (!(seen >> i & 1) && !part_missing(d, &parts[i], NULL))
      return false;
  return scan_take(s, '}') && at_end(s);
}

// A body that is no object has none of the parts.
bool json_decode_parts(struct decode *d, const struct json_part *parts,
                       uint32_t n, const char *input, size_t size,
                       const struct loc *at)
{
  struct scan s;
  struct decode quiet = {d->plan, d->arena, NULL};
  const struct json *j = &json_null;
  bool ok = true;
  if (size && !open_input(d, input, size, at, &s))
    return false;
  if (size && quick_parts(&quiet, parts, n, &s))
    return true;
  if (size && !(j = read_tree(d, &s, at)))
    return false;
  for (uint32_t i = 0; i < n; i++) {
    size_t length = strlen(parts[i].key);
    struct text key = {(uint32_t)length,
                       (uint32_t)utf8_length(parts[i].key, length),
                       parts[i].key};
    struct loc here = {at, parts[i].key, length, 0};
    const value *item = j->kind == JSON_MAP ? map_get(j->as.map, &key) : NULL;
    ok &= item ? json_convert_input(d, parts[i].type, item->json, &here,
                                    parts[i].out)
               : part_missing(d, &parts[i], &here);
  }
  return ok;
}
