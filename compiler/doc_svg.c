// Pictures: Graphviz is asked, if it is there, and may take ten seconds.
#include "compiler/doc_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 10000 }; // milliseconds

struct drawing {
  pid_t child;
  int in, out; // ours: what it reads, what it writes; -1: closed
  const char *dot;
  size_t size;
  int64_t end; // of our patience
};

static int64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void become_dot(int in, int out)
{
  int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  if (nothing >= 0)
    dup2(nothing, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  execlp("dot", "dot", "-Tsvg", (char *)NULL);
  _exit(127);
}

static bool start(struct drawing *g)
{
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC))
    return false;
  if (pipe2(out, O_CLOEXEC)) {
    close(in[0]);
    close(in[1]);
    return false;
  }
  g->child = fork();
  if (!g->child)
    become_dot(in[0], out[1]);
  close(in[0]);
  close(out[1]);
  g->in = in[1];
  g->out = out[0];
  fcntl(g->in, F_SETFL, O_NONBLOCK);
  return g->child > 0;
}

static void close_in(struct drawing *g)
{
  if (g->in >= 0)
    close(g->in);
  g->in = -1;
}

static void give(struct drawing *g)
{
  ssize_t n = write(g->in, g->dot, g->size);
  if (n > 0) {
    g->dot += n;
    g->size -= (size_t)n;
  }
  if (!g->size || (n < 0 && errno != EAGAIN && errno != EINTR))
    close_in(g);
}

// False at the end of what it writes, or of our patience.
static bool step(struct drawing *g, struct buf *svg)
{
  struct pollfd fds[2] = {{g->out, POLLIN, 0}, {g->in, POLLOUT, 0}};
  int64_t left = g->end - now();
  if (left <= 0 || (poll(fds, 2, (int)left) < 0 && errno != EINTR))
    return false;
  if (fds[1].revents)
    give(g);
  if (!fds[0].revents)
    return true;
  char part[16384];
  ssize_t n = read(g->out, part, sizeof part);
  if (n > 0)
    buf_add(svg, part, (size_t)n);
  return n > 0 || (n < 0 && errno == EINTR);
}

static bool finish(struct drawing *g)
{
  int status = -1;
  close_in(g);
  close(g->out);
  if (g->child <= 0)
    return false;
  if (now() >= g->end)
    kill(g->child, SIGKILL);
  while (waitpid(g->child, &status, 0) < 0 && errno == EINTR)
    ;
  return WIFEXITED(status) && !WEXITSTATUS(status);
}

bool doc_svg(const char *dot, size_t size, struct buf *out)
{
  struct drawing g = {.dot = dot, .size = size, .end = now() + PATIENCE};
  struct buf svg = {.arena = out->arena};
  if (!start(&g))
    return g.child < 0 && finish(&g);
  void (*before)(int) = signal(SIGPIPE, SIG_IGN);
  while (step(&g, &svg))
    ;
  bool drawn = finish(&g);
  signal(SIGPIPE, before);
  const char *from = svg.size ? memmem(svg.data, svg.size, "<svg", 4) : NULL;
  if (!drawn || !from)
    return false;
  buf_add(out, from, (size_t)(svg.data + svg.size - from));
  return true;
}
