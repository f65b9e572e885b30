// Libraries, whose texts are in this program: an editor that goes to one of
// their declarations is given a copy, in the user's cache.
#include "compiler/lsp.h"

#include "compiler/library.h"
#include "grammar/base/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct library *library_at(const char *path)
{
  uint32_t n;
  const char *const *names = library_names(&n);
  for (uint32_t i = 0; i < n; i++) {
    const struct library *l = library_named(names[i]);
    if (l && !strcmp(l->path, path))
      return l;
  }
  return NULL;
}

// `…/servegraph/0.1.0`, with what comes behind; made if it is not there.
static const char *cache_folder(struct arena *a)
{
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  const char *base = cache && *cache == '/'  ? cache
                     : home && *home == '/' ? arena_printf(a, "%s/.cache", home)
                                            : NULL;
  if (!base)
    return NULL;
  const char *own = arena_printf(a, "%s/servegraph", base);
  const char *folder = arena_printf(a, "%s/%s", own, SERVEGRAPH_VERSION);
  if ((mkdir(base, 0700) && errno != EEXIST) || (mkdir(own, 0700) && errno != EEXIST) ||
      (mkdir(folder, 0700) && errno != EEXIST))
    return NULL;
  return folder;
}

static bool is_there(const char *path, const struct library *l)
{
  struct stat st;
  return !stat(path, &st) && (size_t)st.st_size == l->size;
}

// Written beside and renamed, so that nobody reads half of it.
static bool write_copy(struct arena *a, const char *path, const struct library *l)
{
  const char *part = arena_printf(a, "%s.%ld", path, (long)getpid());
  int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0400);
  if (fd < 0)
    return false;
  bool ok = write(fd, l->text, l->size) == (ssize_t)l->size;
  ok = !close(fd) && ok && !rename(part, path);
  if (!ok)
    unlink(part);
  return ok;
}

const char *lsp_library_copy(struct arena *a, const char *path)
{
  const struct library *l = library_at(path);
  const char *folder = l ? cache_folder(a) : NULL;
  if (!folder)
    return NULL;
  const char *copy = arena_printf(a, "%s/%s.sg", folder, l->name);
  return is_there(copy, l) || write_copy(a, copy, l) ? copy : NULL;
}

bool lsp_library_is_copy(struct arena *a, const char *path)
{
  const char *folder = cache_folder(a), *slash = strrchr(path, '/');
  size_t n = folder ? strlen(folder) : 0;
  return n && slash == path + n && !strncmp(path, folder, n);
}

// The lines of comment that a library begins with.
void lsp_library_doc(const char *name, struct buf *out)
{
  const struct library *l = library_named(name);
  for (const char *at = l ? l->text : ""; !strncmp(at, "//", 2) && at[2] != '/';) {
    size_t n = strcspn(at, "\n"), blank = at[2] == ' ';
    buf_add(out, at + 2 + blank, n - 2 - blank);
    buf_addc(out, '\n');
    at += n + (at[n] == '\n');
  }
}
