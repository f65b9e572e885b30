// Errors: what went wrong, for the caller in words, for the log with a place.
#include "runtime/codec/codec.h"
#include "runtime/vm/vm.h"

#include <stdio.h>
#include <string.h>

const char *error_kind_name(enum error_kind kind)
{
  static const char *const names[] = {
      "invalid",     "user",     "timeout", "cancelled", "overloaded",
      "unavailable", "upstream", "limit",   "internal",
  };
  return kind < ERROR_KINDS ? names[kind] : "internal";
}

// The last place at or before the instruction.
void error_place(const struct engine *e, const struct function *f,
                 const struct plan_code *at, struct error *out)
{
  struct plan_run run = f->row->places;
  uint32_t number = (uint32_t)(at - f->code), low = 0, high = run.count;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    if (e->plan->places[run.first + mid].at <= number)
      low = mid + 1;
    else
      high = mid;
  }
  if (!low)
    return;
  const struct plan_place *p = &e->plan->places[run.first + low - 1];
  out->file = p->file;
  out->line = p->line;
  out->column = p->column;
}

static void place(struct task *t, struct error *e)
{
  while (!t->frame && t->parent) // it has not begun: where it was called
    t = t->parent;
  const struct plan_code *at = t->pc;
  if (t->frame && at) // pc is behind the instruction
    error_place(t->run->engine, t->frame->fn,
                at > t->frame->fn->code ? at - 1 : at, e);
}

static const struct text *printed(struct arena *a, const char *format,
                                  va_list args)
{
  struct buf b = {.arena = a};
  buf_addv(&b, format, args);
  return b.failed ? NULL : text_view(a, b.data, b.size);
}

const struct error *error_make(struct task *t, enum error_kind kind, int status,
                               const char *format, ...)
{
  struct error *e = ARENA_NEW(t->run->arena, struct error);
  va_list args;
  va_start(args, format);
  const struct text *message = e ? printed(t->run->arena, format, args) : NULL;
  va_end(args);
  if (!message)
    return error_memory(t);
  *e = (struct error){.kind = kind, .status = status, .message = message};
  place(t, e);
  return e;
}

const struct error *error_exhausted(struct run *run)
{
  static const char message[] =
      "the request needs more memory than it may have";
  static const struct text text = {sizeof message - 1, sizeof message - 1,
                                   message};
  run->exhausted =
      (struct error){.kind = ERROR_limit, .status = 500, .message = &text};
  return &run->exhausted;
}

const struct error *error_memory(struct task *t)
{
  error_exhausted(t->run);
  place(t, &t->run->exhausted);
  return &t->run->exhausted;
}

const struct error *error_too_deep(struct task *t)
{
  return error_make(t, ERROR_limit, 500, "calls nest deeper than %d", VM_DEPTH);
}

const struct error *error_int(struct task *t, const char *operator, int64_t x,
                              int64_t y)
{
  bool division = !strcmp(operator, "div") || !strcmp(operator, "%");
  return error_make(t, ERROR_user, 500, "%s in %lld %s %lld",
                    division && !y ? "division by zero" : "integer overflow",
                    (long long)x, operator,(long long) y);
}

const struct error *error_assert(struct task *t, uint32_t type, value x,
                                 value y, bool two)
{
  const struct plan *p = t->run->engine->plan;
  struct buf b = {.arena = t->run->arena};
  buf_adds(&b, "assertion failed");
  if (two) {
    buf_adds(&b, "\n  left:  ");
    value_repr(p, type, x, &b);
    buf_adds(&b, "\n  right: ");
    value_repr(p, type, y, &b);
  }
  if (b.failed)
    return error_memory(t);
  return error_make(t, ERROR_user, 500, "%.*s", (int)b.size, b.data);
}

const struct error *error_copy(struct task *t, const struct error *e)
{
  struct error *to = ARENA_NEW(t->run->arena, struct error);
  if (!to)
    return error_memory(t);
  *to = *e;
  place(t, to);
  return to;
}

const struct error *error_retry(struct task *t, const struct error *e,
                                uint32_t seconds)
{
  struct error *to = ARENA_NEW(t->run->arena, struct error);
  if (!to)
    return e;
  *to = *e;
  to->retry_after = seconds;
  return to;
}

const struct error *error_take(struct task *t, const struct error *from)
{
  struct error *e = ARENA_NEW(t->run->arena, struct error);
  const struct text *m =
      e ? text_new(t->run->arena, from->message->data, from->message->size)
        : NULL;
  if (!m)
    return error_memory(t);
  *e = *from;
  e->message = m;
  return e->line ? e : error_copy(t, e);
}

// ---- where there is no task ----

const struct error *error_cancelled(void)
{
  static const char message[] = "the call was cancelled";
  static const struct text text = {sizeof message - 1, sizeof message - 1,
                                   message};
  static const struct error error = {
      .kind = ERROR_cancelled, .status = 499, .message = &text};
  return &error;
}

const struct error *error_no_memory(void)
{
  static const char message[] =
      "the request needs more memory than it may have";
  static const struct text text = {sizeof message - 1, sizeof message - 1,
                                   message};
  static const struct error error = {
      .kind = ERROR_limit, .status = 500, .message = &text};
  return &error;
}
