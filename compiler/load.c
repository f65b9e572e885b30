// Files in: reads the file that was asked for and all that it uses, each once.
//
// Files may use each other in a circle: they are one namespace. Paths are taken
// from the folder of the file that has the `use`.
#include "compiler/compile.h"

#include "compiler/files.h"
#include "compiler/library.h"
#include "compiler/table.h"
#include "grammar/text/parse.h"

#include <errno.h>
#include <string.h>

struct loading {
  struct compile *c;
  struct table seen; // by path without detours
};

enum { SCRATCH = 32 << 10 };

void compile_init(struct compile *c, struct arena *arena)
{
  c->arena = arena;
  c->scratch =
      (struct arena){.limit = arena->limit, .exhausted = arena->exhausted};
  arena_alloc(&c->scratch, SCRATCH); // the block that a reset keeps
  arena_reset(&c->scratch);
  c->atoms.arena = arena;
  c->diags.arena = arena;
  c->types = types_new(arena, &c->atoms);
}

void compile_end(struct compile *c)
{
  arena_free(&c->scratch);
}

// `x/./y` and `x/z/../y` as `x/y`, so that one file has one name.
const char *path_tidy(struct arena *a, const char *path)
{
  size_t n = strlen(path), out = 0;
  char *to = arena_alloc(a, n + 1);
  for (size_t at = 0; at < n;) {
    size_t end = at + strcspn(path + at, "/"), size = end - at;
    char *up = out > 1 ? memrchr(to, '/', out - 1) : NULL;
    char *last = up ? up + 1 : to;
    bool can_rise = out && to[out - 1] == '/' && strncmp(last, "../", 3) &&
                    last != to + out - 1;
    if (size == 2 && !memcmp(path + at, "..", 2) && can_rise) {
      out = (size_t)(last - to);
    } else if (!(size == 1 && path[at] == '.') && (size || !at)) {
      memcpy(to + out, path + at, size);
      out += size;
      if (path[end])
        to[out++] = '/';
    }
    at = end + (path[end] == '/');
  }
  to[out] = 0;
  return to;
}

const char *path_beside(struct arena *a, const char *file, const char *path)
{
  const char *slash = strrchr(file, '/');
  if (*path == '/' || !slash)
    return path_tidy(a, path);
  return path_tidy(
      a, arena_printf(a, "%.*s%s", (int)(slash - file + 1), file, path));
}

void compile_add_source(struct compile *c, const char *path, const char *text,
                        size_t size)
{
  if (c->n_sources == c->room_sources) {
    uint32_t room = c->room_sources ? c->room_sources * 2 : 8;
    c->sources =
        arena_grow(c->arena, c->sources, c->n_sources * sizeof *c->sources,
                   room * sizeof *c->sources);
    c->files = arena_grow(c->arena, c->files, c->n_sources * sizeof *c->files,
                          room * sizeof *c->files);
    c->room_sources = room;
  }
  c->sources[c->n_sources] = (struct source){path, text, size};
  c->files[c->n_sources++] = NULL;
}

static void not_a_source(struct compile *c, const char *path, struct span at)
{
  struct diag *d = diag_report(&c->diags, DIAG_not_a_source, at,
                               "%s is a plan, which is no source", path);
  diag_hint(&c->diags, d, "`sgrun %s` serves it; of sgc, `openapi`, `diff` and "
                          "`--dump=plan` read plans", path);
}

static void add_missing(struct compile *c, const char *path)
{
  struct missing *m = ARENA_NEW(c->arena, struct missing);
  *m = (struct missing){c->missing, path};
  c->missing = m;
}

static bool load_at(struct compile *c, const char *path, struct span at)
{
  uint32_t before = c->n_sources;
  size_t size = 0;
  const char *text = c->open_text ? c->open_text(c, path, &size) : NULL;
  if (!text)
    text = file_read(c->arena, path, &size);
  if (!text)
    add_missing(c, path);
  if (!text && errno == EFBIG)
    diag_report(&c->diags, DIAG_source_too_large, at, "%s is larger than %d MB",
                path, FILE_READ_MAX >> 20);
  else if (!text && at.file != UINT32_MAX)
    diag_report(&c->diags, DIAG_file_not_found, at, "cannot read %s: %s", path,
                strerror(errno));
  else if (!text)
    diag_report(&c->diags, DIAG_cannot_read, at, "cannot read %s: %s", path,
                strerror(errno));
  else if (file_is_plan(text, size))
    not_a_source(c, path, at);
  else
    compile_add_source(c, strcmp(path, "-") ? path : "<stdin>", text, size);
  return c->n_sources > before;
}

bool load_source(struct compile *c, const char *path)
{
  return load_at(c, path, NO_SPAN);
}

static void load(struct loading *l, const char *path, struct span at)
{
  struct compile *c = l->c;
  void **seen = table_at(c->arena, &l->seen, atom_of_text(&c->atoms, path));
  if (*seen)
    return;
  *seen = l;
  load_at(c, path, at);
}

void compile_parse(struct compile *c, uint32_t file)
{
  // A copy: the array moves, and trees keep a pointer to their source.
  struct source *s = ARENA_NEW(c->arena, struct source);
  *s = c->sources[file];
  c->files[file] = parse_source(s, file, c->arena, &c->atoms, &c->diags);
}

// Files are read in the order in which they are mentioned, without recursion:
// a chain of uses may be long.
void load_program(struct compile *c, char *const *paths, size_t n)
{
  struct loading l = {.c = c};
  for (size_t i = 0; i < n; i++)
    load(&l, strcmp(paths[i], "-") ? path_tidy(c->arena, paths[i]) : paths[i],
         NO_SPAN);
  for (uint32_t i = 0; i < c->n_sources; i++) {
    compile_parse(c, i);
    const char *path = c->sources[i].path;
    const char *from = strcmp(path, "<stdin>") ? path : "";
    for (struct item *use = c->files[i]->items; use; use = use->next)
      if (use->kind == ITEM_USE && use->use.path.data)
        load(&l, path_beside(c->arena, from, use->use.path.data),
             use->use.path.span);
  }
  libraries_load(c);
}
