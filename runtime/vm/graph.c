// Graphs: strands run when what they need is there.
//
// A strand counts the edges that are still to come in. One that failed poisons
// what it feeds; one that is skipped feeds as if it had run. A strand that is
// guarded fails no sooner than its guards have all decided that it runs,
// because nobody may need it. plan.h has the rules.
#include "runtime/vm/vm.h"

#include <string.h>

enum { NOWHERE = UINT32_MAX };

struct feeding { // what follows from the end of one strand
  struct frame *f;
  struct graph *g;
  uint32_t look;               // skipped and failed ones, whose edges are next
  uint32_t ready, *ready_last; // those that may run, in order
  const struct error *fatal;   // a strand with a return failed
};

static void settle_failed(struct feeding *x, uint32_t number)
{
  struct strand *s = &x->g->strands[number];
  s->state = STRAND_FAILED;
  if (x->f->fn->strands[number].returns && !x->fatal)
    x->fatal = s->error;
  s->next = x->look;
  x->look = number;
}

// An edge has come in; is it the last that was needed?
static void settle(struct feeding *x, uint32_t number)
{
  struct strand *s = &x->g->strands[number];
  if (s->error && !s->guards) {
    settle_failed(x, number);
  } else if (!s->waits) {
    s->state = STRAND_READY;
    s->next = NOWHERE;
    *x->ready_last = number;
    x->ready_last = &s->next;
  }
}

static void skip(struct feeding *x, uint32_t number)
{
  struct strand *s = &x->g->strands[number];
  s->state = STRAND_SKIPPED;
  s->next = x->look;
  x->look = number;
}

static bool guard_opens(enum plan_edge_kind kind, enum strand_outcome how)
{
  return how == OUTCOME_FAILED ||
         how == (kind == EDGE_if ? OUTCOME_TRUE : OUTCOME_FALSE);
}

static void follow(struct feeding *x, const struct plan_edge *edge,
                   enum strand_outcome how, const struct error *error)
{
  struct strand *s = &x->g->strands[edge->strand];
  if (s->state != STRAND_OUT)
    return;
  bool guard = edge->kind != EDGE_data;
  if (guard && !guard_opens(edge->kind, how)) {
    skip(x, edge->strand);
    return;
  }
  if (how == OUTCOME_FAILED && !s->error)
    s->error = error;
  s->guards -= guard && s->guards;
  s->waits -= s->waits > 0;
  settle(x, edge->strand);
}

static void feed(struct feeding *x, uint32_t number, enum strand_outcome how,
                 const struct error *error)
{
  const struct function *fn = x->f->fn;
  const struct plan *p = fn->plan;
  struct plan_run feeds = p->strands[fn->row->strands.first + number].feeds;
  for (uint32_t i = 0; i < feeds.count; i++)
    follow(x, &p->edges[feeds.first + i], how, error);
}

static void feed_all(struct feeding *x, uint32_t number,
                     enum strand_outcome how, const struct error *error)
{
  feed(x, number, how, error);
  while (x->look != NOWHERE && !x->fatal) {
    number = x->look;
    struct strand *s = &x->g->strands[number];
    x->look = s->next;
    bool failed = s->state == STRAND_FAILED;
    feed(x, number, failed ? OUTCOME_FAILED : OUTCOME_SKIPPED, s->error);
  }
}

static void begin_strand(struct task *t, struct frame *f, uint32_t number)
{
  t->base = t->frame = f;
  t->strand = number;
  t->pc = f->fn->code + f->fn->strands[number].entry;
}

static bool new_strand(struct run *run, struct frame *f, uint32_t number)
{
  struct task *t = task_new(run, TASK_STRAND, &frame_graph(f)->tasks);
  if (!t)
    return false;
  begin_strand(t, f, number);
  task_ready(t);
  return true;
}

bool graph_begin(struct task *holder, struct frame *f)
{
  const struct function *fn = f->fn;
  struct graph *g = frame_graph(f);
  for (uint32_t i = 0; i < fn->row->strands.count; i++) {
    const struct strand_info *info = &fn->strands[i];
    g->strands[i] =
        (struct strand){.waits = info->inputs, .guards = info->guards};
    if (!info->inputs && !new_strand(holder->run, f, i)) {
      tasks_cancel(&g->tasks);
      return false;
    }
  }
  g->holder = holder;
  holder->frame = f;
  holder->wait = WAIT_OTHER;
  return g->tasks != NULL;
}

void graph_cancel(struct frame *f)
{
  tasks_cancel(&frame_graph(f)->tasks);
}

void graph_end(struct frame *f, value v, const struct error *error)
{
  struct task *t = frame_graph(f)->holder;
  if (f == t->base) {
    task_finish(t, v, error);
    return;
  }
  t->frame = f->caller;
  t->pc = f->return_pc;
  if (error)
    t->error = error;
  else
    t->frame->slots[f->result] = v;
  if (f->streams && !error)
    streams_return(t->run, f, v, &t->frame->streams);
  if (f->call)
    timeline_end(t->run, f, error);
  frame_drop(t, f);
  task_ready(t);
}

// Nothing runs and nothing has returned: what went wrong first is the answer.
static void end_if_idle(struct frame *f)
{
  struct graph *g = frame_graph(f);
  if (g->tasks)
    return;
  const struct error *e = g->error;
  if (!e)
    e = error_make(g->holder, ERROR_internal, 500, "%s ended without a result",
                   f->fn->name);
  graph_end(f, (value){0}, e);
}

static struct feeding feeding_of(struct frame *f)
{
  return (struct feeding){
      .f = f, .g = frame_graph(f), .look = NOWHERE, .ready = NOWHERE};
}

// Those that are ready get tasks of their own.
static bool start_ready(struct run *run, struct feeding *x, uint32_t number)
{
  while (number != NOWHERE) {
    uint32_t next = x->g->strands[number].next;
    if (!new_strand(run, x->f, number))
      return false;
    number = next;
  }
  return true;
}

bool strand_end(struct task *t, enum strand_outcome how)
{
  struct frame *f = t->base;
  struct feeding x = feeding_of(f);
  x.ready_last = &x.ready;
  handlers_drop(t, NULL);
  feed_all(&x, t->strand, how, NULL);
  bool goes_on = !x.fatal && x.ready != NOWHERE;
  if (goes_on) {
    uint32_t others = x.g->strands[x.ready].next;
    begin_strand(t, f, x.ready);
    if (!start_ready(t->run, &x, others)) {
      x.fatal = error_memory(t);
      goes_on = false;
    }
  }
  if (goes_on)
    return true;
  task_free(t);
  if (x.fatal)
    graph_end(f, (value){0}, x.fatal);
  else
    end_if_idle(f);
  return false;
}

void strand_fail(struct task *t, const struct error *error)
{
  struct frame *f = t->base;
  struct feeding x = feeding_of(f);
  x.ready_last = &x.ready;
  if (!x.g->error)
    x.g->error = error;
  if (f->fn->strands[t->strand].returns)
    x.fatal = error;
  else
    feed_all(&x, t->strand, OUTCOME_FAILED, error);
  if (!x.fatal && !start_ready(t->run, &x, x.ready))
    x.fatal = error_memory(t);
  handlers_drop(t, NULL);
  task_free(t);
  if (x.fatal)
    graph_end(f, (value){0}, x.fatal);
  else
    end_if_idle(f);
}
