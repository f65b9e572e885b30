// Calls that run apart from the request that made them: `spawn`.
//
// Such a call is a request of its own, whose memory it owns and whose end only
// the engine sees: an error is told in the log and counted. The engine keeps
// them in a list, and is not idle before the last one has ended.
#include "runtime/vm/operations.h"
#include "runtime/vm/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPAWNED_MAX = 100000, QUIET = 1000000000 };

struct spawned {
  struct request request;
  struct arena arena;
  struct engine *engine;
  const struct function *fn;
  struct spawned *next, **at; // in the engine's list
};

// ---- their end ----

static void leave(struct spawned *s)
{
  struct engine *e = s->engine;
  *s->at = s->next;
  if (s->next)
    s->next->at = s->at;
  e->n_spawned--;
  arena_free(&s->arena);
  free(s);
}

// One line, whatever is in the message.
static void tell(const struct engine *e, const struct function *fn,
                 const struct error *error)
{
  fprintf(stderr, "error: %s failed: ", fn->name);
  for (uint32_t i = 0; i < error->message->size; i++) {
    unsigned char c = (unsigned char)error->message->data[i];
    fputc(c < 0x20 || c == 0x7F ? ' ' : c, stderr);
  }
  fprintf(stderr, " (%s", error_kind_name(error->kind));
  if (error->line)
    fprintf(stderr, ", %s:%u:%u",
            plan_str(e->plan, e->plan->files[error->file].path),
            (unsigned)error->line, (unsigned)error->column);
  fputs(")\n", stderr);
}

// ---- too many of them ----

// Of one function: behind a line about it a second is quiet, and who is refused
// meanwhile is only counted. Where time is virtual nobody waits to read that.
struct refused {
  struct timer timer; // of the quiet second
  struct engine *engine;
  const struct function *fn;
  uint64_t more;
};

static void tell_more(struct refused *r)
{
  if (r->more)
    fprintf(stderr, "error: %s failed %llu more times (overloaded)\n",
            r->fn->name, (unsigned long long)r->more);
  r->more = 0;
}

static void be_quiet(struct refused *r)
{
  timer_set(r->engine, &r->timer, engine_now(r->engine) + QUIET);
}

static void second_over(struct timer *timer)
{
  struct refused *r =
      (struct refused *)((char *)timer - offsetof(struct refused, timer));
  bool again = r->more;
  tell_more(r);
  if (again)
    be_quiet(r);
}

static struct refused *refused_of(struct engine *e, const struct function *fn)
{
  if (!e->clock)
    return NULL;
  if (!e->refused)
    e->refused = calloc(e->plan->n_functions, sizeof *e->refused);
  if (!e->refused)
    return NULL;
  struct refused *r = &e->refused[fn->row - e->plan->functions];
  r->timer.fire = second_over;
  r->engine = e;
  r->fn = fn;
  return r;
}

void refused_end(struct engine *e)
{
  for (uint32_t i = 0; e->refused && i < e->plan->n_functions; i++)
    tell_more(&e->refused[i]);
  free(e->refused);
  e->refused = NULL;
}

static void failed(struct engine *e, const struct function *fn,
                   const struct error *error)
{
  struct refused *r =
      error->kind == ERROR_overloaded ? refused_of(e, fn) : NULL;
  if (e->spawned_failed)
    metric_add(e->spawned_failed, 1);
  if (r && timer_is_set(&r->timer)) {
    r->more++;
    return;
  }
  tell(e, fn, error);
  if (r)
    be_quiet(r);
}

static void on_done(struct request *r)
{
  struct spawned *s = r->user;
  struct engine *e = s->engine;
  if (r->failed)
    failed(e, s->fn, &r->error);
  leave(s);
  if (!e->n_spawned && e->port)
    port_poke(e->port); // who waits for an idle engine
}

void spawned_end(struct engine *e)
{
  bool some = e->spawned;
  while (e->spawned) {
    request_cancel(&e->spawned->request);
    leave(e->spawned);
  }
  if (some && e->port)
    port_poke(e->port);
}

// ---- their beginning ----

static const char *copy_id(struct arena *a, const char *id)
{
  return id ? arena_copy(a, id, strlen(id)) : NULL;
}

static bool copy_args(struct spawned *s, const value *from, value *to)
{
  for (uint32_t i = 0; i < s->fn->n_params; i++)
    if (!value_copy(&s->arena, s->engine->plan, s->fn->types[i], from[i],
                    &to[i]))
      return false;
  return true;
}

static void enlist(struct engine *e, struct spawned *s)
{
  s->next = e->spawned;
  s->at = &e->spawned;
  if (s->next)
    s->next->at = &s->next;
  e->spawned = s;
  e->n_spawned++;
}

// The call takes the place of what makes it among those that are to begin.
static void keep_place(struct spawned *s)
{
  struct task *t = s->request.run ? s->request.run->root : NULL;
  if (!t || t->wait != WAIT_READY)
    return;
  t->wait = WAIT_BEGIN;
  t->behind = true;
  s->engine->n_begin++;
}

static struct spawned *spawned_new(struct task *t, const struct function *fn,
                                   const value *args)
{
  struct engine *e = t->run->engine;
  struct spawned *s = calloc(1, sizeof *s);
  if (!s)
    return NULL;
  s->engine = e;
  s->fn = fn;
  s->arena.limit = e->request_memory;
  enlist(e, s);
  const struct request *from = t->run->request;
  s->request = (struct request){.arena = &s->arena,
                                .done = on_done,
                                .user = s,
                                .priority = from->priority,
                                .id = copy_id(&s->arena, from->id)};
  value *copied = ARENA_ARRAY(&s->arena, fn->n_params + 1, value);
  if (!copied || !copy_args(s, args, copied) ||
      !request_inherit(&s->request, t->frame, t->run)) {
    leave(s);
    return NULL;
  }
  request_start_on(e, &s->request, (uint32_t)(fn->row - e->plan->functions),
                   copied, NULL, 0);
  keep_place(s);
  return s;
}

// Whoever spawns is told nothing: not even that there are too many.
const struct error *operation_spawn(struct task *t, value *slots,
                                    struct plan_code i)
{
  struct engine *e = t->run->engine;
  const struct site *site = &e->sites[plan_wide(i)];
  if (e->n_spawned >= SPAWNED_MAX)
    failed(e, site->function,
           error_make(t, ERROR_overloaded, 503, "%d calls run apart already",
                      SPAWNED_MAX));
  else if (!spawned_new(t, site->function, slots + site->first))
    failed(e, site->function, error_memory(t));
  return NULL;
}
