// Enters: the path of a source. Leaves: the path of a plan. Nothing of the
// compiler is linked into this program.
#include "runtime/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool compile_is_source(const char *path)
{
  size_t size = strlen(path);
  return size > 3 && !strcmp(path + size - 3, ".sg");
}

void compile_program(char *out, size_t size)
{
  ssize_t n = readlink("/proc/self/exe", out, size - 1);
  char *slash = NULL;
  if (n > 0) {
    out[n] = 0;
    slash = strrchr(out, '/');
  }
  if (slash && (size_t)(slash - out) + 5 < size) {
    memcpy(slash, "/sgc", 5);
    if (!access(out, X_OK))
      return;
  }
  snprintf(out, size, "sgc");
}

char *compile_target(char *why, size_t why_size)
{
  const char *folder = getenv("TMPDIR");
  char *path = NULL;
  if (asprintf(&path, "%s/sgrun-XXXXXX.plan",
               folder && *folder ? folder : "/tmp") < 0) {
    snprintf(why, why_size, "out of memory");
    return NULL;
  }
  int fd = mkostemps(path, 5, O_CLOEXEC);
  if (fd < 0) {
    snprintf(why, why_size, "cannot make a file for the plan, %.200s: %s", path,
             strerror(errno));
    free(path);
    return NULL;
  }
  close(fd);
  return path;
}

int compile_source(const char *source, const char *target, bool tests,
                   char *why, size_t why_size)
{
  char program[4096];
  compile_program(program, sizeof program);
  const char *args[8] = {"sgc", "-o", target};
  int n = 3;
  if (tests)
    args[n++] = "--tests";
  args[n++] = "--";
  args[n] = source;
  pid_t pid;
  int status;
  int error = posix_spawnp(&pid, program, NULL, NULL, (char **)args, environ);
  if (error) {
    snprintf(
        why, why_size,
        "cannot run sgc, which compiles %.200s: it is neither beside sgrun "
        "nor on PATH (%s)",
        source, strerror(error));
    return -1;
  }
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return 1;
  if (WIFSIGNALED(status)) {
    snprintf(why, why_size, "sgc ended by signal %d", WTERMSIG(status));
    return -1;
  }
  return WEXITSTATUS(status) ? 1 : 0;
}
