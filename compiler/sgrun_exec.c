// Hands a plan to sgrun, which is found beside this program or on the PATH. The
// plan goes through memory: nothing is left behind.
#include "compiler/sgrun_exec.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int plan_in_memory(const char *data, size_t size)
{
  int fd = memfd_create("sgc.plan", 0);
  while (fd >= 0 && size) {
    ssize_t n = write(fd, data, size);
    if (n <= 0) {
      close(fd);
      return -1;
    }
    data += n;
    size -= (size_t)n;
  }
  return fd;
}

static void beside(char *path, size_t size)
{
  ssize_t n = readlink("/proc/self/exe", path, size - sizeof "/sgrun");
  path[n < 0 ? 0 : n] = 0;
  char *slash = strrchr(path, '/');
  memcpy(slash ? slash : path, "/sgrun", sizeof "/sgrun");
}

void sgrun_exec(const char *const *options, const void *bytes, size_t size)
{
  enum { MOST = 8 };
  char path[4096], plan[64];
  const char *args[MOST + 3] = {"sgrun"};
  int fd = plan_in_memory(bytes, size), n = 1;
  if (fd < 0)
    return;
  snprintf(plan, sizeof plan, "/proc/self/fd/%d", fd);
  while (n <= MOST && *options)
    args[n++] = *options++;
  args[n] = plan;
  beside(path, sizeof path);
  execv(path, (char *const *)args);
  execvp("sgrun", (char *const *)args);
  close(fd);
}
