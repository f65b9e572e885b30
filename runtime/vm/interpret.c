// The interpreter: runs a task's innermost frame, instruction by instruction.
//
// What an instruction needs more than a line for is in operations.c, call.c and
// graph.c. Jumps and calls are counted; when the budget is spent the task goes to
// the end of the ready queue, so that nobody keeps the loop.
#include "runtime/vm/operations.h"

#include <string.h>

// Ends the frame with a value; true when the task goes on with its caller.
static inline bool returned(struct task *t, value v)
{
  struct frame *f = t->frame;
  if (f == t->base) {
    if (t->kind == TASK_STRAND) {
      handlers_drop(t, NULL);
      task_free(t);
      graph_end(f, v, NULL);
    } else {
      task_finish(t, v, NULL);
    }
    return false;
  }
  t->frame = f->caller;
  t->pc = f->return_pc;
  if (f->gives_future)
    future_complete(t->run, t->frame->slots[f->result].future, v, NULL);
  else
    t->frame->slots[f->result] = v;
  if (f->streams)
    streams_return(t->run, f, v, &t->frame->streams);
  if (f->call)
    timeline_end(t->run, f, NULL);
  frame_drop(t, f);
  return true;
}

// A value is needed: true when it is there, else the task waits (and comes back
// to this instruction) or *error says why it will never be.
static bool forced(struct task *t, struct plan_code i,
                   const struct error **error)
{
  value *s = t->frame->slots;
  uint32_t type = t->frame->fn->types[i.b];
  *error = NULL;
  gather_begin(t);
  switch (gather(t, type, s[i.b], error)) {
  case GATHER_FAILED:
    return false;
  case GATHER_OUT:
    t->pc--;
    t->wait = WAIT_FORCE;
    return false;
  case GATHER_THERE:
    break;
  }
  if (!future_resolve(t, type, s[i.b], &s[i.a]))
    *error = error_memory(t);
  return !*error;
}

static void time_came(struct timer *timer)
{
  struct task *t =
      (struct task *)((char *)timer - offsetof(struct task, timer));
  task_ready(t);
}

static void sleep_for(struct task *t, int64_t ns)
{
  struct engine *e = t->run->engine;
  int64_t at;
  if (__builtin_add_overflow(engine_now(e), ns, &at))
    at = INT64_MAX;
  t->wait = WAIT_TIMER;
  t->timer.fire = time_came;
  if (!timer_set(e, &t->timer, at)) {
    t->error = error_memory(t);
    task_ready(t);
  }
}

// Calls begin in the order in which they were made: one that would begin at
// once lets those that are still to begin go first.
static bool falls_behind(struct task *t, const struct site *s)
{
  const struct closure *c = NULL;
  if (s->kind == SITE_callable)
    c = t->frame->slots[s->row->first].closure;
  if (s->kind == SITE_function || (c && c->kind == SITE_function))
    return false; // a helper runs in the order of its caller
  t->behind = !t->behind;
  if (!t->behind)
    return false;
  t->pc--;
  task_begins(t);
  return true;
}

// Puts the task where it was; false when it does not go on now.
static bool resumed(struct task *t)
{
  const struct error *error = t->error;
  t->run->engine->n_begin -= t->wait == WAIT_BEGIN;
  t->wait = WAIT_NOTHING;
  t->error = NULL;
  if (!error && !t->frame && call_begin(t, &error) == ENTRY_WAIT)
    return false;
  if (!error)
    return true;
  if (t->frame)
    return task_raise(t, error);
  task_finish(t, (value){0}, error);
  return false;
}

// The fields of the instruction, which is one word: op, a, b, c from the low
// end, b and c together W.
#define A (uint16_t)(w >> 16)
#define B (uint16_t)(w >> 32)
#define C (uint16_t)(w >> 48)
#define W (uint32_t)(w >> 32)
#define NEXT                                                                   \
  do {                                                                         \
    values_check(f, pc);                                                       \
    memcpy(&w, pc++, sizeof w);                                                \
    goto *labels[(uint16_t)w];                                                 \
  } while (0)
// The task's own pc must be right before anything may raise or wait.
#define SAVE t->pc = pc
#define LOAD                                                                   \
  do {                                                                         \
    f = t->frame;                                                              \
    s = f->slots;                                                              \
    pc = t->pc;                                                                \
  } while (0)
#define SPEND                                                                  \
  do {                                                                         \
    if (!--budget)                                                             \
      goto spent;                                                              \
  } while (0)
// An instruction: what it does, then the next one.
#define ON(name, ...)                                                          \
  do_##name : { __VA_ARGS__; }                                                 \
  NEXT;
// One that may fail, and one of operations.c. What fails leaves its slot as it
// was: it may be a variable that a handler reads.
#define TRY(name, expression)                                                  \
  do_##name : SAVE;                                                            \
  if ((error = (expression)))                                                  \
    goto fail;                                                                 \
  NEXT;
#define VIA(name) TRY(name, operation_##name(t, s, code_of(w)))
#define INT(name, sign, builtin)                                               \
  do_##name##_i:                                                               \
  {                                                                            \
    int64_t x = s[B].i, y = s[C].i, z;                                         \
    if (!__builtin_##builtin##_overflow(x, y, &z)) {                           \
      s[A].i = z;                                                              \
      NEXT;                                                                    \
    }                                                                          \
    SAVE;                                                                      \
    error = error_int(t, sign, x, y);                                          \
    goto fail;                                                                 \
  }
// Comparing, fast where it is of whole numbers.
#define COMPARE(name, sign)                                                    \
  do_##name : if (f->fn->kinds[B] == TYPE_int)                                 \
  {                                                                            \
    s[A].i = s[B].i sign s[C].i;                                               \
    NEXT;                                                                      \
  }                                                                            \
  SAVE;                                                                        \
  if ((error = operation_##name(t, s, code_of(w))))                            \
    goto fail;                                                                 \
  NEXT;

static inline struct plan_code code_of(uint64_t w)
{
  struct plan_code i;
  memcpy(&i, &w, sizeof i);
  return i;
}

// Every instruction jumps to the next by itself: the compiler must not join them.
__attribute__((optimize("no-gcse", "no-crossjumping"))) void
interpret(struct engine *e, struct task *t)
{
  static void *const labels[] = {
#define OPCODE(name, a, b, c, rule, doc) &&do_##name,
#include "grammar/defs/opcodes.def"
#undef OPCODE
  };
  struct frame *f;
  value *s;                   // its slots
  const struct plan_code *pc; // the next instruction
  uint64_t w;                 // the one that runs
  const struct error *error;
  uint32_t budget = VM_BUDGET;
  int64_t wait;
  if (!resumed(t))
    return;
  LOAD;
  NEXT;

  // clang-format off
  ON(nop)
  ON(move, s[A] = s[B])
  ON(const, s[A] = e->consts[W])
  ON(jump, pc += (int32_t)W; SPEND)
  ON(jump_if, pc += s[A].i ? (int32_t)W : 0; SPEND)
  ON(jump_not, pc += s[A].i ? 0 : (int32_t)W; SPEND)

  ON(not, s[A].i = !s[B].i)
  INT(add, "+", add)
  INT(sub, "-", sub)
  INT(mul, "*", mul)
  VIA(div_i)
  VIA(mod_i)
  VIA(neg_i)
  ON(add_f, s[A].f = s[B].f + s[C].f)
  ON(sub_f, s[A].f = s[B].f - s[C].f)
  ON(mul_f, s[A].f = s[B].f * s[C].f)
  VIA(div_f)
  ON(neg_f, s[A].f = -s[B].f)
  ON(float, s[A].f = (double)s[B].i)
  VIA(add_t)
  VIA(sub_t)
  COMPARE(eq, ==)
  COMPARE(ne, !=)
  COMPARE(lt, <)
  COMPARE(le, <=)

  VIA(text)
  VIA(concat)
  VIA(list)
  VIA(push)
  ON(len, s[A].i = s[B].list->count)
  VIA(index)
  VIA(tuple)
  ON(part, s[A] = s[B].parts[C])
  VIA(map)
  VIA(key)
  VIA(union)
  VIA(step)
  ON(tag, s[A].i = s[B].tagged->tag)
  VIA(payload)
  VIA(wrap)
  VIA(unwrap)
  VIA(read)
  ON(is_none, s[A].i = !s[B].box)
  TRY(self, state_get(t, B, &s[A]) ? NULL : error_memory(t))
  TRY(set_self, state_set(t, B, s[A]))
  VIA(try)
  ON(end_try, if (t->handlers && t->handlers->frame == f) handler_pop(t))
  VIA(fail)
  VIA(reply)
  VIA(assert)
  VIA(closure)
  VIA(stub)
  VIA(spawn)
  TRY(piece, stream_piece(t, s[B].stream, &s[A]))
  // clang-format on

do_op:
  SAVE;
  if ((error = operation_op(t, s, code_of(w), &wait)))
    goto fail;
  if (wait <= 0)
    NEXT;
  sleep_for(t, wait);
  return;

do_call:
  SAVE;
  if ((e->n_begin || t->behind) && falls_behind(t, &e->sites[W]))
    return;
  switch (call_enter(t, &e->sites[W], A, &error)) {
  case ENTRY_RUN:
    goto moved;
  case ENTRY_FAIL:
    goto fail;
  default:
    return;
  }

do_start:
  SAVE;
  if (e->sites[W].kind == SITE_callable)
    goto start_value;
  if (!(s[A].future = call_start(t, &e->sites[W], &error)))
    goto fail;
  SPEND;
  NEXT;

start_value:
  switch (call_start_value(t, &e->sites[W], A, &error)) {
  case ENTRY_RUN:
    goto moved;
  case ENTRY_FAIL:
    goto fail;
  default:
    return;
  }

do_each:
  SAVE;
  if (!call_each(t, &e->sites[W], INT64_MAX, &s[A], &error))
    goto fail;
  goto let_begin;

do_each_limit:
  SAVE;
  wait = s[e->sites[W].first + 1].i;
  if (!call_each(t, &e->sites[W], wait, &s[A], &error))
    goto fail;

let_begin: // the elements, before what comes behind them
  SPEND;
  if (!e->n_begin)
    NEXT;
  task_begins(t);
  return;

do_force:
  SAVE;
  if (forced(t, code_of(w), &error))
    NEXT;
  if (error)
    goto fail;
  return;

do_yield:
  SAVE;
  if ((error = stream_yield(t, s[A])))
    goto fail;
  return;

do_batch:
  SAVE;
  if ((error = batch_join(t, s[B].i, A)))
    goto fail;
  return;

do_more:
  SAVE;
  switch (stream_more(t, s[B].stream, &error)) {
  case STREAM_ERROR:
    goto fail;
  case STREAM_WAIT:
    t->pc--;
    return;
  default:
    s[A].i = s[B].stream->full;
  }
  NEXT;

do_close:
  if (s[A].stream)
    stream_drop(s[A].stream);
  NEXT;

do_arrivals:
  SAVE;
  if ((error = arrivals_begin(t, s[B].list, e->plan->types[f->fn->types[A]].of,
                              &s[A])))
    goto fail;
  NEXT;

do_abandon:
  calls_abandon(f, s[A].list);
  NEXT;

do_end:
  stream_end(t);
  return;

do_return:
  if (!returned(t, s[A]))
    return;
  LOAD;
  NEXT;

do_done:
  SAVE;
  if (strand_end(t, OUTCOME_DONE))
    goto moved;
  return;

do_choose:
  SAVE;
  if (strand_end(t, s[A].i ? OUTCOME_TRUE : OUTCOME_FALSE))
    goto moved;
  return;

fail:
  if (!task_raise(t, error))
    return;
moved: // to another place
  LOAD;
  SPEND;
  NEXT;
spent:
  SAVE;
  e->budget += VM_BUDGET;
  task_ready(t);
}
