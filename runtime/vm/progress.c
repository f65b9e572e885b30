// Whether the calls of a replica make progress: what check_health cannot see.
//
// A call rests while all that it waits for is time, or work of its own replica:
// a sleep, a batch that runs, a model that is loaded. It does not rest while it
// waits for another deployment, for whoever writes its input or reads what it
// gives, or while its code runs. At each look what a call waits for is made a
// mark; a call whose mark stays the same has rested since.
#include "runtime/vm/life.h"

enum { LOOKED_AT = 1000 }; // tasks of a call

struct look {
  const struct frame *own; // the call's, with its slot
  uint32_t mark, left;
  bool moves;
};

static void add(struct look *k, uint64_t x)
{
  k->mark = (k->mark ^ (uint32_t)x) * 16777619u;
  k->mark = (k->mark ^ (uint32_t)(x >> 32)) * 16777619u;
}

static void look_at_task(struct look *k, const struct task *t, int depth);

static void look_at_all(struct look *k, const struct task *t, int depth)
{
  for (; t && !k->moves; t = t->sibling)
    look_at_task(k, t, depth);
}

// The frames of a task above `stop`, and what goes on beside them.
static void look_at_frames(struct look *k, struct frame *f,
                           const struct frame *stop, int depth)
{
  for (; f != stop && !k->moves; f = f->caller) {
    if (f != k->own && f->claim.replica)
      k->moves = true; // another deployment's
    add(k, (uintptr_t)f);
    look_at_all(k, f->calls, depth + 1);
    if (f->fn->graph)
      look_at_all(k, frame_graph(f)->tasks, depth + 1);
  }
}

static void look_at_wait(struct look *k, const struct task *t, int depth)
{
  const struct task *other;
  add(k, t->generation);
  add(k, timer_is_set(&t->timer) ? (uint64_t)t->timer.at : 0);
  switch (t->wait) {
  case WAIT_TIMER:
  case WAIT_FORCE:
  case WAIT_INPUT:
  case WAIT_OTHER:
    break;
  case WAIT_BATCH:
    if ((other = batch_runs(t)))
      look_at_task(k, other, depth + 1);
    else
      k->moves = true; // until it goes
    break;
  case WAIT_MODEL:
    if ((other = model_runs(t)))
      look_at_task(k, other, depth + 1);
    else
      k->moves = true; // it is told in this turn
    break;
  default:
    k->moves = true;
  }
}

static void look_at_task(struct look *k, const struct task *t, int depth)
{
  if (!k->left-- || depth > 50) {
    k->moves = true;
    return;
  }
  add(k, (uintptr_t)t);
  look_at_wait(k, t, depth);
  look_at_all(k, t->attempts, depth + 1);
  look_at_frames(k, t->frame, t->kind == TASK_STRAND ? t->base : NULL, depth);
}

static bool rests(struct frame *f, int64_t looks)
{
  struct look k = {.own = f, .mark = 2166136261u, .left = LOOKED_AT};
  const struct task *t = f->slot_task;
  look_at_wait(&k, t, 0);
  look_at_frames(&k, t->frame, f->caller, 0);
  f->rests =
      !k.moves && f->rests && f->mark == k.mark ? f->rests + 1 : !k.moves;
  f->mark = k.mark;
  return f->rests > looks;
}

bool life_rests(struct life *l)
{
  const struct health *h = &l->of->health;
  bool found = false;
  if (!h->progress)
    return false;
  int64_t looks = (h->progress + h->period - 1) / h->period;
  for (struct frame *f = l->replica->holders; f; f = f->slot_next)
    found |= f->slot_task->frame && rests(f, looks);
  return found;
}
