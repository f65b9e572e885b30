// Files in, and files out. The bytes go into a file without a name, which gets one when they
// are on the disk: whoever kills the program leaves nothing behind. Where the
// file system has no such files, they are written beside the target under a
// name of their own. In both ways a last rename puts the new file in its place.
#include "compiler/files.h"

#include "grammar/plan/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 100 };

struct writing {
  struct arena *arena;
  const char *to;   // the target, links followed
  const void *bytes;
  size_t size;
  bool exists;      // the target does
  struct stat was;  // then
  char *temporary;  // a name beside it
};

// -------------------------------------------------------------------- reading

// The whole of an open file, with a NUL behind it; NULL and errno if it failed.
static char *read_all(struct arena *a, int fd, size_t *size)
{
  struct stat st;
  if (fstat(fd, &st) || S_ISDIR(st.st_mode)) {
    errno = errno ? errno : EISDIR;
    return NULL;
  }
  size_t room = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : 65536, n = 0;
  char *data = room > FILE_READ_MAX ? NULL : arena_alloc(a, room);
  ssize_t got = 1;
  errno = EFBIG;
  while (data && (got = read(fd, data + n, room - n)) > 0) {
    n += (size_t)got;
    if (n < room)
      continue;
    data = n > FILE_READ_MAX ? NULL : arena_grow(a, data, room, room * 2);
    room *= 2;
    errno = EFBIG;
  }
  if (!data || got < 0)
    return NULL;
  data[n] = 0; // there is room: the loop ends with n < room
  *size = n;
  return data;
}

char *file_read(struct arena *a, const char *path, size_t *size)
{
  errno = 0;
  if (!strcmp(path, "-"))
    return read_all(a, STDIN_FILENO, size);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return NULL;
  errno = 0;
  char *data = read_all(a, fd, size);
  int why = errno;
  close(fd);
  errno = why;
  return data;
}

bool file_is_plan(const char *bytes, size_t size)
{
  size_t n = strlen(PLAN_MAGIC);
  return size >= n && !memcmp(bytes, PLAN_MAGIC, n);
}

// -------------------------------------------------------------------- writing

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

static bool close_with(int fd, bool ok)
{
  int error = errno;
  if (close(fd) && ok)
    return false;
  errno = error;
  return ok;
}

static bool write_there(const char *path, const void *bytes, size_t size)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  return fd >= 0 && close_with(fd, write_all(fd, bytes, size));
}

// The mode of what was there, or what the mask leaves; its owner, if we may.
static bool set_mode(int fd, const struct writing *w)
{
  mode_t mask = umask(0);
  umask(mask);
  if (w->exists && (w->was.st_uid != geteuid() || w->was.st_gid != getegid()))
    if (fchown(fd, w->was.st_uid, w->was.st_gid) && errno != EPERM)
      return false;
  return !fchmod(fd, w->exists ? w->was.st_mode & 07777 : 0666 & ~mask);
}

static bool fill(int fd, const struct writing *w)
{
  return write_all(fd, w->bytes, w->size) && set_mode(fd, w) && !fsync(fd);
}

static bool move(const char *from, const char *to)
{
  if (!rename(from, to))
    return true;
  int error = errno;
  unlink(from);
  errno = error;
  return false;
}

// ------------------------------------------------------------ without a name

static int open_unnamed(const struct writing *w)
{
  const char *slash = strrchr(w->to, '/');
  size_t n = slash ? (size_t)(slash - w->to) + 1 : 0;
  const char *folder = n ? arena_copy(w->arena, w->to, n) : ".";
  return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

static bool give_name(int fd, const char *name)
{
  char from[64];
  snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
  return !linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static bool give_place(int fd, const struct writing *w)
{
  if (!w->exists && give_name(fd, w->to))
    return true;
  for (int i = 0; i < TRIES; i++) {
    char *name = arena_printf(w->arena, "%s.%d.%d", w->to, (int)getpid(), i);
    if (give_name(fd, name))
      return move(name, w->to);
    if (errno != EEXIST)
      return false;
  }
  return false;
}

// -------------------------------------------------------------- under a name

static bool replace_named(struct writing *w)
{
  char *name = arena_printf(w->arena, "%s.XXXXXX", w->to);
  int fd = mkostemp(name, O_CLOEXEC);
  if (fd < 0)
    return false;
  if (close_with(fd, fill(fd, w)))
    return move(name, w->to);
  int error = errno;
  unlink(name);
  errno = error;
  return false;
}

static bool replace(struct writing *w)
{
  int fd = open_unnamed(w);
  if (fd < 0)
    return replace_named(w);
  if (!fill(fd, w))
    return close_with(fd, false);
  bool placed = give_place(fd, w);
  bool no_way = !placed && (errno == ENOENT || errno == EXDEV || errno == EPERM);
  close_with(fd, placed);
  return placed || (no_way && replace_named(w));
}

// ----------------------------------------------------------------- both ways

// Where a link leads, so that the link stays.
static const char *resolve(struct arena *a, const char *path)
{
  char *real = realpath(path, NULL);
  if (!real)
    return path;
  const char *copy = arena_copy(a, real, strlen(real));
  free(real);
  return copy;
}

bool file_replace(struct arena *a, const char *path, const void *bytes,
                  size_t size)
{
  if (!strcmp(path, "-"))
    return write_all(STDOUT_FILENO, bytes, size);
  struct writing w = {.arena = a, .bytes = bytes, .size = size};
  w.exists = !stat(path, &w.was);
  if (w.exists && !S_ISREG(w.was.st_mode))
    return write_there(path, bytes, size);
  w.to = resolve(a, path);
  return replace(&w);
}

bool file_create(const char *path, const void *bytes, size_t size)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    return false;
  if (close_with(fd, write_all(fd, bytes, size)))
    return true;
  int error = errno;
  unlink(path);
  errno = error;
  return false;
}
