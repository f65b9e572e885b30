// Tensors that are needed: what is still to be computed in a value becomes a
// program, which a compute thread runs while the task waits.
//
// Enters: a task at `ready`, and the value in its slot. Everything in it that
// is still out is needed, and with it comes what other slots of the task's
// frames hold of what is computed on the way: else it might be computed again.
// When the program is back, elements are copied into the run's arena, and the
// tensors have them. Values may have moved meanwhile, so they are looked for
// anew, by the numbers of their nodes.
#include "runtime/tensor/program.h"
#include "runtime/vm/operations.h"
#include "runtime/vm/operator.h"
#include "runtime/value/tensor_buffer.h"
#include "runtime/value/walk.h"

#include <stdlib.h>

// Of what a request may have, so many times as much while its tensors are
// computed.
enum { TENSOR_SHARE = 8 };

struct ready_job {
  struct operator_job job; // first
  struct tensor_program *program;
  bool done;
};

// ---- looking at values ----

struct look {
  struct walk walk;
  const bool *holds; // by type: tensors
  bool (*see)(struct look *l, const struct tensor *t);
  struct tensor_program *program; // or NULL
  struct arena *arena;
  uint32_t out; // tensors that were
};

static bool look(struct look *l, uint32_t type, value v, uint32_t depth);

static bool look_at_parts(struct look *l, const struct plan_type *t,
                          const value *parts, uint32_t depth)
{
  for (uint32_t i = 0; i < t->fields.count; i++)
    if (!look(l, part_type(l->walk.plan, t, i), parts[i], depth))
      return false;
  return true;
}

static bool look_at_items(struct look *l, const struct plan_type *t, value v,
                          uint32_t depth)
{
  bool list = t->kind == TYPE_list;
  uint32_t n = list ? v.list->count : v.map->count;
  for (uint32_t i = 0; i < n; i++)
    if (!look(l, t->of, list ? v.list->items[i] : v.map->entries[i].item,
              depth))
      return false;
  return true;
}

static bool look(struct look *l, uint32_t type, value v, uint32_t depth)
{
  const struct plan_type *t = &l->walk.plan->types[type];
  uint32_t of;
  if (!l->holds[type])
    return true;
  if (!walk_enter(&l->walk, depth))
    return false;
  switch (t->kind) {
  case TYPE_tensor:
    return !tensor_is_out(v.tensor) || !v.tensor->node || l->see(l, v.tensor);
  case TYPE_list:
  case TYPE_map:
    return look_at_items(l, t, v, depth + 1);
  case TYPE_tuple:
  case TYPE_record:
    return look_at_parts(l, t, v.parts, depth + 1);
  case TYPE_optional:
    return !v.box || look(l, t->of, *v.box, depth + 1);
  case TYPE_union:
  case TYPE_step:
    of = payload_type(l->walk.plan, t, v.tagged->tag);
    return of == PLAN_NONE || look(l, of, v.tagged->payload, depth + 1);
  default:
    return true;
  }
}

static bool see_out(struct look *l, const struct tensor *t)
{
  l->out++;
  return true;
}

static bool see_needed(struct look *l, const struct tensor *t)
{
  return tensor_program_need(l->program, t);
}

static bool see_kept(struct look *l, const struct tensor *t)
{
  return !tensor_program_has(l->program, t) ||
         tensor_program_need(l->program, t);
}

// What it came to is there from now on.
static bool see_done(struct look *l, const struct tensor *t)
{
  const struct tensor *r = tensor_program_result(l->program, t->node->number);
  struct tensor *to = (struct tensor *)t; // nobody else has read it
  if (!r)
    return true;
  if (r->owner && !tensor_buffer_keep(l->arena, r->owner))
    return false;
  void *data = r->owner ? r->data : arena_alloc(l->arena, tensor_bytes(r) + 1);
  if (!data)
    return false;
  if (!r->owner)
    memcpy(data, r->data, tensor_bytes(r));
  to->data = data;
  to->owner = r->owner;
  to->node = NULL;
  tensor_lay_out(to);
  return true;
}

static bool look_at_slot(struct look *l, const struct frame *f, uint16_t slot)
{
  l->walk.left = VALUE_PARTS;
  return look(l, f->fn->types[slot], f->slots[slot], 0);
}

// The slot, then all slots of the frames around: strands share theirs, and may
// be at work in them.
static bool look_at_task(struct look *l, struct task *t, uint16_t slot,
                         bool (*others)(struct look *, const struct tensor *))
{
  if (!look_at_slot(l, t->frame, slot))
    return false;
  l->see = others;
  for (struct frame *f = t->frame; f && !f->fn->graph; f = f->caller)
    for (uint32_t i = 0; i < typed_slots(f->fn); i++)
      if (l->holds[f->fn->types[i]] && !look_at_slot(l, f, (uint16_t)i))
        return false;
  return true;
}

static struct look look_of(struct task *t, struct tensor_program *program,
                           bool (*see)(struct look *, const struct tensor *))
{
  struct engine *e = t->run->engine;
  return (struct look){.walk = {.plan = e->plan, .left = VALUE_PARTS},
                       .holds = e->has_tensor,
                       .see = see,
                       .program = program,
                       .arena = t->run->arena};
}

// ---- the program ----

static void run_program(struct operator_job *job)
{
  struct ready_job *j = (struct ready_job *)job;
  j->done = tensor_program_plan(j->program) &&
            tensor_program_run(j->program, &job->unwanted);
}

static void free_program(struct operator_job *job)
{
  struct ready_job *j = (struct ready_job *)job;
  tensor_program_free(j->program);
  free(j);
}

static const struct error *failed(struct task *t,
                                  const struct tensor_program *p)
{
  if (!p->failed)
    return error_make(t, ERROR_limit, 500, "%s", p->why);
  struct error *e =
      (struct error *)error_make(t, ERROR_user, 500, "%s", p->why);
  error_place(t->run->engine, p->failed->place[0], p->failed->place[1], e);
  return e;
}

static const struct error *ready_done(struct task *t, struct operator_job *job)
{
  struct ready_job *j = (struct ready_job *)job;
  struct look l = look_of(t, j->program, see_done);
  if (!j->done)
    return failed(t, j->program);
  return look_at_task(&l, t, t->pc[-1].a, see_done) ? NULL : error_memory(t);
}

static struct ready_job *job_new(struct task *t, uint16_t slot)
{
  struct ready_job *j = calloc(1, sizeof *j);
  struct tensor_program *p = j ? tensor_program_new() : NULL;
  struct look l = look_of(t, p, see_needed);
  if (p)
    p->limit = TENSOR_SHARE * t->run->engine->request_memory;
  if (!p || !look_at_task(&l, t, slot, see_kept)) {
    tensor_program_free(p);
    free(j);
    return NULL;
  }
  *j = (struct ready_job){{.run = run_program, .free = free_program}, p, false};
  return j;
}

// A helper's result may stay as it is: who needs it is further out.
static bool may_stay(const struct task *t)
{
  return t->frame != t->base && !t->frame->claim.replica;
}

enum entry tensors_ready(struct task *t, struct plan_code i,
                         const struct error **error)
{
  struct look l = look_of(t, NULL, see_out);
  if ((i.b && may_stay(t)) || (look_at_slot(&l, t->frame, i.a) && !l.out))
    return ENTRY_RUN;
  struct ready_job *j = job_new(t, i.a);
  if (!j) {
    *error = error_memory(t);
    return ENTRY_FAIL;
  }
  if (!job_in_place(t->run->engine) && job_start(t, &j->job, ready_done))
    return ENTRY_WAIT;
  run_program(&j->job);
  *error = ready_done(t, &j->job);
  free_program(&j->job);
  return *error ? ENTRY_FAIL : ENTRY_RUN;
}
