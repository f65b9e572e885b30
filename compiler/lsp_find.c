// From a place in a text to the name that stands there, as it is or as it was
// when the text could last be parsed.
#include "compiler/lsp.h"

#include <string.h>

// Of two names at a place, the one that says more about it.
static bool better(const struct index_name *x, const struct index_name *y,
                   uint32_t offset)
{
  bool in_x = offset < x->at.end, in_y = offset < y->at.end;
  if (in_x != in_y)
    return in_x;
  uint32_t size_x = x->at.end - x->at.start, size_y = y->at.end - y->at.start;
  if (size_x != size_y)
    return size_x < size_y;
  if (x->declares != y->declares)
    return x->declares;
  return !!x->type > !!y->type;
}

static const struct index_name *name_at(const struct lsp_run *r, uint32_t file,
                                        uint32_t offset)
{
  const struct index_name *best = NULL;
  for (uint32_t i = 0; i < r->index.n_names; i++) {
    const struct index_name *n = &r->index.names[i];
    if (n->at.file == file && n->at.start <= offset && offset <= n->at.end &&
        (!best || better(n, best, offset)))
      best = n;
  }
  return best;
}

const struct index_name *lsp_declaration(const struct lsp_run *r,
                                         const struct index_name *of)
{
  const struct index_name *best = NULL;
  for (uint32_t i = 0; i < r->index.n_names; i++) {
    const struct index_name *n = &r->index.names[i];
    if (n->declares && n->at.file == of->to.file && n->at.start == of->to.start &&
        (!best || better(n, best, n->at.start)))
      best = n;
  }
  return best;
}

// A place of the text as it is, in a text before it: what stands before and
// behind the change is the same.
static bool place_before(const struct lsp_file *f, const struct source *was,
                         uint32_t offset, uint32_t *out)
{
  size_t most = f->size < was->size ? f->size : was->size, same = 0, tail = 0;
  while (same < most && f->text[same] == was->text[same])
    same++;
  while (tail < most - same &&
         f->text[f->size - 1 - tail] == was->text[was->size - 1 - tail])
    tail++;
  *out = offset <= same ? offset : (uint32_t)(offset + was->size - f->size);
  return offset <= same || offset >= f->size - tail;
}

static bool find_now(struct lsp_program *p, struct lsp_file *f, uint32_t offset,
                     struct lsp_found *out)
{
  uint32_t file = lsp_file_in(p->now, f->path);
  const struct index_name *n =
      file == UINT32_MAX ? NULL : name_at(p->now, file, offset);
  if (n)
    *out = (struct lsp_found){p, p->now, n, n->at};
  return n;
}

static bool find_before(struct lsp_program *p, struct lsp_file *f,
                        uint32_t offset, struct lsp_found *out)
{
  struct lsp_run *r = p->good;
  uint32_t file = r && r != p->now ? lsp_file_in(r, f->path) : UINT32_MAX, was;
  if (file == UINT32_MAX ||
      !place_before(f, &r->p.c.sources[file], offset, &was))
    return false;
  const struct index_name *n = name_at(r, file, was);
  if (!n)
    return false;
  struct span at = {file, n->at.start + offset - was, n->at.end + offset - was};
  *out = (struct lsp_found){p, r, n, at};
  return true;
}

bool lsp_find(struct lsp_server *s, struct lsp_file *f, uint32_t offset,
              struct lsp_found *out)
{
  struct lsp_program *programs[LSP_PROGRAMS_MAX];
  uint32_t n = lsp_programs(s, f, programs);
  for (uint32_t i = 0; i < n; i++)
    if (find_now(programs[i], f, offset, out))
      return true;
  for (uint32_t i = 0; i < n; i++)
    if (find_before(programs[i], f, offset, out))
      return true;
  return false;
}
