// Programs: each is checked whole when something is asked of it and one of its
// texts has changed, by the passes that the command line runs. A check has an
// arena of its own, which is given back when the next one has replaced it.
//
// Where a text cannot be parsed, what could be read of it is checked all the
// same, for the names in it; of such a check nothing is reported.
#include "compiler/lsp.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SHOWN_MAX = 1000 };
static const size_t arena_limit = (size_t)4 << 30;

static jmp_buf no_memory;

static void exhausted(void)
{
  longjmp(no_memory, 1);
}

// ---- texts ----

struct opener {
  struct lsp_server *s;
  const struct lsp_edited *texts;
};

// What would never end when it is read is no source.
static bool is_endless(const char *path)
{
  struct stat st;
  return !stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static const char *open_text(struct compile *c, const char *path, size_t *size)
{
  struct opener *o = c->opener;
  for (const struct lsp_edited *e = o->texts; e; e = e->next)
    if (!strcmp(e->path, path)) {
      *size = e->size;
      return arena_copy(c->arena, e->text, e->size);
    }
  const struct lsp_file *f = lsp_file_at(o->s, path);
  *size = f && f->text ? f->size : 0;
  if (f && f->text)
    return arena_copy(c->arena, f->text, f->size);
  return is_endless(path) ? "" : NULL;
}

// ---- one check ----

static void check_remains(struct lsp_run *r)
{
  struct diags *d = &r->p.c.diags, said = *d;
  struct diag *last = d->last;
  r->p.program = check_program(&r->p.c);
  *d = said;
  if (last)
    last->next = NULL;
  else
    d->first = NULL;
}

// Where the first of the texts has the place that is asked about.
static void ask_around(struct lsp_run *r, const struct lsp_question *q)
{
  const struct opener *o = r->p.c.opener;
  if (o->texts && q->around != UINT32_MAX)
    r->index.around = (struct span){lsp_file_in(r, o->texts->path), q->around,
                                    q->around + 1};
}

static void run_passes(struct lsp_run *r, const char *root,
                       const struct lsp_question *q)
{
  bool whole = q->whole;
  char *paths[] = {(char *)root};
  r->p.paths = paths;
  r->p.n_paths = 1;
  r->p.tests = true;
  r->p.no_plan = true;
  if (whole)
    passes_run(&r->p, NULL, NULL);
  else
    load_program(&r->p.c, paths, 1);
  r->p.paths = NULL;
  r->parsed = true;
  for (uint32_t i = 0; i < r->p.c.n_sources; i++)
    r->parsed = r->parsed && r->p.c.files[i] && !r->p.c.files[i]->broken;
  r->whole = whole && !r->p.c.diags.errors;
  ask_around(r, q);
  if (!r->p.program && r->p.c.n_sources)
    check_remains(r);
}

static void ask(struct lsp_run *r, const struct lsp_question *q)
{
  if (q->wanted)
    r->index.wanted = atom_of_text(&r->p.c.atoms, q->wanted);
}

void lsp_run_free(struct lsp_run *r)
{
  if (!r)
    return;
  for (uint32_t i = 0; r->lines && i < r->p.c.n_sources; i++)
    lsp_text_free(&r->lines[i]);
  free(r->lines);
  compile_end(&r->p.c);
  arena_free(&r->arena);
  free(r);
}

static void begin(struct lsp_run *r, struct opener *o)
{
  r->arena = (struct arena){.exhausted = exhausted, .limit = arena_limit};
  compile_init(&r->p.c, &r->arena);
  r->p.c.diags.limit = SHOWN_MAX;
  r->p.c.diags.off = o->s->off;
  r->p.c.diags.warnings_as_errors = o->s->warnings_as_errors;
  r->p.c.open_text = open_text;
  r->p.c.opener = o;
  r->p.c.index = &r->index;
  r->index.arena = &r->arena;
}

struct lsp_run *lsp_try(struct lsp_server *s, const char *root,
                        const struct lsp_edited *texts,
                        const struct lsp_question *q)
{
  struct opener o = {s, texts};
  struct lsp_run *volatile r = calloc(1, sizeof *r);
  if (!r)
    return NULL;
  if (setjmp(no_memory)) {
    lsp_run_free(r);
    return NULL;
  }
  begin(r, &o);
  ask(r, q);
  run_passes(r, root, q);
  r->p.c.opener = NULL;
  r->arena.exhausted = NULL;
  r->lines = calloc(r->p.c.n_sources + 1, sizeof *r->lines);
  return r;
}

struct lsp_text *lsp_lines(struct lsp_run *r, uint32_t file)
{
  struct lsp_text *t = &r->lines[file];
  t->data = r->p.c.sources[file].text;
  t->size = r->p.c.sources[file].size;
  return t;
}

uint32_t lsp_file_in(const struct lsp_run *r, const char *path)
{
  for (uint32_t i = 0; i < r->p.c.n_sources; i++)
    if (!strcmp(r->p.c.sources[i].path, path))
      return i;
  return UINT32_MAX;
}

// ---- programs ----

static int since(const struct timespec *from)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int)((now.tv_sec - from->tv_sec) * 1000 +
               (now.tv_nsec - from->tv_nsec) / 1000000);
}

static void replace(struct lsp_program *p, struct lsp_run *r)
{
  struct lsp_run *was = p->now;
  p->now = r;
  if (r->parsed) {
    if (p->good != was)
      lsp_run_free(p->good);
    lsp_run_free(was);
    p->good = r;
  } else if (was != p->good) {
    lsp_run_free(was);
  }
}

static void check(struct lsp_server *s, struct lsp_program *p)
{
  static const struct lsp_question none = {NULL, UINT32_MAX, true};
  struct timespec begun;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  struct lsp_run *r = lsp_try(s, p->root, NULL, &none);
  s->cost = since(&begun);
  p->stale = false;
  p->told = false;
  if (r)
    replace(p, r);
}

static struct lsp_program *program_of(struct lsp_server *s, const char *root)
{
  struct lsp_program *p = s->programs;
  while (p && strcmp(p->root, root) != 0)
    p = p->next;
  if (p)
    return p;
  p = calloc(1, sizeof *p);
  if (!p)
    return NULL;
  p->root = strdup(root);
  p->stale = true;
  p->next = s->programs;
  s->programs = p;
  return p;
}

uint32_t lsp_programs(struct lsp_server *s, struct lsp_file *f,
                      struct lsp_program *out[LSP_PROGRAMS_MAX])
{
  struct lsp_file *roots[LSP_PROGRAMS_MAX];
  struct arena a = {0};
  bool library = lsp_library_is_copy(&a, f->path); // no program of its own
  arena_free(&a);
  if (library)
    return 0;
  uint32_t n = 0, n_roots = lsp_roots(s, f, roots);
  for (uint32_t i = 0; i < n_roots; i++) {
    struct lsp_program *p = program_of(s, roots[i]->path);
    if (p && p->stale)
      check(s, p);
    if (p && p->now)
      out[n++] = p;
  }
  return n;
}

// A text that no program has may be one that a program misses.
void lsp_programs_changed(struct lsp_server *s, const char *path)
{
  bool known = false;
  s->changed = true;
  for (struct lsp_program *p = s->programs; path && p; p = p->next)
    if (p->now && lsp_file_in(p->now, path) != UINT32_MAX)
      p->stale = known = true;
  for (struct lsp_program *p = s->programs; !known && p; p = p->next)
    p->stale = true;
}

void lsp_program_free(struct lsp_program *p)
{
  if (p->good != p->now)
    lsp_run_free(p->good);
  lsp_run_free(p->now);
  free(p->root);
  free(p);
}

void lsp_programs_free(struct lsp_server *s)
{
  while (s->programs) {
    struct lsp_program *next = s->programs->next;
    lsp_program_free(s->programs);
    s->programs = next;
  }
}
