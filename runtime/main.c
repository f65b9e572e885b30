// sgrun: serves a plan. Enters: a command line. Leaves: answers, and an exit
// status. What happens is a list: options, plan, service, loops.
#include "runtime/certificate.h"
#include "runtime/compile.h"
#include "runtime/loops.h"
#include "runtime/memory.h"
#include "runtime/net/pages.h"
#include "runtime/options.h"
#include "runtime/plan/needs.h"
#include "runtime/tensor/compute.h"
#include "runtime/tensor/program.h"
#include "runtime/net/rehearsal.h"
#include "runtime/vm/test_run.h"
#include "runtime/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what, const char *why)
{
  fprintf(stderr, "sgrun: %s%s%s\n", what, *what ? ": " : "", why);
  return 1;
}

static double clock_ms(clockid_t id)
{
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

// ---- the plan ----
static int compile_and_load(struct loaded *out, const char *source, bool tests)
{
  char why[512];
  char *target = compile_target(why, sizeof why);
  if (!target)
    return fail("", why);
  int status = compile_source(source, target, tests, why, sizeof why);
  if (status < 0)
    fail("", why);
  else if (!status && plan_load(out, target, why, sizeof why))
    status = fail(source, why);
  unlink(target);
  free(target);
  return status ? 1 : 0;
}

static int load(struct loaded *out, const struct options *o)
{
  char why[512];
  if (compile_is_source(o->path))
    return compile_and_load(out, o->path, o->mode == RUN_TEST);
  if (plan_load(out, o->path, why, sizeof why))
    return fail(o->path, why);
  return 0;
}

// What TLS and proxies need: files are read, addresses understood.
static int open_ingress(struct ingress *in, const struct options *o,
                        const struct plan *p, char *why, size_t why_size)
{
  if (options_proxies(&in->proxies, o, p, why, why_size))
    return -1;
  return o->tls_cert
             ? http_tls_new(&in->tls, o->tls_cert, o->tls_key, why, why_size)
             : 0;
}

static void close_ingress(struct ingress *in)
{
  http_proxies_free(&in->proxies);
  http_tls_free(&in->tls);
}

static int check(struct options *o, struct service *service)
{
  char why[512];
  struct ingress in = {0};
  bool met = plan_needs_met(service->plan, stderr);
  if (options_settle(o, service->plan, why, sizeof why) ||
      (met && service_guard(service, o->compress, false, why, sizeof why)) ||
      open_ingress(&in, o, service->plan, why, sizeof why)) {
    close_ingress(&in);
    return fail(o->path, why);
  }
  close_ingress(&in);
  const struct plan *p = service->plan;
  if (!met || !engine_would_start(p, stderr))
    return 1;
  printf(
      "%s: a sound plan of %zu bytes: %u app%s, %u deployment%s, %u route%s\n",
      o->path, service->loaded.size, p->n_apps, p->n_apps == 1 ? "" : "s",
      p->n_bindings, p->n_bindings == 1 ? "" : "s", p->n_routes,
      p->n_routes == 1 ? "" : "s");
  return 0;
}

static int no_app(const struct options *o, const struct plan *p)
{
  struct buf why = {0};
  buf_addf(&why, "there is no app of this name%s",
           p->n_apps ? "; there are " : ", and no other");
  for (uint32_t i = 0; i < p->n_apps; i++)
    buf_addf(&why, "%s%s", i ? ", " : "", plan_str(p, p->apps[i].name));
  fail(o->app, why.failed ? "there is no app of this name" : why.data);
  buf_free(&why);
  return 1;
}

static int print_openapi(const struct options *o, const struct plan *p)
{
  uint32_t app = PLAN_NONE;
  for (uint32_t i = 0; o->app && i < p->n_apps && app == PLAN_NONE; i++)
    if (!strcmp(plan_str(p, p->apps[i].name), o->app))
      app = i;
  if (o->app && app == PLAN_NONE)
    return no_app(o, p);
  struct buf out = {0};
  openapi_write(p, app, &out);
  int status = out.failed ? fail("", "out of memory") : 0;
  fwrite(out.data, 1, out.failed ? 0 : out.size, stdout);
  buf_free(&out);
  return status;
}

// ---- serving ----
struct serving {
  const struct options *options;
  struct loops *loops;
  struct watch *watch;
  struct certificate *certificate;
};

static bool is_missing(const struct service *s, char *why, size_t why_size)
{
  snprintf(why, why_size, "it needs what is not set");
  return !plan_needs_met(s->plan, stderr);
}

// A bad plan never replaces a good one.
static void on_changed(struct loaded *loaded, void *user)
{
  struct serving *s = user;
  struct service *next = NULL;
  char why[START_WHY] = "";
  double began = clock_ms(CLOCK_MONOTONIC);
  bool only_batches = false;
  bool bad =
      service_new(&next, loaded, why, sizeof why) ||
      is_missing(next, why, sizeof why) ||
      service_guard(next, s->options->compress, false, why, sizeof why) ||
      (!(only_batches = loops_rebatch(s->loops, next)) &&
       loops_switch(s->loops, next, why, sizeof why));
  if (bad)
    fprintf(stderr, "sgrun: %s: %s; the plan before stays\n", s->options->path,
            why);
  else
    fprintf(stderr, "sgrun: reloaded %s (%.1f ms%s)\n", s->options->path,
            clock_ms(CLOCK_MONOTONIC) - began,
            only_batches ? ", the settings of its batches" : "");
  service_drop(&next);
}

static void on_ending(void *user)
{
  struct serving *s = user;
  watch_close(&s->watch);
  certificate_close(&s->certificate);
}

// Every connection is a file; the soft limit is a habit of 1 024.
static void raise_file_limit(void)
{
  struct rlimit r;
  if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur == r.rlim_max)
    return;
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
}

// libuv aborts where a loop gets no files at all, so that is found out before.
static bool has_room_for_files(void)
{
  enum { FILES_OF_A_LOOP = 12 };
  int fds[FILES_OF_A_LOOP], n = 0;
  while (n < FILES_OF_A_LOOP && (fds[n] = dup(STDERR_FILENO)) >= 0)
    n++;
  bool room = n == FILES_OF_A_LOOP || errno != EMFILE;
  while (n)
    close(fds[--n]);
  return room;
}

static void say_ready(const struct options *o, const struct loops *l, double ms)
{
  fputs("sgrun: ready on ", stderr);
  for (unsigned i = 0; i < o->n_listen; i++) {
    const struct listen_at *at = &o->listen[i];
    bool bare = !strchr(at->text, ':'); // IPv6 stands in brackets
    fputs(i ? ", " : "", stderr);
    if (at->port < 0)
      fprintf(stderr, "unix:%s", at->text);
    else
      fprintf(stderr, "http%s://%s%s%s:%d", at->secure ? "s" : "",
              bare ? "" : "[", at->text, bare ? "" : "]", loops_port(l, i));
  }
  fprintf(stderr, " (%.1f ms)\n", ms);
}

static int serve(struct options *o, struct service *service, double began)
{
  char why[START_WHY];
  struct serving s = {.options = o};
  struct ingress in = {0};
  if (options_settle(o, service->plan, why, sizeof why) ||
      is_missing(service, why, sizeof why) ||
      service_guard(service, o->compress, false, why, sizeof why))
    return fail(o->path, why);
  memory_set_up();
  compute_threads((uint32_t)o->compute_threads);
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  if (!has_room_for_files())
    return fail("", "too many open files: it needs a dozen for itself");
  if (open_ingress(&in, o, service->plan, why, sizeof why) ||
      loops_new(&s.loops, o, &in, service, why, sizeof why)) {
    close_ingress(&in);
    return fail("", why);
  }
  if (in.tls)
    s.certificate =
        certificate_new(loops_main(s.loops), in.tls, o->tls_cert, o->tls_key);
  if (o->watch)
    s.watch =
        watch_new(loops_main(s.loops), o->path, service->plan, on_changed, &s);
  if (loops_start(s.loops)) {
    fputs("sgrun: cannot start a thread for a loop\n", stderr);
    _exit(1); // some may have begun
  }
  say_ready(o, s.loops, clock_ms(CLOCK_MONOTONIC) - began);
  int status = loops_run(&s.loops, on_ending, &s);
  close_ingress(&in);
  return status;
}

static int test(const struct options *o, struct service *service)
{
  char why[512] = "out of memory";
  struct outside *outside = NULL;
  if (service_guard(service, false, true, why, sizeof why) ||
      !(outside = rehearsal_new(service)))
    return fail(o->path, why);
  int failed = tests_run(service->plan, o->filter, stdout, outside);
  rehearsal_free(&outside);
  return failed ? 1 : 0;
}

static int run(struct options *o, double began)
{
  struct loaded loaded = {0};
  struct service *service = NULL;
  char why[512];
  int status = load(&loaded, o);
  if (status)
    return status;
  if (service_new(&service, &loaded, why, sizeof why))
    return fail(o->path, why);
  if (o->mode == RUN_CHECK)
    status = check(o, service);
  else if (o->mode == RUN_OPENAPI)
    status = print_openapi(o, service->plan);
  else if (o->mode == RUN_TEST)
    status = test(o, service);
  else
    status = serve(o, service, began);
  service_drop(&service);
  return status;
}

int main(int argc, char **argv)
{
  // Nothing says when exec began, but what the loader did is on our account.
  double began = clock_ms(CLOCK_MONOTONIC) - clock_ms(CLOCK_PROCESS_CPUTIME_ID);
  struct options o;
  int status = options_read(&o, argc, argv);
  if (o.dump_tensors)
    tensor_programs_show();
  if (status == OPTIONS_GO)
    status = run(&o, began);
  if ((fflush(stdout) || ferror(stdout)) && !status)
    status = fail("standard output", "cannot be written");
  return status;
}
