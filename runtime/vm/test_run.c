// Tests of a plan. A test is a function without parameters; it fails when an
// error leaves it, a failed assertion among them.
#include "runtime/vm/test_run.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/timeline.h"

#include <string.h>

static void print_failure(const struct plan *p, const struct plan_test *t,
                          const struct error *e, FILE *out)
{
  uint32_t file = e->line ? e->file : t->file;
  uint32_t line = e->line ? e->line : t->line;
  fprintf(out, "FAIL %s\n  %s:%u", plan_str(p, t->name),
          plan_str(p, p->files[file].path), (unsigned)line);
  if (e->line)
    fprintf(out, ":%u", (unsigned)e->column);
  fprintf(out, ": %.*s\n", (int)e->message->size, e->message->data);
}

static void print_timeline(const struct engine *e, const struct request *r,
                           FILE *out)
{
  if (r->timeline)
    timeline_print(r->timeline, engine_now(e), "  ", out);
}

// 1 when it passed, 0 when not, -1 when there was no engine to run it.
static int run_one(const struct plan *p, const struct plan_test *t, FILE *out,
                   struct outside *outside)
{
  struct engine_options options = {.outside = outside};
  struct engine *e;
  char why[START_WHY];
  if (engine_new(&e, p, &options, why, sizeof why)) {
    fprintf(out, "%s\n", why);
    return -1;
  }
  outside->begin(outside, e);
  struct arena arena = {0};
  struct request r = {
      .arena = &arena, .id = plan_str(p, t->name), .timed = true};
  request_start(e, &r, t->function, NULL);
  bool ended = engine_run_until_done(e, &r);
  if (!ended) {
    fprintf(out, "FAIL %s\n  it waits for something that never comes\n",
            plan_str(p, t->name));
    print_timeline(e, &r, out);
    request_cancel(&r);
  } else if (r.failed) {
    print_failure(p, t, &r.error, out);
    print_timeline(e, &r, out);
  } else {
    fprintf(out, "ok %s\n", plan_str(p, t->name));
  }
  outside->end(outside);
  arena_free(&arena);
  engine_free(&e);
  return ended && !r.failed;
}

int tests_run(const struct plan *p, const char *filter, FILE *out,
              struct outside *outside)
{
  int passed = 0, failed = 0;
  for (uint32_t i = 0; i < p->n_tests; i++) {
    const struct plan_test *t = &p->tests[i];
    if (filter && !strstr(plan_str(p, t->name), filter))
      continue;
    int result = run_one(p, t, out, outside);
    if (result < 0)
      return -1;
    passed += result;
    failed += !result;
  }
  fprintf(out, "%d passed, %d failed\n", passed, failed);
  return failed;
}
