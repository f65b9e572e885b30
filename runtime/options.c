// Enters: words. Leaves: options, or an exit status when there is nothing left
// to do. Wrong usage is 2.
#include "runtime/options.h"
#include "grammar/base/cli.h"
#include "grammar/base/number.h"
#include "grammar/defs/settings.h"
#include "runtime/net/service.h"
#include "runtime/quantity.h"
#include "runtime/resources.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

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

// ---- numbers ----
static int64_t whole(const char *text, int64_t least, int64_t most)
{
  int64_t x;
  bool overflow;
  if (!number_read_int(text, strlen(text), false, &x, &overflow) || x < least ||
      x > most)
    return -1;
  return x;
}

// As long as the address of a socket may be.
static int read_path(const char *path, struct options *o)
{
  struct listen_at *to = &o->listen[o->n_listen];
  size_t size = strlen(path);
  if (!size || size >= sizeof((struct sockaddr_un *)0)->sun_path)
    return -1;
  memcpy(to->text, path, size + 1);
  to->port = -1;
  o->n_listen++;
  return 0;
}

// HOST:PORT, [ADDRESS]:PORT, :PORT (all addresses), PORT or unix:PATH; and
// http:// or https:// before it.
static int read_listen(const char *text, struct options *o)
{
  if (o->n_listen == LISTEN_MOST)
    return -1;
  struct listen_at *to = &o->listen[o->n_listen];
  *to = (struct listen_at){.secure = !strncmp(text, "https://", 8),
                           .plain = !strncmp(text, "http://", 7)};
  text += to->secure ? 8 : to->plain ? 7 : 0;
  if (!strncmp(text, "unix:", 5))
    return read_path(text + 5, o);
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
  if (port < 0 || size >= sizeof to->text)
    return -1;
  memcpy(to->text, host, size);
  to->text[size] = 0;
  to->port = (int)port;
  o->n_listen++;
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

// A part of 1, or -1.
static double read_percent(const char *text)
{
  double x;
  size_t size = strlen(text);
  if (!size || text[size - 1] != '%' ||
      !number_read_float(text, size - 1, false, &x))
    return -1;
  return x >= 0 && x <= 100 ? x / 100 : -1;
}

// ---- numbers, which the plan may say too ----
enum { COUNT, TIME, BYTES };
static const struct number {
  enum option option;
  enum setting_id setting;
  int unit;
  int64_t least, most, initial;
  size_t at; // in struct options
} numbers[] = {
#define NUMBER(name, unit, least, most, initial)                               \
  {                                                                            \
    OPTION_##name, SETTING_##name, unit, least, most, initial,                 \
        offsetof(struct options, name)                                         \
  }
    NUMBER(loops, COUNT, 1, 256, 1),
    NUMBER(compute_threads, COUNT, 1, 256, 0),
    NUMBER(max_connections, COUNT, 1, 1 << 30, 0),
    NUMBER(request_timeout, TIME, 0, INT64_MAX, 0),
    NUMBER(drain, TIME, 0, INT64_MAX, 30000000000),
    NUMBER(head_timeout, TIME, 0, INT64_MAX, 0),
    NUMBER(body_timeout, TIME, 0, INT64_MAX, 0),
    NUMBER(idle_timeout, TIME, 0, INT64_MAX, 0),
    NUMBER(write_timeout, TIME, 0, INT64_MAX, 0),
    NUMBER(trace_slow, TIME, 0, INT64_MAX, 0),
    NUMBER(max_body, BYTES, 0, INT64_MAX, 0),
    NUMBER(max_memory, BYTES, 0, INT64_MAX, 0),
    NUMBER(max_head, BYTES, 0, INT64_MAX, 0),
#undef NUMBER
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static int64_t *number_in(struct options *o, const struct number *n)
{
  return (int64_t *)((char *)o + n->at);
}

static int take_number(struct options *o, const struct number *n, const char *v)
{
  int64_t x = n->unit == COUNT  ? whole(v, n->least, n->most)
              : n->unit == TIME ? quantity_duration(v)
                                : quantity_size(v);
  *number_in(o, n) = x;
  if (x >= 0)
    return OPTIONS_GO;
  if (n->unit == TIME)
    return wrong("'%s' is not a duration such as 500ms or 2s", v);
  if (n->unit == BYTES)
    return wrong("'%s' is not a size such as 512KB or 64MB", v);
  return wrong(n->option == OPTION_loops
                   ? "'%s' is not a number of loops from 1 to 256"
               : n->option == OPTION_compute_threads
                   ? "'%s' is not a number of threads from 1 to 256"
                   : "'%s' is not a number of connections",
               v);
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
  for (int i = 0; i < NUMBERS; i++)
    if (numbers[i].option == option)
      return take_number(o, &numbers[i], v);
  switch (option) {
  case OPTION_listen:
    return CHECK(!read_listen(v, o), "HOST:PORT or unix:PATH");
  case OPTION_tls_cert:
    o->tls_cert = v;
    return OPTIONS_GO;
  case OPTION_tls_key:
    o->tls_key = v;
    return OPTIONS_GO;
  case OPTION_trusted_proxies:
    o->trusted = v;
    return OPTIONS_GO;
  case OPTION_compress:
    o->compress = true;
    return OPTIONS_GO;
  case OPTION_proxy_protocol:
    o->proxy_protocol = true;
    return OPTIONS_GO;
  case OPTION_seed:
    return CHECK((o->seed = whole(v, 1, INT64_MAX)) > 0, "a number from 1 on");
  case OPTION_resources:
    o->resources = v;
    return OPTIONS_GO;
  case OPTION_trace_sample:
    return CHECK((o->trace_sample = read_percent(v)) >= 0,
                 "a percentage such as 1%% or 0.5%%");
  case OPTION_log:
    return CHECK((o->log = read_log(v)) >= 0, "json, text or none");
  case OPTION_watch:
    o->watch = true;
    return OPTIONS_GO;
  case OPTION_check:
    o->mode = RUN_CHECK;
    return OPTIONS_GO;
  case OPTION_test:
    o->mode = RUN_TEST;
    return OPTIONS_GO;
  case OPTION_dump_tensors:
    o->dump_tensors = true;
    return OPTIONS_GO;
  case OPTION_filter:
    o->filter = v;
    return OPTIONS_GO;
  case OPTION_openapi:
    o->mode = RUN_OPENAPI;
    o->app = v;
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
  default:
    return OPTIONS_GO; // a number
  }
}

int options_read(struct options *o, int argc, char **argv)
{
  struct cli_state s = {.cli = &sgrun, .argv = argv, .argc = argc, .at = 1};
  *o = (struct options){.log = -1, .trace_sample = -1};
  for (int i = 0; i < NUMBERS; i++)
    *number_in(o, &numbers[i]) = -1;
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

static int settle_listen(struct options *o, const struct plan *p, char *why,
                         size_t why_size)
{
  const struct plan_const *c =
      service_setting(p, p->program[0].settings, SETTING_listen);
  if (o->n_listen)
    return 0;
  for (uint32_t i = 0; c && i < c->hi; i++) {
    const char *text = service_text(p, c->lo + i);
    if (!read_listen(text, o))
      continue;
    snprintf(why, why_size,
             "the server's listen is '%.200s', not HOST:PORT or unix:PATH%s",
             text, o->n_listen == LISTEN_MOST ? ", or one too many" : "");
    return -1;
  }
  return o->n_listen ? 0 : read_listen("127.0.0.1:8000", o);
}

// Unix sockets are for the machine itself, so they speak TLS only where asked.
static int settle_tls(struct options *o, const struct plan *p, char *why,
                      size_t why_size)
{
  if (!o->tls_cert && !o->tls_key) {
    o->tls_cert = text_setting(p, SETTING_tls_cert, NULL);
    o->tls_key = text_setting(p, SETTING_tls_key, NULL);
  }
  if (!o->tls_cert != !o->tls_key) {
    snprintf(why, why_size,
             "TLS needs a certificate and a key, and there is "
             "only %s",
             o->tls_cert ? "the first" : "a key");
    return -1;
  }
  for (unsigned i = 0; i < o->n_listen; i++) {
    struct listen_at *at = &o->listen[i];
    if (at->secure && !o->tls_cert) {
      snprintf(why, why_size,
               "https needs a certificate: tls, or --tls-cert "
               "and --tls-key");
      return -1;
    }
    at->secure |= o->tls_cert && !at->plain && at->port >= 0;
  }
  return 0;
}

// ---- proxies ----
enum { PROXIES_MOST = 256 };

static int make_proxies(struct http_proxies **out, const char *const *texts,
                        unsigned n, char *why, size_t why_size)
{
  int wrong_one = n ? http_proxies_new(out, texts, n) : 0;
  if (wrong_one < 0)
    snprintf(why, why_size, "out of memory");
  else if (wrong_one)
    snprintf(why, why_size,
             "trusted_proxies: '%.100s' is not an address, a network such as "
             "10.0.0.0/8, or unix",
             texts[wrong_one - 1]);
  return wrong_one ? -1 : 0;
}

static int listed_proxies(struct http_proxies **out, const char *list,
                          char *why, size_t why_size)
{
  const char *texts[PROXIES_MOST];
  unsigned n = 0;
  char *copy = strdup(list), *save = NULL;
  for (char *t = copy ? strtok_r(copy, ", ", &save) : NULL;
       t && n < PROXIES_MOST; t = strtok_r(NULL, ", ", &save))
    texts[n++] = t;
  int e = make_proxies(out, texts, n, why, why_size);
  free(copy);
  return e;
}

int options_proxies(struct http_proxies **out, const struct options *o,
                    const struct plan *p, char *why, size_t why_size)
{
  const char *texts[PROXIES_MOST];
  *out = NULL;
  if (o->trusted)
    return listed_proxies(out, o->trusted, why, why_size);
  const struct plan_const *c =
      service_setting(p, p->program[0].settings, SETTING_trusted_proxies);
  unsigned n = c ? c->hi : 0;
  if (n > PROXIES_MOST)
    n = PROXIES_MOST;
  for (unsigned i = 0; i < n; i++)
    texts[i] = service_text(p, c->lo + i);
  return make_proxies(out, texts, n, why, why_size);
}

static int settle_sample(struct options *o, const struct plan *p, char *why,
                         size_t why_size)
{
  const struct plan_const *c =
      service_setting(p, p->program[0].settings, SETTING_trace_sample);
  uint64_t bits = c ? plan_bits(c) : 0;
  if (o->trace_sample >= 0)
    return 0;
  memcpy(&o->trace_sample, &bits, sizeof bits);
  if (o->trace_sample >= 0 && o->trace_sample <= 1)
    return 0;
  snprintf(why, why_size, "the server's trace.sample is not from 0%% to 100%%");
  return -1;
}

int options_settle(struct options *o, const struct plan *p, char *why,
                   size_t why_size)
{
  const char *log = text_setting(p, SETTING_log, "none");
  if (settle_listen(o, p, why, why_size) || settle_tls(o, p, why, why_size))
    return -1;
  o->proxy_protocol |= setting(p, SETTING_proxy_protocol, 0) != 0;
  if (settle_sample(o, p, why, why_size))
    return -1;
  if (o->log < 0 && (o->log = read_log(log)) < 0)
    o->log = ACCESS_NONE;
  for (int i = 0; i < NUMBERS; i++) {
    const struct number *n = &numbers[i];
    int64_t *x = number_in(o, n);
    if (*x >= 0)
      continue;
    *x = setting(p, n->setting, n->initial);
    if (*x == n->initial || (*x >= n->least && *x <= n->most))
      continue;
    snprintf(why, why_size, "the server's %s is not from %lld to %lld",
             setting_rows[n->setting].name, (long long)n->least,
             (long long)n->most);
    return -1;
  }
  return resources_check(p, o->resources, why, why_size);
}
