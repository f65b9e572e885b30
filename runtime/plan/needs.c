// Environment variables that a program names without a default.
#include "runtime/plan/needs.h"

#include "grammar/base/utf8.h"

#include <stdlib.h>
#include <string.h>

// What is wrong with it, or NULL.
static const char *wrong(const struct plan *p, const struct plan_need *n)
{
  const char *set = getenv(plan_str(p, n->name));
  if (!set)
    return "not set";
  if (n->secret && !*set)
    return "empty";
  return utf8_check(set, strlen(set)) == strlen(set) ? NULL : "not UTF-8";
}

bool plan_needs_met(const struct plan *p, FILE *to)
{
  bool met = true;
  for (uint32_t i = 0; i < p->n_needs; i++) {
    const struct plan_need *n = &p->needs[i];
    const char *why = wrong(p, n);
    if (why)
      fprintf(to, "%s:%u:%u: error: the environment variable %s%s is %s\n",
              plan_str(p, p->files[n->file].path), n->line, n->column,
              plan_str(p, n->name), n->secret ? ", a secret," : "", why);
    met = met && !why;
  }
  return met;
}
