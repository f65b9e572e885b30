// Site: a service on one loop. It is the handler of the loop's HTTP server:
// each request finds its route, becomes a call of the engine, and is answered.
//
// The service can be changed while requests run: each of them ends on the one
// that it began with, whose engine is freed behind the last.
#ifndef SG_SITE_H
#define SG_SITE_H

#include "runtime/net/access.h"
#include "runtime/net/service.h"

struct engine;
struct metrics;
struct port;
struct site;
struct traces;

struct site_options {
  uv_loop_t *loop;
  struct port *port;             // of the loop
  struct access *access;         // borrowed, or NULL
  int64_t request_timeout;       // nanoseconds, 0: none
  size_t request_memory;         // 0: the engine's default
  uint64_t seed;                 // of random numbers, 0: none
  const struct metrics *metrics; // for the page, borrowed
  struct metric_shard *shard;    // of the loop
  struct engine *engine;         // borrowed; NULL: the site makes its own
  double trace_share;    // of requests whose calls are noted, from 0 to 1
  int64_t slow;          // nanoseconds from which a request is, 0: none
  struct traces *traces; // borrowed
};

// Holds the service. `home` is that of another loop's engine, or NULL. 0, or -1
// with a reason.
int site_new(struct site **out, struct service *service, struct engine *home,
             const struct site_options *opts, char *why, size_t why_size);
// New requests go to `next`, which is held; -1: all stays as it is.
int site_switch(struct site *s, struct service *next, struct engine *home,
                char *why, size_t why_size);
// The engine that new requests go to.
struct engine *site_engine(const struct site *s);
const struct plan *site_plan(const struct site *s);
// Whether new requests go to that one.
bool site_serves(const struct site *s, const struct service *service);
// Ends what runs apart from requests; also while it closes.
void site_stop(struct site *s);
// Health answers that no new work is wanted.
void site_drain(struct site *s);
// When no request is left. `closed` is called when no engine of the site is in
// use by another loop or waits for one, and all that it had of its own is given
// back; at once where there is no site.
void site_close(struct site **s, void (*closed)(void *), void *user);

// An engine of the site, which `user` is, may have become idle.
void site_on_idle(void *user);

// For struct http_options; `user` is the site.
void site_on_headers(struct http_request *r, void *user);
void site_on_request(struct http_request *r, void *user);
void site_on_done(struct http_request *r, int status, uint64_t sent,
                  void *user);

#endif
