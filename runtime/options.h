// The command line of sgrun, and what of it the plan's `server` block decides.
#ifndef SG_OPTIONS_H
#define SG_OPTIONS_H

#include "grammar/plan/plan.h"
#include "runtime/net/access.h"

enum { LISTEN_MOST = 16 };
struct listen_at {
  char text[256]; // a host; of a Unix socket, its path
  int port;       // -1: a Unix socket
  bool plain;     // never TLS
  bool secure;    // TLS, which needs a certificate
};

enum run_mode { RUN_SERVE, RUN_CHECK, RUN_TEST, RUN_OPENAPI };

struct options {
  enum run_mode mode;
  const char *path;   // a plan, or a source that is compiled first
  const char *filter; // of tests, or NULL
  const char *app;    // whose OpenAPI document, or NULL
  struct listen_at listen[LISTEN_MOST];
  unsigned n_listen;              // 0: not said
  const char *tls_cert, *tls_key; // NULL: none
  const char *trusted;            // as written, or NULL: not said
  bool proxy_protocol, compress;
  int log; // enum access_form, or -1: not said
  // -1: not said; once settled 0 is no limit, or what the rest of the program
  // takes for its own default.
  int64_t loops, compute_threads, max_connections;
  int64_t request_timeout, drain, head_timeout, body_timeout, idle_timeout,
      write_timeout, trace_slow;          // nanoseconds
  int64_t max_body, max_memory, max_head; // bytes
  const char *resources;                  // what there is, or NULL
  double trace_sample;                    // of 1; -1: not said
  int64_t seed;                           // of random numbers, 0: none
  bool watch;
  bool dump_tensors;
};

// OPTIONS_GO, or the exit status of a program that has done its work.
enum { OPTIONS_GO = -1 };
int options_read(struct options *o, int argc, char **argv);

// The proxies that are trusted, NULL where there are none; -1: `why` says which
// is no address. Freed by http_proxies_free.
struct http_proxies;
int options_proxies(struct http_proxies **out, const struct options *o,
                    const struct plan *p, char *why, size_t why_size);

// What the command line left open: first the plan's settings, then the
// defaults. -1: a setting makes no sense, and `why` says which.
int options_settle(struct options *o, const struct plan *p, char *why,
                   size_t why_size);

#endif
