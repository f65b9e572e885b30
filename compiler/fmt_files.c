// `sgc fmt`: which files are formatted, and what becomes of the result.
#include "compiler/compile.h"
#include "compiler/files.h"
#include "compiler/fmt.h"
#include "compiler/text_diff.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 64 }; // folders in folders

struct walk {
  struct compile *c;
  struct fmt_job *job;
  struct buf *out;
};

static void complain(struct compile *c, enum diag_id id, const char *what,
                     const char *path)
{
  diag_report(&c->diags, id, NO_SPAN, "cannot %s %s: %s", what, path,
              strerror(errno));
}

// ---------------------------------------------------------------------- files

static void deliver(struct walk *w, const char *path, const struct source *s,
                    const struct buf *text)
{
  bool same = s->size == text->size && !memcmp(s->text, text->data, s->size);
  bool to_output = !strcmp(path, "-");
  w->job->changed |= !same;
  if (w->job->diff) {
    struct text_side from = {s->path, s->text, s->size};
    struct text_side to = {s->path, text->data, text->size};
    text_diff(w->c->arena, &from, &to, w->out);
  } else if (w->job->check) {
    if (!same)
      buf_addf(w->out, "%s\n", s->path);
  } else if (to_output) {
    buf_add(w->out, text->data, text->size);
  } else if (!same && !file_replace(w->c->arena, path, text->data, text->size)) {
    complain(w->c, DIAG_cannot_write, "write", path);
  }
}

static void format(struct walk *w, const char *path)
{
  struct compile *c = w->c;
  struct buf text = {.arena = c->arena};
  if (!load_source(c, path))
    return;
  uint32_t file = c->n_sources - 1;
  struct source *s = ARENA_NEW(c->arena, struct source);
  *s = c->sources[file];
  buf_reserve(&text, 1);
  if (fmt_source(s, file, c->arena, &c->atoms, &c->diags, &text))
    deliver(w, path, s, &text);
}

// -------------------------------------------------------------------- folders

static bool is_source(const char *name)
{
  size_t n = strlen(name);
  return n > 3 && !strcmp(name + n - 3, ".sg");
}

static int visible(const struct dirent *e)
{
  return e->d_name[0] != '.';
}

static void walk_folder(struct walk *w, const char *path, unsigned depth);

// What a folder holds; links to folders are not followed.
static void entry(struct walk *w, const char *path, unsigned depth)
{
  struct stat s;
  if (lstat(path, &s))
    complain(w->c, DIAG_cannot_read, "read", path);
  else if (S_ISDIR(s.st_mode))
    walk_folder(w, path, depth + 1);
  else if (is_source(path) && !stat(path, &s) && S_ISREG(s.st_mode))
    format(w, path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

static void walk_folder(struct walk *w, const char *path, unsigned depth)
{
  struct dirent **names = NULL;
  errno = ELOOP;
  int n = depth > DEEPEST ? -1 : scandir(path, &names, visible, by_name);
  if (n < 0)
    complain(w->c, DIAG_cannot_read, "read", path);
  const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
  for (int i = 0; i < n; i++) {
    entry(w, arena_printf(w->c->arena, "%s%s%s", path, slash, names[i]->d_name),
          depth);
    free(names[i]);
  }
  free(names);
}

void fmt_paths(struct compile *c, struct fmt_job *job, char *const *paths,
               size_t n, struct buf *out)
{
  struct walk w = {c, job, out};
  for (size_t i = 0; i < n; i++) {
    struct stat s;
    if (*paths[i] && strcmp(paths[i], "-") && !stat(paths[i], &s) &&
        S_ISDIR(s.st_mode))
      walk_folder(&w, paths[i], 0);
    else
      format(&w, paths[i]);
  }
}
