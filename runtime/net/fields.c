// Enters: encoded text. Leaves: decoded values, which borrow the text where
// nothing had to be decoded.
#include "runtime/net/fields.h"
#include "grammar/base/utf8.h"

#include <string.h>
#include <strings.h>

static bool add(struct fields *f, const char *data, size_t size)
{
  struct field *one = ARENA_NEW(f->arena, struct field);
  if (!one)
    return false;
  *one = (struct field){NULL, data, size};
  *(f->last ? &f->last->next : &f->first) = one;
  f->last = one;
  return true;
}

static bool add_encoded(struct fields *f, const char *data, size_t size,
                        bool plus)
{
  if (!memchr(data, '%', size) && !(plus && memchr(data, '+', size)))
    return add(f, data, size);
  char *decoded = arena_alloc(f->arena, size);
  return decoded && add(f, decoded, router_decode(decoded, data, size, plus));
}

// Whether a name in a query, still encoded, is `key`.
static bool is_name(const char *name, size_t size, const char *key,
                    size_t key_size)
{
  char decoded[1024];
  if (size == key_size && !memcmp(name, key, size))
    return true;
  if (size < key_size || size > sizeof decoded)
    return false;
  return router_decode(decoded, name, size, true) == key_size &&
         !memcmp(decoded, key, key_size);
}

bool fields_of_query(struct fields *f, const char *query, size_t size,
                     const char *key)
{
  size_t key_size = strlen(key);
  for (const char *at = query, *end = query + size, *next; at < end;
       at = next) {
    const char *stop = memchr(at, '&', (size_t)(end - at));
    next = stop ? stop + 1 : end;
    stop = stop ? stop : end;
    const char *equals = memchr(at, '=', (size_t)(stop - at));
    const char *value = equals ? equals + 1 : stop;
    if (is_name(at, (size_t)((equals ? equals : stop) - at), key, key_size) &&
        !add_encoded(f, value, (size_t)(stop - value), true))
      return false;
  }
  return true;
}

// Bytes that are no UTF-8 are Latin-1, as HTTP had it once.
static bool add_header(struct fields *f, const char *data, size_t size)
{
  if (utf8_check(data, size) == size)
    return add(f, data, size);
  char *text = arena_alloc(f->arena, 2 * size), *to = text;
  for (size_t i = 0; text && i < size; i++)
    to += utf8_encode((unsigned char)data[i], to);
  return text && add(f, text, (size_t)(to - text));
}

bool fields_of_headers(struct fields *f, const struct http_request *r,
                       const char *key)
{
  size_t size = strlen(key);
  for (size_t i = 0; i < r->n_headers; i++) {
    const struct http_header *h = &r->headers[i];
    if (h->name_size == size && !strncasecmp(h->name, key, size) &&
        !add_header(f, h->value, h->value_size))
      return false;
  }
  return true;
}

static bool add_cookie(struct fields *f, const char *data, size_t size)
{
  if (size > 1 && data[0] == '"' && data[size - 1] == '"')
    return add_header(f, data + 1, size - 2);
  return add_header(f, data, size);
}

// One header, `a=1; b=2`.
static bool cookies_of(struct fields *f, const char *at, const char *end,
                       const char *key)
{
  size_t key_size = strlen(key);
  while (at < end) {
    const char *stop = memchr(at, ';', (size_t)(end - at));
    const char *next = stop ? stop + 1 : end;
    stop = stop ? stop : end;
    while (at < stop && (*at == ' ' || *at == '\t'))
      at++;
    while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))
      stop--;
    size_t size = (size_t)(stop - at);
    if (size > key_size && at[key_size] == '=' && !memcmp(at, key, key_size) &&
        !add_cookie(f, at + key_size + 1, size - key_size - 1))
      return false;
    at = next;
  }
  return true;
}

bool fields_of_cookies(struct fields *f, const struct http_request *r,
                       const char *key)
{
  for (size_t i = 0; i < r->n_headers; i++) {
    const struct http_header *h = &r->headers[i];
    if (h->name_size == 6 && !memcmp(h->name, "cookie", 6) &&
        !cookies_of(f, h->value, h->value + h->value_size, key))
      return false;
  }
  return true;
}

bool fields_of_path(struct fields *f, const struct router_hole *hole)
{
  return add_encoded(f, hole->data, hole->size, false);
}
