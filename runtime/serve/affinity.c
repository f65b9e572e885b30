// Which replica suits a call. See affinity.h.
#include "runtime/serve/affinity.h"
#include "runtime/serve/deployment.h"

#include <xxhash.h>

enum {
  LOOK_AHEAD = 16, // who waits and may go before the first
  PASSED_MOST = 16,
};

// ---- models ----

static bool is_on(const struct shelf *s, uint64_t hash)
{
  const struct model *m = s->newest;
  while (m && m->hash != hash)
    m = m->older;
  return m;
}

// It has the model, loads it, or was sent a call that will.
static bool holds(const struct replica *r, uint64_t hash)
{
  for (uint32_t i = 0; i < r->of->n_multiplex; i++)
    if (is_on(&r->shelves[i], hash))
      return true;
  for (uint32_t i = 0; i < r->named.n; i++)
    if (r->named.hash[i] == hash)
      return true;
  return false;
}

static uint32_t models_of(const struct replica *r)
{
  uint32_t n = r->named.n;
  for (uint32_t i = 0; i < r->of->n_multiplex; i++)
    n += r->shelves[i].count;
  return n;
}

// ---- sessions ----

// Rendezvous: when a replica comes or goes, only its own sessions move.
static struct replica *own_of(struct deployment *d, struct affinity *to)
{
  uint64_t most = 0;
  if (to->found == d->comings + 1)
    return to->own;
  to->found = d->comings + 1;
  to->own = NULL;
  for (uint32_t i = 0; i < deployment_count(&d->n_ready); i++) {
    struct replica *r = d->heap[i];
    uint64_t number = (uint64_t)(r - d->replicas);
    uint64_t h = XXH3_64bits_withSeed(&number, sizeof number, to->session);
    if (!to->own || h > most || (h == most && r < to->own)) {
      to->own = r;
      most = h;
    }
  }
  return to->own;
}

// ---- for a call ----

struct fit { // the less, the better
  bool without;
  uint32_t models, ongoing;
  uint64_t turn;
};

static struct fit fit_of(const struct replica *r, uint64_t model)
{
  struct fit f = {!holds(r, model), 0, r->ongoing, r->turn};
  if (f.without)
    f.models = models_of(r);
  return f;
}

static bool fits_better(const struct fit *x, const struct fit *y)
{
  if (x->without != y->without)
    return y->without;
  if (x->models != y->models)
    return x->models < y->models;
  return x->ongoing != y->ongoing ? x->ongoing < y->ongoing : x->turn < y->turn;
}

static struct replica *pick_for_model(struct deployment *d, uint64_t model)
{
  struct replica *best = NULL;
  struct fit best_fit;
  for (uint32_t i = 0; i < deployment_count(&d->n_ready); i++) {
    struct replica *r = d->heap[i];
    struct fit f = fit_of(r, model);
    if (r->ongoing >= d->max_ongoing || (best && !fits_better(&f, &best_fit)))
      continue;
    best = r;
    best_fit = f;
  }
  return best ? best : d->heap[0];
}

struct replica *affinity_pick(struct deployment *d, struct affinity *to)
{
  if (deployment_count(&d->n_ready) < 2)
    return d->heap[0];
  if (to->session) {
    struct replica *own = own_of(d, to);
    bool waits = deployment_count(&d->queued) < d->max_queued;
    if (own->ongoing < d->max_ongoing || waits)
      return own;
  }
  return to->model ? pick_for_model(d, to->model) : d->heap[0];
}

// ---- for a slot ----

static bool may_have(const struct waiting *w, void *user)
{
  struct replica *r = user;
  struct affinity *to = &w->claim->to;
  return !to->session || own_of(r->of, to) == r;
}

// Calls for the replica's models may go before the first, but not too often,
// and before none that is more urgent.
struct waiting *affinity_next(struct replica *r)
{
  struct deployment *d = r->of;
  struct waiting *first = queue_first(&d->queue), *w = first;
  if (first && d->session)
    return queue_first_that(&d->queue, may_have, r);
  if (!first || !d->n_multiplex || d->n_replicas < 2 ||
      !first->claim->to.model || first->passed >= PASSED_MOST)
    return first;
  for (uint32_t n = 0; n < LOOK_AHEAD && (!n || w != first); n++, w = w->next) {
    if (!w->claim->to.model || !holds(r, w->claim->to.model))
      continue;
    first->passed += w != first;
    return w;
  }
  return first;
}

void affinity_note(struct replica *r, struct affinity to)
{
  if (!to.model || !r->of->n_multiplex)
    return;
  for (uint32_t i = 0; i < r->of->n_multiplex; i++)
    if (is_on(&r->shelves[i], to.model))
      return;
  named_add(&r->named, to.model);
}
