// A list of passes. Each reads what the one before it made.
#include "compiler/passes.h"

#include "compiler/emit.h"
#include "compiler/lower.h"
#include "compiler/times.h"
#include "grammar/text/parse.h"

#include <string.h>

static void parse(struct passes *p)
{
  load_program(&p->c, p->paths, p->n_paths);
}

static void dump_ast(struct passes *p, struct buf *out)
{
  for (size_t i = 0; i < p->c.n_own; i++)
    ast_dump(p->c.files[i], out);
}

static void check_names_and_types(struct passes *p)
{
  p->program = check_program(&p->c);
}

static void dump_core(struct passes *p, struct buf *out)
{
  if (!p->c.diags.errors) // with errors it is not whole
    core_dump(p->program, out);
}

static void nothing(struct passes *p)
{
}

static void dump_tensors(struct passes *p, struct buf *out)
{
  if (!p->c.diags.errors)
    tensor_dump(p->program, p->c.arena, out);
}

static void lower(struct passes *p)
{
  lower_program(&p->c, p->program, p->tests);
  if (p->c.diags.errors)
    return;
  struct times *t = times_new(&p->c); // what is asked twice is measured once
  check_times(&p->c, t, p->program);
  check_load(&p->c, t, p->program);
  check_fill(&p->c, p->program);
}

static void dump_graph(struct passes *p, struct buf *out)
{
  lower_dump(p->program, out);
}

static void emit(struct passes *p)
{
  if (!p->no_plan)
    emit_program(&p->c, p->program, p->tests, &p->plan, &p->plan_size);
}

static void dump_plan(struct passes *p, struct buf *out)
{
  struct plan view;
  char why[200];
  if (!p->c.diags.errors &&
      !plan_open(&view, p->plan, p->plan_size, why, sizeof why))
    plan_dump(&view, out);
}

static const struct pass {
  const char *name; // of what it makes
  void (*run)(struct passes *p);
  void (*dump)(struct passes *p, struct buf *out);
} passes[] = {
    {"ast", parse, dump_ast},
    {"core", check_names_and_types, dump_core},
    {"tensors", nothing, dump_tensors}, // another look at the same
    {"graph", lower, dump_graph},
    {"plan", emit, dump_plan},
};

enum { N_PASSES = sizeof passes / sizeof *passes };

bool passes_dumpable(const char *name)
{
  for (size_t i = 0; i < N_PASSES; i++)
    if (!strcmp(passes[i].name, name))
      return true;
  return false;
}

void passes_run(struct passes *p, const char *dump, struct buf *out)
{
  for (size_t i = 0; i < N_PASSES && !p->c.diags.errors; i++) {
    passes[i].run(p);
    if (!dump || strcmp(dump, passes[i].name))
      continue;
    passes[i].dump(p, out);
    return;
  }
}
