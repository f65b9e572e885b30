// A project: the files of compiler/init, put there by the assembler, with the
// project's name where they say %NAME%.
#include "compiler/init.h"

#include "compiler/files.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES(X)                                                               \
  X(pipeline, "pipeline.sg", "pipeline.sg")                                    \
  X(readme, "README.md", "README.md")                                          \
  X(makefile, "Makefile", "Makefile")                                          \
  X(gitignore, "gitignore", ".gitignore")

#define TEXT(id, source, name)                                                 \
  __asm__(".pushsection .rodata\n"                                             \
          "init_" #id ": .incbin \"compiler/init/" source "\"\n"               \
          ".byte 0\n"                                                          \
          ".popsection\n");                                                    \
  extern const char init_##id[];
FILES(TEXT)
#undef TEXT

static const struct {
  const char *name, *text;
} files[] = {
#define ROW(id, source, name) {name, init_##id},
    FILES(ROW)
#undef ROW
};

enum { N_FILES = sizeof files / sizeof *files };

// ---------------------------------------------------------------------- names

// The folder's own name, as far as Makefiles and shells take it.
static const char *project_name(struct arena *a, const char *folder)
{
  char *real = realpath(folder, NULL);
  const char *slash = real ? strrchr(real, '/') : NULL;
  struct buf out = {.arena = a};
  for (const char *p = slash ? slash + 1 : ""; *p; p++) {
    bool plain = isalnum((unsigned char)*p) || *p == '_' || *p == '-' || *p == '.';
    if (plain && !(out.size == 0 && (*p == '-' || *p == '.')))
      buf_addc(&out, *p);
    else if (out.size && out.data[out.size - 1] != '-')
      buf_addc(&out, '-');
  }
  free(real);
  return out.size ? out.data : "pipeline";
}

static const char *path_of(struct arena *a, const char *folder, const char *name)
{
  const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
  return strcmp(folder, ".") ? arena_printf(a, "%s%s%s", folder, slash, name)
                             : name;
}

static struct buf filled(struct arena *a, const char *text, const char *name)
{
  struct buf out = {.arena = a};
  for (const char *hole; (hole = strstr(text, "%NAME%")); text = hole + 6) {
    buf_add(&out, text, (size_t)(hole - text));
    buf_adds(&out, name);
  }
  buf_adds(&out, text);
  return out;
}

// -------------------------------------------------------------------- folders

static bool make_folder(struct arena *a, const char *folder)
{
  char *path = arena_copy(a, folder, strlen(folder));
  for (char *p = path + 1; *p; p++) {
    if (*p != '/')
      continue;
    *p = 0;
    if (mkdir(path, 0777) && errno != EEXIST)
      return false;
    *p = '/';
  }
  return !mkdir(path, 0777) || errno == EEXIST;
}

static bool is_free(struct arena *a, const char *folder, struct buf *why)
{
  struct stat s;
  bool taken = false;
  for (int i = 0; i < N_FILES; i++) {
    const char *path = path_of(a, folder, files[i].name);
    if (lstat(path, &s))
      continue;
    buf_addf(why, "%s%s", taken ? ", " : "", path);
    taken = true;
  }
  if (taken)
    buf_adds(why, " would be overwritten; nothing was written");
  return !taken;
}

static bool failed(const char *path, struct buf *why)
{
  buf_addf(why, "cannot write %s: %s", path, strerror(errno));
  return false;
}

static bool write_files(struct arena *a, const char *folder, struct buf *why)
{
  const char *name = project_name(a, folder);
  for (int i = 0; i < N_FILES; i++) {
    const char *path = path_of(a, folder, files[i].name);
    struct buf text = filled(a, files[i].text, name);
    if (file_create(path, text.data, text.size))
      continue;
    failed(path, why);
    while (i--)
      unlink(path_of(a, folder, files[i].name)); // ours
    return false;
  }
  return true;
}

bool init_project(struct arena *a, const char *folder, struct buf *out,
                  struct buf *why)
{
  if (!*folder)
    folder = ".";
  if (!is_free(a, folder, why))
    return false;
  if (!make_folder(a, folder))
    return failed(folder, why);
  if (!write_files(a, folder, why))
    return false;
  for (int i = 0; i < N_FILES; i++)
    buf_addf(out, "%s\n", path_of(a, folder, files[i].name));
  buf_addf(out, "\nNext: `sgc test %s`, and `sgrun %s --watch`.\n",
           path_of(a, folder, files[0].name), path_of(a, folder, files[0].name));
  return true;
}
