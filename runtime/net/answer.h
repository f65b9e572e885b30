// Answer: what a call gave, as a response.
#ifndef SG_ANSWER_H
#define SG_ANSWER_H

#include "runtime/codec/codec.h"
#include "runtime/net/http.h"
#include "runtime/net/service.h"
#include "runtime/vm/engine.h"

// The result or error of a call of a route.
void answer_call(const struct service *s, uint32_t route,
                 const struct request *call, struct http_request *http);

// How pieces of a type become server-sent events (sse.c).
enum { SSE_EVENT, SSE_ID, SSE_RETRY, SSE_DATA, SSE_FIELDS };
struct sse {
  const struct plan *plan;
  uint32_t type;          // of a piece
  bool named;             // a record of these fields; else all of it is data
  uint8_t at[SSE_FIELDS]; // which part it is, + 1; 0: none
  uint32_t types[SSE_FIELDS];
};

// A call's stream as an answer, piece by piece.
struct stream_answer {
  struct stream_reader reader; // first
  const struct service *service;
  struct engine *engine;
  struct request *call;
  struct http_request *http;
  struct buf *out;      // of the heap, empty between pieces
  uint32_t route, type; // the pieces'
  enum form_kind form;
  bool begun;
  struct sse sse;    // FORM_sse
  struct timer ping; // the same: when nothing was said for too long
  int64_t said;
};
// False: the call gave no stream, and nothing is answered. It ends the call
// (request_end) before the answer. A piece for which there was no room is
// followed by stream_answer_go_on, when there is.
bool stream_answer_begin(struct stream_answer *a, const struct service *s,
                         uint32_t route, struct engine *engine,
                         struct request *call, struct http_request *http,
                         struct buf *out);
void stream_answer_go_on(struct stream_answer *a);
// Nobody reads it any more; also where it has not begun.
void stream_answer_leave(struct stream_answer *a);

// An error with a status and message, in the shape that the route asks for.
void answer_error(const struct service *s, uint32_t route,
                  const struct error *error, struct http_request *http);

// 422 with everything that is wrong with the input.
void answer_offences(const struct service *s, uint32_t route,
                     const struct offences *offences,
                     struct http_request *http);

// 405, or 204 for OPTIONS: what the path can do (bits of enum plan_method).
void answer_allow(struct http_request *http, uint32_t allow);

// A list of lists or records as RFC 4180 has it (csv.c); false: the value is
// none of these.
bool csv_write(const struct plan *p, uint32_t type, value v, struct buf *out);

// An error of that shape that is no failure of code.
void answer_refusal(enum error_shape shape, int status, const char *text,
                    const struct http_header *extra, size_t n,
                    struct http_request *http);

#endif
