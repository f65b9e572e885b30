// The tables of states.def. See states.h.
#include "runtime/serve/states.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// What comes next, + 1; 0: there is no row.
static const uint8_t claims[CLAIM_STATES][CLAIM_EVENTS] = {
#define CLAIM(state, event, next)                                              \
  [CLAIM_##state][CLAIM_ON_##event] = CLAIM_##next + 1,
#include "runtime/serve/states.def"
};
static const uint8_t replicas[REPLICA_STATES][REPLICA_EVENTS] = {
#define REPLICA(state, event, next)                                            \
  [REPLICA_##state][REPLICA_ON_##event] = REPLICA_##next + 1,
#include "runtime/serve/states.def"
};

static const char *const claim_states[] = {
#define CLAIM_STATE(name) #name,
#include "runtime/serve/states.def"
};
static const char *const claim_events[] = {
#define CLAIM_EVENT(name) #name,
#include "runtime/serve/states.def"
};
static const char *const replica_states[] = {
#define REPLICA_STATE(name) #name,
#include "runtime/serve/states.def"
};
static const char *const replica_events[] = {
#define REPLICA_EVENT(name) #name,
#include "runtime/serve/states.def"
};

static bool no_row(const char *what, const char *state, const char *event)
{
#ifdef SG_CHECK_VALUES
  fprintf(stderr, "%s that is %s: no row for %s\n", what, state, event);
  abort();
#else
  (void)what, (void)state, (void)event;
  return false;
#endif
}

bool claim_may(enum claim_state s, enum claim_event event)
{
  return claims[s][event];
}

bool replica_may(enum replica_state s, enum replica_event event)
{
  return replicas[s][event];
}

bool claim_goes(enum claim_state *s, enum claim_event event)
{
  uint8_t next = claims[*s][event];
  if (!next)
    return no_row("a call", claim_states[*s], claim_events[event]);
  *s = (enum claim_state)(next - 1);
  return true;
}

bool replica_goes(enum replica_state *s, enum replica_event event)
{
  uint8_t next = replicas[*s][event];
  if (!next)
    return no_row("a replica", replica_states[*s], replica_events[event]);
  *s = (enum replica_state)(next - 1);
  return true;
}
