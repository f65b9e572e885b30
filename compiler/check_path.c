// Paths of routes and prefixes of apps: their parts, the holes in them, and
// which two routes would match the same. The verifier (grammar/plan) has the
// same rules for paths that are whole.
#include "compiler/checker.h"

#include <string.h>

struct reading {
  struct checker *k;
  struct span span;
  const char *data; // of the path; NULL: it has escapes
  struct buf pattern;
  struct hole *holes;
  uint32_t n_holes;
  bool bad;
};

static void bad_path(struct reading *r, const char *why)
{
  diag_report(r->k->d, DIAG_bad_path, r->span, "%s", why);
  r->bad = true;
}

static bool is_word(const char *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!(s[i] == '_' || (s[i] >= 'a' && s[i] <= 'z') ||
          (s[i] >= 'A' && s[i] <= 'Z') || (i && s[i] >= '0' && s[i] <= '9')))
      return false;
  return n;
}

static void add_hole(struct reading *r, const char *s, size_t n, bool last)
{
  struct checker *k = r->k;
  struct hole *h = NEW(k, struct hole), **end = &r->holes;
  const char *colon = memchr(s, ':', n);
  size_t name = colon ? (size_t)(colon - s) : n;
  h->span = r->span;
  if (!is_word(s, name) ||
      (colon && (n - name != 5 || memcmp(colon, ":path", 5)))) {
    bad_path(r, "a hole is written `{name}` or `{name:path}`");
    return;
  }
  if (colon && !last)
    bad_path(r, "`{name:path}` takes the rest of a path, so it comes last");
  if (++r->n_holes > PATH_HOLES)
    bad_path(r, arena_printf(k->a, "a path has at most %d holes", PATH_HOLES));
  h->name = atom_of(&k->c->atoms, s, name);
  h->name_at = NO_SPAN;
  if (r->data) {
    uint32_t at = r->span.start + 1 + (uint32_t)(s - r->data);
    h->name_at = (struct span){r->span.file, at, at + (uint32_t)name};
  }
  for (; *end; end = &(*end)->next)
    if ((*end)->name == h->name) {
      bad_path(
          r, arena_printf(k->a, "the hole `%s` is here twice", h->name->text));
      return;
    }
  *end = h;
  buf_adds(&r->pattern, colon ? "/{:path}" : "/{}");
}

static void add_part(struct reading *r, const char *s, size_t n, bool last)
{
  if (!n) {
    bad_path(r, "a path has no empty parts");
  } else if (n > 1 && s[0] == '{' && s[n - 1] == '}') {
    add_hole(r, s + 1, n - 2, last);
  } else if (memchr(s, '{', n) || memchr(s, '}', n)) {
    bad_path(r, "a hole is a whole part of a path: `/{name}/`");
  } else {
    buf_addc(&r->pattern, '/');
    buf_add(&r->pattern, s, n);
  }
}

static bool has_signs(const struct text *t)
{
  for (uint32_t i = 0; i < t->size; i++)
    if ((unsigned char)t->data[i] <= ' ' || strchr("?#%\x7F", t->data[i]))
      return true;
  return false;
}

static void read_parts(struct reading *r, const struct text *t)
{
  const char *at = t->data, *end = at + t->size;
  if (at == end || *at != '/') {
    bad_path(r, "a path begins with `/`");
    return;
  }
  if (has_signs(t)) {
    bad_path(r, "a path has no `?`, `#`, `%` or white space");
    return;
  }
  for (at++; at < end && !r->bad;) {
    const char *stop = memchr(at, '/', (size_t)(end - at));
    stop = stop ? stop : end;
    add_part(r, at, (size_t)(stop - at), end - stop < 2);
    at = stop + 1;
  }
}

// Without slashes at the end.
static char *trimmed(struct checker *k, const char *prefix,
                     const struct text *t)
{
  uint32_t size = t->size;
  while (size && t->data[size - 1] == '/')
    size--;
  return arena_printf(k->a, "%s%.*s", prefix, (int)size, t->data);
}

const char *path_read(struct checker *k, const struct text *t,
                      const char *prefix, struct route_path *out)
{
  struct reading r = {.k = k, .span = t->span, .pattern = {.arena = k->a}};
  const char *whole = trimmed(k, prefix, t);
  if (t->span.end - t->span.start == t->size + 2)
    r.data = t->data;
  buf_adds(&r.pattern, prefix);
  read_parts(&r, t);
  if (!r.bad && strlen(whole) > PATH_SIZE)
    bad_path(&r, arena_printf(k->a, "a path has at most %d bytes", PATH_SIZE));
  *out = (struct route_path){.holes = r.holes};
  if (!r.bad)
    out->pattern = r.pattern.size ? r.pattern.data : "/";
  return *whole ? whole : "/";
}

const char *path_prefix(struct checker *k, const struct text *t, atom name)
{
  struct reading r = {.k = k, .span = t->span, .pattern = {.arena = k->a}};
  read_parts(&r, t);
  if (r.holes && !r.bad)
    bad_path(&r, "a prefix has no holes");
  return r.bad ? arena_printf(k->a, "/%s", name->text) : trimmed(k, "", t);
}

struct hole *hole_named(const struct route_path *p, atom name)
{
  for (struct hole *h = p->holes; h; h = h->next)
    if (h->name == name)
      return h;
  return NULL;
}
