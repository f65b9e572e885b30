// Places in texts: bytes in, lines and units of an encoding out, and back. The
// protocol ends lines at LF, CRLF and CR; the compiler's own columns are others.
#include "compiler/lsp.h"

#include "grammar/base/utf8.h"

#include <stdlib.h>
#include <string.h>

// The byte behind the line end that is at `at`, or 0 when there is none.
static size_t line_end(const struct lsp_text *t, size_t at)
{
  if (t->data[at] == '\n')
    return at + 1;
  if (t->data[at] != '\r')
    return 0;
  return at + 1 < t->size && t->data[at + 1] == '\n' ? at + 2 : at + 1;
}

static void find_lines(struct lsp_text *t)
{
  uint32_t n = 0, room = 64;
  uint32_t *lines = malloc(room * sizeof *lines);
  if (!lines)
    return;
  lines[n++] = 0;
  for (size_t at = 0; at < t->size;) {
    size_t end = line_end(t, at);
    at = end ? end : at + 1;
    if (!end)
      continue;
    if (n == room) {
      uint32_t *wide = realloc(lines, 2 * room * sizeof *lines);
      if (!wide)
        break;
      lines = wide;
      room *= 2;
    }
    lines[n++] = (uint32_t)at;
  }
  t->lines = lines;
  t->n_lines = n;
}

void lsp_text_free(struct lsp_text *t)
{
  free(t->lines);
  t->lines = NULL;
  t->n_lines = 0;
}

// The bytes of the code point at `at`, and what it counts. A byte that is none
// counts as one.
static unsigned step(const char *text, size_t left, enum lsp_encoding e,
                     unsigned *units)
{
  uint32_t code = 0;
  unsigned n = utf8_decode(text, left, &code);
  if (!n)
    n = 1;
  *units = e == LSP_UTF8 ? n : e == LSP_UTF16 && code > 0xFFFF ? 2 : 1;
  return n;
}

uint32_t lsp_offset(struct lsp_text *t, struct lsp_place at,
                    enum lsp_encoding e)
{
  if (!t->lines)
    find_lines(t);
  if (at.line >= t->n_lines)
    return (uint32_t)t->size;
  size_t offset = t->lines[at.line];
  size_t end = at.line + 1 < t->n_lines ? t->lines[at.line + 1] : t->size;
  for (uint32_t left = at.character; left && offset < end;) {
    unsigned units;
    if (t->data[offset] == '\n' || t->data[offset] == '\r')
      break;
    unsigned n = step(t->data + offset, end - offset, e, &units);
    if (units > left) // inside of a code point: its beginning
      break;
    left -= units;
    offset += n;
  }
  return (uint32_t)offset;
}

struct lsp_place lsp_place_of(struct lsp_text *t, uint32_t offset,
                              enum lsp_encoding e)
{
  if (!t->lines)
    find_lines(t);
  if (offset > t->size)
    offset = (uint32_t)t->size;
  uint32_t low = 0, high = t->n_lines;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (t->lines[middle] <= offset)
      low = middle;
    else
      high = middle;
  }
  if (!t->n_lines)
    return (struct lsp_place){0, offset};
  struct lsp_place p = {low, 0};
  for (size_t at = t->lines[low]; at < offset;) {
    unsigned units;
    at += step(t->data + at, t->size - at, e, &units);
    p.character += units;
  }
  return p;
}
