// Hands a plan with its tests to sgrun, which is found beside this program or
// on the PATH. The plan goes through memory: nothing is left behind.
#include "compiler/test_run.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int plan_in_memory(const char *data, size_t size)
{
  int fd = memfd_create("tests.plan", 0);
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

void test_run(const void *bytes, size_t size, const char *filter)
{
  char path[4096], plan[64];
  int fd = plan_in_memory(bytes, size);
  if (fd < 0)
    return;
  snprintf(plan, sizeof plan, "/proc/self/fd/%d", fd);
  const char *args[6] = {"sgrun", "--test"};
  int n = 2;
  if (filter) {
    args[n++] = "--filter";
    args[n++] = filter;
  }
  args[n] = plan;
  beside(path, sizeof path);
  execv(path, (char *const *)args);
  execvp("sgrun", (char *const *)args);
  close(fd);
}
