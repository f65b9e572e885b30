// The interpreter: runs a task's innermost frame, instruction by instruction.
//
// What an instruction needs more than a line for is in operations.c, call.c and
// graph.c. Jumps and calls are counted; when the budget is spent the task goes
// to the end of the ready queue, so that nobody keeps the loop.
#include "runtime/vm/fast.h"
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
  timer_set(e, &t->timer, at);
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

// The fields of the instruction that runs, which pc is behind; b and c together
// are W.
#define A pc[-1].a
#define B pc[-1].b
#define C pc[-1].c
#define W wide(pc - 1)
#define TAKE                                                                   \
  do {                                                                         \
    values_check(f, pc);                                                       \
    pc++;                                                                      \
  } while (0)
#define NEXT                                                                   \
  do {                                                                         \
    TAKE;                                                                      \
    goto *labels[pc[-1].op];                                                   \
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
// What operators went through counts as so many jumps; the next one sees it.
#define WEIGH                                                                  \
  do {                                                                         \
    if (e->weight) {                                                           \
      budget = e->weight < budget ? budget - (uint32_t)e->weight : 1;          \
      e->weight = 0;                                                           \
    }                                                                          \
  } while (0)
// An instruction: what it does, then the next one.
#define ON(name, ...)                                                          \
  do_##name:                                                                   \
  {                                                                            \
    __VA_ARGS__;                                                               \
  }                                                                            \
  NEXT;
// One that may fail, and one of operations.c. What fails leaves its slot as it
// was: it may be a variable that a handler reads.
#define TRY(name, expression)                                                  \
  do_##name : SAVE;                                                            \
  if ((error = (expression)))                                                  \
    goto fail;                                                                 \
  NEXT;
#define UPDATE(name, expression)                                               \
  do_##name : SAVE;                                                            \
  if ((error = (expression)))                                                  \
    goto fail;                                                                 \
  WEIGH;                                                                       \
  NEXT;
#define VIA(name) TRY(name, operation_##name(t, s, pc[-1]))
// One of operations.c that is done here when it can be.
#define QUICK(name, when, ...)                                                 \
  do_##name : if (when)                                                        \
  {                                                                            \
    __VA_ARGS__;                                                               \
    NEXT;                                                                      \
  }                                                                            \
  SAVE;                                                                        \
  if ((error = operation_##name(t, s, pc[-1])))                                \
    goto fail;                                                                 \
  NEXT;
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
// Comparing two values x and y: alone, or with a jump behind it.
#define COMPARED(name, test, goes)                                             \
  do_##name:                                                                   \
  {                                                                            \
    value x = s[B], y = s[C];                                                  \
    bool is = test;                                                            \
    s[A].i = is;                                                               \
    goes;                                                                      \
  }                                                                            \
  NEXT;
#define BOTH_COMPARE(name, test)                                               \
  COMPARED(name, test, (void)0)                                                \
  COMPARED(name##_if, test, TAKE; pc += is ? (int32_t)W : 0)                   \
  COMPARED(name##_not, test, TAKE; pc += is ? 0 : (int32_t)W)
// Two operations; of the second, the operand that is not the first's result.
// What goes wrong does so in the plain instruction.
#define OTHER s[B ^ C ^ a]
#define BOTH_INTS(x, y)                                                        \
  do_##x##_##y##_i:                                                            \
  {                                                                            \
    uint16_t a = A;                                                            \
    int64_t first, both;                                                       \
    if (__builtin_##x##_overflow(s[B].i, s[C].i, &first))                      \
      goto do_##x##_i;                                                         \
    s[a].i = first;                                                            \
    TAKE;                                                                      \
    if (__builtin_##y##_overflow(first, OTHER.i, &both))                       \
      goto do_##y##_i;                                                         \
    s[A].i = both;                                                             \
  }                                                                            \
  NEXT;
#define BOTH_MOD(x)                                                            \
  do_##x##_mod_i:                                                              \
  {                                                                            \
    uint16_t a = A;                                                            \
    int64_t first;                                                             \
    if (__builtin_##x##_overflow(s[B].i, s[C].i, &first))                      \
      goto do_##x##_i;                                                         \
    s[a].i = first;                                                            \
    TAKE;                                                                      \
    if (OTHER.i <= 0)                                                          \
      goto do_mod_i;                                                           \
    s[A].i = int_mod(first, OTHER.i);                                          \
  }                                                                            \
  NEXT;
#define BOTH_FLOATS(x, sign, y, other)                                         \
  do_##x##_##y##_f:                                                            \
  {                                                                            \
    uint16_t a = A;                                                            \
    double first = s[B].f sign s[C].f;                                         \
    s[a].f = first;                                                            \
    TAKE;                                                                      \
    s[A].f = first other OTHER.f;                                              \
  }                                                                            \
  NEXT;

// Of the two halves in one read.
static inline uint32_t wide(const struct plan_code *i)
{
  uint32_t x;
  memcpy(&x, &i->b, sizeof x);
  return x;
}

// By a positive number, towards minus infinity; small ones divide faster.
static inline int64_t int_mod(int64_t x, int64_t y)
{
  if (!((uint64_t)(x | y) >> 32))
    return (uint32_t)x % (uint32_t)y;
  int64_t rest = x % y;
  return rest < 0 ? rest + y : rest;
}

static inline int64_t int_div(int64_t x, int64_t y)
{
  if (!((uint64_t)(x | y) >> 32))
    return (uint32_t)x / (uint32_t)y;
  return x / y - (x % y < 0);
}

static inline void list_add(const struct list *l, value v)
{
  ((struct list *)l)->items[((struct list *)l)->count++] = v;
}

// Every instruction jumps to the next by itself: the compiler must not join
// them.
__attribute__((optimize("no-gcse", "no-crossjumping"))) void
interpret(struct engine *e, struct task *t)
{
  static void *const labels[] = {
#define OPCODE(name, a, b, c, rule, doc) &&do_##name,
#include "grammar/defs/opcodes.def"
#undef OPCODE
#define FAST(name, doc) &&do_##name,
#define FAST_COMPARE(name, test)                                               \
  &&do_##name, &&do_##name##_if, &&do_##name##_not,
#define FAST_INTS(x, y) &&do_##x##_##y##_i,
#define FAST_MOD(x) &&do_##x##_mod_i,
#define FAST_FLOATS(x, sign, y, other) &&do_##x##_##y##_f,
#include "runtime/vm/fast.def"
#undef FAST
#undef FAST_COMPARE
#undef FAST_INTS
#undef FAST_MOD
#undef FAST_FLOATS
  };
  struct frame *f;
  value *s;                   // its slots
  const struct plan_code *pc; // behind the instruction that runs
  const struct error *error;
  uint32_t budget = VM_BUDGET;
  const value *found;
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
  QUICK(div_i, s[C].i > 0, s[A].i = int_div(s[B].i, s[C].i))
  QUICK(mod_i, s[C].i > 0, s[A].i = int_mod(s[B].i, s[C].i))
  VIA(neg_i)
  ON(add_f, s[A].f = s[B].f + s[C].f)
  ON(sub_f, s[A].f = s[B].f - s[C].f)
  ON(mul_f, s[A].f = s[B].f * s[C].f)
  QUICK(div_f, s[C].f != 0, s[A].f = s[B].f / s[C].f)
  ON(neg_f, s[A].f = -s[B].f)
  ON(float, s[A].f = (double)s[B].i)
  VIA(add_t)
  VIA(sub_t)
  VIA(eq)
  VIA(ne)
  VIA(lt)
  VIA(le)

  VIA(text)
  VIA(concat)
  VIA(list)
  QUICK(push, s[A].list->count < s[A].list->room, list_add(s[A].list, s[B]))
  ON(len, s[A].i = s[B].list->count)
  QUICK(index, (uint64_t)s[C].i < s[B].list->count,
        s[A] = s[B].list->items[s[C].i])
  VIA(tuple)
  ON(part, s[A] = s[B].parts[C])
  VIA(map)
  VIA(key)
  VIA(union)
  VIA(step)
  ON(tag, s[A].i = s[B].tagged->tag)
  VIA(payload)
  VIA(wrap)
  QUICK(unwrap, s[B].box, s[A] = *s[B].box)
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

#define FAST(name, doc)
#define FAST_COMPARE BOTH_COMPARE
#define FAST_INTS BOTH_INTS
#define FAST_MOD BOTH_MOD
#define FAST_FLOATS BOTH_FLOATS
#include "runtime/vm/fast.def"
#undef FAST
#undef FAST_COMPARE
#undef FAST_INTS
#undef FAST_MOD
#undef FAST_FLOATS
  ON(len_text, s[A].i = s[B].text->length)
  ON(len_map, s[A].i = s[B].map->count)
  ON(second, TAKE; s[A] = s[B])
  UPDATE(own_put, update_put(t, s, pc[-1]))
  UPDATE(own_concat_list, update_concat_list(t, s, pc[-1]))
  TRY(own_concat, update_concat(t, s, pc[-1]))
  TRY(text_i, text_of_int(t, s, pc[-1]))
  // clang-format on

do_own_push : {
  struct plan_code run = pc[-1];
  TAKE;
  TAKE;
  TAKE;
  SAVE;
  if ((error = update_push(t, s, run, pc[-1])))
    goto fail;
}
  NEXT;

do_own_append : {
  struct plan_code run = pc[-1];
  TAKE;
  TAKE;
  SAVE;
  if ((error = update_append(t, s, run, pc[-1])))
    goto fail;
}
  NEXT;

do_mul_add_mod_i : {
  int64_t x, y;
  if (__builtin_mul_overflow(s[B].i, s[C].i, &x))
    goto do_mul_i;
  uint16_t a = A;
  s[a].i = x;
  TAKE;
  if (__builtin_add_overflow(x, OTHER.i, &y))
    goto do_add_i;
  a = A;
  s[a].i = y;
  TAKE;
  if (OTHER.i <= 0)
    goto do_mod_i;
  s[A].i = int_mod(y, OTHER.i);
}
  NEXT;

do_next : {
  int64_t z;
  if (__builtin_add_overflow(s[B].i, s[C].i, &z))
    goto do_add_i;
  s[A].i = z;
  TAKE; // the jump
  pc += (int32_t)W;
  SPEND;
  TAKE; // lt
  bool more = s[B].i < s[C].i;
  s[A].i = more;
  TAKE; // jump_not
  pc += more ? 0 : (int32_t)W;
}
  NEXT;

do_next_item : {
  int64_t z;
  if (__builtin_add_overflow(s[B].i, s[C].i, &z))
    goto do_add_i;
  s[A].i = z;
  TAKE; // the jump
  pc += (int32_t)W;
  SPEND;
  TAKE; // lt
  bool more = s[B].i < s[C].i;
  s[A].i = more;
  TAKE; // jump_not
  if (more) {
    TAKE; // index
    goto do_index;
  }
  pc += (int32_t)W;
}
  NEXT;

do_get_or:
  found = map_get(s[C].map, s[C + 1].text);
  goto got;

do_get_of : {
  const struct map *m = s[B].map;
  TAKE; // the key
  const struct text *key = s[B].text;
  TAKE; // op get
  found = update_find(s, B, m, key);
}

got: // or not
  if (found) {
    TAKE; // is_none
    s[A].i = 0;
    TAKE; // jump_not
    pc += (int32_t)W;
    TAKE; // unwrap
    s[A] = *found;
  } else {
    s[A].bits = 0;
  }
  NEXT;

do_read_text : {
  struct plan_code parse = pc[-1];
  TAKE; // read
  if (read_text(t, s, parse, pc[-1]))
    NEXT;
  pc--; // one after the other, for what is wrong
  goto do_op;
}

do_text_of:
  if (text_of_json(t, s, pc[-1], pc[0])) {
    TAKE;
    NEXT;
  }
  goto do_op;

do_show : {
  size_t at = (size_t)(pc - 1 - f->fn->code);
  uint16_t shown = f->fn->shown[at];
  if (shown == SHOW_ALL)
    memset(s + f->fn->first_hidden, 0,
           (f->fn->n_slots - f->fn->first_hidden) * sizeof *s);
  else
    s[shown].bits = 0;
  goto *labels[f->fn->source[at].op];
}

do_weights:
do_op:
  SAVE;
  if ((error = operation_op(t, s, pc[-1], &wait)))
    goto fail;
  WEIGH;
  if (wait == OPERATION_WAITS)
    return;
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
  if (forced(t, pc[-1], &error))
    NEXT;
  if (error)
    goto fail;
  return;

do_ready:
  SAVE;
  switch (tensors_ready(t, pc[-1], &error)) {
  case ENTRY_FAIL:
    goto fail;
  case ENTRY_WAIT:
    return;
  case ENTRY_RUN:
    NEXT;
  }

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

do_model:
  SAVE;
  switch (model_ask(t, s[B].text, A, &error)) {
  case ENTRY_FAIL:
    goto fail;
  case ENTRY_WAIT:
    return;
  case ENTRY_RUN:
    NEXT;
  }

do_name_model:
  t->model = s[A].text;
  NEXT;

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
