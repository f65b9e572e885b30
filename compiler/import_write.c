// What was read of a config, as the text of a program.
#include "compiler/import_parts.h"

#include <string.h>

static size_t group_size(const char *name)
{
  const char *dot = strchr(name, '.');
  return dot ? (size_t)(dot - name) : 0;
}

static bool same_group(const struct line *l, const char *name, size_t n)
{
  return l->name && n && group_size(l->name) == n && !strncmp(l->name, name, n);
}

// `health: { period: 10s, timeout: 30s }` at the first of the group.
static void write_group(struct import *m, const struct line *first, size_t n)
{
  buf_addf(m->out, "  %.*s: { ", (int)n, first->name);
  for (const struct line *l = first; l; l = l->next)
    if (same_group(l, first->name, n))
      buf_addf(m->out, "%s%s: %s", l == first ? "" : ", ", l->name + n + 1,
               l->text);
  buf_adds(m->out, " }\n");
}

void import_write_lines(struct import *m, const struct line *lines,
                        const char *indent)
{
  for (const struct line *l = lines; l; l = l->next) {
    size_t n = l->name ? group_size(l->name) : 0;
    const struct line *first = lines;
    while (n && !same_group(first, l->name, n))
      first = first->next;
    if (!l->name)
      buf_addf(m->out, "%s// %s\n", indent, l->text);
    else if (!n)
      buf_addf(m->out, "%s%s: %s\n", indent, l->name, l->text);
    else if (first == l)
      write_group(m, l, n);
  }
}

void import_write_deployment(struct import *m, const struct node *all,
                             const struct node *d, const char *module)
{
  bool ingress = !d->next;
  buf_addf(m->out, "deployment %s(", d->ident);
  for (const struct node *n = all; ingress && n != d; n = n->next)
    buf_addf(m->out, "%s%s: %s", n == all ? "" : ", ", n->bind, n->ident);
  buf_adds(m->out, ") on python ");
  import_add_string(m->out, arena_printf(m->a, "%s:%s", module, d->name));
  buf_adds(m->out, " {\n");
  import_write_lines(m, d->lines, "  ");
  buf_addf(m->out, "%s  fn run(%s) -> json\n}\n\n", d->lines ? "\n" : "",
           ingress ? "request: request" : "input: json");
}

void import_write_app(struct import *m, const struct node *all,
                      const char *ident, const char *prefix,
                      const struct line *lines)
{
  buf_addf(m->out, "app %s", ident);
  if (prefix && strcmp(prefix, "/")) {
    buf_adds(m->out, " at ");
    import_add_string(m->out, prefix);
  }
  buf_adds(m->out, " {\n");
  import_write_lines(m, lines, "  ");
  const struct node *d = all;
  for (; d; d = d->next) {
    buf_addf(m->out, "  bind %s = %s(", d->bind, d->ident);
    for (const struct node *n = all; !d->next && n != d; n = n->next)
      buf_addf(m->out, "%s%s", n == all ? "" : ", ", n->bind);
    buf_adds(m->out, ")\n");
    if (!d->next && prefix)
      buf_addf(
          m->out,
          "\n"
          "  // Routes that the Python code declares belong here.\n"
          "  route GET \"/\" (request: request from request) -> %s(request)\n"
          "  route POST \"/\" (request: request from request) -> %s(request)\n",
          d->bind, d->bind);
  }
  buf_adds(m->out, "}\n");
}
