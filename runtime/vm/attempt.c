// Calls that may be made more than once: `retries`, `backoff`, `hedge`.
//
// The call's task keeps the arguments and runs nothing itself; every attempt is
// a task of its own that reports to it. A retry follows a failure that surely
// did nothing, or any failure but a refusal where the deployment is idempotent.
// A hedge is made beside an attempt that takes long; the first good answer
// counts, and ends the others.
#include "runtime/vm/vm.h"

static struct task *of_timer(struct timer *timer)
{
  return (struct task *)((char *)timer - offsetof(struct task, timer));
}

// Whether the call may be made once more, as far as others are concerned: what
// fails because it is asked too much is not asked several times as much.
static bool take_from_budget(struct task *t)
{
  struct engine *e = t->run->engine;
  struct deployment *d = t->deployment;
  bool may = !d || budget_take(&d->budget, engine_now(e));
  if (d)
    measure_retry(e, d, may);
  return may;
}

static void begin_again(struct timer *timer)
{
  attempt_begin(of_timer(timer));
}

static void hedge(struct timer *timer)
{
  struct task *t = of_timer(timer);
  if (take_from_budget(t))
    attempt_begin(t);
}

static void set_timer(struct task *t, int64_t after,
                      void (*fire)(struct timer *))
{
  struct engine *e = t->run->engine;
  int64_t at;
  if (__builtin_add_overflow(engine_now(e), after, &at))
    at = INT64_MAX;
  t->timer.fire = fire;
  timer_set(e, &t->timer, at);
}

void attempt_begin(struct task *t)
{
  struct frame *f = call_frame(t, t->entering);
  struct task *c = f ? task_new(t->run, TASK_ATTEMPT, &t->attempts) : NULL;
  if (!c) {
    task_finish(t, (value){0}, error_memory(t));
    return;
  }
  bool only = !c->sibling;
  c->parent = t;
  c->owner = t->owner;
  c->entering = f;
  c->site = t->site;
  c->deployment = t->deployment;
  t->wait = WAIT_OTHER;
  if (!t->tries++ && t->deployment)
    budget_call(&t->deployment->budget);
  if (t->deployment)
    call_limit(c, t->deployment->request_timeout);
  if (only && t->site->hedge)
    set_timer(t, t->site->hedge, hedge);
  call_launch(c);
}

// A status that says: this request, at any time. Not "later" (408, 425, 429).
static bool is_refusal(const struct error *e)
{
  return e->kind == ERROR_user && e->status >= 400 && e->status < 500 &&
         e->status != 408 && e->status != 425 && e->status != 429;
}

static bool may_repeat(const struct task *t, const struct error *error)
{
  switch (error->kind) {
  case ERROR_unavailable:
  case ERROR_overloaded:
    return true;
  case ERROR_invalid:
  case ERROR_cancelled:
  case ERROR_limit:
    return false;
  default:
    return t->deployment && t->deployment->idempotent && !is_refusal(error);
  }
}

static int64_t pause_before(const struct task *t)
{
  uint32_t doubled = t->failures > 30 ? 30 : t->failures - 1;
  int64_t pause;
  if (__builtin_mul_overflow(t->site->backoff, (int64_t)1 << doubled, &pause))
    return INT64_MAX;
  return pause;
}

void attempt_ended(struct task *t, value v, const struct error *error)
{
  if (!error) {
    task_finish(t, v, NULL);
    return;
  }
  if (t->attempts) // another is under way
    return;
  timer_stop(t->run->engine, &t->timer);
  t->failures++;
  if (t->failures > t->site->retries || !may_repeat(t, error) ||
      !take_from_budget(t))
    task_finish(t, v, error);
  else
    set_timer(t, pause_before(t), begin_again);
}
