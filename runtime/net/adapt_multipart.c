// multipart/form-data (RFC 7578) in one piece of memory. Strict where two
// readers could disagree: line ends are CRLF, a boundary stands at the start of
// a line, what is not closed is refused. Nothing is copied but names with
// escapes.
#include "runtime/net/adapt.h"

#include <string.h>
#include <strings.h>

enum { BOUNDARY_MOST = 70 };

struct cursor {
  const char *at, *end;
};

static bool take(struct cursor *c, const char *text, size_t size)
{
  if ((size_t)(c->end - c->at) < size || memcmp(c->at, text, size))
    return false;
  c->at += size;
  return true;
}

static void skip_blanks(struct cursor *c)
{
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
    c->at++;
}

// ---- parameters of a header: ; name="value" ----

static bool is_token(char c)
{
  return (unsigned char)c > ' ' && c != 0x7F && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool read_token(struct cursor *c, struct cursor *out)
{
  out->at = c->at;
  while (c->at < c->end && is_token(*c->at))
    c->at++;
  out->end = c->at;
  return out->end > out->at;
}

// Between quotes, with \" and \\ still in it.
static bool read_quoted(struct cursor *c, struct cursor *out)
{
  out->at = ++c->at;
  while (c->at < c->end && *c->at != '"')
    c->at += 1 + (*c->at == '\\' && c->at + 1 < c->end);
  if (c->at >= c->end)
    return false;
  out->end = c->at++;
  return true;
}

// The next parameter: 1, 0 when there is none, -1 when it is misspelled.
static int next_parameter(struct cursor *c, struct cursor *name,
                          struct cursor *content)
{
  skip_blanks(c);
  if (c->at == c->end)
    return 0;
  if (!take(c, ";", 1))
    return -1;
  skip_blanks(c);
  if (c->at == c->end)
    return 0; // a semicolon too many
  if (!read_token(c, name) || !take(c, "=", 1))
    return -1;
  bool ok = c->at < c->end && *c->at == '"' ? read_quoted(c, content)
                                            : read_token(c, content);
  return ok ? 1 : -1;
}

static bool is_word(const struct cursor *c, const char *word)
{
  size_t n = strlen(word);
  return (size_t)(c->end - c->at) == n && !strncasecmp(c->at, word, n);
}

static bool find_boundary(const char *content_type, struct cursor *out)
{
  struct cursor c = {content_type, content_type + strlen(content_type)};
  struct cursor name, content;
  c.at = memchr(c.at, ';', (size_t)(c.end - c.at));
  if (!c.at)
    return false;
  while (next_parameter(&c, &name, &content) > 0)
    if (is_word(&name, "boundary")) {
      *out = content;
      size_t n = (size_t)(out->end - out->at);
      return n && n <= BOUNDARY_MOST && !memchr(out->at, '\\', n);
    }
  return false;
}

// ---- the head of a part ----

// One character of a quoted name. Browsers write three of them in percents.
static char unquote(struct cursor *c)
{
  static const char percents[] = "%22\"%0D\r%0A\n";
  for (const char *p = percents; *p && *c->at == '%'; p += 4)
    if (c->end - c->at >= 3 && !strncasecmp(c->at, p, 3)) {
      c->at += 3;
      return p[3];
    }
  c->at += *c->at == '\\' && c->end - c->at > 1 &&
           (c->at[1] == '"' || c->at[1] == '\\');
  return *c->at++;
}

// A name without its escapes.
static const char *plain_name(struct form *f, struct cursor c, size_t *size)
{
  size_t n = (size_t)(c.end - c.at);
  *size = n;
  if (!n || (!memchr(c.at, '\\', n) && !memchr(c.at, '%', n)))
    return c.at;
  char *out = arena_alloc(f->arena, n), *to = out;
  while (out && c.at < c.end)
    *to++ = unquote(&c);
  *size = out ? (size_t)(to - out) : 0;
  return out;
}

static bool read_disposition(struct form *f, struct cursor line,
                             struct form_field *field)
{
  struct cursor word, name, content;
  int more;
  skip_blanks(&line);
  if (!read_token(&line, &word) || !is_word(&word, "form-data"))
    return false;
  while ((more = next_parameter(&line, &name, &content)) > 0) {
    if (is_word(&name, "name"))
      field->name = plain_name(f, content, &field->name_size);
    else if (is_word(&name, "filename"))
      field->filename = plain_name(f, content, &field->filename_size);
  }
  return more == 0 && field->name;
}

static bool read_header(struct form *f, struct cursor line,
                        struct form_field *field)
{
  const char *colon = memchr(line.at, ':', (size_t)(line.end - line.at));
  if (!colon || colon == line.at)
    return false;
  struct cursor name = {line.at, colon}, rest = {colon + 1, line.end};
  if (is_word(&name, "content-disposition"))
    return !field->name && read_disposition(f, rest, field);
  if (is_word(&name, "content-type")) {
    skip_blanks(&rest);
    field->type = rest.at;
    field->type_size = (size_t)(rest.end - rest.at);
  }
  return true;
}

// Up to and with the empty line.
static const char *read_head(struct form *f, struct cursor *c,
                             struct form_field *field)
{
  const char *start = c->at;
  for (;;) {
    const char *stop = memmem(c->at, (size_t)(c->end - c->at), "\r\n", 2);
    if (!stop)
      return "the form ends within the head of a part";
    struct cursor line = {c->at, stop};
    c->at = stop + 2;
    if ((size_t)(c->at - start) > FORM_HEAD)
      return "the head of a part is larger than 16 KiB";
    if (line.at == line.end)
      return field->name ? NULL : "a part has no name";
    if (!read_header(f, line, field))
      return "the head of a part is misspelled";
  }
}

// ---- the parts ----

struct search {
  char line[BOUNDARY_MOST + 4]; // CRLF, two dashes, the boundary
  size_t size;
};

// Behind a boundary: CRLF (another part follows) or two dashes.
static const char *read_closing(struct cursor *c, bool *last)
{
  *last = take(c, "--", 2);
  skip_blanks(c);
  if (*last || take(c, "\r\n", 2))
    return NULL;
  return c->at == c->end ? "the form ends without a closing boundary"
                         : "a boundary has something behind it";
}

static const char *read_part(struct form *f, const struct search *s,
                             struct cursor *c, bool *last)
{
  struct form_field field = {0};
  const char *why = read_head(f, c, &field);
  if (why)
    return why;
  c->at -= 2; // so that an empty part has a line end before its boundary too
  const char *stop = memmem(c->at, (size_t)(c->end - c->at), s->line, s->size);
  if (!stop)
    return "the form ends within a part";
  field.data = c->at + 2;
  field.size = stop < field.data ? 0 : (size_t)(stop - field.data);
  if (!form_add(f, field))
    return "more than 1000 fields";
  c->at = stop + s->size;
  return read_closing(c, last);
}

const char *form_multipart(struct form *f, const char *content_type,
                           const char *body, size_t size)
{
  struct cursor boundary, c = {body, body + size};
  struct search s;
  bool last;
  if (!find_boundary(content_type, &boundary))
    return "the content type names no boundary";
  size_t n = (size_t)(boundary.end - boundary.at);
  memcpy(s.line, "\r\n--", 4);
  memcpy(s.line + 4, boundary.at, n);
  s.size = n + 4;
  // the first boundary may begin the body; else a preamble is skipped
  if (!take(&c, s.line + 2, s.size - 2)) {
    const char *first = memmem(c.at, size, s.line, s.size);
    if (!first)
      return "the form has no boundary";
    c.at = first + s.size;
  }
  const char *why = read_closing(&c, &last);
  while (!why && !last)
    why = read_part(f, &s, &c, &last);
  return why;
}
