// Enters: the headers of a request. Leaves: the model that it is for, and the
// sessions that it belongs to. See steer.h.
#include "runtime/net/steer.h"
#include "runtime/net/fields.h"
#include "runtime/serve/session.h"

#include <stdlib.h>

bool steer_prepare(struct service *s)
{
  const struct plan *p = s->plan;
  for (uint32_t i = 0; i < p->n_methods; i++)
    s->multiplexes |= p->methods[i].loader != PLAN_NONE;
  s->n_sessions = sessions_count(p);
  if (!s->n_sessions)
    return true;
  if (!(s->sessions = calloc(s->n_sessions, sizeof *s->sessions)))
    return false;
  for (uint32_t i = 0; i < p->n_bindings; i++)
    if (session_number(p, i) != PLAN_NONE)
      s->sessions[session_number(p, i)] = session_header(p, i);
  return true;
}

// The first that is there and not empty; one without a size is none. False:
// memory is out.
static bool find(const struct http_request *r, struct arena *a,
                 const char *name, struct field *out)
{
  struct fields f = {.arena = a};
  if (!fields_of_headers(&f, r, name))
    return false;
  while (f.first && !f.first->size)
    f.first = f.first->next;
  *out = f.first ? *f.first : (struct field){0};
  return true;
}

static bool read_model(const struct http_request *r, const char *name,
                       struct request *call)
{
  struct field f;
  if (call->model)
    return true;
  if (!find(r, call->arena, name, &f))
    return false;
  if (f.size)
    call->model = text_new(call->arena, f.data, f.size);
  return !f.size || call->model;
}

static bool read_sessions(const struct service *s, const struct http_request *r,
                          struct request *call)
{
  uint64_t *all = ARENA_ARRAY(call->arena, s->n_sessions, uint64_t);
  struct field f;
  for (uint32_t i = 0; all && i < s->n_sessions; i++) {
    if (!find(r, call->arena, s->sessions[i], &f))
      return false;
    all[i] = f.size ? session_hash(f.data, f.size) : 0;
  }
  call->sessions = all;
  return all;
}

bool steer_read(const struct service *s, const struct http_request *r,
                struct request *call)
{
  if (s->multiplexes && (!read_model(r, "multiplexed_model_id", call) ||
                         !read_model(r, "serve_multiplexed_model_id", call)))
    return false;
  return !s->n_sessions || read_sessions(s, r, call);
}
