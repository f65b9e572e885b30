// Enters: the headers of a request. Leaves: the model that it is for. See
// steer.h.
#include "runtime/net/steer.h"
#include "runtime/net/fields.h"

bool steer_needed(const struct plan *p)
{
  for (uint32_t i = 0; i < p->n_methods; i++)
    if (p->methods[i].loader != PLAN_NONE)
      return true;
  return false;
}

// The text of the first header of these names that has one. False: memory is
// out.
static bool read_header(const struct http_request *r, struct arena *a,
                        const char *name, const struct text **out)
{
  struct fields f = {.arena = a};
  if (*out)
    return true;
  if (!fields_of_headers(&f, r, name))
    return false;
  if (!f.first || !f.first->size)
    return true;
  *out = text_new(a, f.first->data, f.first->size);
  return *out != NULL;
}

bool steer_read(const struct service *s, const struct http_request *r,
                struct request *call)
{
  return !s->steers ||
         (read_header(r, call->arena, "multiplexed_model_id", &call->model) &&
          read_header(r, call->arena, "serve_multiplexed_model_id",
                      &call->model));
}
