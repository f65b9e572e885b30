// A plan's way to the disk: written beside its place and then moved there, so
// that nobody ever sees half of it.
#include "compiler/compile.h"
#include "compiler/emit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const char *data, size_t size)
{
  while (size) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    data += n;
    size -= (size_t)n;
  }
  return true;
}

static bool cannot_write(struct compile *c, const char *path)
{
  diag_report(&c->diags, DIAG_cannot_write, NO_SPAN, "cannot write %s: %s",
              path, strerror(errno));
  return false;
}

// What is no plain file (a pipe, /dev/null) is written where it is.
static bool is_special(const char *path)
{
  struct stat s;
  return !stat(path, &s) && !S_ISREG(s.st_mode);
}

static bool write_special(struct compile *c, const char *path,
                          const void *bytes, size_t size)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  bool ok = fd >= 0 && write_all(fd, bytes, size);
  if (fd >= 0 && close(fd))
    ok = false;
  return ok || cannot_write(c, path);
}

// Where a link leads, so that the link stays.
static const char *resolve(struct compile *c, const char *path)
{
  char *real = realpath(path, NULL);
  if (!real)
    return path;
  const char *copy = arena_copy(c->arena, real, strlen(real));
  free(real);
  return copy;
}

static bool fill(int fd, const char *temporary, const char *path,
                 const void *bytes, size_t size)
{
  mode_t mask = umask(0);
  umask(mask);
  bool ok =
      write_all(fd, bytes, size) && !fchmod(fd, 0666 & ~mask) && !fsync(fd);
  int error = errno;
  if (close(fd) && ok) {
    ok = false;
    error = errno;
  }
  if (ok && rename(temporary, path)) {
    ok = false;
    error = errno;
  }
  if (!ok)
    unlink(temporary);
  errno = error;
  return ok;
}

bool emit_file(struct compile *c, const char *path, const void *bytes,
               size_t size)
{
  if (!strcmp(path, "-"))
    return write_all(1, bytes, size) || cannot_write(c, "the standard output");
  if (is_special(path))
    return write_special(c, path, bytes, size);
  const char *to = resolve(c, path);
  char *temporary = arena_printf(c->arena, "%s.XXXXXX", to);
  int fd = mkostemp(temporary, O_CLOEXEC);
  if (fd < 0)
    return cannot_write(c, path);
  return fill(fd, temporary, to, bytes, size) || cannot_write(c, path);
}
