// Rehearsal: what answers the requests that tests make.
//
// A test's request is bytes on a socket, which the HTTP server reads, the site
// answers, and adapters and encoders write, as a client's would be; only the
// engine is the test's own, with its virtual time, its state and its stubs.
#ifndef SG_REHEARSAL_H
#define SG_REHEARSAL_H

#include "runtime/net/service.h"
#include "runtime/vm/engine.h"

// NULL when memory is out. The service is borrowed.
struct outside *rehearsal_new(struct service *service);
void rehearsal_free(struct outside **o); // accepts NULL

#endif
