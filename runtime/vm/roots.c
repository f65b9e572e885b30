// Who points to values between the turns of tasks: what a run keeps of its
// tasks, frames, futures and streams, and what the request keeps of the run.
// What is not in compact_roots() would be left behind when values move.
#include "runtime/vm/compact.h"
#include "runtime/vm/timeline.h"

#include <string.h>

// ---- frames ----

static void visit_graph(struct compaction *c, struct frame *f)
{
  struct graph *g = frame_graph(f);
  compact_error(c, &g->error);
  for (uint32_t i = 0; i < f->fn->row->strands.count; i++)
    compact_error(c, &g->strands[i].error);
}

// Arguments that a task was given are of their own types until it takes them.
static void visit_slots(struct compaction *c, struct frame *f,
                        const uint32_t *given, uint32_t n_given)
{
  const struct function *fn = f->fn;
  uint32_t first = fn->n_params - n_given;
  uint32_t n = typed_slots(fn);
  for (uint32_t i = 0; i < n; i++) {
    bool other = given && i >= first && i < fn->n_params;
    compact_value(c, &f->slots[i], other ? given[i - first] : fn->types[i]);
  }
  if (c->leads) // nobody owns what has moved (own.c)
    memset(f->slots + n, 0, (fn->n_slots - n) * sizeof *f->slots);
}

static void visit_frame(struct compaction *c, struct frame *f)
{
  if (f->seen == c->run->looks)
    return;
  f->seen = c->run->looks;
  visit_slots(c, f, NULL, 0);
  compact_text(c, &f->model);
  if (f->fn->graph)
    visit_graph(c, f);
}

// ---- tasks ----

static size_t each_size(const struct each *e)
{
  return sizeof *e + e->n_args * sizeof *e->args;
}

static void visit_task(struct compaction *c, struct task *t)
{
  for (struct frame *f = t->frame; f; f = f->caller)
    visit_frame(c, f);
  if (t->entering) {
    visit_slots(c, t->entering, t->types, t->types ? t->site->count : 0);
    compact_text(c, &t->entering->model);
  }
  compact_text(c, &t->model);
  compact_error(c, &t->error);
  if (t->wait == WAIT_CACHE && !t->cached.entry)
    compact_value(c, &t->cached.value, t->cached.type);
  if (t->future) // it has no value yet
    compact_visit(c, &t->future, SHAPE_future, PLAN_NONE, sizeof *t->future);
  if (t->each)
    compact_visit(c, &t->each, SHAPE_each, 0, each_size(t->each));
}

// ---- what is kept of a request ----

static void visit_stubs(struct compaction *c)
{
  struct engine *e = c->run->engine;
  for (uint32_t i = 0; i < e->plan->n_bindings; i++)
    for (struct stub *s = e->deployments[i].stubs; s; s = s->next)
      compact_visit(c, &s->instead, SHAPE_closure, 0,
                    sizeof *s->instead + s->instead->count * sizeof(value));
}

static void visit_timeline(struct compaction *c, struct timeline *l)
{
  for (struct timeline_call *call = l->first; call; call = call->next)
    compact_text(c, &call->error);
}

static void visit_request(struct compaction *c, struct request *r)
{
  if (r->reply.headers)
    compact_map(c, &r->reply.headers, OF_TEXT);
  if (!r->ended)
    return;
  if (r->failed)
    compact_text(c, &r->error.message);
  else
    compact_value(c, &r->result, c->run->fn->row->result);
}

void compact_roots(struct compaction *c)
{
  struct run *run = c->run;
  run->looks++;
  for (struct task *t = run->made; t; t = t->made)
    if (!t->free)
      visit_task(c, t);
  for (struct stream *s = run->made_streams; s; s = s->made) {
    if (s->full)
      compact_value(c, &s->piece, s->of);
    compact_error(c, &s->error);
    if (stream_arrives(s))
      compact_arrivals(c, (struct arrivals **)&s->user);
  }
  if (run->stubs)
    visit_stubs(c);
  if (run->timeline)
    visit_timeline(c, run->timeline);
  visit_request(c, run->request);
}

// ---- streams ----

static bool is_known(const struct run *run, const struct stream *s)
{
  return s->seen == run->looks || s->at || s->task || s->source || s->outside;
}

void compact_streams(struct run *run)
{
  struct stream **at = &run->made_streams, *s;
  while ((s = *at)) {
    if (is_known(run, s)) {
      at = &s->made;
      continue;
    }
    *at = s->made;
    s->made = run->free_streams;
    run->free_streams = s;
  }
}
