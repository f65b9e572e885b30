// What is set at a binding. See setting.h.
#include "runtime/serve/setting.h"

const struct plan_const *setting_written(const struct plan *p,
                                         const struct plan_binding *b,
                                         enum setting_id id)
{
  for (uint32_t i = 0; i < b->settings.count; i++) {
    const struct plan_setting *s = &p->settings[b->settings.first + i];
    if (s->id == id)
      return &p->consts[s->value];
  }
  return NULL;
}

int64_t setting_of(const struct plan *p, const struct plan_binding *b,
                   enum setting_id id)
{
  const struct plan_const *c = setting_written(p, b, id);
  return c ? (int64_t)plan_bits(c) : setting_default(id);
}
