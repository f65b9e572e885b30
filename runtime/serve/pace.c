// See pace.h.
#include "runtime/serve/pace.h"

static const int64_t span = 10000000000, second = 1000000000;

static void go_on(struct pace *p, int64_t now)
{
  if (now - p->begin < span)
    return;
  p->before = now - p->begin < 2 * span ? p->now : (struct pace_span){0};
  p->now = (struct pace_span){0};
  p->begin = now;
}

void pace_note(struct pace *p, int64_t took, int64_t now)
{
  go_on(p, now);
  took = took > 0 ? took : 1;
  int64_t mean = pace_mean(p);
  mean = mean ? mean + (took - mean) / 16 : took;
  atomic_store_explicit(&p->mean, mean, memory_order_relaxed);
  if (!p->now.calls++ || took < p->now.least)
    p->now.least = took;
}

int64_t pace_least(struct pace *p, int64_t now)
{
  go_on(p, now);
  const struct pace_span *x = &p->now, *y = &p->before;
  if ((uint64_t)x->calls + y->calls < PACE_CALLS)
    return 0;
  if (!x->calls || (y->calls && y->least < x->least))
    return y->least;
  return x->least;
}

// Those ahead have their turn in rounds of as many as there are slots. The
// first round is left out: some of those ahead may leave before their turn
// comes.
int64_t pace_begin(struct pace *p, uint32_t ahead, uint64_t slots, int64_t now)
{
  int64_t least = pace_least(p, now), at;
  uint64_t rounds = slots ? ahead / slots : 0;
  rounds -= rounds > 0;
  if (__builtin_mul_overflow((int64_t)rounds, least, &at) ||
      __builtin_add_overflow(now, at, &at))
    return INT64_MAX;
  return at;
}

uint32_t pace_retry_after(const struct pace *p, uint32_t waiting,
                          uint64_t slots)
{
  double ns =
      (double)pace_mean(p) * (waiting + 1.0) / (double)(slots ? slots : 1);
  double seconds = ns / (double)second;
  if (seconds >= PACE_RETRY_MOST)
    return PACE_RETRY_MOST;
  uint32_t whole = (uint32_t)seconds;
  return seconds > whole || !whole ? whole + 1 : whole;
}
