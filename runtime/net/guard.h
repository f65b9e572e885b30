// Guards: what stands between a request and its route: who may call from where
// (CORS), by which key, how often; and how the answer is packed. All of it
// follows from settings of routes, apps and the server.
//
// A service without such settings has no guards, and a request pays nothing.
#ifndef SG_GUARD_H
#define SG_GUARD_H

#include "runtime/net/http.h"
#include "runtime/net/router.h"

struct guards;

// `*out` is NULL where there is nothing to guard. Borrows plan and router. In a
// test a key that is not set is its own name, and rates have no limits, since
// they are of real time. 0, or -1 with a reason.
int guards_new(struct guards **out, const struct plan *p,
               const struct router *router, bool compress, bool test, char *why,
               size_t why_size);
void guards_free(struct guards **g); // accepts NULL

// Looks at the head of a request for which `found` and `match` are what the
// router said. True: it has been answered; else what marks it lives in its
// arena.
bool guards_answer(struct guards *g, enum router_found found,
                   const struct router_match *match, struct http_request *r);

// Adds a field to whatever the request will be answered with. The name is
// borrowed until then, the text is copied. `vary` gathers.
void guard_add(struct http_request *r, const char *name, const char *text);

#endif
