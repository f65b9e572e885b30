// Exchange: one request on its way in, from bytes to a checked request.
//
// It knows nothing of sockets: its owner asks where the next bytes go
// (exchange_space), says how many came (exchange_took) and lets it look at them
// (exchange_parse). llhttp judges the bytes; a complete head is then cut into
// target and headers in place, and once more checked for what llhttp lets pass.
// Every text of the request points into `in`, which does not move until
// exchange_next.
#ifndef SG_HTTP_EXCHANGE_H
#define SG_HTTP_EXCHANGE_H

#include "runtime/net/http.h"

#include <llhttp.h>

enum {
  IN_ROOM = 16384,   // of an exchange's input when it comes from the pool
  MAX_HEADERS = 256, // more are refused, whatever their size
  KEPT_BODY = 65536, // body buffers up to this stay with their exchange
};

enum parse_result {
  PARSE_MORE, // give it more bytes
  PARSE_HEAD, // the head is there; next exchange_open_body
  PARSE_DONE, // the request is whole
  PARSE_BAD,  // refuse with `bad` and `why`, and close
};

enum exchange_phase {
  PHASE_HEAD,
  PHASE_LENGTH,
  PHASE_CHUNKS,
  PHASE_DONE,
  PHASE_FLOW, // behind an upgrade: bytes that the handler takes as they come
};

enum answer_state { ANSWER_NONE, ANSWER_BEGUN, ANSWER_ENDED };

struct exchange {
  struct http_request req; // first: a request is its exchange
  struct conn *conn;
  struct exchange *next; // in the server's pool

  // Input: in[begin .. filled) is this request and what follows it.
  char *in;
  char *kept_head; // a former `in` that the head still lives in; owned
  size_t room, begin, parsed, filled;
  size_t head_limit;
  size_t head_end;
  llhttp_t parser;
  enum exchange_phase phase;
  int bad; // status
  const char *why;

  // Body. Behind the head, or apart from it in `body`.
  char *body;
  size_t body_room;
  size_t body_at, body_filled; // of one that streams: what is there of it
  uint64_t got;                // ... and how much came in all
  uint64_t length;             // of Content-Length
  uint64_t raw;                // bytes of chunked coding that are done with
  bool chunked, apart, expects_continue;
  bool streams; // the handler takes the body as it comes
  bool hungry;  // and has asked for more than there is

  // The answer; kept here because it lives as long.
  enum answer_state answer;
  struct gzip *gzip; // packs its pieces, owned; or NULL
  bool in_chunks; // the answer has chunked coding
  bool bare;      // the answer has no body, whatever the handler gives
  int status;
  uint64_t sent;

  struct http_header headers[MAX_HEADERS];
};

// NULL when memory is exhausted. Freed by exchange_free, which accepts NULL.
struct exchange *exchange_new(size_t head_limit);
void exchange_free(struct exchange **x);

// Room for at least one byte, or 0: it takes no more now (or memory is
// exhausted: then `bad` is set).
size_t exchange_space(struct exchange *x, char **at);
void exchange_took(struct exchange *x, size_t size);
enum parse_result exchange_parse(struct exchange *x);

// After PARSE_HEAD: checks the length against `req.body_limit`. False: refuse
// as after PARSE_BAD.
bool exchange_open_body(struct exchange *x);
// All bytes of the body have arrived (true where there is none).
bool exchange_body_here(const struct exchange *x);

// Of one that streams: decodes what has come, if all before that was taken.
// `bad` is set where it cannot be.
void exchange_pull(struct exchange *x);
// There is more of it to come.
static inline bool exchange_streams(const struct exchange *x)
{
  return x->streams && x->phase != PHASE_DONE && !x->bad;
}

// Behind a request without a body: from now on in[parsed .. filled) is for the
// handler. False when memory is exhausted.
bool exchange_flow(struct exchange *x);

// Makes it ready for the next request of the same client, keeping the bytes
// behind this one. Only after PARSE_DONE or when exchange_body_here.
void exchange_next(struct exchange *x);
// Forgets all input.
void exchange_clear(struct exchange *x);
static inline bool exchange_empty(const struct exchange *x)
{
  return x->begin == x->filled;
}

// Cuts the complete head in[begin .. head_end); false with `bad` set.
bool head_cut(struct exchange *x);
// Fills target, path and query from the request line's target, in which these
// were seen.
enum {
  TARGET_PLAIN = 1,
  TARGET_QUERY = 2,
  TARGET_ESCAPE = 4,
  TARGET_FRAGMENT = 8,
};
bool target_cut(struct exchange *x, char *target, size_t size, unsigned seen);

static inline bool exchange_refuse(struct exchange *x, int status,
                                   const char *why)
{
  x->bad = status;
  x->why = why;
  return false;
}

#endif
