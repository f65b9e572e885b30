// Enters: parcels from any loop. Leaves: each of them on its own loop, in the
// order of posting. See port.h.
#include "runtime/vm/port.h"
#include "runtime/vm/parcel.h"

#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

struct port {
  pthread_mutex_t lock;
  struct parcel *first, **last; // the inbox
  struct parcel *express;       // these come before it, the newest first
  bool poked, closed;
  uv_async_t async;
  void (*idle)(void *);
  void *user;
};

// ---- posting ----

// Under its lock, so that the loop cannot close it meanwhile.
static void wake(struct port *p)
{
  if (!p->closed)
    uv_async_send(&p->async);
}

void parcel_post(struct parcel *m, struct engine *to,
                 void (*arrive)(struct parcel *))
{
  struct port *p = to->port;
  *m = (struct parcel){NULL, to, arrive};
  pthread_mutex_lock(&p->lock);
  bool first = !p->first;
  *p->last = m;
  p->last = &m->next;
  if (first)
    wake(p);
  pthread_mutex_unlock(&p->lock);
}

void port_lock(struct port *p)
{
  pthread_mutex_lock(&p->lock);
}

void port_unlock(struct port *p)
{
  pthread_mutex_unlock(&p->lock);
}

void parcel_post_first(struct parcel *m, struct engine *to,
                       void (*arrive)(struct parcel *))
{
  struct port *p = to->port;
  *m = (struct parcel){p->express, to, arrive};
  p->express = m;
  if (!m->next)
    wake(p);
}

void port_poke(struct port *p)
{
  pthread_mutex_lock(&p->lock);
  p->poked = true;
  wake(p);
  pthread_mutex_unlock(&p->lock);
}

// ---- values of another engine ----

struct taking {
  struct engine *engine; // this one
  taken_stream *stream;
  void *user;
};

static struct deployment *taken(struct deployment *d, void *user)
{
  const struct taking *t = user;
  return &t->engine->deployments[d->number];
}

static struct replica *taken_self(struct replica *r, void *user)
{
  struct deployment *d = taken(r->of, user);
  size_t number = (size_t)(r - r->of->replicas);
  return &d->replicas[number % d->n_replicas];
}

static bool taken_wire(struct stream *s, void *user, value *out)
{
  const struct taking *t = user;
  out->bits = 0;
  return !t->stream || t->stream(s, t->user, out);
}

bool value_take_with(struct engine *e, struct arena *a, uint32_t type, value v,
                     taken_stream *stream, void *user, value *out)
{
  struct taking t = {e, stream, user};
  const struct value_moved moved = {taken, taken_self, taken_wire, &t};
  return value_copy_moved(a, e->plan, type, v, &moved, out);
}

bool value_take(struct engine *e, struct arena *a, uint32_t type, value v,
                value *out)
{
  return value_take_with(e, a, type, v, NULL, NULL, out);
}

// ---- arriving ----

// Engines run when all their parcels of a burst are there.
static void touch(struct engine **last, struct engine *e)
{
  if (*last && *last != e)
    engine_run(*last);
  *last = e;
}

static void take_in(struct parcel *m, struct engine **last, bool *idle)
{
  while (m) {
    struct parcel *next = m->next;
    touch(last, m->to);
    m->arrive(m);
    *idle |= !(*last)->n_away;
    m = next;
  }
}

static void on_wake(uv_async_t *async)
{
  struct port *p = async->data;
  struct engine *last = NULL;
  pthread_mutex_lock(&p->lock);
  struct parcel *m = p->first, *express = p->express;
  bool idle = p->poked;
  p->first = p->express = NULL;
  p->last = &p->first;
  p->poked = false;
  pthread_mutex_unlock(&p->lock);
  take_in(express, &last, &idle);
  take_in(m, &last, &idle);
  if (last)
    engine_run(last);
  if (idle && p->idle)
    p->idle(p->user);
}

// ---- its life ----

int port_new(struct port **out, struct uv_loop_s *loop)
{
  struct port *p = calloc(1, sizeof *p);
  if (!p)
    return -1;
  if (uv_async_init(loop, &p->async, on_wake)) {
    free(p);
    return -1;
  }
  pthread_mutex_init(&p->lock, NULL);
  p->last = &p->first;
  p->async.data = p;
  *out = p;
  return 0;
}

void port_on_idle(struct port *p, void (*idle)(void *), void *user)
{
  p->idle = idle;
  p->user = user;
}

void port_close(struct port *p)
{
  if (!p)
    return;
  pthread_mutex_lock(&p->lock);
  p->closed = true;
  pthread_mutex_unlock(&p->lock);
  uv_close((uv_handle_t *)&p->async, NULL);
}

void port_free(struct port **at)
{
  struct port *p = *at;
  *at = NULL;
  if (!p)
    return;
  pthread_mutex_destroy(&p->lock);
  free(p);
}
