// `sgc --deps`. How make reads names: GNU make manual, "Rule Syntax" and "Using
// Wildcard Characters in File Names".
#include "compiler/deps.h"

#include <string.h>

static void add_name(struct buf *out, const char *name)
{
  for (; *name; name++) {
    if (*name == '$')
      buf_addc(out, '$');
    else if (strchr(" #:", *name))
      buf_addc(out, '\\');
    buf_addc(out, *name);
  }
}

typedef void add_file(struct buf *out, const char *path);

static void each_file(const struct compile *c, add_file *add, struct buf *out)
{
  for (uint32_t i = 0; i < c->n_own; i++)
    if (strcmp(c->sources[i].path, "<stdin>"))
      add(out, c->sources[i].path);
  for (const struct missing *m = c->missing; m; m = m->next)
    add(out, m->path);
}

static void add_needed(struct buf *out, const char *path)
{
  buf_adds(out, " \\\n  ");
  add_name(out, path);
}

static void add_rule(struct buf *out, const char *path)
{
  buf_addc(out, '\n');
  add_name(out, path);
  buf_adds(out, ":\n");
}

void deps_rule(const struct compile *c, const char *target, struct buf *out)
{
  add_name(out, target);
  buf_addc(out, ':');
  each_file(c, add_needed, out);
  buf_addc(out, '\n');
  each_file(c, add_rule, out);
}
