// The part of Markdown that documentation in programs uses, as HTML: paragraphs,
// lists, code that is indented or fenced, `code`, *emphasis*. All else is text,
// and no HTML of the author's gets through.
#include "compiler/doc_parts.h"

#include <ctype.h>
#include <string.h>

void doc_escape(struct buf *out, const char *text, size_t size)
{
  for (size_t i = 0; i < size; i++)
    switch (text[i]) {
    case '&':
      buf_adds(out, "&amp;");
      break;
    case '<':
      buf_adds(out, "&lt;");
      break;
    case '>':
      buf_adds(out, "&gt;");
      break;
    case '"':
      buf_adds(out, "&quot;");
      break;
    default:
      if ((unsigned char)text[i] >= ' ' || text[i] == '\n' || text[i] == '\t')
        buf_addc(out, text[i]);
    }
}

// --------------------------------------------------------------- within lines

// The bytes between marks that begin at the text, or 0.
static size_t marked(const char *text, size_t size, const char *mark)
{
  size_t n = strlen(mark);
  if (size <= 2 * n || memcmp(text, mark, n) || isspace((unsigned char)text[n]))
    return 0;
  const char *end = memmem(text + n, size - n, mark, n);
  bool closed = end && end > text + n && !isspace((unsigned char)end[-1]);
  return closed ? (size_t)(end - text - (long)n) : 0;
}

void doc_inline(struct buf *out, const char *text, size_t size)
{
  static const struct {
    const char *mark, *tag;
    bool code;
  } marks[] = {{"``", "code", true}, {"`", "code", true},
               {"**", "strong", false}, {"*", "em", false}};
  for (size_t i = 0; i < size;) {
    size_t n = 0, m = 0;
    for (; m < sizeof marks / sizeof *marks; m++)
      if ((n = marked(text + i, size - i, marks[m].mark)))
        break;
    if (!n) {
      doc_escape(out, text + i++, 1);
      continue;
    }
    size_t width = strlen(marks[m].mark);
    buf_addf(out, "<%s>", marks[m].tag);
    if (marks[m].code)
      doc_escape(out, text + i + width, n);
    else
      doc_inline(out, text + i + width, n);
    buf_addf(out, "</%s>", marks[m].tag);
    i += n + 2 * width;
  }
}

// ---------------------------------------------------------------------- lines

enum block_kind { NO_BLOCK, PARAGRAPH, LIST, CODE, FENCE };

struct prose {
  struct buf *out;
  enum block_kind block;
};

static void open_block(struct prose *p, enum block_kind b)
{
  static const char *const open[] = {"", "<p>", "<ul>\n<li>", "<pre><code>",
                                     "<pre><code>"};
  static const char *const close[] = {"", "</p>\n", "</li>\n</ul>\n",
                                      "</code></pre>\n", "</code></pre>\n"};
  if (p->block == b)
    return;
  buf_adds(p->out, close[p->block]);
  buf_adds(p->out, open[b]);
  p->block = b;
}

static void code_line(struct prose *p, enum block_kind b, const char *line, size_t n)
{
  if (p->block == b)
    buf_addc(p->out, '\n');
  open_block(p, b);
  doc_escape(p->out, line, n);
}

static bool is_bullet(const char *line, size_t n)
{
  return n > 2 && (line[0] == '-' || line[0] == '*') && line[1] == ' ';
}

static void text_line(struct prose *p, const char *line, size_t n)
{
  size_t indent = 0;
  while (indent < n && line[indent] == ' ')
    indent++;
  line += indent;
  n -= indent;
  if (is_bullet(line, n)) {
    if (p->block == LIST)
      buf_adds(p->out, "</li>\n<li>");
    open_block(p, LIST);
    doc_inline(p->out, line + 2, n - 2);
    return;
  }
  if (p->block == PARAGRAPH || p->block == LIST)
    buf_addc(p->out, '\n');
  else
    open_block(p, PARAGRAPH);
  doc_inline(p->out, line, n);
}

static void line_of(struct prose *p, const char *line, size_t n)
{
  bool fence = n >= 3 && !memcmp(line, "```", 3);
  if (fence && p->block == FENCE)
    open_block(p, NO_BLOCK);
  else if (fence)
    open_block(p, FENCE);
  else if (p->block == FENCE) {
    doc_escape(p->out, line, n);
    buf_addc(p->out, '\n');
  } else if (n > 4 && !memcmp(line, "    ", 4) && p->block != LIST)
    code_line(p, CODE, line + 4, n - 4);
  else if (!n)
    open_block(p, NO_BLOCK);
  else
    text_line(p, line, n);
}

void doc_markdown(struct buf *out, const char *text)
{
  struct prose p = {out, NO_BLOCK};
  while (*text) {
    size_t n = strcspn(text, "\n");
    line_of(&p, text, n);
    text += n + (text[n] == '\n');
  }
  open_block(&p, NO_BLOCK);
}
