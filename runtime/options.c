// Enters: words. Leaves: options, or an exit status when there is nothing left
// to do. Wrong usage is 2.
#include "runtime/options.h"
#include "grammar/base/cli.h"
#include "grammar/base/number.h"
#include "runtime/net/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option {
#define OPTION(id, name, letter, argument, help) OPTION_##id,
#include "runtime/options.def"
#undef OPTION
};

static const struct cli_option rows[] = {
#define OPTION(id, name, letter, argument, help) {name, letter, argument, help},
#include "runtime/options.def"
#undef OPTION
    {0}};

static const struct cli_text statuses[] = {
    {"0", "all went well; after SIGTERM: every request was answered"},
    {"1", "the plan or source is bad, a test failed, or it cannot listen"},
    {"2", "the command line is wrong"},
    {"130", "stopped at once by a second SIGINT"},
    {0}};

static const struct cli_text environment[] = {
    {"TMPDIR", "where the plan of a compiled source lies for a moment (/tmp)"},
    {0}};

static const struct cli sgrun = {
    .program = "sgrun",
    .summary = "serve a ServeGraph plan",
    .operands = "[OPTION]... PLAN|SOURCE.sg",
    .description = "Serves the program in a plan that sgc made, or in a source "
                   "file, which it lets sgc compile first.",
    .options = rows,
    .statuses = statuses,
    .environment = environment,
};

static int wrong(const char *format, const char *what)
{
  fputs("sgrun: ", stderr);
  fprintf(stderr, format, what);
  fputs("\nsgrun: try 'sgrun --help'\n", stderr);
  return 2;
}

// ---- quantities ----
struct unit {
  const char *name;
  double factor;
};

static const struct unit durations[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                        {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
                                        {0}};
static const struct unit sizes[] = {
    {"B", 1},        {"KB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
    {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {0}};

// "1.5s" by `units`; -1 when it is none.
static int64_t quantity(const char *text, const struct unit *units)
{
  size_t digits = strspn(text, "0123456789.");
  double x;
  if (!digits || !number_read_float(text, digits, false, &x))
    return -1;
  for (; units->name; units++)
    if (!strcmp(text + digits, units->name) && x * units->factor < 0x1p62)
      return (int64_t)(x * units->factor);
  return -1;
}

static int64_t whole(const char *text, int64_t least, int64_t most)
{
  int64_t x;
  bool overflow;
  if (!number_read_int(text, strlen(text), false, &x, &overflow) || x < least ||
      x > most)
    return -1;
  return x;
}

// HOST:PORT, [ADDRESS]:PORT, :PORT (all addresses) or PORT.
static int read_listen(const char *text, struct options *o)
{
  const char *colon = strrchr(text, ':'), *host = text;
  size_t size = colon ? (size_t)(colon - text) : 0;
  int64_t port = whole(colon ? colon + 1 : text, 0, 65535);
  if (size && text[0] == '[') {
    if (text[size - 1] != ']')
      return -1;
    host++;
    size -= 2;
  } else if (memchr(text, ':', size)) {
    return -1; // an IPv6 address without brackets
  }
  if (!size)
    host = colon ? "0.0.0.0" : "127.0.0.1", size = strlen(host);
  if (port < 0 || size >= sizeof o->host)
    return -1;
  memcpy(o->host, host, size);
  o->host[size] = 0;
  o->port = (int)port;
  return 0;
}

static int read_log(const char *text)
{
  static const char *const words[] = {
      [ACCESS_NONE] = "none", [ACCESS_TEXT] = "text", [ACCESS_JSON] = "json"};
  for (int i = 0; i < 3; i++)
    if (!strcmp(text, words[i]))
      return i;
  return -1;
}

// ---- the command line ----
static int print(void write(const struct cli *, struct buf *))
{
  struct buf out = {0};
  write(&sgrun, &out);
  fwrite(out.data, 1, out.size, stdout); // main sees whether it got out
  buf_free(&out);
  return 0;
}

static int print_completion(const char *shell)
{
  struct buf out = {0};
  if (!cli_completion(&sgrun, shell, &out))
    return wrong("no completion for '%s'; there is bash, zsh and fish", shell);
  fwrite(out.data, 1, out.size, stdout); // main sees whether it got out
  buf_free(&out);
  return 0;
}

#define CHECK(holds, expected)                                                 \
  ((holds) ? OPTIONS_GO : wrong("'%s' is not " expected, v))

static int take(struct options *o, enum option option, const char *v)
{
  switch (option) {
  case OPTION_listen:
    return CHECK(!read_listen(v, o), "HOST:PORT");
  case OPTION_loops:
    return CHECK((o->loops = (int)whole(v, 1, 256)) > 0,
                 "a number of loops from 1 to 256");
  case OPTION_log:
    return CHECK((o->log = read_log(v)) >= 0, "json, text or none");
  case OPTION_request_timeout:
    return CHECK((o->request_timeout = quantity(v, durations)) >= 0,
                 "a duration such as 500ms or 2s");
  case OPTION_drain:
    return CHECK((o->drain = quantity(v, durations)) >= 0,
                 "a duration such as 500ms or 2s");
  case OPTION_max_body:
    return CHECK((o->max_body = quantity(v, sizes)) >= 0,
                 "a size such as 512KB or 64MB");
  case OPTION_max_memory:
    return CHECK((o->max_memory = quantity(v, sizes)) >= 0,
                 "a size such as 512KB or 64MB");
  case OPTION_max_connections:
    return CHECK((o->max_connections = (int)whole(v, 1, 1 << 30)) > 0,
                 "a number of connections");
  case OPTION_watch:
    o->watch = true;
    return OPTIONS_GO;
  case OPTION_check:
    o->mode = RUN_CHECK;
    return OPTIONS_GO;
  case OPTION_test:
    o->mode = RUN_TEST;
    return OPTIONS_GO;
  case OPTION_filter:
    o->filter = v;
    return OPTIONS_GO;
  case OPTION_man:
    return print(cli_man);
  case OPTION_completion:
    return print_completion(v);
  case OPTION_version:
    puts("sgrun " SERVEGRAPH_VERSION);
    return 0;
  case OPTION_help:
    return print(cli_help);
  }
  return OPTIONS_GO;
}

int options_read(struct options *o, int argc, char **argv)
{
  struct cli_state s = {.cli = &sgrun, .argv = argv, .argc = argc, .at = 1};
  *o = (struct options){.log = -1, .request_timeout = -1, .max_body = -1};
  o->drain = 30000000000;
  for (int option, status; (option = cli_next(&s)) != CLI_END;) {
    if (option == CLI_ERROR)
      return wrong("%s", s.error);
    if (option == CLI_OPERAND && o->path)
      return wrong("one plan is enough, and '%s' is another", s.value);
    if (option == CLI_OPERAND)
      o->path = s.value;
    else if ((status = take(o, (enum option)option, s.value)) != OPTIONS_GO)
      return status;
  }
  if (!o->path)
    return wrong("%s", "which plan? Give a .plan or a .sg file");
  return OPTIONS_GO;
}

// ---- the plan's server block ----
static int64_t setting(const struct plan *p, enum setting_id id, int64_t value)
{
  const struct plan_const *c = service_setting(p, p->program[0].settings, id);
  return c ? (int64_t)plan_bits(c) : value;
}

static const char *text_setting(const struct plan *p, enum setting_id id,
                                const char *value)
{
  const struct plan_const *c = service_setting(p, p->program[0].settings, id);
  if (!c || service_kind(p, c->type) != TYPE_str)
    return value;
  return plan_str(p, (struct plan_text){c->lo, c->hi});
}

int options_settle(struct options *o, const struct plan *p, char *why,
                   size_t why_size)
{
  const char *listen = text_setting(p, SETTING_listen, "127.0.0.1:8000");
  const char *log = text_setting(p, SETTING_log, "none");
  if (!o->host[0] && read_listen(listen, o)) {
    snprintf(why, why_size, "the server's listen is '%.200s', not HOST:PORT",
             listen);
    return -1;
  }
  if (o->log < 0 && (o->log = read_log(log)) < 0)
    o->log = ACCESS_NONE;
  if (!o->loops)
    o->loops = (int)setting(p, SETTING_loops, 1);
  if (o->loops < 1 || o->loops > 256) {
    snprintf(why, why_size, "the server's loops are not from 1 to 256");
    return -1;
  }
  if (o->request_timeout < 0)
    o->request_timeout = setting(p, SETTING_request_timeout, 0);
  if (o->max_body < 0)
    o->max_body = setting(p, SETTING_max_body, 0);
  return 0;
}
