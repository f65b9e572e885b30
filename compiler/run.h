// One run of sgc: what the command line asked for, and how it is answered. The
// commands read it; the command line (main.c) fills it.
#ifndef SG_RUN_H
#define SG_RUN_H

#include "compiler/fmt.h"
#include "compiler/passes.h"

// Exit statuses.
enum { RUN_OK = 0, RUN_WRONG = 1, RUN_USAGE = 2 };

struct run {
  struct passes p;
  const char *dump;   // a pass, or NULL
  const char *output; // where the result goes, or NULL
  const char *deps;   // where the rule of make goes, or NULL
  bool graphviz;
  const char *part;   // of the picture: APP or APP.GRAPH, or NULL
  const char *filter; // of tests, or NULL
  const char *app;    // whose document, or NULL
  enum { DOC_BY_NAME, DOC_AS_HTML, DOC_AS_MARKDOWN } doc;
  struct fmt_job fmt;
  bool standard_input; // is formatted
  enum diag_form form;
  const char *colour; // auto, always or never
  bool *off;          // warnings that are off, by number
};

// Writes what was asked for to the standard output, whole, and frees it; the
// status becomes RUN_WRONG if that fails.
int run_deliver(struct buf *out, int status);
// The diagnostics, on the standard error.
void run_report(const struct run *r);
// Both, and the status that follows.
int run_finish(struct run *r, struct buf *out);
// A wrong command line: one line on the standard error, and its status.
int run_complain(const char *format, const char *what);

// All passes, and a dump if one was asked for. True: the program is whole, and
// more can be done with it.
bool run_compile(struct run *r, char **paths, size_t n, struct buf *out);
// A plan that was named instead of a program: it is taken as it is.
bool run_takes_plan(struct run *r, char **paths, size_t n);

#endif
