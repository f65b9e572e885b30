// What a request's headers say about the replicas that its calls suit.
#ifndef SG_STEER_H
#define SG_STEER_H

#include "runtime/net/service.h"
#include "runtime/vm/engine.h"

struct http_request;

// Finds out which headers count; false when memory is out.
bool steer_prepare(struct service *s);
// Fills `call` from the headers; false when memory is out.
bool steer_read(const struct service *s, const struct http_request *r,
                struct request *call);

#endif
