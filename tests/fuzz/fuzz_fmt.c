// The formatter: what is read without errors has a form, the form says the same,
// and has itself as its form.
#include "tests/fuzz/fuzz.h"

#include "compiler/fmt.h"
#include "grammar/text/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 14, MOST_ERRORS = 4096 };

struct run {
  struct arena arena;
  struct atoms atoms;
  struct diags diags;
};

static void require(bool holds)
{
  if (!holds)
    abort();
}

// ` @12-34` at the ends of lines, which are places, is left out.
static void without_places(struct buf *b)
{
  size_t out = 0;
  for (size_t i = 0; i < b->size; i++) {
    size_t at = i + 2;
    if (b->data[i] == ' ' && b->data[i + 1] == '@') {
      while (isdigit((unsigned char)b->data[at]) || b->data[at] == '-')
        at++;
      if (b->data[at] == '\n')
        i = at;
    }
    b->data[out++] = b->data[i];
  }
  b->size = out;
}

static struct buf tree(struct run *r, const struct source *s)
{
  struct buf out = {.arena = &r->arena};
  struct file_ast *f = parse_source(s, 0, &r->arena, &r->atoms, &r->diags);
  require(!f->broken);
  ast_dump(f, &out);
  without_places(&out);
  return out;
}

static struct buf form(struct run *r, const struct source *s)
{
  struct buf out = {.arena = &r->arena};
  buf_reserve(&out, 1);
  out.data[0] = 0;
  require(fmt_source(s, 0, &r->arena, &r->atoms, &r->diags, &out));
  return out;
}

static bool same(const struct buf *a, const struct buf *b)
{
  return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

static void check(struct run *r, const struct source *s)
{
  struct buf text = form(r, s), before = tree(r, s);
  struct source now = {"fuzz.sg", text.data, text.size};
  struct buf after = tree(r, &now), again = form(r, &now);
  require(same(&before, &after));
  require(same(&text, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size > LARGEST)
    return 0;
  struct run r = {.arena = {0}};
  r.atoms.arena = r.diags.arena = &r.arena;
  r.diags.limit = MOST_ERRORS;
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = 0;
  struct source source = {"fuzz.sg", text, size};
  if (!parse_source(&source, 0, &r.arena, &r.atoms, &r.diags)->broken)
    check(&r, &source);
  free(text);
  arena_free(&r.arena);
  return 0;
}
