// Service: a plan ready to be served, read-only and shared by all loops.
//
// It owns the loaded plan and what is worked out once: the router, and of each
// route and parameter what a request needs to know without looking for it.
#ifndef SG_SERVICE_H
#define SG_SERVICE_H

#include "runtime/net/router.h"
#include "runtime/plan/load.h"

enum error_shape { SHAPE_FASTAPI, SHAPE_OPENAI, SHAPE_INFERENCE };

struct service_route {
  int64_t timeout;     // nanoseconds; 0: the server's
  uint64_t max_body;   // bytes; 0: the server's
  int overload_status; // 0: the deployment's
  int priority;
  int64_t queue_timeout;                      // ns, 0: none
  int64_t first_piece_timeout, piece_timeout; // the same, of stream answers
  enum error_shape errors;
  uint32_t streams; // the parameter that is a stream, or PLAN_NONE
  // of a WebSocket
  int64_t ping, grace;     // nanoseconds
  const char *subprotocol; // or NULL
};

struct service_param { // beside each parameter of the plan
  uint32_t order;      // which parameter of its route is read at this turn
  int hole;            // of the path, for SOURCE_path
  bool several;        // a list: all values of that name
  bool raw;            // a str or bytes: the body need not be JSON
};

struct service {
  struct loaded loaded;
  const struct plan *plan; // of `loaded`
  struct router *router;
  struct service_route *routes;
  struct service_param *params;
  bool has_body_limits;        // or bodies that stream
  bool multiplexes;            // it has models that are asked for by ids
  const char **sessions;       // the headers that tell them, by number
  uint32_t n_sessions;
  struct guards *guards;       // NULL: nothing is guarded
  struct service_pages *pages; // pages.c: texts made at the first question
  _Atomic uint32_t users;
};

// Takes over `loaded`, also on failure. 0, or -1 with a reason.
int service_new(struct service **out, struct loaded *loaded, char *why,
                size_t why_size);
// Reads what its guards need from the environment, before it is served.
// `compress`: also where the program does not say so. 0, or -1 with a reason.
int service_guard(struct service *s, bool compress, bool test, char *why,
                  size_t why_size);
// What a result of that type becomes where `form` is auto: never auto.
enum form_kind service_form(const struct plan *p, enum form_kind form,
                            uint32_t type);
// One more user, one less; the last one frees it. May be called from any loop.
struct service *service_hold(struct service *s);
void service_drop(struct service **s);

// The setting of that id in a run of the plan, or NULL.
const struct plan_const *service_setting(const struct plan *p,
                                         struct plan_run settings,
                                         enum setting_id id);

// The text of a constant that is one.
static inline const char *service_text(const struct plan *p, uint32_t number)
{
  const struct plan_const *c = &p->consts[number];
  return plan_str(p, (struct plan_text){c->lo, c->hi});
}
enum error_shape service_errors(const struct plan *p, struct plan_run settings);

static inline enum type_kind service_kind(const struct plan *p, uint32_t type)
{
  return (enum type_kind)p->types[p->types[type].base].kind;
}

#endif
