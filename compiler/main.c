// sgc: its command line. What the commands do stands in commands.c.
#include "compiler/commands.h"
#include "grammar/base/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
#define COMMAND(name, operands, least, most, help) {#name, operands, help},
#include "compiler/commands.def"
#undef COMMAND
    {0},
};

static const struct {
  size_t least, most;
  int (*run)(struct run *r, char **operand, size_t n);
} bodies[] = {
#define COMMAND(name, operands, least, most, help) {least, most, command_##name},
#include "compiler/commands.def"
#undef COMMAND
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

// -------------------------------------------------------------------- options

static int set_warning(struct run *r, const char *name)
{
  if (!strcmp(name, "error")) {
    r->p.c.diags.warnings_as_errors = true;
    return RUN_OK;
  }
  bool off = !strncmp(name, "no-", 3);
  const struct diag_row *row = diag_row_named(off ? name + 3 : name);
  if (!row || row->severity != SEVERITY_WARNING)
    return run_complain("there is no warning %s", off ? name + 3 : name);
  r->off[row->number] = off;
  return RUN_OK;
}

static int set_dump(struct run *r, const char *name)
{
  r->dump = name;
  return passes_dumpable(name) ? RUN_OK : run_complain("nothing is called %s", name);
}

static int completion(const char *shell)
{
  struct buf out = {0};
  if (!cli_completion(&cli, shell, &out))
    return run_complain("no completions for %s", shell);
  exit(run_deliver(&out, RUN_OK));
}

static int print_and_exit(void (*print)(const struct cli *, struct buf *))
{
  struct buf out = {0};
  print(&cli, &out);
  exit(run_deliver(&out, RUN_OK));
}

static void print_version(const struct cli *c, struct buf *out)
{
  buf_addf(out, "%s %s\n", c->program, SERVEGRAPH_VERSION);
}

static int set_colour(struct run *r, const char *when)
{
  r->colour = when;
  if (!strcmp(when, "auto") || !strcmp(when, "always") || !strcmp(when, "never"))
    return RUN_OK;
  return run_complain("--color takes auto, always or never, not %s", when);
}

static int set_option(struct run *r, enum option o, const char *value)
{
  switch (o) {
  case OPTION_DUMP:
    return set_dump(r, value);
  case OPTION_OUTPUT:
    r->output = value;
    return RUN_OK;
  case OPTION_DEPS:
    r->deps = value;
    return RUN_OK;
  case OPTION_TESTS:
    r->p.tests = true;
    return RUN_OK;
  case OPTION_GRAPHVIZ:
    r->graphviz = true;
    r->part = value;
    return RUN_OK;
  case OPTION_FILTER:
    r->filter = value;
    return RUN_OK;
  case OPTION_APP:
    r->app = value;
    return RUN_OK;
  case OPTION_CHECK:
    r->fmt.check = true;
    return RUN_OK;
  case OPTION_DIFF:
    r->fmt.diff = true;
    return RUN_OK;
  case OPTION_STDIO:
    return RUN_OK;
  case OPTION_STDIN:
    r->standard_input = true;
    return RUN_OK;
  case OPTION_HTML:
    r->doc = DOC_AS_HTML;
    return RUN_OK;
  case OPTION_MARKDOWN:
    r->doc = DOC_AS_MARKDOWN;
    return RUN_OK;
  case OPTION_JSON:
    r->form = DIAG_JSON;
    return RUN_OK;
  case OPTION_GITHUB:
    r->form = DIAG_GITHUB;
    return RUN_OK;
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
  return RUN_USAGE;
}

static void no_memory(void)
{
  fputs("sgc: out of memory\n", stderr);
  _exit(RUN_WRONG);
}

static int run_command(struct run *r, char **operands, size_t n)
{
  if (!n)
    return run_complain("%s", "no file is named; see sgc --help");
  for (size_t i = 0; commands[i].name; i++) {
    if (strcmp(operands[0], commands[i].name))
      continue;
    if (n - 1 < bodies[i].least)
      return run_complain("%s takes files", operands[0]);
    if (!*commands[i].operands && n > 1)
      return run_complain("%s takes no files", operands[0]);
    if (bodies[i].most && n - 1 > bodies[i].most)
      return run_complain("one operand too many: %s", operands[bodies[i].most + 1]);
    return bodies[i].run(r, operands + 1, n - 1);
  }
  return command_make(r, operands, n);
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
  int result = RUN_OK, o;
  while (!result && (o = cli_next(&s)) != CLI_END) {
    if (o == CLI_ERROR)
      result = run_complain("%s", s.error);
    else if (o == CLI_OPERAND)
      operands[n++] = (char *)s.value;
    else
      result = set_option(&r, (enum option)o, s.value);
  }
  if (!result)
    result = run_command(&r, operands, n);
  compile_end(&r.p.c);
  arena_free(&arena);
  return result;
}
