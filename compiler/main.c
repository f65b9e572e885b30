// sgc: the passes (passes.c) behind a command line.
#include "compiler/dot.h"
#include "compiler/emit.h"
#include "compiler/explain.h"
#include "compiler/files.h"
#include "compiler/fmt.h"
#include "compiler/import.h"
#include "compiler/lsp.h"
#include "compiler/passes.h"
#include "compiler/sgrun_exec.h"
#include "grammar/base/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, WRONG = 1, USAGE = 2 };
enum { SHOWN_MAX = 1000 }; // diagnostics; the rest is counted

enum option {
#define OPTION(id, name, letter, argument, help) OPTION_##id,
#include "compiler/options.def"
#undef OPTION
};

static const struct cli_option options[] = {
#define OPTION(id, name, letter, argument, help) {name, letter, argument, help},
#include "compiler/options.def"
#undef OPTION
    {0},
};

static const struct cli_command commands[] = {
    {"check", "FILE...", "report what is wrong with programs"},
    {"explain", "FILE...", "print longest paths, waits and settings of a program"},
    {"explain", "SG0123", "say more about a diagnostic"},
    {"fmt", "FILE|DIR...", "format programs in place, and all .sg files in folders"},
    {"import", "CONFIG.yaml", "print the program that a Ray Serve config file describes"},
    {"openapi", "FILE...", "print what is served under /openapi.json"},
    {"test", "FILE...", "run a program's tests, in virtual time"},
    {"lsp", "", "serve an editor on the standard input and output"},
    {0},
};

static const struct cli_text statuses[] = {
    {"0", "nothing is wrong"},
    {"1", "something was reported"},
    {"2", "the command line is wrong"},
    {0},
};

static const struct cli_text environment[] = {
    {"NO_COLOR", "if set and not empty, no colours"},
    {0},
};

static const struct cli cli = {
    .program = "sgc",
    .summary = "the compiler of ServeGraph",
    .operands = "[COMMAND] [OPTION]... FILE...",
    .description = "Checks .sg files, which make one program, and compiles them to a plan\n"
                   "that sgrun serves. Without a command and without --output the program\n"
                   "is only checked. A file named - is the standard input.",
    .options = options,
    .commands = commands,
    .statuses = statuses,
    .environment = environment,
};

// All that a run has.
struct run {
  struct passes p;
  const char *dump;
  const char *output; // where the plan goes, or NULL
  bool graphviz;
  const char *part;   // of the picture: APP or APP.GRAPH, or NULL
  const char *filter;
  const char *app;
  struct fmt_job fmt;
  bool standard_input; // is formatted
  enum diag_form form;
  const char *colour;
  bool *off;
};

// -------------------------------------------------------------------- output

static bool put(int fd, const struct buf *b)
{
  for (size_t at = 0; at < b->size;) {
    ssize_t n = write(fd, b->data + at, b->size - at);
    if (n < 0 && errno != EINTR)
      return false;
    at += n > 0 ? (size_t)n : 0;
  }
  return true;
}

// What was asked for, whole, or the run has failed.
static int deliver(struct buf *out, int status)
{
  const char *why = out->failed   ? "out of memory"
                    : put(1, out) ? NULL
                                  : strerror(errno);
  buf_free(out);
  if (!why)
    return status;
  fprintf(stderr, "sgc: cannot write the standard output: %s\n", why);
  return WRONG;
}

static bool wants_colour(const struct run *r)
{
  const char *no = getenv("NO_COLOR");
  if (!strcmp(r->colour, "always"))
    return true;
  return !strcmp(r->colour, "auto") && isatty(2) && !(no && *no);
}

static void report(const struct run *r)
{
  struct buf out = {0};
  diag_print(&r->p.c.diags, r->p.c.sources, r->p.c.n_sources, r->form, wants_colour(r),
             &out);
  if (r->form == DIAG_HUMAN && r->p.c.diags.count)
    buf_addf(&out, "%u error%s, %u warning%s\n", r->p.c.diags.errors,
             r->p.c.diags.errors == 1 ? "" : "s", r->p.c.diags.warnings,
             r->p.c.diags.warnings == 1 ? "" : "s");
  if (out.failed)
    fputs("sgc: out of memory\n", stderr);
  else
    put(2, &out);
  buf_free(&out);
}

static int finish(struct run *r, struct buf *out)
{
  int status = deliver(out, OK);
  report(r);
  return r->p.c.diags.errors ? WRONG : status;
}

// All passes, and what was asked for beside them.
static bool compile(struct run *r, char **paths, size_t n, struct buf *out)
{
  r->p.paths = paths;
  r->p.n_paths = n;
  passes_run(&r->p, r->dump, out);
  return !r->p.c.diags.errors && !r->dump;
}

// A plan that was named instead of a program: it is taken as it is.
static bool takes_plan(struct run *r, char **paths, size_t n)
{
  size_t size = 0;
  char *bytes = NULL;
  if (n == 1 && strcmp(paths[0], "-"))
    bytes = file_read(r->p.c.arena, paths[0], &size);
  if (!bytes || !file_is_plan(bytes, size))
    return false;
  r->p.plan = bytes;
  r->p.plan_size = size;
  return true;
}

static int dump_plan(struct run *r)
{
  struct buf out = {0};
  struct plan view;
  char why[200];
  if (plan_open(&view, r->p.plan, r->p.plan_size, why, sizeof why)) {
    fprintf(stderr, "sgc: %s\n", why);
    return WRONG;
  }
  plan_dump(&view, &out);
  return deliver(&out, OK);
}

static int make(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  if (r->dump && !strcmp(r->dump, "plan") && takes_plan(r, paths, n))
    return dump_plan(r);
  bool ok = compile(r, paths, n, &out);
  if (ok && r->graphviz)
    dot_program(&r->p.c, r->p.program, r->part, &out);
  if (ok && r->output)
    emit_file(&r->p.c, r->output, r->p.plan, r->p.plan_size);
  return finish(r, &out);
}

static int check(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  r->p.tests = true;
  compile(r, paths, n, &out);
  return finish(r, &out);
}

static int explain_files(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  if (compile(r, paths, n, &out))
    explain_program(&r->p.c, r->p.program, &out);
  return finish(r, &out);
}

// Leaves the rest to sgrun.
static int become(const char *const *arguments, const char *what,
                  const void *plan, size_t size)
{
  sgrun_exec(arguments, plan, size);
  fprintf(stderr, "sgc: cannot run sgrun, which %s: it is neither beside sgc "
                  "nor on the PATH (%s)\n", what, strerror(errno));
  return WRONG;
}

static int test(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  r->p.tests = true;
  bool ok = compile(r, paths, n, &out);
  int result = finish(r, &out);
  if (!ok || result)
    return result;
  const char *arguments[] = {"--test", r->filter ? "--filter" : NULL, r->filter, NULL};
  return become(arguments, "runs the tests", r->p.plan, r->p.plan_size);
}

// What is served under /openapi.json, byte for byte: the server writes it.
static int openapi(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  bool ok = takes_plan(r, paths, n) || compile(r, paths, n, &out);
  int result = finish(r, &out);
  if (!ok || result)
    return result;
  const char *arguments[] = {"--openapi", NULL, NULL};
  if (r->app)
    arguments[0] = arena_printf(r->p.c.arena, "--openapi=%s", r->app);
  return become(arguments, "writes the document", r->p.plan, r->p.plan_size);
}

static int complain(const char *format, const char *what)
{
  fprintf(stderr, "sgc: ");
  fprintf(stderr, format, what);
  fprintf(stderr, "\n");
  return USAGE;
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
static int import(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  if (n > 1)
    return complain("import takes one file, not also %s", paths[1]);
  import_ray(&r->p.c, paths[0], &out);
  if (r->p.c.diags.errors)
    out.size = 0;
  tidy(r, &out);
  return finish(r, &out);
}

static int format(struct run *r, char **paths, size_t n)
{
  struct buf out = {0};
  char *input[] = {"-"};
  fmt_paths(&r->p.c, &r->fmt, paths, n, &out);
  if (r->standard_input)
    fmt_paths(&r->p.c, &r->fmt, input, 1, &out);
  int status = finish(r, &out);
  return r->fmt.check && r->fmt.changed ? WRONG : status;
}

// -------------------------------------------------------------- command line

static void add_name(struct buf *out, const char *name)
{
  for (; *name; name++)
    buf_addc(out, *name == '_' ? '-' : *name);
}

static int explain(const char *id)
{
  static const char *const severities[] = {"note", "warning", "error"};
  bool number = !strncasecmp(id, "SG", 2);
  const struct diag_row *row = number
                                   ? diag_row((unsigned)strtoul(id + 2, NULL, 10))
                                   : diag_row_named(id);
  if (!row)
    return complain("there is no diagnostic %s", id);
  struct buf out = {0};
  buf_addf(&out, "SG%04u ", row->number);
  add_name(&out, row->name);
  buf_addf(&out, " (%s): %s\n", severities[row->severity], row->message);
  if (*row->page)
    buf_addf(&out, "\n%s\n", row->page);
  return deliver(&out, OK);
}

static int set_warning(struct run *r, const char *name)
{
  if (!strcmp(name, "error")) {
    r->p.c.diags.warnings_as_errors = true;
    return OK;
  }
  bool off = !strncmp(name, "no-", 3);
  const struct diag_row *row = diag_row_named(off ? name + 3 : name);
  if (!row || row->severity != SEVERITY_WARNING)
    return complain("there is no warning %s", off ? name + 3 : name);
  r->off[row->number] = off;
  return OK;
}

static int set_dump(struct run *r, const char *name)
{
  r->dump = name;
  return passes_dumpable(name) ? OK : complain("nothing is called %s", name);
}

static int completion(const char *shell)
{
  struct buf out = {0};
  if (!cli_completion(&cli, shell, &out))
    return complain("no completions for %s", shell);
  exit(deliver(&out, OK));
}

static int print_and_exit(void (*print)(const struct cli *, struct buf *))
{
  struct buf out = {0};
  print(&cli, &out);
  exit(deliver(&out, OK));
}

static void print_version(const struct cli *c, struct buf *out)
{
  buf_addf(out, "%s %s\n", c->program, SERVEGRAPH_VERSION);
}

static int set_colour(struct run *r, const char *when)
{
  r->colour = when;
  if (!strcmp(when, "auto") || !strcmp(when, "always") || !strcmp(when, "never"))
    return OK;
  return complain("--color takes auto, always or never, not %s", when);
}

static int set_option(struct run *r, enum option o, const char *value)
{
  switch (o) {
  case OPTION_DUMP:
    return set_dump(r, value);
  case OPTION_OUTPUT:
    r->output = value;
    return OK;
  case OPTION_TESTS:
    r->p.tests = true;
    return OK;
  case OPTION_GRAPHVIZ:
    r->graphviz = true;
    r->part = value;
    return OK;
  case OPTION_FILTER:
    r->filter = value;
    return OK;
  case OPTION_APP:
    r->app = value;
    return OK;
  case OPTION_CHECK:
    r->fmt.check = true;
    return OK;
  case OPTION_DIFF:
    r->fmt.diff = true;
    return OK;
  case OPTION_STDIN:
    r->standard_input = true;
    return OK;
  case OPTION_JSON:
    r->form = DIAG_JSON;
    return OK;
  case OPTION_GITHUB:
    r->form = DIAG_GITHUB;
    return OK;
  case OPTION_COLOR:
    return set_colour(r, value);
  case OPTION_WARN:
    return set_warning(r, value);
  case OPTION_HELP:
    return print_and_exit(cli_help);
  case OPTION_VERSION:
    return print_and_exit(print_version);
  case OPTION_MAN:
    return print_and_exit(cli_man);
  case OPTION_COMPLETION:
    return completion(value);
  }
  return USAGE;
}

static void no_memory(void)
{
  fputs("sgc: out of memory\n", stderr);
  _exit(WRONG);
}

// `explain` takes files as well as the ids and names of diagnostics.
static bool is_file(const char *word)
{
  size_t n = strlen(word);
  return !strcmp(word, "-") || (n > 3 && !strcmp(word + n - 3, ".sg")) ||
         !access(word, F_OK);
}

static int run_command(struct run *r, char **operands, size_t n)
{
  static const struct {
    const char *name;
    int (*run)(struct run *r, char **paths, size_t n);
  } file_commands[] = {{"check", check}, {"explain", explain_files}, {"fmt", format}, {"import", import}, {"openapi", openapi}, {"test", test}};
  if (!n)
    return complain("%s", "no file is named; see sgc --help");
  if (!strcmp(operands[0], "lsp"))
    return n > 1 ? complain("%s", "lsp takes no files: the editor names them")
                 : lsp_serve();
  if (!strcmp(operands[0], "explain") && n == 2 && !is_file(operands[1]))
    return explain(operands[1]);
  for (size_t i = 0; i < sizeof file_commands / sizeof *file_commands; i++) {
    if (strcmp(operands[0], file_commands[i].name))
      continue;
    if (n < 2 && !r->standard_input)
      return complain("%s takes files", operands[0]);
    return file_commands[i].run(r, operands + 1, n - 1);
  }
  return make(r, operands, n);
}

int main(int argc, char **argv)
{
  struct arena arena = {.exhausted = no_memory};
  struct run r = {.colour = "auto"};
  compile_init(&r.p.c, &arena);
  r.p.c.diags.limit = SHOWN_MAX;
  r.p.c.diags.off = r.off = ARENA_ARRAY(&arena, 10000, bool);
  struct cli_state s = {.cli = &cli, .argv = argv, .argc = argc, .at = 1};
  char **operands = ARENA_ARRAY(&arena, (size_t)argc, char *);
  size_t n = 0;
  int result = OK, o;
  while (!result && (o = cli_next(&s)) != CLI_END) {
    if (o == CLI_ERROR)
      result = complain("%s", s.error);
    else if (o == CLI_OPERAND)
      operands[n++] = (char *)s.value;
    else
      result = set_option(&r, (enum option)o, s.value);
  }
  if (!result)
    result = run_command(&r, operands, n);
  arena_free(&arena);
  return result;
}
