// States of calls and replicas, and what becomes of them: states.def.
#ifndef SG_STATES_H
#define SG_STATES_H

#include <stdbool.h>

enum claim_state {
#define CLAIM_STATE(name) CLAIM_##name,
#include "runtime/serve/states.def"
  CLAIM_STATES
};
enum claim_event {
#define CLAIM_EVENT(name) CLAIM_ON_##name,
#include "runtime/serve/states.def"
  CLAIM_EVENTS
};
enum replica_state {
#define REPLICA_STATE(name) REPLICA_##name,
#include "runtime/serve/states.def"
  REPLICA_STATES
};
enum replica_event {
#define REPLICA_EVENT(name) REPLICA_ON_##name,
#include "runtime/serve/states.def"
  REPLICA_EVENTS
};

// Changes the state as its row says. Without a row nothing changes: false, and
// the end of the program in builds for tests.
bool claim_goes(enum claim_state *s, enum claim_event event);
bool replica_goes(enum replica_state *s, enum replica_event event);

// Whether there is a row.
bool claim_may(enum claim_state s, enum claim_event event);
bool replica_may(enum replica_state s, enum replica_event event);

#endif
