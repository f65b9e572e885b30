// Parameters: from a request to the typed arguments of a route's function.
#ifndef SG_PARAMS_H
#define SG_PARAMS_H

#include "runtime/codec/codec.h"
#include "runtime/net/http.h"
#include "runtime/net/service.h"

struct params {
  const struct service *service;
  struct http_request *http; // values may borrow its texts and body
  const struct router_match *match;
  struct arena *arena;
  struct offences offences; // empty; its arena set
};

// Fills an argument for each parameter of the route. False: `offences` says
// all that is wrong, or nothing when the arena is exhausted.
bool params_read(struct params *p, value *args);

// Whether a content type (or NULL) is JSON.
bool params_is_json(const char *content_type);

#endif
