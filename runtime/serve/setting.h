// What is set at a binding.
#ifndef SG_SETTING_H
#define SG_SETTING_H

#include "grammar/defs/settings.h"
#include "grammar/plan/plan.h"

// NULL: it is not set there.
const struct plan_const *setting_written(const struct plan *p,
                                         const struct plan_binding *b,
                                         enum setting_id id);
// As a number, or its default.
int64_t setting_of(const struct plan *p, const struct plan_binding *b,
                   enum setting_id id);

#endif
