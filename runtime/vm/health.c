// Asking replicas whether they are well: their `check_health`, once before they
// take calls and then again and again. It runs as a request of its own on the
// replica, beside its calls, and takes no slot.
#include "runtime/vm/life.h"

#include "grammar/base/utf8.h"

#include <stdio.h>
#include <string.h>

// ---- reasons ----

// One line, whatever is in the message.
static void one_line(char out[REASON_SIZE], const char *text, size_t size)
{
  size_t n = utf8_cut(text, size, REASON_SIZE - 1);
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)text[i];
    out[i] = c < 0x20 || c == 0x7F ? ' ' : (char)c;
  }
  out[n] = 0;
}

void reason_of(const struct error *e, char out[REASON_SIZE])
{
  one_line(out, e->message->data, e->message->size);
}

int64_t start_ends(const struct engine *e, const struct deployment *d)
{
  int64_t most = health_start(e->plan, d->row);
  return most ? engine_now(e) + most : 0;
}

static const char late[] = "it has not started within start_timeout";
const struct text start_late = {sizeof late - 1, sizeof late - 1, late};

bool start_is_late(const struct engine *e, const struct request *r)
{
  return r->failed && r->error.kind == ERROR_timeout && r->deadline &&
         engine_now(e) >= r->deadline;
}

static void add_reason(char out[REASON_SIZE], const char *what, const char *why)
{
  char all[2 * REASON_SIZE];
  int n = snprintf(all, sizeof all, "%s%s", what, why);
  one_line(out, all, (size_t)n < sizeof all ? (size_t)n : sizeof all - 1);
}

// ---- one check ----

static const struct function *check_of(const struct life *l)
{
  return &l->of->engine->functions[l->of->health.check];
}

static bool is_well(const struct life *l, char why[REASON_SIZE])
{
  const struct request *r = &l->request;
  const struct engine *e = l->of->engine;
  const struct plan_type *types = e->plan->types;
  bool says = types[types[check_of(l)->row->result].base].kind == TYPE_bool;
  char said[REASON_SIZE];
  if (!r->failed && (!says || r->result.i))
    return true;
  if (!r->failed) {
    one_line(why, "check_health gave false", 23);
  } else if (r->error.kind == ERROR_timeout &&
             engine_now(e) >= l->checked + l->of->health.timeout) {
    snprintf(why, REASON_SIZE, "check_health did not answer within %.6g s",
             (double)l->of->health.timeout / 1e9);
  } else {
    reason_of(&r->error, said);
    add_reason(why, "check_health failed: ", said);
  }
  return false;
}

static void ask(struct life *l, void (*done)(struct request *))
{
  struct engine *e = l->of->engine;
  l->checked = engine_now(e);
  l->request = (struct request){.arena = &l->arena,
                                .done = done,
                                .user = l,
                                .aside = true,
                                .deadline = l->checked + l->of->health.timeout};
  l->busy = true;
  request_start_on(e, &l->request, l->of->health.check, NULL, l->replica, 0);
}

// What the check came to is copied, and its memory given back.
static bool answered(struct life *l, char why[REASON_SIZE])
{
  bool well = is_well(l, why);
  request_end(&l->request);
  arena_reset(&l->arena);
  l->busy = false;
  return well;
}

static void count_failure(const struct life *l)
{
  struct metric_series *s = l->of->deployment->counts.health_failures;
  if (s)
    metric_add(s, 1);
}

// ---- before it takes calls ----

static void on_first(struct request *r)
{
  struct life *l = r->user;
  char why[REASON_SIZE];
  if (answered(l, why)) {
    life_ready(l);
    return;
  }
  count_failure(l);
  life_failed(l, why);
}

void health_first(struct life *l)
{
  l->checked = engine_now(l->of->engine);
  if (l->of->health.check == PLAN_NONE)
    life_ready(l);
  else
    ask(l, on_first);
}

// ---- again and again ----

static void set_next(struct life *l)
{
  timer_set(l->of->engine, &l->check, l->checked + l->of->health.period);
}

static void note(struct life *l, uint32_t failures, const char *why)
{
  pthread_mutex_lock(&l->of->lock);
  l->failures = failures;
  memcpy(l->note.why, why, strlen(why) + 1);
  pthread_mutex_unlock(&l->of->lock);
}

static void replace(struct life *l, const char *why)
{
  char times[40], all[REASON_SIZE];
  snprintf(times, sizeof times,
           "%u checks in a row failed: ", (unsigned)l->failures);
  add_reason(all, times, why);
  life_replace(l, l->failures > 1 ? all : why);
}

static void settle(struct life *l, bool well, const char *why)
{
  if (well) {
    if (l->failures)
      note(l, 0, "");
    set_next(l);
    return;
  }
  count_failure(l);
  note(l, l->failures + 1, why);
  if (l->failures >= l->of->health.failures)
    replace(l, why);
  else
    set_next(l);
}

static void on_checked(struct request *r)
{
  char why[REASON_SIZE] = "";
  bool well = answered(r->user, why);
  settle(r->user, well, why);
}

// Who rests for too long need not be asked.
static void check(struct timer *timer)
{
  struct life *l =
      (struct life *)((char *)timer - offsetof(struct life, check));
  char why[REASON_SIZE];
  if (life_rests(l)) {
    l->checked = engine_now(l->of->engine);
    snprintf(why, sizeof why, "a call has made no progress for %.6g s",
             (double)l->of->health.progress / 1e9);
    settle(l, false, why);
  } else if (l->of->health.check != PLAN_NONE) {
    ask(l, on_checked);
  } else {
    l->checked = engine_now(l->of->engine);
    settle(l, true, "");
  }
}

void health_begin(struct life *l)
{
  if (l->of->health.check == PLAN_NONE && !l->of->health.progress)
    return;
  l->check.fire = check;
  set_next(l);
}

void health_end(struct life *l)
{
  timer_stop(l->of->engine, &l->check);
  if (!l->busy)
    return;
  request_cancel(&l->request);
  arena_reset(&l->arena);
  l->busy = false;
}
