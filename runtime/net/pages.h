// Pages that the runtime itself answers: health, readiness, routes,
// deployments, OpenAPI, docs.
#ifndef SG_PAGES_H
#define SG_PAGES_H

#include "grammar/base/buf.h"
#include "runtime/net/router.h"
#include "runtime/serve/metrics.h"

struct engine;
struct http_request;
struct service;
struct traces;
struct service_pages; // what was made so far; safe to use from any loop

struct service_pages *pages_new(const struct plan *p); // NULL: out of memory
void pages_free(struct service_pages **p);

// Answers `r` with the page of `m`. `draining`: no new work is wanted.
void pages_answer(const struct service *s, const struct engine *e,
                  const struct router_match *m, struct http_request *r,
                  bool draining, const struct metrics *metrics,
                  struct traces *traces);

// The OpenAPI 3.1 document of one app, or of all (PLAN_NONE).
void openapi_write(const struct plan *p, uint32_t app, struct buf *out);
// What the server itself may answer a route with, before its code runs.
bool security_asks(const struct plan *p, const struct plan_route *r);   // 401
bool security_counts(const struct plan *p, const struct plan_route *r); // 429
// Its parts about keys (openapi_security.c): of a route, and of all.
void security_write(const struct plan *p, const struct plan_route *r,
                    struct buf *out);
void security_schemes_write(const struct plan *p, struct buf *out);
// JSON Schema of a type, and the schemas that it refers to (schema.c). A set
// bit of `wanted` (types of the plan) asks for an entry of components/schemas.
void schema_write(const struct plan *p, uint32_t type, uint8_t *wanted,
                  struct buf *out);
void schema_write_entry(const struct plan *p, uint32_t type, uint8_t *wanted,
                        struct buf *out);

#endif
