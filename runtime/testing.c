// Enters: a plan's tests. Leaves: lines, and whether all went well.
#include "runtime/testing.h"
#include "grammar/base/number.h"
#include "runtime/vm/engine.h"

#include <stdio.h>
#include <string.h>

struct outcome {
  bool failed;
  const char *message;
  char place[300]; // " at file:line:column", or ""
  int64_t took;
};

static void no_more(struct request *r)
{
  (void)r; // the runner looks at `ended`
}

static void take_error(const struct plan *p, const struct request *r,
                       struct outcome *o)
{
  const struct error *e = &r->error;
  const char *text = e->message ? e->message->data : "";
  size_t size = e->message ? e->message->size : 0;
  o->message = arena_copy(r->arena, text, size);
  if (e->line && e->file < p->n_files)
    snprintf(o->place, sizeof o->place,
             "%.200s:%u:%u: ", plan_str(p, p->files[e->file].path), e->line,
             e->column);
}

static void run_one(const struct plan *p, const struct plan_test *t,
                    struct arena *arena, size_t memory, struct outcome *o)
{
  struct engine_options opts = {.request_memory = memory};
  struct engine *e;
  char *why = arena_alloc(arena, 512);
  *o = (struct outcome){.failed = true, .message = why};
  if (!why || engine_new(&e, p, &opts, why, 512))
    return;
  struct request r = {.arena = arena, .done = no_more, .id = "test"};
  int64_t began = engine_now(e);
  request_start(e, &r, t->function, NULL);
  if (engine_run_until_done(e, &r)) {
    o->failed = r.failed;
    if (r.failed)
      take_error(p, &r, o);
  } else {
    o->message = "it waits for something that never comes";
    request_cancel(&r);
  }
  o->took = engine_now(e) - began;
  engine_free(&e);
}

static void print_outcome(const struct plan *p, const struct plan_test *t,
                          const struct outcome *o)
{
  char took[NUMBER_TEXT];
  number_print_duration(took, o->took);
  printf("%s %s (%s)\n", o->failed ? "FAIL" : "ok  ", plan_str(p, t->name),
         took);
  if (!o->failed)
    return;
  if (!o->place[0])
    printf("     %s:%u: ", plan_str(p, p->files[t->file].path), t->line);
  else
    printf("     %s", o->place);
  printf("%s\n", o->message ? o->message : "out of memory");
}

int testing_run(const struct plan *p, const char *filter, size_t memory)
{
  unsigned passed = 0, failed = 0;
  for (uint32_t i = 0; i < p->n_tests; i++) {
    const struct plan_test *t = &p->tests[i];
    struct arena arena = {0};
    struct outcome o;
    if (filter && !strstr(plan_str(p, t->name), filter))
      continue;
    run_one(p, t, &arena, memory, &o);
    print_outcome(p, t, &o);
    arena_free(&arena);
    *(o.failed ? &failed : &passed) += 1;
  }
  printf("%u passed, %u failed\n", passed, failed);
  return failed ? 1 : 0;
}
