// What the rooms of guards share: the settings of a place, and each kind of
// guard. A kind is NULL where its settings are not set.
#ifndef SG_GUARD_PARTS_H
#define SG_GUARD_PARTS_H

#include "runtime/net/guard.h"
#include "runtime/net/answer.h"
#include "runtime/net/guard.h"
#include "runtime/net/service.h"

// Where the settings of a route are: its own, then the server's.
struct guard_place {
  const struct plan *plan;
  struct plan_run own, server;
  bool compress; // by an option
  bool test;     // keys are their names, and nobody comes too often
};

const struct plan_setting *guard_row(const struct guard_place *p,
                                     enum setting_id id);
int64_t guard_number(const struct guard_place *p, enum setting_id id,
                     int64_t otherwise);
const char *guard_text(const struct guard_place *p, enum setting_id id,
                       const char *otherwise);
// The same of the name of a header, in lower case and the caller's to free;
// NULL: out of memory.
char *guard_header(const struct guard_place *p, enum setting_id id,
                   const char *otherwise);
struct guard_list { // of texts
  const struct plan *plan;
  uint32_t first, count;
};
struct guard_list guard_list(const struct guard_place *p, enum setting_id id);
static inline const char *guard_item(const struct guard_list *l, uint32_t i)
{
  return service_text(l->plan, l->first + i);
}
// Whether the list has that text; without regard to case if `loose`.
bool guard_has(const struct guard_list *l, const char *text, size_t size,
               bool loose);

// The shape of errors there.
enum error_shape guard_errors(const struct guard_place *p);

// ---- CORS ----
struct cors;
// False: out of memory.
bool cors_new(struct cors **out, const struct guard_place *p);
void cors_free(struct cors **c);
// Of a request with an Origin: what a browser wants to read in the answer.
void cors_mark(const struct cors *c, struct http_request *r);
bool cors_is_preflight(const struct http_request *r);
// Answers it. `allow`: what the path can do.
void cors_preflight(const struct cors *c, struct http_request *r,
                    uint32_t allow);

// ---- keys ----
struct auth;
// 0, or -1 with a reason.
int auth_new(struct auth **out, const struct guard_place *p, char *why,
             size_t why_size);
void auth_free(struct auth **a);
// True: it has been answered.
bool auth_refuses(const struct auth *a, struct http_request *r);

// ---- rates ----
struct rate;
// Of a place with rate_limit.requests. False: out of memory.
bool rate_new(struct rate **out, const struct guard_place *p);
void rate_free(struct rate **x);
bool rate_by_header(const struct rate *x);
// Counts it. True: it has been answered.
bool rate_refuses(struct rate *x, struct http_request *r);

#endif
