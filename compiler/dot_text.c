// Texts of a picture, escaped as Graphviz wants them.
#include "compiler/dot_parts.h"

#include <string.h>

enum { TYPE_WIDTH = 40 };

static void add_quoted(struct buf *out, const char *text)
{
  for (; *text; text++)
    switch (*text) {
    case '"':
      buf_adds(out, "\\\"");
      break;
    case '\\':
      buf_adds(out, "\\\\");
      break;
    case '\n':
      buf_adds(out, "\\n");
      break;
    case '&':
      buf_adds(out, "&amp;");
      break;
    default:
      buf_addc(out, (unsigned char)*text < ' ' ? ' ' : *text);
    }
}

static void add_html(struct buf *out, const char *text)
{
  for (; *text; text++)
    switch (*text) {
    case '<':
      buf_adds(out, "&lt;");
      break;
    case '>':
      buf_adds(out, "&gt;");
      break;
    case '&':
      buf_adds(out, "&amp;");
      break;
    case '"':
      buf_adds(out, "&quot;");
      break;
    default:
      buf_addc(out, (unsigned char)*text < ' ' ? ' ' : *text);
    }
}

void dot_attribute(struct dot *d, const char *name, const char *text)
{
  buf_addf(d->out, " %s=\"", name);
  add_quoted(d->out, text);
  buf_addc(d->out, '"');
}

void dot_label(struct dot *d, const char *name, const char *below)
{
  buf_adds(d->out, " label=<");
  add_html(d->out, name);
  if (below && *below) {
    buf_adds(d->out, "<br/><font point-size=\"9\" color=\"#66707d\">");
    add_html(d->out, below);
    buf_adds(d->out, "</font>");
  }
  buf_addc(d->out, '>');
}

// Cut between code points.
static const char *shorten(struct dot *d, const char *text)
{
  size_t at = 0;
  uint32_t width = 0;
  for (; text[at]; at++)
    if ((text[at] & 0xC0) != 0x80 && ++width > TYPE_WIDTH)
      return arena_printf(d->arena, "%.*s…", (int)at, text);
  return text;
}

const char *dot_type(struct dot *d, const struct type *t)
{
  struct buf out = {.arena = d->arena};
  if (t)
    type_print_brief(t, &out);
  return out.data ? shorten(d, out.data) : "";
}

const char *dot_types(struct dot *d, struct core *const *args, uint32_t n)
{
  struct buf out = {.arena = d->arena};
  for (uint32_t i = 0; i < n; i++) {
    if (i)
      buf_adds(&out, ", ");
    type_print_brief(args[i]->type, &out);
  }
  return out.data ? shorten(d, out.data) : "";
}

const char *dot_tooltip(struct dot *d, const char *doc, const char *what,
                        struct span span)
{
  uint32_t line, column;
  if (doc && *doc)
    return doc;
  if (!lines_find(&d->lines, span, &line, &column))
    return what;
  return arena_printf(d->arena, "%s, %s:%u", what,
                      d->program->sources[span.file].path, line);
}
