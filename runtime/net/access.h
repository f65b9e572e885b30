// Access log: one line for each answer, on standard output.
//
// Lines are gathered and written together, at the latest a tenth of a second
// after the first, and never so that the loop waits: what a reader does not
// take is kept up to a limit, then dropped and counted.
#ifndef SG_ACCESS_H
#define SG_ACCESS_H

#include "runtime/net/http.h"

struct access;
struct buf;
struct timeline;
struct trace;
enum access_form { ACCESS_NONE, ACCESS_TEXT, ACCESS_JSON };

struct access_entry {
  const struct http_request *http;
  const char *route; // the path as declared, or NULL
  int status;        // 0: the client left
  uint64_t sent;
  double ms;
  const struct trace *trace;    // or NULL
  const struct timeline *calls; // of one that is told whole, or NULL
  int64_t now;                  // on their clock
  bool slow;
  const char *error; // or NULL: message, and where it comes from
  const char *file;
  unsigned line, column;
};

// NULL with ACCESS_NONE, or when memory is exhausted. `slow`: with ACCESS_NONE
// too those that are slow are told, as text.
struct access *access_new(uv_loop_t *loop, enum access_form form, bool slow);
void access_add(struct access *a, const struct access_entry *e);
// The same as a JSON object.
void access_json(const struct access_entry *e, struct buf *out);
// Writes what is left, and gives the loop back what it holds of it.
void access_close(struct access **a);

#endif
