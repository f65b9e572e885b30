// Work off the loop: what an operator hands over, a compute thread does.
//
// Enters: a task at an operator that has made a job. It waits; the job goes to
// a compute thread, comes back in a parcel, and gives the operator's result. A
// task that is cancelled leaves its job, which comes back to nobody.
#include "runtime/tensor/compute.h"
#include "runtime/vm/operations.h"
#include "runtime/vm/operator.h"
#include "runtime/vm/parcel.h"

#include <stdlib.h>

struct job {
  struct parcel parcel; // in which it comes back
  struct compute_job compute;
  struct engine *engine;
  struct operator_job *work;
  job_done *done;
  struct task *task; // who waits, or NULL; the loop's
};

#define JOB_OF(member, pointer)                                                \
  ((struct job *)((char *)(pointer)-offsetof(struct job, member)))

bool job_in_place(const struct engine *e)
{
  return !e->port || e->waits_in_place;
}

static void arrive(struct parcel *p)
{
  struct job *j = JOB_OF(parcel, p);
  struct task *t = j->task;
  if (t) {
    t->job = NULL;
    t->wait = WAIT_NOTHING;
    t->error = j->done(t, j->work);
    task_ready(t);
  }
  j->work->free(j->work);
  j->engine->n_away--;
  free(j);
}

static void run(struct compute_job *c)
{
  struct job *j = JOB_OF(compute, c);
  if (!j->work->unwanted)
    j->work->run(j->work);
  parcel_post(&j->parcel, j->engine, arrive);
}

bool job_start(struct task *t, struct operator_job *work, job_done *done)
{
  struct job *j = malloc(sizeof *j);
  if (!j)
    return false;
  *j = (struct job){.compute.run = run,
                    .engine = t->run->engine,
                    .work = work,
                    .done = done,
                    .task = t};
  t->job = j;
  t->wait = WAIT_JOB;
  j->engine->n_away++;
  compute_submit(&j->compute);
  return true;
}

void job_leave(struct task *t)
{
  t->job->task = NULL;
  t->job->work->unwanted = true;
  t->job = NULL;
}
