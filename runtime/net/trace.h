// Traces: which one a request belongs to (W3C Trace Context), which of them are
// kept whole, and the last of those.
//
// A request has a trace when somebody could see it: its client sent one, there
// is a log, or the server looks at some by itself.
#ifndef SG_TRACE_H
#define SG_TRACE_H

#include "grammar/base/buf.h"
#include "runtime/net/http.h"

struct trace {
  char id[33], span[17]; // hex, NUL-terminated; the span is this request
  char parent[17];       // the span of who asked; "": it began here
  bool came;             // there was a traceparent, though it may have been bad
  bool sampled;          // its calls are noted
  const char *state;     // a sound tracestate, or NULL
};

// What decides, of one loop.
struct tracer {
  uint64_t random;
  double share; // of those that begin here and are sampled, from 0 to 1
  int64_t slow; // nanoseconds from which one is told whole, 0: never
  bool always;  // each request has one
};
void tracer_open(struct tracer *t, double share, int64_t slow, bool logs);

// In the request's arena; NULL: it needs none, or memory is out. Its answer
// will say what it is where the client asked, or calls are noted.
struct trace *trace_new(struct tracer *t, struct http_request *r);

// The last ones that were told whole, each a JSON object; safe from any loop.
struct traces;
struct traces *traces_new(void); // NULL: out of memory
void traces_free(struct traces **t);
void traces_add(struct traces *t, const char *json, size_t size);
// Newest first; NULL: there are none.
void traces_write(struct traces *t, struct buf *out);

#endif
