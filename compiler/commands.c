// The commands of sgc over files.
#include "compiler/commands.h"

#include "compiler/deps.h"
#include "compiler/diff.h"
#include "compiler/doc.h"
#include "compiler/dot.h"
#include "compiler/emit.h"
#include "compiler/explain.h"
#include "compiler/import.h"
#include "compiler/init.h"
#include "compiler/lsp.h"
#include "compiler/sgrun_exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int dump_plan(struct run *r)
{
  struct buf out = {0};
  struct plan view;
  char why[200];
  if (plan_open(&view, r->p.plan, r->p.plan_size, why, sizeof why)) {
    fprintf(stderr, "sgc: %s\n", why);
    return RUN_WRONG;
  }
  plan_dump(&view, &out);
  return run_deliver(&out, RUN_OK);
}

static void write_deps(struct run *r)
{
  struct buf rule = {.arena = r->p.c.arena};
  deps_rule(&r->p.c, r->output, &rule);
  emit_file(&r->p.c, r->deps, rule.data, rule.size);
}

int command_make(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  if (r->deps && !r->output)
    return run_complain("%s", "--deps goes with --output");
  if (r->dump && !strcmp(r->dump, "plan") && run_takes_plan(r, paths, n))
    return dump_plan(r);
  bool ok = run_compile(r, paths, n, &out);
  if (ok && r->graphviz)
    dot_program(&r->p.c, r->p.program, r->part, &out);
  if (r->deps)
    write_deps(r);
  if (ok && r->output)
    emit_file(&r->p.c, r->output, r->p.plan, r->p.plan_size);
  return run_finish(r, &out);
}

int command_check(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  r->p.tests = true;
  run_compile(r, paths, n, &out);
  return run_finish(r, &out);
}

static void add_name(struct buf *out, const char *name)
{
  for (; *name; name++)
    buf_addc(out, *name == '_' ? '-' : *name);
}

static int explain_diagnostic(const char *id)
{
  static const char *const severities[] = {"note", "warning", "error"};
  bool number = !strncasecmp(id, "SG", 2);
  const struct diag_row *row = number
                                   ? diag_row((unsigned)strtoul(id + 2, NULL, 10))
                                   : diag_row_named(id);
  if (!row)
    return run_complain("there is no diagnostic %s", id);
  struct buf out = {0};
  buf_addf(&out, "SG%04u ", row->number);
  add_name(&out, row->name);
  buf_addf(&out, " (%s): %s\n", severities[row->severity], row->message);
  if (*row->page)
    buf_addf(&out, "\n%s\n", row->page);
  return run_deliver(&out, RUN_OK);
}

// `explain` takes files as well as the ids and names of diagnostics.
static bool is_file(const char *word)
{
  size_t n = strlen(word);
  return !strcmp(word, "-") || (n > 3 && !strcmp(word + n - 3, ".sg")) ||
         !access(word, F_OK);
}

// The plan of a program, or a plan; NULL: it has none, which was reported.
static const struct plan *plan_of(struct run *r, char *path)
{
  struct buf out = {0};
  struct plan *view = ARENA_NEW(r->p.c.arena, struct plan);
  char *paths[] = {path}, why[200];
  r->dump = NULL;
  if (!run_takes_plan(r, paths, 1) && !run_compile(r, paths, 1, &out)) {
    run_finish(r, &out);
    return NULL;
  }
  if (!plan_open(view, r->p.plan, r->p.plan_size, why, sizeof why))
    return view;
  fprintf(stderr, "sgc: %s: %s\n", path, why);
  return NULL;
}

// As diff(1): 2 is trouble.
int command_diff(struct run *r, char **paths, size_t n)
{
  struct run next = *r;
  struct buf out = {0};
  struct arena *a = r->p.c.arena;
  struct diags diags = r->p.c.diags;
  next.p.c = (struct compile){0};
  compile_init(&next.p.c, a);
  next.p.c.diags.limit = diags.limit;
  next.p.c.diags.off = diags.off;
  next.p.c.diags.warnings_as_errors = diags.warnings_as_errors;
  const struct plan *from = plan_of(r, paths[0]), *to = plan_of(&next, paths[1]);
  if (!from || !to)
    return RUN_USAGE;
  struct change *all = diff_plans(a, from, to);
  if (r->form == DIAG_JSON)
    diff_print_json(all, &out);
  else
    diff_print(all, &out);
  return run_deliver(&out, all ? RUN_WRONG : RUN_OK);
}

static bool ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);
  return n >= m && !strcmp(text + n - m, end);
}

static enum doc_form form_of(const struct run *r)
{
  if (r->doc != DOC_BY_NAME)
    return r->doc == DOC_AS_HTML ? DOC_HTML : DOC_MARKDOWN;
  return r->output && (ends_with(r->output, ".html") || ends_with(r->output, ".htm"))
             ? DOC_HTML : DOC_MARKDOWN;
}

int command_doc(struct run *r, char **paths, size_t n)
{
  struct buf out = {0}, text = {.arena = r->p.c.arena};
  if (run_compile(r, paths, n, &out))
    doc_program(&r->p.c, r->p.program, form_of(r), &text);
  if (text.size && !r->p.c.diags.errors)
    emit_file(&r->p.c, r->output ? r->output : "-", text.data, text.size);
  return run_finish(r, &out);
}

int command_explain(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  if (n == 1 && !is_file(paths[0]))
    return explain_diagnostic(paths[0]);
  if (run_compile(r, paths, n, &out))
    explain_program(&r->p.c, r->p.program, &out);
  return run_finish(r, &out);
}

// Leaves the rest to sgrun.
static int become(const char *const *arguments, const char *what,
                  const void *plan, size_t size)
{
  sgrun_exec(arguments, plan, size);
  fprintf(stderr, "sgc: cannot run sgrun, which %s: it is neither beside sgc "
                  "nor on the PATH (%s)\n", what, strerror(errno));
  return RUN_WRONG;
}

int command_test(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  r->p.tests = true;
  bool ok = run_compile(r, paths, n, &out);
  int result = run_finish(r, &out);
  if (!ok || result)
    return result;
  const char *arguments[] = {"--test", r->filter ? "--filter" : NULL, r->filter, NULL};
  return become(arguments, "runs the tests", r->p.plan, r->p.plan_size);
}

// What is served under /openapi.json, byte for byte: the server writes it.
int command_openapi(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  bool ok = run_takes_plan(r, paths, n) || run_compile(r, paths, n, &out);
  int result = run_finish(r, &out);
  if (!ok || result)
    return result;
  const char *arguments[] = {"--openapi", NULL, NULL};
  if (r->app)
    arguments[0] = arena_printf(r->p.c.arena, "--openapi=%s", r->app);
  return become(arguments, "writes the document", r->p.plan, r->p.plan_size);
}

// A program that was made is formatted as written ones are.
static void tidy(struct run *r, struct buf *out)
{
  struct compile *c = &r->p.c;
  struct diags ignored = {.arena = c->arena};
  struct source s = {"", out->data, out->size};
  struct buf text = {0};
  if (!out->failed && out->size &&
      fmt_source(&s, 0, c->arena, &c->atoms, &ignored, &text)) {
    buf_free(out);
    *out = text;
  }
}

// Nothing is written of a config that is wrong.
int command_import(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  import_ray(&r->p.c, paths[0], &out);
  if (r->p.c.diags.errors)
    out.size = 0;
  tidy(r, &out);
  return run_finish(r, &out);
}

int command_fmt(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  char *input[] = {"-"};
  if (!n && !r->standard_input)
    return run_complain("%s", "fmt takes files and folders, or --stdin");
  fmt_paths(&r->p.c, &r->fmt, paths, n, &out);
  if (r->standard_input)
    fmt_paths(&r->p.c, &r->fmt, input, 1, &out);
  int status = run_finish(r, &out);
  return r->fmt.check && r->fmt.changed ? RUN_WRONG : status;
}


int command_init(struct run *r, char **paths, size_t n)
{
  struct arena *a = r->p.c.arena;
  struct buf out = {0}, why = {.arena = a};
  if (init_project(a, n ? paths[0] : ".", &out, &why))
    return run_deliver(&out, RUN_OK);
  fprintf(stderr, "sgc: %s\n", why.data);
  return RUN_WRONG;
}

int command_lsp(struct run *r, char **paths, size_t n)
{
  if (n) {
    fprintf(stderr, "sgc: lsp takes no files, but %s: the editor names them\n",
            paths[0]);
    return RUN_USAGE;
  }
  return lsp_serve(r->p.c.diags.off, r->p.c.diags.warnings_as_errors);
}
