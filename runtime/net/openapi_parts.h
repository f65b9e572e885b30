// What the rooms of the OpenAPI document share: openapi.c, openapi_answers.c.
#ifndef SG_OPENAPI_PARTS_H
#define SG_OPENAPI_PARTS_H

#include "grammar/base/buf.h"
#include "runtime/net/service.h"

struct writer {
  const struct plan *plan;
  uint32_t app; // PLAN_NONE: all
  struct buf *out;
  uint8_t *wanted;
  bool checked;      // some route has parameters, so that 422 is described
  bool fails;        // the code of some route does
  const char *comma; // before the next response
  const char *own;   // before the names of our own schemas
};

#define BINARY "{\"type\":\"string\",\"format\":\"binary\"}"

void openapi_text(struct writer *w, struct plan_text t); // as a JSON string
void openapi_schema(struct writer *w, uint32_t type);
// `,"responses":{…}` of a route.
void openapi_answers(struct writer *w, const struct plan_route *r);

#endif
