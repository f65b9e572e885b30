// How many replicas a deployment has follows its load.
//
// Enters: changes of a deployment's load. What they mean for its replicas,
// runtime/serve/autoscale.h decides; life.c starts and stops them. An engine is
// asked to look again only while that could change something.
#include "runtime/vm/life.h"

#include <stdio.h>

void scale_watch(struct keeper *k)
{
  struct engine *e = k->engine;
  if (k->scale && !timer_is_set(&k->step))
    timer_set(e, &k->step, autoscale_next(k->scale, engine_now(e)));
}

static void tell_decision(const struct keeper *k)
{
  const struct autoscale *a = k->scale;
  const struct decision *d = &a->kept[(a->n_decisions - 1) % SCALE_KEPT];
  if (k->engine->clock) // tests are silent
    fprintf(stderr, "info: %s.%s scales from %u to %u: %.4g calls\n",
            keeper_app(k), k->deployment->name, (unsigned)d->from,
            (unsigned)d->to, d->load);
}

static void step(struct timer *timer)
{
  struct keeper *k =
      (struct keeper *)((char *)timer - offsetof(struct keeper, step));
  int64_t now = engine_now(k->engine);
  pthread_mutex_lock(&k->lock);
  bool changed = autoscale_step(k->scale, keeper_count(k), now);
  pthread_mutex_unlock(&k->lock);
  if (changed) {
    tell_decision(k);
    keeper_follow(k);
  }
  if (!autoscale_settled(k->scale, now))
    scale_watch(k);
}

static void load_changed(struct deployment *d)
{
  struct keeper *k = d->keeper;
  int64_t now = engine_now(k->engine);
  pthread_mutex_lock(&k->lock);
  autoscale_load(k->scale, d->queued + d->ongoing, now);
  bool woken = d->queued && !keeper_count(k) && autoscale_wake(k->scale, now);
  pthread_mutex_unlock(&k->lock);
  if (woken)
    tell_decision(k);
  if (woken || (d->queued && !d->n_ready))
    keeper_follow(k);
  scale_watch(k);
}

bool scale_open(struct keeper *k)
{
  struct engine *e = k->engine;
  struct deployment *d = k->deployment;
  struct scaling how;
  if (!scaling_read(e->plan, d->row, &how))
    return true;
  if (!(k->scale = autoscale_new(&e->arena, &how, engine_now(e))))
    return false;
  k->step.fire = step;
  d->changed = load_changed;
  return true;
}
