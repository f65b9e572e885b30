// Site: a service on one loop. It is the handler of the loop's HTTP server:
// each request finds its route, becomes a call of the engine, and is answered.
//
// The service can be changed while requests run: each of them ends on the one
// that it began with, whose engine is freed behind the last.
#ifndef SG_SITE_H
#define SG_SITE_H

#include "runtime/net/access.h"
#include "runtime/net/service.h"

struct site;

struct site_options {
  uv_loop_t *loop;
  struct access *access;   // borrowed, or NULL
  int64_t request_timeout; // nanoseconds, 0: none
  size_t request_memory;   // 0: the engine's default
};

// Holds the service. 0, or -1 with a reason.
int site_new(struct site **out, struct service *service,
             const struct site_options *opts, char *why, size_t why_size);
// New requests go to `next`, which is held; -1: all stays as it is.
int site_switch(struct site *s, struct service *next, char *why,
                size_t why_size);
// Whether new requests go to that one.
bool site_serves(const struct site *s, const struct service *service);
// Health answers that no new work is wanted.
void site_drain(struct site *s);
// When no request is left. What it holds of the loop is given back by it.
void site_close(struct site **s);

// For struct http_options; `user` is the site.
void site_on_headers(struct http_request *r, void *user);
void site_on_request(struct http_request *r, void *user);
void site_on_done(struct http_request *r, int status, uint64_t sent,
                  void *user);

#endif
