// Enters: a path. Leaves: a verified plan in memory that nobody can write.
//
// The bytes are read into a mapping of our own instead of mapping the file: the
// verifier looks at all of them anyway, and a plan that was verified must not
// change when somebody copies another file over it.
#include "runtime/plan/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(char *why, size_t why_size, const char *reason)
{
  snprintf(why, why_size, "%s", reason);
  return -1;
}

static int read_whole(int fd, char *to, size_t size, char *why, size_t why_size)
{
  for (size_t done = 0; done < size;) {
    ssize_t n = read(fd, to + done, size - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return refuse(why, why_size, strerror(errno));
    if (!n)
      return refuse(why, why_size, "the file became shorter while it was read");
    done += (size_t)n;
  }
  return 0;
}

// The size of what can be a plan file at all.
static int measure(int fd, size_t *size, char *why, size_t why_size)
{
  struct stat st;
  if (fstat(fd, &st))
    return refuse(why, why_size, strerror(errno));
  if (S_ISDIR(st.st_mode))
    return refuse(why, why_size, "it is a directory, not a plan");
  if (!S_ISREG(st.st_mode))
    return refuse(why, why_size, "it is not a regular file");
  if (!st.st_size)
    return refuse(why, why_size, "the file is empty");
  if ((uint64_t)st.st_size > UINT32_MAX)
    return refuse(why, why_size, "the file is too large for a plan");
  *size = (size_t)st.st_size;
  return 0;
}

static int load_fd(struct loaded *out, int fd, char *why, size_t why_size)
{
  struct loaded l = {0};
  if (measure(fd, &l.size, why, why_size))
    return -1;
  l.bytes = mmap(NULL, l.size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (l.bytes == MAP_FAILED)
    return refuse(why, why_size, strerror(errno));
  if (read_whole(fd, l.bytes, l.size, why, why_size) ||
      plan_open(&l.plan, l.bytes, l.size, why, why_size))
    goto fail;
  mprotect(l.bytes, l.size, PROT_READ);
  *out = l;
  return 0;
fail:
  plan_unload(&l);
  return -1;
}

int plan_load(struct loaded *out, const char *path, char *why, size_t why_size)
{
  // Not to wait for a writer if it is a pipe.
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return refuse(why, why_size, strerror(errno));
  int status = load_fd(out, fd, why, why_size);
  close(fd);
  return status;
}

void plan_unload(struct loaded *l)
{
  if (l->bytes)
    munmap(l->bytes, l->size);
  *l = (struct loaded){0};
}
