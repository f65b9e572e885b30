// `file(path)`: what a file holds.
//
// Reading is handed over, as disks take their time. Only plain files are read,
// and no large ones: a pipe may have no end, and models have readers of their
// own.
#include "stdlib/ops/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20 };

struct reading {
  struct operator_job job;
  char *path;
  char *data; // what it holds, once it was read
  size_t size;
  char why[120]; // it was not; empty: it was
};

static void failed(struct reading *r, const char *why)
{
  snprintf(r->why, sizeof r->why, "%s", why);
}

// What it holds may grow or shrink meanwhile: as much as there is counts.
static void read_all(struct reading *r, int fd, size_t room)
{
  r->data = malloc(room + 1);
  if (!r->data) {
    failed(r, strerror(ENOMEM));
    return;
  }
  while (r->size < room) {
    ssize_t n = read(fd, r->data + r->size, room - r->size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      failed(r, strerror(errno));
    if (n <= 0)
      return;
    r->size += (size_t)n;
  }
}

static void read_file(struct operator_job *job)
{
  struct reading *r = (struct reading *)job;
  struct stat s;
  int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fstat(fd, &s))
    failed(r, strerror(errno));
  else if (S_ISDIR(s.st_mode))
    failed(r, "it is a folder");
  else if (!S_ISREG(s.st_mode))
    failed(r, "it is no plain file");
  else if (s.st_size > FILE_MAX)
    failed(r, "it is larger than 64 MB");
  else
    read_all(r, fd, (size_t)s.st_size);
  if (fd >= 0)
    close(fd);
}

static enum operator_status give_file(struct operator_job *job,
                                      struct operator_call *call, value *out)
{
  struct reading *r = (struct reading *)job;
  if (*r->why)
    return operator_fail(call, "cannot read %s: %s", r->path, r->why);
  char *data = arena_copy(call->arena, r->data, r->size);
  if (!data)
    return operator_exhausted(call);
  return give(call, out, ops_text(call, data, r->size, r->size));
}

static void drop(struct operator_job *job)
{
  struct reading *r = (struct reading *)job;
  free(r->path);
  free(r->data);
  free(r);
}

OP(file)
{
  const struct text *path = ARG(0).text;
  if (!path->size || memchr(path->data, 0, path->size))
    return operator_fail(call, "no file has this name");
  struct reading *r = calloc(1, sizeof *r);
  if (!r || !(r->path = strndup(path->data, path->size))) {
    free(r);
    return operator_exhausted(call);
  }
  r->job =
      (struct operator_job){.run = read_file, .done = give_file, .free = drop};
  call->job = &r->job;
  (void)out;
  return OPERATOR_JOB;
}
