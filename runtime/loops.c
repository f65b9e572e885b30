// Enters: a service and signals. Leaves: an exit status. Each loop has its own
// listener, connections, engine and log; what crosses threads is the service,
// which is only read, orders, under a lock, and calls of deployments that are
// at home on loop 0 (runtime/vm/port.h).
#include "runtime/loops.h"
#include "runtime/net/access.h"
#include "runtime/net/http.h"
#include "runtime/net/site.h"
#include "runtime/net/trace.h"
#include "runtime/serve/metrics.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/port.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum order { ORDER_NONE, ORDER_DRAIN, ORDER_STOP };

struct loop {
  struct loops *all;
  uv_loop_t uv;
  uv_async_t wake; // orders, or on loop 0 that another loop has ended
  struct port *port;
  struct access *access;
  struct site *site;
  struct site *ending; // while it closes
  struct http_server *server;
  pthread_t thread;
  enum order obeyed;
  bool open; // `uv` and `wake` are there
  bool over; // `wake` is not to be touched any more; under the lock
};

struct loops {
  int n;
  bool abandoned; // it never began
  int status;     // to exit with
  struct ingress in;
  int64_t drain_ms;
  struct metrics *metrics; // a shard a loop
  struct traces *traces;
  uv_signal_t term, interrupt;
  uv_timer_t patience;
  void (*ended)(void *);
  void *user;
  pthread_mutex_t lock; // of what follows
  int live;             // loops that still serve
  enum order order;
  struct service *next; // what is served from now on
  struct engine *home;  // where: loop 0's engine of it
  struct loop each[];
};

// ---- the end of a loop ----
static void on_wake(uv_async_t *a);

// Under the lock.
static void wake_all(struct loops *l)
{
  for (int i = 0; i < l->n; i++)
    if (!l->each[i].over)
      uv_async_send(&l->each[i].wake);
}

static void leave(struct loop *own)
{
  struct loops *l = own->all;
  pthread_mutex_lock(&l->lock);
  own->over = own != &l->each[0];
  l->live--;
  uv_async_send(&l->each[0].wake);
  pthread_mutex_unlock(&l->lock);
}

static void end_site(struct loop *own, void (*ended)(void *), void *user)
{
  own->ending = own->site;
  site_close(&own->site, ended, user);
}

static void site_ended(void *user)
{
  struct loop *own = user;
  own->ending = NULL;
  port_close(own->port);
  access_close(&own->access);
  leave(own);
  uv_close((uv_handle_t *)&own->wake, NULL);
}

// Loop 0's engine serves until the other loops have ended.
static void server_ended(void *user)
{
  struct loop *own = user;
  own->server = NULL;
  if (own == &own->all->each[0])
    leave(own);
  else
    end_site(own, site_ended, own);
}

static void main_ended(void *user)
{
  struct loops *l = user;
  struct loop *own = &l->each[0];
  own->ending = NULL;
  port_close(own->port);
  access_close(&own->access);
  uv_close((uv_handle_t *)&own->wake, NULL);
  if (l->abandoned)
    return;
  uv_close((uv_handle_t *)&l->term, NULL);
  uv_close((uv_handle_t *)&l->interrupt, NULL);
  uv_close((uv_handle_t *)&l->patience, NULL);
}

static void stop_apart(struct loop *own)
{
  struct site *s = own->site ? own->site : own->ending;
  if (s)
    site_stop(s);
}

static void end_main(struct loops *l)
{
  pthread_mutex_lock(&l->lock);
  bool ends = !l->live && !l->each[0].over;
  l->each[0].over |= ends;
  pthread_mutex_unlock(&l->lock);
  if (!ends)
    return;
  engine_release(&l->home);
  end_site(&l->each[0], main_ended, l);
  if (l->order == ORDER_STOP) // which does not reach it any more
    stop_apart(&l->each[0]);
}

// ---- orders ----
static void obey(struct loop *own, enum order order)
{
  if (order <= own->obeyed)
    return;
  if (order == ORDER_STOP)
    stop_apart(own);
  if (!own->server)
    return;
  own->obeyed = order;
  site_drain(own->site);
  if (order == ORDER_DRAIN)
    http_server_drain(own->server, server_ended, own);
  else
    http_server_close(own->server, server_ended, own);
}

static void take_service(struct loop *own)
{
  char why[START_WHY];
  struct loops *l = own->all;
  struct service *next = NULL;
  struct engine *home = NULL;
  pthread_mutex_lock(&l->lock);
  if (l->next && own->site && !site_serves(own->site, l->next)) {
    next = service_hold(l->next);
    home = engine_hold(l->home);
  }
  pthread_mutex_unlock(&l->lock);
  if (next && site_switch(own->site, next, home, why, sizeof why))
    fprintf(stderr, "sgrun: a loop goes on with the plan before: %s\n", why);
  engine_release(&home);
  service_drop(&next);
}

static void on_wake(uv_async_t *a)
{
  struct loop *own = a->data;
  struct loops *l = own->all;
  pthread_mutex_lock(&l->lock);
  enum order order = l->order;
  pthread_mutex_unlock(&l->lock);
  take_service(own);
  obey(own, order);
  if (own == &l->each[0])
    end_main(l);
}

static void give_order(struct loops *l, enum order order)
{
  pthread_mutex_lock(&l->lock);
  if (order > l->order)
    l->order = order;
  wake_all(l);
  pthread_mutex_unlock(&l->lock);
  if (order == ORDER_STOP) // loop 0, where this is, may take no orders any more
    stop_apart(&l->each[0]);
}

static void out_of_patience(uv_timer_t *t)
{
  give_order(t->data, ORDER_STOP);
}

static void on_signal(uv_signal_t *s, int number)
{
  struct loops *l = s->data;
  if (l->order != ORDER_NONE) { // written by this thread only
    if (number == SIGINT) {
      l->status = 128 + SIGINT;
      give_order(l, ORDER_STOP);
    }
    return;
  }
  if (l->ended)
    l->ended(l->user);
  give_order(l, ORDER_DRAIN);
  uv_timer_start(&l->patience, out_of_patience, (uint64_t)l->drain_ms, 0);
}

int loops_switch(struct loops *l, struct service *next, char *why,
                 size_t why_size)
{
  struct site *site = l->each[0].site;
  if (!site || site_switch(site, next, NULL, why, why_size))
    return -1;
  struct engine *home = engine_hold(site_engine(site));
  pthread_mutex_lock(&l->lock);
  struct service *before = l->next;
  struct engine *home_before = l->home;
  l->next = service_hold(next);
  l->home = home;
  wake_all(l);
  pthread_mutex_unlock(&l->lock);
  engine_release(&home_before);
  service_drop(&before);
  return 0;
}

// Batches are at home on loop 0.
bool loops_rebatch(struct loops *l, const struct service *next)
{
  struct site *site = l->each[0].site;
  if (!site || !plan_same_but_batches(site_plan(site), next->plan))
    return false;
  struct engine *e = site_engine(site);
  bool changed = engine_rebatch(e, next->plan) > 0;
  engine_run(e);
  return changed;
}

// ---- the beginning ----
static void log_trouble(const char *text, void *user)
{
  fprintf(stderr, "sgrun: %s\n", text);
}

// At least one, which zero is not.
static uint32_t milliseconds(int64_t ns)
{
  int64_t ms = ns / 1000000 + (ns % 1000000 != 0);
  return (uint32_t)(ms > INT32_MAX ? INT32_MAX : ms);
}

// Loop 0 finds the ports; a Unix socket has one queue, which all loops share.
static int address_of(struct http_address *a, const struct loop *own,
                      const struct options *o, unsigned i)
{
  const struct http_server *first = own->all->each[0].server;
  const struct listen_at *at = &o->listen[i];
  *a = (struct http_address){.port = at->port, .secure = at->secure};
  if (at->port >= 0) {
    a->host = at->text;
    a->port = first ? http_server_port(first, i) : at->port;
  } else if (!first) {
    a->path = at->text;
  } else {
    a->fd = dup(http_server_socket(first, i));
  }
  return a->fd < 0 ? -1 : 0;
}

static int listen_on(struct loop *own, const struct options *o, char *why,
                     size_t why_size)
{
  struct http_address at[LISTEN_MOST];
  for (unsigned i = 0; i < o->n_listen; i++)
    if (address_of(&at[i], own, o, i)) {
      snprintf(why, why_size, "too many open files");
      return -1;
    }
  struct http_options http = {
      .listen = at,
      .n_listen = o->n_listen,
      .reuseport = own->all->n > 1,
      .head_limit = (size_t)o->max_head,
      .body_limit = (size_t)o->max_body,
      .head_ms = milliseconds(o->head_timeout),
      .body_ms = milliseconds(o->body_timeout),
      .idle_ms = milliseconds(o->idle_timeout),
      .write_ms = milliseconds(o->write_timeout),
      .max_connections = (uint32_t)o->max_connections,
      .proxies = own->all->in.proxies,
      .tls = own->all->in.tls,
      .proxy_protocol = o->proxy_protocol,
      .on_headers = site_on_headers,
      .on_done = site_on_done,
      .log = log_trouble,
  };
  return http_server_start(&own->server, &own->uv, &http, site_on_request,
                           own->site, why, why_size)
             ? -1
             : 0;
}

static int open_loop(struct loop *own, const struct options *o,
                     struct service *service, char *why, size_t why_size)
{
  struct loops *l = own->all;
  if (uv_loop_init(&own->uv)) {
    snprintf(why, why_size, "no event loop: too many open files?");
    return -1;
  }
  uv_async_init(&own->uv, &own->wake, on_wake);
  own->wake.data = own;
  own->open = true;
  l->live++;
  if (port_new(&own->port, &own->uv)) {
    snprintf(why, why_size, "out of memory");
    return -1;
  }
  own->access =
      access_new(&own->uv, (enum access_form)o->log, o->trace_slow > 0);
  struct site_options site = {
      &own->uv,
      own->port,
      own->access,
      o->request_timeout,
      (size_t)o->max_memory,
      o->seed ? (uint64_t)o->seed + (uint64_t)(own - l->each) : 0,
      l->metrics,
      metrics_shard(l->metrics, (unsigned)(own - l->each)),
      NULL,
      o->trace_sample,
      o->trace_slow,
      l->traces};
  if (site_new(&own->site, service, l->home, &site, why, why_size))
    return -1;
  port_on_idle(own->port, site_on_idle, own->site);
  if (listen_on(own, o, why, why_size))
    return -1;
  if (!l->home)
    l->home = engine_hold(site_engine(own->site));
  return 0;
}

static void open_signals(struct loops *l)
{
  uv_loop_t *uv = &l->each[0].uv;
  uv_signal_init(uv, &l->term);
  uv_signal_init(uv, &l->interrupt);
  uv_timer_init(uv, &l->patience);
  l->term.data = l->interrupt.data = l->patience.data = l;
  uv_signal_start(&l->term, on_signal, SIGTERM);
  uv_signal_start(&l->interrupt, on_signal, SIGINT);
}

static void loops_free(struct loops *l)
{
  for (int i = 0; i < l->n; i++)
    port_free(&l->each[i].port);
  service_drop(&l->next);
  pthread_mutex_destroy(&l->lock);
  metrics_free(&l->metrics);
  traces_free(&l->traces);
  free(l);
}

// Loop 0 last: the others hold its engine.
static void abandon(struct loops *l)
{
  l->abandoned = true;
  for (int i = l->n; i-- > 0;) {
    struct loop *own = &l->each[i];
    if (!own->open)
      continue;
    if (own->server)
      http_server_close(own->server, server_ended, own);
    else
      server_ended(own);
    uv_run(&own->uv, UV_RUN_DEFAULT);
    uv_loop_close(&own->uv);
  }
  loops_free(l);
}

int loops_new(struct loops **out, const struct options *o,
              const struct ingress *in, struct service *service, char *why,
              size_t why_size)
{
  struct loops *l =
      calloc(1, sizeof *l + (size_t)o->loops * sizeof(struct loop));
  if (!l || metrics_new(&l->metrics, (unsigned)o->loops) ||
      !(l->traces = traces_new())) {
    if (l)
      metrics_free(&l->metrics);
    free(l);
    snprintf(why, why_size, "out of memory");
    return -1;
  }
  l->n = o->loops;
  l->in = *in;
  l->drain_ms = o->drain / 1000000;
  pthread_mutex_init(&l->lock, NULL);
  for (int i = 0; i < l->n; i++) {
    l->each[i].all = l;
    if (open_loop(&l->each[i], o, service, why, why_size)) {
      abandon(l);
      return -1;
    }
  }
  open_signals(l);
  *out = l;
  return 0;
}

int loops_port(const struct loops *l, unsigned address)
{
  return http_server_port(l->each[0].server, address);
}

uv_loop_t *loops_main(struct loops *l)
{
  return &l->each[0].uv;
}

static void *run_loop(void *arg)
{
  struct loop *own = arg;
  uv_run(&own->uv, UV_RUN_DEFAULT);
  uv_loop_close(&own->uv);
  arena_trim();
  return NULL;
}

// Signals are for loop 0.
int loops_start(struct loops *l)
{
  int e = 0;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  for (int i = 1; !e && i < l->n; i++)
    e = pthread_create(&l->each[i].thread, NULL, run_loop, &l->each[i]);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return e ? -1 : 0;
}

int loops_run(struct loops **at, void (*ended)(void *), void *user)
{
  struct loops *l = *at;
  l->ended = ended;
  l->user = user;
  run_loop(&l->each[0]);
  for (int i = 1; i < l->n; i++)
    pthread_join(l->each[i].thread, NULL);
  int status = l->status;
  loops_free(l);
  *at = NULL;
  return status;
}
