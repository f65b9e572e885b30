// Formatting: the one form that `sgc fmt` gives, as the one change that leads
// there. A text with syntax errors stays as it is.
#include "compiler/lsp.h"

#include "compiler/fmt.h"

#include <string.h>

// Code points stay whole: an edit does not begin or end inside of one.
static bool inside(const char *text, size_t at)
{
  return (text[at] & 0xC0) == 0x80;
}

static cJSON *change(struct lsp_request *r, const struct buf *to)
{
  const struct lsp_file *f = r->file;
  size_t most = f->size < to->size ? f->size : to->size, same = 0, tail = 0;
  while (same < most && f->text[same] == to->data[same])
    same++;
  while (same && same < f->size && inside(f->text, same))
    same--;
  while (tail < most - same &&
         f->text[f->size - 1 - tail] == to->data[to->size - 1 - tail])
    tail++;
  while (tail && inside(f->text, f->size - tail))
    tail--;
  struct span at = {0, (uint32_t)same, (uint32_t)(f->size - tail)};
  cJSON *list = cJSON_CreateArray(), *one = cJSON_CreateObject();
  cJSON_AddItemToObject(one, "range", lsp_range(r->s, &r->file->lines, at));
  cJSON_AddItemToObject(one, "newText",
                        lsp_string(to->data + same, to->size - tail - same));
  cJSON_AddItemToArray(list, one);
  return list;
}

cJSON *lsp_format(struct lsp_request *r)
{
  struct arena *a = &r->s->scratch;
  struct atoms atoms = {.arena = a};
  struct diags diags = {.arena = a};
  struct source source = {r->file->path, r->file->text, r->file->size};
  struct buf out = {.arena = a};
  if (!fmt_source(&source, 0, a, &atoms, &diags, &out) || out.failed)
    return NULL;
  if (out.size == r->file->size && !memcmp(out.data ? out.data : "", r->file->text, out.size))
    return cJSON_CreateArray();
  return change(r, &out);
}
