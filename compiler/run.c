// How a run of sgc is answered: what was asked for, what is wrong, the status.
#include "compiler/run.h"

#include "compiler/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool put(int fd, const struct buf *b)
{
  for (size_t at = 0; at < b->size;) {
    ssize_t n = write(fd, b->data + at, b->size - at);
    if (n < 0 && errno != EINTR)
      return false;
    at += n > 0 ? (size_t)n : 0;
  }
  return true;
}

int run_deliver(struct buf *out, int status)
{
  const char *why = out->failed   ? "out of memory"
                    : put(1, out) ? NULL
                                  : strerror(errno);
  buf_free(out);
  if (!why)
    return status;
  fprintf(stderr, "sgc: cannot write the standard output: %s\n", why);
  return RUN_WRONG;
}

static bool wants_colour(const struct run *r)
{
  const char *no = getenv("NO_COLOR");
  if (!strcmp(r->colour, "always"))
    return true;
  return !strcmp(r->colour, "auto") && isatty(2) && !(no && *no);
}

void run_report(const struct run *r)
{
  struct buf out = {0};
  diag_print(&r->p.c.diags, r->p.c.sources, r->p.c.n_sources, r->form, wants_colour(r),
             &out);
  if (r->form == DIAG_HUMAN && r->p.c.diags.count)
    buf_addf(&out, "%u error%s, %u warning%s\n", r->p.c.diags.errors,
             r->p.c.diags.errors == 1 ? "" : "s", r->p.c.diags.warnings,
             r->p.c.diags.warnings == 1 ? "" : "s");
  if (out.failed)
    fputs("sgc: out of memory\n", stderr);
  else
    put(2, &out);
  buf_free(&out);
}

int run_finish(struct run *r, struct buf *out)
{
  int status = run_deliver(out, RUN_OK);
  run_report(r);
  return r->p.c.diags.errors ? RUN_WRONG : status;
}

int run_complain(const char *format, const char *what)
{
  fprintf(stderr, "sgc: ");
  fprintf(stderr, format, what);
  fprintf(stderr, "\n");
  return RUN_USAGE;
}

bool run_compile(struct run *r, char **paths, size_t n, struct buf *out)
{
  r->p.paths = paths;
  r->p.n_paths = n;
  passes_run(&r->p, r->dump, out);
  return !r->p.c.diags.errors && !r->dump;
}

bool run_takes_plan(struct run *r, char **paths, size_t n)
{
  size_t size = 0;
  char *bytes = NULL;
  if (n == 1 && strcmp(paths[0], "-"))
    bytes = file_read(r->p.c.arena, paths[0], &size);
  if (!bytes || !file_is_plan(bytes, size))
    return false;
  r->p.plan = bytes;
  r->p.plan_size = size;
  return true;
}

