// The target of a request line enters; path and query leave. Origin form, the
// absolute form that proxies send, and `*`; a path is decoded once.
#include "runtime/net/http_exchange.h"

#include <string.h>
#include <strings.h>
#include <utf8proc.h>

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_utf8(const char *text, size_t size)
{
  const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
  for (size_t i = 0; i < size;) {
    utf8proc_int32_t point;
    utf8proc_ssize_t n =
        utf8proc_iterate(at + i, (utf8proc_ssize_t)(size - i), &point);
    if (n <= 0)
      return false;
    i += (size_t)n;
  }
  return true;
}

// Decodes raw_path into the arena.
static bool path_decode(struct exchange *x)
{
  struct http_request *r = &x->req;
  char *to = arena_alloc(&r->arena, r->raw_path_size + 1);
  if (!to)
    return exchange_refuse(x, 503, "out of memory");
  r->path = to;
  const char *end = r->raw_path + r->raw_path_size;
  for (const char *p = r->raw_path; p < end; p++) {
    if (*p != '%') {
      *to++ = *p;
      continue;
    }
    int high = end - p > 2 ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
    if (low < 0 || (high | low) == 0)
      return exchange_refuse(x, 400, "the path has a bad escape");
    *to++ = (char)(high << 4 | low);
    p += 2;
  }
  *to = 0;
  r->path_size = (size_t)(to - r->path);
  if (!is_utf8(r->path, r->path_size))
    return exchange_refuse(x, 400, "the path is not UTF-8");
  return true;
}

// Path and query from `at`, which ends in NUL.
static bool path_take(struct exchange *x, const char *at, size_t size,
                      unsigned seen)
{
  struct http_request *r = &x->req;
  const char *mark = seen & TARGET_QUERY ? memchr(at, '?', size) : NULL;
  r->raw_path = at;
  r->raw_path_size = mark ? (size_t)(mark - at) : size;
  r->query = mark ? mark + 1 : at + size;
  r->query_size = mark ? size - r->raw_path_size - 1 : 0;
  if (seen & (TARGET_QUERY | TARGET_ESCAPE))
    return path_decode(x);
  r->path = at;
  r->path_size = size;
  return true;
}

// What is behind "http://authority", or NULL.
static const char *authority_skip(const char *target)
{
  const char *at = NULL;
  if (!strncasecmp(target, "http://", 7))
    at = target + 7;
  else if (!strncasecmp(target, "https://", 8))
    at = target + 8;
  if (!at)
    return NULL;
  size_t n = strcspn(at, "/?");
  return n == 0 || memchr(at, '@', n) ? NULL : at + n;
}

bool target_cut(struct exchange *x, char *target, size_t size, unsigned seen)
{
  struct http_request *r = &x->req;
  r->target = target;
  r->target_size = size;
  if (seen & TARGET_FRAGMENT)
    return exchange_refuse(x, 400, "a target has no fragment");
  if (*target == '/')
    return path_take(x, target, size, seen);
  bool options = r->method == HTTP_M_OPTIONS;
  if (size == 1 && *target == '*') {
    r->path = r->raw_path = target;
    r->path_size = r->raw_path_size = 1;
    r->query = target + 1;
    return options || exchange_refuse(x, 400, "'*' goes with OPTIONS only");
  }
  const char *rest = authority_skip(target);
  if (!rest)
    return exchange_refuse(x, 400, "the target is malformed");
  if (*rest == '/')
    return path_take(x, rest, size - (size_t)(rest - target), seen);
  r->path = r->raw_path = options && !*rest ? "*" : "/";
  r->path_size = r->raw_path_size = 1;
  r->query = *rest ? rest + 1 : rest;
  r->query_size = strlen(r->query);
  return true;
}
