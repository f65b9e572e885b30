// Headers that tell sessions. See session.h.
#include "runtime/serve/session.h"

#include <strings.h>
#include <xxhash.h>

const char *session_header(const struct plan *p, uint32_t binding)
{
  struct plan_run run = p->bindings[binding].settings;
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_setting *s = &p->settings[run.first + i];
    const struct plan_const *c = &p->consts[s->value];
    if (s->id == SETTING_session_affinity && c->hi)
      return plan_str(p, (struct plan_text){c->lo, c->hi});
  }
  return NULL;
}

static bool is_first(const struct plan *p, uint32_t binding)
{
  const char *name = session_header(p, binding), *other;
  for (uint32_t i = 0; name && i < binding; i++)
    if ((other = session_header(p, i)) && !strcasecmp(name, other))
      return false;
  return name;
}

uint32_t session_number(const struct plan *p, uint32_t binding)
{
  const char *name = session_header(p, binding);
  uint32_t n = 0;
  if (!name)
    return PLAN_NONE;
  for (uint32_t i = 0;; i++) {
    if (!is_first(p, i))
      continue;
    if (!strcasecmp(name, session_header(p, i)))
      return n;
    n++;
  }
}

uint32_t sessions_count(const struct plan *p)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->n_bindings; i++)
    n += is_first(p, i);
  return n;
}

uint64_t session_hash(const char *text, size_t size)
{
  uint64_t h = XXH3_64bits(text, size);
  return h ? h : 1;
}
