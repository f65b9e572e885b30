// Renaming: the changed texts are checked before anybody sees them. A name that
// would mean something else, or hide another, is refused with the reason.
#include "compiler/lsp.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_NAME = 200 };

struct renaming {
  struct lsp_request *r;
  struct lsp_found found;
  const char *to;
  struct lsp_edited *texts; // as they will be
};

// ---- what has a name of its own ----

// A method of a deployment that is written elsewhere has its name from there.
static bool is_foreign(const struct lsp_run *r, struct span at,
                       struct arena *scratch)
{
  struct lsp_way w = lsp_way_to(scratch, r->p.c.files[at.file], at.start, at.end);
  for (uint32_t i = 0; i < w.n; i++) {
    const struct item *item = w.nodes[i].at;
    if (w.nodes[i].kind == LSP_ITEM && item->kind == ITEM_DEPLOYMENT &&
        item->deployment.on.text && item->name.span.start != at.start)
      return true;
  }
  return false;
}

static const char *why_not(const struct lsp_found *f, struct arena *scratch)
{
  const struct index_name *n = f->name;
  if (n->to.file >= f->run->p.c.n_sources || !n->name)
    return "this is part of the language";
  if (n->to.file >= f->run->p.c.n_own)
    return "this is part of a library";
  if (n->kind == INDEX_LIBRARY && n->item &&
      n->item->use.module.span.start == n->item->name.span.start)
    return "this is the library's own name: `use name as other` gives it another";
  if (n->kind == INDEX_FUNCTION && is_hook(n->name))
    return "the runtime calls it by this name";
  if (is_foreign(f->run, n->to, scratch))
    return "its body is in another language, which knows it by this name";
  if (f->run != f->program->now || !f->run->parsed)
    return "the program cannot be read whole: mend its syntax first";
  return NULL;
}

static bool find(struct lsp_request *r, struct lsp_found *f)
{
  if (!lsp_find(r->s, r->file, r->offset, f)) {
    lsp_refuse(r, LSP_FAILED, "there is no name of the program here");
    return false;
  }
  const char *why = why_not(f, &r->s->scratch);
  if (why)
    lsp_refuse(r, LSP_FAILED, "%s", why);
  return !why;
}

cJSON *lsp_prepare_rename(struct lsp_request *r)
{
  struct lsp_found f;
  if (!find(r, &f))
    return NULL;
  cJSON *json = cJSON_CreateObject();
  cJSON_AddItemToObject(json, "range", lsp_range(r->s, &r->file->lines, f.at));
  lsp_add_text(json, "placeholder", f.name->name->text);
  return json;
}

// ---- the texts as they will be ----

// The names that are written as the declaration is.
static uint32_t places(struct renaming *x, struct lsp_run *run, struct span to,
                       const struct index_name ***out)
{
  atom name = x->found.name->name;
  uint32_t n = lsp_uses(run, to, &x->r->s->scratch, out), kept = 0;
  for (uint32_t i = 0; i < n; i++) {
    const struct span at = (*out)[i]->at;
    const char *text = run->p.c.sources[at.file].text;
    if (at.end - at.start == name->size && !memcmp(text + at.start, name->text, name->size))
      (*out)[kept++] = (*out)[i];
  }
  return kept;
}

static struct lsp_edited *edited_at(struct renaming *x, const char *path)
{
  for (struct lsp_edited *e = x->texts; e; e = (struct lsp_edited *)e->next)
    if (!strcmp(e->path, path))
      return e;
  struct lsp_edited *e = ARENA_NEW(&x->r->s->scratch, struct lsp_edited);
  e->path = path;
  e->next = x->texts;
  x->texts = e;
  return e;
}

// One file's text, with the names from `first` on that stand in it.
static uint32_t edit_text(struct renaming *x, struct lsp_run *run,
                          const struct index_name **names, uint32_t first,
                          uint32_t n)
{
  uint32_t file = names[first]->at.file, at = 0, i = first;
  const struct source *s = &run->p.c.sources[file];
  struct buf out = {.arena = &x->r->s->scratch};
  for (; i < n && names[i]->at.file == file; i++) {
    buf_add(&out, s->text + at, names[i]->at.start - at);
    buf_adds(&out, x->to);
    at = names[i]->at.end;
  }
  buf_add(&out, s->text + at, s->size - at);
  struct lsp_edited *e = edited_at(x, s->path);
  e->text = out.data;
  e->size = out.size;
  return i;
}

static void edit_all(struct renaming *x, struct lsp_run *run,
                     const struct index_name **names, uint32_t n, cJSON *edit)
{
  for (uint32_t i = 0; i < n;) {
    uint32_t first = i;
    const char *path = run->p.c.sources[names[i]->at.file].path;
    bool known = false; // another program has told of this file
    for (const struct lsp_edited *e = x->texts; e; e = e->next)
      known = known || !strcmp(e->path, path);
    i = edit_text(x, run, names, first, n);
    for (uint32_t j = first; j < i && !known; j++)
      lsp_edit_add(x->r->s, edit, run, names[j]->at, x->to);
  }
}

// ---- whether it still means the same ----

// Where a place will be: names before it in its file have changed.
static struct span moved(const struct renaming *x,
                         const struct index_name **names, uint32_t n,
                         struct span at)
{
  int64_t by = (int64_t)strlen(x->to) - x->found.name->name->size, sum = 0;
  for (uint32_t i = 0; i < n; i++)
    if (names[i]->at.file == at.file && names[i]->at.start < at.start)
      sum += by;
  at.start = (uint32_t)(at.start + sum);
  at.end = (uint32_t)(at.start + strlen(x->to));
  return at;
}

static const struct diag *first_error(const struct diags *d)
{
  const struct diag *x = d->first;
  while (x && x->severity != SEVERITY_ERROR)
    x = x->next;
  return x;
}

static bool same_names(struct renaming *x, struct lsp_run *after, struct span to,
                       const struct index_name **names, uint32_t n)
{
  const struct index_name **now;
  struct span declared = moved(x, names, n, to);
  uint32_t count = lsp_uses(after, declared, &x->r->s->scratch, &now);
  int64_t by = (int64_t)strlen(x->to) - x->found.name->name->size, sum = 0;
  for (uint32_t i = 0; i < n && i < count; i++) {
    struct span at = names[i]->at;
    sum = i && names[i - 1]->at.file == at.file ? sum + by : 0;
    if (now[i]->at.file != at.file || now[i]->at.start != at.start + sum)
      return false;
  }
  return n == count;
}

static bool holds(struct renaming *x, struct lsp_program *p, struct span to)
{
  static const struct lsp_question whole = {NULL, UINT32_MAX, true};
  const struct index_name **names;
  uint32_t n = places(x, p->now, to, &names);
  struct lsp_run *after = lsp_try(x->r->s, p->root, x->texts, &whole);
  if (!after) {
    lsp_refuse(x->r, LSP_INTERNAL, "out of memory");
    return false;
  }
  const struct diag *d = after->p.c.diags.errors > p->now->p.c.diags.errors
                             ? first_error(&after->p.c.diags)
                             : NULL;
  if (d)
    lsp_refuse(x->r, LSP_FAILED, "with this name the program is wrong: %s",
               d->message);
  else if (!same_names(x, after, to, names, n))
    lsp_refuse(x->r, LSP_FAILED, "`%s` would mean something else in places",
               x->to);
  lsp_run_free(after);
  return !x->r->error;
}

// ---- the answer ----

static bool is_name(const char *text)
{
  size_t n = strlen(text);
  for (size_t i = 0; i < n; i++)
    if (!isalpha((unsigned char)text[i]) && text[i] != '_' &&
        !(i && isdigit((unsigned char)text[i])))
      return false;
  return n && n <= LONGEST_NAME;
}

cJSON *lsp_rename(struct lsp_request *r)
{
  const cJSON *to = cJSON_GetObjectItem(r->params, "newName");
  struct lsp_program *programs[LSP_PROGRAMS_MAX];
  struct renaming x = {.r = r};
  if (!cJSON_IsString(to) || !is_name(to->valuestring))
    return lsp_refuse(r, LSP_INVALID_PARAMS, "this is no name: names have letters, digits and `_`");
  x.to = to->valuestring;
  lsp_programs_changed(r->s, NULL); // files on the disk may be others by now
  if (!find(r, &x.found))
    return NULL;
  struct span decl = x.found.name->to;
  const char *path = x.found.run->p.c.sources[decl.file].path;
  uint32_t n = lsp_programs_with(r->s, &x.found, programs);
  cJSON *edit = lsp_edit_new(r->s);
  for (uint32_t i = 0; i < n; i++) {
    const struct index_name **names;
    decl.file = lsp_file_in(programs[i]->now, path);
    if (decl.file != UINT32_MAX)
      edit_all(&x, programs[i]->now, names,
               places(&x, programs[i]->now, decl, &names), edit);
  }
  for (uint32_t i = 0; i < n && !r->error; i++) {
    decl.file = lsp_file_in(programs[i]->now, path);
    if (decl.file != UINT32_MAX)
      holds(&x, programs[i], decl);
  }
  return edit;
}
