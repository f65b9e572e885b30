// Loops: a service on N event loops, from listening to the last answer.
//
// Loop 0 is the caller's thread and takes the signals; the others have threads
// of their own. SIGTERM and SIGINT let requests end; a second SIGINT stops now.
// Deployments with limits or state are at home on loop 0, which therefore
// begins before the others and ends after them.
#ifndef SG_LOOPS_H
#define SG_LOOPS_H

#include "runtime/net/service.h"
#include "runtime/options.h"

struct loops;

// What all loops borrow, NULL where it is not wanted.
struct ingress {
  struct http_proxies *proxies;
  struct http_tls *tls;
};

// Listens on all loops. Holds the service. 0, or -1 with a reason.
int loops_new(struct loops **out, const struct options *o,
              const struct ingress *in, struct service *service, char *why,
              size_t why_size);
// Of the address of that number, 0 for a Unix socket.
int loops_port(const struct loops *l, unsigned address);
uv_loop_t *loops_main(struct loops *l);

// Gives all loops but 0 a thread each, on which they serve at once. -1: there
// is none.
int loops_start(struct loops *l);

// Then: serves until a signal ends it, and frees everything; the exit status.
// `ended` (or NULL) is called on loop 0 when it begins to end, to give back
// what else is on it.
int loops_run(struct loops **l, void (*ended)(void *), void *user);

// Whether the service goes on, with the settings that `next` has for batches,
// as these are all that differs; else it is to be switched.
bool loops_rebatch(struct loops *l, const struct service *next);
// On loop 0: new requests go to `next` on every loop. -1: on none.
int loops_switch(struct loops *l, struct service *next, char *why,
                 size_t why_size);

#endif
