// A plan's way to the disk.
#include "compiler/compile.h"
#include "compiler/emit.h"
#include "compiler/files.h"

#include <errno.h>
#include <string.h>

bool emit_file(struct compile *c, const char *path, const void *bytes,
               size_t size)
{
  if (file_replace(c->arena, path, bytes, size))
    return true;
  const char *name = strcmp(path, "-") ? path : "the standard output";
  diag_report(&c->diags, DIAG_cannot_write, NO_SPAN, "cannot write %s: %s",
              name, strerror(errno));
  return false;
}
