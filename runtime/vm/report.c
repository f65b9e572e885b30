// What there is to see of an engine's deployments, from any loop.
//
// The counts are those of the engine where a deployment is at home, which
// writes them without a lock; decisions have one.
#include "runtime/codec/codec.h"
#include "runtime/vm/life.h"

#include <string.h>

static const struct deployment *at_home(const struct engine *e,
                                        const struct deployment *d)
{
  return d->away ? &e->home->deployments[d->number] : d;
}

uint32_t engine_replicas(const struct engine *e, const struct deployment *d)
{
  return deployment_count(&at_home(e, d)->n_ready);
}

uint32_t engine_ongoing(const struct engine *e, const struct deployment *d)
{
  return deployment_count(&at_home(e, d)->ongoing);
}

uint32_t engine_queued(const struct engine *e, const struct deployment *d)
{
  return deployment_count(&at_home(e, d)->queued);
}

// ---- readiness ----

// One that may sleep starts with a call, if it can.
static bool is_ready(const struct deployment *d)
{
  struct keeper *k = d->keeper;
  if (!k || deployment_count(&d->n_ready))
    return true;
  pthread_mutex_lock(&k->lock);
  bool may_sleep = k->scale && !k->scale->how.least && !k->backoff.failed;
  pthread_mutex_unlock(&k->lock);
  return may_sleep;
}

bool engine_ready(const struct engine *e)
{
  for (uint32_t i = 0; i < e->plan->n_bindings; i++)
    if (!is_ready(at_home(e, &e->deployments[i])))
      return false;
  return true;
}

// ---- as JSON ----

static void add_name(struct buf *out, const char *key, const char *name)
{
  buf_addf(out, "\"%s\":", key);
  json_encode_text(name, strlen(name), out);
}

static void add_time(struct buf *out, const char *key, int64_t at)
{
  char text[40];
  size_t n = moment_print_time(text, at);
  buf_addf(out, "\"%s\":\"%.*s\"", key, (int)n, text);
}

static void add_decision(struct buf *out, const struct keeper *k,
                         const struct decision *d)
{
  buf_addc(out, '{');
  add_time(out, "at", k->begin_of_day + k->scale->begin + d->at);
  buf_addf(out, ",\"from\":%u,\"to\":%u,\"why\":", (unsigned)d->from,
           (unsigned)d->to);
  if (d->ready)
    buf_addf(out, "\"%.4g calls, %.4g for each of %u replicas\"}", d->load,
             k->scale->how.target, (unsigned)d->ready);
  else
    buf_adds(out, "\"a call, and no replica\"}");
}

static void add_scaling(struct buf *out, const struct keeper *k)
{
  const struct autoscale *a = k->scale;
  uint64_t n = a->n_decisions, from = n > SCALE_KEPT ? n - SCALE_KEPT : 0;
  buf_addf(out, ",\"autoscaling\":{\"min\":%u,\"max\":%u,\"target\":%u",
           (unsigned)a->how.least, (unsigned)a->how.most, (unsigned)a->wanted);
  buf_adds(out, ",\"decisions\":[");
  for (uint64_t i = from; i < n; i++) {
    if (i > from)
      buf_addc(out, ',');
    add_decision(out, k, &a->kept[i % SCALE_KEPT]);
  }
  buf_adds(out, "]}");
}

static void add_note(struct buf *out, const struct keeper *k,
                     const struct note *note, const char *when)
{
  add_time(out, when, k->begin_of_day + note->at);
  if (!*note->why)
    return;
  buf_addc(out, ',');
  add_name(out, "why", note->why);
}

static void add_life(struct buf *out, const struct life *l)
{
  static const char *const words[] = {
      [REPLICA_ready] = "ready",
      [REPLICA_starting] = "starting",
      [REPLICA_draining] = "stopping",
      [REPLICA_replaced] = "replaced",
  };
  buf_addf(out, "{\"state\":\"%s\",\"failures\":%u,", words[l->shown],
           (unsigned)l->failures);
  add_note(out, l->of, &l->note, "since");
  buf_addc(out, '}');
}

static void add_lives(struct buf *out, const struct keeper *k)
{
  const char *comma = "";
  buf_addf(out,
           ",\"health\":{\"starts\":%llu,\"replaced\":%llu"
           ",\"failed_starts\":%u,\"replicas\":[",
           (unsigned long long)k->starts, (unsigned long long)k->replaced,
           (unsigned)k->backoff.failed);
  for (uint32_t i = 0; i < k->deployment->n_replicas; i++) {
    if (k->lives[i].shown == REPLICA_off)
      continue;
    buf_adds(out, comma);
    add_life(out, &k->lives[i]);
    comma = ",";
  }
  buf_addc(out, ']');
  if (*k->last.why) {
    buf_adds(out, ",\"last\":{");
    add_note(out, k, &k->last, "at");
    buf_addc(out, '}');
  }
  buf_addc(out, '}');
}

static void add_keeper(struct buf *out, struct keeper *k)
{
  pthread_mutex_lock(&k->lock);
  add_lives(out, k);
  if (k->scale)
    add_scaling(out, k);
  pthread_mutex_unlock(&k->lock);
}

// ---- models ----

static bool add_shelf(struct buf *out, const struct shelf *s, bool first)
{
  pthread_mutex_lock(&s->how->lock);
  for (const struct model *m = s->newest; m; m = m->older)
    if (m->there) {
      if (!first)
        buf_addc(out, ',');
      json_encode_text(m->id->data, m->id->size, out);
      first = false;
    }
  pthread_mutex_unlock(&s->how->lock);
  return first;
}

// Of every replica that there may be, by its number: the one used last is
// first.
static void add_models(struct buf *out, const struct deployment *d)
{
  buf_adds(out, ",\"models\":[");
  for (uint32_t i = 0; i < d->n_replicas; i++) {
    bool first = true;
    buf_adds(out, i ? ",[" : "[");
    for (uint32_t k = 0; k < d->n_multiplex; k++)
      first = add_shelf(out, &d->replicas[i].shelves[k], first);
    buf_addc(out, ']');
  }
  buf_addc(out, ']');
}

// What a client that is refused now would be told, and what that comes from.
static void add_pace(struct buf *out, const struct deployment *d)
{
  int64_t mean = pace_mean(&d->pace);
  if (mean)
    buf_addf(out, ",\"mean_call\":%.9g,\"retry_after\":%u", (double)mean / 1e9,
             (unsigned)deployment_retry_after(d));
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
  buf_addf(out, ",\"replicas\":%u", (unsigned)deployment_count(&d->n_ready));
  if (d->bounded)
    buf_addf(out, ",\"ongoing\":%u,\"queued\":%u,\"max_queued_requests\":%u",
             (unsigned)deployment_count(&d->ongoing),
             (unsigned)deployment_count(&d->queued), (unsigned)d->max_queued);
  if (d->bounded && d->max_ongoing != UINT32_MAX)
    buf_addf(out, ",\"max_ongoing_requests\":%u", (unsigned)d->max_ongoing);
  if (d->bounded)
    add_pace(out, d);
  if (d->n_multiplex)
    add_models(out, d);
  if (d->keeper)
    add_keeper(out, d->keeper);
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
