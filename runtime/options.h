// The command line of sgrun, and what of it the plan's `server` block decides.
#ifndef SG_OPTIONS_H
#define SG_OPTIONS_H

#include "grammar/plan/plan.h"
#include "runtime/net/access.h"

enum run_mode { RUN_SERVE, RUN_CHECK, RUN_TEST };

struct options {
  enum run_mode mode;
  const char *path;   // a plan, or a source that is compiled first
  const char *filter; // of tests, or NULL
  char host[256];     // "": not said
  int port;
  int loops;               // 0: not said
  int log;                 // enum access_form, or -1: not said
  int64_t request_timeout; // nanoseconds, -1: not said
  int64_t drain;
  int64_t max_body; // bytes, -1: not said
  int64_t max_memory;
  int max_connections; // 0: no limit
  bool watch;
};

// OPTIONS_GO, or the exit status of a program that has done its work.
enum { OPTIONS_GO = -1 };
int options_read(struct options *o, int argc, char **argv);

// What the command line left open: first the plan's settings, then the
// defaults. -1: a setting makes no sense, and `why` says which.
int options_settle(struct options *o, const struct plan *p, char *why,
                   size_t why_size);

#endif
