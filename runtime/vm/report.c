// What there is to see of an engine's deployments, from any loop.
//
// The counts are those of the engine where a deployment is at home, which
// writes them without a lock; decisions have one.
#include "runtime/codec/codec.h"
#include "runtime/vm/scale.h"

#include <stdatomic.h>
#include <string.h>

static const struct deployment *at_home(const struct engine *e,
                                        const struct deployment *d)
{
  return d->away ? &e->home->deployments[d->number] : d;
}

static uint32_t get(const _Atomic uint32_t *count)
{
  return atomic_load_explicit((_Atomic uint32_t *)count, memory_order_relaxed);
}

uint32_t engine_replicas(const struct engine *e, const struct deployment *d)
{
  return get(&at_home(e, d)->n_ready);
}

uint32_t engine_ongoing(const struct engine *e, const struct deployment *d)
{
  return get(&at_home(e, d)->ongoing);
}

uint32_t engine_queued(const struct engine *e, const struct deployment *d)
{
  return get(&at_home(e, d)->queued);
}

// ---- as JSON ----

static void add_name(struct buf *out, const char *key, const char *name)
{
  buf_addf(out, "\"%s\":", key);
  json_encode_text(name, strlen(name), out);
}

static void add_decision(struct buf *out, const struct scaler *s,
                         const struct decision *d)
{
  char at[40];
  size_t n = moment_print_time(at, s->begin_of_day + d->at);
  buf_addf(out, "{\"at\":\"%.*s\",\"from\":%u,\"to\":%u,\"why\":", (int)n, at,
           (unsigned)d->from, (unsigned)d->to);
  if (d->ready)
    buf_addf(out, "\"%.4g calls, %.4g for each of %u replicas\"}", d->load,
             s->state->how.target, (unsigned)d->ready);
  else
    buf_adds(out, "\"a call, and no replica\"}");
}

static void add_scaling(struct buf *out, struct scaler *s)
{
  pthread_mutex_lock(&s->lock);
  const struct autoscale *a = s->state;
  uint64_t n = a->n_decisions, from = n > SCALE_KEPT ? n - SCALE_KEPT : 0;
  buf_addf(out, ",\"autoscaling\":{\"min\":%u,\"max\":%u,\"target\":%u",
           (unsigned)a->how.least, (unsigned)a->how.most, (unsigned)a->wanted);
  buf_adds(out, ",\"decisions\":[");
  for (uint64_t i = from; i < n; i++) {
    if (i > from)
      buf_addc(out, ',');
    add_decision(out, s, &a->kept[i % SCALE_KEPT]);
  }
  buf_adds(out, "]}");
  pthread_mutex_unlock(&s->lock);
}

static void add_deployment(struct buf *out, const struct engine *e,
                           const struct deployment *d)
{
  const struct plan *p = e->plan;
  buf_addc(out, '{');
  add_name(out, "app", plan_str(p, p->apps[d->row->app].name));
  buf_addc(out, ',');
  add_name(out, "name", d->name);
  buf_addc(out, ',');
  add_name(out, "deployment", plan_str(p, p->classes[d->class].name));
  buf_addf(out, ",\"replicas\":%u", (unsigned)get(&d->n_ready));
  if (d->bounded)
    buf_addf(out,
             ",\"ongoing\":%u,\"queued\":%u,\"max_ongoing_requests\":%u"
             ",\"max_queued_requests\":%u",
             (unsigned)get(&d->ongoing), (unsigned)get(&d->queued),
             (unsigned)d->max_ongoing, (unsigned)d->max_queued);
  if (d->scaler)
    add_scaling(out, d->scaler);
  buf_addc(out, '}');
}

void engine_report(const struct engine *e, struct buf *out)
{
  buf_addc(out, '[');
  for (uint32_t i = 0; i < e->plan->n_bindings; i++) {
    if (i)
      buf_addc(out, ',');
    add_deployment(out, e, at_home(e, &e->deployments[i]));
  }
  buf_addc(out, ']');
}
