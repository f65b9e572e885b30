// Real time: the engine on a libuv loop.
//
// libuv's own timers are in milliseconds on a cached clock; a timerfd is exact
// and never early. An idle handle brings the loop back at once where work is
// left.
#include "runtime/vm/vm.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct clock {
  struct engine *engine;
  uv_poll_t poll;
  uv_idle_t idle;
  int fd, open;  // open: handles that libuv still has
  int64_t armed; // 0: not
};

int64_t clock_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void rang(uv_poll_t *poll, int status, int events)
{
  struct clock *c = poll->data;
  uint64_t times;
  ssize_t n = read(c->fd, &times, sizeof times);
  (void)n; // it may have been set again meanwhile
  c->armed = 0;
  engine_run(c->engine);
}

static void again(uv_idle_t *idle)
{
  struct clock *c = idle->data;
  uv_idle_stop(idle);
  engine_run(c->engine);
}

static void closed(uv_handle_t *h)
{
  struct clock *c = h->data;
  if (--c->open)
    return;
  close(c->fd);
  free(c);
}

int clock_new(struct clock **out, struct engine *e, struct uv_loop_s *loop)
{
  struct clock *c = calloc(1, sizeof *c);
  if (!c)
    return -1;
  c->engine = e;
  c->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (c->fd < 0)
    goto no_fd;
  if (uv_poll_init(loop, &c->poll, c->fd))
    goto no_poll;
  uv_idle_init(loop, &c->idle);
  c->poll.data = c->idle.data = c;
  c->open = 2;
  uv_poll_start(&c->poll, UV_READABLE, rang);
  uv_unref((uv_handle_t *)&c->poll);
  *out = c;
  return 0;
no_poll:
  close(c->fd);
no_fd:
  free(c);
  return -1;
}

void clock_free(struct clock **clock)
{
  struct clock *c = *clock;
  *clock = NULL;
  if (!c)
    return;
  uv_close((uv_handle_t *)&c->poll, closed);
  uv_close((uv_handle_t *)&c->idle, closed);
}

// An earlier alarm than needed is left as it is: it wakes the loop once in
// vain.
void clock_arm(struct clock *c, int64_t at)
{
  (at ? uv_ref : uv_unref)((uv_handle_t *)&c->poll);
  if (!at || (c->armed && c->armed <= at))
    return;
  struct itimerspec when = {
      .it_value = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000}};
  if (at > 0 && !timerfd_settime(c->fd, TFD_TIMER_ABSTIME, &when, NULL))
    c->armed = at;
}

void clock_again(struct clock *c, bool soon)
{
  if (soon)
    uv_idle_start(&c->idle, again);
  else
    uv_idle_stop(&c->idle);
}
