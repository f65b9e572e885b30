// The documentation of a program, from its apps to its tests. What was written
// comes from the tree, what follows from it (whole paths, types of answers, who
// set a setting) from core.
#include "compiler/doc_parts.h"
#include "compiler/outcomes.h"

#include <string.h>

// The head of the page, put there by the assembler.
__asm__(".pushsection .rodata\n"
        ".global doc_head\n"
        ".global doc_head_end\n"
        "doc_head: .incbin \"compiler/doc_head.html\"\n"
        "doc_head_end: .byte 0\n"
        ".popsection\n");
extern const char doc_head[], doc_head_end[];

static const char *title_of(struct doc *d)
{
  const char *path = d->program->sources[0].path, *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
  return arena_copy(d->arena, name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

// What the first file says before anything else, in `//` lines.
static const char *introduction(struct doc *d)
{
  const struct source *s = &d->program->sources[0];
  const char *p = s->text;
  struct buf out = {.arena = d->arena};
  while (!strncmp(p, "//", 2) && p[2] != '/') {
    size_t n = strcspn(p, "\r\n");
    size_t from = p[2] == ' ' ? 3 : 2;
    if (out.size)
      buf_addc(&out, '\n');
    buf_add(&out, p + from, n - from);
    p += n;
    p += strspn(p, "\r");
    p += *p == '\n';
  }
  return out.data;
}

static const struct app *app_of(const struct doc *d, const struct item *i)
{
  const struct app *a = d->program->apps;
  while (a && a->name != i->name.text)
    a = a->next;
  return a;
}

static void apps(struct doc *d)
{
  for (uint32_t f = 0; f < d->c->n_own; f++)
    for (const struct item *i = d->c->files[f]->items; i; i = i->next)
      if (i->kind == ITEM_APP && app_of(d, i))
        doc_app(d, i, app_of(d, i));
}

static void declared_types(struct doc *d)
{
  for (uint32_t f = 0; f < d->c->n_own; f++)
    for (struct item *i = d->c->files[f]->items; i; i = i->next)
      if (i->kind == ITEM_TYPE)
        *table_at(d->arena, &d->types, i->name.text) = i;
}

static void body(struct doc *d)
{
  const char *title = title_of(d);
  declared_types(d);
  doc_heading(d, 1, "program", title, title, false);
  doc_prose(d, introduction(d));
  apps(d);
  doc_declarations(d);
}

static void contents(const struct doc *d, struct buf *out)
{
  buf_adds(out, "<nav>\n");
  for (const struct doc_entry *e = d->entries; e; e = e->next) {
    if (e->level > 3)
      continue;
    buf_addf(out, "<a class=\"l%d\" href=\"#%s\">", e->level, e->id);
    doc_escape(out, e->title, strlen(e->title));
    buf_adds(out, "</a>\n");
  }
  buf_adds(out, "</nav>\n<main>\n");
}

void doc_program(struct compile *c, const struct program *p,
                 enum doc_form form, struct buf *out)
{
  struct buf text = {.arena = c->arena};
  struct doc d = {.c = c, .arena = c->arena, .program = p, .out = &text,
                  .html = form == DOC_HTML};
  d.last = &d.entries;
  outcomes_find(c->arena, p);
  body(&d);
  if (d.html) {
    const char *title = title_of(&d);
    buf_add(out, doc_head, (size_t)(doc_head_end - doc_head));
    buf_adds(out, "<title>");
    doc_escape(out, title, strlen(title));
    buf_adds(out, "</title>\n</head>\n<body>\n");
    contents(&d, out);
  }
  buf_add(out, text.data, text.size);
  if (d.html)
    buf_adds(out, "</main>\n</body>\n</html>\n");
}
