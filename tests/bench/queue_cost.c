// What the queue does, by itself: so many calls wait, each with a timer for its
// queue_timeout, and then OPS more come, get a slot, leave or time out.
//
// usage: queue_cost enqueue|dequeue|cancel|timeout WAITING
// `measured` is what callgrind is told to count.
#include "runtime/vm/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPS = 1000, PRIORITIES = 3 };
static const int64_t patience = 50000000; // ns

struct call {
  struct claim claim;
  struct waiting waiting;
  struct timer timer;
};

static struct engine engine;
static struct deployment d;
static struct replica replica;
static struct replica *heap[1];
static struct claim first;
static struct call *calls;
static struct claim *latest;
static uint32_t gone;

static void on_enter(struct waiting *w)
{
  struct call *c = (struct call *)((char *)w - offsetof(struct call, waiting));
  timer_stop(&engine, &c->timer);
  latest = &c->claim;
}

static void on_timeout(struct timer *t)
{
  struct call *c = (struct call *)((char *)t - offsetof(struct call, timer));
  deployment_leave(&d, &c->waiting);
  gone++;
}

static void come(uint32_t i)
{
  struct call *c = &calls[i];
  c->waiting = (struct waiting){.priority = (int)(i % PRIORITIES),
                                .since = engine.now,
                                .claim = &c->claim,
                                .start_by = INT64_MAX,
                                .end_by = INT64_MAX,
                                .enter = on_enter};
  if (deployment_wait(&d, &c->waiting) != LINE_JOINED)
    abort();
  c->timer.fire = on_timeout;
  timer_set(&engine, &c->timer, engine.now + patience);
}

static void leave(uint32_t i)
{
  timer_stop(&engine, &calls[i].timer);
  deployment_leave(&d, &calls[i].waiting);
}

// All that came, spread over the time that they may wait.
static void fill(uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    engine.now = patience * (int64_t)i / n;
    timers_fire(&engine);
    come(i);
  }
}

__attribute__((noinline)) void measured(const char *op, uint32_t n);

void measured(const char *op, uint32_t n)
{
  for (uint32_t i = 0; i < OPS; i++)
    if (!strcmp(op, "enqueue"))
      come(n + i);
    else if (!strcmp(op, "dequeue"))
      deployment_give(latest, engine.now);
    else if (!strcmp(op, "cancel"))
      leave(i * (n / OPS));
  while (!strcmp(op, "timeout") && gone < OPS) {
    engine.now = timers_next(&engine);
    timers_fire(&engine);
  }
}

int main(int argc, char **argv)
{
  uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
  if (n < OPS) {
    fprintf(stderr, "usage: queue_cost OPERATION WAITING (%d at least)\n", OPS);
    return 2;
  }
  d = (struct deployment){.bounded = true,
                          .n_replicas = 1,
                          .replicas = &replica,
                          .n_ready = 1,
                          .heap = heap,
                          .max_ongoing = 1,
                          .max_queued = UINT32_MAX};
  heap[0] = &replica;
  replica.of = &d;
  calls = calloc(n + OPS, sizeof *calls);
  latest = &first;
  if (!calls || !deployment_take(&d, latest, 0))
    return 1;
  fill(n);
  measured(argv[1], n);
  printf("%u wait\n", (unsigned)d.queued);
  free(calls);
  return 0;
}
