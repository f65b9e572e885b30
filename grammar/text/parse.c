// One file: its bytes are checked, then read, then the tree's form is checked.
#include "grammar/text/parser.h"

#include "grammar/base/utf8.h"
#include "grammar/text/sg.tab.h"

#include <string.h>

enum { LARGEST = 256 << 20, BYTES_REPORTED = 10 };

// Bytes that no text has. Such a file is not read further: what its author saw
// is not known.
static bool check_bytes(struct parser *p)
{
  unsigned n = 0;
  size_t at = 0;
  while (n < BYTES_REPORTED) {
    const char *nul = memchr(p->text + at, 0, p->size - at);
    size_t end = nul ? (size_t)(nul - p->text) : p->size;
    at += utf8_check(p->text + at, end - at);
    if (at == p->size)
      break;
    struct span where = {p->file, (uint32_t)at, (uint32_t)at + 1};
    if (!p->text[at])
      diag_report(p->diags, DIAG_nul_byte, where, "a NUL byte in the text");
    else
      diag_report(p->diags, DIAG_invalid_utf8, where,
                  "the byte 0x%02X at offset %zu is not UTF-8",
                  (unsigned char)p->text[at], at);
    n++;
    if (!p->text[at++])
      return false; // no text: where one is, there are many
  }
  return !n;
}

static void unused_docs(struct parser *p)
{
  if (p->doc_span.end)
    scan_doc_attach(p, UINT32_MAX);
  for (size_t i = 0; i < p->n_docs; i++)
    if (!p->docs[i].used) {
      struct diag *d = diag_report(p->diags, DIAG_stray_doc, p->docs[i].span,
                                   "this documents nothing");
      diag_hint(p->diags, d, "`///` stands on the lines before a declaration "
                             "or a field; `//` is a comment");
    }
}

static void read(struct parser *p)
{
  sg_raw_start(p);
  if (sg_parse(p) == 2)
    complain_deep(p, p->last.span);
  sg_raw_finish(p);
}

struct parser *parser_new(const struct source *s, uint32_t file,
                          struct arena *arena, struct atoms *atoms,
                          struct diags *diags)
{
  struct parser *p = ARENA_NEW(arena, struct parser);
  *p = (struct parser){.source = s,
                       .text = s->text,
                       .size = (uint32_t)s->size,
                       .file = file,
                       .arena = arena,
                       .atoms = atoms,
                       .diags = diags,
                       .errors = diags->errors};
  if (p->size >= 3 && !memcmp(p->text, "\xEF\xBB\xBF", 3))
    p->at = 3;
  return p;
}

struct file_ast *parse_source(const struct source *s, uint32_t file_index,
                              struct arena *arena, struct atoms *atoms,
                              struct diags *diags)
{
  struct file_ast *f = ARENA_NEW(arena, struct file_ast);
  uint32_t errors = diags->errors;
  f->source = s;
  f->file = file_index;
  f->span = (struct span){file_index, 0, (uint32_t)s->size};
  if (s->size > LARGEST) {
    f->span.end = 0;
    diag_report(diags, DIAG_source_too_large, f->span,
                "the source is too large: the most is 256 MB");
    f->broken = true;
    return f;
  }
  struct parser *p = parser_new(s, file_index, arena, atoms, diags);
  if (check_bytes(p))
    read(p);
  f->items = p->items;
  f->broken = diags->errors != errors;
  if (!f->broken)
    unused_docs(p);
  shape_check(p, f);
  f->broken = diags->errors != errors;
  return f;
}
