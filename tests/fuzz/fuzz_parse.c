// Scanner, grammar, tree, diagnostics: any bytes are read into a tree whose
// spans lie in the source, and what is wrong is printed in every form.
#include "tests/fuzz/fuzz.h"

#include "grammar/text/parse.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 16, MOST_ERRORS = 4096 };

static void require(bool holds)
{
  if (!holds)
    abort();
}

static void check_diags(const struct diags *d, uint32_t size)
{
  for (const struct diag *r = d->first; r; r = r->next) {
    require(r->span.start <= r->span.end && r->span.end <= size);
    require(r->message && *r->message);
    for (const struct diag_note *n = r->notes; n; n = n->next)
      require(n->span.start <= n->span.end && n->span.end <= size);
  }
}

static void check_items(const struct item *i, uint32_t start, uint32_t end)
{
  for (; i; i = i->next) {
    require(i->span.start >= start && i->span.end <= end);
    require(i->depth && i->depth <= AST_DEPTH_MAX);
    start = i->span.end;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size > LARGEST)
    return 0;
  struct arena arena = {0};
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = 0;
  struct source source = {"fuzz.sg", text, size};
  struct atoms atoms = {.arena = &arena};
  struct diags diags = {.arena = &arena, .limit = MOST_ERRORS};
  struct file_ast *f = parse_source(&source, 0, &arena, &atoms, &diags);
  require(f->broken == (diags.errors != 0));
  check_diags(&diags, (uint32_t)size);
  check_items(f->items, 0, (uint32_t)size);
  struct buf out = {.arena = &arena};
  ast_dump(f, &out);
  for (int form = DIAG_HUMAN; form <= DIAG_GITHUB; form++)
    if (diags.count < 50)
      diag_print(&diags, &source, 1, (enum diag_form)form, form == DIAG_HUMAN,
                 &out);
  require(!out.failed);
  free(text);
  arena_free(&arena);
  return 0;
}
