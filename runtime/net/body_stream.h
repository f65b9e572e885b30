// Body stream: a request's body as pieces, as it comes, for a parameter that is
// a `stream bytes` (what has come), a `stream str` (as far as it is whole text)
// or a stream of what has JSON (a line each).
//
// Who does not take them stops the client. A body that is refused on its way is
// an error of who reads.
#ifndef SG_BODY_STREAM_H
#define SG_BODY_STREAM_H

#include "grammar/base/utf8.h"
#include "runtime/codec/codec.h"
#include "runtime/net/http.h"
#include "runtime/net/service.h"
#include "runtime/vm/engine.h"

struct body_stream {
  struct http_request *http;
  const struct plan *plan;
  struct stream *stream; // NULL: it has ended, or nobody reads it
  uint32_t type;         // of a piece
  struct utf8_feed text; // what is there of a code point
  struct buf line;       // of a line that is not whole; in the arena
  uint32_t n_lines;
};

// Its stream, for the arguments of the call; NULL when memory is exhausted.
// `stream` is the parameter's type.
struct stream *body_stream_new(struct body_stream *b, const struct plan *p,
                               uint32_t stream, struct http_request *http);
// More has come, or has not: of http_request's on_input. The engine is to be
// run.
void body_stream_feed(struct body_stream *b);

#endif
