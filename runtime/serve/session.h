// Sessions of a plan: the headers that tell them. Those that its bindings name
// have numbers, in order, each once.
#ifndef SG_SESSION_H
#define SG_SESSION_H

#include "grammar/plan/plan.h"

// Of a binding; PLAN_NONE and NULL: it has none.
uint32_t session_number(const struct plan *p, uint32_t binding);
const char *session_header(const struct plan *p, uint32_t binding);
uint32_t sessions_count(const struct plan *p);
uint64_t session_hash(const char *text, size_t size); // never 0

#endif
