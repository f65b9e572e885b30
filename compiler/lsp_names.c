// Where names are declared, and where else they stand.
#include "compiler/lsp.h"

#include <stdlib.h>
#include <string.h>

static cJSON *declaration_of(struct lsp_request *r, struct span to,
                             struct lsp_run *run)
{
  if (to.file >= run->p.c.n_sources)
    return NULL;
  if (to.file >= run->p.c.n_own &&
      !lsp_library_copy(&r->s->scratch, run->p.c.sources[to.file].path))
    return NULL;
  return lsp_location(r->s, run, to);
}

// `use "./f.sg"`: the file itself.
static cJSON *file_used(struct lsp_request *r)
{
  struct lsp_program *programs[LSP_PROGRAMS_MAX];
  uint32_t n = lsp_programs(r->s, r->file, programs);
  uint32_t file = n ? lsp_file_in(programs[0]->now, r->file->path) : UINT32_MAX;
  if (file == UINT32_MAX)
    return NULL;
  struct lsp_run *run = programs[0]->now;
  for (const struct item *i = run->p.c.files[file]->items; i; i = i->next) {
    if (i->kind != ITEM_USE || !i->use.path.data ||
        i->use.path.span.start > r->offset || i->use.path.span.end < r->offset)
      continue;
    const char *path = path_beside(&r->s->scratch, r->file->path, i->use.path.data);
    uint32_t to = lsp_file_in(run, path);
    return to == UINT32_MAX ? NULL : lsp_location(r->s, run, (struct span){to, 0, 0});
  }
  return NULL;
}

// `use text`: the library itself.
static cJSON *library_used(struct lsp_request *r, struct lsp_run *run,
                           const struct item *use)
{
  const struct compile *c = &run->p.c;
  for (uint32_t i = 0; use && i < c->n_libraries; i++)
    if (c->libraries[i].name == use->use.module.text)
      return declaration_of(r, (struct span){c->libraries[i].file, 0, 0}, run);
  return NULL;
}

cJSON *lsp_definition(struct lsp_request *r)
{
  struct lsp_found f;
  if (!lsp_find(r->s, r->file, r->offset, &f))
    return file_used(r);
  if (f.name->kind == INDEX_LIBRARY && f.name->declares)
    return library_used(r, f.run, f.name->item);
  return declaration_of(r, f.name->to, f.run);
}

static struct span type_declared(const struct type *t)
{
  while (t && !t->name && t->of)
    t = t->of;
  if (t && t->kind == TYPE_handle)
    return t->class->span;
  return t && t->name ? t->span : NO_SPAN;
}

cJSON *lsp_type_definition(struct lsp_request *r)
{
  struct lsp_found f;
  if (!lsp_find(r->s, r->file, r->offset, &f))
    return NULL;
  return declaration_of(r, type_declared(f.name->type), f.run);
}

// ---- references ----

static bool same(struct span x, struct span y)
{
  return x.file == y.file && x.start == y.start;
}

static bool is_listed(const cJSON *list, const cJSON *one)
{
  const cJSON *other;
  cJSON_ArrayForEach(other, list) if (cJSON_Compare(other, one, true))
    return true;
  return false;
}

static int by_place(const void *p, const void *q)
{
  const struct index_name *const *x = p, *const *y = q;
  const struct span a = (*x)->at, b = (*y)->at;
  if (a.file != b.file)
    return a.file < b.file ? -1 : 1;
  return a.start < b.start ? -1 : a.start > b.start;
}

uint32_t lsp_uses(const struct lsp_run *r, struct span to, struct arena *a,
                  const struct index_name ***out)
{
  const struct index_name **list = NULL;
  uint32_t n = 0, room = 0, once = 0;
  for (uint32_t i = 0; i < r->index.n_names; i++) {
    if (!same(r->index.names[i].to, to))
      continue;
    if (n == room) {
      uint32_t wide = room ? room * 2 : 16;
      list = arena_grow(a, list, n * sizeof *list, wide * sizeof *list);
      room = wide;
    }
    list[n++] = &r->index.names[i];
  }
  if (n)
    qsort(list, n, sizeof *list, by_place);
  for (uint32_t i = 0; i < n; i++) // a body may have been checked twice
    if (!once || !same(list[once - 1]->at, list[i]->at))
      list[once++] = list[i];
  *out = list;
  return once;
}

// The programs that have the declaration, each with its place there.
uint32_t lsp_programs_with(struct lsp_server *s, const struct lsp_found *f,
                           struct lsp_program *out[LSP_PROGRAMS_MAX])
{
  struct lsp_file *file =
      f->name->to.file < f->run->p.c.n_sources
          ? lsp_file_add(s, f->run->p.c.sources[f->name->to.file].path)
          : NULL;
  return file ? lsp_programs(s, file, out) : 0;
}

static void add_references(struct lsp_request *r, struct lsp_run *run,
                           struct span to, bool declaration, bool shared,
                           cJSON *list)
{
  const struct index_name **names;
  uint32_t n = lsp_uses(run, to, &r->s->scratch, &names);
  for (uint32_t i = 0; i < n; i++) {
    if (same(names[i]->at, names[i]->to) && !declaration)
      continue;
    cJSON *one = lsp_location(r->s, run, names[i]->at);
    if (shared && is_listed(list, one))
      cJSON_Delete(one);
    else
      cJSON_AddItemToArray(list, one);
  }
}

cJSON *lsp_references(struct lsp_request *r)
{
  struct lsp_found f;
  struct lsp_program *programs[LSP_PROGRAMS_MAX];
  if (!lsp_find(r->s, r->file, r->offset, &f) || f.name->to.file == UINT32_MAX)
    return NULL;
  struct span to = f.name->to;
  const char *path = f.run->p.c.sources[to.file].path;
  const cJSON *context = cJSON_GetObjectItem(r->params, "context");
  bool all = cJSON_IsTrue(cJSON_GetObjectItem(context, "includeDeclaration"));
  cJSON *list = cJSON_CreateArray();
  if (f.run != f.program->now) { // the texts are other ones by now
    add_references(r, f.run, to, all, false, list);
    return list;
  }
  uint32_t n = lsp_programs_with(r->s, &f, programs);
  for (uint32_t i = 0; i < n; i++) {
    to.file = lsp_file_in(programs[i]->now, path);
    if (to.file != UINT32_MAX)
      add_references(r, programs[i]->now, to, all, n > 1, list);
  }
  return list;
}

cJSON *lsp_highlight(struct lsp_request *r)
{
  struct lsp_found f;
  const struct index_name **names;
  if (!lsp_find(r->s, r->file, r->offset, &f) || f.name->to.file == UINT32_MAX ||
      f.run != f.program->now)
    return NULL;
  cJSON *list = cJSON_CreateArray();
  uint32_t n = lsp_uses(f.run, f.name->to, &r->s->scratch, &names);
  for (uint32_t i = 0; i < n; i++) {
    if (names[i]->at.file != f.at.file)
      continue;
    cJSON *one = cJSON_CreateObject();
    cJSON_AddItemToObject(one, "range",
                          lsp_range(r->s, &r->file->lines, names[i]->at));
    cJSON_AddNumberToObject(one, "kind", 1);
    cJSON_AddItemToArray(list, one);
  }
  return list;
}
