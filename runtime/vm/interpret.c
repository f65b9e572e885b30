// The interpreter: runs a task's innermost frame, instruction by instruction.
//
// What an instruction needs more than a line for is in operations.c, call.c and
// graph.c. Jumps and calls are counted; when the budget is spent the task goes to
// the end of the ready queue, so that nobody keeps the loop.
#include "runtime/vm/operations.h"

// Where the running frame is: copies of what the task has, for speed.
struct state {
  struct task *t;
  struct frame *f;
  value *s;                   // its slots
  const struct plan_code *pc; // the next instruction
};

static inline void load(struct state *x)
{
  x->f = x->t->frame;
  x->s = x->f->slots;
  x->pc = x->t->pc;
}

// Raises; true when a handler took it and the task goes on.
static bool raised(struct state *x, const struct error *error)
{
  x->t->pc = x->pc;
  if (!task_raise(x->t, error))
    return false;
  load(x);
  return true;
}

// Ends the frame with a value; true when the task goes on with its caller.
static inline bool returned(struct state *x, value v)
{
  struct task *t = x->t;
  struct frame *f = x->f;
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
  uint16_t result = f->result;
  t->frame = f->caller;
  t->pc = f->return_pc;
  frame_drop(t, f);
  load(x);
  x->s[result] = v;
  return true;
}

// A value is needed: true when it is there, else the task waits (and comes back
// to this instruction) or *error says why it will never be.
static bool forced(struct state *x, struct plan_code i,
                   const struct error **error)
{
  struct task *t = x->t;
  uint32_t type = x->f->fn->types[i.b];
  *error = NULL;
  gather_begin(t);
  switch (gather(t, type, x->s[i.b], error)) {
  case GATHER_FAILED:
    return false;
  case GATHER_OUT:
    t->pc = x->pc - 1;
    t->wait = WAIT_FORCE;
    return false;
  case GATHER_THERE:
    break;
  }
  if (!future_resolve(t, type, x->s[i.b], &x->s[i.a]))
    *error = error_memory(t);
  return !*error;
}

static void time_came(struct timer *timer)
{
  struct task *t =
      (struct task *)((char *)timer - offsetof(struct task, timer));
  task_ready(t);
}

static void sleep_for(struct state *x, int64_t ns)
{
  struct engine *e = x->t->run->engine;
  int64_t at;
  if (__builtin_add_overflow(engine_now(e), ns, &at))
    at = INT64_MAX;
  x->t->pc = x->pc;
  x->t->wait = WAIT_TIMER;
  x->t->timer.fire = time_came;
  if (!timer_set(e, &x->t->timer, at)) {
    x->t->error = error_memory(x->t);
    task_ready(x->t);
  }
}

// Puts the task where it was; false when it does not go on now.
static bool resumed(struct state *x)
{
  struct task *t = x->t;
  const struct error *error = t->error;
  t->wait = WAIT_NOTHING;
  t->error = NULL;
  if (!error && !t->frame) {
    switch (call_begin(t, &error)) {
    case ENTRY_WAIT:
      return false;
    case ENTRY_RUN:
    case ENTRY_FAIL:
      break;
    }
  }
  if (error && !t->frame) {
    task_finish(t, (value){0}, error);
    return false;
  }
  load(x);
  return !error || raised(x, error);
}

#define NEXT                                                                   \
  do {                                                                         \
    i = *x.pc++;                                                               \
    goto *labels[i.op];                                                        \
  } while (0)
// The task's own pc must be right before anything may raise or wait.
#define SAVE t->pc = x.pc
#define TRY(expression)                                                        \
  do {                                                                         \
    SAVE;                                                                      \
    if ((error = (expression)))                                                \
      goto fail;                                                               \
    NEXT;                                                                      \
  } while (0)
#define SPEND                                                                  \
  do {                                                                         \
    if (!--budget)                                                             \
      goto spent;                                                              \
  } while (0)
#define ON(name) do_##name:
#define VIA(name) ON(name) TRY(operation_##name(t, x.s, i))
#define INT(name, sign, builtin)                                               \
  ON(name##_i)                                                                 \
  {                                                                            \
    int64_t p = x.s[i.b].i, q = x.s[i.c].i;                                    \
    if (__builtin_##builtin##_overflow(p, q, &x.s[i.a].i)) {                   \
      SAVE;                                                                    \
      x.s[i.a].i = 0;                                                          \
      error = error_int(t, sign, p, q);                                        \
      goto fail;                                                               \
    }                                                                          \
    NEXT;                                                                      \
  }

void interpret(struct engine *e, struct task *t)
{
  static void *const labels[] = {
#define OPCODE(name, a, b, c, rule, doc) &&do_##name,
#include "grammar/defs/opcodes.def"
#undef OPCODE
  };
  struct state x = {.t = t};
  struct plan_code i;
  const struct error *error;
  uint32_t budget = VM_BUDGET;
  int64_t wait;
  if (!resumed(&x))
    return;
  NEXT;

  ON(nop) NEXT;
  ON(move) x.s[i.a] = x.s[i.b];
  NEXT;
  ON(const) x.s[i.a] = e->consts[plan_wide(i)];
  NEXT;
  ON(jump) x.pc += (int32_t)plan_wide(i);
  SPEND;
  NEXT;
  ON(jump_if) if (x.s[i.a].i) x.pc += (int32_t)plan_wide(i);
  SPEND;
  NEXT;
  ON(jump_not) if (!x.s[i.a].i) x.pc += (int32_t)plan_wide(i);
  SPEND;
  NEXT;

  ON(not) x.s[i.a].i = !x.s[i.b].i;
  NEXT;
  INT(add, "+", add)
  INT(sub, "-", sub)
  INT(mul, "*", mul)
  VIA(div_i);
  VIA(mod_i);
  VIA(neg_i);
  ON(add_f) x.s[i.a].f = x.s[i.b].f + x.s[i.c].f;
  NEXT;
  ON(sub_f) x.s[i.a].f = x.s[i.b].f - x.s[i.c].f;
  NEXT;
  ON(mul_f) x.s[i.a].f = x.s[i.b].f * x.s[i.c].f;
  NEXT;
  VIA(div_f);
  ON(neg_f) x.s[i.a].f = -x.s[i.b].f;
  NEXT;
  ON(float) x.s[i.a].f = (double)x.s[i.b].i;
  NEXT;
  VIA(add_t);
  VIA(sub_t);

  ON(eq) if (x.f->fn->kinds[i.b] == TYPE_int) {
    x.s[i.a].i = x.s[i.b].i == x.s[i.c].i;
    NEXT;
  }
  TRY(operation_eq(t, x.s, i));
  VIA(ne);
  ON(lt) if (x.f->fn->kinds[i.b] == TYPE_int) {
    x.s[i.a].i = x.s[i.b].i < x.s[i.c].i;
    NEXT;
  }
  TRY(operation_lt(t, x.s, i));
  ON(le) if (x.f->fn->kinds[i.b] == TYPE_int) {
    x.s[i.a].i = x.s[i.b].i <= x.s[i.c].i;
    NEXT;
  }
  TRY(operation_le(t, x.s, i));

  VIA(text);
  VIA(concat);
  VIA(list);
  VIA(push);
  ON(len) x.s[i.a].i = x.s[i.b].list->count;
  NEXT;
  VIA(index);
  VIA(tuple);
  ON(part) x.s[i.a] = x.s[i.b].parts[i.c];
  NEXT;
  VIA(map);
  VIA(key);
  VIA(union);
  VIA(step);
  ON(tag) x.s[i.a].i = x.s[i.b].tagged->tag;
  NEXT;
  VIA(payload);
  VIA(wrap);
  ON(unwrap) if (!x.s[i.b].box) {
    SAVE;
    error = error_make(t, ERROR_user, 500, "a value is none");
    goto fail;
  }
  x.s[i.a] = *x.s[i.b].box;
  NEXT;
  ON(is_none) x.s[i.a].i = !x.s[i.b].box;
  NEXT;
  ON(self) if (state_get(t, i.b, &x.s[i.a])) NEXT;
  SAVE;
  error = error_memory(t);
  goto fail;
  ON(set_self) TRY(state_set(t, i.b, x.s[i.a]));
  ON(op) SAVE;
  if ((error = operation_op(t, x.s, i, &wait)))
    goto fail;
  if (wait <= 0)
    NEXT;
  sleep_for(&x, wait);
  return;

  ON(call) SAVE;
  switch (call_enter(t, &e->sites[plan_wide(i)], i.a, &error)) {
  case ENTRY_RUN:
    load(&x);
    SPEND;
    NEXT;
  case ENTRY_FAIL:
    goto fail;
  case ENTRY_WAIT:
    return;
  }
  ON(start) SAVE;
  x.s[i.a].future = call_start(t, &e->sites[plan_wide(i)], &error);
  if (!x.s[i.a].future)
    goto fail;
  SPEND;
  NEXT;
  ON(each) SAVE;
  {
    const struct list *calls =
        call_each(t, &e->sites[plan_wide(i)], &error);
    if (!calls)
      goto fail;
    x.s[i.a].list = calls;
  }
  SPEND;
  NEXT;
  ON(force) SAVE;
  if (forced(&x, i, &error))
    NEXT;
  if (error)
    goto fail;
  return;

  ON(return) SAVE;
  if (!returned(&x, x.s[i.a]))
    return;
  NEXT;
  ON(done) SAVE;
  if (!strand_end(t, OUTCOME_DONE))
    return;
  load(&x);
  SPEND;
  NEXT;
  ON(choose) SAVE;
  if (!strand_end(t, x.s[i.a].i ? OUTCOME_TRUE : OUTCOME_FALSE))
    return;
  load(&x);
  SPEND;
  NEXT;
  ON(fail) SAVE;
  error = operation_fail(t, x.s, i);
  goto fail;
  ON(try) TRY(operation_try(t, x.s, i));
  ON(end_try) if (t->handlers && t->handlers->frame == x.f)
      handler_pop(t);
  NEXT;
  VIA(reply);
  VIA(assert);

fail:
  if (!raised(&x, error))
    return;
  SPEND;
  NEXT;
spent:
  SAVE;
  e->budget += VM_BUDGET;
  task_ready(t);
}
